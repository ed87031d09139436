/** Blocks of CSV to columns. */

import type { Column } from '../../batch/column.ts'
import { nullColumn } from '../../batch/null-column.ts'
import { type Arena, allocUint32 } from '../../batch/slab.ts'
import { canGenerate } from '../../expr/compiled-kernel.ts'
import type { Schema } from '../../types/schema.ts'
import type { BlockDecoder, Decoded, DecoderSpec } from '../contract.ts'
import { findInvalidUtf8, isAscii } from '../utf8.ts'
import { CellColumn, cellKind } from './cell-column.ts'
import { type CsvDialect, isLineEnd, LF } from './dialect.ts'
import { RowReader } from './row-reader.ts'

/** What sniffing a file gave: its dialect and the names of its columns, in order. */
export interface CsvOptions extends CsvDialect {
  readonly columns: readonly string[]
}

export interface CsvDecoderOptions {
  /** False: no code is generated. */
  readonly codegen?: boolean
}

/** Distinct texts of a column beyond which codes gain nothing. */
const LARGEST_DICTIONARY = 1 << 16
/** Rows after which a column must have shown that its texts come again. */
const PROVING_ROWS = 4096
/** Bytes per row that are assumed before the first block. */
const FIRST_ROW_BYTES = 64

export class CsvDecoder implements BlockDecoder {
  readonly #schema: Schema
  readonly #wantsStarts: boolean
  readonly #columns: readonly (CellColumn | undefined)[]
  readonly #reader: RowReader
  #rowBytes = FIRST_ROW_BYTES
  #rowsSeen = 0
  #own = new Uint8Array(0)

  constructor({ schema, options, starts = false }: DecoderSpec, { codegen = true }: CsvDecoderOptions = {}) {
    const dialect = options as unknown as CsvOptions
    this.#schema = schema
    this.#wantsStarts = starts
    this.#columns = schema.map(({ name, type }) =>
      dialect.columns.includes(name) ? newColumn(name, type) : undefined,
    )
    const byName = new Map(this.#columns.map(column => [column?.name, column]))
    this.#reader = new RowReader({
      dialect,
      fields: dialect.columns.map(name => byName.get(name)),
      starts,
      codegen: codegen && canGenerate(),
    })
  }

  decode(block: Uint8Array, arena: Arena, offset: number): Decoded {
    const bytes = this.#withLineEnd(block)
    const isText = isAscii(bytes, 0, bytes.length) || findInvalidUtf8(bytes, 0, bytes.length) < 0
    const state = { at: 0, row: 0 }
    let capacity = Math.ceil((1.1 * bytes.length) / this.#rowBytes) + 16
    this.#reader.begin(offset)
    for (;;) {
      this.#reserve(capacity, bytes.length)
      this.#reader.read(bytes, bytes.length, capacity, state, isText)
      if (state.at >= bytes.length) break
      // As many rows more as the rest has if it goes on like this.
      capacity += Math.ceil((1.1 * (bytes.length - state.at) * state.row) / Math.max(1, state.at)) + 1024
    }
    if (state.row > 0) this.#rowBytes = bytes.length / state.row
    return this.#finish(arena, state.row)
  }

  #reserve(rows: number, textBytes: number): void {
    for (const column of this.#columns) column?.reserve(rows, textBytes)
    if (this.#wantsStarts && this.#reader.starts.length < rows) {
      const grown = new Uint32Array(rows)
      grown.set(this.#reader.starts)
      this.#reader.starts = grown
    }
  }

  #finish(arena: Arena, rows: number): Decoded {
    const columns = this.#columns.map(
      (column, i): Column =>
        column ? column.finish(arena, rows) : nullColumn(this.#schema[i]!.type, rows, arena),
    )
    this.#rowsSeen += rows
    for (const column of this.#columns) if (column?.kind === 'codes') this.#reconsider(column)
    const { bad } = this.#reader
    let starts: Uint32Array | undefined
    if (this.#wantsStarts) {
      starts = allocUint32(arena, rows)
      starts.set(this.#reader.starts.subarray(0, rows))
    }
    return { length: rows, columns, ...(bad.length > 0 && { bad }), ...(starts && { starts }) }
  }

  /** Texts that hardly come again are better kept as they are. */
  #reconsider(column: CellColumn): void {
    if (column.type === 'dictionary') return
    const distinct = column.codes!.length
    const isVaried = this.#rowsSeen >= PROVING_ROWS && distinct > this.#rowsSeen / 4
    if (isVaried || distinct > LARGEST_DICTIONARY) column.keepPlain()
  }

  /** The bytes with a line end after the last record: loops need no other bound. */
  #withLineEnd(block: Uint8Array): Uint8Array {
    const { buffer, byteOffset, length } = block
    if (length === 0 || isLineEnd(block[length - 1]!)) return new Uint8Array(buffer, byteOffset, length)
    if (this.#own.length < length + 1) this.#own = new Uint8Array(length + 1)
    this.#own.set(block)
    this.#own[length] = LF
    return this.#own.subarray(0, length + 1)
  }
}

function newColumn(name: string, type: CellColumn['type']): CellColumn {
  const kind = cellKind(type)
  if (!kind) throw new TypeError(`a ${type} is not read from CSV`)
  // Codes first: whether a column's texts come again shows soon.
  return new CellColumn(name, type, kind === 'text' ? 'codes' : kind)
}
