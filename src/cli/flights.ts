/** The demo's pipeline: flights, counted and averaged by airport and hour, scored as they flow. */

import {
  arma,
  type Bounds,
  count,
  counts,
  type Dataset,
  type Expression,
  lit,
  mean,
  type RowOf,
  read,
  tumbling,
} from '../index.ts'

const COLUMNS = { date: 'timestamp', delay: 'int32', origin: 'utf8' } as const

/** What the pipeline needs to know of a flight: local time of departure, delay in minutes, airport. */
export type Flight = RowOf<typeof COLUMNS>

/** Flights of a Parquet file with at least the columns `date`, `delay` and `origin`. */
export const readFlights = (path: string) => read.parquet(path, COLUMNS)

export interface ScoreOptions {
  /** Rate of false alarms: of so many unremarkable hours, one is called an alert. */
  readonly alpha: number
  /** The airport to draw. */
  readonly airport: string
}

const ALERT_COLUMNS = [
  'origin',
  'windowStart',
  'windowEnd',
  'series',
  'observed',
  'expected',
  'lower',
  'upper',
  'pValue',
  'score',
  'reason',
] as const

/** The chart's bands hold all unremarkable hours but this share. */
export const BAND_ALPHA = 0.01

/** An airport that has been silent for so long is forgotten; until then its empty hours count as zero. */
const SILENCE = '7d'

/**
 * The datasets of the demo. They share one read of the flights, one aggregation, one model a series:
 *
 * - `hourly`: airport and hour, for hours with flights
 * - `alerts`: the anomalies of both series, in long form: `series` is `departures` or `delay`
 * - `airport`: all hours of one airport with both scores, for a chart: bounds at {@link BAND_ALPHA}
 *
 * Give it a replay or the bounded flights: the rows are the same.
 */
export function scoreFlights(flights: Dataset<Flight, Bounds>, { alpha, airport }: ScoreOptions) {
  const hourly = flights
    .watermark('date', { outOfOrder: '10m' })
    .groupBy('origin')
    .window(tumbling('1h'))
    .agg({ departures: count(), delay: mean('delay') })

  // An hour without a flight is a zero for the model of counts, and a missing value for that of delays.
  const filled = hourly.fillGaps({ values: { departures: 0 }, ttl: SILENCE })
  const departures = filled.detect('departures', counts(), { alpha })
  const delays = filled.detect('delay', arma({ p: 2, q: 1, season: '1d' }), { alpha })

  const departureAlerts = departures
    .filter(row => row.anomaly)
    .with({
      series: () => lit('departures'),
      observed: row => row.departures.cast('float64') as Expression<number | null>,
    })
    .select(...ALERT_COLUMNS)
  const delayAlerts = delays
    .filter(row => row.anomaly)
    .with({ series: () => lit('delay'), observed: row => row.delay })
    .select(...ALERT_COLUMNS)

  return {
    hourly,
    alerts: delayAlerts.union(departureAlerts),
    airport: filled
      .filter(row => row.origin.eq(airport))
      .detect('departures', counts(), { alpha: BAND_ALPHA, as: 'departures' })
      .detect('delay', arma({ p: 2, q: 1, season: '1d' }), { alpha: BAND_ALPHA, as: 'delay' }),
  }
}
