/**
 * `entropy(x)`: how much a value says, in bits: Σ p · log2(1/p) over the shares p of the different values. 0 where all are
 * equal. Nulls do not count; of no values it is null.
 *
 * Its terms are added in the order of the counts, so that the order of rows cannot change it.
 */

import type { Fold } from '../fold.ts'
import type { ColumnType } from '../types/column-type.ts'
import { ResultColumn } from './result.ts'
import { foldOfCounts, type ValueCounts } from './value-counts.ts'

/** @param type of the argument; any */
export const entropy = (type: ColumnType): Fold =>
  foldOfCounts(type, {
    resultType: 'float64',
    result(groups, arena) {
      const result = new ResultColumn('float64', groups.length, arena)
      groups.forEach((counts, i) => {
        const bits = counts && entropyOf(counts)
        if (bits === undefined) result.setNull(i)
        else result.values[i] = bits
      })
      return result.finish()
    },
  })

function entropyOf(counts: ValueCounts): number | undefined {
  const there = Float64Array.from(counts.values()).filter(times => times > 0)
  if (there.length === 0) return undefined
  there.sort()
  let total = 0
  for (const times of there) total += times
  let bits = 0
  for (const times of there) bits += (times / total) * Math.log2(total / times)
  return bits
}
