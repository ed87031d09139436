import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TimeWheel } from '../../../../src/core/state/row-store/time-wheel.ts'
import { runs } from '../../../effort.ts'

const time = fc.oneof(
  fc.constantFrom(
    -8.64e15,
    8.64e15,
    0,
    -1,
    1,
    63,
    64,
    2 ** 32,
    -(2 ** 32),
    2 ** 53,
    Number.POSITIVE_INFINITY,
  ),
  fc.integer({ min: -300, max: 300 }),
  fc.integer({ min: -(2 ** 36), max: 2 ** 36 }),
  fc.integer({ min: -8.64e15, max: 8.64e15 }),
)

const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), times: fc.array(time, { maxLength: 8 }) }),
  fc.record({ kind: fc.constant('remove' as const), every: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant('take' as const), upTo: time, limit: fc.integer({ min: 1, max: 5 }) }),
)

const sorted = (slots: Iterable<number>) => [...slots].sort((a, b) => a - b)

describe('a time wheel', () => {
  it('gives every row once, as soon as it is due', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), steps => {
        const wheel = new TimeWheel()
        wheel.reserve(400)
        const waiting = new Map<number, number>()
        let next = 0
        let now = Number.NEGATIVE_INFINITY
        for (const step of steps) {
          if (step.kind === 'add') {
            const slots = Uint32Array.from(step.times, () => next++)
            wheel.add(slots, Float64Array.from(step.times), slots.length)
            step.times.forEach((ms, i) => {
              waiting.set(slots[i]!, ms)
            })
          } else if (step.kind === 'remove') {
            const gone = Uint32Array.from(waiting.keys()).filter(slot => slot % step.every === 0)
            wheel.remove(gone)
            for (const slot of gone) waiting.delete(slot)
          } else {
            now = Math.max(now, step.upTo)
            const due = sorted(
              [...waiting].filter(([, ms]) => ms <= now && ms < Infinity).map(([slot]) => slot),
            )
            const got: number[] = []
            for (
              let slots = wheel.take(now, step.limit);
              slots.length > 0;
              slots = wheel.take(now, step.limit)
            ) {
              expect(slots.length).toBeLessThanOrEqual(step.limit)
              got.push(...slots)
            }
            expect(sorted(got)).toEqual(due)
            for (const slot of got) waiting.delete(slot)
          }
          for (const [slot, ms] of waiting) expect(wheel.dueMs(slot)).toBe(ms)
        }
      }),
      { numRuns: runs(500) },
    )
  })
})
