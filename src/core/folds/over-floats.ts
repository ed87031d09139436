/** Folds of floats over decimals: each value becomes the nearest double first. */

import { bitAt, type Column, words32Of } from '../batch/column.ts'
import type { Fold } from '../fold.ts'
import { decimalScale, isDecimal, isWideDecimal } from '../types/column-type.ts'
import { decimalNumber } from '../types/decimal.ts'

/** A fold that was opened for float64 in place of decimals, given decimals. */
export function overFloats({ loop: _, ...fold }: Fold): Fold {
  return {
    ...fold,
    step: (state, input) => fold.step(state, { ...input, columns: input.columns.map(asFloats) }),
  }
}

/** Decimals as doubles, by physical row; other columns as they are. */
export function asFloats(column: Column): Column {
  const { type, validity } = column
  if (!isDecimal(type)) return column
  const scale = decimalScale(type)
  const items = column.values as BigInt64Array
  const wide = isWideDecimal(type)
  const words32 = words32Of(column)
  const values = new Float64Array(wide ? items.length / 2 : items.length)
  for (let row = 0; row < values.length; row++) {
    if (validity && !bitAt(validity, row)) continue
    if (wide) {
      values[row] = decimalNumber((items[2 * row + 1]! << 64n) | BigInt.asUintN(64, items[2 * row]!), scale)
      continue
    }
    const near = words32[2 * row + 1]! * 2 ** 32 + (words32[2 * row]! >>> 0)
    values[row] = decimalNumber(Number.isSafeInteger(near) ? near : items[row]!, scale)
  }
  return { type: 'float64', values, ...(validity ? { validity } : {}) }
}
