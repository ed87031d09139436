/**
 * The last values of a series, in order of size as well: median and median absolute deviation in O(log n) each, a new
 * value in O(log n) and a move of memory.
 *
 * State: twice the window and two numbers.
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
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
  /** The mean distance from the median, for the key that was looked at; each counts up to 50 times the median one that is not 0. */
  meanDistance(): number
  /** Takes in a finite value, for the oldest one when the window is full. */
  add(key: number, x: number): void
  /** Moves all values; but those of the last `recent` that are nearer to the median moved than to it stay. */
  move(key: number, by: number, recent: number): void
}

export function openSortedWindow(window: number): SortedWindow {
  // Ring, sorted values, number of values ever, and what all are above those kept.
  const width = 2 * window + 2
  const SORTED = window
  const COUNT = 2 * window
  const OFFSET = COUNT + 1
  let numbers: Float64Array = new Float64Array(0)

  const countAt = (at: number): number => Math.min(numbers[at + COUNT]!, window)
  const sortedMedian = (at: number, count: number): number =>
    0.5 * (numbers[at + SORTED + ((count - 1) >> 1)]! + numbers[at + SORTED + (count >> 1)]!)

  /** The first place among sorted values that is not below x. */
  const placeOf = (from: number, count: number, x: number): number => {
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
  const replace = (from: number, count: number, x: number, y: number): void => {
    const old = placeOf(from, count, x)
    let place = placeOf(from, count, y)
    if (place > old) {
      place--
      numbers.copyWithin(old, old + 1, place + 1)
    } else numbers.copyWithin(place + 1, place, old)
    numbers[place] = y
  }

  /** The k-th smallest distance from `centre`, from 0: those to the left and to the right are sorted each. */
  const distanceOfRank = (from: number, count: number, centre: number, k: number): number => {
    const middle = placeOf(from, count, centre)
    const left = middle - from
    const right = count - left
    // So many of the nearest k + 1 are on the left.
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

  /** Of the key looked at: where its numbers begin, and the median as it is kept. */
  let at = 0
  let centre = 0
  const rank = (k: number): number => distanceOfRank(at + SORTED, sortedWindow.count, centre, k)

  const sortedWindow: SortedWindow = {
    layout: { window: { kind: 'f64', width } },
    count: 0,
    median: Number.NaN,
    distance: Number.NaN,
    bind(state) {
      numbers = f64(state, 'window')
    },
    look(key) {
      at = key * width
      const count = countAt(at)
      sortedWindow.count = count
      if (count === 0) {
        sortedWindow.median = sortedWindow.distance = Number.NaN
        return
      }
      centre = sortedMedian(at, count)
      sortedWindow.median = numbers[at + OFFSET]! + centre
      const upper = rank(count >> 1)
      sortedWindow.distance = count % 2 === 1 ? upper : 0.5 * (upper + rank((count >> 1) - 1))
    },
    meanDistance() {
      const { count } = sortedWindow
      let low = 0
      let high = count
      while (low < high) {
        const middle = (low + high) >> 1
        if (rank(middle) > 0) high = middle
        else low = middle + 1
      }
      if (low === count) return 0
      const most = MAX_RAW * rank((low + count) >> 1)
      let sum = 0
      for (let i = 0; i < count; i++) sum += Math.min(most, Math.abs(numbers[at + i]! - centre))
      return sum / count
    },
    add(key, x) {
      const at = key * width
      const ever = numbers[at + COUNT]!
      const own = x - numbers[at + OFFSET]!
      const slot = at + (ever % window)
      if (ever < window) {
        const place = placeOf(at + SORTED, ever, own)
        numbers.copyWithin(place + 1, place, at + SORTED + ever)
        numbers[place] = own
      } else replace(at + SORTED, window, numbers[slot]!, own)
      numbers[slot] = own
      numbers[at + COUNT] = ever + 1
    },
    move(key, by, recent) {
      const at = key * width
      const ever = numbers[at + COUNT]!
      const count = countAt(at)
      const median = sortedMedian(at, count)
      numbers[at + OFFSET] = numbers[at + OFFSET]! + by
      for (let i = 1; i <= Math.min(recent, count); i++) {
        const slot = at + ((ever - i) % window)
        const x = numbers[slot]!
        if (Math.abs(x - by - median) >= Math.abs(x - median)) continue
        replace(at + SORTED, count, x, x - by)
        numbers[slot] = x - by
      }
    },
  }
  return sortedWindow
}
