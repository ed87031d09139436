/** `millrace query`: SQL on a DuckDB file, for reading. */

import { type Command, EXIT } from './command.ts'
import { checkPrinted, printRows, ROW_OPTIONS } from './print-rows.ts'
import { parse, UsageError } from './usage.ts'

const SHOWN = 1000

const help = `millrace query: runs SQL on a DuckDB file and prints the result

The file is opened for reading only, and no other: SQL cannot read or write files, attach databases or load extensions.
With --allow-files it is one query, which may also read other files, and the network where the extension is installed.

usage: millrace query DB SQL [options]

options
  --json       an array of objects: timestamps as ISO text in UTC, integers beyond 2^53 as text
  --csv        comma-separated values, with a header line; null is an empty field, control characters are escaped
  --allow-files
               lets SQL read other files: FROM 'other.csv'
  --limit N    rows shown at most (default: ${SHOWN} in a table, else all)

examples
  millrace query out/flights.duckdb "SELECT * FROM alerts ORDER BY score DESC LIMIT 5"
  millrace query out/flights.duckdb "SHOW TABLES"
  millrace query out/flights.duckdb "FROM hourly" --csv > hourly.csv
`

export const query: Command = {
  help,
  async run(args) {
    const { values, positionals } = parse(args, {
      ...ROW_OPTIONS,
      limit: { type: 'string' },
      'allow-files': { type: 'boolean' },
    })
    const [path, sql, ...rest] = positionals
    if (path === undefined || sql === undefined || rest.length > 0) {
      throw new UsageError(
        `query takes a DuckDB file and one SQL text, got ${positionals.length} arguments`,
        'put the SQL in quotes: millrace query out/flights.duckdb "SHOW TABLES"',
      )
    }
    checkPrinted(values)
    const { numberIn } = await import('./usage.ts')
    const whole = values.json || values.csv
    const limit =
      numberIn(values.limit, 'limit', { least: 0, most: Number.MAX_SAFE_INTEGER, whole: true }) ??
      (whole ? Number.POSITIVE_INFINITY : SHOWN)
    const { query: run } = await import('../connectors/duckdb/query.ts')
    const { batches, schema, truncated } = await run(path, sql, [], {
      maxRows: limit,
      allowFiles: values['allow-files'] ?? false,
    })
    await printRows(schema, batches, values)
    if (truncated && !whole) process.stdout.write(`… and more rows: --limit, --csv and --json show them\n`)
    return EXIT.ok
  },
}
