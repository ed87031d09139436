/**
 * `mean(x)`: the exact sum over the number of values, rounded once. Nulls do not count; of no values it is null. Infinities
 * and NaN as IEEE 754 adds them.
 */

import type { Arena } from '../batch/slab.ts'
import type { Fold } from '../fold.ts'
import {
  type ColumnType,
  type DecimalType,
  decimalScale,
  isDecimal,
  isFloat,
  isOfTime,
  isWideDecimal,
  type TypeOfTime,
} from '../types/column-type.ts'
import { divideRounded } from '../types/decimal.ts'
import { countedFloatLoop, countedFloatSum, countedWholeLoop, countedWholeSum } from './counted-sum.ts'
import { wideDecimalMean } from './decimal-sum.ts'
import { ratio, wholeNumber } from './dyadic.ts'
import { floatMeanOf } from './float-sum.ts'
import { ResultColumn } from './result.ts'
import { setBetween, typeBetween, unitsBetween } from './units-of-time.ts'
import { wholeMeanOf, wholeUnits } from './whole-sum.ts'

/** @param type of the argument; a number, or one of time, whose mean is rounded to its unit, that of dates to microseconds */
export function mean(type: ColumnType): Fold {
  if (isDecimal(type)) return isWideDecimal(type) ? wideDecimalMean(type) : decimalMean(type)
  if (isOfTime(type)) return meanOfTimes(type)
  return isFloat(type)
    ? ({ ...floatMean, loop: countedFloatLoop } as unknown as Fold)
    : ({ ...wholeMean, loop: countedWholeLoop(type) } as unknown as Fold)
}

/** Of decimals in 8 bytes: the sum of units, over the values times the units of one. */
const decimalMean = (type: DecimalType): Fold => {
  const perOne = 10n ** BigInt(decimalScale(type))
  const fold: Fold<typeof countedWholeSum.layout> = {
    ...countedWholeSum,
    resultType: 'float64',
    result: (state, groups, arena) =>
      means('float64', groups, arena, state.values, (result, i, group, count) => {
        const values = wholeNumber(BigInt(count) * perOne)
        result.values[i] = ratio(wholeNumber(wholeUnits(state, group)), values)
      }),
  }
  return { ...fold, loop: countedWholeLoop(type) } as unknown as Fold
}

const meanOfTimes = (type: TypeOfTime): Fold => {
  const resultType = typeBetween(type)
  const units = unitsBetween(type)
  const fold: Fold<typeof countedWholeSum.layout> = {
    ...countedWholeSum,
    resultType,
    result: (state, groups, arena) =>
      means(resultType, groups, arena, state.values, (result, i, group, count) => {
        setBetween(result, i, divideRounded(wholeUnits(state, group) * units, BigInt(count)))
      }),
  }
  return { ...fold, loop: countedWholeLoop(type) } as unknown as Fold
}

function means(
  type: ColumnType,
  groups: Uint32Array,
  arena: Arena,
  counts: Float64Array,
  write: (result: ResultColumn, i: number, group: number, count: number) => void,
) {
  const result = new ResultColumn(type, groups.length, arena)
  for (let i = 0; i < groups.length; i++) {
    const count = counts[groups[i]!]!
    if (count === 0) result.setNull(i)
    else write(result, i, groups[i]!, count)
  }
  return result.finish()
}

const floatMean: Fold<typeof countedFloatSum.layout> = {
  ...countedFloatSum,
  resultType: 'float64',
  result(state, groups, arena) {
    const result = new ResultColumn('float64', groups.length, arena)
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i]!
      const count = state.values[group]!
      if (count === 0) result.setNull(i)
      else result.values[i] = floatMeanOf(state, group, count)
    }
    return result.finish()
  },
}

const wholeMean: Fold<typeof countedWholeSum.layout> = {
  ...countedWholeSum,
  resultType: 'float64',
  result(state, groups, arena) {
    const result = new ResultColumn('float64', groups.length, arena)
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i]!
      const count = state.values[group]!
      if (count === 0) result.setNull(i)
      else result.values[i] = wholeMeanOf(state, group, count)
    }
    return result.finish()
  },
}
