/** Numbers that decide most comparisons of sort keys. */

import { bitAt, type Column, words32Of } from '../../batch/column.ts'
import { type SortKey, textAt } from '../../batch/compare.ts'
import { isEightByteInteger, isWideDecimal } from '../../types/column-type.ts'

/**
 * For each cell a number: where a cell's is less than another's, it comes first by the key. Equal numbers say nothing.
 */
export function sortPrefixes(
  column: Column,
  rows: Uint32Array | undefined,
  count: number,
  { descending, nulls }: SortKey,
  out: Float64Array,
): void {
  const value = numberOf(column)
  const ofNull = nulls === 'first' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  const { validity } = column
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i]!
    if (validity && !bitAt(validity, row)) {
      out[i] = ofNull
      continue
    }
    const number = value(row)
    const ordered = Number.isNaN(number) ? Number.POSITIVE_INFINITY : number
    out[i] = descending ? -ordered : ordered
  }
}

/** A number per cell that never orders two cells the wrong way; NaN counts as infinite. */
function numberOf(column: Column): (row: number) => number {
  if (column.children) return () => 0
  if (column.dictionary || column.offsets) {
    return row => {
      const { bytes, start, end } = textAt(column, row)
      let prefix = 0
      for (let i = 0; i < 6; i++) prefix = prefix * 256 + (start + i < end ? bytes[start + i]! : 0)
      return prefix
    }
  }
  if (column.type === 'bool') return row => Number(bitAt(column.values as Uint8Array, row))
  if (isEightByteInteger(column.type)) {
    const words = words32Of(column)
    if (column.type === 'uint64')
      return row => (words[2 * row + 1]! >>> 0) * 2 ** 32 + (words[2 * row]! >>> 0)
    return row => words[2 * row + 1]! * 2 ** 32 + (words[2 * row]! >>> 0)
  }
  if (isWideDecimal(column.type)) {
    const items = column.values as BigInt64Array
    return row => Number((items[2 * row + 1]! << 64n) | BigInt.asUintN(64, items[2 * row]!))
  }
  const values = column.values as Float64Array
  return row => values[row]!
}
