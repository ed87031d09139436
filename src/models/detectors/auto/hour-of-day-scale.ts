/**
 * How large innovations are at each hour of the day, relative to the scale of the series: requests at noon scatter more
 * than those at night.
 *
 * Means of sizes clipped at four scales, of the last 400 values of an hour, drawn to 1 by what noise may have made of
 * their differences (James & Stein 1961, *Proc. 4th Berkeley Symposium* 1), and not believed before they differ by twice
 * that.
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { f64 } from '../parts/fields.ts'
import { MEAN_SIZE, SIZE_VARIANCE } from '../parts/robust-scale.ts'

export interface HourlySize {
  readonly layout: StateLayout
  bind(state: StateTable): void
  /** The size of an ordinary innovation of a key at a time, in its scales. */
  at(key: number, timeMs: number): number
  /** Learns an innovation, in scales, of the key and time asked for last. `trust`, 0 to 1, is what it counts. */
  learn(innovation: number, trust: number): void
}

const HOUR_MS = 3_600_000
const HOURS = 24
const CLIP = 4
const MEMORY = 400
/** Values between two looks at the differences. */
const REFIT = 32
const MIN = 0.2

const SEEN = 0
/** Variance of the hours' true means; 0 while they are not believed to differ. */
const SIGNAL = 1
/** For each hour: its mean less 1, and the values behind it. */
const HOURS_AT = 2
const WIDTH = HOURS_AT + 2 * HOURS

/** Opens it; its state is a field of its own. Without `everyMs`, or with steps longer than six hours, it is always 1. */
export function hourOfDayScale(everyMs: number | undefined): HourlySize {
  if (everyMs === undefined || everyMs > 6 * HOUR_MS) {
    return { layout: {}, bind() {}, at: () => 1, learn() {} }
  }
  let sizes: Float64Array = new Float64Array(0)
  let place = 0
  let hour = 0

  /** Variance of the true means, by what they differ beyond noise. */
  function signal(): number {
    let seen = 0
    let squares = 0
    let errors = 0
    for (let h = place + HOURS_AT; h < place + WIDTH; h += 2) {
      const values = sizes[h + 1]!
      if (values < 2) continue
      seen++
      squares += sizes[h]! * sizes[h]!
      errors += SIZE_VARIANCE / values
    }
    return seen < HOURS / 2 || squares < 2 * errors ? 0 : (squares - errors) / seen
  }

  return {
    layout: { hourOfDayScales: { kind: 'f64', width: WIDTH } },
    bind(state) {
      sizes = f64(state, 'hourOfDayScales')
    },
    at(key, timeMs) {
      place = key * WIDTH
      const hours = Math.floor(timeMs / HOUR_MS)
      hour = place + HOURS_AT + 2 * (hours - HOURS * Math.floor(hours / HOURS))
      const variance = sizes[place + SIGNAL]!
      const values = sizes[hour + 1]!
      if (variance === 0 || values === 0) return 1
      return Math.max(MIN, 1 + (sizes[hour]! * variance) / (variance + SIZE_VARIANCE / values))
    },
    learn(innovation, trust) {
      if (!Number.isFinite(innovation)) return
      const values = Math.min(sizes[hour + 1]! + trust, MEMORY)
      if (values > 0) {
        const size = Math.min(Math.abs(innovation), CLIP) / MEAN_SIZE
        sizes[hour + 1] = values
        sizes[hour] = sizes[hour]! + (trust / values) * (size - 1 - sizes[hour]!)
      }
      const seen = sizes[place + SEEN]! + 1
      sizes[place + SEEN] = seen
      if (seen % REFIT === 0) sizes[place + SIGNAL] = signal()
    },
  }
}
