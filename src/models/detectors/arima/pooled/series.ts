/** The series of a key by the pool's model: its next value is predicted, and learned once it is there. */

import { filterMean, filterVariance, MAX_STEPS, updateFilter } from '../../parts/keyed-filter.ts'
import { LASTING } from '../../parts/level-shift.ts'
import {
  effectiveCount,
  flooredScale,
  isOutlier,
  minScale,
  nextMeanSize,
  OUTLIER_Z,
  REJECT_Z,
  SCALE_KEEP,
} from '../../parts/robust-scale.ts'
import { READY } from '../../parts/statistic.ts'
import { studentAt, studentScore } from '../../parts/student-score.ts'
import { KEY as KEY_RECORD, POOL as POOL_RECORD, type PooledArima } from './context.ts'

// The compiler knows constants of this module; imported ones are loaded at each use.
const KEY = KEY_RECORD
const POOL = POOL_RECORD

/** Weight that the sums behind a level keep per value. */
const LEVEL_KEEP = 1 - 1 / 512
/** Fewest degrees of freedom of a scale that scores. */
const MIN_FREE = 3
/** Outliers to one side that make a new level of a key with few values. */
const MIN_LASTING = 3
/** Innovations from which on their mean size limits the scale from below. */
const MEAN_SIZE_COUNT = 32
/** Values beyond this say nothing, and their squares overflow. */
const MAX_VALUE = 1e150

/** Whether a value is a number that can be learned. */
export const isUsable = (x: number): boolean => Math.abs(x) < MAX_VALUE

/** r of a step of the filter: 1, or the step where a difference leaves a drift. */
const regressor = ({ config, filter }: PooledArima, step: number): number =>
  filter.before === 0 ? 1 : config.D > 0 ? step / config.period : step

/** Predicts the next step of a key: NaN where nothing is expected yet. */
export function predictNext(pooled: PooledArima, key: number): void {
  const { numbers, pool, filter, next } = pooled
  const at = key * KEY.width
  next.expected = Number.NaN
  const step = numbers[at + KEY.filtered]!
  if (filter.model === undefined || step < filter.before) return
  next.variance = filterVariance(filter, key, step)
  next.filtered = filterMean(filter, key, 0)
  next.total = next.variance
  let level = 0
  if (pooled.levelled) {
    const rest = regressor(pooled, step) - filterMean(filter, key, 1)
    next.rest = rest
    const squares = numbers[at + KEY.squares]!
    if (squares === 0) return
    level = (rest * numbers[at + KEY.products]!) / squares
    next.total += (rest * rest) / squares
  }
  if (next.total === Infinity) return
  const expected = numbers[at + KEY.offset]! + next.filtered + level
  next.expected = expected
  const counted = numbers[at + KEY.counted]!
  const own = effectiveCount(counted)
  const prior = pool[POOL.priorFree]!
  const free = prior + own
  const square =
    (prior * pool[POOL.priorSquare]! + (counted > 0 ? (own * numbers[at + KEY.spread]!) / counted : 0)) / free
  const least = minScale(expected, counted >= MEAN_SIZE_COUNT ? numbers[at + KEY.meanSize]! : 0)
  next.scale = flooredScale(Math.sqrt(square), least) * Math.sqrt(next.total)
  next.free = Math.max(free, MIN_FREE)
  pooled.prediction[READY] = free >= MIN_FREE ? 1 : 0
}

/** The normal score of a value under the prediction at hand. */
export function measure({ next }: PooledArima, x: number): number {
  const { expected } = next
  if (Number.isNaN(expected)) return Number.isFinite(x) ? 0 : x
  return studentScore((x - expected) / next.scale, next.free)
}

