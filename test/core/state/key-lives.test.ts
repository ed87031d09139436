import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyLives } from '../../../src/core/state/key-lives.ts'

const TTL = 10

describe('the lives of keys', () => {
  it('end when a key was silent for longer than the ttl', () => {
    const lives = new KeyLives(TTL)
    lives.reserve(1)
    expect([0, 10, 20, 31, 41, 52].map(timeMs => lives.see(0, timeMs))).toEqual([
      false,
      false,
      false,
      true,
      false,
      true,
    ])
  })

  it('do not depend on whether and when dead keys are forgotten', () => {
    const row = fc.record({ key: fc.nat(5), wait: fc.nat(8), forget: fc.boolean() })
    fc.assert(
      fc.property(fc.array(row, { maxLength: 80 }), rows => {
        const [kept, freed] = [new KeyLives(TTL), new KeyLives(TTL)]
        kept.reserve(6)
        freed.reserve(6)
        // Ids in `freed` by key; a key that is not there is a new one.
        let ids: number[] = []
        let timeMs = 0
        for (const { key, wait, forget } of rows) {
          timeMs += wait
          for (const lives of [kept, freed]) lives.pass(timeMs - 3)
          if (forget) {
            const living = freed.living(ids.length)
            freed.retain(living)
            ids = Array.from(living, id => ids[id]!)
          }
          // Some rows are late.
          const rowMs = key === 5 ? timeMs - 7 : timeMs
          const isKnown = ids.includes(key)
          if (!isKnown) ids.push(key)
          const hasLast = !Number.isNaN(kept.lastMs(key))
          const isNew = kept.see(key, rowMs) || !hasLast
          expect(freed.see(ids.indexOf(key), rowMs) || !isKnown).toBe(isNew)
        }
      }),
    )
  })

  it('are looked through once per half as many rows as there are keys, and only where many are over', () => {
    const lives = new KeyLives(TTL)
    lives.reserve(4000)
    const see = (from: number, until: number, timeMs: number) => {
      for (let id = from; id < until; id++) lives.see(id, timeMs)
    }
    see(0, 2000, 0)
    lives.pass(5)
    expect(lives.dueForgetting(2000), 'all are alive').toBeUndefined()
    lives.pass(40)
    expect(lives.dueForgetting(2000), 'no rows since').toBeUndefined()
    see(0, 1500, 41)
    see(0, 600, 41)
    expect(lives.dueForgetting(4400), 'too few rows').toBeUndefined()
    expect(lives.dueForgetting(2000), 'most are alive').toBeUndefined()
    lives.pass(60)
    for (let i = 0; i < 20; i++) see(50, 150, 61)
    expect(lives.dueForgetting(2000)).toEqual(Uint32Array.from({ length: 100 }, (_, i) => 50 + i))
  })
})
