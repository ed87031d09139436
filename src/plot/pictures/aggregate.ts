/** What is made of the numbers of several rows. */

import type { PlotAggregate } from '../../core/dataset/plot-options.ts'

/** A running aggregate; `count` counts rows, the others leave missing values out. */
export interface Fold {
  add(value: number | null): void
  value(): number | null
}

export function foldOf(aggregate: PlotAggregate): Fold {
  let [rows, count, sum] = [0, 0, 0]
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  return {
    add(value) {
      rows++
      if (value === null) return
      count++
      sum += value
      if (value < min) min = value
      if (value > max) max = value
    },
    value() {
      if (aggregate === 'count') return rows
      if (count === 0) return null
      return aggregate === 'sum' ? sum : aggregate === 'mean' ? sum / count : aggregate === 'min' ? min : max
    },
  }
}

export const AGGREGATES: readonly PlotAggregate[] = ['sum', 'mean', 'min', 'max', 'count']
