/**
 * `corr(x, y)`: Pearson's correlation of the pairs of which neither is null, from exact sums: no order of rows can
 * change it, and values may be of any size. Of fewer than two pairs it is null; NaN where x or y is constant or not finite.
 */

import { type Column, isNullAt } from '../batch/column.ts'
import type { StateTable } from '../fold.ts'
import { rootOfRatio, times } from './dyadic.ts'
import { exactTotal } from './float-sum.ts'
import { addValue, centred, countsIn, doublesOf, totalIn } from './moments.ts'
import { foldOfPairs } from './pairs.ts'

const TOTALS = ['x', 'y', 'xx', 'yy', 'xy'] as const

export const corr = () =>
  foldOfPairs({
    totals: TOTALS,
    leastPairs: 2,
    step(state, { columns, count, rows, groups, weights }) {
      const [first, second] = columns as [Column, Column]
      const a = doublesOf(first, count, rows)
      const b = doublesOf(second, count, rows)
      const counts = countsIn(state)
      const [x, y, xx, yy, xy] = TOTALS.map(name => totalIn(state, name))
      for (let i = 0; i < count; i++) {
        const row = rows === undefined ? i : rows[i]!
        if (isNullAt(first, row) || isNullAt(second, row)) continue
        const group = groups[i]!
        const weight = weights === undefined ? 1 : weights[i]!
        counts[group]! += weight
        addValue(x!, group, i, weight, a)
        addValue(y!, group, i, weight, b)
        addValue(xx!, group, i, weight, a, a)
        addValue(yy!, group, i, weight, b, b)
        addValue(xy!, group, i, weight, a, b)
      }
    },
    resultOf: correlationOf,
  })

function correlationOf(state: StateTable, group: number): number {
  const n = countsIn(state)[group]!
  const [x, y, xx, yy, xy] = TOTALS.map(name => exactTotal(totalIn(state, name), group))
  if (!x || !y || !xx || !yy || !xy) return Number.NaN
  const both = centred(n, xy, x, y)
  const spread = times(centred(n, xx, x, x), centred(n, yy, y, y))
  if (spread.units <= 0n) return Number.NaN
  const size = Math.min(1, rootOfRatio(times(both, both), spread))
  return both.units < 0n ? -size : size
}
