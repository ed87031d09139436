/** `millrace demo`: three million flights, replayed as a stream, scored, landed, drawn. */

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatTable } from '../core/batch/format-table.ts'
import { MillraceError, textOf } from '../core/errors.ts'
import { duckdb, memory, replay, start } from '../index.ts'
import type { AirportChart, AirportHour } from './airport-chart.ts'
import { type Command, EXIT } from './command.ts'
import { demoFile } from './demo-file.ts'
import { readFlights, scoreFlights } from './flights.ts'
import { type Alert, type Incident, incidentsOf } from './incidents.ts'
import { interruptible } from './interrupt.ts'
import { type LivePage, livePage, UI_OPTIONS } from './live-page.ts'
import { large, progressLine } from './progress-line.ts'
import { program, quoted, quotedSql } from './shell.ts'
import { alphaOf, numberIn, parse, UsageError } from './usage.ts'

const DEFAULT_ALPHA = 1e-6
const SHOWN = 10

const help = `millrace demo: replays flights as a stream and finds the unusual hours

Counts departures and averages delays by airport and hour, scores both series of every airport while they flow (a count
model that knows the hour of the week; an ARMA model), and lands the tables hourly and alerts in OUT/flights.duckdb and a
chart of one airport in OUT. Running it again replaces them with the same rows.

usage: millrace demo [options]

options
  --file FILE      Parquet file with the columns date, delay and origin
                   (default: the three million flights of the npm package vega-datasets)
  --speed SPEED    max, or how many times as fast as it happened: 3600 is an hour a second (default: max)
  --out DIR        where results go (default: out)
  --airport CODE   the airport to draw (default: IAH)
  --alpha RATE     rate of false alarms (default: ${DEFAULT_ALPHA})
  --shards N       worker threads (default: one a processor)
  --ui             a live page of the job, until Ctrl-C: http://127.0.0.1:8081
  --ui-port N      its port; 0: any that is free (default: 8081)
  --progress       progress on stderr, line by line, even where that is no terminal

examples
  millrace demo
  millrace demo --speed 86400 --airport ORD
  millrace demo --file flights.parquet --out results
`

export const demo: Command = {
  help,
  async run(args) {
    const { values, positionals } = parse(args, {
      file: { type: 'string' },
      speed: { type: 'string' },
      out: { type: 'string' },
      airport: { type: 'string' },
      alpha: { type: 'string' },
      shards: { type: 'string' },
      progress: { type: 'boolean' },
      ...UI_OPTIONS,
    })
    if (positionals.length > 0) {
      throw new UsageError(`demo takes no ${JSON.stringify(positionals[0])}`, 'a file is given by --file')
    }
    const out = values.out ?? 'out'
    const airport = values.airport ?? 'IAH'
    const alpha = alphaOf(values.alpha, DEFAULT_ALPHA)
    const speed = speedOf(values.speed)
    const shards = numberIn(values.shards, 'shards', { least: 0, most: 256, whole: true })
    const database = join(out, 'flights.duckdb')

    const flights = replay(readFlights(values.file ?? demoFile()), { time: 'date', speed })
    const datasets = scoreFlights(flights, { alpha, airport })
    const sinks = { alerts: memory(), airport: memory() }
    const line = progressLine({ always: values.progress })
    let page: LivePage | undefined
    const done = await interruptible(async signal => {
      try {
        const job = await start(
          [
            datasets.hourly.write(duckdb(database, 'hourly')),
            datasets.alerts.write(duckdb(database, 'alerts')),
            datasets.alerts.write(sinks.alerts),
            datasets.airport.write(sinks.airport),
          ],
          { signal, onProgress: line.onProgress, ...(shards === undefined ? {} : { shards }) },
        )
        page = await livePage(job, 'demo', values)
        return await job.done
      } finally {
        line.clear()
      }
    })

    const alerts = sinks.alerts.rows() as unknown as Alert[]
    const hours = sinks.airport.rows() as unknown as AirportHour[]
    const incidents = incidentsOf(alerts)
    const chart = await drawChart(out, { airport, hours, incident: incidents.find(at(airport)), alpha })
    const scored = (series: string) =>
      thousands(done.scored.find(({ column, as }) => column === series && as === '')!.values)
    const perSecond = (done.rowsIn * 1000) / Math.max(1, done.elapsedMs)
    process.stdout.write(
      `${[
        `${thousands(done.rowsIn)} flights in ${(done.elapsedMs / 1000).toFixed(1)} s, ${large(perSecond)} rows/s`,
        '',
        ...report(incidents, alerts.length),
        '',
        `scored    ${scored('departures')} airport-hours of departures, ${scored('delay')} of delay: ${count(alerts.length, 'alert')} at a false-alarm rate of ${rate(alpha)}`,
        `database  ${database}, tables hourly and alerts`,
        `chart     ${chart ?? `none: no flights from ${JSON.stringify(airport)}`}`,
        `query     ${program()} query ${quoted(database)} ${quotedSql(exampleSql(airport))}`,
      ].join('\n')}\n`,
    )
    await page?.stay()
    return EXIT.ok
  },
}

