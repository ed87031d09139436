/**
 * The scale of innovations at each hour of the day, relative to that of the series: requests at noon scatter more than
 * those at night.
 *
 * Mean sizes, clipped at four scales, of the last 400 values of an hour, shrunk towards 1 by what noise may have made of
 * their differences (James & Stein 1961, *Proc. 4th Berkeley Symposium* 1), and not believed before they differ by twice
 * that.
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { record } from '../../../core/record.ts'
import { f64 } from '../parts/fields.ts'
import { MEAN_SIZE, SIZE_VARIANCE } from '../parts/robust-scale.ts'

const HOUR_MS = 3_600_000
const HOURS = 24
const CLIP = 4
const MEMORY = 400
/** Values between two looks at the differences of hours. */
const REFIT = 32
const MIN = 0.2

const HOUR = record({ mean: 'mean size, less 1', values: 'effective number of values in it' })
const SCALES = record({
  seen: 'innovations of the key',
  signal: 'variance of the true means of hours; 0 while they are not believed to differ',
  hours: [HOUR, HOURS],
})

/** Variance of the true means of a key whose numbers begin at `at`, by what they differ beyond noise. */
function signalOf(sizes: Float64Array, at: number): number {
  let seen = 0
  let squares = 0
  let errors = 0
  for (let h = at + SCALES.hours; h < at + SCALES.width; h += HOUR.width) {
    const values = sizes[h + HOUR.values]!
    if (values < 2) continue
    seen++
    squares += sizes[h + HOUR.mean]! * sizes[h + HOUR.mean]!
    errors += SIZE_VARIANCE / values
  }
  return seen < HOURS / 2 || squares < 2 * errors ? 0 : (squares - errors) / seen
}

/** Its state is a field of its own. Without `everyMs`, or with steps longer than six hours, it has none and is always 1. */
export class HourOfDayScale {
  readonly layout: StateLayout
  readonly #isOne: boolean
  #sizes: Float64Array = new Float64Array(0)
  #at = 0
  #hour = 0

  constructor(everyMs: number | undefined) {
    this.#isOne = everyMs === undefined || everyMs > 6 * HOUR_MS
    this.layout = this.#isOne ? {} : { hourOfDayScales: SCALES.field }
  }

  bind(state: StateTable): void {
    if (!this.#isOne) this.#sizes = f64(state, 'hourOfDayScales')
  }

  /** The scale at a time, in scales of the series. */
  at(key: number, timeMs: number): number {
    if (this.#isOne) return 1
    const sizes = this.#sizes
    const at = key * SCALES.width
    const hours = Math.floor(timeMs / HOUR_MS)
    const hour = at + SCALES.hours + HOUR.width * (hours - HOURS * Math.floor(hours / HOURS))
    this.#at = at
    this.#hour = hour
    const variance = sizes[at + SCALES.signal]!
    if (variance === 0) return 1
    const values = sizes[hour + HOUR.values]!
    if (values === 0) return 1
    return Math.max(MIN, 1 + (sizes[hour + HOUR.mean]! * variance) / (variance + SIZE_VARIANCE / values))
  }

  /** Learns an innovation, in scales, of the key and time asked for last. `weight`, 0 to 1, is how much it counts. */
  learn(innovation: number, weight: number): void {
    if (this.#isOne || !Number.isFinite(innovation)) return
    const sizes = this.#sizes
    const at = this.#at
    const hour = this.#hour
    const values = Math.min(sizes[hour + HOUR.values]! + weight, MEMORY)
    if (values > 0) {
      const size = Math.min(Math.abs(innovation), CLIP) / MEAN_SIZE
      sizes[hour + HOUR.values] = values
      sizes[hour + HOUR.mean] =
        sizes[hour + HOUR.mean]! + (weight / values) * (size - 1 - sizes[hour + HOUR.mean]!)
    }
    const seen = sizes[at + SCALES.seen]! + 1
    sizes[at + SCALES.seen] = seen
    if (seen % REFIT === 0) sizes[at + SCALES.signal] = signalOf(sizes, at)
  }
}
