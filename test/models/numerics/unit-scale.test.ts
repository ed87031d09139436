import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  exponentOf,
  isOrdinarySize,
  safeMean,
  scaledBy,
  timesPowerOfTwo,
  unitExponent,
} from '../../../src/models/numerics/unit-scale.ts'

const anySize = fc.double({ noNaN: true, noDefaultInfinity: true })

it('numbers are at least 1 and below 2 by their exponent, but for subnormal ones', () => {
  fc.assert(
    fc.property(anySize, x => {
      const unit = Math.abs(timesPowerOfTwo(x, -exponentOf(x)))
      expect(unit).toBeLessThan(2)
      if (Math.abs(x) >= 2 ** -1022) expect(unit).toBeGreaterThanOrEqual(1)
    }),
  )
  expect([0, 1, 3, 0.75, 2 ** 1023, 2 ** -1022, 5e-324].map(exponentOf)).toEqual([
    -1023, 0, 1, -1, 1023, -1022, -1023,
  ])
})

it('values of any size come to an ordinary one and back without a rounding', () => {
  fc.assert(
    fc.property(fc.float64Array({ noNaN: true, noDefaultInfinity: true, minLength: 1 }), values => {
      const by = unitExponent(values)
      const scaled = scaledBy(values, -by)
      expect(isOrdinarySize(Math.max(...scaled.map(Math.abs)))).toBe(true)
      values.forEach((x, i) => {
        // What is more than 2^1000 below the largest may vanish beside it.
        if (scaled[i] !== 0 && Math.abs(scaled[i]!) > 2 ** -970)
          expect(timesPowerOfTwo(scaled[i]!, by)).toBe(x)
      })
    }),
  )
})

it('values of an ordinary size stay the same array', () => {
  const values = Float64Array.of(1e-80, -3, 0, Number.NaN)
  expect(unitExponent(values)).toBe(0)
  expect(scaledBy(values, 0)).toBe(values)
  expect([[], [0], [Number.NaN], [Number.POSITIVE_INFINITY, 1]].map(unitExponent)).toEqual([0, 0, 0, 0])
})

it('the mean lies between the least and the greatest value, however large they are', () => {
  expect(safeMean([1e308, 1.7e308])).toBe(1.35e308)
  expect(safeMean([])).toBeNaN()
  fc.assert(
    fc.property(fc.float64Array({ noNaN: true, noDefaultInfinity: true, minLength: 1 }), values => {
      const mean = safeMean(values)
      const slack = 1e-12 * Math.max(...values.map(Math.abs)) + 1e-322
      expect(mean).toBeGreaterThanOrEqual(Math.min(...values) - slack)
      expect(mean).toBeLessThanOrEqual(Math.max(...values) + slack)
    }),
  )
})