function speedOf(text: string | undefined): 'max' | number {
  if (text === undefined || text === 'max') return 'max'
  const speed = Number(text)
  if (speed > 0 && speed < Number.POSITIVE_INFINITY) return speed
  throw new UsageError(
    `--speed takes max or a positive number, got ${JSON.stringify(text)}`,
    '--speed 3600 is an hour a second',
  )
}

async function drawChart(out: string, what: AirportChart): Promise<string | undefined> {
  if (what.hours.length === 0) return undefined
  const { airportChart } = await import('./airport-chart.ts')
  const path = join(out, `${what.airport.replace(/[^\w-]+/g, '_').slice(0, 80) || 'airport'}.svg`)
  await mkdir(out, { recursive: true })
  try {
    await writeFile(path, airportChart(what).svg())
    return path
  } catch (error) {
    // The tables are written: a package that is missing does not undo them.
    if (error instanceof MillraceError && error.code === 'MISSING_PACKAGE')
      return `none: ${textOf(error)}; ${error.hint}`
    throw error
  }
}

const at =
  (airport: string) =>
  ({ origin }: Incident): boolean =>
    origin === airport

function report(incidents: readonly Incident[], alerts: number): string[] {
  if (incidents.length === 0) return ['no alerts']
  const rows = incidents.slice(0, SHOWN).map(incident => ({
    airport: incident.origin,
    series: incident.series,
    from: minute(incident.from),
    to: minute(incident.to),
    hours: incident.hours,
    observed: Number(incident.observed.toFixed(1)),
    expected: Number(incident.expected.toFixed(1)),
    score: Number(incident.score.toFixed(1)),
  }))
  const table = formatTable(
    [
      { name: 'airport', type: 'utf8' },
      { name: 'series', type: 'utf8' },
      { name: 'from', type: 'utf8' },
      { name: 'to', type: 'utf8' },
      { name: 'hours', type: 'int32' },
      { name: 'observed', type: 'float64' },
      { name: 'expected', type: 'float64' },
      { name: 'score', type: 'float64' },
    ],
    rows,
  )
  return [
    `strongest of ${count(incidents.length, 'incident')} (${count(alerts, 'alert')}, those of one airport, series and direction within a day taken together):`,
    '',
    table,
  ]
}

/** Days by departures, fewest first: the model's word can be checked with it. */
const exampleSql = (airport: string): string =>
  /^[\w -]{1,40}$/.test(airport)
    ? `SELECT windowStart::DATE AS day, sum(departures) AS departures, round(avg(delay), 1) AS delay FROM hourly WHERE origin = '${airport}' GROUP BY day ORDER BY departures LIMIT 5`
    : 'SELECT origin, series, count(*) AS alerts, max(score) AS score FROM alerts GROUP BY ALL ORDER BY score DESC LIMIT 10'

const minute = (date: Date): string => date.toISOString().slice(0, 16).replace('T', ' ')
const rate = (alpha: number): string => (alpha < 1e-3 ? alpha.toExponential() : String(alpha))
const thousands = (value: number): string => value.toLocaleString('en-US')
const count = (value: number, what: string): string => `${thousands(value)} ${what}${value === 1 ? '' : 's'}`
