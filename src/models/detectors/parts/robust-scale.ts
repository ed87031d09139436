/**
 * The robust scale of innovations, and the outlier rule: one set of constants and rules for all detectors.
 *
 * A scale is √(π/2) times the mean size |e| of innovations, each counted up to {@link OUTLIER_Z} scales, with exponential
 * forgetting; or {@link MAD_TO_SIGMA} times a median size. It has a floor, so that a constant series, or one that mostly
 * stands still, does not make an outlier of its last digit, or of its every move.
 *
 * Bare numbers and functions of numbers; imports nothing.
 */

/** An innovation of more scales is an outlier. */
export const OUTLIER_Z = 3.5
/**
 * An innovation of more scales enters the filter of an ARIMA model as a missing value. Above the limit of outliers: later
 * values answer to a large shock of the model, of which there is one in 16,000.
 */
export const REJECT_Z = 4

/** Standard deviation of a normal variable over its median size, the median absolute deviation: 1/Φ⁻¹(¾). */
export const MAD_TO_SIGMA = 1.482602218505602
/** Standard deviation of a normal variable over its mean size. */
export const SQRT_HALF_PI = Math.sqrt(Math.PI / 2)
/** Mean size of a standard normal variable. */
export const MEAN_SIZE = Math.sqrt(2 / Math.PI)
/** Median size of a standard normal variable: Φ⁻¹(¾). */
export const MEDIAN_SIZE = 1 / MAD_TO_SIGMA
/** Mean size of a normal variable over its median size. */
export const MEAN_OVER_MEDIAN = MEAN_SIZE / MEDIAN_SIZE
/** Variance of a normal variable's size over its squared mean size. */
export const SIZE_VARIANCE = Math.PI / 2 - 1

/** Squares that tell as much of a normal scale as one size in a mean of sizes: 1/(π − 2). */
export const MEAN_SIZE_EFFICIENCY = 1 / (Math.PI - 2)
/** And as one value in a median absolute deviation (Rousseeuw & Croux 1993, *J. Am. Stat. Assoc.* 88). */
export const MAD_EFFICIENCY = 0.3675

/** Fewest innovations, or values, that make a scale. */
export const MIN_COUNT = 8
/** The least scale, relative to the value expected: that of a constant series. */
export const MIN_SCALE = 1e-9
/** The least scale, relative to the mean size of all innovations: a series that mostly stands still has ordinary moves. */
export const MIN_PART = 0.6
/** An innovation counts up to so many times the mean size of all when it is added to that mean. */
export const MAX_RAW = 50
/** Innovations that a running scale remembers. */
export const SCALE_MEMORY = 1024
/** The weight that a running scale keeps of the past per innovation. */
export const SCALE_KEEP = 1 - 1 / SCALE_MEMORY

/** Whether a score is an outlier's. */
export const isOutlier = (z: number): boolean => Math.abs(z) > OUTLIER_Z

/** A score, pulled in to the limit of outliers. */
export const clipOutlier = (z: number): number => Math.max(-OUTLIER_Z, Math.min(OUTLIER_Z, z))

/**
 * The least scale of a series whose value is expected at `expected`, and whose innovations have the mean size `meanSize`,
 * outliers almost in full.
 */
export const minScale = (expected: number, meanSize = 0): number =>
  Math.max(MIN_SCALE * Math.abs(expected), MIN_PART * meanSize)

/** A scale, but at least `least`, and positive. NaN becomes the least. */
export const flooredScale = (scale: number, least: number): number =>
  scale > least ? scale : least > 0 ? least : Number.MIN_VALUE

/**
 * The scale of innovations by their weighted sum of sizes and sum of weights: √(π/2) times the mean size, but at least
 * {@link minScale}.
 */
export function scaleOfSizes(sum: number, weight: number, expected: number, meanSize: number): number {
  const scale = weight > 0 ? (SQRT_HALF_PI * sum) / weight : 0
  return flooredScale(scale, minScale(expected, meanSize))
}

/** Degrees of freedom of {@link scaleOfSizes}. */
export const scaleDof = (weight: number): number => MEAN_SIZE_EFFICIENCY * effectiveCount(weight)

/**
 * Effective number of innovations in an exponential mean with this sum of weights and a memory of {@link SCALE_MEMORY}. A
 * scale that a fit has made of more innovations is forgotten like one of so many.
 */
export function effectiveCount(weight: number): number {
  const held = Math.min(weight, SCALE_MEMORY)
  return held / (1 - (0.5 * held) / SCALE_MEMORY)
}

/** The mean size of all innovations after one more of the given size; `weight` is the sum of the weights before it. */
export function nextMeanSize(meanSize: number, size: number, weight: number): number {
  const taken = meanSize > 0 ? Math.min(size, MAX_RAW * meanSize) : size
  return meanSize + Math.max(1 / SCALE_MEMORY, 1 / (weight + 1)) * (taken - meanSize)
}

/**
 * The sum of the sizes of the first innovations, by their median, so that one of them may be an outlier. Sorts them.
 *
 * @example robustSum(Float64Array.of(1, 900, 1, 1)) // 4.73…: four times 1.18
 */
export function robustSum(sizes: Float64Array): number {
  const count = sizes.length
  return count * MEAN_OVER_MEDIAN * medianOf(sizes, count)
}

/** The median of the first `count` values, which it sorts; NaN of none. */
export function medianOf(values: Float64Array, count: number): number {
  const sorted = values.subarray(0, count).sort()
  return 0.5 * (sorted[(count - 1) >> 1]! + sorted[count >> 1]!)
}
