/**
 * `approxCountDistinct(x)`: about how many different values a group has, in memory that does not grow with them. The standard error
 * is the stated part of the count; up to 128 values are counted exactly. Nulls do not count; all NaNs are one value, both zeros
 * too. 0 for none. A value cannot be taken out again.
 */

import { bitAt } from '../batch/column.ts'
import type { FieldSpec, Fold } from '../fold.ts'
import type { ColumnType } from '../types/column-type.ts'
import { type CellHash, cellHashes } from './cell-hash.ts'
import type { FoldOption } from './fold-option.ts'
import { HyperLogLog } from './hyper-log-log.ts'
import { ResultColumn } from './result.ts'

/** The standard error of a count, as a part of it. */
export const standardError: FoldOption<number> = {
  takes: 'a standard error from 0.005 to 0.25',
  hint: "approxCountDistinct('user', { error: 0.01 }) is off by less than a percent two times in three",
  accepts: (value): value is number => typeof value === 'number' && value >= 0.005 && value <= 0.25,
}

/** Of a sketch of 2^precision registers the standard error is 1.04 / √2^precision. */
const precisionOf = (error: number): number => Math.ceil(2 * Math.log2(1.04 / error))

/** @param type of the argument; any */
export function approxCountDistinct(type: ColumnType, { error }: { readonly error: number }): Fold {
  const precision = Math.max(4, precisionOf(error))
  const layout = {
    sketch: {
      kind: 'object',
      encode: value => (value as HyperLogLog).encode(),
      decode: bytes => HyperLogLog.decode(bytes, precision),
    },
  } as const satisfies Record<string, FieldSpec>
  const hash: CellHash = { high: 0, low: 0 }
  const fold: Fold<typeof layout> = {
    layout,
    resultType: 'int53',
    step({ sketch }, { count, rows, groups, columns }) {
      const { validity } = columns[0]!
      const read = cellHashes(type, columns[0]!, hash)
      for (let i = 0; i < count; i++) {
        const row = rows === undefined ? i : rows[i]!
        if (validity !== undefined && !bitAt(validity, row)) continue
        let own = sketch[groups[i]!] as HyperLogLog | undefined
        if (own === undefined) {
          own = new HyperLogLog(precision)
          sketch[groups[i]!] = own
        }
        read(row)
        own.add(hash.high, hash.low)
      }
    },
    merge({ sketch }, groups, from, fromGroups) {
      for (let i = 0; i < groups.length; i++) {
        const other = from.sketch[fromGroups[i]!] as HyperLogLog | undefined
        if (other === undefined) continue
        // The other's own sketch may go on being used.
        const own = (sketch[groups[i]!] as HyperLogLog | undefined) ?? new HyperLogLog(precision)
        own.merge(other)
        sketch[groups[i]!] = own
      }
    },
    result({ sketch }, groups, arena) {
      const result = new ResultColumn('int53', groups.length, arena)
      for (let i = 0; i < groups.length; i++) {
        const found = (sketch[groups[i]!] as HyperLogLog | undefined)?.estimate() ?? 0
        result.words32[2 * i] = found % 2 ** 32
        result.words32[2 * i + 1] = Math.floor(found / 2 ** 32)
      }
      return result.finish()
    },
  }
  return fold as unknown as Fold
}
