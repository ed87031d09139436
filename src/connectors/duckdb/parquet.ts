/**
 * Parquet files as a source: a {@link FileFormat} with row groups.
 *
 * Row groups are read over several connections and put back in order; whether they are in order of a column already is
 * taken from their statistics and checked while they are read.
 */

import type { Source } from '../../core/connector.ts'
import { isFloat } from '../../core/types/column-type.ts'
import { type FileFormat, formatParams } from './file-format.ts'
import { type FileScanOptions, fileSource } from './file-scan.ts'
import { groupRows, groupsInOrder, mayPass, ownColumns } from './parquet-metadata.ts'
import { shortQuery } from './short-query.ts'

export type ParquetOptions = FileScanOptions

/** Parquet files as one source: see {@link fileSource}. */
export const parquetSource = (
  paths: string | URL | readonly (string | URL)[],
  options: ParquetOptions = {},
): Source => fileSource(PARQUET, paths, options)

const PARQUET: FileFormat = {
  name: 'Parquet',
  extensions: ['.parquet', '.pq', '.parq'],
  // What the path says is not the file's: see `connectors/files`.
  from: 'read_parquet($1, hive_partitioning = false)',
  rowGroups: {
    numberedFrom: 'read_parquet($1, hive_partitioning = false, file_row_number = true)',
    number: 'file_row_number',
    async count(database, file) {
      const { rows } = await shortQuery(
        database,
        'SELECT num_rows FROM parquet_file_metadata($1)',
        formatParams(PARQUET, file),
      )
      return Number(rows[0]![0])
    },
    sizes: groupRows,
    inOrder: groupsInOrder,
    mayPass,
  },
  own: ownColumns,
  // Statistics leave NaN out, though NaN is greater than every number. Negated twice a column means the same, and DuckDB
  // no longer sees that it is one.
  filterColumn: (sql, { type }) => (isFloat(type) ? `(- (- ${sql}))` : sql),
}
