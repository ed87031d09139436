/**
 * What a detector is told of time.
 *
 * Files repeat times (clocks set back, rows sent twice) and leave some out. A detector gets the times of the file,
 * taken for UTC, but never one before the last: its contract is event-time order, and a stream that may not be reordered
 * has no better time for a row that comes late. The sampling step is what someone knows who turns the detector on: the
 * median of the steps between the first rows, or none where they follow no step.
 */

/** Rows the step is told by. They lie in the probation of 667 rows or more, and no more of a file is known in advance. */
const FIRST_ROWS = 100
/** Steps off the sampling step by more than this part of it follow none. */
const TOLERANCE = 0.1
/** The part of the steps that must be whole multiples of the sampling step for the series to be regular. */
const REGULAR = 0.75

/** The sampling step in ms, or undefined where the first rows are not regular. Repeated times are not steps. */
export function samplingStepMs(timesMs: ArrayLike<number>): number | undefined {
  const steps: number[] = []
  for (let i = 1; i < Math.min(timesMs.length, FIRST_ROWS); i++) {
    const step = timesMs[i]! - timesMs[i - 1]!
    if (step > 0) steps.push(step)
  }
  if (steps.length === 0) return undefined
  steps.sort((a, b) => a - b)
  const median = steps[steps.length >> 1]!
  const whole = steps.filter(step => {
    const times = Math.round(step / median)
    return times >= 1 && Math.abs(step / median - times) <= TOLERANCE
  })
  return whole.length >= REGULAR * steps.length ? median : undefined
}

/** Times that never go back. */
export function forwardTimes(timesMs: Float64Array): Float64Array {
  let latest = Number.NEGATIVE_INFINITY
  return timesMs.map(time => {
    latest = Math.max(latest, time)
    return latest
  })
}
