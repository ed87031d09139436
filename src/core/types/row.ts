/** Type-level: from column types to the JavaScript rows users see. */

import type { ColumnTypeName } from './column-type.ts'

/** The JavaScript value of a non-null cell. */
export type ValueOf<T extends ColumnTypeName> = T extends 'bool'
  ? boolean
  : T extends 'int64' | 'uint64'
    ? bigint
    : T extends 'utf8' | 'dictionary'
      ? string
      : T extends 'date' | `timestamp${string}`
        ? Date
        : number

/** The row a schema reads as. Every column of a file may hold nulls. */
export type RowOf<S extends Readonly<Record<string, ColumnTypeName>>> = {
  [K in keyof S]: ValueOf<S[K]> | null
}

/** Rows of a dataset whose schema is found only when the plan is built. */
export type OpenRow = { [name: string]: any }

/** True when `Row` has an index signature: its columns are not known to the type checker. */
export type IsOpen<Row> = string extends keyof Row ? true : false
