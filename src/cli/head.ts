/** `millrace head`: the first rows of files. */

import { type Command, EXIT } from './command.ts'
import { FILES_HELP, openFiles } from './files.ts'
import { checkPrinted, printDataset, ROW_OPTIONS, ROWS_HELP } from './print-rows.ts'
import { READ_HELP, READ_OPTIONS, readingOf } from './read-options.ts'
import { numberIn, parse } from './usage.ts'

const help = `millrace head: prints the first rows of files

${FILES_HELP}

usage: millrace head FILE… [options]

options
  -n, --rows N         how many rows (default: 10)
${READ_HELP}
${ROWS_HELP}

examples
  millrace head flights.parquet
  millrace head 'sales/year=*/*.csv' -n 3
  curl -s https://example.org/data.csv | millrace head - --format csv --json
`

export const head: Command = {
  help,
  async run(args) {
    const { values, positionals } = parse(args, {
      ...ROW_OPTIONS,
      rows: { type: 'string', short: 'n' },
      ...READ_OPTIONS,
    })
    checkPrinted(values)
    const rows = numberIn(values.rows, 'rows', { least: 0, most: 1e9, whole: true }) ?? 10
    await using opened = await openFiles(positionals, readingOf(values), 'head')
    await printDataset(opened.dataset.limit(rows), values)
    return EXIT.ok
  },
}
