/**
 * `approxQuantile(x, p)`: about the value at place ⌊p · (n − 1)⌋ of a group's values in order, off by the stated part of itself
 * at most, in memory that does not grow with the number of rows. Nulls do not count; of no values it is null. NaN is greater than
 * every number; 64-bit integers are rounded to doubles first.
 */

import { bitAt } from '../batch/column.ts'
import type { FieldSpec, Fold } from '../fold.ts'
import { type ColumnType, isDuration } from '../types/column-type.ts'
import { DdSketch, logGammaOf } from './dd-sketch.ts'
import type { FoldOption } from './fold-option.ts'
import { doublesOf } from './moments.ts'
import { nearestDuration, overDurations } from './over-durations.ts'
import { ResultColumn } from './result.ts'

const layout = {
  sketch: {
    kind: 'object',
    encode: value => (value as DdSketch).encode(),
    decode: bytes => DdSketch.decode(bytes),
  },
} as const satisfies Record<string, FieldSpec>

/** How far an answer may be off, as a part of itself. */
export const relativeError: FoldOption<number> = {
  takes: 'a relative error from 0.0001 to 0.5',
  hint: "approxQuantile('delay', 0.99, { error: 0.005 }) is off by half a percent at most",
  accepts: (value): value is number => typeof value === 'number' && value >= 1e-4 && value <= 0.5,
}

type Options = { readonly p: number; readonly error: number }

/**
 * @param type of the argument; a number, or a duration, whose answer is rounded to its unit. An answer beyond the longest duration is
 * that one: the value it is about is no longer.
 */
export const approxQuantile = (type: ColumnType, options: Options): Fold =>
  isDuration(type) ? overDurations(ofNumbers(options), type, nearestDuration) : ofNumbers(options)

function ofNumbers({ p, error }: Options): Fold {
  const logGamma = logGammaOf(error)
  const fold: Fold<typeof layout> = {
    layout,
    resultType: 'float64',
    retract: 'linear',
    step({ sketch }, { count, rows, groups, columns, weights }) {
      const { validity } = columns[0]!
      const { upper, lower } = doublesOf(columns[0]!, count, rows)
      for (let i = 0; i < count; i++) {
        if (validity !== undefined && !bitAt(validity, rows === undefined ? i : rows[i]!)) continue
        const group = groups[i]!
        let own = sketch[group] as DdSketch | undefined
        if (own === undefined) {
          own = new DdSketch()
          sketch[group] = own
        }
        const x = lower === undefined ? upper[i]! : upper[i]! + lower[i]!
        own.add(x, weights === undefined ? 1 : weights[i]!, logGamma)
      }
    },
    merge({ sketch }, groups, from, fromGroups) {
      for (let i = 0; i < groups.length; i++) {
        const other = from.sketch[fromGroups[i]!] as DdSketch | undefined
        if (other === undefined) continue
        // The other's own sketch may go on being used.
        const own = (sketch[groups[i]!] as DdSketch | undefined) ?? new DdSketch()
        own.merge(other)
        sketch[groups[i]!] = own
      }
    },
    result({ sketch }, groups, arena) {
      const result = new ResultColumn('float64', groups.length, arena)
      for (let i = 0; i < groups.length; i++) {
        const own = sketch[groups[i]!] as DdSketch | undefined
        if (own === undefined || own.total === 0) result.setNull(i)
        else result.values[i] = own.at(Math.floor(p * (own.total - 1)), logGamma)
      }
      return result.finish()
    },
  }
  return fold as unknown as Fold
}
