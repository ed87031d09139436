/** Text columns on their way to DuckDB. */

import type Raw from '@duckdb/node-bindings'
import type { Column } from '../../core/batch/column.ts'
import { larger, StagedColumn } from './staged-columns.ts'
import { INLINE_BYTES } from './text-cells.ts'

/**
 * Text as DuckDB's 16-byte cells. Short texts are whole in their cell; of long ones the cell is left to DuckDB, which
 * copies their bytes from here when a chunk is filled.
 */
export class StagedText extends StagedColumn {
  #cells = new Int32Array(0)
  #cellBytes = new Uint8Array(0)
  /** Staged rows with long texts, ascending, with where their bytes begin and how many there are. */
  #longRows: number[] = []
  #longStarts: number[] = []
  #longLengths: number[] = []
  #long = new Uint8Array(0)
  #longUsed = 0
  /** Cells of the texts of the dictionary seen last, four words each; -1 as length: not made yet. */
  #dictionary = ''
  #coded = new Int32Array(0)

  override get longBytes(): number {
    return this.#longUsed
  }

  protected growItems(capacity: number): void {
    this.#cells = larger(this.#cells, capacity * 4)
    this.#cellBytes = new Uint8Array(this.#cells.buffer)
  }

  override clear(): void {
    super.clear()
    this.#longRows.length = 0
    this.#longStarts.length = 0
    this.#longLengths.length = 0
    this.#longUsed = 0
  }

  protected copy(
    column: Column,
    rows: Uint32Array | undefined,
    from: number,
    count: number,
    at: number,
  ): void {
    if (column.dictionary) this.#copyCodes(column, rows, from, count, at)
    else this.#copyPlain(column, rows, from, count, at)
  }

  #copyPlain(column: Column, rows: Uint32Array | undefined, from: number, count: number, at: number): void {
    const bytes = column.values as Uint8Array
    const offsets = column.offsets!
    for (let i = 0; i < count; i++) {
      if (!this.isValid(at + i)) {
        this.#clearCell(at + i)
        continue
      }
      const row = rows ? rows[i]! : from + i
      this.#write(bytes, offsets[row]!, offsets[row + 1]!, at + i)
    }
  }

  #copyCodes(column: Column, rows: Uint32Array | undefined, from: number, count: number, at: number): void {
    const codes = column.values as Int32Array
    const dictionary = column.dictionary!
    if (dictionary.id !== this.#dictionary) {
      this.#dictionary = dictionary.id
      this.#coded = new Int32Array(0)
    }
    if (this.#coded.length < dictionary.length * 4) {
      const grown = new Int32Array(Math.max(dictionary.length * 4, this.#coded.length * 2)).fill(-1)
      grown.set(this.#coded)
      this.#coded = grown
    }
    const coded = this.#coded
    const cells = this.#cells
    for (let i = 0; i < count; i++) {
      const cell = (at + i) * 4
      if (!this.isValid(at + i)) {
        this.#clearCell(at + i)
        continue
      }
      const code = codes[rows ? rows[i]! : from + i]!
      const known = code * 4
      const length = coded[known]!
      if (length >= 0 && length <= INLINE_BYTES) {
        cells[cell] = length
        cells[cell + 1] = coded[known + 1]!
        cells[cell + 2] = coded[known + 2]!
        cells[cell + 3] = coded[known + 3]!
        continue
      }
      const start = dictionary.offsets[code]!
      const end = dictionary.offsets[code + 1]!
      this.#write(dictionary.values, start, end, at + i)
      if (end - start <= INLINE_BYTES) coded.set(cells.subarray(cell, cell + 4), known)
      else coded[known] = end - start
    }
  }

  #write(source: Uint8Array, start: number, end: number, row: number): void {
    const length = end - start
    const cells = this.#cells
    this.#clearCell(row)
    if (length <= INLINE_BYTES) {
      cells[row * 4] = length
      const place = row * 16 + 4 - start
      for (let b = start; b < end; b++) this.#cellBytes[place + b] = source[b]!
      return
    }
    if (this.#longUsed + length > this.#long.length) {
      this.#long = larger(this.#long, Math.max(this.#longUsed + length, this.#long.length * 2, 1 << 12))
    }
    this.#long.set(source.subarray(start, end), this.#longUsed)
    this.#longRows.push(row)
    this.#longStarts.push(this.#longUsed)
    this.#longLengths.push(length)
    this.#longUsed += length
  }

  #clearCell(row: number): void {
    const cell = row * 4
    this.#cells[cell] = 0
    this.#cells[cell + 1] = 0
    this.#cells[cell + 2] = 0
    this.#cells[cell + 3] = 0
  }

  protected write(raw: typeof Raw, vector: Raw.Vector, from: number, count: number): void {
    raw.copy_data_to_vector(vector, 0, this.#cells.buffer, from * 16, count * 16)
    const rows = this.#longRows
    for (let i = firstAtLeast(rows, from); i < rows.length && rows[i]! < from + count; i++) {
      const start = this.#longStarts[i]!
      const bytes = this.#long.subarray(start, start + this.#longLengths[i]!)
      raw.vector_assign_string_element_len(vector, rows[i]! - from, bytes)
    }
  }
}

/** The first place in ascending numbers that holds `least` or more. */
function firstAtLeast(numbers: readonly number[], least: number): number {
  let low = 0
  let high = numbers.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (numbers[middle]! < least) low = middle + 1
    else high = middle
  }
  return low
}