/** Moves the filter and the level of a key over a step, of which y is less the offset; NaN for a missing value. */
function advance(pooled: PooledArima, key: number, y: number): void {
  const { numbers, filter, next } = pooled
  const at = key * KEY.width
  const step = numbers[at + KEY.filtered]!
  numbers[at + KEY.filtered] = step + 1
  filter.values[0] = y
  if (pooled.levelled) {
    filter.values[1] = regressor(pooled, step)
    if (step >= filter.before && !Number.isNaN(y) && next.variance < Infinity) {
      const { rest, variance } = next
      numbers[at + KEY.squares] = LEVEL_KEEP * numbers[at + KEY.squares]! + (rest * rest) / variance
      numbers[at + KEY.products] =
        LEVEL_KEEP * numbers[at + KEY.products]! + (rest * (y - next.filtered)) / variance
    }
  }
  updateFilter(filter, key, step)
}

/** Passes over `steps` steps without a value. */
export function passSteps(pooled: PooledArima, key: number, steps: number): void {
  const { numbers, filter } = pooled
  const most = MAX_STEPS + filter.before
  for (let i = Math.min(steps, most); i > 0; i--) {
    predictNext(pooled, key)
    advance(pooled, key, Number.NaN)
  }
  const filtered = key * KEY.width + KEY.filtered
  if (steps > most) numbers[filtered] = numbers[filtered]! + steps - most
}

/**
 * Learns the value x, of score u, of the prediction at hand. Returns its weight for a calibrator; what the sample may have of
 * it goes to `filter.values[0]`: x less the offset, NaN where it is a missing value.
 */
export function learnValue(pooled: PooledArima, key: number, x: number, u: number): number {
  const { numbers, next, shift } = pooled
  const at = key * KEY.width
  const { expected, scale } = next
  const y = x - numbers[at + KEY.offset]!
  if (!isUsable(x)) {
    advance(pooled, key, Number.NaN)
    return 0
  }
  const ordinary = numbers[at + KEY.ordinary]!
  if (Number.isNaN(expected)) {
    numbers[at + KEY.ordinary] = ordinary + 1
    advance(pooled, key, y)
    return 0
  }
  const lasting = Math.max(MIN_LASTING, Math.min(LASTING, ordinary))
  const by = shift.watch(key, u, x - expected, scale, lasting)
  const weight = shift.weight(key)
  learnScale(pooled, at, Math.abs(x - expected) / Math.sqrt(next.total), u, weight)
  if (by !== 0) {
    numbers[at + KEY.offset] = numbers[at + KEY.offset]! + by
    advance(pooled, key, y - by)
  } else if (Math.abs(u) > REJECT_Z) {
    advance(pooled, key, Number.NaN)
  } else {
    numbers[at + KEY.ordinary] = ordinary + 1
    advance(pooled, key, y)
  }
  return weight
}

/** Learns an innovation's size; an outlier's is that of the limit. */
function learnScale(
  { numbers, next }: PooledArima,
  at: number,
  size: number,
  u: number,
  weight: number,
): void {
  const counted = numbers[at + KEY.counted]!
  numbers[at + KEY.meanSize] = nextMeanSize(numbers[at + KEY.meanSize]!, size, counted)
  const taken = isOutlier(u) ? studentAt(OUTLIER_Z, next.free) * (next.scale / Math.sqrt(next.total)) : size
  numbers[at + KEY.spread] = SCALE_KEEP * numbers[at + KEY.spread]! + weight * taken * taken
  numbers[at + KEY.counted] = SCALE_KEEP * counted + weight
}

/** Starts the filter of a key at what the sample has of it. */
export function startSeries(pooled: PooledArima, key: number): void {
  const { numbers, ordinals, sample } = pooled
  const at = key * KEY.width
  const offset = numbers[at + KEY.offset]!
  for (const y of sample.history(ordinals[key]! - 1)) {
    predictNext(pooled, key)
    learnValue(pooled, key, offset + y, measure(pooled, offset + y))
  }
  numbers[at + KEY.ordinary] = Math.max(1, numbers[at + KEY.ordinary]!)
}
