/**
 * Batches in, DuckDB chunks out. Rows are first gathered in staging arrays, one per column, in the layout of DuckDB's
 * vectors: batches may be tiny, and DuckDB wants many rows at a time. Filling a chunk is then one copy per column.
 */

import type Raw from '@duckdb/node-bindings'
import { type Batch, rowCount } from '../../core/batch/batch.ts'
import {
  type ColumnType,
  isBytes,
  isDecimal,
  isDuration,
  isEightByteInteger,
  isTimeOfDay,
  isTimestamp,
  isWideDecimal,
  timestampUnit,
  timestampZone,
} from '../../core/types/column-type.ts'
import { isNested } from '../../core/types/nested-type.ts'
import type { Schema } from '../../core/types/schema.ts'
import { CHUNK_ROWS } from './chunk.ts'
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
import { StagedNested } from './staged-nested.ts'
import { StagedDuration, StagedTime, stagedDecimal } from './staged-scalars.ts'
import { StagedText } from './staged-text.ts'

/** Bytes that are staged before they go to DuckDB, in tables so wide that they come before {@link RowStage.maxRows}. */
const MAX_STAGE_BYTES = 1 << 26
/** Rows after which the bytes of texts are looked at. */
const ROWS_AT_ONCE = 8192
const FIRST_ROWS = 64

/** Rows of a schema on their way to DuckDB. Its memory is that of the most rows it has held. */
export class RowStage {
  /** The most rows it holds: whole chunks, of which there is at least one. */
  readonly maxRows: number
  readonly #columns: StagedColumn[]
  readonly #rowBytes: number
  #capacity = 0
  #rows = 0

  constructor(schema: Schema, maxRows: number) {
    this.#rowBytes = schema.reduce((sum, { type }) => sum + cellBytes(type), 0)
    const chunks = Math.floor(Math.min(maxRows, MAX_STAGE_BYTES / this.#rowBytes) / CHUNK_ROWS)
    this.maxRows = Math.max(1, chunks) * CHUNK_ROWS
    this.#columns = schema.map(({ name, type }) => stagedColumn(name, type))
  }

  get rows(): number {
    return this.#rows
  }

  /** Whether what is staged should go to DuckDB before more comes. */
  get isFull(): boolean {
    return this.#rows === this.maxRows || this.#longBytes >= MAX_STAGE_BYTES
  }

  /** Memory that the rows take, bytes. */
  get bytes(): number {
    return this.#capacity * this.#rowBytes + this.#longBytes
  }

  get #longBytes(): number {
    let bytes = 0
    for (const column of this.#columns) bytes += column.longBytes
    return bytes
  }

  /** Takes some of the selected rows from the `from`-th on; returns how many, 0 without room. */
  append(batch: Batch, from: number): number {
    const count = Math.min(rowCount(batch) - from, this.maxRows - this.#rows, ROWS_AT_ONCE)
    this.#reserve(this.#rows + count)
    const rows = batch.selection?.subarray(from, from + count)
    for (let i = 0; i < this.#columns.length; i++) {
      this.#columns[i]!.append(batch.columns[i]!, rows, from, count, this.#rows)
    }
    this.#rows += count
    return count
  }

  #reserve(rows: number): void {
    if (rows <= this.#capacity) return
    // Whole words of validity.
    const wanted = (Math.max(rows, 2 * this.#capacity, FIRST_ROWS) + 63) & ~63
    this.#capacity = Math.min(wanted, this.maxRows)
    for (const column of this.#columns) column.grow(this.#capacity)
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

/** Bytes of a staged cell. */
function cellBytes(type: ColumnType): number {
  if (isNested(type)) return 64
  if (isBytes(type) || isDuration(type) || isWideDecimal(type)) return 16
  return isEightByteInteger(type) || type === 'float64' ? 8 : 4
}

/** A staging array for a column of that type. @param name for errors */
export function stagedColumn(name: string, type: ColumnType): StagedColumn {
  if (isNested(type)) return new StagedNested(name, type, stagedColumn)
  if (isBytes(type)) return new StagedText(type)
  if (isDuration(type)) return new StagedDuration(name, type)
  if (isTimeOfDay(type)) return new StagedTime(name, type)
  if (type === 'bool') return new StagedBool(type)
  if (isTimestamp(type) && timestampZone(type) !== undefined && timestampUnit(type) !== 'us') {
    return new StagedInstant(name, type)
  }
  const decimal = isDecimal(type) ? stagedDecimal(type) : undefined
  if (decimal) return decimal
  if (isEightByteInteger(type)) return new StagedInt64(type)
  switch (type) {
    case 'int8':
    case 'uint8':
      return new StagedInt8(type)
    case 'int16':
    case 'uint16':
      return new StagedInt16(type)
    case 'float64':
      return new StagedFloat64(type)
    default:
      return new StagedInt32(type)
  }
}
