import { writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { MODEL_NAMES, modelOf } from '../../src/cli/models.ts'
import { FULL } from '../effort.ts'
import { millrace } from './run-cli.ts'
import { sampleFlights, scratch, sql, text } from './sample.ts'

it('scores counts by airport and hour, empty hours as zeros', async () => {
  using dir = scratch()
  await sampleFlights(dir.path('flights.parquet'))
  const { code, stdout } = await millrace(
    ['detect', 'flights.parquet', '--time', 'date', '--by', 'origin', '--window', '1h'].concat([
      '--model',
      'counts',
      '--into',
      'd.duckdb',
    ]),
    { cwd: dir.path() },
  )
  expect(code).toBe(0)
  expect(stdout).toMatch(/^strongest:/)
  expect(stdout).toMatch(/^scored +[\d,]+ of [\d,]+ windows, \d+ anomalies$/m)
  const rows = await sql(
    `SELECT count(*) FILTER ("count" = 0) > 0 AS zeros, sum("count")::INT AS flights,
       bool_or(anomaly AND origin = 'IAH' AND windowStart::DATE = '2001-06-09') AS storm FROM detected`,
    dir.path('d.duckdb'),
  )
  const [all] = await sql(`SELECT count(*)::INT AS flights FROM ${text(dir.path('flights.parquet'))}`)
  expect(rows).toEqual([{ zeros: true, flights: all!.flights, storm: true }])
})

it.each(FULL ? ['auto', 'cusum', 'holtWinters', 'seasonalNaive'] : ['seasonalNaive'])(
  'scores by %s',
  async model => {
    using dir = scratch()
    await sampleFlights(dir.path('flights.parquet'))
    const args = ['detect', 'flights.parquet', '--time', 'date', '--value', 'delay', '--window', '1h']
    const own = model === 'auto' ? [] : ['--model', model]
    const season = model === 'seasonalNaive' ? ['--season', '1d'] : []
    const { code, stderr } = await millrace([...args, ...own, ...season, '--into', 'd.duckdb'], {
      cwd: dir.path(),
    })
    expect(code, stderr).toBe(0)
    const [row] = await sql('SELECT count("pValue")::INT AS scored FROM detected', dir.path('d.duckdb'))
    expect(row!.scored).toBeGreaterThan(100)
  },
)

it('scores means with an ARMA model into a table of the name given, all rows as one series', async () => {
  using dir = scratch()
  await sampleFlights(dir.path('flights.parquet'))
  const args = [
    'detect',
    'flights.parquet',
    '--time',
    'date',
    '--value',
    'delay',
    '--window',
    '1h',
    '--model',
  ].concat(['arma', '--season', '1d', '--alpha', '0.01', '--into', 'd.duckdb:mean "delay"'])
  const { code, stdout, stderr } = await millrace(args, { cwd: dir.path() })
  expect(code, stderr).toBe(0)
  const columns = await sql(`DESCRIBE "mean ""delay"""`, dir.path('d.duckdb'))
  expect(columns.map(({ column_name }) => column_name)).toEqual([
    'windowStart',
    'windowEnd',
    'delay',
    'expected',
    'lower',
    'upper',
    'pValue',
    'score',
    'anomaly',
    'reason',
    'reasonScore',
    'suppressed',
  ])
  expect(stdout).toContain(`table "mean \\"delay\\""`)
  // The printed query works as printed, in a shell.
  const printed = /^query +node \S+ query (\S+) '(.*)'$/m.exec(stdout)!
  expect(await millrace(['query', printed[1]!, printed[2]!], { cwd: dir.path() })).toMatchObject({ code: 0 })
})

it('names of columns are data', async () => {
  using dir = scratch()
  const [time, by, value] = [`t"'\n;--`, '__proto__', '${x}']
  const name = (column: string) => `"${column.replaceAll('"', '""')}"`
  await sql(`COPY (
    SELECT TIMESTAMP '2026-01-01' + INTERVAL (i) HOUR AS ${name(time)}, 'k' || (i % 2) AS ${name(by)}, i % 7 AS ${name(value)}
    FROM range(600) r(i)
  ) TO ${text(dir.path('f.parquet'))} (FORMAT parquet)`)
  const { code, stderr } = await millrace(
    ['detect', 'f.parquet', '--time', time, '--by', by, '--value', value, '--window', '2h'].concat([
      '--agg',
      'sum',
      '--model',
      'arma',
      '--into',
      'd.duckdb',
    ]),
    { cwd: dir.path() },
  )
  expect(code, stderr).toBe(0)
  expect(
    await sql(
      `SELECT count(*)::INT AS n, sum(${name(value)})::INT AS total FROM detected`,
      dir.path('d.duckdb'),
    ),
  ).toEqual([{ n: 600, total: Array.from({ length: 600 }, (_, i) => i % 7).reduce((a, b) => a + b) }])
})

it('a column that is not there is named', async () => {
  using dir = scratch()
  await sampleFlights(dir.path('flights.parquet'))
  const { code, stderr } = await millrace(
    ['detect', 'flights.parquet', '--time', 'date', '--by', 'airport', '--window', '1h'].concat([
      '--model',
      'counts',
      '--into',
      'd.duckdb',
    ]),
    { cwd: dir.path() },
  )
  expect(code).toBe(1)
  expect(stderr).toContain('millrace: UNKNOWN_COLUMN: ')
  expect(stderr).toContain('"airport"')
})

it('--follow prints anomalies, and stops with what was read in the table', async () => {
  using dir = scratch()
  const hours = Array.from({ length: 24 * 20 }, (_, hour) => Date.UTC(2026, 0, 1, hour))
  const lines = hours.flatMap((ms, hour) => {
    const n = hour === 400 ? 90 : 2 + (hour % 3)
    return Array.from({ length: n }, () => JSON.stringify({ at: new Date(ms).toISOString() }))
  })
  writeFileSync(dir.path('a.jsonl'), `${lines.join('\n')}\n`)
  let stopped = false
  const args = [
    'detect',
    'a.jsonl',
    '--follow',
    '--progress',
    '--time',
    'at',
    '--window',
    '1h',
    '--shards',
    '0',
  ]
  const ended = await millrace([...args, '--model', 'counts', '--into', 'd.duckdb'], {
    cwd: dir.path(),
    // The first report is that of the first block, which holds the whole file.
    onStderr(_, child) {
      if (!stopped) stopped = child.kill('SIGINT')
    },
  })
  expect(ended.code, ended.stderr).toBe(0)
  const [found, report] = ended.stdout.split('strongest:')
  for (const part of [found, report])
    expect(part).toMatch(/^2026-01-17 16:00:00 .* 90 .* true +count .* false$/m)
  const rows = await sql('SELECT max("count")::INT AS most FROM detected WHERE anomaly', dir.path('d.duckdb'))
  expect(rows).toEqual([{ most: 90 }])
})

it.each(MODEL_NAMES)('%s takes a warm-up, as a time or as windows', name => {
  const season = name === 'seasonalNaive' ? { season: '1d' } : {}
  const warmupOf = (warmup: string) => modelOf(name, { ...season, warmup, window: '30m' })
  expect(warmupOf('500h')).toEqual(warmupOf('1000'))
  expect(warmupOf('500h')).not.toEqual(warmupOf('600h'))
  expect(() => warmupOf('soon')).toThrow(/^--warmup: /)
})
