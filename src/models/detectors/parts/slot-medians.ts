/**
 * The values of the last seasons, slot by slot, and their medians: a profile that one strange value does not move.
 *
 * A slot that is found strange twice running, while its neighbours are not, has changed: it starts over.
 *
 * State: for each slot its last `cycles` values and three numbers, and one number for all.
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { f64 } from './fields.ts'

/** Values that a slot has seen, the season of the last, and 1 when a strange one has come since. */
const COUNT = 0
const LAST = 1
const REFUSED = 2
const VALUES = 3

export interface SlotMedians {
  readonly layout: StateLayout
  bind(state: StateTable): void
  /** The median of a slot's values; NaN while there is none. */
  median(key: number, slot: number): number
  /** How many values it is of. */
  count(key: number, slot: number): number
  /** The season of the newest of them. */
  lastSeason(key: number, slot: number): number
  add(key: number, slot: number, season: number, x: number): void
  /** Takes a strange value; true when the slot starts over with it. */
  refuse(key: number, slot: number, season: number, x: number): boolean
  /** All values move. */
  move(key: number, by: number): void
}

/** @param cycles values kept of each slot, 1 or more */
export function openSlotMedians(slots: number, cycles: number): SlotMedians {
  const each = VALUES + cycles
  const width = slots * each + 1
  const scratch = new Float64Array(cycles)
  let numbers: Float64Array = new Float64Array(0)
  const placeOf = (key: number, slot: number): number => key * width + slot * each
  /** What all values are above those kept. */
  const offsetOf = (key: number): number => key * width + width - 1

  const slotMedians: SlotMedians = {
    layout: { slots: { kind: 'f64', width } },
    bind(state) {
      numbers = f64(state, 'slots')
    },
    median(key, slot) {
      const at = placeOf(key, slot)
      const count = Math.min(numbers[at + COUNT]!, cycles)
      if (count === 0) return Number.NaN
      for (let i = 0; i < count; i++) {
        const x = numbers[at + VALUES + i]!
        let j = i
        for (; j > 0 && scratch[j - 1]! > x; j--) scratch[j] = scratch[j - 1]!
        scratch[j] = x
      }
      return numbers[offsetOf(key)]! + 0.5 * (scratch[(count - 1) >> 1]! + scratch[count >> 1]!)
    },
    count: (key, slot) => Math.min(numbers[placeOf(key, slot) + COUNT]!, cycles),
    lastSeason: (key, slot) => numbers[placeOf(key, slot) + LAST]!,
    add(key, slot, season, x) {
      const at = placeOf(key, slot)
      const count = numbers[at + COUNT]!
      numbers[at + VALUES + (count % cycles)] = x - numbers[offsetOf(key)]!
      numbers[at + COUNT] = count + 1
      numbers[at + LAST] = season
      numbers[at + REFUSED] = 0
    },
    refuse(key, slot, season, x) {
      const at = placeOf(key, slot)
      if (numbers[at + REFUSED] === 0) {
        numbers[at + REFUSED] = 1
        return false
      }
      numbers[at + COUNT] = 0
      slotMedians.add(key, slot, season, x)
      return true
    },
    move(key, by) {
      numbers[offsetOf(key)] = numbers[offsetOf(key)]! + by
    },
  }
  return slotMedians
}

/** Variances of the median of 0 to 5 independent standard normal variables (David & Nagaraja, *Order Statistics*, §3). */
const MEDIAN_VARIANCE = [Number.NaN, 1, 0.5, 0.4487, 0.2982, 0.2868] as const

/** Variance of the median of n independent standard normal variables, to one per cent; π/2n for many. */
export const medianVariance = (n: number): number =>
  n < MEDIAN_VARIANCE.length ? MEDIAN_VARIANCE[n]! : Math.PI / (2 * n + (n % 2 === 0 ? 2.68 : 0.92))
