/** Comparing event times of an as-of join exactly: whole ms and the nanoseconds past them. */

/** Times by row. */
export interface Times {
  readonly timesMs: Float64Array
  readonly restNs: Float64Array
}

/** Negative when row `i` of `a` is earlier than row `j` of `b`, 0 at the same time. */
export const compareTimes = (a: Times, i: number, b: Times, j: number): number =>
  a.timesMs[i]! - b.timesMs[j]! || a.restNs[i]! - b.restNs[j]!

/** Whether two times are further apart than whole ms. `laterMs` and `laterNs` are not before the other. */
export function isFurther(
  laterMs: number,
  laterNs: number,
  earlierMs: number,
  earlierNs: number,
  ms: number,
): boolean {
  const apart = laterMs - earlierMs
  return apart > ms || (apart === ms && laterNs > earlierNs)
}
