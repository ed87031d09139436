import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { selectAt } from '../../../src/models/numerics/order-statistics.ts'

describe('selectAt', () => {
  it('is what sorting would put at the place, with nothing larger before it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double({ noNaN: true })), { minLength: 1 }),
        fc.nat(),
        (numbers, at) => {
          const values = Float64Array.from(numbers, x => x + 0)
          const place = at % values.length
          const sorted = values.slice().sort()
          expect(selectAt(values, place)).toBe(sorted[place]!)
          for (const before of values.subarray(0, place)) expect(before <= sorted[place]!).toBe(true)
          expect(values.slice().sort()).toEqual(sorted)
        },
      ),
    )
  })
})
