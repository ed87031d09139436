import { createHash } from 'node:crypto'
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect, it } from 'vitest'
import { readFlights, scoreFlights } from '../../src/cli/flights.ts'
import { type Dataset, memory, replay, start } from '../../src/index.ts'
import { FULL } from '../effort.ts'
import { millrace, millraceEach } from './run-cli.ts'
import { allFlights, sampleFlights, scratch, sql, text } from './sample.ts'

const ROWS = `SELECT md5(string_agg(row::VARCHAR, chr(10) ORDER BY row::VARCHAR)) AS rows, count(*)::INT AS n`

const tables = async (database: string) => [
  ...(await sql(`${ROWS} FROM hourly AS row`, database)),
  ...(await sql(`${ROWS} FROM alerts AS row`, database)),
]

it('finds the storm in three million flights, with nothing said about it', async () => {
  using dir = scratch()
  const { code, stdout, stderr } = await millrace(['demo'], { cwd: dir.path() })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^3,000,000 flights in /)
  expect(stdout).toMatch(/^IAH +departures +2001-06-08 \d\d:00 +2001-06-09 \d\d:00 /m)
  expect(stdout).toMatch(/^scored +[\d,]+ airport-hours of departures, [\d,]+ of delay: \d+ alerts/m)

  const database = dir.path('out', 'flights.duckdb')
  const [storm] = await sql(
    `SELECT sum(departures)::INT AS departures, count(DISTINCT a.windowStart)::INT AS alerts
     FROM hourly h LEFT JOIN alerts a USING (origin, windowStart)
     WHERE h.origin = 'IAH' AND h.windowStart::DATE = '2001-06-09'`,
    database,
  )
  expect(storm).toMatchObject({ departures: 27 })
  expect(Number(storm!.alerts)).toBeGreaterThan(3)
  expect(await sql('SELECT sum(departures)::INT AS flights FROM hourly', database)).toEqual([
    { flights: 3_000_000 },
  ])
  expect(readFileSync(dir.path('out', 'IAH.svg'), 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\s*$/)

  // The query that is printed works as it is printed: same words, same place.
  const printed = /^query +node \S+ query (\S+) "(.*)"$/m.exec(stdout)!
  const queried = await millrace(['query', printed[1]!, printed[2]!], { cwd: dir.path() })
  expect(queried.code).toBe(0)
  expect(queried.stdout.split('\n')[2]).toMatch(/^2001-06-09 +27 /)
})

it.runIf(FULL)('gives the same rows when run again, at any number of shards', async () => {
  using dir = scratch()
  await sampleFlights(dir.path('flights.parquet'))
  const run = (...more: string[]) =>
    millrace(['demo', '--file', 'flights.parquet', '--alpha', '1e-4', ...more], { cwd: dir.path() })
  expect((await run()).code).toBe(0)
  const first = await tables(dir.path('out', 'flights.duckdb'))
  const chart = createHash('sha256')
    .update(readFileSync(dir.path('out', 'IAH.svg')))
    .digest('hex')
  expect(Number(first[0]!.n)).toBeGreaterThan(1000)
  expect(Number(first[1]!.n)).toBeGreaterThan(3)

  expect((await run('--shards', '1')).code).toBe(0)
  expect(await tables(dir.path('out', 'flights.duckdb'))).toEqual(first)
  expect(
    createHash('sha256')
      .update(readFileSync(dir.path('out', 'IAH.svg')))
      .digest('hex'),
  ).toBe(chart)
})

it('gives the rows of the bounded flights, replayed or not', async () => {
  using dir = scratch()
  await sampleFlights(dir.path('flights.parquet'))
  const rowsOf = async (flights: Dataset<any, any>) => {
    const { hourly, alerts, airport } = scoreFlights(flights, { alpha: 1e-3, airport: 'IAH' })
    const sinks = [hourly, alerts, airport].map(dataset => [dataset, memory()] as const)
    const job = await start(
      sinks.map(([dataset, sink]) => dataset.write(sink)),
      { shards: 2 },
    )
    await job.done
    return sinks.map(([, sink]) =>
      sink
        .rows()
        .map(row => JSON.stringify(row))
        .sort(),
    )
  }
  const flights = readFlights(dir.path('flights.parquet'))
  const bounded = await rowsOf(flights)
  expect(bounded.map(rows => rows.length > 0)).toEqual([true, true, true])
  expect(await rowsOf(replay(flights, { time: 'date' }))).toEqual(bounded)
})

