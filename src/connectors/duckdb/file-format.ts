/** What a file format supplies so that DuckDB can read its files as a source: see `file-scan.ts`. */

import type { Expr, Literal } from '../../core/expr/expr.ts'
import type { ColumnType } from '../../core/types/column-type.ts'
import type { Field, Schema } from '../../core/types/schema.ts'
import type { Partition } from '../files/find-files.ts'
import type { CastColumn, SqlColumn } from './casts.ts'
import type { Database } from './instances.ts'
import { textParam } from './params.ts'

/**
 * A format is what it is called and the SQL that reads one file of it. All values are bound: `$1` is the file's path,
 * `$2`, `$3`, … are the format's own {@link params}.
 */
export interface FileFormat {
  /** As people write it: `Parquet`. */
  readonly name: string
  /** How the names of its files end, for directories. Default: a dot and the format's name, in lower case. */
  readonly extensions?: readonly string[]
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
  /**
   * What the file itself says of its columns, in the order of `columns`, which is what DuckDB makes of them: their names,
   * and what of them DuckDB does not read exactly. Default: as DuckDB has them.
   */
  own?(
    database: Database,
    file: Pick<ScanFile, 'pattern'>,
    columns: readonly SqlColumn[],
  ): Promise<readonly FileColumn[]>
}

/** A column of a file. */
export interface FileColumn extends SqlColumn {
  /**
   * Where DuckDB gives some values otherwise than the file has them: how the column is read instead.
   *
   * @throws {PlanError} when it cannot be read as this field
   */
  cast?(field: Field, where: string): CastColumn
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
  /**
   * By row group, in file order, whether any of its rows can pass the filter, as far as the metadata tells; undefined when
   * it tells nothing.
   *
   * @param schema the columns of the filter
   */
  mayPass?(
    database: Database,
    file: ScanFile,
    filter: Expr,
    schema: Schema,
  ): Promise<readonly boolean[] | undefined>
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
  readonly columns: readonly FileColumn[]
  /** What its path says of its rows; a column of the file's own comes first. */
  readonly partitions: readonly Partition[]
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
