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

/**
 * Where a batch's rows stand in their source: physical row `i` is at `offset + i` of `split`. The total order of rows
 * is (event time, split, offset); what breaks ties uses it. Rows made by an operator (closed windows, say) have the
 * order in which they were emitted.
 */
export interface Position {
  readonly split: number
  readonly offset: number
}

export interface Batch {
  readonly schema: Schema
  /** Physical rows: the length of every column. */
  readonly length: number
  readonly columns: readonly Column[]
  /** The rows that count, as ascending physical row numbers; absent when all do. */
  readonly selection?: Uint32Array
  readonly position: Position
  /**
   * Physical row `i` descends from source row `position.offset + parents[i]` where one row became several
   * (`explode`); absent when they are the same.
   */
  readonly parents?: Uint32Array
  /**
   * By physical row, the latest event time (ms) of the row's split within this batch up to the row. Present only where
   * some row is further behind than the watermark allows: the lateness rule needs it then.
   */
  readonly seenMs?: Float64Array
  /**
   * Columns by which the rows of one step are in ascending order, on each shard: what a gather from several shards
   * merges by. Present on what keyed operators emit, even after a `select` dropped the columns themselves.
   */
  readonly order?: readonly Column[]
}

/** How many rows count. */
export const rowCount = (batch: Batch): number => batch.selection?.length ?? batch.length

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