it('a database that is open elsewhere is named, and left alone', async () => {
  using dir = scratch()
  await sampleFlights(dir.path('flights.parquet'))
  const path = dir.path('flights.duckdb')
  const holder = await DuckDBInstance.create(path)
  try {
    const { code, stdout, stderr } = await millrace([
      'demo',
      '--file',
      dir.path('flights.parquet'),
      '--out',
      dir.path(),
    ])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('millrace: DATABASE_LOCKED: ')
    expect(stderr).toContain('HINT: close it there')
    expect(stderr).not.toMatch(/^\s+at .*:\d+/m)
  } finally {
    holder.closeSync()
  }
})

it('bad files are named for what they are', async () => {
  using dir = scratch()
  await sql(`COPY (SELECT now()::TIMESTAMP AS date, 1 AS delay) TO ${text(dir.path('few.parquet'))}`)
  copyFileSync(allFlights, dir.path('half.parquet'))
  truncateSync(dir.path('half.parquet'), 1_000_000)
  writeFileSync(dir.path('empty.parquet'), '')

  const bad = {
    'missing.parquet': 'FILE_NOT_FOUND',
    'few.parquet': '"origin"',
    'half.parquet': 'CORRUPT_FILE',
    'empty.parquet': 'CORRUPT_FILE',
  }
  const answers = await millraceEach(
    Object.keys(bad).map(file => ['demo', '--file', dir.path(file), '--out', dir.path('out')]),
    { cwd: dir.path() },
  )
  for (const [i, what] of Object.values(bad).entries()) {
    expect(answers[i]).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining(what) })
  }
})

it('a file without rows gives empty tables and no chart', async () => {
  using dir = scratch()
  await sql(
    `COPY (SELECT * FROM read_parquet(${text(allFlights)}) LIMIT 0) TO ${text(dir.path('none.parquet'))} (FORMAT parquet)`,
  )
  const { code, stdout } = await millrace(['demo', '--file', 'none.parquet'], { cwd: dir.path() })
  expect(code).toBe(0)
  expect(stdout).toContain('no alerts')
  expect(stdout).toContain('none: no flights from "IAH"')
  expect((await tables(dir.path('out', 'flights.duckdb'))).map(({ n }) => n)).toEqual([0, 0])
})

it('hostile airports are data: in tables, in the chart, in the printed query', async () => {
  using dir = scratch()
  const airport = `"; DROP TABLE hourly; --\n<script>\${x}'`
  await sql(`COPY (
    SELECT date, delay, ${text(airport)} AS origin FROM read_parquet(${text(allFlights)})
    WHERE origin = 'SNA' AND date < '2001-02-01'
  ) TO ${text(dir.path('f.parquet'))} (FORMAT parquet)`)
  const { code, stdout, stderr } = await millrace(['demo', '--file', 'f.parquet', '--airport', airport], {
    cwd: dir.path(),
  })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).not.toContain(airport)
  const chart = /^chart +(\S+)$/m.exec(stdout)![1]!
  expect(readFileSync(dir.path(chart), 'utf8')).not.toContain('<script>')
  expect(await sql('SELECT DISTINCT origin FROM hourly', dir.path('out', 'flights.duckdb'))).toEqual([
    { origin: airport },
  ])
})

it('Ctrl-C in the middle ends the process by itself and leaves the tables as they were', async () => {
  using dir = scratch()
  await sampleFlights(dir.path('flights.parquet'))
  await sql(`SELECT 1; CREATE TABLE hourly AS SELECT 'before' AS origin`, dir.path('flights.duckdb'))
  let asked = false
  const { code, stdout, stderr } = await millrace(
    ['demo', '--file', dir.path('flights.parquet'), '--out', dir.path(), '--speed', '3600', '--progress'],
    {
      onStderr(soFar, child) {
        if (asked || !soFar.includes('watermark')) return
        asked = true
        child.kill('SIGINT')
      },
    },
  )
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
  expect(stderr).toContain('interrupted')
  expect(await sql('FROM hourly', dir.path('flights.duckdb'))).toEqual([{ origin: 'before' }])
})

it('says how to get the flights when the package does not bring them', async () => {
  const { demoFile } = await import('../../src/cli/demo-file.ts')
  expect(demoFile()).toBe(allFlights)
  expect(() => demoFile([new URL('file:///nowhere/package.json')])).toThrow(/npm install vega-datasets/)
})
