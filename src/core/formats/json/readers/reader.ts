/**
 * A reader takes the values of one column out of JSON, straight into memory of the arena.
 *
 * A cell may be written again, as long as no later one was: the last of equal keys wins, and a bad record's row is used
 * for the next. So readers keep no position of their own: text begins where the cell before it ended.
 */

import { clearTail } from '../../../batch/bitmap.ts'
import { bitmapBytes, type Column } from '../../../batch/column.ts'
import { type Arena, allocUint8 } from '../../../batch/slab.ts'
import type { ColumnType } from '../../../types/column-type.ts'
import { BAD, type JsonInput, NULL_WORD } from '../input.ts'
import { skipValue } from '../scan.ts'

export abstract class Reader {
  /** What the code of this reader is: a word for each of its forms. */
  abstract readonly kind: string
  readonly type: ColumnType
  /** Rows there is room for. */
  capacity = 0
  protected readonly input: JsonInput
  protected arena!: Arena
  /** Set bits but at nulls; absent until there is one. */
  protected validity: Uint8Array | undefined

  constructor(type: ColumnType, input: JsonInput) {
    this.type = type
    this.input = input
  }

  /** Starts a column with room for so many rows. */
  begin(arena: Arena, rows: number): void {
    this.arena = arena
    this.validity = undefined
    this.capacity = rows
    this.open(rows)
  }

  /**
   * Reads the value at `at`, which is no white space, into a row before `capacity`. Gives the offset after it, or -1 and
   * the input knows why; what the row then holds is undefined.
   */
  abstract read(at: number, row: number): number

  /** The cell of a row without such a value: null. */
  missing(row: number): void {
    this.validity ??= this.allValid(this.capacity)
    this.validity[row >> 3]! &= ~(1 << (row & 7))
  }

  /** Makes room for as many rows. */
  reserve(rows: number): void {
    if (rows <= this.capacity) return
    const capacity = Math.max(rows, this.capacity * 2)
    this.grow(capacity)
    if (this.validity) {
      const validity = this.allValid(capacity)
      validity.set(this.validity)
      this.validity = validity
    }
    this.capacity = capacity
  }

  /** The first rows as a column. */
  finish(length: number): Column {
    const cells = this.cells(length)
    if (!this.validity) return { type: this.type, ...cells }
    const validity = this.validity.subarray(0, bitmapBytes(length))
    clearTail(validity, length)
    return { type: this.type, ...cells, validity }
  }

  protected abstract open(rows: number): void
  protected abstract grow(rows: number): void
  protected abstract cells(length: number): Omit<Column, 'type' | 'validity'>

  /** Takes back that a row is null. */
  protected setValid(row: number): void {
    if (this.validity) this.validity[row >> 3]! |= 1 << (row & 7)
  }

  /** Reads a null, or says that the value is none of the column's. */
  protected nullOr(at: number, row: number, hint?: string): number {
    const { view, end } = this.input
    if (at + 4 <= end && view.getInt32(at, true) === NULL_WORD) {
      this.missing(row)
      return at + 4
    }
    return this.refuse(at, hint)
  }

  /** Says that the value at `at` is none of the column's, if it is a value at all. */
  protected refuse(at: number, hint?: string): typeof BAD {
    const end = skipValue(this.input, at)
    if (end < 0) return BAD
    return this.input.fail(
      at,
      'VALUE_TYPE',
      `${shownValue(this.input.bytes, at, end)} is no ${this.type}`,
      hint,
    )
  }

  private allValid(rows: number): Uint8Array {
    return allocUint8(this.arena, bitmapBytes(rows)).fill(255)
  }
}

const SHOWN = 60
const decoder = new TextDecoder()

/** A value of the input, cut for messages. */
export function shownValue(bytes: Uint8Array, start: number, end: number): string {
  const cut = Math.min(end, start + SHOWN)
  return `${decoder.decode(bytes.slice(start, cut))}${cut < end ? '…' : ''}`
}
