/**
 * The values of the last seasons, slot by slot, and their medians: a profile that one outlier does not move.
 *
 * A slot that has an outlier twice running, while its neighbours have none, has changed: it starts over.
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { record } from '../../../core/record.ts'
import { f64 } from './fields.ts'

export interface SlotMedians {
  readonly layout: StateLayout
  bind(state: StateTable): void
  /** The median of a slot's values; NaN while there is none. */
  median(key: number, slot: number): number
  /** The number of values in that median. */
  count(key: number, slot: number): number
  /** The season of the newest of them. */
  lastSeason(key: number, slot: number): number
  add(key: number, slot: number, season: number, x: number): void
  /** Takes an outlier; true when the slot starts over with it. */
  refuse(key: number, slot: number, season: number, x: number): boolean
  /** All values move. */
  move(key: number, by: number): void
}

/** @param cycles values kept of each slot, 1 or more */
export function openSlotMedians(slots: number, cycles: number): SlotMedians {
  const SLOT = record({
    count: 'values that the slot has had',
    last: 'the season of the last one',
    refused: '1 when an outlier has come since',
    values: ['the last values, less the offset, a ring', cycles],
  })
  const SLOTS = record({
    slots: [SLOT, slots],
    offset: 'what all values are above those kept, in their unit',
  })
  const scratch = new Float64Array(cycles)
  let numbers: Float64Array = new Float64Array(0)
  const placeOf = (key: number, slot: number): number => key * SLOTS.width + slot * SLOT.width
  const offsetOf = (key: number): number => key * SLOTS.width + SLOTS.offset

  const slotMedians: SlotMedians = {
    layout: { slots: SLOTS.field },
    bind(state) {
      numbers = f64(state, 'slots')
    },
    median(key, slot) {
      const at = placeOf(key, slot)
      const count = Math.min(numbers[at + SLOT.count]!, cycles)
      if (count === 0) return Number.NaN
      for (let i = 0; i < count; i++) {
        const x = numbers[at + SLOT.values + i]!
        let j = i
        for (; j > 0 && scratch[j - 1]! > x; j--) scratch[j] = scratch[j - 1]!
        scratch[j] = x
      }
      return numbers[offsetOf(key)]! + 0.5 * (scratch[(count - 1) >> 1]! + scratch[count >> 1]!)
    },
    count: (key, slot) => Math.min(numbers[placeOf(key, slot) + SLOT.count]!, cycles),
    lastSeason: (key, slot) => numbers[placeOf(key, slot) + SLOT.last]!,
    add(key, slot, season, x) {
      const at = placeOf(key, slot)
      const count = numbers[at + SLOT.count]!
      numbers[at + SLOT.values + (count % cycles)] = x - numbers[offsetOf(key)]!
      numbers[at + SLOT.count] = count + 1
      numbers[at + SLOT.last] = season
      numbers[at + SLOT.refused] = 0
    },
    refuse(key, slot, season, x) {
      const at = placeOf(key, slot)
      if (numbers[at + SLOT.refused] === 0) {
        numbers[at + SLOT.refused] = 1
        return false
      }
      numbers[at + SLOT.count] = 0
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
