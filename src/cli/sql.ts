/** `millrace sql`: SQL over files. */

import { type Command, EXIT } from './command.ts'
import { checkPrinted, printRows, ROW_OPTIONS, ROWS_HELP } from './print-rows.ts'
import { numberIn, parse, UsageError } from './usage.ts'

const SHOWN = 1000

const help = `millrace sql: runs one SQL query over files and prints the result

DuckDB reads the files that the query names, Parquet, CSV and JSON by their names. The query may read any file, and the network
where DuckDB's extension for it is installed; it writes nothing, and installs nothing.

usage: millrace sql SQL [options]

options
${ROWS_HELP}
  --limit N            rows shown at most (default: ${SHOWN} in a table, else all)

examples
  millrace sql "SELECT origin, avg(delay) FROM 'flights.parquet' GROUP BY ALL ORDER BY 2 DESC LIMIT 5"
  millrace sql "FROM 'sales/*.csv'" --csv > sales.csv
`

export const sql: Command = {
  help,
  async run(args) {
    const { values, positionals } = parse(args, { ...ROW_OPTIONS, limit: { type: 'string' } })
    checkPrinted(values)
    const [text, ...rest] = positionals
    if (text === undefined || rest.length > 0) {
      throw new UsageError(
        `sql takes one SQL text, got ${positionals.length}`,
        `put it in quotes: millrace sql "FROM 'flights.parquet' LIMIT 5"`,
      )
    }
    const all = values.json || values.csv ? Number.POSITIVE_INFINITY : SHOWN
    const maxRows =
      numberIn(values.limit, 'limit', { least: 0, most: Number.MAX_SAFE_INTEGER, whole: true }) ?? all
    const { queryFiles } = await import('../connectors/duckdb/query.ts')
    const { batches, schema, truncated } = await queryFiles(text, { maxRows })
    await printRows(schema, batches, values)
    if (truncated && !values.json && !values.csv)
      process.stdout.write('… and more rows: --limit, --csv and --json show them\n')
    return EXIT.ok
  },
}
