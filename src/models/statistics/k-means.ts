/**
 * k-means: centres such that the sum of the squared distances of points to their nearest centre is small.
 *
 * Centres start at points drawn at random, far ones more likely, the best of a few draws each time (k-means++). Then
 * each centre moves to the mean of the points nearest to it until no point changes its cluster (Lloyd).
 *
 * Source: S. Lloyd, "Least squares quantization in PCM" (1982); D. Arthur and S. Vassilvitskii, "k-means++: the
 * advantages of careful seeding" (2007), with the greedy draws of its section 5.
 */

import { ModelError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { checkOptions, whole } from '../function-options.ts'
import { checkSquares } from '../numerics/unit-scale.ts'
import { isArrayLike } from '../series-input.ts'

/** Points: one array of coordinates per point, or one number per point where there is one coordinate. */
export type Points = ArrayLike<ArrayLike<number | null | undefined> | number | null | undefined>

/** What {@link kMeans} takes besides the points. */
export interface KMeansOptions {
  /** Number of clusters. */
  readonly clusters: number
  /** Seed of the random draws: a whole number, of which the low 32 bits count. Default 1. */
  readonly seed?: number
  /** Number of starts; the best result is kept. Default 1. */
  readonly restarts?: number
  /** Largest number of rounds per start. Default 300. */
  readonly maxIterations?: number
}

/** Clusters. */
export interface KMeans {
  /** The mean of each cluster's points, in the units of the coordinates. */
  readonly centers: readonly Float64Array[]
  /** By point: the cluster it belongs to; −1 where a coordinate is missing. */
  readonly labels: Int32Array
  /** Points per cluster; none is empty. */
  readonly counts: Float64Array
  /** The sum of squared distances of points to their centre. */
  readonly inertia: number
  /** Rounds of the start that was kept. */
  readonly iterations: number
  /** Whether no point would change its cluster in another round. */
  readonly converged: boolean
}

/** Points without those that miss a coordinate, row by row. */
export interface FlatPoints {
  readonly values: Float64Array
  readonly dimensions: number
  readonly count: number
  /** Where each came from. */
  readonly from: Int32Array
}

/** Largest coordinate: beyond it squared distances overflow. */
const FARTHEST = 1e150

/** @throws {ModelError} `POINTS` unless it is an array of points with the same number of finite coordinates */
export function flatten(caller: string, points: Points, dimensions?: number): FlatPoints {
  if (!isArrayLike(points)) {
    throw refusePoints(caller, 'an array of points', shown(points))
  }
  const coordinates = Array.from(points, point =>
    typeof point === 'object' && point !== null ? point : [point],
  )
  const width = dimensions ?? coordinates[0]?.length ?? 1
  const values = new Float64Array(coordinates.length * width)
  const from = new Int32Array(coordinates.length)
  let count = 0
  for (let i = 0; i < coordinates.length; i++) {
    const point = coordinates[i]!
    if (point.length !== width || width === 0) {
      throw refusePoints(caller, `${width || 1} coordinates per point`, `${point.length} at index ${i}`)
    }
    let complete = true
    for (let d = 0; d < width; d++) {
      const x = point[d]
      const missing = x === null || x === undefined || Number.isNaN(x)
      if (!missing && !(typeof x === 'number' && Math.abs(x) <= FARTHEST)) {
        throw refusePoints(caller, 'coordinates within ±1e150', `${shown(x)} at index ${i}`)
      }
      if (missing) complete = false
      else values[count * width + d] = x
    }
    if (complete) from[count++] = i
  }
  return {
    values: values.subarray(0, count * width),
    dimensions: width,
    count,
    from: from.subarray(0, count),
  }
}

const refusePoints = (caller: string, needs: string, got: string): ModelError =>
  new ModelError('POINTS', `${caller} needs ${needs}, got ${got}`, {
    hint: '[[1, 2], [3, 4]] are two points of two coordinates; null is a missing one',
  })

/** @throws {ModelError} `CLUSTERS` unless it is a whole number from 1 on */
export function checkCount(caller: string, what: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return
  throw new ModelError(
    'CLUSTERS',
    `${caller} needs a whole number of ${what} from 1 on, got ${shown(value)}`,
    {
      hint: '{ clusters: 3 }',
    },
  )
}

/** Uniform numbers in [0, 1), the same for the same seed: mulberry32 (Tommy Ettinger, public domain). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The squared distance of point `p` to centre `c`. */
function squaredDistance(
  points: Float64Array,
  p: number,
  centers: Float64Array,
  c: number,
  width: number,
): number {
  let sum = 0
  for (let d = 0; d < width; d++) {
    const difference = points[p * width + d]! - centers[c * width + d]!
    sum += difference * difference
  }
  return sum
}

/** Labels each point with its nearest centre, the first of several, and notes the squared distance to it. */
export function assign(
  { values, dimensions, count }: FlatPoints,
  centers: Float64Array,
  labels: Int32Array,
  distances?: Float64Array,
): void {
  const clusters = centers.length / dimensions
  for (let p = 0; p < count; p++) {
    let nearest = 0
    let least = squaredDistance(values, p, centers, 0, dimensions)
    for (let c = 1; c < clusters; c++) {
      const distance = squaredDistance(values, p, centers, c, dimensions)
      if (distance < least) {
        least = distance
        nearest = c
      }
    }
    labels[p] = nearest
    if (distances) distances[p] = least
  }
}

/** Draws centres among the points by greedy k-means++. Undefined when there are fewer different points than clusters. */
export function seedCenters(
  points: FlatPoints,
  clusters: number,
  random: () => number,
): Float64Array | undefined {
  const { values, dimensions, count } = points
  if (count === 0) return undefined
  const centers = new Float64Array(clusters * dimensions)
  const put = (c: number, p: number) =>
    centers.set(values.subarray(p * dimensions, (p + 1) * dimensions), c * dimensions)
  put(0, Math.floor(random() * count))
  let distances = new Float64Array(count)
  let potential = 0
  for (let p = 0; p < count; p++) {
    distances[p] = squaredDistance(values, p, centers, 0, dimensions)
    potential += distances[p]!
  }
  const draws = 2 + Math.floor(Math.log(clusters))
  for (let c = 1; c < clusters; c++) {
    if (!(potential > 0)) return undefined
    let best = { point: -1, potential: Infinity, distances }
    for (let draw = 0; draw < draws; draw++) {
      const point = drawn(distances, random() * potential)
      const left = new Float64Array(count)
      let sum = 0
      for (let p = 0; p < count; p++) {
        left[p] = Math.min(distances[p]!, squaredDistance(values, p, values, point, dimensions))
        sum += left[p]!
      }
      if (sum < best.potential) best = { point, potential: sum, distances: left }
    }
    put(c, best.point)
    ;({ potential, distances } = best)
  }
  return centers
}

/** The first place where the weights so far exceed `at`; never one without weight. */
function drawn(weights: Float64Array, at: number): number {
  let sum = 0
  let last = 0
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue
    sum += weights[i]!
    last = i
    if (sum > at) return i
  }
  return last
}

