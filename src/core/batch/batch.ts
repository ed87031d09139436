/**
 * A batch: equally long columns, an optional selection of rows, and where the rows came from.
 *
 * This folder holds the memory of everything that flows: columns (Arrow layout), arenas and slabs, conversion from and
 * to rows and apache-arrow. It may import `core/types` and `core/errors` only.
 *
 * Invariant: a batch is never changed after it was built; operators make new batches that share columns.
 */

import type { Schema } from '../types/schema.ts'
import type { Column } from './column.ts'
import type { RowMeta } from './meta.ts'

/**
 * Where a batch's rows stand in their source: physical row `i` is at `offset + i` of `split`, unless `meta` says
 * otherwise. See `place.ts`, where the total order of rows is.
 */
export interface Position {
  readonly split: number
  readonly offset: number
}

/** Of which file the bytes of a batch are, and what decoding them takes to know of that file. */
export interface Origin {
  /** What messages call it. */
  readonly file: string
  /** Where in it the bytes of offset 0 would be: what to add to offsets. */
  readonly start: number
  /** The number of the line, from 1, in which the bytes of this batch begin, where somebody asked for it. */
  readonly line?: number
  /** For the decoder, in place of those of the plan. JSON. */
  readonly options?: unknown
  /** Columns that have one value in all the file, by name: its partitions. As cells of JavaScript rows are. */
  readonly constants?: Readonly<Record<string, unknown>>
}

export interface Batch {
  readonly schema: Schema
  /** Physical rows: the length of every column. */
  readonly length: number
  readonly columns: readonly Column[]
  /** The rows that count, as ascending physical row numbers; absent when all do. */
  readonly selection?: Uint32Array
  readonly position: Position
  /** What travels with the rows beside their columns, by name: see `meta.ts`. */
  readonly meta?: RowMeta
  /** Of batches of bytes. */
  readonly origin?: Origin
  /** Of bytes that were made of rows: of how many. */
  readonly encodedRows?: number
}

/** How many rows count. */
export const rowCount = (batch: Pick<Batch, 'length' | 'selection'>): number =>
  batch.selection?.length ?? batch.length

/** The physical number of the `i`-th row that counts. */
export const rowAt = (batch: Batch, i: number): number => (batch.selection ? batch.selection[i]! : i)

/** The batch reduced to `selection`, which holds physical row numbers, ascending. */
export function withSelection(batch: Batch, selection: Uint32Array): Batch {
  return { ...batch, selection }
}

/** The same rows under other columns. */
export function withColumns(batch: Batch, schema: Schema, columns: readonly Column[]): Batch {
  return { ...batch, schema, columns }
}

/** Of rows that an operator made. */
export const NO_POSITION: Position = Object.freeze({ split: 0, offset: 0 })
