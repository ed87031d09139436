/** Draws shared by several families. `rng` gives uniform numbers in [0, 1). */
import { gammaPoint } from '../special/inverse-incomplete-gamma.ts'
import { standardNormalQuantile } from '../special/normal-quantile.ts'
import { openUniform } from './distribution.ts'

/** A standard normal draw, by inversion: one uniform number each. */
export function standardNormalDraw(rng: () => number): number {
  return standardNormalQuantile(openUniform(rng))
}

/**
 * A gamma draw with rate 1. G. Marsaglia & W. W. Tsang, "A simple method for generating gamma variables" (2000);
 * shapes below 1 through shape + 1 and a power of a uniform number.
 */
export function standardGammaDraw(rng: () => number, shape: number): number {
  if (shape < 1) {
    const u = openUniform(rng)
    return standardGammaDraw(rng, shape + 1) * Math.exp(Math.log(u) / shape)
  }
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (let tries = 0; tries < 100; tries++) {
    const z = standardNormalDraw(rng)
    const v = (1 + c * z) ** 3
    if (v <= 0) continue
    const u = openUniform(rng)
    if (Math.log(u) < 0.5 * z * z + d - d * v + d * Math.log(v)) return d * v
  }
  // One try in twenty fails: a hundred in a row mean that `rng` repeats itself, and inversion needs it only once.
  return gammaPoint(shape, Math.log(openUniform(rng)), true)
}
