/**
 * Regularised incomplete beta function I_x(a, b), its complement, their logarithms and their common factor.
 *
 * Sources: continued fraction of DiDonato & Morris, "Significant digit computation of the incomplete beta function
 * ratios" (ACM TOMS 18, 1992), on whichever side of the mean x lies; the power series DLMF 8.17.7 for parameters up to
 * 1 near their end of the interval, which gives the complement without `1 − I`. Callers pass y = 1 − x and
 * d = (a + b)·x − a as accurately as they know them: with both, exponents are deviances and do not cancel. Relative
 * error below 2e-13 wherever the result is a normal double (parameters up to 1e6), below 1e-14 for small ones.
 */
import { deviance } from './deviance.ts'
import { productError, sumError } from './double-double.ts'
import { gammaFunction, logGamma1p, logGammaRatio, logGammaRatioDefect, stirlingError } from './log-gamma.ts'

const LOG_TWO_PI = 1.8378770664093453

/**
 * (a + b)·x − a for exact doubles, with one rounding at the end.
 *
 * @param a Positive. @param b Positive. @param x Between 0 and 1.
 * @example betaOffset(1000, 1e6, 0.001) // 1.0000000000000209: the double 0.001 is a little larger
 */
export function betaOffset(a: number, b: number, x: number): number {
  const n = a + b
  const product = n * x
  return product - a + (productError(n, x, product) + sumError(a, b, n) * x)
}

/**
 * x^a·y^b / B(a, b).
 *
 * @param a Positive. @param b Positive. @param x Between 0 and 1. @param y 1 − x. @param d (a + b)·x − a.
 * @example betaPrefactor(2, 3, 0.5, 0.5, 0.5) // 0.375
 */
export function betaPrefactor(a: number, b: number, x: number, y: number, d: number): number {
  if (x <= 0 || y <= 0) return 0
  if (a > b) return betaPrefactor(b, a, y, x, -d)
  if (b < 10) {
    const inverseBeta =
      ((a / (a + b)) * b * gammaFunction(1 + a + b)) / (gammaFunction(1 + a) * gammaFunction(1 + b))
    return x ** a * y ** b * inverseBeta
  }
  if (a < 10) {
    // Where the power alone may overflow.
    if (b * x > 1e30) return Math.exp(logBetaPrefactor(a, b, x, y, d))
    const half = Math.exp(0.5 * b * logOf(y, x))
    return (((b * x) ** a * half * a) / gammaFunction(1 + a)) * Math.exp(logGammaRatioDefect(b, a)) * half
  }
  const n = a + b
  const nx = n * x
  const exponent =
    stirlingError(n) - stirlingError(a) - stirlingError(b) - deviance(a, nx, d) - deviance(b, n * y, -d)
  return Math.exp(exponent) * Math.sqrt(((a / n) * b) / (2 * Math.PI))
}

/**
 * Logarithm of {@link betaPrefactor}, where that underflows too.
 *
 * @param a Positive. @param b Positive. @param x Between 0 and 1. @param y 1 − x. @param d (a + b)·x − a.
 * @example logBetaPrefactor(2, 3, 0.5, 0.5, 0.5) // -0.98082…, log 0.375
 */
export function logBetaPrefactor(a: number, b: number, x: number, y: number, d: number): number {
  if (x <= 0 || y <= 0) return -Infinity
  if (a > b) return logBetaPrefactor(b, a, y, x, -d)
  if (b < 10) return a * logOf(x, y) + b * logOf(y, x) + Math.log(a) - logGamma1p(a) + logGammaRatio(b, a)
  if (a < 10) {
    return a * Math.log(b * x) + b * logOf(y, x) + Math.log(a) - logGamma1p(a) + logGammaRatioDefect(b, a)
  }
  const n = a + b
  const exponent =
    stirlingError(n) - stirlingError(a) - stirlingError(b) - deviance(a, n * x, d) - deviance(b, n * y, -d)
  return exponent + 0.5 * (Math.log((a / n) * b) - LOG_TWO_PI)
}

/** log u where v = 1 − u is known too: the smaller of the two carries the digits. */
function logOf(u: number, v: number): number {
  return v < 0.5 ? Math.log1p(-v) : Math.log(u)
}

// The last evaluation, as in incomplete-gamma.ts: nothing is allocated.
let lower = 0
let upper = 0
let lowerIsDirect = true
let factor = 0
let logScale = 0
let scaleIsPrefactor = true

function evaluate(a: number, b: number, x: number, y: number, d: number): void {
  scaleIsPrefactor = false
  factor = 1
  if (x <= 0 || y <= 0) {
    lowerIsDirect = x <= 0
    lower = lowerIsDirect ? 0 : 1
    upper = 1 - lower
    logScale = -Infinity
    return
  }
  if (a <= 1 && x <= 0.5 && b * x <= 1) {
    aroundZero(a, b, x, y, false)
    return
  }
  if (b <= 1 && y <= 0.5 && a * y <= 1) {
    aroundZero(b, a, y, x, true)
    return
  }
  scaleIsPrefactor = true
  const prefactor = betaPrefactor(a, b, x, y, d)
  lowerIsDirect = d <= 0
  factor = lowerIsDirect ? fraction(a, b, x, y, -d) : fraction(b, a, y, x, d)
  const value = prefactor * factor
  lower = lowerIsDirect ? value : 1 - value
  upper = lowerIsDirect ? 1 - value : value
}

