import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  effectiveCount,
  MEAN_OVER_MEDIAN,
  minScale,
  nextMeanSize,
  robustSum,
  SCALE_MEMORY,
  scaleDof,
  scaleOfSizes,
} from '../../../src/models/detectors/parts/robust-scale.ts'
import { gaussian, seeded } from './simulate.ts'

it('degrees of freedom grow with the weight, and are positive however many innovations a fit was made of', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 1e6, noNaN: true }),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      (w, more) => {
        expect(scaleDof(w)).toBeGreaterThan(0)
        expect(scaleDof(w + more)).toBeGreaterThanOrEqual(scaleDof(w))
      },
    ),
  )
  expect(effectiveCount(SCALE_MEMORY)).toBe(2 * SCALE_MEMORY)
  expect(effectiveCount(50_000)).toBe(2 * SCALE_MEMORY)
})

it('the scale of normal innovations is their standard deviation', () => {
  const u = seeded(3)
  let sum = 0
  for (let i = 0; i < 100_000; i++) sum += Math.abs(7 * gaussian(u))
  expect(scaleOfSizes(sum, 100_000, 0, 0)).toBeCloseTo(7, 1)
})

it('a constant series has a positive scale, in proportion to its values', () => {
  expect(scaleOfSizes(0, 100, 0, 0)).toBe(Number.MIN_VALUE)
  expect(scaleOfSizes(0, 100, -5e6, 0)).toBe(5e-3)
  expect(minScale(3e6)).toBe(1000 * minScale(3e3))
})

it('one enormous innovation moves the mean size of all by a bounded factor, and the first scale not at all', () => {
  expect(nextMeanSize(2, 1e300, 1000)).toBeCloseTo(2 + (49 * 2) / 1001, 10)
  const sizes = [1, 1, 1, 1, 1, 1, 1]
  expect(robustSum(Float64Array.of(...sizes, 1e300))).toBe(robustSum(Float64Array.of(...sizes, 1)))
  // √(2/π) / Φ⁻¹(¾)
  expect(MEAN_OVER_MEDIAN).toBeCloseTo(1.1829454, 6)
})
