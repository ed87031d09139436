/**
 * Two-sided score of a count by a negative binomial distribution with mean μ and variance μ + φμ².
 *
 * Small counts are summed from zero with the recurrence P(k + 1) / P(k) = (1 + φk) / (k + 1) · μ / (1 + φμ) (Johnson,
 * Kemp & Kotz, *Univariate Discrete Distributions*, §5.1): several times faster than a special function, and exact
 * because all terms are positive. Everything else goes to `negativeBinomialTails`.
 */
import { negativeBinomialTails } from '../../distributions/negative-binomial.ts'

/** Counts summed term by term; above, the incomplete beta function is as fast. */
const SHORT = 192
const INVERSE = Float64Array.from({ length: SHORT + 1024 }, (_, k) => 1 / (k + 1))
/** Below this `1 − sum` has lost digits: the tail itself is summed instead. */
const DIRECT = 1e-3
/** Smaller dispersions are taken for this one: the Poisson distribution to six digits. */
const MIN_PHI = 1e-7
/** Larger doubles may not be whole numbers. */
const WHOLE = 1e15
/** `1 − sum` is good enough for the ends of an interval down to this log alpha. */
const LOG_SUMMED = Math.log(1e-9)

/** Doublings from any double to infinity. */
const MAX_STEPS = 2100

const tails = new Float64Array(2)

/** log P(X ≤ x). */
function logLower(x: number, mu: number, phi: number): number {
  negativeBinomialTails(x, 1 / phi, mu, tails)
  return tails[0]!
}

/** log P(X ≥ x). */
function logUpper(x: number, mu: number, phi: number): number {
  negativeBinomialTails(x, 1 / phi, mu, tails)
  return tails[1]!
}

/**
 * log of p = min(1, 2·min(P(X ≤ x), P(X ≥ x))).
 *
 * @param x The count. A negative or infinite one is impossible: −Infinity. Between whole numbers, P(X ≤ ⌊x⌋) and
 *   P(X ≥ ⌈x⌉) are meant.
 * @param mu Mean, positive.
 * @param phi Dispersion, at least 0.
 * @example logTwoSided(0, 10, 0) // -9.30685…: log 2 − 10, twice the Poisson probability of nothing
 */
export function logTwoSided(x: number, mu: number, phi: number): number {
  if (!(x >= 0 && x < Number.POSITIVE_INFINITY))
    return Number.isNaN(x) ? Number.NaN : Number.NEGATIVE_INFINITY
  if (phi < MIN_PHI) phi = MIN_PHI
  const whole = Math.floor(x)
  if (whole < SHORT) {
    const logNone = -Math.log1p(phi * mu) / phi
    if (logNone > -600) {
      const c = mu / (1 + phi * mu)
      let term = Math.exp(logNone)
      let below = 0
      for (let k = 0; k < whole; k++) {
        below += term
        term *= (1 + phi * k) * c * INVERSE[k]!
      }
      const lower = below + term
      let upper = whole === x ? 1 - below : 1 - lower
      if (upper < DIRECT) {
        // Here x is far above the mean, so that the terms fall fast.
        upper = whole === x ? term : 0
        for (let k = whole; k < whole + 1000; k++) {
          term *= (1 + phi * k) * c * INVERSE[k]!
          upper += term
          if (term < 1e-17 * upper) break
        }
        if (!(term < 1e-17 * upper && term > 1e-290)) return logFar(x, mu, phi)
      }
      const p = 2 * Math.min(lower, upper)
      return p < 1 ? Math.log(p) : 0
    }
  }
  return logFar(x, mu, phi)
}

/**
 * log P(X ≤ x) and log P(X ≥ x); impossible values have one of them −Infinity.
 *
 * @param x The count; between whole numbers, P(X ≤ ⌊x⌋) and P(X ≥ ⌈x⌉) are meant.
 * @param mu Mean, positive.
 * @param phi Dispersion, at least 0.
 */
export function logTails(x: number, mu: number, phi: number, out: Float64Array): void {
  if (!(x >= 0 && x < Infinity)) {
    out[0] = x < 0 ? -Infinity : 0
    out[1] = x < 0 ? 0 : -Infinity
    return
  }
  if (phi < MIN_PHI) phi = MIN_PHI
  if (x > WHOLE && x > 2 * mu) {
    // Where doubles are no longer whole numbers, the geometric decay of the tail is all of it.
    out[0] = 0
    out[1] = -x * Math.log1p(1 / (phi * mu))
    return
  }
  negativeBinomialTails(x, 1 / phi, mu, out)
}

