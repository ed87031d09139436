/**
 * `mean(x)`: the exact sum over the number of values, rounded once. Nulls do not count; of no values it is null. Infinities
 * and NaN as IEEE 754 adds them.
 */

import type { Fold } from '../fold.ts'
import { type ColumnType, isFloat } from '../types/column-type.ts'
import { countedFloatLoop, countedFloatSum, countedWholeLoop, countedWholeSum } from './counted-sum.ts'
import { floatMeanOf } from './float-sum.ts'
import { ResultColumn } from './result.ts'
import { wholeMeanOf } from './whole-sum.ts'

/** @param type of the argument; numeric */
export function mean(type: ColumnType): Fold {
  return isFloat(type)
    ? ({ ...floatMean, loop: countedFloatLoop } as unknown as Fold)
    : ({ ...wholeMean, loop: countedWholeLoop(type) } as unknown as Fold)
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
