/** `millrace detect`: series of files, scored against a model. */

import { formatTable } from '../core/batch/format-table.ts'
import { rowsOf } from '../core/batch/rows.ts'
import { aggregate } from '../core/dataset/aggregate.ts'
import { simpleFoldNames } from '../core/folds/index.ts'
import {
  type Aggregate,
  type Dataset,
  type Duration,
  duckdb,
  type Job,
  start,
  toConsole,
  tumbling,
} from '../index.ts'
import { type Command, EXIT } from './command.ts'
import { checkFiles, FILES_HELP, FOLLOW_HELP, openFiles } from './files.ts'
import { interruptible, untilStopped } from './interrupt.ts'
import { type LivePage, livePage, UI_HELP, UI_OPTIONS } from './live-page.ts'
import { MODEL_NAMES, modelOf, takersOf } from './models.ts'
import { large, progressLine } from './progress-line.ts'
import { READ_HELP, READ_OPTIONS, readingOf, skippedText } from './read-options.ts'
import { program, quoted, quotedSql } from './shell.ts'
import { alphaOf, numberIn, parse, required, typed, UsageError } from './usage.ts'

const DEFAULT_ALPHA = 1e-4
const DEFAULT_TABLE = 'detected'
const SHOWN = 10
/** How long a series that is followed is filled up without a row. */
const QUIET: Duration = '7d'

/** Anomalies as they are found; nothing where there are none. */
const FOUND = {
  limit: 1000,
  digits: 4,
  write: (text: string) => void (text.endsWith('(no rows)\n') || process.stdout.write(text)),
}

const WARMING_UP =
  '          none yet: a model first sees some of each series, counts two weeks of it, others 50 to 200 windows;\n          --warmup makes it less, at its price: its page, node_modules/millrace/docs/models/detectors'

const AGGREGATES: readonly string[] = simpleFoldNames()

/** Names, in as many lines of the help as they take. */
function wrapped(names: readonly string[]): string {
  const lines: string[] = []
  for (const name of names) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + name.length < 90) lines[lines.length - 1] = `${last}, ${name}`
    else lines.push(name)
  }
  return lines.join(`,\n${' '.repeat(23)}`)
}

const help = `millrace detect: scores series of files against a model

${FILES_HELP}

Aggregates a column by window of event time, one series for each value of the columns --by, scores every window, and
writes all of them with expected, lower, upper, pValue, score and anomaly into a DuckDB table.

usage: millrace detect FILE… --time COLUMN --window SIZE --into DB[:TABLE] [options]

options
  --time COLUMN        event time: a timestamp or a date
  --window SIZE        size of the windows: 10m, 1h, 1d
  --model MODEL        ${wrapped(MODEL_NAMES)}
                       (default: auto)
  --into DB[:TABLE]    DuckDB file and table, which is replaced (default table: ${DEFAULT_TABLE})
  --agg NAME           ${AGGREGATES.join(', ')}
                       (default: count for counts, otherwise mean)
  --value COLUMN       what is aggregated; needed but for count
  --by COLUMN,...      what makes a series; may be given several times (default: all rows are one series)
  --alpha RATE         rate of false alarms (default: ${DEFAULT_ALPHA})
  --season SEASON      ${wrapped(takersOf('season'))}: a length, as in 1d;
                       counts takes hourOfWeek (default), hourOfDay or none instead
  --p N, --q N         ${wrapped(takersOf('p'))}: autoregressive and moving-average lags (default: 2 and 1)
  --warmup SPAN        what passes of each series before its first score: a time, as in 2d, or a number of windows
                       (default: as the model has it; 150 windows for auto, two weeks for counts)
${FOLLOW_HELP};
                       anomalies are printed as they are found
${READ_HELP}
  --shards N           worker threads (default: one per processor; none for small files)
${UI_HELP}
  --progress           progress on stderr, line by line, even where that is no terminal

Windows without rows are zeros for count and sum (with --follow for a week, then the series has ended), missing for the
others.

examples
  millrace detect flights.parquet --time date --by origin --window 1h --model counts --into out/flights.duckdb
  millrace detect flights.parquet --time date --value delay --by origin --window 1h --model arma --season 1d \\
    --alpha 1e-6 --into out/flights.duckdb:delays
  millrace detect access.jsonl --follow --time at --by path --window 1m --model counts --into out/access.duckdb
`

