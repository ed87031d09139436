/**
 * k-means over points that come batch by batch: each point pulls its nearest centre towards itself by 1/n of the way,
 * n being the points the centre has had.
 *
 * Source: D. Sculley, "Web-scale k-means clustering" (2010), algorithm 1: a whole batch is assigned to the centres as
 * they were before it. The first centres are those of `kMeans` over the first points. It is not a fold: centres depend on
 * the order of points, and two sets of centres cannot be merged.
 */

import { ModelError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { checkOptions, whole } from '../function-options.ts'
import {
  assign,
  checkCount,
  type FlatPoints,
  flatten,
  lloyd,
  type Points,
  rowsOf,
  seedCenters,
  uniform,
} from './k-means.ts'

/** Coordinates of all centres at most: 1 GiB of them. */
const MAX_COORDINATES = 2 ** 27

/** What {@link streamingKMeans} takes. */
export interface StreamingKMeansOptions {
  /** Number of clusters. */
  readonly clusters: number
  /** Coordinates per point. */
  readonly dimensions: number
  /** Points that the first centres are made of. Default: 20 per cluster. */
  readonly warmup?: number
  /**
   * Smallest learning rate: the part of the way that a centre goes towards a point, 0 … 1. Above 0, old points are
   * forgotten and centres follow a drift. Default 0.
   */
  readonly minRate?: number
  /** Seed of the first centres. Default 1. */
  readonly seed?: number
}

/** A saved {@link StreamingKMeans}: plain JSON. */
export interface SavedStreamingKMeans {
  readonly version: 1
  readonly options: Required<StreamingKMeansOptions>
  /** Undefined during warm-up. */
  readonly centers?: readonly (readonly number[])[]
  /** Points that each cluster has had. */
  readonly counts: readonly number[]
  /** Points of the warm-up. */
  readonly held: readonly (readonly number[])[]
}

/**
 * Clusters that are updated point by point; made by `streamingKMeans`. It changes as points are added.
 *
 * @example
 * const model = streamingKMeans({ clusters: 2, dimensions: 1, warmup: 4 })
 * model.add([1, 101, 2, 102])
 * model.centers.map(([x]) => x).toSorted() // [1.5, 101.5]
 */
export class StreamingKMeans {
  readonly #options: Required<StreamingKMeansOptions>
  #centers: Float64Array | undefined
  readonly #counts: Float64Array
  #held: number[][]

  /** @internal Made by `streamingKMeans`. */
  constructor(options: Required<StreamingKMeansOptions>, saved?: SavedStreamingKMeans) {
    this.#options = options
    this.#centers = saved?.centers && Float64Array.from(saved.centers.flat())
    this.#counts = saved ? Float64Array.from(saved.counts) : new Float64Array(options.clusters)
    this.#held = (saved?.held ?? []).map(point => [...point])
  }

  /** The centres, as copies; none during warm-up. */
  get centers(): Float64Array[] {
    return this.#centers ? rowsOf(this.#centers, this.#options.dimensions) : []
  }

  /** Points that each cluster has had. */
  get counts(): Float64Array {
    return this.#counts.slice()
  }

  /**
   * Learns from a batch. How points are cut into batches matters a little: a whole batch is assigned before centres move.
   *
   * @returns the cluster of each point, before the batch was learned; −1 where a coordinate is missing, and during warm-up
   * @throws {ModelError} `POINTS`
   */
  add(points: Points): Int32Array {
    const flat = flatten('add()', points, this.#options.dimensions)
    const labels = new Int32Array(points.length).fill(-1)
    const start = this.#warmUp(flat)
    if (start < flat.count) this.#learn(rest(flat, start), labels)
    return labels
  }

  /**
   * Assigns points without learning from them.
   *
   * @returns the cluster of each point; −1 where a coordinate is missing, and during warm-up
   * @throws {ModelError} `POINTS`
   */
  nearest(points: Points): Int32Array {
    const flat = flatten('nearest()', points, this.#options.dimensions)
    const labels = new Int32Array(points.length).fill(-1)
    if (this.#centers) this.#assign(flat, labels)
    return labels
  }

  /** The whole state as JSON; `streamingKMeans.restore` continues from it, bit for bit. */
  save(): SavedStreamingKMeans {
    return {
      version: 1,
      options: this.#options,
      ...(this.#centers && { centers: this.centers.map(center => [...center]) }),
      counts: [...this.#counts],
      held: this.#held.map(point => [...point]),
    }
  }

  /** Holds points until the first centres can be made. Returns how many of the batch it took. */
  #warmUp({ values, dimensions, count }: FlatPoints): number {
    const { clusters, warmup, seed } = this.#options
    let taken = 0
    while (!this.#centers && taken < count) {
      const point = [...values.subarray(taken * dimensions, (taken + 1) * dimensions)]
      taken++
      // Where too few points differ, more copies of them would only fill memory.
      if (this.#held.length >= warmup && this.#isHeld(point)) continue
      this.#held.push(point)
      if (this.#held.length < warmup) continue
      const held = flatten('add()', this.#held, dimensions)
      const seeds = seedCenters(held, clusters, uniform(seed))
      if (!seeds) continue
      const found = lloyd(held, seeds, 300)
      this.#centers = found.centers
      this.#counts.set(found.counts)
      this.#held = []
    }
    return taken
  }

  #isHeld(point: readonly number[]): boolean {
    return this.#held.some(known => known.every((x, d) => x === point[d]))
  }

  #assign(flat: FlatPoints, labels: Int32Array): Int32Array {
    const nearest = new Int32Array(flat.count)
    assign(flat, this.#centers!, nearest)
    for (let p = 0; p < flat.count; p++) labels[flat.from[p]!] = nearest[p]!
    return nearest
  }

  #learn(flat: FlatPoints, labels: Int32Array): void {
    const nearest = this.#assign(flat, labels)
    const centers = this.#centers!
    const { values, dimensions, count } = flat
    for (let p = 0; p < count; p++) {
      const c = nearest[p]!
      const rate = Math.max(1 / ++this.#counts[c]!, this.#options.minRate)
      for (let d = 0; d < dimensions; d++) {
        const at = c * dimensions + d
        centers[at] = (1 - rate) * centers[at]! + rate * values[p * dimensions + d]!
      }
    }
  }
}

const rest = ({ values, dimensions, count, from }: FlatPoints, start: number): FlatPoints => ({
  values: values.subarray(start * dimensions),
  dimensions,
  count: count - start,
  from: from.subarray(start),
})

/**
 * k-means over a stream of points, in memory that does not grow with their number.
 *
 * @throws {ModelError} `CLUSTERS` for numbers that make no sense
 * @example
 * const model = streamingKMeans({ clusters: 2, dimensions: 1, warmup: 4, minRate: 0.01 })
 * model.add([1, 101, 2, 102, 1, 101])
 * const again = streamingKMeans.restore(JSON.parse(JSON.stringify(model.save())))
 * again.nearest([0])[0] === model.nearest([3])[0] // true
 */
export function streamingKMeans(options: StreamingKMeansOptions): StreamingKMeans {
  const names = ['clusters', 'dimensions', 'warmup', 'minRate', 'seed']
  checkOptions('streamingKMeans', options, names, streamingKMeans)
  const { clusters, dimensions, minRate = 0, seed = 1 } = options
  checkCount('streamingKMeans()', 'clusters', clusters)
  const { warmup = 20 * clusters } = options
  checkCount('streamingKMeans()', 'dimensions', dimensions)
  checkCount('streamingKMeans()', 'warm-up points', warmup)
  whole(
    seed,
    'the seed of streamingKMeans()',
    Number.MIN_SAFE_INTEGER,
    Number.MAX_SAFE_INTEGER,
    streamingKMeans,
  )
  if (clusters * dimensions > MAX_COORDINATES) {
    throw new ModelError(
      'CLUSTERS',
      `streamingKMeans() needs centres that fit into memory, got ${clusters} of ${dimensions} coordinates`,
      {
        hint: '{ clusters: 3, dimensions: 2 }',
      },
    )
  }
  if (!(typeof minRate === 'number' && minRate >= 0 && minRate <= 1)) {
    throw new ModelError('CLUSTERS', `streamingKMeans() needs 0 <= minRate <= 1, got ${shown(minRate)}`, {
      hint: '0.01 forgets a point after some hundred others of its cluster',
    })
  }
  return new StreamingKMeans(
    Object.freeze({ clusters, dimensions, warmup: Math.max(warmup, clusters), minRate, seed }),
  )
}

/**
 * Continues from what `save()` gave.
 *
 * @throws {ModelError} `CLUSTER_STATE` for anything else
 */
streamingKMeans.restore = (saved: SavedStreamingKMeans): StreamingKMeans => {
  if (saved?.version !== 1 || !isWhole(saved)) {
    throw new ModelError('CLUSTER_STATE', `restore() takes what save() gave, got ${shown(saved)}`, {
      hint: 'streamingKMeans.restore(JSON.parse(text))',
    })
  }
  return new StreamingKMeans(Object.freeze({ ...saved.options }), saved)
}

/** Whether a saved state has centres, counts and points of the numbers that its options say. */
function isWhole({ options, centers, counts, held }: SavedStreamingKMeans): boolean {
  const { clusters, dimensions, warmup, minRate, seed } = options ?? {}
  const sizes = [clusters, dimensions, warmup].every(n => Number.isSafeInteger(n) && n! >= 1)
  const isPoint = (point: unknown) =>
    Array.isArray(point) && point.length === dimensions && point.every(x => Number.isFinite(x))
  return (
    sizes &&
    Number.isFinite(minRate) &&
    Number.isFinite(seed) &&
    Array.isArray(counts) &&
    counts.length === clusters &&
    counts.every(n => Number.isFinite(n)) &&
    Array.isArray(held) &&
    held.every(isPoint) &&
    (centers === undefined ||
      (Array.isArray(centers) && centers.length === clusters && centers.every(isPoint)))
  )
}