/** a ≤ 1 near x = 0: I = x^a/(a·B)·(1 + a·s), and 1 − I without cancellation. */
function aroundZero(a: number, b: number, x: number, y: number, swapped: boolean): void {
  let product = 1
  let s = 0
  for (let n = 1; n < 200; n++) {
    product *= ((n - b) / n) * x
    const add = product / (a + n)
    s += add
    if (Math.abs(add) <= 1e-18 * Math.abs(s)) break
  }
  const logInverse = logGammaRatio(b, a) - logGamma1p(a)
  logScale = a * logOf(x, y) + logInverse
  const scale = x ** a * Math.exp(logInverse)
  factor = 1 + a * s
  const near = scale * factor
  const far = Math.max(0, -Math.expm1(logScale) - scale * a * s)
  lowerIsDirect = !swapped
  lower = swapped ? far : near
  upper = swapped ? near : far
}

/** I_x(a, b) over the prefactor, for x up to the mean; offset = a − (a + b)·x ≥ 0. Steed's evaluation. */
function fraction(a: number, b: number, x: number, y: number, offset: number): number {
  let inverse = (a + 1) / a / (offset + 1)
  let step = inverse
  let sum = inverse
  for (let n = 1; n < 200000; n++) {
    const low = a + 2 * n - 1
    const scaled = (n * ((b - n) * x)) / low
    const numerator = ((a + n - 1) / low) * ((a + b + n - 1) * x) * scaled
    const b_n = n + scaled + ((a + n) / (low + 2)) * (offset + 1 + n * (1 + y))
    inverse = 1 / (b_n + numerator * inverse)
    step *= b_n * inverse - 1
    sum += step
    if (Math.abs(step) <= 2e-17 * sum) break
  }
  return sum
}

function logDirect(value: number, a: number, b: number, x: number, y: number, d: number): number {
  if (value > 1e-280) return Math.log(value)
  return (scaleIsPrefactor ? logBetaPrefactor(a, b, x, y, d) : logScale) + Math.log(factor)
}

/**
 * I_x(a, b), the distribution function of the beta distribution.
 *
 * @param a Positive. @param b Positive. @param x Between 0 and 1. @param y 1 − x. @param d (a + b)·x − a.
 * @example betaLower(2, 3, 0.5, 0.5, 0.5) // 0.6875
 */
export function betaLower(a: number, b: number, x: number, y: number, d: number): number {
  evaluate(a, b, x, y, d)
  return lower
}

/**
 * 1 − I_x(a, b) = I_y(b, a).
 *
 * @param a Positive. @param b Positive. @param x Between 0 and 1. @param y 1 − x. @param d (a + b)·x − a.
 * @example betaUpper(2, 3, 0.5, 0.5, 0.5) // 0.3125
 */
export function betaUpper(a: number, b: number, x: number, y: number, d: number): number {
  evaluate(a, b, x, y, d)
  return upper
}

/**
 * log I_x(a, b), where I underflows or is close to 1 too.
 *
 * @param a Positive. @param b Positive. @param x Between 0 and 1. @param y 1 − x. @param d (a + b)·x − a.
 * @example logBetaLower(2, 3, 0.5, 0.5, 0.5) // -0.37469…, log 0.6875
 */
export function logBetaLower(a: number, b: number, x: number, y: number, d: number): number {
  evaluate(a, b, x, y, d)
  if (upper < 0.5) return Math.log1p(-upper) + 0
  return lowerIsDirect ? logDirect(lower, a, b, x, y, d) : Math.log(lower)
}

/**
 * log(1 − I_x(a, b)), where that underflows or is close to 1 too.
 *
 * @param a Positive. @param b Positive. @param x Between 0 and 1. @param y 1 − x. @param d (a + b)·x − a.
 * @example logBetaUpper(2, 3, 0.5, 0.5, 0.5) // -1.16315…, log 0.3125
 */
export function logBetaUpper(a: number, b: number, x: number, y: number, d: number): number {
  evaluate(a, b, x, y, d)
  if (lower < 0.5) return Math.log1p(-lower) + 0
  return lowerIsDirect ? Math.log(upper) : logDirect(upper, a, b, x, y, d)
}

/**
 * I and 1 − I, or their logarithms, by one evaluation.
 *
 * @param a Positive. @param b Positive. @param x Between 0 and 1. @param y 1 − x. @param d (a + b)·x − a.
 * @param out Receives [I, 1 − I], or their logarithms.
 * @param logs Whether logarithms are wanted.
 * @example
 * const out = new Float64Array(2)
 * betaTails(2, 3, 0.5, 0.5, 0.5, out, false)
 * out // [0.6875, 0.3125]
 */
export function betaTails(
  a: number,
  b: number,
  x: number,
  y: number,
  d: number,
  out: Float64Array,
  logs: boolean,
): void {
  evaluate(a, b, x, y, d)
  const p = lower
  const q = upper
  out[0] = p
  out[1] = q
  if (!logs) return
  out[0] = q < 0.5 ? Math.log1p(-q) + 0 : lowerIsDirect ? logDirect(p, a, b, x, y, d) : Math.log(p)
  out[1] = p < 0.5 ? Math.log1p(-p) + 0 : lowerIsDirect ? Math.log(q) : logDirect(q, a, b, x, y, d)
}

/**
 * (1 − I_x(a, b)) divided by {@link betaPrefactor}, for callers that know the prefactor already.
 *
 * @param a Positive. @param b Positive. @param x Between 0 and 1. @param y 1 − x. @param d (a + b)·x − a ≥ 0.
 * @example betaUpperFraction(2, 3, 0.5, 0.5, 0.5) // 0.8333…, 0.3125/0.375
 */
export function betaUpperFraction(a: number, b: number, x: number, y: number, d: number): number {
  return fraction(b, a, y, x, d)
}