export const detect: Command = {
  help,
  async run(args) {
    const { values, positionals } = parse(args, {
      time: { type: 'string' },
      value: { type: 'string' },
      by: { type: 'string', multiple: true },
      window: { type: 'string' },
      agg: { type: 'string' },
      model: { type: 'string' },
      season: { type: 'string' },
      warmup: { type: 'string' },
      p: { type: 'string' },
      q: { type: 'string' },
      alpha: { type: 'string' },
      into: { type: 'string' },
      shards: { type: 'string' },
      progress: { type: 'boolean' },
      ...READ_OPTIONS,
      follow: { type: 'boolean' },
      ...UI_OPTIONS,
    })
    checkFiles(positionals, 'detect')
    const time = required(values.time, 'time', 'date')
    const window = typed('window', () => tumbling(required(values.window, 'window', '1h') as Duration))
    const model = values.model ?? 'auto'
    const detector = modelOf(model, values)
    const { path, table } = target(required(values.into, 'into', 'out/results.duckdb'))
    const alpha = alphaOf(values.alpha, DEFAULT_ALPHA)
    const shards = numberIn(values.shards, 'shards', { least: 0, most: 256, whole: true })
    const by = (values.by ?? []).flatMap(names => names.split(',')).filter(name => name !== '')
    const agg = values.agg ?? (model === 'counts' ? 'count' : 'mean')
    const aggregate = aggregateOf(agg, values.value)
    const value = values.value ?? agg

    const { follow = false } = values
    await using opened = await openFiles(positionals, readingOf(values), 'detect', follow)
    const windows = opened.dataset
      .watermark(time)
      .groupBy(...by)
      .window(window)
      .agg({ [value]: aggregate })
    const additive = agg === 'count' || agg === 'sum'
    const zeros = { values: { [value]: 0 } as any, ...(follow && { ttl: QUIET }) }
    const series: Dataset<any, any> = additive ? windows.fillGaps(zeros) : windows
    const scored = series.detect(value, detector, { alpha, by })
    const writes = [
      scored.write(duckdb(path, table)),
      ...(follow ? [scored.filter(r => r.anomaly).write(toConsole(FOUND))] : []),
    ]
    const { onProgress, clear } = progressLine({ always: values.progress })
    let page: LivePage | undefined
    const begin = async (options = {}): Promise<Job> => {
      const job = await start(writes, { onProgress, ...(shards === undefined ? {} : { shards }), ...options })
      page = await livePage(job, 'detect', values)
      return job
    }
    const whole = () => interruptible(async signal => (await begin({ signal })).done)
    const done = await (follow ? untilStopped(begin) : whole()).finally(clear)
    process.stdout.write(`${(await report(path, table)).join('\n')}\n`)
    process.stderr.write(
      `${skippedText(done.skipped)}${done.rowsIn.toLocaleString('en-US')} rows in ${(done.elapsedMs / 1000).toFixed(1)} s, ${large((done.rowsIn * 1000) / Math.max(1, done.elapsedMs))} rows/s\n`,
    )
    if (!follow) await page?.stay()
    return EXIT.ok
  },
}

function aggregateOf(name: string, column: string | undefined): Aggregate<any, any> {
  if (!AGGREGATES.includes(name)) {
    throw new UsageError(
      `--agg is one of ${AGGREGATES.join(', ')}, got ${JSON.stringify(name)}`,
      '--agg mean',
    )
  }
  if (column === undefined && name !== 'count') {
    throw new UsageError(`--value is needed: which column is the ${name} of?`, '--value delay')
  }
  return aggregate(name, column)
}

/** `db` or `db:table`; a colon in a directory's name, or after a drive's letter, separates nothing. */
function target(into: string): { path: string; table: string } {
  const at = into.lastIndexOf(':')
  if (at <= 1 || /[/\\]/.test(into.slice(at))) return { path: into, table: DEFAULT_TABLE }
  const table = into.slice(at + 1)
  if (table === '')
    throw new UsageError('--into has a colon but no table after it', '--into out/f.duckdb:delays')
  return { path: into.slice(0, at), table }
}

async function report(path: string, table: string): Promise<string[]> {
  const { query } = await import('../connectors/duckdb/query.ts')
  const { quoteIdentifier } = await import('../sql/quote.ts')
  const from = quoteIdentifier(table)
  const anomalies = await query(
    path,
    `SELECT * FROM ${from} WHERE anomaly ORDER BY score DESC, "windowStart" LIMIT ${SHOWN}`,
  )
  const totals = await query(
    path,
    `SELECT count(*) AS windows, count("pValue") AS scored, count(*) FILTER (anomaly) AS found FROM ${from}`,
  )
  const [row] = totals.rows
  const number = (name: string) => Number(row?.[name] ?? 0).toLocaleString('en-US')
  const isEarly = row?.windows !== row?.scored && number('scored') === '0'
  const rows = anomalies.batches.flatMap(batch => rowsOf(batch, { timestamps: 'bigint' }))
  const strongest =
    rows.length > 0 ? ['strongest:', '', formatTable(anomalies.schema, rows, { digits: 4 }), ''] : []
  const sql = `SELECT * FROM ${/^\w+$/.test(table) ? table : from} WHERE anomaly ORDER BY score DESC`
  return [
    ...strongest,
    `scored    ${number('scored')} of ${number('windows')} windows, ${number('found')} anomalies`,
    ...(isEarly ? [WARMING_UP] : []),
    `database  ${path}, table ${JSON.stringify(table)}`,
    `query     ${program()} query ${quoted(path)} ${quotedSql(sql)}`,
  ]
}
