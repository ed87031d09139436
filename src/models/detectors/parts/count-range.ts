/**
 * Counts that are numbers of something: up to 2^63, as a column of them may have. What is larger, such as 1.8e308 for "no
 * value", is as impossible as an infinity, and is not learned; what is less than a billionth is 0. So squares and cubes of
 * counts, and of their means, are numbers.
 */
import type { Detector } from '../../../core/detector.ts'
import { withRobustStart } from './robust-start.ts'

const MAX_COUNT = 2 ** 63
const MIN_PART = 2 ** -30

/** The detector, of counts in range. */
export function withinCounts(counting: Detector): Detector {
  const detector = withRobustStart(counting)
  /** The values of a step, where some are out of range. */
  let ranged = new Float64Array(0)
  return {
    ...detector,
    step(state, input, output) {
      const { count, values } = input
      if (allInRange(values, count)) {
        detector.step(state, input, output)
        return
      }
      if (ranged.length < count) ranged = new Float64Array(count)
      for (let i = 0; i < count; i++) {
        const x = values[i]!
        const size = Math.abs(x)
        ranged[i] = size > MAX_COUNT ? x * Number.POSITIVE_INFINITY : size < MIN_PART ? 0 : x
      }
      detector.step(state, { ...input, values: ranged.subarray(0, count) }, output)
    },
  }
}

/** Of missing values too. */
function allInRange(values: Float64Array, count: number): boolean {
  for (let i = 0; i < count; i++) {
    const size = Math.abs(values[i]!)
    if (size > MAX_COUNT || (size < MIN_PART && size > 0)) return false
  }
  return true
}
