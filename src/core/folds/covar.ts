/**
 * `covar(x, y)`: the sample covariance, Σ(x − mean x)(y − mean y)/(n − 1), of the pairs of which neither is null, from exact
 * sums: no order of rows can change it. Of fewer than two pairs it is null.
 *
 * NaN where a value is not finite; an infinity where products are beyond 1e308.
 */

import { bitAt, type Column } from '../batch/column.ts'
import type { Fold, StateTable } from '../fold.ts'
import { ratio, wholeNumber } from './dyadic.ts'
import { exactTotal, floatTotal } from './float-sum.ts'
import { addValue, centred, countsIn, doublesOf, mergeTotal, totalIn, totalLayout } from './moments.ts'
import { ResultColumn } from './result.ts'

const TOTALS = ['x', 'y', 'xy'] as const

const layout = {
  count: { kind: 'f64' },
  ...Object.assign({}, ...TOTALS.map(totalLayout)),
} as const

const isThere = ({ validity }: Column, row: number): boolean => validity === undefined || bitAt(validity, row)

export const covar = (): Fold => ({
  layout,
  resultType: 'float64',
  retract: 'linear',
  step(state, { columns, count, rows, groups, weights }) {
    const [first, second] = columns as [Column, Column]
    const a = doublesOf(first, count, rows)
    const b = doublesOf(second, count, rows)
    const counts = countsIn(state)
    const [x, y, xy] = TOTALS.map(name => totalIn(state, name))
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!
      if (!isThere(first, row) || !isThere(second, row)) continue
      const group = groups[i]!
      const weight = weights === undefined ? 1 : weights[i]!
      counts[group]! += weight
      addValue(x!, group, i, weight, a)
      addValue(y!, group, i, weight, b)
      addValue(xy!, group, i, weight, a, b)
    }
  },
  merge(state, groups, from, fromGroups) {
    const counts = countsIn(state)
    for (let i = 0; i < groups.length; i++) counts[groups[i]!]! += countsIn(from)[fromGroups[i]!]!
    for (const name of TOTALS) mergeTotal(state, groups, from, fromGroups, name)
  },
  result(state, groups, arena) {
    const result = new ResultColumn('float64', groups.length, arena)
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i]!
      if (countsIn(state)[group]! < 2) result.setNull(i)
      else result.values[i] = covarianceOf(state, group)
    }
    return result.finish()
  },
})

function covarianceOf(state: StateTable, group: number): number {
  const n = countsIn(state)[group]!
  const [x, y, xy] = TOTALS.map(name => exactTotal(totalIn(state, name), group))
  if (!x || !y) return Number.NaN
  if (!xy) return floatTotal(totalIn(state, 'xy'), group)
  return ratio(centred(n, xy, x, y), wholeNumber(BigInt(n) * BigInt(n - 1)))
}
