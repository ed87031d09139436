/**
 * `mode(x)`: the most frequent value; of several that are, the least, so that it does not depend on the order of rows. Nulls
 * do not count; of no values it is null. Text comes out as utf8.
 */

import type { Fold } from '../fold.ts'
import { type ColumnType, isText } from '../types/column-type.ts'
import { type CellKey, columnOfKeys } from './cell-key.ts'
import { isBelow } from './key-bytes.ts'
import { foldOfCounts, type ValueCounts } from './value-counts.ts'

/** @param type of the argument; any */
export function mode(type: ColumnType): Fold {
  const resultType = isText(type) ? 'utf8' : type
  return foldOfCounts(type, {
    resultType,
    result: (groups, arena) => columnOfKeys(resultType, groups.map(modeOf), arena),
  })
}

function modeOf(counts: ValueCounts | undefined): CellKey | undefined {
  let best: CellKey | undefined
  let most = 0
  for (const [key, times] of counts ?? []) {
    if (times < most || times <= 0) continue
    if (times > most || isBelow(key, best!)) best = key
    most = times
  }
  return best
}
