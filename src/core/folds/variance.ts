/**
 * `variance(x)`: the sample variance, Σ(x − mean)²/(n − 1), and `stddev(x)`, its square root. Exact sums, rounded once:
 * no order of rows can change them. Nulls do not count; of fewer than two values they are null.
 *
 * Values may be of any size, also where their squares are no doubles. NaN where a value is not finite; Infinity where the
 * result is beyond the doubles.
 */

import { bitAt } from '../batch/column.ts'
import type { Fold, StateTable } from '../fold.ts'
import { type ColumnType, isDuration } from '../types/column-type.ts'
import { type Dyadic, ratio, rootOfRatio, wholeNumber } from './dyadic.ts'
import { exactTotal } from './float-sum.ts'
import { addValue, centred, countsIn, doublesOf, mergeTotal, totalIn, totalLayout } from './moments.ts'
import { overDurations } from './over-durations.ts'
import { ResultColumn } from './result.ts'

const layout = { count: { kind: 'f64' }, ...totalLayout('sum'), ...totalLayout('squares') } as const

const varianceAs = (finish: (spread: Dyadic, over: Dyadic) => number): Fold => ({
  layout,
  resultType: 'float64',
  retract: 'linear',
  step(state, { columns, count, rows, groups, weights }) {
    const column = columns[0]!
    const { validity } = column
    const values = doublesOf(column, count, rows)
    const counts = countsIn(state)
    const sum = totalIn(state, 'sum')
    const squares = totalIn(state, 'squares')
    for (let i = 0; i < count; i++) {
      if (validity !== undefined && !bitAt(validity, rows === undefined ? i : rows[i]!)) continue
      const group = groups[i]!
      const weight = weights === undefined ? 1 : weights[i]!
      counts[group]! += weight
      addValue(sum, group, i, weight, values)
      addValue(squares, group, i, weight, values, values)
    }
  },
  merge(state, groups, from, fromGroups) {
    const counts = countsIn(state)
    for (let i = 0; i < groups.length; i++) counts[groups[i]!]! += countsIn(from)[fromGroups[i]!]!
    mergeTotal(state, groups, from, fromGroups, 'sum')
    mergeTotal(state, groups, from, fromGroups, 'squares')
  },
  result(state, groups, arena) {
    const result = new ResultColumn('float64', groups.length, arena)
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i]!
      if (countsIn(state)[group]! < 2) result.setNull(i)
      else result.values[i] = varianceOf(state, group, finish)
    }
    return result.finish()
  },
})

function varianceOf(
  state: StateTable,
  group: number,
  finish: (spread: Dyadic, over: Dyadic) => number,
): number {
  const n = countsIn(state)[group]!
  const sum = exactTotal(totalIn(state, 'sum'), group)
  const squares = exactTotal(totalIn(state, 'squares'), group)
  if (sum === undefined || squares === undefined) return Number.NaN
  const spread = centred(n, squares, sum, sum)
  return finish(spread, wholeNumber(BigInt(n) * BigInt(n - 1)))
}

export const variance = (): Fold => varianceAs(ratio)

/** @param type of the argument; a number, or a duration, whose deviation is rounded to its unit */
export function stddev(type: ColumnType): Fold {
  const ofNumbers = varianceAs(rootOfRatio)
  return isDuration(type) ? overDurations(ofNumbers, type) : ofNumbers
}
