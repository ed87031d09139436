/** What builders of columns share; one per type is in `build.ts` and `build-nested.ts`. */

import type { DataError } from '../errors.ts'
import type { ColumnType } from '../types/column-type.ts'
import { clearTail } from './bitmap.ts'
import { valueError } from './cells.ts'
import { bitmapBytes, type Column } from './column.ts'
import { type Arena, allocUint8 } from './slab.ts'

/** Collects cells and makes columns of them. Used again after `finish`; a dictionary keeps growing. */
export interface ColumnBuilder {
  readonly type: ColumnType
  /** Cells since the last `finish`. */
  readonly length: number
  /**
   * Adds a cell; `null` and `undefined` are null.
   *
   * @throws {DataError} `VALUE_TYPE` when the column's type cannot hold the value.
   */
  append(value: unknown): void
  appendNull(): void
  /** Text columns only: adds a cell from UTF-8 bytes, which are not checked. */
  appendBytes(source: Uint8Array, start?: number, end?: number): void
  /** The cells so far as a column in `arena`'s memory; the builder is empty afterwards. */
  finish(arena: Arena): Column
}

export interface ColumnBuilderOptions {
  /** For errors. */
  readonly name?: string
  /** Cells to expect; only saves growing. */
  readonly capacity?: number
  /** The number of the first row, for errors. */
  readonly firstRow?: number
  /** Of a column within another: the number of the row whose cells it is given, for errors. */
  readonly rowNumber?: () => number
}

export abstract class Builder implements ColumnBuilder {
  readonly type: ColumnType
  readonly name: string
  length = 0
  protected capacity: number
  #firstRow: number
  readonly #rowNumber: (() => number) | undefined
  /** Set bits everywhere but at nulls, so that only nulls need touch it. */
  #validity: Uint8Array | undefined

  constructor(type: ColumnType, options: ColumnBuilderOptions) {
    this.type = type
    this.name = options.name ?? ''
    this.capacity = Math.max(16, options.capacity ?? 0)
    this.#firstRow = options.firstRow ?? 0
    this.#rowNumber = options.rowNumber
  }

  abstract append(value: unknown): void
  protected abstract grow(capacity: number): void
  protected abstract cells(arena: Arena): Omit<Column, 'type' | 'validity'>

  appendBytes(_source: Uint8Array, _start?: number, _end?: number): void {
    throw new TypeError(`a ${this.type} column takes no text bytes`)
  }

  appendNull(): void {
    const i = this.length
    if (i === this.capacity) this.growAll()
    this.#validity ??= new Uint8Array(bitmapBytes(this.capacity)).fill(255)
    this.#validity[i >> 3]! &= ~(1 << (i & 7))
    this.length = i + 1
  }

  protected growAll(): void {
    const capacity = this.capacity * 2
    if (this.#validity) {
      const validity = new Uint8Array(bitmapBytes(capacity)).fill(255)
      validity.set(this.#validity)
      this.#validity = validity
    }
    this.grow(capacity)
    this.capacity = capacity
  }

  finish(arena: Arena): Column {
    const { length, type } = this
    const cells = this.cells(arena)
    let column: Column = { type, ...cells }
    if (this.#validity) {
      const validity = allocUint8(arena, bitmapBytes(length))
      validity.set(this.#validity.subarray(0, validity.length))
      clearTail(validity, length)
      column = { ...column, validity }
      this.#validity = undefined
    }
    this.#firstRow += length
    this.length = 0
    return column
  }

  /** The number of the row that the next cell belongs to. */
  protected get rowNumber(): number {
    return this.#rowNumber?.() ?? this.#firstRow + this.length
  }

  protected wrong(value: unknown, hint?: string): DataError {
    const where = { column: this.name, row: this.rowNumber, type: this.type }
    return valueError(where, value, hint ? { hint } : {})
  }
}
