/** Results between two points in time, or two durations: in which units they are, and of which type. */

import { DataError } from '../errors.ts'
import { type ColumnType, isDuration, type TypeOfTime } from '../types/column-type.ts'
import type { ResultColumn } from './result.ts'

const MICROS_PER_DAY = 86_400_000_000n

/** Between two dates are times of day: in microseconds. Others stay in their unit. */
export const typeBetween = (type: TypeOfTime): ColumnType => (type === 'date' ? 'timestamp[us]' : type)

/** How many units of {@link typeBetween} one of the type is. */
export const unitsBetween = (type: TypeOfTime): bigint => (type === 'date' ? MICROS_PER_DAY : 1n)

/**
 * Writes a cell of {@link typeBetween}.
 *
 * @throws {DataError} `OVERFLOW` for what has no 64 bits: a date further than 292,000 years from 1970, in microseconds; durations that
 * deviate by more than the longest
 */
export function setBetween(result: ResultColumn, i: number, units: bigint): void {
  if (BigInt.asIntN(64, units) !== units)
    throw new DataError('OVERFLOW', `a result of times does not fit in ${result.type}`, {
      hint: isDuration(result.type)
        ? 'cast the column to a coarser unit first'
        : 'filter dates that are further than 292,000 years from 1970',
    })
  result.setUnits(i, units)
}
