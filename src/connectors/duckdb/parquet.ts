/**
 * Parquet files as a source: a {@link FileFormat} with row groups.
 *
 * Row groups are read over several connections and put back in order; whether they are in order of a column already is
 * taken from their statistics and checked while they are read.
 */

import type { Source } from '../../core/connector.ts'
import { type ColumnType, isFloat } from '../../core/types/column-type.ts'
import { sqlType } from '../../sql/types.ts'
import { type FileFormat, formatParams, type ScanFile } from './file-format.ts'
import { type FileScanOptions, fileSource } from './file-scan.ts'
import type { Database } from './instances.ts'
import { isCheckable } from './order-check.ts'
import { textParam } from './params.ts'
import { shortQuery } from './short-query.ts'

export type ParquetOptions = FileScanOptions

/** A Parquet file, or several of the same columns, as one source: see {@link fileSource}. */
export const parquetSource = (
  paths: string | URL | readonly (string | URL)[],
  options: ParquetOptions = {},
): Source => fileSource(PARQUET, paths, options)

const PARQUET: FileFormat = {
  name: 'Parquet',
  from: 'read_parquet($1)',
  rowGroups: {
    numberedFrom: 'read_parquet($1, file_row_number = true)',
    number: 'file_row_number',
    async count(database, file) {
      const { rows } = await shortQuery(
        database,
        'SELECT num_rows FROM parquet_file_metadata($1)',
        formatParams(PARQUET, file),
      )
      return Number(rows[0]![0])
    },
    async sizes(database, file) {
      const { rows } = await shortQuery(
        database,
        'SELECT row_group_id, max(row_group_num_rows) FROM parquet_metadata($1) GROUP BY 1 ORDER BY 1',
        formatParams(PARQUET, file),
      )
      return rows.map(row => Number(row[1]))
    },
    inOrder: groupsInOrder,
  },
  // Statistics leave NaN out, though NaN is greater than every number. Negated twice a column means the same, and DuckDB
  // no longer sees that it is one.
  filterColumn: (sql, { type }) => (isFloat(type) ? `(- (- ${sql}))` : sql),
}

/** Statistics of more files than this are not looked at: sorting is cheaper than asking. */
const MAX_FILES_FOR_STATISTICS = 500

async function groupsInOrder(
  database: Database,
  files: readonly ScanFile[],
  column: string,
  type: ColumnType,
): Promise<readonly (readonly number[])[] | undefined> {
  if (!isCheckable(type) || files.length > MAX_FILES_FOR_STATISTICS) return undefined
  const name = `$${files.length + 1}`
  const target = sqlType(type)
  const groups = files.map(
    (_, f) => `SELECT ${f} AS f, row_group_id AS g, max(row_group_num_rows) AS n,
  count(*) FILTER (WHERE path_in_schema = ${name}) AS found,
  max(TRY_CAST(stats_min_value AS ${target})) FILTER (WHERE path_in_schema = ${name}) AS low,
  max(TRY_CAST(stats_max_value AS ${target})) FILTER (WHERE path_in_schema = ${name}) AS high,
  max(stats_null_count) FILTER (WHERE path_in_schema = ${name}) AS nulls
FROM parquet_metadata($${f + 1}) GROUP BY row_group_id`,
  )
  const { rows } = await shortQuery(
    database,
    `SELECT f, n, found = 1 AND nulls = 0 AND low IS NOT NULL AND high IS NOT NULL
  AND coalesce(lag(high) OVER (ORDER BY f, g) <= low, true) AS inOrder
FROM (${groups.join(' UNION ALL ')}) WHERE n > 0 ORDER BY f, g`,
    [...files.map(file => textParam(file.pattern)), textParam(column)],
  )
  if (rows.some(row => row[2] !== true)) return undefined
  return files.map((_, f) => rows.filter(row => row[0] === f).map(row => Number(row[1])))
}
