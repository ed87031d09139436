/**
 * `sum(x)`: exact, so that no order of rows can change it. Nulls do not count; of no values it is null.
 *
 * Integers of up to 32 bits and int53 sum to int53, int64 to int64, uint64 to uint64, and a total beyond that is an
 * error; one that was beyond it only on the way is not. Decimals sum to decimals of 38 digits, durations to durations. Floats sum to float64: the exact sum, rounded once; infinities
 * and NaN as IEEE 754 adds them.
 */

import type { Arena } from '../batch/slab.ts'
import type { Fold } from '../fold.ts'
import {
  type ColumnType,
  type DecimalType,
  decimalScale,
  decimalType,
  isDecimal,
  isFloat,
  isInteger,
  isWideDecimal,
  MAX_PRECISION,
} from '../types/column-type.ts'
import { countedFloatLoop, countedFloatSum, countedWholeLoop, countedWholeSum } from './counted-sum.ts'
import { wideDecimalSum, writeDecimal } from './decimal-sum.ts'
import { isEmptySum } from './empty-sum.ts'
import { addFloats, type FloatParts, floatLayout, floatLoop, floatTotal, mergeFloats } from './float-sum.ts'
import { ResultColumn } from './result.ts'
import {
  addWhole,
  mergeWhole,
  type WholeParts,
  wholeLayout,
  wholeLoop,
  wholeUnits,
  writeWhole,
} from './whole-sum.ts'

/**
 * @param type of the argument; a number or a duration
 * @param changes whether rows may be taken out again
 */
export function sum(type: ColumnType, changes: boolean): Fold {
  if (isFloat(type)) return (changes ? floatSumOfChanges : floatSum) as unknown as Fold
  if (isDecimal(type)) return decimalSum(type, changes)
  const resultType = isInteger(type) ? 'int53' : type
  return (changes ? wholeSumOfChanges(type, resultType) : wholeSum(type, resultType)) as unknown as Fold
}

function decimalSum(type: DecimalType, changes: boolean): Fold {
  const resultType = decimalType(MAX_PRECISION, decimalScale(type))
  if (isWideDecimal(type)) return wideDecimalSum(resultType)
  const write = (state: WholeParts, groups: Uint32Array, arena: Arena, counts?: Float64Array) => {
    const result = new ResultColumn(resultType, groups.length, arena)
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i]!
      if (counts === undefined ? isEmptySum(state.low[group]!) : counts[group] === 0) result.setNull(i)
      else writeDecimal(result, i, wholeUnits(state, group), resultType)
    }
    return result.finish()
  }
  const fold: Fold<typeof wholeLayout> = { ...wholeSum(type, resultType), result: write }
  const ofChanges: Fold<typeof countedWholeSum.layout> = {
    ...wholeSumOfChanges(type, resultType),
    result: (state, groups, arena) => write(state, groups, arena, state.values),
  }
  return (changes ? ofChanges : fold) as unknown as Fold
}

const floatSum: Fold<typeof floatLayout> = {
  layout: floatLayout,
  resultType: 'float64',
  loop: floatLoop,
  step: addFloats,
  merge: mergeFloats,
  result: (state, groups, arena) => floatSums(state, groups, arena),
}

const floatSumOfChanges: Fold<typeof countedFloatSum.layout> = {
  ...countedFloatSum,
  resultType: 'float64',
  loop: countedFloatLoop,
  result: (state, groups, arena) => floatSums(state, groups, arena, state.values),
}

/** @param counts of the values, where sums do not tell themselves that they are of none */
function floatSums(state: FloatParts, groups: Uint32Array, arena: Arena, counts?: Float64Array) {
  const result = new ResultColumn('float64', groups.length, arena)
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i]!
    if (counts === undefined ? isEmptySum(state.first[group]!) : counts[group] === 0) result.setNull(i)
    else result.values[i] = floatTotal(state, group)
  }
  return result.finish()
}

/** @throws {DataError} `OVERFLOW`, in `result`. */
const wholeSum = (type: ColumnType, resultType: ColumnType): Fold<typeof wholeLayout> => ({
  layout: wholeLayout,
  resultType,
  loop: wholeLoop(type),
  step: addWhole,
  merge: mergeWhole,
  result: (state, groups, arena) => wholeSums(state, groups, arena, resultType),
})

/** @throws {DataError} `OVERFLOW`, in `result`. */
const wholeSumOfChanges = (
  type: ColumnType,
  resultType: ColumnType,
): Fold<typeof countedWholeSum.layout> => ({
  ...countedWholeSum,
  resultType,
  loop: countedWholeLoop(type),
  result: (state, groups, arena) => wholeSums(state, groups, arena, resultType, state.values),
})

function wholeSums(
  state: WholeParts,
  groups: Uint32Array,
  arena: Arena,
  type: ColumnType,
  counts?: Float64Array,
) {
  const result = new ResultColumn(type, groups.length, arena)
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i]!
    if (counts === undefined ? isEmptySum(state.low[group]!) : counts[group] === 0) result.setNull(i)
    else writeWhole(state, group, type, result.words32, i)
  }
  return result.finish()
}
