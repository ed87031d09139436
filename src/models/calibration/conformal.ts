/**
 * The `conformal` calibrator: the p-value of a statistic is its rank, by size, among those before it.
 *
 * p = (1 + #{sizes ≥ |u|}) / (n + 1), which is at most alpha with probability at most alpha whatever the distribution, as
 * long as statistics are exchangeable (Vovk, Gammerman & Shafer, *Algorithmic Learning in a Random World*, §2.3). So
 * nothing is an anomaly before 1/alpha points, and no value gets a smaller p-value than the largest size so far.
 *
 * Sizes are counted in 512 buckets, fine where p-values are small: half a square below 4, logarithms above. What shares
 * a bucket is tied, and ties count as greater: coarseness makes p larger, never smaller. A Fenwick tree over the buckets
 * (Fenwick 1994, *Software: Practice and Experience* 24) counts in nine steps.
 *
 * Past weights are halved when they reach twice the memory: 8192 points, or 2/alpha where that is more.
 */
import type { StateTable } from '../../core/fold.ts'
import { record } from '../../core/record.ts'
import type { Calibrator } from './calibrator.ts'

const BUCKETS = 512
const COUNTS = record({
  total: 'n, the weight of all statistics',
  tree: ['Fenwick tree of the weights in the buckets, from the top one', BUCKETS],
})
/** Where the tree begins, whose nodes are counted from 1. */
const TREE = COUNTS.tree - 1
const MIN_MEMORY = 8192
/** Buckets below {@link BEND}, where their width is inverse to size, and those an octave above. */
const INNER = 320
const BEND = 4
const OCTAVE = 32
const PER_HALF_SQUARE = INNER / (0.5 * BEND * BEND)

/** The bucket of a size. The top one is 1. */
function rankOf(size: number): number {
  const place = size < BEND ? PER_HALF_SQUARE * 0.5 * size * size : INNER + OCTAVE * Math.log2(size / BEND)
  return place < BUCKETS - 1 ? BUCKETS - (place | 0) : 1
}

/** The least size in a bucket. Rounding may put it just below. */
function edge(rank: number): number {
  const place = BUCKETS - rank
  return place < INNER ? Math.sqrt((2 * place) / PER_HALF_SQUARE) : BEND * 2 ** ((place - INNER) / OCTAVE)
}

export function openConformal(alpha: number): Calibrator {
  const logAlpha = Math.log(alpha)
  const memory = Math.max(MIN_MEMORY, 2 / alpha)
  let counts: Float64Array = new Float64Array(0)

  /** log p of a statistic in a bucket. */
  function logPOf(at: number, rank: number): number {
    let greater = 0
    for (let j = rank; j > 0; j &= j - 1) greater += counts[at + TREE + j]!
    // Rounding of aged sums may leave a little more than n.
    return Math.min(0, Math.log((1 + greater) / (1 + counts[at + COUNTS.total]!)))
  }

  return {
    layout: { calibrationCounts: COUNTS.field },
    bind(state: StateTable) {
      counts = (state as unknown as { readonly calibrationCounts: Float64Array }).calibrationCounts
    },
    logP: (key, u) => (Number.isNaN(u) ? Number.NaN : logPOf(key * COUNTS.width, rankOf(Math.abs(u)))),
    critical(key) {
      const at = key * COUNTS.width
      // The last bucket from the top with p < alpha: log p falls towards the top.
      let low = 0
      let high = BUCKETS
      while (low < high) {
        const middle = (low + high + 1) >> 1
        if (logPOf(at, middle) < logAlpha) low = middle
        else high = middle - 1
      }
      return low === 0 ? Infinity : edge(low)
    },
    learn(key, u, weight) {
      if (Number.isNaN(u)) return
      const at = key * COUNTS.width
      for (let j = rankOf(Math.abs(u)); j <= BUCKETS; j += j & -j) {
        counts[at + TREE + j] = counts[at + TREE + j]! + weight
      }
      counts[at + COUNTS.total] = counts[at + COUNTS.total]! + weight
      if (counts[at + COUNTS.total]! < 2 * memory) return
      for (let j = at; j < at + COUNTS.width; j++) counts[j] = 0.5 * counts[j]!
    },
  }
}