interface Start {
  readonly centers: Float64Array
  readonly labels: Int32Array
  readonly counts: Float64Array
  readonly inertia: number
  readonly iterations: number
  readonly converged: boolean
}

/** Moves centres to the means of their points until no point changes its cluster. */
export function lloyd(points: FlatPoints, centers: Float64Array, maxIterations: number): Start {
  const { values, dimensions, count } = points
  const clusters = centers.length / dimensions
  const counts = new Float64Array(clusters)
  const distances = new Float64Array(count)
  let labels = new Int32Array(count)
  let before = new Int32Array(count).fill(-1)
  let iterations = 0
  let converged = false
  while (iterations < maxIterations && !converged) {
    iterations++
    assign(points, centers, labels, distances)
    occupyEmpty(labels, distances, clusters)
    converged = labels.every((label, p) => label === before[p])
    centers.fill(0)
    counts.fill(0)
    for (let p = 0; p < count; p++) {
      const c = labels[p]!
      counts[c]!++
      for (let d = 0; d < dimensions; d++) centers[c * dimensions + d]! += values[p * dimensions + d]!
    }
    for (let i = 0; i < centers.length; i++) centers[i]! /= counts[Math.floor(i / dimensions)]!
    ;[labels, before] = [before, labels]
  }
  let inertia = 0
  for (let p = 0; p < count; p++) inertia += squaredDistance(values, p, centers, before[p]!, dimensions)
  return { centers, labels: before, counts, inertia, iterations, converged }
}

