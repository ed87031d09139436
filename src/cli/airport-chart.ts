/** The demo's chart: the weeks around the strongest incident of one airport. */

import { bandChart, type Figure } from '../plot/index.ts'
import { BAND_ALPHA } from './flights.ts'
import type { Incident } from './incidents.ts'

/** An hour of the airport with the scores of both series. */
export interface AirportHour {
  readonly windowStart: Date
  readonly departures: number
  readonly departuresLower: number | null
  readonly departuresUpper: number | null
  readonly departuresPValue: number | null
  readonly delay: number | null
  readonly delayLower: number | null
  readonly delayUpper: number | null
  readonly delayPValue: number | null
}

const DAY_MS = 86_400_000
/** Days shown before and after the incident. */
const BEFORE = 9
const AFTER = 6

export interface AirportChart {
  readonly airport: string
  /** In order. */
  readonly hours: readonly AirportHour[]
  /** What to show the weeks around of; without one, the last weeks are shown. */
  readonly incident: Incident | undefined
  /** p-values below this are alerts. */
  readonly alpha: number
}

/** Draws both series of an airport. */
export function airportChart({ airport, hours, incident, alpha }: AirportChart): Figure {
  const end = hours.at(-1)?.windowStart.getTime() ?? 0
  const from = (incident?.from.getTime() ?? end - AFTER * DAY_MS) - BEFORE * DAY_MS
  const to = (incident?.to.getTime() ?? end) + AFTER * DAY_MS
  const shown = hours.filter(({ windowStart }) => {
    const ms = windowStart.getTime()
    return ms >= from && ms <= to
  })
  const day = (hour: AirportHour | undefined) => hour?.windowStart.toISOString().slice(0, 10) ?? ''
  const isAlert = (pValue: number | null) => pValue !== null && pValue < alpha
  return bandChart({
    title: `${airport}: flights by the hour`,
    subtitle: `${day(shown[0])} to ${day(shown.at(-1))}; bands: where the models expected ${100 - 100 * BAND_ALPHA} of 100 hours, before they saw them`,
    times: shown.map(hour => hour.windowStart.getTime()),
    panels: [
      {
        name: 'departures per hour',
        observed: shown.map(hour => hour.departures),
        lower: shown.map(hour => hour.departuresLower),
        upper: shown.map(hour => hour.departuresUpper),
        alerts: shown.map(hour => isAlert(hour.departuresPValue)),
      },
      {
        name: 'mean delay, minutes',
        observed: shown.map(hour => hour.delay),
        lower: shown.map(hour => hour.delayLower),
        upper: shown.map(hour => hour.delayUpper),
        alerts: shown.map(hour => isAlert(hour.delayPValue)),
      },
    ],
  })
}
