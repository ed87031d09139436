/**
 * `sum(x)`: exact, so that no order of rows can change it. Nulls do not count; of no values it is null.
 *
 * Integers of up to 32 bits and int53 sum to int53, int64 to int64, uint64 to uint64, and a total beyond that is an
 * error. Floats sum to float64: the exact sum, rounded once; infinities and NaN as IEEE 754 adds them.
 */

import type { Fold } from '../fold.ts'
import { type ColumnType, isInteger } from '../types/column-type.ts'
import { ResultColumn } from './result.ts'
import {
  addFloats,
  addLoop,
  addWhole,
  floatLayout,
  floatTotal,
  isEmptySum,
  mergeFloats,
  mergeWhole,
  sumsAsFloat,
  wholeLayout,
  writeWhole,
} from './sum-parts.ts'

/** @param type of the argument; numeric */
export function sum(type: ColumnType): Fold {
  const fold = sumsAsFloat(type) ? floatSum : wholeSum(isInteger(type) ? 'int53' : type)
  return { ...(fold as unknown as Fold), loop: addLoop(type) }
}

const floatSum: Fold<typeof floatLayout> = {
  layout: floatLayout,
  resultType: 'float64',
  step: addFloats,
  merge: mergeFloats,
  result(state, groups, arena) {
    const result = new ResultColumn('float64', groups.length, arena)
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i]!
      if (isEmptySum(state.first[group]!)) result.setNull(i)
      else result.values[i] = floatTotal(state, group)
    }
    return result.finish()
  },
}

/** @throws {DataError} `OVERFLOW`, in `result`. */
const wholeSum = (resultType: ColumnType): Fold<typeof wholeLayout> => ({
  layout: wholeLayout,
  resultType,
  step: addWhole,
  merge: mergeWhole,
  result(state, groups, arena) {
    const result = new ResultColumn(resultType, groups.length, arena)
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i]!
      if (isEmptySum(state.low[group]!)) result.setNull(i)
      else writeWhole(state, group, resultType, result.words32, i)
    }
    return result.finish()
  },
})
