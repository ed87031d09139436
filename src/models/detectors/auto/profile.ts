/**
 * The seasons of a key: what each slot adds to the level. An array of its own, as most series have none, and others long ones.
 *
 * It begins with the number of seasons, and by how many steps they are ahead of the clock; then of each its length in steps
 * and its slots; then the means of the slots, and how many values each has.
 */
import { slotPlace, valueAt } from './seasons.ts'

export interface SlotSeason {
  readonly period: number
  readonly slots: number
  readonly means: Float64Array
  readonly visits: Float64Array
}

/** Visits of a slot that its mean remembers. */
const MEMORY = 16

const COUNT = 0
const AHEAD = 1
const HEADER = 2

/** The array of some seasons. */
export function profileOf(seasons: readonly SlotSeason[]): Float64Array {
  const size = seasons.reduce((sum, { slots }) => sum + 2 + 2 * slots, HEADER)
  const profile = new Float64Array(size)
  profile[COUNT] = seasons.length
  let at = HEADER
  for (const { period, slots, means, visits } of seasons) {
    profile[at] = period
    profile[at + 1] = slots
    profile.set(means, at + 2)
    profile.set(
      visits.map(count => Math.min(count, MEMORY)),
      at + 2 + slots,
    )
    at += 2 + 2 * slots
  }
  return profile
}

/** What the seasons add at a place. */
export function seasonalAt(profile: Float64Array, place: number): number {
  let sum = 0
  let at = HEADER
  const ahead = place + profile[AHEAD]!
  for (let k = profile[COUNT]!; k > 0; k--) {
    const slots = profile[at + 1]!
    sum += valueAt(profile, ahead, profile[at]!, slots, at + 2)
    at += 2 + 2 * slots
  }
  return sum
}

/** Learns that the value at a place was `off` from what the seasons add. */
export function learnSeason(profile: Float64Array, place: number, off: number): void {
  let at = HEADER
  let rest = off
  const ahead = place + profile[AHEAD]!
  for (let k = profile[COUNT]!; k > 0; k--) {
    const period = profile[at]!
    const slots = profile[at + 1]!
    const slot = at + 2 + Math.floor(slotPlace(ahead, period, slots))
    // A slot of several steps has as many values to a visit.
    const share = Math.min(1, slots / period)
    const visits = Math.min(profile[slot + slots]! + (slots >= 48 ? share : 1), MEMORY)
    const by = (rest * (slots >= 48 ? share : 1)) / visits
    profile[slot + slots] = visits
    profile[slot] = profile[slot]! + by
    rest -= by
    at += 2 + 2 * slots
  }
}

/** Visits of the slots are worth `count` at most: what comes changes them faster. */
export function forgetSeason(profile: Float64Array, count: number): void {
  let at = HEADER
  for (let k = profile[COUNT]!; k > 0; k--) {
    const slots = profile[at + 1]!
    for (let j = at + 2 + slots; j < at + 2 + 2 * slots; j++) profile[j] = Math.min(profile[j]!, count)
    at += 2 + 2 * slots
  }
}

/** Moves the seasons by some steps against the clock. */
export function shiftSeason(profile: Float64Array, steps: number): void {
  profile[AHEAD] = profile[AHEAD]! + steps
}

/** By how many steps the seasons are ahead of the clock. */
export const aheadOf = (profile: Float64Array): number => profile[AHEAD]!

/** The lengths of the seasons, in steps. */
export function periodsOf(profile: Float64Array): number[] {
  const periods: number[] = []
  let at = HEADER
  for (let k = profile[COUNT]!; k > 0; k--) {
    periods.push(profile[at]!)
    at += 2 + 2 * profile[at + 1]!
  }
  return periods
}
