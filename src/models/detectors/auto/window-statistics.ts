/**
 * Means, mean squares and mean products of neighbours of the last innovations, with their distributions.
 *
 * Innovations are clipped at four scales, so that sums of ten and more are near their normal limit, squares after the
 * cube root of Wilson & Hilferty (1931, *PNAS* 17). What is left to learn is where each statistic lies and how far it
 * goes to either side: innovations of real series hang together and have other tails. A window of n values says
 * something new every n values; before it has, little more than the normal limit is believed: a Student distribution.
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { f64 } from '../parts/fields.ts'
import { MEAN_SIZE } from '../parts/robust-scale.ts'
import { studentLogP } from '../parts/student.ts'

export interface InnovationWindows {
  readonly layout: StateLayout
  /** How many statistics there are. */
  readonly count: number
  bind(state: StateTable): void
  /**
   * Takes an innovation in, in scales of the moment, and in those of its hour for the squares: a burst must not be
   * measured by itself. Writes the log p-values of the statistics to `logs` from `at` on.
   */
  take(key: number, innovation: number, ofHour: number, logs: Float64Array, at: number): void
  /** Learns the statistics of the innovation taken last. `trust`, 0 to 1, is what it counts. */
  learn(key: number, trust: number): void
}

/** Innovations count so much at most, in scales; in products so much, lest a few large ones in a row make a product. */
const CLIP = 4
const MAX_FACTOR = 2
const MEANS = [10, 50] as const
const SQUARES = [30, 100] as const
/** Products of an innovation with the one before. */
const PRODUCTS = [50] as const
const LENGTHS = [...MEANS, ...SQUARES, ...PRODUCTS]
const PRODUCTS_FROM = MEANS.length + SQUARES.length
const RING = 100

const SEEN = 0
/** A window's running sum, where its statistic lies, and its mean distance from there, up and down. */
const SUM = 0
const CENTRE = 1
const UP = 2
const DOWN = 3
const WINDOW_WIDTH = 4
const WINDOWS_AT = 1
const RING_AT = WINDOWS_AT + LENGTHS.length * WINDOW_WIDTH
/** The innovations as they were squared, after those of which there are means and products. */
const SQUARED = RING
const WIDTH = RING_AT + 2 * RING

/** Windows that the prior is worth, and that are remembered. */
const PRIOR = 8
const MEMORY = 100
/**
 * Degrees of freedom of each statistic's distribution: at first, and what a window adds. A mean over few takes much from few
 * innovations: in restless series its tails are long.
 */
const DOF = [6, 20, 20, 20, 20] as const
const DOF_BY_WINDOW = [0.1, 1, 1, 1, 1] as const
/** Distances are learned up to here. */
const MAX = 4

/** Opens the windows; their state is a field of its own. */
export function innovationWindows(): InnovationWindows {
  const statistics = new Float64Array(LENGTHS.length)
  let windows: Float64Array = new Float64Array(0)

  return {
    layout: { windows: { kind: 'f64', width: WIDTH } },
    count: LENGTHS.length,
    bind(state) {
      windows = f64(state, 'windows')
    },
    take(key, innovation, ofHour, logs, at) {
      const place = key * WIDTH
      const ring = place + RING_AT
      const seen = windows[place + SEEN]!
      const last = seen > 0 ? windows[ring + ((seen - 1) % RING)]! : 0
      const z = clipped(innovation)
      const ofSquare = clipped(ofHour)
      for (let w = 0; w < LENGTHS.length; w++) {
        const length = LENGTHS[w]!
        const window = place + WINDOWS_AT + w * WINDOW_WIDTH
        const squared = w >= MEANS.length && w < PRODUCTS_FROM
        const slot = ring + ((seen - length) % RING)
        let change: number
        if (squared) {
          const old = seen >= length ? windows[slot + SQUARED]! : 0
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
        const sum = windows[window + SUM]! + change
        windows[window + SUM] = sum
        logs[at + w] = Number.NaN
        statistics[w] = Number.NaN
        if (seen + 1 < length) continue
        const statistic = squared ? cubeRootScore(sum, length) : sum / Math.sqrt(length)
        statistics[w] = statistic
        const distance = statistic - windows[window + CENTRE]!
        const size = MEAN_SIZE + windows[window + (distance < 0 ? DOWN : UP)]!
        const dof = DOF[w]! + DOF_BY_WINDOW[w]! * Math.min(seen / length, MEMORY)
        logs[at + w] = studentLogP((MEAN_SIZE * distance) / size, dof)
      }
      windows[ring + (seen % RING)] = z
      windows[ring + SQUARED + (seen % RING)] = ofSquare
      windows[place + SEEN] = seen + 1
    },
    learn(key, trust) {
      const place = key * WIDTH
      const seen = windows[place + SEEN]!
      for (let w = 0; w < LENGTHS.length; w++) {
        const statistic = statistics[w]!
        if (Number.isNaN(statistic)) continue
        const length = LENGTHS[w]!
        const window = place + WINDOWS_AT + w * WINDOW_WIDTH
        const rate = trust / (length * Math.min(PRIOR + seen / length, MEMORY))
        const distance = statistic - windows[window + CENTRE]!
        // A side gets half of the values.
        const side = window + (distance < 0 ? DOWN : UP)
        const size = MEAN_SIZE + windows[side]!
        const taken = Math.min(Math.abs(distance), MAX * size)
        windows[side] = windows[side]! + 2 * rate * (taken - size)
        if (w >= MEANS.length) {
          windows[window + CENTRE] = windows[window + CENTRE]! + rate * Math.sign(distance) * taken
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
