/**
 * How far the members of a group differ beyond chance: the variances by which empirical Bayes estimates are shrunk.
 *
 * By moments: Bühlmann & Straub 1970 for rates (Bühlmann & Gisler, *A Course in Credibility Theory and its
 * Applications*, §4.8), DerSimonian & Laird 1986 (*Controlled Clinical Trials* 7) for noise. Nothing is allocated.
 */

/** Keeps quotients of empty sums finite. */
const TINY = 1e-9

/** Where members lie in an array: member m of group g has its two numbers at from + stride·(g + groups·m). */
export interface Members {
  readonly stride: number
  readonly groups: number
  readonly members: number
}

/** The distribution of a weighted count, for {@link rateVariance}. */
export interface CountPredictive {
  /** What the sums are multiplied by, so that a recent observation weighs 1. */
  readonly unit: number
  /** Σw²/Σw of the weights w of observations. */
  readonly kappa: number
  /** Dispersion, at least 0. */
  readonly phi: number
  /** Expected count of exposure 1 = level · rate. */
  readonly level: number
}

/** A guess of a variance, and one over the squared standard error of the guess. */
export interface VariancePrior {
  readonly variance: number
  readonly information: number
}

/** What the noise of members is compared with. */
export interface NoiseOfAll {
  /** The dispersion of all: may be negative. */
  readonly phi: number
  /** The variance of a dispersion is `scale` over its denominator. */
  readonly scale: number
  /** Expected count of exposure 1 = level · rate. */
  readonly level: number
}

/**
 * The relative variance of the members' rates around those of their groups.
 *
 * @param sums Weighted count and exposure of each member, side by side.
 * @returns At least 1e-4: no rate counts as known to better than a percent.
 */
export function rateVariance(
  sums: Float64Array,
  from: number,
  { stride, groups, members }: Members,
  { unit, kappa, phi, level }: CountPredictive,
  prior: VariancePrior,
): number {
  let excess = 0
  let information = 0
  let noise = 0
  for (let group = 0; group < groups; group++) {
    let count = 0
    let exposure = 0
    for (let m = 0; m < members; m++) {
      const at = from + stride * (group + groups * m)
      count += sums[at]!
      exposure += sums[at + 1]!
    }
    if (!(count > 0)) continue
    const rate = count / exposure
    const variance = (1 + phi * rate * level) * kappa
    for (let m = 0; m < members; m++) {
      const at = from + stride * (group + groups * m)
      const own = sums[at + 1]!
      if (!(own > 0)) continue
      const expected = own * rate * unit
      const miss = sums[at]! * unit - expected
      const known = expected / variance
      const others = 1 - own / exposure
      // The variance of miss² has a part that grows as counts get rare.
      const weight = known / (known + 0.5)
      excess += weight * ((miss * miss) / (expected * variance) - others)
      information += weight * known * others
      noise += 2 * weight * weight
    }
  }
  const precision = information / (noise + TINY)
  const variance =
    (excess * precision + prior.variance * prior.information) / (information * precision + prior.information)
  return Math.max(variance, 1e-4)
}

/**
 * The variance of the members' noise relative to 1 + φμ, as far as it exceeds what chance does once in six times.
 *
 * @param sums Weighted count and exposure of each member, and numerator and denominator of its own dispersion.
 */
export function noiseVariance(
  sums: Float64Array,
  from: number,
  { stride, members }: Members,
  { phi, scale, level }: NoiseOfAll,
): number {
  let count = 0
  let weights = 0
  let squares = 0
  let mean = 0
  let square = 0
  for (let m = 0; m < members; m++) {
    const at = from + stride * m
    const mu = (sums[at]! / sums[at + 1]!) * level
    const information = sums[at + 3]!
    if (!(mu > 0 && information > 0)) continue
    const relative = mu / (1 + Math.max(phi, 0) * mu)
    const excess = sums[at + 2]! - phi * information
    const weight = information / (scale * relative * relative)
    count++
    weights += weight
    squares += weight * weight
    mean += excess / (scale * relative)
    square += (excess * excess) / (scale * information)
  }
  if (count < 2) return 0
  const free = count - 1
  const beyond = square - (mean * mean) / weights - free - Math.sqrt(2 * free)
  return beyond > 0 ? beyond / (weights - squares / weights + TINY) : 0
}
