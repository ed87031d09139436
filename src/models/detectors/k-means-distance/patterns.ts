/**
 * The patterns of a series: centres of online k-means over points of the last few values, and how far points are from
 * them.
 *
 * A context of one detector, whose functions work on the key that was looked at last.
 */
import { record } from '../../../core/record.ts'
import { OUTLIER_Z, SCALE_MEMORY } from '../parts/robust-scale.ts'

/** Least deviation of roots of distances, relative to their mean, and least such mean: a constant series has none. */
const MIN_DEVIATION = 0.025
const MIN_LEVEL = 1e-3
/** Distances before their deviation is known. */
export const MIN_DISTANCES = 30
/** Effective sample size of the distances from all centres in the distribution of those from one. */
const COMMON_COUNT = 100

/** Roots of distances, with the memory of a running scale. */
const DISTANCES = record({ count: 'how many', mean: 'their mean', variance: 'their variance' })

/** The numbers of a key. */
const recordOf = (clusters: number, lags: number) => {
  const CENTRE = record({
    count: 'points that it has had',
    values: ['the centre, in scales', lags],
    roots: DISTANCES,
  })
  const KEY = record({
    points: 'points since the last centre was made',
    lastMs: 'event time of the last value, ms',
    outliers: 'outliers in a row',
    roots: DISTANCES,
    centres: 'centres that there are',
    seen: 'values learned',
    past: ['the values before the next, oldest first, in scales', lags - 1],
    patterns: [CENTRE, clusters],
  })
  return { CENTRE, KEY }
}

/** What is known of the key looked at, beside its numbers. */
export interface Patterns {
  readonly clusters: number
  readonly lags: number
  readonly CENTRE: ReturnType<typeof recordOf>['CENTRE']
  readonly KEY: ReturnType<typeof recordOf>['KEY']
  numbers: Float64Array
  /** Where the numbers of the key begin. */
  at: number
  /** Centres that there are. */
  known: number
  /** The value that the nearest pattern goes on with, in scales. */
  next: number
  /** Squared distance of the past values from each centre. */
  readonly rests: Float64Array
  /** The centre nearest to the point found last, and the squared distance from it. */
  nearest: number
  square: number
  /** Mean and deviation of roots of distances from the centre asked for last. */
  mean: number
  deviation: number
}

export const openPatterns = (clusters: number, lags: number): Patterns => ({
  clusters,
  lags,
  ...recordOf(clusters, lags),
  numbers: new Float64Array(0),
  at: 0,
  known: 0,
  next: 0,
  rests: new Float64Array(clusters),
  nearest: 0,
  square: 0,
  mean: 0,
  deviation: 1,
})

/** Where a centre begins. */
const centreAt = ({ at, KEY, CENTRE }: Patterns, c: number): number => at + KEY.patterns + c * CENTRE.width

/** Looks at the past of the key: its distances from all centres, and what the nearest goes on with. */
export function look(patterns: Patterns): void {
  const { numbers, lags, rests, CENTRE, KEY } = patterns
  const past = patterns.at + KEY.past
  patterns.known = numbers[patterns.at + KEY.centres]!
  patterns.next = 0
  let least = Infinity
  let most = 0
  for (let c = 0; c < patterns.known; c++) {
    const centre = centreAt(patterns, c)
    const values = centre + CENTRE.values
    let sum = 0
    for (let j = 0; j < lags - 1; j++) {
      const miss = numbers[past + j]! - numbers[values + j]!
      sum += miss * miss
    }
    rests[c] = sum
    // Of equally near patterns the most frequent: a single value has no past to be near in.
    if (sum < least || (sum === least && numbers[centre + CENTRE.count]! > most)) {
      least = sum
      most = numbers[centre + CENTRE.count]!
      patterns.next = numbers[values + lags - 1]!
    }
  }
}

/** A value becomes the newest of the past. */
export function push({ numbers, at, lags, KEY }: Patterns, value: number): void {
  if (lags === 1) return
  const past = at + KEY.past
  numbers.copyWithin(past, past + 1, past + lags - 1)
  numbers[past + lags - 2] = value
}

/** Finds the centre nearest to the point that ends with z. */
export function find(patterns: Patterns, z: number): void {
  const { numbers, known, lags, rests, CENTRE } = patterns
  patterns.square = Infinity
  for (let c = 0; c < known; c++) {
    const miss = z - numbers[centreAt(patterns, c) + CENTRE.values + lags - 1]!
    const distance = rests[c]! + miss * miss
    if (distance < patterns.square) {
      patterns.square = distance
      patterns.nearest = c
    }
  }
}

/** The root of the distance of the point found last. */
export const rootOf = ({ square }: Patterns): number => Math.sqrt(Math.sqrt(square))

