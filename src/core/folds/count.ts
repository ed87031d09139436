/** `count()`: the number of rows; `count(x)`: the number of rows where x is not null. 0 for none. */

import { bitAt } from '../batch/column.ts'
import type { Fold } from '../fold.ts'
import { ResultColumn } from './result.ts'

const layout = { rows: { kind: 'f64' } } as const

/** Counts rows, or the non-null values of one column of any type. The result is int53. */
export function count(): Fold<typeof layout> {
  return {
    layout,
    resultType: 'int53',
    retract: 'linear',
    loop: { code: '$rows[$g]++', weighted: '$rows[$g] += $w' },
    step(state, { count, rows, groups, columns, weights }) {
      const counts = state.rows
      const validity = columns[0]?.validity
      if (weights !== undefined) {
        for (let i = 0; i < count; i++) {
          if (validity === undefined || bitAt(validity, rows === undefined ? i : rows[i]!))
            counts[groups[i]!]! += weights[i]!
        }
        return
      }
      if (validity === undefined) {
        for (let i = 0; i < count; i++) counts[groups[i]!]!++
        return
      }
      for (let i = 0; i < count; i++) {
        if (bitAt(validity, rows === undefined ? i : rows[i]!)) counts[groups[i]!]!++
      }
    },
    merge(state, groups, from, fromGroups) {
      for (let i = 0; i < groups.length; i++) state.rows[groups[i]!]! += from.rows[fromGroups[i]!]!
    },
    result(state, groups, arena) {
      const result = new ResultColumn('int53', groups.length, arena)
      for (let i = 0; i < groups.length; i++) {
        const rows = state.rows[groups[i]!]!
        const high = Math.floor(rows / 2 ** 32)
        result.words32[2 * i] = rows - high * 2 ** 32
        result.words32[2 * i + 1] = high
      }
      return result.finish()
    },
  }
}
