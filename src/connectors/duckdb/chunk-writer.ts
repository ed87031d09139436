/**
 * Batches in, DuckDB chunks out. Rows are first gathered in staging arrays, one per column, in the layout of DuckDB's
 * vectors: batches may be tiny, and DuckDB wants many rows at a time. Filling a chunk is then one copy per column.
 */

import type Raw from '@duckdb/node-bindings'
import { type Batch, rowCount } from '../../core/batch/batch.ts'
import {
  type ColumnType,
  isEightByteInteger,
  isText,
  isTimestamp,
  timestampUnit,
  timestampZone,
} from '../../core/types/column-type.ts'
import type { Schema } from '../../core/types/schema.ts'
import {
  StagedBool,
  type StagedColumn,
  StagedFloat64,
  StagedInstant,
  StagedInt8,
  StagedInt16,
  StagedInt32,
  StagedInt64,
} from './staged-columns.ts'
import { StagedText } from './staged-text.ts'

/** Rows of a DuckDB vector: what a chunk holds at most. */
export const CHUNK_ROWS = 2048

/** Rows of a schema on their way to DuckDB. */
export class RowStage {
  readonly capacity: number
  readonly #columns: StagedColumn[]
  #rows = 0

  constructor(schema: Schema, capacity: number) {
    this.capacity = capacity
    this.#columns = schema.map(({ name, type }) => stagedColumn(name, type, capacity))
  }

  get rows(): number {
    return this.#rows
  }

  /** Takes the selected rows from the `from`-th on, as many as there is room for; returns how many. */
  append(batch: Batch, from: number): number {
    const count = Math.min(rowCount(batch) - from, this.capacity - this.#rows)
    const rows = batch.selection?.subarray(from, from + count)
    for (let i = 0; i < this.#columns.length; i++) {
      this.#columns[i]!.append(batch.columns[i]!, rows, from, count, this.#rows)
    }
    this.#rows += count
    return count
  }

  clear(): void {
    this.#rows = 0
    for (const column of this.#columns) column.clear()
  }

  /** Fills a chunk with rows from `from` on and returns how many; 0 at the end. */
  fill(raw: typeof Raw, chunk: Raw.DataChunk, from: number): number {
    const count = Math.min(CHUNK_ROWS, this.#rows - from)
    raw.data_chunk_set_size(chunk, Math.max(0, count))
    if (count <= 0) return 0
    for (let i = 0; i < this.#columns.length; i++) {
      this.#columns[i]!.fill(raw, raw.data_chunk_get_vector(chunk, i), from, count)
    }
    return count
  }
}

function stagedColumn(name: string, type: ColumnType, capacity: number): StagedColumn {
  if (isText(type)) return new StagedText(type, capacity)
  if (type === 'bool') return new StagedBool(type, capacity)
  if (isTimestamp(type) && timestampZone(type) !== undefined && timestampUnit(type) !== 'us') {
    return new StagedInstant(name, type, capacity)
  }
  if (isEightByteInteger(type)) return new StagedInt64(type, capacity)
  switch (type) {
    case 'int8':
    case 'uint8':
      return new StagedInt8(type, capacity)
    case 'int16':
    case 'uint16':
      return new StagedInt16(type, capacity)
    case 'float64':
      return new StagedFloat64(type, capacity)
    default:
      return new StagedInt32(type, capacity)
  }
}
