/**
 * Finds the season of a series: how many steps it is long, by values at equal steps of which some may be missing.
 *
 * Lengths are tried that the clock suggests, and peaks of the autocorrelation. Of each, what a moving mean of that length
 * leaves is compared with means of the slots of the season: they have to explain more than their number costs (Schwarz 1978,
 * *Annals of Statistics* 6). A season of the clock has to be seen twice, others three times.
 *
 * Pure functions of arrays.
 */
import { selectAt } from '../../numerics/order-statistics.ts'

/** Longer seasons have this many slots, with lines between them. */
const MOST_SLOTS = 168
const COARSE_SLOTS = 96

export const slotsOf = (period: number): number => (period <= MOST_SLOTS ? period : COARSE_SLOTS)

/** The place in the slots, a real number where slots are coarser than steps. */
export const slotPlace = (place: number, period: number, slots: number): number => {
  const within = place - period * Math.floor(place / period)
  return slots === period ? Math.floor(within + 1e-6) % slots : (within * slots) / period
}

/** Peaks of the autocorrelation that are tried. */
const PEAKS = 6
/** A season is found where it explains the values better than none by this much of a log likelihood, and by this share. */
const SURE = 12
const MOST_LEFT = 0.8

/** The length in steps of the season; 0 where there is none. `likely` lengths are tried beside the peaks. */
export function findSeason(values: Float64Array, likely: readonly number[]): number {
  const tried = new Set([...likely, ...peaksOf(clipped(withoutLine(values)))])
  let best = -SURE
  let found = 0
  for (const period of [...tried].sort((a, b) => a - b)) {
    // One that the clock does not suggest has to be seen three times: one step up makes two halves of anything.
    if ((likely.includes(period) ? 2 : 3) * period > values.length) continue
    const gain = gainOf(values, period)
    if (gain < best) {
      best = gain
      found = period
    }
  }
  return found
}

/** Twice the log likelihood that a season loses against none, with what its slots cost; below 0 it is better. */
function gainOf(y: Float64Array, period: number): number {
  const high = clipped(withoutMovingMean(y, period))
  const slots = slotsOf(period)
  const { means } = slotMeans(high, period, slots, 0)
  let left = 0
  let all = 0
  let n = 0
  for (let i = 0; i < high.length; i++) {
    const value = high[i]!
    if (Number.isNaN(value)) continue
    const rest = value - valueAt(means, i, period, slots)
    n++
    all += value * value
    left += rest * rest
  }
  if (!(all > 0) || left > MOST_LEFT * all) return 0
  return n * Math.log(Math.max(left / all, 1e-9)) + slots * Math.log(n)
}

/**
 * Means of the slots of a season of values whose first is at `place`, and how many values each has. With `most`, values no
 * further than that from means made before.
 */
export function slotMeans(
  values: Float64Array,
  period: number,
  slots: number,
  place: number,
  before?: { means: Float64Array; most: number },
) {
  const means = new Float64Array(slots)
  const visits = new Float64Array(slots)
  for (let i = 0; i < values.length; i++) {
    let value = values[i]!
    if (Number.isNaN(value)) continue
    const slot = Math.floor(slotPlace(place + i, period, slots))
    if (before) {
      const { means, most } = before
      value = Math.max(means[slot]! - most, Math.min(value, means[slot]! + most))
    }
    visits[slot] = visits[slot]! + 1
    means[slot] = means[slot]! + (value - means[slot]!) / visits[slot]!
  }
  return { means, visits }
}

/** The profile at a place: of coarse slots on the line between their middles. */
export function valueAt(means: Float64Array, place: number, period: number, slots: number, from = 0): number {
  const at = slotPlace(place, period, slots)
  if (slots === period || slots < 48) return means[from + Math.floor(at)]!
  const middle = at - 0.5 + 0.5 * (slots / period)
  const low = Math.floor(middle)
  const part = middle - low
  const a = means[from + (low < 0 ? low + slots : low)]!
  const b = means[from + (low + 1 >= slots ? low + 1 - slots : low + 1)]!
  return a + part * (b - a)
}

