/**
 * Tells outliers from a new level. Strange values are not learned from; twelve of them to one side, hardly interrupted,
 * are a new level: their median. Three in a row back where the level was bring it back at once.
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { f64 } from './fields.ts'
import { medianOf, OUTLIER_Z } from './robust-scale.ts'

export { OUTLIER_Z }

/** Strange values in a row, signed by their side, less those that interrupted them. */
const RUN = 0
/** How many there were. */
const COUNT = 1
/** How far the level last moved, 0 when it may not go back; and values in a row that are back where it was. */
const MOVED = 2
const RETURNED = 3
/** The last strange distances from the level. */
const STRAYS = 4

/** Strange values in a row that make a new level. */
const LASTING = 12
/** And in a row that bring back the level before. */
const BACK = 3
const WIDTH = STRAYS + LASTING

export interface LevelShift {
  readonly layout: StateLayout
  bind(state: StateTable): void
  /**
   * Looks at a value that is `u` scales off its prediction and `stray` off its level (whose scale is `scale`). Returns
   * how far the level moves: 0 for not at all. So many strange values to one side make a new level, 12 at most: fewer where
   * hardly any support the old one.
   */
  watch(key: number, u: number, stray: number, scale: number, lasting?: number): number
  /** What the value watched last counts: 1 for ordinary ones, less and less within a run of strange ones. */
  trust(key: number): number
  /** Whether the run that the value watched last belongs to is short: no level is in question yet. */
  isShort(key: number): boolean
}

/** Opens the watch; its state is a field of its own. */
export function openLevelShift(): LevelShift {
  let shift: Float64Array = new Float64Array(0)
  const sorted = new Float64Array(LASTING)

  /** Ends the run with a move; `undone` is what may still be taken back of it. */
  const settle = (at: number, by: number, undone: number): number => {
    shift[at + RUN] = 0
    shift[at + COUNT] = 0
    shift[at + RETURNED] = 0
    shift[at + MOVED] = undone
    return by
  }

  return {
    layout: { shift: { kind: 'f64', width: WIDTH } },
    bind(state) {
      shift = f64(state, 'shift')
    },
    watch(key, u, stray, scale, lasting = LASTING) {
      const at = key * WIDTH
      let run = shift[at + RUN]!
      if (Math.abs(u) <= OUTLIER_Z) {
        shift[at + RETURNED] = 0
        if (run !== 0) shift[at + RUN] = Math.abs(run) > 2 ? run - 2 * Math.sign(run) : 0
        return 0
      }
      const side = u > 0 ? 1 : -1
      if (run * side <= 0) {
        run = 0
        shift[at + COUNT] = 0
      }
      run += side
      const count = shift[at + COUNT]!
      shift[at + STRAYS + (count % LASTING)] = stray
      shift[at + COUNT] = count + 1
      shift[at + RUN] = run
      const moved = shift[at + MOVED]!
      const back = moved !== 0 && Math.abs(stray + moved) < OUTLIER_Z * scale
      shift[at + RETURNED] = back ? shift[at + RETURNED]! + 1 : 0
      if (shift[at + RETURNED] === BACK) return settle(at, -moved, 0)
      if (Math.abs(run) < lasting) return 0
      for (let j = 0; j < lasting; j++) sorted[j] = shift[at + STRAYS + ((count - j) % LASTING)]!
      const by = medianOf(sorted, lasting)
      return settle(at, by, by)
    },
    trust(key) {
      const run = Math.abs(shift[key * WIDTH + RUN]!)
      return run > 1 ? 1 / run : 1
    },
    isShort: key => Math.abs(shift[key * WIDTH + RUN]!) < LASTING / 2,
  }
}
