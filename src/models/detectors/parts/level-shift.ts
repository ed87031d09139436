/**
 * Tells outliers from a new level. Outliers are not learned from; twelve of them to one side, hardly interrupted, are a new
 * level: their median. Three values in a row back at the level before restore it at once.
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { record } from '../../../core/record.ts'
import { f64 } from './fields.ts'
import { medianOf, OUTLIER_Z } from './robust-scale.ts'

/** Outliers to one side that make a new level. */
export const LASTING = 12
/** Values in a row that restore the level before. */
export const BACK = 3

const SHIFT = record({
  run: 'outliers in a row, signed by their side, less those that interrupted them',
  count: 'outliers of the run',
  moved: 'how far the level last moved; 0 when that cannot be undone',
  returned: 'values in a row that are back at the level before it',
  distances: ['distances of the last outliers from the level, a ring', LASTING],
})

export interface LevelShift {
  readonly layout: StateLayout
  bind(state: StateTable): void
  /**
   * Looks at a value that is `u` scales off its prediction and `distance` off its level, whose scale is `scale`. Returns
   * how far the level moves: 0 for not at all. `lasting` outliers to one side make a new level, 12 at most: fewer where
   * hardly any values support the old one.
   */
  watch(key: number, u: number, distance: number, scale: number, lasting?: number): number
  /** What {@link watch} does where the value is no outlier. */
  ordinary(key: number): void
  /** The weight of the value watched last: 1 for ordinary ones, less and less within a run of outliers. */
  weight(key: number): number
  /** Whether the run of the value watched last is short: no new level is in sight. */
  isShort(key: number): boolean
}

/** Opens the watch; its state is a field of its own. */
export function openLevelShift(): LevelShift {
  let shift: Float64Array = new Float64Array(0)
  const sorted = new Float64Array(LASTING)

  /** Ends the run with a move, of which `undoable` may be taken back. */
  const settle = (at: number, by: number, undoable: number): number => {
    shift[at + SHIFT.run] = 0
    shift[at + SHIFT.count] = 0
    shift[at + SHIFT.returned] = 0
    shift[at + SHIFT.moved] = undoable
    return by
  }

  const ordinary = (key: number): void => {
    const at = key * SHIFT.width
    const run = shift[at + SHIFT.run]!
    shift[at + SHIFT.returned] = 0
    if (run !== 0) shift[at + SHIFT.run] = Math.abs(run) > 2 ? run - 2 * Math.sign(run) : 0
  }

  return {
    layout: { shift: SHIFT.field },
    ordinary,
    bind(state) {
      shift = f64(state, 'shift')
    },
    watch(key, u, distance, scale, lasting = LASTING) {
      const at = key * SHIFT.width
      let run = shift[at + SHIFT.run]!
      if (Math.abs(u) <= OUTLIER_Z) {
        ordinary(key)
        return 0
      }
      const side = u > 0 ? 1 : -1
      if (run * side <= 0) {
        run = 0
        shift[at + SHIFT.count] = 0
      }
      run += side
      const count = shift[at + SHIFT.count]!
      shift[at + SHIFT.distances + (count % LASTING)] = distance
      shift[at + SHIFT.count] = count + 1
      shift[at + SHIFT.run] = run
      const moved = shift[at + SHIFT.moved]!
      const back = moved !== 0 && Math.abs(distance + moved) < OUTLIER_Z * scale
      shift[at + SHIFT.returned] = back ? shift[at + SHIFT.returned]! + 1 : 0
      if (shift[at + SHIFT.returned] === BACK) return settle(at, -moved, 0)
      if (Math.abs(run) < lasting) return 0
      for (let j = 0; j < lasting; j++) sorted[j] = shift[at + SHIFT.distances + ((count - j) % LASTING)]!
      const by = medianOf(sorted, lasting)
      return settle(at, by, by)
    },
    weight(key) {
      const run = Math.abs(shift[key * SHIFT.width + SHIFT.run]!)
      return run > 1 ? 1 / run : 1
    },
    isShort: key => Math.abs(shift[key * SHIFT.width + SHIFT.run]!) < LASTING / 2,
  }
}