/** A centre that lost all its points takes the point farthest from its centre, of a cluster that has others. */
function occupyEmpty(labels: Int32Array, distances: Float64Array, clusters: number): void {
  const counts = new Int32Array(clusters)
  for (const label of labels) counts[label]!++
  for (let c = 0; c < clusters; c++) {
    if (counts[c]! > 0) continue
    let worst = -1
    for (let p = 0; p < labels.length; p++) {
      if (counts[labels[p]!]! > 1 && (worst < 0 || distances[p]! > distances[worst]!)) worst = p
    }
    counts[labels[worst]!]!--
    counts[c] = 1
    labels[worst] = c
    distances[worst] = 0
  }
}

/**
 * Sorts points into clusters. The same points, options and seed give the same bits.
 *
 * Distances are Euclidean: bring coordinates of different units to one scale first. Takes clusters × points ×
 * dimensions operations per round, and 8 bytes per coordinate.
 *
 * @param points one array of coordinates per point, or one number per point; a point that misses a coordinate (null,
 * undefined or NaN) is left out and has label −1
 * @throws {ModelError} `POINTS` for points without the same number of finite coordinates; `CLUSTERS` for a number
 * that makes no sense, or for fewer different points than clusters; `SERIES_SCALE` where squared distances are no doubles
 * @example
 * const { centers, labels } = kMeans([1, 2, 101, 102, 103], { clusters: 2 })
 * labels[0] === labels[1] && labels[2] === labels[4] // true
 * centers.map(([x]) => x).toSorted() // [1.5, 102]
 */
export function kMeans(points: Points, options: KMeansOptions): KMeans {
  checkOptions('kMeans', options, ['clusters', 'seed', 'restarts', 'maxIterations'], kMeans)
  const { clusters, seed = 1, restarts = 1, maxIterations = 300 } = options
  checkCount('kMeans()', 'clusters', clusters)
  checkCount('kMeans()', 'restarts', restarts)
  checkCount('kMeans()', 'iterations', maxIterations)
  whole(seed, 'the seed of kMeans()', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, kMeans)
  const flat = flatten('kMeans()', points)
  if (clusters > flat.count) throw tooFew(clusters)
  checkSquares(flat.values, 'kMeans()')
  const random = uniform(seed)
  let best: Start | undefined
  for (let start = 0; start < restarts; start++) {
    const centers = seedCenters(flat, clusters, random)
    if (!centers) throw tooFew(clusters)
    const found = lloyd(flat, centers, maxIterations)
    if (!best || found.inertia < best.inertia) best = found
  }
  const { centers, labels, counts, inertia, iterations, converged } = best!
  const all = new Int32Array(points.length).fill(-1)
  for (let p = 0; p < flat.count; p++) all[flat.from[p]!] = labels[p]!
  return Object.freeze({
    centers: rowsOf(centers, flat.dimensions),
    labels: all,
    counts,
    inertia,
    iterations,
    converged,
  })
}

/** Rows of a matrix, as copies. */
export const rowsOf = (matrix: Float64Array, width: number): Float64Array[] =>
  Array.from({ length: matrix.length / width }, (_, row) => matrix.slice(row * width, (row + 1) * width))

const tooFew = (clusters: number): ModelError =>
  new ModelError(
    'CLUSTERS',
    `kMeans() needs as many different points as clusters, got fewer than ${clusters}`,
    {
      hint: 'ask for fewer clusters',
    },
  )
