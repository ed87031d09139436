/**
 * Cells as JavaScript values that `<` puts in the order of their type: what folds keep that keep values.
 */

import { binaryString, bytesOfBinaryString } from '../batch/bytes.ts'
import { bitAt, type Column, textBytesAt, words32Of } from '../batch/column.ts'
import { nestedBytes } from '../batch/nested-bytes.ts'
import { nestedValues } from '../batch/nested-values.ts'
import { type Arena, heapArena } from '../batch/slab.ts'
import {
  type ColumnType,
  isEightByteInteger,
  isKeptAsBytes,
  isText,
  isWideDecimal,
} from '../types/column-type.ts'
import { ResultColumn, textColumn } from './result.ts'

export { binaryString, bytesOfBinaryString } from '../batch/bytes.ts'

/**
 * Numbers, with -0 as 0; 64-bit integers beyond 2^53 as bigints, which compare with numbers by value; booleans as 0 and
 * 1; text as a string of one character per UTF-8 byte; lists, structs and maps as one per byte of `nested-bytes.ts`.
 */
export type CellKey = number | bigint | string

/** Reads the cells of a column by physical row; they are not null. */
export function cellKeys(type: ColumnType, column: Column): (row: number) => CellKey {
  if (isText(type)) return textKeys(column)
  if (isKeptAsBytes(type)) return nestedKeys(column)
  if (isEightByteInteger(type)) {
    const words32 = words32Of(column)
    const unsigned = type === 'uint64'
    return row => {
      const high = unsigned ? words32[2 * row + 1]! >>> 0 : words32[2 * row + 1]!
      const low = words32[2 * row]! >>> 0
      const value = high * 2 ** 32 + low
      return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low)
    }
  }
  if (type === 'bool') return row => (bitAt(column.values as Uint8Array, row) ? 1 : 0)
  const values = column.values as Float64Array
  return row => values[row]! + 0
}

/** A {@link CellKey} of numbers and of what is kept as whole numbers of units. */
export type NumberKey = number | bigint

/** Reads cells of numbers and of times by physical row, in units; they are not null. Decimals of any size are numbers here. */
export function numberKeys(type: ColumnType, column: Column): (row: number) => NumberKey {
  if (!isWideDecimal(type)) return cellKeys(type, column) as (row: number) => NumberKey
  const items = column.values as BigInt64Array
  return row => {
    const units = (items[2 * row + 1]! << 64n) | BigInt.asUintN(64, items[2 * row]!)
    const near = Number(units)
    return Number.isSafeInteger(near) ? near : units
  }
}

function textKeys(column: Column): (row: number) => string {
  if (!column.dictionary) return row => binaryString(textBytesAt(column, row))
  const codes = column.values as Int32Array
  const texts: (string | undefined)[] = []
  return row => (texts[codes[row]!] ??= binaryString(textBytesAt(column, row)))
}

function nestedKeys(column: Column): (row: number) => string {
  const one = new Uint32Array(1)
  return row => {
    one[0] = row
    return binaryString(nestedBytes(column, one, 1, { asKeys: true }, heapArena).values as Uint8Array)
  }
}

const bytesOfKey = (key: CellKey | undefined): Uint8Array | undefined =>
  key === undefined ? undefined : bytesOfBinaryString(key as string)

/** A column of nested cells, given as the bytes of `nested-bytes.ts`; undefined is null. */
export const columnOfNestedBytes = (
  type: ColumnType,
  cells: readonly (Uint8Array | undefined)[],
  arena: Arena,
): Column => nestedValues(type, textColumn(cells, heapArena), cells.length, arena)

/** A column of these cells; undefined is null. Text comes out as utf8. */
export function columnOfKeys(type: ColumnType, keys: readonly (CellKey | undefined)[], arena: Arena): Column {
  if (isText(type)) {
    return textColumn(keys.map(bytesOfKey), arena)
  }
  if (isKeptAsBytes(type)) return columnOfNestedBytes(type, keys.map(bytesOfKey), arena)
  const result = new ResultColumn(type, keys.length, arena)
  const wide = isEightByteInteger(type)
  keys.forEach((key, i) => {
    if (key === undefined) result.setNull(i)
    else if (wide) {
      const [low, high] = wordsOf(key as number | bigint)
      result.words32[2 * i] = low
      result.words32[2 * i + 1] = high
    } else if (type === 'bool') {
      if (key !== 0) result.setBit(i)
    } else result.values[i] = key as number
  })
  return result.finish()
}

function wordsOf(key: number | bigint): [number, number] {
  if (typeof key === 'bigint') return [Number(key & 0xffffffffn), Number(BigInt.asIntN(32, key >> 32n))]
  const high = Math.floor(key / 2 ** 32)
  return [key - high * 2 ** 32, high]
}
