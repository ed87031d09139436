/** From what clocks of a zone show to UTC, for many times: the zone is asked once per quarter of an hour. */

import { timeZone } from '../../types/time-zone.ts'

const QUARTER = 900
const MAX_KNOWN = 100_000

export interface ZoneOffsets {
  /**
   * The instant, in seconds since 1970 UTC, at which clocks show a civil time, in seconds as if it were UTC. Where they show
   * it twice it is the first; where never, as much later as clocks are put forward.
   */
  instantOf(civilSeconds: number): number
}

export function zoneOffsets(zone: string): ZoneOffsets {
  const clock = timeZone(zone)
  const instant = (civilSeconds: number) => Math.round(clock.instantOf(civilSeconds * 1000) / 1000)
  /** Seconds from civil time to UTC by quarter; NaN where they are not the same all through it. */
  const known = new Map<number, number>()
  return {
    instantOf(civilSeconds) {
      const quarter = Math.floor(civilSeconds / QUARTER)
      let shift = known.get(quarter)
      if (shift === undefined) {
        const start = quarter * QUARTER
        const [first, last] = [instant(start) - start, instant(start + QUARTER - 1) - start - QUARTER + 1]
        shift = first === last ? first : Number.NaN
        if (known.size >= MAX_KNOWN) known.clear()
        known.set(quarter, shift)
      }
      return Number.isNaN(shift) ? instant(civilSeconds) : civilSeconds + shift
    },
  }
}
