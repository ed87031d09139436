/** Random models and numbers for property tests. */
import fc from 'fast-check'
import type { GivenCoefficients } from '../../../src/models/arma/index.ts'
import { arFromPartials } from '../../../src/models/numerics/partial-autocorrelations.ts'

const partial = fc.double({ min: -0.9, max: 0.9, noNaN: true })

/** Coefficients of a stationary autoregression (sign 1) or an invertible moving average (sign −1). */
export function stable(maxOrder: number, sign: 1 | -1) {
  return fc
    .array(partial, { maxLength: maxOrder })
    .map(partials => Array.from(arFromPartials(partials), c => (c === 0 ? 0 : sign * c)))
}

/** Any model: plain, seasonal, differenced, with a mean. */
export const anyModel: fc.Arbitrary<GivenCoefficients> = fc
  .record({
    ar: stable(3, 1),
    ma: stable(3, -1),
    sar: stable(1, 1),
    sma: stable(1, -1),
    d: fc.constantFrom(0, 0, 1, 2),
    seasonalD: fc.constantFrom(0, 0, 1),
    period: fc.constantFrom(2, 4, 7),
    level: fc.constantFrom(0, 3.5),
    sigma2: fc.constantFrom(1, 0.25, 7),
  })
  .map(({ level, ...model }) => (model.d + model.seasonalD === 0 ? { ...model, mean: level } : model))

/** A repeatable uniform generator (mulberry32). */
export function seeded(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
