/**
 * Values under their place in the total order of rows, as texts that compare as the places do: what `first` and `last`
 * keep over changes, where any row may be taken out again and the one before it counts.
 *
 * A character per byte: time, its rest, split and offset in eight each; then the rest of the place, if it has one; then
 * the value. A row is taken out by its place and value.
 */

import { bitAt, type Column, words32Of } from '../batch/column.ts'
import type { RowOrder, StepRows } from '../fold.ts'
import { type ColumnType, isEightByteInteger, isKeptAsBytes, isText } from '../types/column-type.ts'
import { binaryString, type CellKey, cellKeys } from './cell-key.ts'

const NULL = '\0'
const VALUE = '\x01'
const NO_TIE = '\0'
const TIE = '\x01'
/** After a tie, of which each 0 is written as {@link ZERO}: so none is the beginning of another. */
const END = '\0\0'
const ZERO = '\0\xff'
/** Where the tie begins. */
const TIE_AT = 4 * 8

/** Reads rows, whether or not their value is null, by step row and physical row. */
export function placedValues(type: ColumnType, input: StepRows, order: RowOrder) {
  const { timeMs, timeRest, split, splits, offset, ties } = order
  const { validity } = input.columns[0]!
  const valueAt = valueTexts(type, input.columns[0]!)
  return (i: number, row: number): string => {
    const rest = timeRest === undefined ? 0 : timeRest[i]!
    const place =
      ordered(timeMs[i]!) + ordered(rest) + ordered(splits ? splits[i]! : split) + ordered(offset[i]!)
    const isThere = validity === undefined || bitAt(validity, row)
    return place + tieText(ties?.key(i)) + (isThere ? VALUE + valueAt(row) : NULL)
  }
}

/** The value of such a text; undefined is null. */
export function valueOfPlaced(type: ColumnType, text: string): CellKey | undefined {
  const at = text[TIE_AT] === NO_TIE ? TIE_AT + 1 : text.indexOf(END, TIE_AT + 1) + END.length
  return text[at] === NULL ? undefined : valueOfText(type, text.slice(at + 1))
}

/**
 * The cell of a column as text that compares as the cell does; all NaNs are one, both zeros too. None is the beginning of
 * another.
 *
 * @param descending compares the other way round
 */
export function orderedKey(type: ColumnType, key: CellKey, descending: boolean): string {
  const text = ascendingKey(type, key)
  if (!descending) return text
  let turned = ''
  for (let i = 0; i < text.length; i++) turned += String.fromCharCode(255 - text.charCodeAt(i))
  return turned
}

/** How long such a text is at the beginning of another. */
export function orderedKeyLength(type: ColumnType, text: string, descending: boolean): number {
  if (!isText(type) && !isKeptAsBytes(type)) return 8
  const end = descending ? '\xff\xff' : END
  return text.indexOf(end) + end.length
}

function ascendingKey(type: ColumnType, key: CellKey): string {
  if (typeof key === 'string') return key.replaceAll('\0', ZERO) + END
  if (!isEightByteInteger(type)) return ordered(key as number)
  view.setBigUint64(0, BigInt.asUintN(64, BigInt(key)))
  if (type !== 'uint64') bytes[0]! ^= 0x80
  return binaryString(bytes)
}

const tieText = (tie: Uint8Array | undefined): string =>
  tie === undefined ? NO_TIE : TIE + binaryString(tie).replaceAll('\0', ZERO) + END

const view = new DataView(new ArrayBuffer(8))
const bytes = new Uint8Array(view.buffer)

/** A number as text that compares as it does; it is not NaN. */
function ordered(x: number): string {
  view.setFloat64(0, x + 0)
  // Negative numbers compare the other way round, and before all others.
  if (bytes[0]! >= 0x80) for (let i = 0; i < 8; i++) bytes[i]! ^= 0xff
  else bytes[0]! ^= 0x80
  return binaryString(bytes)
}

/** Cells bit by bit, so that each is found again as it was; all NaNs are one. */
function valueTexts(type: ColumnType, column: Column): (row: number) => string {
  if (isText(type) || isKeptAsBytes(type)) return cellKeys(type, column) as (row: number) => string
  if (isEightByteInteger(type)) {
    const words32 = words32Of(column)
    return row => {
      view.setInt32(0, words32[2 * row]!)
      view.setInt32(4, words32[2 * row + 1]!)
      return binaryString(bytes)
    }
  }
  const values = column.values as Float64Array
  return row => {
    const value = type === 'bool' ? Number(bitAt(column.values as Uint8Array, row)) : values[row]!
    view.setFloat64(0, Number.isNaN(value) ? Number.NaN : value)
    return binaryString(bytes)
  }
}

function valueOfText(type: ColumnType, text: string): CellKey {
  if (isText(type) || isKeptAsBytes(type)) return text
  for (let i = 0; i < 8; i++) bytes[i] = text.charCodeAt(i)
  if (!isEightByteInteger(type)) return view.getFloat64(0)
  const high = type === 'uint64' ? view.getUint32(4) : view.getInt32(4)
  return (BigInt(high) << 32n) | BigInt(view.getUint32(0))
}
