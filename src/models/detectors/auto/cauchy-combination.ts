const LOG_MAX = Math.log(0.95)
/** Below this tan((½ − p)π) is 1/(πp) to all digits. */
const LOG_SMALL = -18

/**
 * log of the Cauchy combination of p-values given as logarithms: the upper tail of a Cauchy distribution at the weighted mean of
 * tan((½ − p)π). For small results it holds whatever the dependence (Liu & Xie 2020, *Journal of the American
 * Statistical Association* 115). P-values near 1, which would cancel small ones, count as 0.95. NaNs do not count.
 *
 * @param weights one for each p-value, positive; they need not sum to 1. Default: all alike
 * @example
 * cauchyCombination([Math.log(0.01), Math.log(0.01)], 2) // -4.605170185988091
 */
export function cauchyCombination(
  logs: ArrayLike<number>,
  count: number,
  weights?: ArrayLike<number>,
): number {
  let least = 0
  let members = 0
  for (let i = 0; i < count; i++) {
    const log = logs[i]!
    if (Number.isNaN(log)) continue
    members += weights === undefined ? 1 : weights[i]!
    if (log < least) least = log
  }
  if (members === 0) return Number.NaN
  if (least === Number.NEGATIVE_INFINITY) return least
  if (least < LOG_SMALL) {
    // In units of the least p-value.
    let sum = 0
    for (let i = 0; i < count; i++) {
      const log = logs[i]!
      if (log < LOG_SMALL) sum += (weights === undefined ? 1 : weights[i]!) * Math.exp(least - log)
    }
    return least - Math.log(sum / members)
  }
  let sum = 0
  for (let i = 0; i < count; i++) {
    const log = logs[i]!
    if (!Number.isNaN(log))
      sum += (weights === undefined ? 1 : weights[i]!) / Math.tan(Math.PI * Math.exp(Math.min(log, LOG_MAX)))
  }
  const mean = sum / members
  return Math.log(mean > 0 ? Math.atan(1 / mean) / Math.PI : 0.5 - Math.atan(mean) / Math.PI)
}
