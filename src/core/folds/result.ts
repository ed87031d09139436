/** Building the result columns of folds. */

import { bitmapBytes, type Column, type Values, valuesConstructor } from '../batch/column.ts'
import { type Arena, allocInt32, allocUint8 } from '../batch/slab.ts'
import type { ColumnType } from '../types/column-type.ts'

/**
 * A column of fixed-width cells to fill: `values[i]`, or its two `words32` for 64-bit types; `setNull(i)` for nulls.
 */
export class ResultColumn {
  readonly type: ColumnType
  readonly values: Float64Array
  /** 64-bit types only. */
  readonly words32: Int32Array
  readonly #values: Values
  readonly #count: number
  readonly #arena: Arena
  #validity: Uint8Array | undefined

  /** @param type not text */
  constructor(type: ColumnType, count: number, arena: Arena) {
    this.type = type
    this.#count = count
    this.#arena = arena
    if (type === 'bool') {
      const bits = allocUint8(arena, bitmapBytes(count))
      bits.fill(0)
      this.#values = bits
    } else {
      const Constructor = valuesConstructor(type)
      const { buffer, byteOffset } = arena.allocate(count * Constructor.BYTES_PER_ELEMENT)
      this.#values = new Constructor(buffer as ArrayBuffer, byteOffset, count)
    }
    this.values = this.#values as Float64Array
    this.words32 =
      this.#values.BYTES_PER_ELEMENT === 8
        ? new Int32Array(this.#values.buffer, this.#values.byteOffset, count * 2)
        : (this.#values as Int32Array)
  }

  setBit(i: number): void {
    ;(this.#values as Uint8Array)[i >> 3]! |= 1 << (i & 7)
  }

  setNull(i: number): void {
    if (!this.#validity) {
      this.#validity = allocUint8(this.#arena, bitmapBytes(this.#count))
      this.#validity.fill(255)
      const rest = this.#count & 7
      if (rest) this.#validity[this.#count >> 3]! = (1 << rest) - 1
    }
    this.#validity[i >> 3]! &= ~(1 << (i & 7))
    // Equal results have equal bytes.
    if (this.type === 'bool') return
    if (this.#values.BYTES_PER_ELEMENT === 8) {
      this.words32[2 * i] = 0
      this.words32[2 * i + 1] = 0
    } else this.values[i] = 0
  }

  finish(): Column {
    return {
      type: this.type,
      values: this.#values,
      ...(this.#validity ? { validity: this.#validity } : {}),
    }
  }
}

/** Texts, as UTF-8 bytes, as a plain text column; undefined is null. */
export function textColumn(texts: readonly (Uint8Array | undefined)[], arena: Arena): Column {
  const count = texts.length
  const offsets = allocInt32(arena, count + 1)
  let size = 0
  let validity: Uint8Array | undefined
  for (let i = 0; i < count; i++) {
    offsets[i] = size
    size += texts[i]?.length ?? 0
    if (texts[i] === undefined && !validity) validity = allocUint8(arena, bitmapBytes(count))
  }
  offsets[count] = size
  const values = allocUint8(arena, size)
  validity?.fill(0)
  for (let i = 0; i < count; i++) {
    const text = texts[i]
    if (text === undefined) continue
    values.set(text, offsets[i])
    if (validity) validity[i >> 3]! |= 1 << (i & 7)
  }
  return { type: 'utf8', values, offsets, ...(validity ? { validity } : {}) }
}
