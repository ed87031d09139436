import { describe, expect, it } from 'vitest'
import { changePoint } from '../../../src/models/detectors/index.ts'
import { detectors } from './all-detectors.ts'
import { context, gaussian, hourly, score, seeded } from './simulate.ts'

const open = () =>
  detectors.changePoint!(changePoint(), context({ wants: { bounds: 'none', pValues: 'all' } }))

/** Segments of mean length 250 whose levels are `jump` scales apart; where they begin. */
function segments(seed: number, length: number, jump: number) {
  const u = seeded(seed)
  const starts = new Set<number>()
  let level = 0
  const values = Float64Array.from({ length }, (_, i) => {
    if (i > 60 && jump > 0 && u() < 1 / 250) {
      level = jump * gaussian(u)
      starts.add(i)
    }
    return level + gaussian(u)
  })
  return { values, starts }
}

describe('values that begin no segment', () => {
  it.each([
    ['one segment', 0],
    ['segments as the model has them', 7],
  ])('are alarms at rate alpha: %s', (_, jump) => {
    const rates: number[] = []
    for (let s = 0; s < 24; s++) {
      const { values, starts } = segments(31 * s + 7, 1200, jump)
      let scored = 0
      let alarms = 0
      score(open(), hourly(values)).logP.forEach((log, i) => {
        if (Number.isNaN(log) || starts.has(i)) return
        scored++
        if (log < Math.log(0.01)) alarms++
      })
      rates.push(alarms / scored / 0.01)
    }
    const mean = rates.reduce((a, b) => a + b) / rates.length
    const error = Math.sqrt(
      rates.reduce((a, b) => a + (b - mean) ** 2, 0) / (rates.length - 1) / rates.length,
    )
    expect(mean).toBeGreaterThan(0.9 - 3.9 * error)
    expect(mean).toBeLessThan(1.1 + 3.9 * error)
  })
})

it('a jump of six scales is an alarm at once, and the new level is expected two values later', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const u = seeded(seed)
    const values = Float64Array.from({ length: 320 }, (_, i) => gaussian(u) + (i < 300 ? 0 : 6))
    const { logP, expected } = score(open(), hourly(values))
    expect(Math.min(...logP.subarray(300, 302))).toBeLessThan(Math.log(1e-3))
    expect(Math.abs(expected[304]! - 6)).toBeLessThan(2)
    // And what follows is ordinary.
    expect(logP.subarray(305).filter(log => log < Math.log(1e-3)).length).toBe(0)
  }
})

it('a new scale is learned as a new segment', () => {
  const u = seeded(8)
  const values = Float64Array.from({ length: 900 }, (_, i) => gaussian(u) * (i < 400 ? 1 : 5))
  const { logP } = score(open(), hourly(values))
  const late = logP.subarray(500).filter(log => log < Math.log(0.01)).length
  expect(late).toBeLessThan(14)
  expect(logP.subarray(400, 420).filter(log => log < Math.log(0.01)).length).toBeGreaterThan(1)
})
