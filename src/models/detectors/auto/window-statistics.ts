/**
 * Means, mean squares and mean products of neighbours of the last innovations, with their distributions.
 *
 * Innovations are clipped at four scales, so that sums of ten and more are near their normal limit, squares after the
 * cube root of Wilson & Hilferty (1931, *PNAS* 17). What is left to learn is the centre of each statistic and its mean
 * distance from there to either side: innovations of real series are correlated and have other tails. A window of n values
 * is new every n values; until there have been some, a Student distribution with few degrees of freedom stands for the
 * normal limit.
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { record } from '../../../core/record.ts'
import { f64 } from '../parts/fields.ts'
import { MEAN_SIZE } from '../parts/robust-scale.ts'
import { studentLogP } from '../parts/student.ts'

export interface WindowStatistics {
  readonly layout: StateLayout
  /** How many statistics there are. */
  readonly count: number
  bind(state: StateTable): void
  /**
   * Takes an innovation in, in scales of the moment, and in scales of its hour for the squares: a burst must not be
   * measured in its own scale. Writes the log p-values of the statistics to `logs` from `at` on.
   */
  take(key: number, innovation: number, ofHour: number, logs: Float64Array, at: number): void
  /** Learns the statistics of the innovation taken last. `weight`, 0 to 1, is how much it counts. */
  learn(key: number, weight: number): void
}

/** Innovations count up to this, in scales; in products up to less, lest two large ones in a row make the mean. */
const CLIP = 4
const MAX_FACTOR = 2
const MEANS = [10, 50] as const
const SQUARES = [30, 100] as const
/** Products of an innovation with the one before. */
const PRODUCTS = [50] as const
const LENGTHS = [...MEANS, ...SQUARES, ...PRODUCTS]
const PRODUCTS_FROM = MEANS.length + SQUARES.length
const RING = 100

const WINDOW = record({
  sum: 'running sum',
  centre: 'centre of the statistic',
  up: 'mean distance above the centre, less that of a standard normal variable',
  down: 'the same below',
})
const WINDOWS = record({
  seen: 'innovations of the key',
  windows: [WINDOW, LENGTHS.length],
  ring: ['the last innovations, in scales of the moment', RING],
  squared: ['and in scales of their hour', RING],
})
/** From an innovation to the one for squares. */
const TO_SQUARED = WINDOWS.squared - WINDOWS.ring

/** Windows that the prior counts as, and that are remembered. */
const PRIOR = 8
const MEMORY = 100
/**
 * Degrees of freedom of each statistic's distribution: at first, and per window. A mean of ten has few innovations to
 * average over: in restless series its tails are long.
 */
const DOF = [6, 20, 20, 20, 20] as const
const DOF_BY_WINDOW = [0.1, 1, 1, 1, 1] as const
/** Distances are learned up to this many times their mean. */
const MAX = 4

/** Opens the windows; their state is a field of its own. */
export function windowStatistics(): WindowStatistics {
  const statistics = new Float64Array(LENGTHS.length)
  let windows: Float64Array = new Float64Array(0)

  return {
    layout: { windows: WINDOWS.field },
    count: LENGTHS.length,
    bind(state) {
      windows = f64(state, 'windows')
    },
    take(key, innovation, ofHour, logs, at) {
      // Read once per value, not once per window: 7 % of the time of `auto`.
      const { width, sum, centre, up, down } = WINDOW
      const place = key * WINDOWS.width
      const first = place + WINDOWS.windows
      const ring = place + WINDOWS.ring
      const seen = windows[place + WINDOWS.seen]!
      const last = seen > 0 ? windows[ring + ((seen - 1) % RING)]! : 0
      const z = clipped(innovation)
      const ofSquare = clipped(ofHour)
      for (let w = 0; w < LENGTHS.length; w++) {
        const length = LENGTHS[w]!
        const window = first + w * width
        const squared = w >= MEANS.length && w < PRODUCTS_FROM
        const slot = ring + ((seen - length) % RING)
        let change: number
        if (squared) {
          const old = seen >= length ? windows[slot + TO_SQUARED]! : 0
          change = ofSquare * ofSquare - old * old
        } else {
          const old = seen >= length ? windows[slot]! : 0
          if (w < MEANS.length) {
            change = z - old
          } else {
            const older = seen > length ? windows[ring + ((seen - length - 1) % RING)]! : 0
            change = factor(z) * factor(last) - factor(old) * factor(older)
          }
        }
        const total = windows[window + sum]! + change
        windows[window + sum] = total
        logs[at + w] = Number.NaN
        statistics[w] = Number.NaN
        if (seen + 1 < length) continue
        const statistic = squared ? cubeRootScore(total, length) : total / Math.sqrt(length)
        statistics[w] = statistic
        const distance = statistic - windows[window + centre]!
        const size = MEAN_SIZE + windows[window + (distance < 0 ? down : up)]!
        const dof = DOF[w]! + DOF_BY_WINDOW[w]! * Math.min(seen / length, MEMORY)
        logs[at + w] = studentLogP((MEAN_SIZE * distance) / size, dof)
      }
      windows[ring + (seen % RING)] = z
      windows[ring + TO_SQUARED + (seen % RING)] = ofSquare
      windows[place + WINDOWS.seen] = seen + 1
    },
    learn(key, weight) {
      const place = key * WINDOWS.width
      const seen = windows[place + WINDOWS.seen]!
      for (let w = 0; w < LENGTHS.length; w++) {
        const statistic = statistics[w]!
        if (Number.isNaN(statistic)) continue
        const length = LENGTHS[w]!
        const window = place + WINDOWS.windows + w * WINDOW.width
        const rate = weight / (length * Math.min(PRIOR + seen / length, MEMORY))
        const distance = statistic - windows[window + WINDOW.centre]!
        // A side gets half of the values.
        const side = window + (distance < 0 ? WINDOW.down : WINDOW.up)
        const size = MEAN_SIZE + windows[side]!
        const taken = Math.min(Math.abs(distance), MAX * size)
        windows[side] = windows[side]! + 2 * rate * (taken - size)
        if (w >= MEANS.length) {
          windows[window + WINDOW.centre] =
            windows[window + WINDOW.centre]! + rate * Math.sign(distance) * taken
        }
      }
    },
  }
}

const clipped = (z: number): number => (z > CLIP ? CLIP : Math.max(z, -CLIP))
const factor = (z: number): number => (z > MAX_FACTOR ? MAX_FACTOR : Math.max(z, -MAX_FACTOR))

/** The normal score of a sum of squares. */
function cubeRootScore(sum: number, count: number): number {
  const error = 2 / (9 * count)
  return (Math.cbrt(Math.max(sum, 0) / count) - (1 - error)) / Math.sqrt(error)
}
