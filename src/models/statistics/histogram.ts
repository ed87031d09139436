/**
 * Histograms: how many values fall into each of adjoining bins.
 *
 * By default a bin is 2·IQR/∛n wide. Source: D. Freedman and P. Diaconis, "On the histogram as a density
 * estimator" (1981); where half the values are equal, ⌈log₂ n⌉ + 1 bins (H. A. Sturges, 1926).
 */

import { quantileSorted } from 'simple-statistics'
import { ModelError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { checkOptions } from '../function-options.ts'
import { isArrayLike, type SeriesInput, toSeries } from '../series-input.ts'

/** Largest number of bins that the data choose. */
const MAX_CHOSEN = 1000

/** What {@link histogram} takes besides the values. */
export interface HistogramOptions {
  /** How many bins of one width. Default: by Freedman and Diaconis, at most 1000. */
  readonly bins?: number
  /** Where bins of one width begin and end. Default: the least and the greatest value. */
  readonly range?: readonly [from: number, to: number]
  /** All edges, ascending, instead of `bins` and `range`. */
  readonly edges?: ArrayLike<number>
}

/** A histogram. Bin i holds values from `edges[i]` on and below `edges[i + 1]`; the last one holds its upper edge too. */
export interface Histogram {
  /** One more than there are bins; in the unit of the values. */
  readonly edges: Float64Array
  /** Values by bin. */
  readonly counts: Float64Array
  /** Values that are not missing. */
  readonly n: number
  /** Values below the first edge. */
  readonly below: number
  /** Values above the last edge. */
  readonly above: number
}

/**
 * Counts values by bin.
 *
 * @param values finite numbers; null, undefined and NaN are missing
 * @throws {ModelError} `HISTOGRAM_BINS` for bins that make no sense, or when bins are to be chosen and there is no
 * value; `SERIES_TYPE` for what is no array of finite numbers
 * @example
 * const { edges, counts } = histogram([1, 2, 2, 3, 9], { bins: 4 })
 * Array.from(edges) // [1, 3, 5, 7, 9]
 * Array.from(counts) // [3, 1, 0, 1]
 */
export function histogram(values: SeriesInput, options: HistogramOptions = {}): Histogram {
  checkOptions('histogram', options, ['bins', 'range', 'edges'], histogram)
  const present = toSeries(values, 'histogram()').filter(x => !Number.isNaN(x))
  const edges = edgesFor(present, options)
  const bins = edges.length - 1
  const counts = new Float64Array(bins)
  let below = 0
  let above = 0
  for (const x of present) {
    if (x < edges[0]!) below++
    else if (x > edges[bins]!) above++
    else counts[binOf(x, edges)]!++
  }
  return Object.freeze({ edges, counts, n: present.length, below, above })
}

/** The last bin that begins at or below x. */
function binOf(x: number, edges: Float64Array): number {
  let low = 0
  let high = edges.length - 2
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (edges[middle]! <= x) low = middle
    else high = middle - 1
  }
  return low
}

/** Bins at most that are asked for: a count each, and an edge. */
const MAX_BINS = 10_000_000

function edgesFor(values: Float64Array, { bins, range, edges }: HistogramOptions): Float64Array {
  if (edges !== undefined) {
    const given = isArrayLike(edges) ? toSeries(edges as SeriesInput, 'histogram()') : new Float64Array(0)
    const ascending = given.every((edge, i) => Number.isFinite(edge) && (i === 0 || edge > given[i - 1]!))
    if (given.length >= 2 && ascending) return given
    throw refuse('edges that ascend, two or more', shown(edges))
  }
  if (bins !== undefined && !(Number.isSafeInteger(bins) && bins >= 1 && bins <= MAX_BINS)) {
    throw refuse(`a whole number of bins from 1 to ${MAX_BINS}`, shown(bins))
  }
  if (values.length === 0 && !range) throw refuse('a range, or values to take it from', 'neither')
  if (range !== undefined && !Array.isArray(range)) throw refuse('a range of two numbers', shown(range))
  const [from, to] = range ?? extent(values)
  if (!(Number.isFinite(from) && Number.isFinite(to) && from < to)) {
    throw refuse('a range that ascends', shown([from, to]))
  }
  const count = bins ?? chosenBins(values, from, to)
  const made = Float64Array.from({ length: count + 1 }, (_, i) => from * (1 - i / count) + to * (i / count))
  made[count] = to
  return made
}

function extent(values: Float64Array): [number, number] {
  let least = values[0]!
  let most = least
  for (const x of values) {
    if (x < least) least = x
    if (x > most) most = x
  }
  if (least < most) return [least, most]
  const half = Math.max(0.5, Math.abs(least) * 2 ** -40)
  return [Math.max(-Number.MAX_VALUE, least - half), Math.min(Number.MAX_VALUE, least + half)]
}

function chosenBins(values: Float64Array, from: number, to: number): number {
  const inside = values.filter(x => x >= from && x <= to).sort()
  if (inside.length === 0) return 1
  const sorted = [...inside]
  // Halved first, because a difference may be beyond the doubles.
  const spread = quantileSorted(sorted, 0.75) / 2 - quantileSorted(sorted, 0.25) / 2
  const count =
    spread > 0
      ? Math.ceil(((to / 2 - from / 2) / spread) * (Math.cbrt(inside.length) / 2))
      : Math.ceil(Math.log2(inside.length)) + 1
  return Math.max(1, Math.min(MAX_CHOSEN, count))
}

const refuse = (needs: string, got: string): ModelError =>
  new ModelError('HISTOGRAM_BINS', `histogram() needs ${needs}, got ${got}`, {
    hint: '{ bins: 20 }, { bins: 20, range: [0, 100] } or { edges: [0, 1, 10, 100] }',
  })
