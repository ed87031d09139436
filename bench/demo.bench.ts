/**
 * The demo's pipeline at full speed, warm: three million flights from Parquet, replayed, counted and averaged by airport
 * and hour, scored, landed in DuckDB; and what is left of that time as parts are taken away. The peer is a loop written
 * by hand that does the scan and the aggregation only.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readFlights, scoreFlights } from '../src/cli/flights.ts'
import { duckdb, type JobOptions, memory, type PendingWrite, replay, start } from '../src/index.ts'
import { flightLoop } from './harness/flight-loop.ts'
import { type Case, measure } from './harness/measure.ts'
import { nullSink } from './harness/null-sink.ts'
import { rateOf } from './harness/report.ts'
import type { Suite } from './harness/suite.ts'

const FILE = fileURLToPath(new URL('../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url))
const ROWS = 3_000_000
const AIRPORT_HOURS = 424_259

const WHOLE = 'whole demo'
const LOOP = 'loop by hand: scan and aggregation'

export const demoSuite: Suite = async ({ quick, show }) => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const loop = await flightLoop(FILE)
  try {
    const measured = await measure(
      '3,000,000 flights',
      demoCases(join(directory, 'flights.duckdb'), loop.run),
      {
        rounds: quick ? 3 : 7,
        warmUps: quick ? 1 : 4,
        peers: [LOOP],
      },
    )
    show(measured)
    const aims = [
      { what: 'demo at full speed, 2 shards', got: rateOf(measured, WHOLE), atLeast: 10, unit: 'M rows/s' },
    ] as const
    return { measured: [measured], aims }
  } finally {
    loop.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

function demoCases(database: string, byHand: () => Promise<number>): Case[] {
  const flights = replay(readFlights(FILE), { time: 'date', speed: 'max' })
  const { hourly, alerts, airport } = scoreFlights(flights, { alpha: 1e-6, airport: 'IAH' })
  const landing = () => [hourly.write(duckdb(database, 'hourly')), alerts.write(duckdb(database, 'alerts'))]
  const summaries = () => [alerts.write(memory()), airport.write(memory())]
  const ours = (
    name: string,
    written: () => readonly PendingWrite[],
    options: JobOptions = { shards: 2 },
  ): Case => ({
    name,
    rows: ROWS,
    run: async () => {
      const job = await start(written(), options)
      const { rowsIn } = await job.done
      if (rowsIn !== ROWS) throw new Error(`expected ${ROWS} flights, got ${rowsIn}`)
    },
  })
  return [
    ours(WHOLE, () => [...landing(), ...summaries()]),
    ours('without the summaries', landing),
    ours('without landing', () => [hourly.write(nullSink()), alerts.write(nullSink())]),
    ours('without detection', () => [hourly.write(duckdb(database, 'hourly'))]),
    ours('scan and aggregation', () => [hourly.write(nullSink())]),
    ours('scan and aggregation, 1 shard', () => [hourly.write(nullSink())], { shards: 1 }),
    ours('scan', () => [flights.write(nullSink())]),
    {
      name: LOOP,
      rows: ROWS,
      run: async () => {
        const groups = await byHand()
        if (groups !== AIRPORT_HOURS)
          throw new Error(`expected ${AIRPORT_HOURS} airport-hours, got ${groups}`)
      },
    },
  ]
}
