/**
 * `covar(x, y)`: the sample covariance, Σ(x − mean x)(y − mean y)/(n − 1), of the pairs of which neither is null, from exact
 * sums: no order of rows can change it. Of fewer than two pairs it is null.
 *
 * Values may be of any size. NaN where one is not finite; an infinity where the result is beyond the doubles.
 */

import { type Column, isNullAt } from '../batch/column.ts'
import type { StateTable } from '../fold.ts'
import { ratio, wholeNumber } from './dyadic.ts'
import { exactTotal } from './float-sum.ts'
import { addValue, centred, countsIn, doublesOf, totalIn } from './moments.ts'
import { foldOfPairs } from './pairs.ts'

const TOTALS = ['x', 'y', 'xy'] as const

export const covar = () =>
  foldOfPairs({
    totals: TOTALS,
    leastPairs: 2,
    step(state, { columns, count, rows, groups, weights }) {
      const [first, second] = columns as [Column, Column]
      const a = doublesOf(first, count, rows)
      const b = doublesOf(second, count, rows)
      const counts = countsIn(state)
      const [x, y, xy] = TOTALS.map(name => totalIn(state, name))
      for (let i = 0; i < count; i++) {
        const row = rows === undefined ? i : rows[i]!
        if (isNullAt(first, row) || isNullAt(second, row)) continue
        const group = groups[i]!
        const weight = weights === undefined ? 1 : weights[i]!
        counts[group]! += weight
        addValue(x!, group, i, weight, a)
        addValue(y!, group, i, weight, b)
        addValue(xy!, group, i, weight, a, b)
      }
    },
    resultOf: covarianceOf,
  })

function covarianceOf(state: StateTable, group: number): number {
  const n = countsIn(state)[group]!
  const [x, y, xy] = TOTALS.map(name => exactTotal(totalIn(state, name), group))
  if (!x || !y || !xy) return Number.NaN
  return ratio(centred(n, xy, x, y), wholeNumber(BigInt(n) * BigInt(n - 1)))
}