/** Values less a line through the medians of their halves; missing ones stay missing. */
export function withoutLine(values: Float64Array): Float64Array {
  const { level, slope } = robustLine(values)
  const left = new Float64Array(values.length)
  // A loop here and below, for the functions that `map` calls cost more than what they work out.
  for (let i = 0; i < values.length; i++) left[i] = values[i]! - level - slope * i
  return left
}

/** A line through the medians of the first and last third. */
export function robustLine(values: Float64Array): { level: number; slope: number } {
  const third = Math.max(1, Math.floor(values.length / 3))
  const early = median(values.subarray(0, third))
  const late = median(values.subarray(values.length - third))
  const apart = values.length - third
  const slope = apart > 0 && Number.isFinite(late - early) ? (late - early) / apart : 0
  const flat = new Float64Array(values.length)
  for (let i = 0; i < values.length; i++) flat[i] = values[i]! - slope * i
  return { level: median(flat), slope }
}

/** The median of what is there; 0 of nothing. */
export function median(values: Float64Array): number {
  const present = withoutNaN(values)
  const n = present.length
  if (n === 0) return 0
  const upper = selectAt(present, n >> 1)
  if (n % 2 === 1) return 0.5 * (upper + upper)
  let lower = present[0]!
  for (let i = 1; i < n >> 1; i++) if (present[i]! > lower) lower = present[i]!
  return 0.5 * (lower + upper)
}

function withoutNaN(values: Float64Array): Float64Array {
  const present = new Float64Array(values.length)
  let n = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!Number.isNaN(value)) present[n++] = value
  }
  return present.subarray(0, n)
}

/** Values no further out than one in fifty is. */
function clipped(values: Float64Array): Float64Array {
  const sizes = withoutNaN(values)
  for (let i = 0; i < sizes.length; i++) sizes[i] = Math.abs(sizes[i]!)
  const most = sizes.length === 0 ? 0 : selectAt(sizes, Math.max(0, Math.ceil(0.98 * sizes.length) - 1))
  const near = new Float64Array(values.length)
  for (let i = 0; i < values.length; i++) near[i] = values[i]! > most ? most : Math.max(values[i]!, -most)
  return near
}

function peaksOf(y: Float64Array): number[] {
  const n = y.length
  const half = Math.floor(n / 3)
  const filled = new Float64Array(n)
  for (let i = 0; i < n; i++) filled[i] = Number.isNaN(y[i]!) ? 0 : y[i]!
  const correlations = new Float64Array(half + 2)
  for (let lag = 0; lag <= Math.min(half + 1, n - 1); lag++) {
    let sum = 0
    for (let i = lag; i < n; i++) sum += filled[i]! * filled[i - lag]!
    correlations[lag] = sum
  }
  const peaks: number[] = []
  for (let lag = 2; lag <= half; lag++) {
    const here = correlations[lag]!
    if (here > 0.1 * correlations[0]! && here >= correlations[lag - 1]! && here >= correlations[lag + 1]!) {
      peaks.push(lag)
    }
  }
  return peaks.sort((a, b) => correlations[b]! - correlations[a]! || a - b).slice(0, PEAKS)
}

/**
 * What a mean over one period about each value leaves. At the ends it is that of the first or last period, on a line through
 * both: a season alone is left as it is, and so is one on a slope.
 */
export function withoutMovingMean(y: Float64Array, period: number): Float64Array {
  const n = y.length
  const sums = new Float64Array(n + 1)
  const counts = new Uint32Array(n + 1)
  for (let i = 0; i < n; i++) {
    const missing = Number.isNaN(y[i]!)
    sums[i + 1] = sums[i]! + (missing ? 0 : y[i]!)
    counts[i + 1] = counts[i]! + (missing ? 0 : 1)
  }
  const meanFrom = (from: number, to: number): number =>
    (sums[to]! - sums[from]!) / (counts[to]! - counts[from]!)
  const rise = (meanFrom(n - period, n) - meanFrom(0, period)) / (n - period)
  const slope = Number.isFinite(rise) ? rise : 0
  const left = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    const from = Math.max(0, Math.min(i - (period >> 1), n - period))
    const to = Math.min(n, from + period)
    left[i] = y[i]! - meanFrom(from, to) - slope * (i - (from + (period - 1) / 2))
  }
  return left
}
