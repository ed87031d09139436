/**
 * `any(x)` and `every(x)`: whether a condition is true of some row, of all rows. Nulls do not count; of no values they are
 * null.
 */

import { bitAt } from '../batch/column.ts'
import type { Fold } from '../fold.ts'
import { ResultColumn } from './result.ts'

const layout = { known: { kind: 'f64' }, holds: { kind: 'f64' } } as const

const conditionFold = (isMet: (holds: number, known: number) => boolean): Fold<typeof layout> => ({
  layout,
  resultType: 'bool',
  retract: 'linear',
  step({ known, holds }, { count, rows, groups, columns, weights }) {
    const { values, validity } = columns[0]!
    for (let i = 0; i < count; i++) {
      const row = rows === undefined ? i : rows[i]!
      if (validity !== undefined && !bitAt(validity, row)) continue
      const weight = weights === undefined ? 1 : weights[i]!
      known[groups[i]!]! += weight
      if (bitAt(values as Uint8Array, row)) holds[groups[i]!]! += weight
    }
  },
  merge({ known, holds }, groups, from, fromGroups) {
    for (let i = 0; i < groups.length; i++) {
      known[groups[i]!]! += from.known[fromGroups[i]!]!
      holds[groups[i]!]! += from.holds[fromGroups[i]!]!
    }
  },
  result({ known, holds }, groups, arena) {
    const result = new ResultColumn('bool', groups.length, arena)
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i]!
      if (known[group] === 0) result.setNull(i)
      else if (isMet(holds[group]!, known[group]!)) result.setBit(i)
    }
    return result.finish()
  },
})

export const any = (): Fold => conditionFold(holds => holds > 0) as unknown as Fold

export const every = (): Fold => conditionFold((holds, known) => holds === known) as unknown as Fold
