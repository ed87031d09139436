/** What a key of the `changePoint` detector keeps, and how its runs begin, learn, and merge: a run is a possible segment. */
import { record } from '../../../core/record.ts'
import { logGamma } from '../../special/log-gamma.ts'
import { logSum } from '../parts/predictive.ts'
import { MEAN_SIZE, MEDIAN_SIZE, MIN_COUNT, MIN_SCALE, medianOf, OUTLIER_Z } from '../parts/robust-scale.ts'

/** Lengths of the present segment that are kept. */
export const LENGTHS = 16
/** Values that a segment remembers. */
export const MEMORY = 1024
/** Observations behind the prior of a mean, and half the degrees of freedom of that of a variance. */
export const PRIOR_COUNT = 0.02
export const PRIOR_SHAPE = 2
/** Mean size of a standard normal variable, to ten digits. */

export const RUN = record({
  logWeight: 'log of the probability of this length',
  count: 'values learned',
  mean: 'mean of the segment',
  rate: 'rate of the inverse gamma distribution of its variance',
})

// Read several times per length and value, where a property read shows.
export const { width: RUN_WIDTH, logWeight: LOG_WEIGHT, count: COUNT, mean: MEAN, rate: RATE } = RUN

export const SEGMENTS = record({
  seen: 'values of the key',
  active: 'runs there are',
  level: 'slow mean of all values',
  levelCount: 'values behind it',
  variance: 'variance within segments',
  varianceCount: 'values behind it',
  first: ['the first values', MIN_COUNT],
  runs: [RUN, LENGTHS],
})

/** log of the height of Student's density for a segment of so many values, except for its scale. */
const HEIGHT = Float64Array.from({ length: MEMORY + 1 }, (_, n) => {
  const shape = PRIOR_SHAPE + n / 2
  return logGamma(shape + 0.5) - logGamma(shape) - 0.5 * Math.log(2 * Math.PI * shape)
})

/** log density of a value that lies t scales from the mean of a segment of n values. */
export const logDensity = (n: number, t: number, scale: number): number => {
  const dof = 2 * PRIOR_SHAPE + n
  const square = t * t
  const log = square < 1e300 ? Math.log1p(square / dof) : 2 * Math.log(Math.abs(t)) - Math.log(dof)
  return HEIGHT[n]! - Math.log(scale) - 0.5 * (dof + 1) * log
}

/** The least scale of a key at `at`: that of a constant series. */
export const minScaleOf = (numbers: Float64Array, at: number): number =>
  Math.max(MIN_SCALE * Math.abs(numbers[at + SEGMENTS.level]!), 1e-150)

/** The scale within segments of a key at `at`. */
export const scaleWithin = (numbers: Float64Array, at: number): number =>
  Math.max(Math.sqrt(numbers[at + SEGMENTS.variance]!), minScaleOf(numbers, at))

/** A run takes in a value. */
export function observe(numbers: Float64Array, run: number, x: number): void {
  let n = numbers[run + COUNT]!
  let rate = numbers[run + RATE]!
  if (n === MEMORY) {
    n--
    rate *= 1 - 0.5 / (PRIOR_SHAPE + MEMORY / 2)
  }
  const known = PRIOR_COUNT + n
  const miss = x - numbers[run + MEAN]!
  numbers[run + MEAN] = numbers[run + MEAN]! + miss / (known + 1)
  numbers[run + RATE] = rate + (0.5 * known * miss * miss) / (known + 1)
  numbers[run + COUNT] = n + 1
}

/** Begins a run of a key at `at` that has seen nothing. */
export function begin(numbers: Float64Array, at: number, run: number, logWeight: number): void {
  const scale = scaleWithin(numbers, at)
  numbers[run + LOG_WEIGHT] = logWeight
  numbers[run + COUNT] = 0
  numbers[run + MEAN] = numbers[at + SEGMENTS.level]!
  numbers[run + RATE] = PRIOR_SHAPE * scale * scale
}

const firsts = new Float64Array(MIN_COUNT)

/** The first values of a key make level, scale and the first run. */
export function start(numbers: Float64Array, at: number): void {
  const first = at + SEGMENTS.first
  firsts.set(numbers.subarray(first, first + MIN_COUNT))
  const level = medianOf(firsts, MIN_COUNT)
  numbers[at + SEGMENTS.level] = level
  numbers[at + SEGMENTS.levelCount] = MIN_COUNT
  let sizes = 0
  for (let i = 0; i < MIN_COUNT; i++) {
    firsts[i] = Math.abs(firsts[i]! - level)
    sizes += firsts[i]!
  }
  const scale = medianOf(firsts, MIN_COUNT) / MEDIAN_SIZE || sizes / MIN_COUNT / MEAN_SIZE
  numbers[at + SEGMENTS.variance] = Math.max(scale, minScaleOf(numbers, at)) ** 2
  numbers[at + SEGMENTS.varianceCount] = MIN_COUNT
  const run = at + SEGMENTS.runs
  begin(numbers, at, run, 0)
  for (let i = 0; i < MIN_COUNT; i++) {
    const x = numbers[first + i]!
    if (Math.abs(x - level) <= OUTLIER_Z * scale) observe(numbers, run, x)
  }
  numbers[at + SEGMENTS.active] = 1
}

/** Merges the least probable run, except the newest, into its neighbour. */
export function merge(numbers: Float64Array, at: number, active: number): void {
  const runs = at + SEGMENTS.runs
  let least = 0
  for (let i = 1; i < active - 1; i++) {
    if (numbers[runs + i * RUN_WIDTH + LOG_WEIGHT]! < numbers[runs + least * RUN_WIDTH + LOG_WEIGHT]!) {
      least = i
    }
  }
  const gone = runs + least * RUN_WIDTH
  const heir = least === 0 ? gone + RUN_WIDTH : gone - RUN_WIDTH
  numbers[heir + LOG_WEIGHT] = logSum(numbers[heir + LOG_WEIGHT]!, numbers[gone + LOG_WEIGHT]!)
  numbers.copyWithin(gone, gone + RUN_WIDTH, runs + active * RUN_WIDTH)
}

/** Level and scale within segments after x, which lies `away` scales from the most probable run, of this scale. */
export function learnLevel(numbers: Float64Array, at: number, x: number, away: number, scale: number): void {
  const reach = 3 * (scaleWithin(numbers, at) * Math.sqrt(1 + 1 / PRIOR_COUNT))
  if (Math.abs(away) <= OUTLIER_Z) {
    const count = Math.min(numbers[at + SEGMENTS.varianceCount]! + 1, MEMORY)
    const square = (away * scale) ** 2
    const variance = numbers[at + SEGMENTS.variance]!
    numbers[at + SEGMENTS.varianceCount] = count
    numbers[at + SEGMENTS.variance] = variance + (square - variance) / count
  }
  const level = numbers[at + SEGMENTS.level]!
  const count = Math.min(numbers[at + SEGMENTS.levelCount]! + 1, MEMORY)
  numbers[at + SEGMENTS.levelCount] = count
  numbers[at + SEGMENTS.level] = level + Math.max(-reach, Math.min(reach, x - level)) / count
}
