/**
 * The `conformal` calibrator: a statistic is as strange as its rank, by size, among those before it.
 *
 * p = (1 + #{sizes ≥ |u|}) / (n + 1), which is at most alpha with probability at most alpha whatever the distribution, as long
 * as statistics are exchangeable (Vovk, Gammerman & Shafer, *Algorithmic Learning in a Random World*, §2.3). So nothing
 * is an anomaly before 1/alpha points, and an exceptional one is no more of an anomaly than the greatest so far.
 *
 * Sizes are counted in 512 buckets, fine where p-values are small: half a square below 4, logarithms above. What shares
 * a bucket is tied, and ties count as greater: coarseness makes p larger, never smaller. A Fenwick tree over the buckets
 * (Fenwick 1994, *Software: Practice and Experience* 24) counts in nine steps.
 *
 * Past weights are halved when they reach twice the memory: 8192 points, or 2/alpha where that is more.
 *
 * State: 513 numbers a key, the first of which is n.
 */
import type { StateTable } from '../../core/fold.ts'
import type { Calibrator } from './calibrator.ts'

const BUCKETS = 512
const WIDTH = BUCKETS + 1
const MIN_MEMORY = 8192
/** Buckets below {@link BEND}, where their width is inverse to size, and those an octave above. */
const INNER = 320
const BEND = 4
const OCTAVE = 32
const PER_HALF_SQUARE = INNER / (0.5 * BEND * BEND)

/** The bucket of a size, counted from the top one, 1. */
function rankOf(size: number): number {
  const place = size < BEND ? PER_HALF_SQUARE * 0.5 * size * size : INNER + OCTAVE * Math.log2(size / BEND)
  return place < BUCKETS - 1 ? BUCKETS - (place | 0) : 1
}

/** The least size of a bucket, counted from the top one. Rounding may put it just below. */
function edge(rank: number): number {
  const place = BUCKETS - rank
  return place < INNER ? Math.sqrt((2 * place) / PER_HALF_SQUARE) : BEND * 2 ** ((place - INNER) / OCTAVE)
}

export function openConformal(alpha: number): Calibrator {
  const logAlpha = Math.log(alpha)
  const memory = Math.max(MIN_MEMORY, 2 / alpha)
  let counts: Float64Array = new Float64Array(0)

  /** What a statistic in a bucket has for log p. */
  function logPOf(at: number, rank: number): number {
    let greater = 0
    for (let j = rank; j > 0; j &= j - 1) greater += counts[at + j]!
    // Rounding of aged sums may leave a hair above n.
    return Math.min(0, Math.log((1 + greater) / (1 + counts[at]!)))
  }

  return {
    layout: { calibrationCounts: { kind: 'f64', width: WIDTH } },
    bind(state: StateTable) {
      counts = (state as unknown as { readonly calibrationCounts: Float64Array }).calibrationCounts
    },
    logP: (key, u) => (Number.isNaN(u) ? Number.NaN : logPOf(key * WIDTH, rankOf(Math.abs(u)))),
    critical(key) {
      const at = key * WIDTH
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
    learn(key, u, trust) {
      if (Number.isNaN(u)) return
      const at = key * WIDTH
      for (let j = rankOf(Math.abs(u)); j <= BUCKETS; j += j & -j) counts[at + j] = counts[at + j]! + trust
      counts[at] = counts[at]! + trust
      if (counts[at]! < 2 * memory) return
      for (let j = 0; j < WIDTH; j++) counts[at + j] = 0.5 * counts[at + j]!
    },
  }
}
