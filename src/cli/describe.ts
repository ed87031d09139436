/** `millrace describe`: columns of files in numbers. */

import { type Command, EXIT } from './command.ts'
import { FILES_HELP, openFiles } from './files.ts'
import { checkPrinted, printDataset, ROW_OPTIONS, ROWS_HELP } from './print-rows.ts'
import { READ_HELP, READ_OPTIONS, readingOf } from './read-options.ts'
import { parse } from './usage.ts'

const help = `millrace describe: prints a row of numbers for each column of files: how many values, how many missing, least, most, mean …

${FILES_HELP}

usage: millrace describe FILE… [options]

options
${READ_HELP}
${ROWS_HELP}

examples
  millrace describe flights.parquet
  millrace describe out/flights.duckdb:hourly --json
`

export const describe: Command = {
  help,
  async run(args) {
    const { values, positionals } = parse(args, { ...ROW_OPTIONS, ...READ_OPTIONS })
    checkPrinted(values)
    await using opened = await openFiles(positionals, readingOf(values), 'describe')
    await printDataset(opened.dataset.describe(), values, { digits: 6 })
    return EXIT.ok
  },
}