/** Sets mean and deviation to those of a centre, shrunk towards those of all. */
export function know(patterns: Patterns, c: number): void {
  const { numbers, at, CENTRE, KEY } = patterns
  const own = centreAt(patterns, c) + CENTRE.roots
  const all = at + KEY.roots
  const common = COMMON_COUNT / (COMMON_COUNT + numbers[own + DISTANCES.count]!)
  const mean = common * numbers[all + DISTANCES.mean]! + (1 - common) * numbers[own + DISTANCES.mean]!
  const variance =
    common * numbers[all + DISTANCES.variance]! + (1 - common) * numbers[own + DISTANCES.variance]!
  patterns.mean = mean
  patterns.deviation = deviationOf(mean, variance)
}

const deviationOf = (mean: number, variance: number): number =>
  Math.max(MIN_DEVIATION * Math.max(mean, MIN_LEVEL), Math.sqrt(variance))

/** Whether there are all centres, and distances enough from them. */
export const isWarm = ({ numbers, at, known, clusters, KEY }: Patterns): boolean =>
  known === clusters && numbers[at + KEY.roots + DISTANCES.count]! >= MIN_DISTANCES

/** Learns the point found last, which ends with z: it moves its centre, by `pull` of the way of an ordinary point. */
export function learnPoint(patterns: Patterns, z: number, pull: number): void {
  const { numbers, at, lags, CENTRE, KEY } = patterns
  if (patterns.known < patterns.clusters && begins(patterns)) {
    addCentre(patterns, z)
    return
  }
  const centre = centreAt(patterns, patterns.nearest)
  const values = centre + CENTRE.values
  const count = Math.min(numbers[centre + CENTRE.count]! + 1, SCALE_MEMORY)
  numbers[centre + CENTRE.count] = count
  const step = pull / count
  for (let j = 0; j < lags - 1; j++) {
    numbers[values + j] = numbers[values + j]! + step * (numbers[at + KEY.past + j]! - numbers[values + j]!)
  }
  const last = values + lags - 1
  numbers[last] = numbers[last]! + step * (z - numbers[last]!)
}

/** Whether the point found last becomes a centre, while there are too few. */
function begins(patterns: Patterns): boolean {
  const { numbers, at, known, lags, KEY } = patterns
  const points = numbers[at + KEY.points]! + 1
  const far =
    known === 0 || rootOf(patterns) > numbers[at + KEY.roots + DISTANCES.mean]! || points === 2 * lags
  numbers[at + KEY.points] = far ? 0 : points
  return far
}

/** The point that ends with z becomes a centre. */
function addCentre(patterns: Patterns, z: number): void {
  const { numbers, at, known, clusters, lags, CENTRE, KEY } = patterns
  const centre = centreAt(patterns, known)
  const values = centre + CENTRE.values
  numbers[centre + CENTRE.count] = 1
  for (let j = 0; j < lags - 1; j++) numbers[values + j] = numbers[at + KEY.past + j]!
  numbers[values + lags - 1] = z
  numbers[at + KEY.centres] = known + 1
  if (known + 1 < clusters) return
  // Distances from too few centres say nothing of those to come.
  numbers.fill(0, at + KEY.roots, at + KEY.roots + DISTANCES.width)
  for (let c = 0; c < clusters; c++) {
    const roots = centreAt(patterns, c) + CENTRE.roots
    numbers.fill(0, roots, roots + DISTANCES.width)
  }
}

/** Learns the distance of the point found last: for its centre, and for all. */
export function learnDistance(patterns: Patterns): void {
  const { numbers, at, nearest, CENTRE, KEY } = patterns
  const all = at + KEY.roots
  const limit = numbers[all + DISTANCES.count]! < MIN_DISTANCES ? Infinity : OUTLIER_Z
  const root = rootOf(patterns)
  know(patterns, nearest)
  const own = clip(root, patterns.mean, limit * patterns.deviation)
  const mean = numbers[all + DISTANCES.mean]!
  const deviation = deviationOf(mean, numbers[all + DISTANCES.variance]!)
  addDistance(numbers, centreAt(patterns, nearest) + CENTRE.roots, own)
  addDistance(numbers, all, clip(root, mean, limit * deviation))
}

const clip = (x: number, centre: number, reach: number): number =>
  Math.max(centre - reach, Math.min(centre + reach, x))

function addDistance(numbers: Float64Array, to: number, value: number): void {
  const count = Math.min(numbers[to + DISTANCES.count]! + 1, SCALE_MEMORY)
  const miss = value - numbers[to + DISTANCES.mean]!
  const variance = numbers[to + DISTANCES.variance]!
  numbers[to + DISTANCES.count] = count
  numbers[to + DISTANCES.mean] = numbers[to + DISTANCES.mean]! + miss / count
  numbers[to + DISTANCES.variance] = variance + ((miss * miss * (count - 1)) / count - variance) / count
}

/** The value where a centre ends. */
export const endOf = (patterns: Patterns, c: number): number =>
  patterns.numbers[centreAt(patterns, c) + patterns.CENTRE.values + patterns.lags - 1]!
