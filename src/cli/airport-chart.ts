/** The demo's chart: the weeks around the strongest incident of one airport. */

import { bandChart, type Figure } from '../plot/index.ts'
import type { Incident } from './incidents.ts'

/** An hour of the airport with the judgements of both series. */
export interface AirportHour {
  readonly windowStart: Date
  readonly departures: number
  readonly departuresExpected: number | null
  readonly departuresLower: number | null
  readonly departuresUpper: number | null
  readonly departuresAnomaly: boolean | null
  readonly delay: number | null
  readonly delayExpected: number | null
  readonly delayLower: number | null
  readonly delayUpper: number | null
  readonly delayAnomaly: boolean | null
}

const DAY_MS = 86_400_000
/** Days shown before and after the incident. */
const BEFORE = 9
const AFTER = 6

/** Draws hours, which come in order. Without an incident: the last of them. */
export function airportChart(
  airport: string,
  hours: readonly AirportHour[],
  incident: Incident | undefined,
): Figure {
  const end = hours.at(-1)?.windowStart.getTime() ?? 0
  const from = (incident?.from.getTime() ?? end - AFTER * DAY_MS) - BEFORE * DAY_MS
  const to = (incident?.to.getTime() ?? end) + AFTER * DAY_MS
  const shown = hours.filter(({ windowStart }) => {
    const ms = windowStart.getTime()
    return ms >= from && ms <= to
  })
  const day = (hour: AirportHour | undefined) => hour?.windowStart.toISOString().slice(0, 10) ?? ''
  return bandChart({
    title: `${airport}: flights by the hour`,
    subtitle: `${day(shown[0])} to ${day(shown.at(-1))}; bands hold what the models expected before they saw the hour`,
    times: shown.map(hour => hour.windowStart.getTime()),
    panels: [
      {
        name: 'departures an hour',
        observed: shown.map(hour => hour.departures),
        lower: shown.map(hour => hour.departuresLower),
        upper: shown.map(hour => hour.departuresUpper),
        alerts: shown.map(hour => hour.departuresAnomaly === true),
      },
      {
        name: 'mean delay, minutes',
        observed: shown.map(hour => hour.delay),
        lower: shown.map(hour => hour.delayLower),
        upper: shown.map(hour => hour.delayUpper),
        alerts: shown.map(hour => hour.delayAnomaly === true),
      },
    ],
  })
}
