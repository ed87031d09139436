/**
 * u − log(1 + u) and the deviance a·(d/a − log(1 + d/a)): the exponent of every density that is written around its
 * mode. Computed from the difference d itself, it has no cancellation, so tails keep their relative accuracy.
 *
 * Source: C. Loader, "Fast and accurate computation of binomial probabilities" (2000), the idea of `bd0`; the series
 * is log(1 + u) = 2 artanh(u / (2 + u)). Relative error below 1e-15.
 */

/**
 * u − log(1 + u), accurate for tiny u too.
 *
 * @param u Greater than −1.
 * @example log1pDefect(1e-8) // 4.99999996666…e-17
 */
export function log1pDefect(u: number): number {
  if (u > 1.2 || u < -0.55) return u - Math.log1p(u)
  const r = u / (2 + u)
  const square = r * r
  let power = 1
  let sum = 1 / 3
  for (let k = 5; ; k += 2) {
    power *= square
    const term = power / k
    sum += term
    if (term < 1e-17) break
  }
  return r * (u - 2 * square * sum)
}

/**
 * x − a − a·log(x / a): half the deviance of an observation a with expectation x.
 *
 * @param a Positive. @param x Positive. @param d x − a, as accurately as the caller knows it.
 * @example deviance(100, 110, 10) // 0.468982…
 */
export function deviance(a: number, x: number, d: number): number {
  const u = d / a
  // Close to −1 the information is in x, not in 1 + u.
  return u < -0.55 ? d - a * Math.log(x / a) : a * log1pDefect(u)
}
