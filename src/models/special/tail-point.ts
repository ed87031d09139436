/**
 * Inverts a tail probability on the positive axis: Newton's method for log tail against log x, kept inside a bracket.
 * Working in logarithms makes the steps nearly linear in both tails, so a poor start costs little.
 *
 * Source: safeguarded Newton, Numerical Recipes §9.4 (method only). The result is as accurate as the log tail given.
 */

/**
 * The x > 0 whose log tail probability is `target`.
 *
 * @param logTail Logarithm of the tail probability at x.
 * @param logDensity Logarithm of the density at x.
 * @param target Logarithm of the probability to reach.
 * @param rising Whether `logTail` is the lower tail, which grows with x.
 * @param start First guess.
 * @param limit Upper end of the search.
 * @example tailPoint(x => -x, x => -x, Math.log(0.5), false, 1) // 0.693147…, log 2: the median of the unit exponential
 */
export function tailPoint(
  logTail: (x: number) => number,
  logDensity: (x: number) => number,
  target: number,
  rising: boolean,
  start: number,
  limit = Infinity,
): number {
  let low = 0
  let high = limit
  let x = Math.min(Math.max(start, 1e-307), limit, 1e307)
  let stride = 4
  for (let i = 0; i < 400; i++) {
    const log = logTail(x)
    const miss = log - target
    if (miss === 0) return x
    if (miss < 0 === rising) low = x
    else high = x
    // d log tail / d log x = ± x · density / tail
    const slope = x * Math.exp(logDensity(x) - log)
    const step = (rising ? -miss : miss) / slope
    let next = x * Math.exp(step)
    // The error left is of the order of step² · slope.
    if (Math.abs(step) * (1 + slope) < 1e-8) return Math.min(next, limit)
    if (!(next > low && next < high)) {
      if (low > 0 && high < Infinity) next = Math.sqrt(low) * Math.sqrt(high)
      else {
        next = low > 0 ? x * 2 ** stride : x * 2 ** -stride
        stride *= 2
        if (!(next > 0)) next = 5e-324
        if (next === Infinity) next = Number.MAX_VALUE
      }
    }
    if (next === x || (low > 0 && high / low - 1 < 3e-16)) return x
    if (x <= 5e-324 && high <= 5e-324) return 0
    x = next
  }
  return x
}
