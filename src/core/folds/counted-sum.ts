/**
 * An exact sum and the number of its values: the state of `mean`, and of `sum` where values are taken out again and the
 * sum alone would not tell a group without values.
 */

import { bitAt } from '../batch/column.ts'
import type { Fold, FoldLoop, StepRows } from '../fold.ts'
import type { ColumnType } from '../types/column-type.ts'
import { addFloats, floatLayout, floatLoop, mergeFloats } from './float-sum.ts'
import { addWhole, mergeWhole, wholeLayout, wholeLoop } from './whole-sum.ts'

const values = { kind: 'f64' } as const

/** A fold but for its result. */
type Counted<L extends Fold['layout']> = Pick<Fold<L>, 'layout' | 'retract' | 'step' | 'merge'>

const countedFloatLayout = { ...floatLayout, values }
const countedWholeLayout = { ...wholeLayout, values }

export const countedFloatSum: Counted<typeof countedFloatLayout> = {
  layout: countedFloatLayout,
  retract: 'linear',
  step(state, input) {
    addFloats(state, input)
    countValues(state.values, input)
  },
  merge(state, groups, from, fromGroups) {
    mergeFloats(state, groups, from, fromGroups)
    mergeCounts(state.values, groups, from.values, fromGroups)
  },
}

export const countedWholeSum: Counted<typeof countedWholeLayout> = {
  layout: countedWholeLayout,
  retract: 'linear',
  step(state, input) {
    addWhole(state, input)
    countValues(state.values, input)
  },
  merge(state, groups, from, fromGroups) {
    mergeWhole(state, groups, from, fromGroups)
    mergeCounts(state.values, groups, from.values, fromGroups)
  },
}

const counting = ({ code, weighted, ...rest }: FoldLoop): FoldLoop => ({
  code: `$values[$g]++\n${code}`,
  weighted: `$values[$g] += $w\n${weighted}`,
  ...rest,
})

export const countedFloatLoop: FoldLoop = counting(floatLoop)
export const countedWholeLoop = (type: ColumnType): FoldLoop => counting(wholeLoop(type))

function countValues(counts: Float64Array, { columns, count, rows, groups, weights }: StepRows): void {
  const { validity } = columns[0]!
  for (let i = 0; i < count; i++) {
    if (validity !== undefined && !bitAt(validity, rows === undefined ? i : rows[i]!)) continue
    counts[groups[i]!]! += weights === undefined ? 1 : weights[i]!
  }
}

function mergeCounts(
  counts: Float64Array,
  groups: Uint32Array,
  from: Float64Array,
  fromGroups: Uint32Array,
): void {
  for (let i = 0; i < groups.length; i++) counts[groups[i]!]! += from[fromGroups[i]!]!
}
