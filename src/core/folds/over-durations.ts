/** Folds of numbers over durations: their units are whole numbers, and the result is rounded to the unit, halves away from zero. */

import { bitAt, type Column } from '../batch/column.ts'
import { type Arena, heapArena } from '../batch/slab.ts'
import type { Fold } from '../fold.ts'
import type { DurationType } from '../types/column-type.ts'
import { nearestWhole } from './interpolated.ts'
import { ResultColumn } from './result.ts'
import { setBetween } from './units-of-time.ts'

/**
 * @param fold opened for int64; its results are float64, finite, and in the unit of its values
 * @param type of the durations and of the results
 * @param units a result, rounded, as it is written: as it is, and then one that is too long fails
 */
export const overDurations = (
  { loop: _, ...fold }: Fold,
  type: DurationType,
  units: (rounded: bigint) => bigint = same,
): Fold => ({
  ...fold,
  resultType: type,
  step: (state, input) => fold.step(state, { ...input, columns: input.columns.map(asUnits) }),
  result: (state, groups, arena) =>
    durations(fold.result(state, groups, heapArena), groups.length, type, units, arena),
})

const same = (units: bigint): bigint => units

const LONGEST = 2n ** 63n - 1n
const SHORTEST = -(2n ** 63n)

/** The duration that is nearest to so many units: the longest there is for more. */
export const nearestDuration = (units: bigint): bigint =>
  units > LONGEST ? LONGEST : units < SHORTEST ? SHORTEST : units

const asUnits = (column: Column): Column => ({ ...column, type: 'int64' })

function durations(
  { values, validity }: Column,
  count: number,
  type: DurationType,
  units: (rounded: bigint) => bigint,
  arena: Arena,
): Column {
  const result = new ResultColumn(type, count, arena)
  for (let i = 0; i < count; i++) {
    if (validity && !bitAt(validity, i)) result.setNull(i)
    else setBetween(result, i, units(nearestWhole(values[i] as number, 1n)))
  }
  return result.finish()
}
