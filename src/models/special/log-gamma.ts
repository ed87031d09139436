/**
 * Gamma function on the positive axis: Γ, log Γ, log Γ(1 + x), the error of Stirling's formula and differences of
 * log Γ.
 *
 * Sources: Abramowitz & Stegun 6.1.33 (series around 1 and 2, its numbers (ζ(k) − 1)/k computed at 60 digits),
 * 6.1.15 (recurrence), 6.1.41 (Stirling's series). Relative error below 2e-15, at the zeros 1 and 2 of log Γ too.
 */
import { log1pDefect } from './deviance.ts'

const EULER = 0.5772156649015329
const HALF_LOG_TWO_PI = 0.9189385332046728

/** (ζ(k) − 1)/k for k = 2, 3, … */
const ZETA_MINUS_ONE_OVER_K = new Float64Array([
  0.3224670334241132, 0.0673523010531981, 0.020580808427784546, 0.007385551028673986, 0.0028905103307415234,
  0.001192753911703261, 0.0005096695247430425, 0.00022315475845357939, 9.945751278180853e-5,
  4.492623673813314e-5, 2.050721277567069e-5, 9.439488275268397e-6, 4.374866789907488e-6,
  2.039215753801366e-6, 9.55141213040742e-7, 4.492469198764566e-7, 2.1207184805554665e-7,
  1.0043224823968099e-7, 4.7698101693639804e-8, 2.2711094608943164e-8, 1.0838659214896955e-8,
  5.183475041970047e-9, 2.4836745438024785e-9, 1.1921401405860912e-9, 5.731367241678862e-10,
  2.7595228851242334e-10, 1.330476437424449e-10, 6.4229645638381e-11, 3.1044247747322276e-11,
  1.5021384080754142e-11,
])

/** log Γ(2 + f) for |f| ≤ 0.5. */
function logGammaNearTwo(f: number): number {
  let power = f
  let sum = f * (1 - EULER)
  for (let i = 0; i < ZETA_MINUS_ONE_OVER_K.length; i++) {
    power *= -f
    const term = power * ZETA_MINUS_ONE_OVER_K[i]!
    sum -= term
    if (Math.abs(term) < 1e-18 * Math.abs(sum)) break
  }
  return sum
}

/**
 * log Γ(1 + x), accurate relative to itself near x = 0.
 *
 * @param x Greater than −1.
 * @example logGamma1p(1e-10) // -5.772156648…e-11
 */
export function logGamma1p(x: number): number {
  return Math.abs(x) <= 0.5 ? logGammaNearTwo(x) - Math.log1p(x) : logGamma(1 + x)
}

/**
 * log Γ(x).
 *
 * @param x Positive; NaN otherwise.
 * @example logGamma(0.5) // 0.5723649429247…, log √π
 */
export function logGamma(x: number): number {
  if (!(x > 0)) return NaN
  if (x < 0.5) return logGamma1p(x) - Math.log(x)
  if (x < 1.5) return logGamma1p(x - 1)
  if (x <= 2.5) return logGammaNearTwo(x - 2)
  if (x < 10) {
    let product = 1
    let reduced = x
    while (reduced > 2.5) {
      reduced -= 1
      product *= reduced
    }
    return Math.log(product) + logGammaNearTwo(reduced - 2)
  }
  return (x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI + stirlingError(x)
}

/**
 * Γ(x) for moderate x.
 *
 * @param x Positive, at most about 30 (above that use {@link logGamma}).
 * @example gammaFunction(5) // 24
 */
export function gammaFunction(x: number): number {
  // A distribution asks for the Γ of its shape again and again.
  if (x === lastArgument) return lastGamma
  lastArgument = x
  lastGamma = computeGamma(x)
  return lastGamma
}

let lastArgument = 1
let lastGamma = 1

function computeGamma(x: number): number {
  if (x < 0.5) return Math.exp(logGamma1p(x)) / x
  if (x < 1.5) return Math.exp(logGamma1p(x - 1))
  let product = 1
  let reduced = x
  while (reduced > 2.5) {
    reduced -= 1
    product *= reduced
  }
  return product * Math.exp(logGammaNearTwo(reduced - 2))
}

/**
 * log Γ(x) − [(x − ½) log x − x + ½ log 2π]: what Stirling's formula leaves, about 1/(12x).
 *
 * @param x At least 10.
 * @example stirlingError(10) // 0.008330563433362871
 */
export function stirlingError(x: number): number {
  const r = 1 / x
  const w = r * r
  // B(2k) / (2k (2k − 1)), Abramowitz & Stegun 6.1.40.
  if (x > 200) return r * (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680))))
  return (
    r *
    (1 / 12 -
      w *
        (1 / 360 -
          w *
            (1 / 1260 -
              w *
                (1 / 1680 -
                  w *
                    (1 / 1188 -
                      w * (691 / 360360 - w * (1 / 156 - w * (3617 / 122400 - w * (43867 / 244188)))))))))
  )
}

/**
 * log Γ(b + a) − log Γ(b) − a·log b for b ≥ 10: small, and accurate relative to a.
 *
 * @param b At least 10. @param a At least 0.
 * @example logGammaRatioDefect(100, 0.5) // -0.001250…
 */
export function logGammaRatioDefect(b: number, a: number): number {
  const u = a / b
  const log = Math.log1p(u)
  const stirling = a < 1e-3 ? stirlingStep(b, a) : stirlingError(b + a) - stirlingError(b)
  return (a - 0.5) * log - b * log1pDefect(u) + stirling
}

/** stirlingError(b + a) − stirlingError(b) for tiny a, by its derivative halfway: the difference would cancel. */
function stirlingStep(b: number, a: number): number {
  const r = 1 / (b + 0.5 * a)
  const w = r * r
  const slope =
    -w *
    (1 / 12 -
      w * (1 / 120 - w * (1 / 252 - w * (1 / 240 - w * (1 / 132 - w * (691 / 32760 - w * (1 / 12)))))))
  return a * (slope - (a * a * w * w) / 48)
}

/**
 * log Γ(b + a) − log Γ(b), accurate relative to a when a is small.
 *
 * @param b Positive. @param a At least 0.
 * @example logGammaRatio(3, 1) // 1.0986122886681098, log 3
 */
export function logGammaRatio(b: number, a: number): number {
  if (b < 10 && a >= 1) return logGamma(b + a) - logGamma(b)
  let shifted = b
  let correction = 0
  while (shifted < 10) {
    correction += Math.log1p(a / shifted)
    shifted += 1
  }
  return logGammaRatioDefect(shifted, a) + a * Math.log(shifted) - correction
}
