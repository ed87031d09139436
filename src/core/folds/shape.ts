/**
 * `skewness(x)` and `kurtosis(x)`: the shape of a sample, as DuckDB, Excel and SAS define it: the third and fourth moment about the
 * mean over powers of the standard deviation, made free of bias for a normal distribution; a kurtosis of 0 is that of the normal
 * distribution. Nulls do not count; of fewer than three values (four, for the kurtosis) they are null, of equal values NaN.
 *
 * From exact sums of powers, from which the moments are taken in whole numbers and rounded once: neither the order of rows nor a
 * mean far from 0 costs a digit, and values may be of any size; NaN where one is not finite.
 */

import { bitAt } from '../batch/column.ts'
import type { Fold, StateTable } from '../fold.ts'
import { type Dyadic, plus, ratio, rootOfRatio, times, wholeNumber } from './dyadic.ts'
import { exactTotal } from './float-sum.ts'
import { addPower, addValue, countsIn, doublesOf, mergeTotal, totalIn, totalLayout } from './moments.ts'
import { ResultColumn } from './result.ts'

const NAMES = ['x', 'xx', 'xxx', 'xxxx'] as const

/** @param order the highest moment: 3 or 4 */
function momentsFold(order: 3 | 4, finish: (n: number, sums: readonly Dyadic[]) => number): Fold {
  const names = NAMES.slice(0, order)
  return {
    layout: { count: { kind: 'f64' }, ...Object.assign({}, ...names.map(totalLayout)) },
    resultType: 'float64',
    retract: 'linear',
    step(state, { columns, count, rows, groups, weights }) {
      const { validity } = columns[0]!
      const values = doublesOf(columns[0]!, count, rows)
      const counts = countsIn(state)
      const totals = names.map(name => totalIn(state, name))
      for (let i = 0; i < count; i++) {
        if (validity !== undefined && !bitAt(validity, rows === undefined ? i : rows[i]!)) continue
        const group = groups[i]!
        const weight = weights === undefined ? 1 : weights[i]!
        counts[group]! += weight
        addValue(totals[0]!, group, i, weight, values)
        addValue(totals[1]!, group, i, weight, values, values)
        for (let power = 3; power <= order; power++)
          addPower(totals[power - 1]!, group, i, weight, values, power)
      }
    },
    merge(state, groups, from, fromGroups) {
      const counts = countsIn(state)
      for (let i = 0; i < groups.length; i++) counts[groups[i]!]! += countsIn(from)[fromGroups[i]!]!
      for (const name of names) mergeTotal(state, groups, from, fromGroups, name)
    },
    result(state, groups, arena) {
      const result = new ResultColumn('float64', groups.length, arena)
      for (let i = 0; i < groups.length; i++) {
        const n = countsIn(state)[groups[i]!]!
        if (n < order) result.setNull(i)
        else {
          const sums = sumsOf(state, groups[i]!, names)
          result.values[i] = sums ? finish(n, sums) : Number.NaN
        }
      }
      return result.finish()
    },
  }
}

function sumsOf(state: StateTable, group: number, names: readonly string[]): Dyadic[] | undefined {
  const sums = names.map(name => exactTotal(totalIn(state, name), group))
  return sums.includes(undefined) ? undefined : (sums as Dyadic[])
}

/** A sum of products, the first factor of each a whole number. */
const sumOf = (...terms: readonly (readonly [number | bigint, ...Dyadic[]])[]): Dyadic =>
  terms.map(([factor, ...of]) => of.reduce(times, wholeNumber(BigInt(factor)))).reduce(plus)

/** n² times the second moment about the mean, of n values: n·Σx² − (Σx)². */
const second = (n: number, [s1, s2]: readonly Dyadic[]): Dyadic => sumOf([n, s2!], [-1, s1!, s1!])

/** a / b^(exponent), where b may be far beyond the doubles. */
function overPower(a: Dyadic, b: Dyadic, exponent: 1.5 | 2): number {
  if (exponent === 2) return ratio(a, times(b, b))
  // a² / b³ is the square of what is wanted.
  const size = rootOfRatio(times(a, a), times(b, times(b, b)))
  return a.units < 0n ? -size : size
}

export const skewness = (): Fold =>
  momentsFold(3, (n, sums) => {
    const [s1, s2, s3] = sums as [Dyadic, Dyadic, Dyadic]
    const spread = second(n, sums)
    if (spread.units <= 0n) return Number.NaN
    // n³ times the third moment about the mean.
    const third = sumOf([BigInt(n) ** 2n, s3], [-3 * n, s1, s2], [2, s1, s1, s1])
    return (Math.sqrt(n * (n - 1)) / (n - 2)) * overPower(third, spread, 1.5)
  })

export const kurtosis = (): Fold =>
  momentsFold(4, (n, sums) => {
    const [s1, s2, s3, s4] = sums as [Dyadic, Dyadic, Dyadic, Dyadic]
    const spread = second(n, sums)
    if (spread.units <= 0n) return Number.NaN
    const big = BigInt(n)
    // n⁴ times the fourth moment about the mean.
    const fourth = sumOf(
      [big ** 3n, s4],
      [-4n * big ** 2n, s1, s3],
      [6n * big, s1, s1, s2],
      [-3, s1, s1, s1, s1],
    )
    const g2 = overPower(fourth, spread, 2) - 3
    return ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * g2 + 6)
  })
