/**
 * `mean(x)`: the exact sum, rounded to a double, over the number of values. Nulls do not count; of no values it is null.
 */

import { bitAt } from '../batch/column.ts'
import type { Fold, StepRows } from '../fold.ts'
import type { ColumnType } from '../types/column-type.ts'
import { ResultColumn } from './result.ts'
import {
  addFloats,
  addLoop,
  addWhole,
  floatLayout,
  floatTotal,
  mergeFloats,
  mergeWhole,
  sumsAsFloat,
  wholeAsFloat,
  wholeLayout,
} from './sum-parts.ts'

const values = { kind: 'f64' } as const
const floatMeanLayout = { ...floatLayout, values }
const wholeMeanLayout = { ...wholeLayout, values }

/** @param type of the argument; numeric */
export function mean(type: ColumnType): Fold {
  const { code, ...rest } = addLoop(type)
  const fold = sumsAsFloat(type) ? floatMean : wholeMean
  return { ...(fold as unknown as Fold), loop: { code: `$values[$g]++\n${code}`, ...rest } }
}

function countValues(counts: Float64Array, { columns, count, rows, groups }: StepRows): void {
  const { validity } = columns[0]!
  for (let i = 0; i < count; i++) {
    if (validity === undefined || bitAt(validity, rows === undefined ? i : rows[i]!)) counts[groups[i]!]!++
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

const floatMean: Fold<typeof floatMeanLayout> = {
  layout: floatMeanLayout,
  resultType: 'float64',
  step(state, input) {
    addFloats(state, input)
    countValues(state.values, input)
  },
  merge(state, groups, from, fromGroups) {
    mergeFloats(state, groups, from, fromGroups)
    mergeCounts(state.values, groups, from.values, fromGroups)
  },
  result(state, groups, arena) {
    const result = new ResultColumn('float64', groups.length, arena)
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i]!
      const count = state.values[group]!
      if (count === 0) result.setNull(i)
      else result.values[i] = floatTotal(state, group) / count
    }
    return result.finish()
  },
}

const wholeMean: Fold<typeof wholeMeanLayout> = {
  layout: wholeMeanLayout,
  resultType: 'float64',
  step(state, input) {
    addWhole(state, input)
    countValues(state.values, input)
  },
  merge(state, groups, from, fromGroups) {
    mergeWhole(state, groups, from, fromGroups)
    mergeCounts(state.values, groups, from.values, fromGroups)
  },
  result(state, groups, arena) {
    const result = new ResultColumn('float64', groups.length, arena)
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i]!
      const count = state.values[group]!
      if (count === 0) result.setNull(i)
      else result.values[i] = wholeAsFloat(state, group) / count
    }
    return result.finish()
  },
}
