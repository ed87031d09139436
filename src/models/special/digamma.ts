/**
 * ψ(x) = d log Γ(x)/dx and ψ′(x): the equations of maximum likelihood for gamma, beta and negative binomial.
 *
 * Source: Abramowitz & Stegun 6.3.5, 6.3.18, 6.4.6, 6.4.12 (recurrence up to 12, then the asymptotic series).
 * Error below 1e-14 relative, or absolute near the zero of ψ at 1.4616.
 */

/**
 * The digamma function ψ(x).
 *
 * @param x Positive; NaN otherwise.
 * @example digamma(1) // -0.5772156649015329
 */
export function digamma(x: number): number {
  if (!(x > 0)) return NaN
  let shifted = x
  let sum = 0
  while (shifted < 12) {
    sum -= 1 / shifted
    shifted += 1
  }
  const w = 1 / (shifted * shifted)
  const series =
    w *
    (1 / 12 -
      w * (1 / 120 - w * (1 / 252 - w * (1 / 240 - w * (1 / 132 - w * (691 / 32760 - w * (1 / 12)))))))
  return sum + Math.log(shifted) - 0.5 / shifted - series
}

/**
 * The trigamma function ψ′(x).
 *
 * @param x Positive; NaN otherwise.
 * @example trigamma(1) // 1.6449340668482264, π²/6
 */
export function trigamma(x: number): number {
  if (!(x > 0)) return NaN
  let shifted = x
  let sum = 0
  while (shifted < 12) {
    sum += 1 / (shifted * shifted)
    shifted += 1
  }
  const r = 1 / shifted
  const w = r * r
  const series =
    w * (1 / 6 - w * (1 / 30 - w * (1 / 42 - w * (1 / 30 - w * (5 / 66 - w * (691 / 2730 - w * (7 / 6)))))))
  return sum + r * (1 + 0.5 * r + series)
}
