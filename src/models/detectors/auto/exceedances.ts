/**
 * Large innovations of which there have been several: how often they come is what makes another one ordinary.
 *
 * Innovations beyond five scales are counted by their size, twice to each doubling, and each side by itself; those not
 * more than twenty values apart are one event, of its largest size. From the third on, the p-value of an innovation is at
 * least the rate at which events of its size or more have come, less two of them: one or two anomalies make nothing
 * ordinary, and a series that jumps every day is not told so every day. Events are forgotten within some thousand values.
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { record } from '../../../core/record.ts'
import { f64 } from '../parts/fields.ts'

export interface Exceedances {
  readonly layout: StateLayout
  bind(state: StateTable): void
  /** log of the rate at which events of this size or more come, less two of them; −Infinity where there were none. */
  logRate(key: number, u: number): number
  /** Learns an innovation, in scales. Returns whether rates have changed by it. */
  learn(key: number, u: number): boolean
  /** Takes into account that time has passed: rates fall. */
  refresh(key: number): void
  /** The least size, at least `size`, on a side whose rate is below that of this logarithm. */
  leastRarer(key: number, side: number, size: number, logRate: number): number
}

/** The least size that is counted, in scales; sizes are told apart by factors of √2. */
const LEAST = 5
const BINS = 18
/** Values nearer than this are ordinary whatever has come before. */
const ORDINARY = 2
const APART = 20
/** Events of a size that make nothing ordinary. */
const FREE = 2
const MEMORY = 4096

const SIDE = record({
  counts: ['events of each size', BINS],
  left: 'values that an event still lasts',
  bin: 'the size that it is counted at',
})
const EVENTS = record({
  seen: 'innovations, 4096 at most',
  since: 'innovations since counts last fell',
  sides: [SIDE, 2],
})

const binOf = (size: number): number =>
  Math.min(BINS - 1, Math.floor(2 * Math.log2(Math.min(size, 1e300) / LEAST)))
const sizeOf = (bin: number): number => LEAST * 2 ** (bin / 2)

/** Opens the counts; their state is a field of its own. */
export function openExceedances(): Exceedances {
  let numbers: Float64Array = new Float64Array(0)
  const sideOf = (at: number, u: number): number => at + EVENTS.sides + (u < 0 ? SIDE.width : 0)

  const logRateFrom = (at: number, side: number, bin: number): number => {
    let events = -FREE
    for (let j = bin; j < BINS; j++) events += numbers[side + SIDE.counts + j]!
    return events > 0 ? Math.log(events / Math.max(numbers[at + EVENTS.seen]!, 1)) : Number.NEGATIVE_INFINITY
  }

  return {
    layout: { events: EVENTS.field },
    bind(state) {
      numbers = f64(state, 'events')
    },
    logRate(key, u) {
      const size = Math.abs(u)
      const at = key * EVENTS.width
      // What is counted is larger than all that is smaller: events come at least as often as those that are counted.
      if (size < ORDINARY) return Number.NEGATIVE_INFINITY
      return logRateFrom(at, sideOf(at, u), size < LEAST ? 0 : binOf(size))
    },
    learn(key, u) {
      const at = key * EVENTS.width
      numbers[at + EVENTS.since] = numbers[at + EVENTS.since]! + 1
      const up = at + EVENTS.sides
      const down = up + SIDE.width
      if (numbers[up + SIDE.left]! > 0) numbers[up + SIDE.left] = numbers[up + SIDE.left]! - 1
      if (numbers[down + SIDE.left]! > 0) numbers[down + SIDE.left] = numbers[down + SIDE.left]! - 1
      const size = Math.abs(u)
      if (!(size >= LEAST)) return false
      const side = u < 0 ? down : up
      const bin = binOf(size)
      if (numbers[side + SIDE.left]! > 0) {
        const old = numbers[side + SIDE.bin]!
        if (bin > old) {
          const held = side + SIDE.counts + old
          numbers[held] = Math.max(0, numbers[held]! - 1)
          numbers[side + SIDE.counts + bin] = numbers[side + SIDE.counts + bin]! + 1
          numbers[side + SIDE.bin] = bin
        }
      } else {
        numbers[side + SIDE.counts + bin] = numbers[side + SIDE.counts + bin]! + 1
        numbers[side + SIDE.bin] = bin
      }
      numbers[side + SIDE.left] = APART
      return true
    },
    refresh(key) {
      const at = key * EVENTS.width
      const since = numbers[at + EVENTS.since]!
      numbers[at + EVENTS.since] = 0
      numbers[at + EVENTS.seen] = Math.min(numbers[at + EVENTS.seen]! + since, MEMORY)
      const keep = Math.exp(-since / MEMORY)
      for (let s = 0; s < 2; s++) {
        const counts = at + EVENTS.sides + s * SIDE.width + SIDE.counts
        for (let j = counts; j < counts + BINS; j++) if (numbers[j] !== 0) numbers[j] = numbers[j]! * keep
      }
    },
    leastRarer(key, side, size, logRate) {
      const at = key * EVENTS.width
      const place = sideOf(at, side)
      if (logRateFrom(at, place, 0) < logRate) return size
      let found = size
      for (let bin = BINS - 1; bin >= 0; bin--) {
        if (logRateFrom(at, place, bin) < logRate) continue
        // All of this size are ordinary: the next one begins what is not.
        if (bin === BINS - 1) return Number.POSITIVE_INFINITY
        found = Math.max(found, sizeOf(bin + 1))
        break
      }
      return found
    },
  }
}
