/** Building the result columns of folds. */

import { allocValues } from '../batch/alloc-values.ts'
import { allSet } from '../batch/bitmap.ts'
import { bitmapBytes, type Column, NO_VALUES, type Values } from '../batch/column.ts'
import { checkListSize } from '../batch/list-offsets.ts'
import { type Arena, allocInt32, allocUint8 } from '../batch/slab.ts'
import { type ColumnType, isWideDecimal } from '../types/column-type.ts'
import { entryType, type ListType, type MapType, type StructType } from '../types/nested-type.ts'

/**
 * A column of fixed-width cells to fill: `values[i]`, or its two `words32` for 64-bit types; `setUnits(i, …)` for decimals;
 * `setNull(i)` for nulls.
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

  /** @param type not text, and not nested: see {@link listColumn} */
  constructor(type: ColumnType, count: number, arena: Arena) {
    this.type = type
    this.#count = count
    this.#arena = arena
    if (type === 'bool') {
      const bits = allocUint8(arena, bitmapBytes(count))
      bits.fill(0)
      this.#values = bits
    } else {
      this.#values = allocValues(type, count, arena)
    }
    this.values = this.#values as Float64Array
    this.words32 =
      this.#values.BYTES_PER_ELEMENT === 8
        ? new Int32Array(this.#values.buffer, this.#values.byteOffset, this.#values.length * 2)
        : (this.#values as Int32Array)
  }

  setBit(i: number): void {
    ;(this.#values as Uint8Array)[i >> 3]! |= 1 << (i & 7)
  }

  /** The cell of a decimal, which its type holds. */
  setUnits(i: number, units: bigint): void {
    const items = this.#values as BigInt64Array
    if (!isWideDecimal(this.type)) {
      items[i] = units
      return
    }
    items[2 * i] = units
    items[2 * i + 1] = units >> 64n
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
    if (isWideDecimal(this.type)) this.setUnits(i, 0n)
    else if (this.#values.BYTES_PER_ELEMENT === 8) {
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

/**
 * Lists, as a column: what a fold gives that collects values. Its `result` lays the elements of all groups out as one
 * column, group after group, and says how many each has; elements kept as cell keys become one by `columnOfKeys`.
 * Lengths 2, 0, -1 over the elements 7, 8 are `[7, 8]`, `[]` and null.
 *
 * @param lengths by group; -1 for null
 * @param elements of all groups together
 */
export function listColumn(
  type: ListType,
  lengths: ArrayLike<number>,
  elements: Column,
  arena: Arena,
): Column {
  return offsetsColumn(type, lengths, elements, arena)
}

/**
 * Maps, as a column; keys are not null, and differ within a map. See {@link listColumn}.
 *
 * @param lengths by group; -1 for null
 */
export function mapColumn(
  type: MapType,
  lengths: ArrayLike<number>,
  keys: Column,
  values: Column,
  arena: Arena,
): Column {
  const entries: Column = { type: entryType(type), values: NO_VALUES, children: [keys, values] }
  return offsetsColumn(type, lengths, entries, arena)
}

/**
 * Structs, as a column.
 *
 * @param fields a column per field of the type, as long as the result
 * @param isNull whether a cell is null; absent: none is
 */
export function structColumn(
  type: StructType,
  fields: readonly Column[],
  length: number,
  arena: Arena,
  isNull?: (i: number) => boolean,
): Column {
  const column = { type, values: NO_VALUES, children: fields }
  return withNulls(column, length, arena, isNull ?? (() => false))
}

function offsetsColumn(type: ColumnType, lengths: ArrayLike<number>, child: Column, arena: Arena): Column {
  const offsets = allocInt32(arena, lengths.length + 1)
  let end = 0
  offsets[0] = 0
  for (let i = 0; i < lengths.length; i++) {
    end += Math.max(0, lengths[i]!)
    checkListSize(end)
    offsets[i + 1] = end
  }
  const column = { type, values: NO_VALUES, offsets, children: [child] }
  return withNulls(column, lengths.length, arena, i => lengths[i]! < 0)
}

function withNulls(column: Column, length: number, arena: Arena, isNull: (i: number) => boolean): Column {
  let validity: Uint8Array | undefined
  for (let i = 0; i < length; i++) {
    if (!isNull(i)) continue
    validity ??= allSet(length, arena)
    validity[i >> 3]! &= ~(1 << (i & 7))
  }
  return validity ? { ...column, validity } : column
}
