/**
 * Predictive distributions of families fitted online: of the next value, with the parameters as uncertain as the values so
 * far leave them.
 *
 * All of them work from a mean and its effective sample size, so that forgetting, profiles and shifts of level are the
 * business of `fitted` alone. What else a family has to learn (a shape, a dispersion) it learns itself, in three sums that
 * decay with the others.
 *
 * A distribution is set for one key and one step; the calls that score are about the one set last.
 */

export interface PredictiveDistribution {
  /** Whether values are whole numbers. */
  readonly discrete: boolean
  /** Whether a series moves by a sum; else by a factor. */
  readonly additive: boolean
  /** Whether the mean is that of logarithms. */
  readonly logarithmic: boolean
  /** The largest possible value. */
  readonly most: number
  /** What the prior adds to the sum of the values and to their number. */
  readonly priorSum: number
  readonly priorWorth: number
  /** Reads the sums of its own; `unit` is one over the weight of a value seen now. */
  look(sums: Float64Array, at: number, unit: number): void
  /** Variance of one value over its squared mean; 1 for additive distributions, whose unit it is. */
  relativeVariance(mean: number): number
  /**
   * Sets the distribution.
   *
   * @param mean Expected value, of the logarithm for logarithmic distributions.
   * @param worth Effective sample size of the mean.
   * @param variance Of one value, for additive distributions. @param dof Degrees of freedom of `variance`.
   */
  set(mean: number, worth: number, variance: number, dof: number): void
  /** log P(X ≤ x) and log P(X ≥ x); impossible values have one of them −Infinity. */
  tails(x: number, out: Float64Array): void
  /** log of the two-sided p-value, min(1, 2·min(P(X ≤ x), P(X ≥ x))). */
  logTwoSided(x: number): number
  /** The value on a side (+1 or −1) beyond which the two-sided p-value is below alpha. */
  bound(side: number, alpha: number): number
  /** Learns into its own sums a value of the given weight, under the distribution that is set. */
  note(sums: Float64Array, at: number, weight: number, x: number): void
}

/** Numbers of a distribution's own. */
export const OWN_SUMS = 3

const both = new Float64Array(2)

/** The two-sided p-value of a distribution from its tails. */
export function twoSidedOf(distribution: Pick<PredictiveDistribution, 'tails'>, x: number): number {
  distribution.tails(x, both)
  return Math.min(0, Math.LN2 + Math.min(both[0]!, both[1]!))
}

/** The logarithm of 1 − e^log. */
export const logComplement = (log: number): number =>
  log > -Math.LN2 ? Math.log(-Math.expm1(log)) : Math.log1p(-Math.exp(log))

/** log(e^a + e^b). */
export const logSum = (a: number, b: number): number =>
  a > b ? a + Math.log1p(Math.exp(b - a)) : b === -Infinity ? b : b + Math.log1p(Math.exp(a - b))

/**
 * The last value towards a side (+1 or −1), within 0 … most, that `holds`, which it does from some value on the other
 * side of the mean up to the one sought.
 */
export function largestIntegerWithTail(
  side: number,
  mean: number,
  spread: number,
  most: number,
  holds: (x: number) => boolean,
): number {
  const limit = (x: number): number => Math.min(most, Math.max(0, x))
  const end = side > 0 ? most : 0
  let reach = Math.ceil(4 * spread) + 4
  let inside = limit(Math.floor(mean))
  // A skewed distribution may have its mean outside: then the end is on the other side of it.
  while (!holds(inside)) {
    const next = limit(inside - side * reach)
    if (next === inside) return inside
    inside = next
    reach *= 2
  }
  let outside = inside
  for (;;) {
    if (inside === end) return end
    outside = limit(inside + side * reach)
    if (!holds(outside)) break
    inside = outside
    reach *= 2
    if (outside > 1e300) return Infinity
  }
  while (Math.abs(outside - inside) > 1) {
    const middle = Math.floor((inside + outside) / 2)
    if (middle === inside || middle === outside) break
    if (holds(middle)) inside = middle
    else outside = middle
  }
  return inside
}

/** The positive x at which `tail`, monotone, passes `level`; by bisection of log x, from a guess. */
export function invertTail(side: number, guess: number, level: number, tail: (x: number) => number): number {
  let inside = guess
  let step = 2
  while (tail(inside) < level) {
    inside = side > 0 ? inside / step : inside * step
    if (inside < 1e-300 || inside > 1e300) return inside
    step *= step
  }
  let outside = inside
  step = 2
  while (!(tail(outside) < level)) {
    inside = outside
    outside = side > 0 ? outside * step : outside / step
    if (outside < 1e-300) return 0
    if (outside > 1e300) return Infinity
    step *= step
  }
  let low = Math.log(inside)
  let high = Math.log(outside)
  for (let i = 0; i < 60 && Math.abs(high - low) > 1e-13; i++) {
    const middle = 0.5 * (low + high)
    if (tail(Math.exp(middle)) < level) high = middle
    else low = middle
  }
  return Math.exp(low)
}
