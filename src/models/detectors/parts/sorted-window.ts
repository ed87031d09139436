/**
 * The last values of a series, sorted as well: median and median absolute deviation in O(log n) each, a new value in
 * O(log n) and a move of memory.
 *
 * Values are kept less an offset, which moves all of them at once.
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { record } from '../../../core/record.ts'
import { f64 } from './fields.ts'
import { MAX_RAW } from './robust-scale.ts'

export interface SortedWindow {
  readonly layout: StateLayout
  /** What {@link look} found: number of values, at most the window; their median, NaN without any. */
  count: number
  median: number
  /** Median distance from the median. */
  distance: number
  bind(state: StateTable): void
  look(key: number): void
  /**
   * The mean distance from the median, for the key that was looked at. A distance counts up to 50 times the median of
   * those that are not 0.
   */
  meanDistance(): number
  /** Takes in a finite value, for the oldest one when the window is full. */
  add(key: number, x: number): void
  /** Moves all values, except those of the last `recent` that are nearer to the moved median than to the old one. */
  move(key: number, by: number, recent: number): void
}

export function openSortedWindow(window: number): SortedWindow {
  const WINDOW = record({
    ring: ['the last values, less the offset', window],
    sorted: ['the same, sorted', window],
    count: 'values ever',
    offset: 'what all values are above those kept, in their unit',
  })
  let numbers: Float64Array = new Float64Array(0)
  // Of the key looked at: where its sorted values begin, and the median as it is kept.
  let from = 0
  let centre = 0

  const sortedWindow: SortedWindow = {
    layout: { window: WINDOW.field },
    count: 0,
    median: Number.NaN,
    distance: Number.NaN,
    bind(state) {
      numbers = f64(state, 'window')
    },
    look(key) {
      const at = key * WINDOW.width
      from = at + WINDOW.sorted
      const count = Math.min(numbers[at + WINDOW.count]!, window)
      sortedWindow.count = count
      if (count === 0) {
        sortedWindow.median = sortedWindow.distance = Number.NaN
        return
      }
      centre = sortedMedian(numbers, from, count)
      sortedWindow.median = numbers[at + WINDOW.offset]! + centre
      const upper = distanceOfRank(numbers, from, count, centre, count >> 1)
      sortedWindow.distance =
        count % 2 === 1
          ? upper
          : 0.5 * (upper + distanceOfRank(numbers, from, count, centre, (count >> 1) - 1))
    },
    meanDistance() {
      const { count } = sortedWindow
      const ring = from - WINDOW.sorted + WINDOW.ring
      return meanDistanceOf(numbers, from, count, centre, ring)
    },
    add(key, x) {
      const at = key * WINDOW.width
      const ever = numbers[at + WINDOW.count]!
      const own = x - numbers[at + WINDOW.offset]!
      const slot = at + WINDOW.ring + (ever % window)
      const sorted = at + WINDOW.sorted
      if (ever < window) {
        const place = placeOf(numbers, sorted, ever, own)
        numbers.copyWithin(place + 1, place, sorted + ever)
        numbers[place] = own
      } else replace(numbers, sorted, window, numbers[slot]!, own)
      numbers[slot] = own
      numbers[at + WINDOW.count] = ever + 1
    },
    move(key, by, recent) {
      const at = key * WINDOW.width
      const sorted = at + WINDOW.sorted
      const ever = numbers[at + WINDOW.count]!
      const count = Math.min(ever, window)
      const median = sortedMedian(numbers, sorted, count)
      numbers[at + WINDOW.offset] = numbers[at + WINDOW.offset]! + by
      for (let i = 1; i <= Math.min(recent, count); i++) {
        const slot = at + WINDOW.ring + ((ever - i) % window)
        const x = numbers[slot]!
        if (Math.abs(x - by - median) >= Math.abs(x - median)) continue
        replace(numbers, sorted, count, x, x - by)
        numbers[slot] = x - by
      }
    },
  }
  return sortedWindow
}

const sortedMedian = (numbers: Float64Array, from: number, count: number): number =>
  0.5 * (numbers[from + ((count - 1) >> 1)]! + numbers[from + (count >> 1)]!)

/** The first place among sorted values that is not below x. */
function placeOf(numbers: Float64Array, from: number, count: number, x: number): number {
  let low = from
  let high = from + count
  while (low < high) {
    const middle = (low + high) >> 1
    if (numbers[middle]! < x) low = middle + 1
    else high = middle
  }
  return low
}

/** Puts y in the place of x among the sorted values. */
function replace(numbers: Float64Array, from: number, count: number, x: number, y: number): void {
  const old = placeOf(numbers, from, count, x)
  let place = placeOf(numbers, from, count, y)
  if (place > old) {
    place--
    numbers.copyWithin(old, old + 1, place + 1)
  } else numbers.copyWithin(place + 1, place, old)
  numbers[place] = y
}

/** The k-th smallest distance from `centre`, from 0: those to the left and to the right are sorted each. */
function distanceOfRank(
  numbers: Float64Array,
  from: number,
  count: number,
  centre: number,
  k: number,
): number {
  const middle = placeOf(numbers, from, count, centre)
  const left = middle - from
  const right = count - left
  // How many of the nearest k + 1 are on the left.
  let low = Math.max(0, k + 1 - right)
  let high = Math.min(left, k + 1)
  while (low < high) {
    const taken = (low + high) >> 1
    // Is the next one on the left nearer than the last one taken on the right?
    if (centre - numbers[middle - 1 - taken]! < numbers[middle + k - taken]! - centre) low = taken + 1
    else high = taken
  }
  const onLeft = low > 0 ? centre - numbers[middle - low]! : -Infinity
  const onRight = k + 1 - low > 0 ? numbers[middle + k - low]! - centre : -Infinity
  return Math.max(onLeft, onRight)
}

/** The mean distance from `centre`, in the order of the ring, which begins at `ring`. */
function meanDistanceOf(
  numbers: Float64Array,
  from: number,
  count: number,
  centre: number,
  ring: number,
): number {
  // The first rank whose distance is not 0.
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >> 1
    if (distanceOfRank(numbers, from, count, centre, middle) > 0) high = middle
    else low = middle + 1
  }
  if (low === count) return 0
  const most = MAX_RAW * distanceOfRank(numbers, from, count, centre, (low + count) >> 1)
  let sum = 0
  for (let i = 0; i < count; i++) sum += Math.min(most, Math.abs(numbers[ring + i]! - centre))
  return sum / count
}
