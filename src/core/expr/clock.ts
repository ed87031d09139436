/** Between instants and what clocks of a zone show, in units of a column. */

import type { TimeZone } from '../types/time-zone.ts'
import { floorDiv } from './civil.ts'
import { floorDivBig } from './floor-big.ts'

/** Milliseconds of a number of units, rounded down. */
const msOf = (x: number, perSecond: number): number =>
  perSecond <= 1000 ? x * (1000 / perSecond) : floorDiv(x, perSecond / 1000)

/** What clocks show at an instant. Offsets are whole seconds. */
export const clockUnits = (x: number, zone: TimeZone, perSecond: number): number =>
  x + (zone.offsetAt(msOf(x, perSecond)) / 1000) * perSecond

/** The instant at which clocks show it; see {@link TimeZone}. */
export function instantUnits(clock: number, zone: TimeZone, perSecond: number): number {
  const ms = msOf(clock, perSecond)
  return clock + ((zone.instantOf(ms) - ms) / 1000) * perSecond
}

const msOfBig = (x: bigint, perSecond: number): number => Number(floorDivBig(x * 1000n, BigInt(perSecond)))

export const clockUnitsBig = (x: bigint, zone: TimeZone, perSecond: number): bigint =>
  x + BigInt(zone.offsetAt(msOfBig(x, perSecond)) / 1000) * BigInt(perSecond)

export function instantUnitsBig(clock: bigint, zone: TimeZone, perSecond: number): bigint {
  const ms = msOfBig(clock, perSecond)
  return clock + BigInt(Math.round((zone.instantOf(ms) - ms) / 1000)) * BigInt(perSecond)
}

/**
 * Cut down to a multiple of a span shorter than a day, as clocks count it. Of an hour that clocks show twice each is cut for
 * itself.
 */
export function truncateInZone(x: number, size: number, zone: TimeZone, perSecond: number): number {
  const clock = clockUnits(x, zone, perSecond)
  const start = floorDiv(clock, size) * size
  const likely = x - (clock - start)
  if (clockUnits(likely, zone, perSecond) === start) return likely
  const first = instantUnits(start, zone, perSecond)
  return first <= x ? first : likely
}

export function truncateInZoneBig(x: bigint, size: bigint, zone: TimeZone, perSecond: number): bigint {
  const clock = clockUnitsBig(x, zone, perSecond)
  const start = floorDivBig(clock, size) * size
  const likely = x - (clock - start)
  if (clockUnitsBig(likely, zone, perSecond) === start) return likely
  const first = instantUnitsBig(start, zone, perSecond)
  return first <= x ? first : likely
}
