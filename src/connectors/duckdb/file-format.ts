/** What a file format supplies so that DuckDB can read its files as a source: see `file-scan.ts`. */

import type { DuckDBType } from '@duckdb/node-api'
import type { Literal } from '../../core/expr/expr.ts'
import type { ColumnType } from '../../core/types/column-type.ts'
import type { Field } from '../../core/types/schema.ts'
import type { Database } from './instances.ts'
import { textParam } from './params.ts'

/**
 * A format is what it is called and the SQL that reads one file of it. All values are bound: `$1` is the file's path,
 * `$2`, `$3`, … are the format's own {@link params}.
 */
export interface FileFormat {
  /** As people write it: `Parquet`. */
  readonly name: string
  /** The call that reads a file, rows in file order: `read_parquet($1)`. */
  readonly from: string
  /** What `$2`, `$3`, … stand for in every SQL of the format. */
  readonly params?: readonly Literal[]
  /** For formats that keep rows in groups which can be read by themselves. */
  readonly rowGroups?: RowGroups
  /**
   * A column as it stands in a filter, where DuckDB would leave out rows by statistics that are not true of all values.
   * Default: as it is.
   */
  filterColumn?(sql: string, field: Field): string
}

export interface RowGroups {
  /** {@link FileFormat.from}, with a column besides that numbers the rows of the file from 0. */
  readonly numberedFrom: string
  /** The name of that column. A file with a column of this name is read as a whole. */
  readonly number: string
  /** Rows of the file, from its metadata. */
  count(database: Database, file: ScanFile): Promise<number>
  /** Rows of each row group, in file order. */
  sizes(database: Database, file: ScanFile): Promise<readonly number[]>
  /**
   * By file the rows of each row group, when the metadata says that the column holds no nulls and that every group ends
   * where the next one begins, or before. Undefined when it does not say so. Rows are checked against it when they are
   * read.
   */
  inOrder?(
    database: Database,
    files: readonly ScanFile[],
    column: string,
    type: ColumnType,
  ): Promise<readonly (readonly number[])[] | undefined>
}

/** What is known of a file before its rows are read. */
export interface ScanFile {
  readonly path: string
  /** Another one once the file was changed. */
  readonly version: string
  /** The path as DuckDB takes it: wildcards escaped. */
  readonly pattern: string
  /** The path as messages show it. */
  readonly label: string
  readonly columns: readonly { readonly name: string; readonly type: DuckDBType }[]
  /** Rows of the file, when the format knows. */
  readonly rows: number | undefined
  /** Whether its rows can be numbered, and so be read range by range. */
  readonly numbered: boolean
}

/** The parameters `$1`, `$2`, … of a format's SQL for one file. */
export const formatParams = (format: FileFormat, { pattern }: Pick<ScanFile, 'pattern'>): Literal[] => [
  textParam(pattern),
  ...(format.params ?? []),
]
