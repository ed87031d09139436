/**
 * `weightedMean(x, weight)`: Σ x·weight / Σ weight over the rows in which neither is null, from exact sums, rounded once. Of no
 * such row it is null; NaN where the weights come to 0, or a value or weight is not finite.
 */

import { type Column, isNullAt } from '../batch/column.ts'
import type { StateTable } from '../fold.ts'
import { type Dyadic, ratio } from './dyadic.ts'
import { exactTotal, floatTotal } from './float-sum.ts'
import { addValue, countsIn, doublesOf, totalIn } from './moments.ts'
import { foldOfPairs } from './pairs.ts'

const TOTALS = ['weight', 'product'] as const

export const weightedMean = () =>
  foldOfPairs({
    totals: TOTALS,
    leastPairs: 1,
    step(state, { columns, count, rows, groups, weights }) {
      const [first, second] = columns as [Column, Column]
      const x = doublesOf(first, count, rows)
      const w = doublesOf(second, count, rows)
      const counts = countsIn(state)
      const weight = totalIn(state, 'weight')
      const product = totalIn(state, 'product')
      for (let i = 0; i < count; i++) {
        const row = rows === undefined ? i : rows[i]!
        if (isNullAt(first, row) || isNullAt(second, row)) continue
        const group = groups[i]!
        const times = weights === undefined ? 1 : weights[i]!
        counts[group]! += times
        addValue(weight, group, i, times, w)
        addValue(product, group, i, times, x, w)
      }
    },
    resultOf: meanOf,
  })

function meanOf(state: StateTable, group: number): number {
  const weight = exactTotal(totalIn(state, 'weight'), group)
  if (!weight || weight.units === 0n) return Number.NaN
  const product = exactTotal(totalIn(state, 'product'), group)
  if (!product) return floatTotal(totalIn(state, 'product'), group) / Math.sign(Number(weight.units))
  return weight.units > 0n ? ratio(product, weight) : ratio(negated(product), negated(weight))
}

const negated = ({ units, exponent }: Dyadic): Dyadic => ({ units: -units, exponent })
