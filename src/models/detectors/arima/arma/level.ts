/**
 * Outliers and new levels of the `arma` detector.
 *
 * An innovation counts in full up to {@link OUTLIER_Z} scales, with falling weight up to {@link REJECTED}, and not at all
 * beyond: the value is a missing one then (Hampel's three-part redescending function). Twelve outliers to one side, hardly
 * interrupted, are a new level: their median. Three in a row that are back at the level before bring that back, so that the
 * end of a storm is not an anomaly for long.
 */
import { BACK, LASTING } from '../../parts/level-shift.ts'
import { OUTLIER_Z } from '../../parts/robust-scale.ts'
import { lowerMedian } from '../window-scale.ts'
import type { Arma, ArmaRow } from './context.ts'
import { KEY as KEY_RECORD } from './state.ts'

// As in `score.ts`.
const KEY = KEY_RECORD

/** An innovation of this many scales, or more, does not count at all. */
const REJECTED = 7

/**
 * Says what y, the value of `arma.row`, counts, where it is an outlier or comes in a run of them; moves the level where the
 * run is a new one.
 */
export function weighOutlier(arma: Arma, y: number): void {
  const { numbers, row } = arma
  const { at, u } = row
  let run = numbers[at + KEY.run]!
  row.weight = 1
  if (Math.abs(u) <= OUTLIER_Z) {
    row.share = 1
    numbers[at + KEY.returned] = 0
    if (run !== 0) run = Math.abs(run) > 2 ? run - 2 * Math.sign(run) : 0
  } else {
    const size = Math.abs(u)
    const side = u > 0 ? 1 : -1
    // Within a run it is the level that is in question: no part of the value counts.
    row.share = size < REJECTED && run * side <= 0 ? (REJECTED - size) / (REJECTED - OUTLIER_Z) : 0
    if (Number.isFinite(y)) run = extendRun(numbers, row, y, side)
  }
  if (run >= LASTING || run <= -LASTING) {
    const before = numbers[at + KEY.level]!
    const { scratch } = arma.window
    for (let j = 0; j < LASTING; j++) scratch[j] = numbers[at + KEY.outliers + j]!
    moveLevel(arma, lowerMedian(scratch, LASTING))
    numbers[at + KEY.moved] = numbers[at + KEY.level]! - before
    run = 0
  } else if (numbers[at + KEY.returned] === BACK) {
    moveLevel(arma, -numbers[at + KEY.moved]!)
    run = 0
  }
  numbers[at + KEY.run] = run
}

/** Adds an outlier to a side's run. Returns the run. */
function extendRun(numbers: Float64Array, row: ArmaRow, y: number, side: number): number {
  const { at } = row
  let run = numbers[at + KEY.run]!
  if (run * side <= 0) {
    run = 0
    numbers[at + KEY.runCount] = 0
  }
  run += side
  const distance = y - row.base
  const count = numbers[at + KEY.runCount]!
  numbers[at + KEY.outliers + (count % LASTING)] = distance
  numbers[at + KEY.runCount] = count + 1
  row.weight = 1 / Math.abs(run)
  const moved = numbers[at + KEY.moved]!
  const back = moved !== 0 && Math.abs(distance + moved) < OUTLIER_Z * row.scale
  numbers[at + KEY.returned] = back ? numbers[at + KEY.returned]! + 1 : 0
  return run
}

/** Moves the level of the key; what was predicted from the old one is void. */
function moveLevel({ numbers, filter, row }: Arma, by: number): void {
  const { at, key } = row
  numbers[at + KEY.level] = numbers[at + KEY.level]! + by
  numbers[at + KEY.moved] = 0
  numbers[at + KEY.returned] = 0
  filter.means.fill(0, key * filter.m, (key + 1) * filter.m)
  row.error = 0
}
