/**
 * `weightedMean(x, weight)`: Σ x·weight / Σ weight over the rows in which neither is null, from exact sums, rounded once. Of no
 * such row it is null; NaN where the weights come to 0, or a value or weight is not finite.
 */

import { bitAt, type Column } from '../batch/column.ts'
import type { Fold, StateTable } from '../fold.ts'
import { type Dyadic, ratio } from './dyadic.ts'
import { exactTotal, floatTotal } from './float-sum.ts'
import { addValue, countsIn, doublesOf, mergeTotal, totalIn, totalLayout } from './moments.ts'
import { ResultColumn } from './result.ts'

const TOTALS = ['weight', 'product'] as const

const layout = {
  count: { kind: 'f64' },
  ...Object.assign({}, ...TOTALS.map(totalLayout)),
} as const

const isThere = ({ validity }: Column, row: number): boolean => validity === undefined || bitAt(validity, row)

export const weightedMean = (): Fold => ({
  layout,
  resultType: 'float64',
  retract: 'linear',
  step(state, { columns, count, rows, groups, weights }) {
    const [first, second] = columns as [Column, Column]
    const x = doublesOf(first, count, rows)
    const w = doublesOf(second, count, rows)
    const counts = countsIn(state)
    const weight = totalIn(state, 'weight')
    const product = totalIn(state, 'product')
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!
      if (!isThere(first, row) || !isThere(second, row)) continue
      const group = groups[i]!
      const times = weights === undefined ? 1 : weights[i]!
      counts[group]! += times
      addValue(weight, group, i, times, w)
      addValue(product, group, i, times, x, w)
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
      if (countsIn(state)[group] === 0) result.setNull(i)
      else result.values[i] = meanOf(state, group)
    }
    return result.finish()
  },
})

function meanOf(state: StateTable, group: number): number {
  const weight = exactTotal(totalIn(state, 'weight'), group)
  if (!weight || weight.units === 0n) return Number.NaN
  const product = exactTotal(totalIn(state, 'product'), group)
  if (!product) return floatTotal(totalIn(state, 'product'), group) / Math.sign(Number(weight.units))
  return weight.units > 0n ? ratio(product, weight) : ratio(negated(product), negated(weight))
}

const negated = ({ units, exponent }: Dyadic): Dyadic => ({ units: -units, exponent })
