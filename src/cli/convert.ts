/** `millrace convert`: files of one format as files of another. */

import { start } from '../index.ts'
import { type Command, EXIT } from './command.ts'
import { FILES_HELP, FOLLOW_HELP, FORMATS, formatOption, openFiles, targetOf } from './files.ts'
import { interruptible, untilStopped } from './interrupt.ts'
import { type LivePage, livePage, UI_HELP, UI_OPTIONS } from './live-page.ts'
import { large, progressLine } from './progress-line.ts'
import { READ_HELP, READ_OPTIONS, readingOf, skippedText } from './read-options.ts'
import { parse, UsageError } from './usage.ts'

const help = `millrace convert: writes the rows of files into another

${FILES_HELP} OUT appears when all rows are in it.

usage: millrace convert FILE… OUT [options]

options
${READ_HELP}
  --to NAME            format of OUT: ${FORMATS.join(', ')} (default: as its name says)
  --partition-by COLUMN,...
                       OUT is a directory of year=2026/… for each value of the columns
  --compression NAME   zstd, gzip and others that the format has
${FOLLOW_HELP};
                       OUT is a table, or a directory that gets a file a minute
${UI_HELP}
  --progress           progress on stderr, line by line, even where that is no terminal

examples
  millrace convert flights.csv flights.parquet
  millrace convert 'logs/*.jsonl.gz' logs.parquet --compression zstd
  millrace convert sales.parquet sales --to parquet --partition-by year,month
  millrace convert flights.arrow out/flights.duckdb:flights
  millrace convert app.jsonl archive --to parquet --follow
`

/** Of files that are followed: how often what they gave is written. */
const COMMIT_MS = 60_000

export const convert: Command = {
  help,
  async run(args) {
    const { values, positionals } = parse(args, {
      ...READ_OPTIONS,
      to: { type: 'string' },
      'partition-by': { type: 'string', multiple: true },
      compression: { type: 'string' },
      progress: { type: 'boolean' },
      follow: { type: 'boolean' },
      ...UI_OPTIONS,
    })
    const out = positionals.at(-1)
    if (out === undefined || positionals.length < 2)
      throw new UsageError(
        'convert takes files and where they go',
        'millrace convert flights.csv flights.parquet',
      )
    const to = toOption(values.to)
    const partitionBy = values['partition-by']?.flatMap(names => names.split(',')).filter(name => name !== '')
    const { follow = false, compression } = values
    const sink = targetOf(out, to, { partitionBy, compression, rolls: follow })
    const files = positionals.slice(0, -1)
    await using opened = await openFiles(files, readingOf(values), 'convert', follow)
    const { onProgress, clear } = progressLine({ always: values.progress })
    let page: LivePage | undefined
    const begin = async (options = {}) => {
      const job = await start(opened.dataset.write(sink), {
        onProgress,
        commitEveryMs: COMMIT_MS,
        ...options,
      })
      page = await livePage(job, 'convert', values)
      return job
    }
    const whole = () => interruptible(async signal => (await begin({ signal })).done)
    const done = await (follow ? untilStopped(begin) : whole()).finally(clear)
    process.stderr.write(
      `${skippedText(done.skipped)}${done.rowsOut.toLocaleString('en-US')} rows in ${(done.elapsedMs / 1000).toFixed(1)} s, ${large((done.rowsOut * 1000) / Math.max(1, done.elapsedMs))} rows/s\n`,
    )
    if (!follow) await page?.stay()
    return EXIT.ok
  },
}

function toOption(name: string | undefined) {
  try {
    return formatOption(name)
  } catch {
    throw new UsageError(`--to is one of ${FORMATS.join(', ')}, got ${JSON.stringify(name)}`)
  }
}