function logFar(x: number, mu: number, phi: number): number {
  logTails(x, mu, phi, tails)
  const side = Math.min(tails[0]!, tails[1]!)
  return side < -Math.LN2 ? side + Math.LN2 : 0
}

/** Squared distance from the mean, in units of the variance, up to which a count is unremarkable; and its square. */
const UNREMARKABLE_SQUARE = 3.1 ** 2
const UNREMARKABLE_FOURTH = 3.1 ** 4

/**
 * Whether a count is surely unremarkable: true only where p = min(1, 2·min(P(X ≤ x), P(X ≥ x))) is at least 1e-3.
 *
 * A few multiplications, which find nearly all counts with p above 1e-2. Upwards |x − ½ − μ| is compared with √V(μ),
 * downwards |x + ½ − μ| with the geometric mean of √V(μ) and √V(x + ½), V(m) = m + φm². The tails beyond have at least the
 * probability 9.7e-4 of the normal distribution's, and 0 has e^−μ or more. The tests compute it.
 *
 * @param x The count; false for one that is not whole.
 * @param mu Mean, positive.
 * @param phi Dispersion, at least 0; false beyond 100.
 * @example [isUnremarkable(22, 20, 0.1), isUnremarkable(90, 20, 0.1)] // [true, false]
 */
export function isUnremarkable(x: number, mu: number, phi: number): boolean {
  if (!(x >= 0 && phi <= 100 && x === Math.floor(x))) return false
  const variance = mu + phi * mu * mu
  if (x > mu) {
    const far = x - 0.5 - mu
    return far <= 0 || far * far <= UNREMARKABLE_SQUARE * variance
  }
  if (x === 0 && mu < 7) return true
  const near = x + 0.5
  const far = mu - near
  const square = far * far
  return far <= 0 || square * square <= UNREMARKABLE_FOURTH * variance * (near + phi * near * near)
}

/**
 * The ends of the central interval: `out[0]` is the least count x with 2·P(X ≤ x) ≥ alpha, `out[1]` the greatest with
 * 2·P(X ≥ x) ≥ alpha. A count is outside exactly when its two-sided p-value is below alpha.
 *
 * @example
 * const ends = new Float64Array(2)
 * centralInterval(10, 0, 0.01, ends)
 * ends // [3, 19]
 */
export function centralInterval(mu: number, phi: number, alpha: number, out: Float64Array): void {
  centralIntervalOfLog(mu, phi, Math.log(alpha), out)
}

/** The same for an alpha too small to be a number: `logAlpha` is its logarithm. */
export function centralIntervalOfLog(mu: number, phi: number, logAlpha: number, out: Float64Array): void {
  if (phi < MIN_PHI) phi = MIN_PHI
  const logNone = -Math.log1p(phi * mu) / phi
  if (logNone > -600 && mu < SHORT && logAlpha > LOG_SUMMED) {
    const half = 0.5 * Math.exp(logAlpha)
    const c = mu / (1 + phi * mu)
    let term = Math.exp(logNone)
    let below = 0
    let lower = -1
    for (let k = 0; k < INVERSE.length; k++) {
      if (lower < 0 && below + term >= half) lower = k
      if (1 - below < half) {
        out[0] = lower
        out[1] = k - 1
        return
      }
      below += term
      term *= (1 + phi * k) * c * INVERSE[k]!
    }
  }
  const level = logAlpha - Math.LN2
  out[0] = search(mu, phi, level, true)
  out[1] = search(mu, phi, level, false)
}

/** Bisection for an end of the interval, in whole counts, or doubles where those are farther apart. */
function search(mu: number, phi: number, level: number, lower: boolean): number {
  const sign = lower ? -1 : 1
  const holds = (x: number): boolean => (lower ? logLower(x, mu, phi) : logUpper(x, mu, phi)) >= level
  let inside = Math.floor(mu)
  let reach = 8 * Math.sqrt(mu + phi * mu * mu) + 8
  if (!(reach < Number.POSITIVE_INFINITY)) return Number.NaN
  // A skewed distribution may have its mean outside: then the end is on the other side of it.
  for (let i = 0; i < MAX_STEPS && !holds(inside); i++) {
    inside = Math.max(0, inside - sign * Math.ceil(reach))
    reach *= 2
  }
  let outside = inside
  do {
    outside = Math.max(-1, outside + sign * Math.ceil(reach))
    reach *= 2
  } while (outside >= 0 && outside < Number.POSITIVE_INFINITY && holds(outside))
  while (Math.abs(inside - outside) > 1) {
    const middle = Math.floor((inside + outside) / 2)
    if (middle === inside || middle === outside) break
    if (holds(middle)) inside = middle
    else outside = middle
  }
  return inside
}
