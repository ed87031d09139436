/** Results between two points in time, or two durations: in which units they are, and of which type. */

import { DataError } from '../errors.ts'
import type { ColumnType, TypeOfTime } from '../types/column-type.ts'
import type { ResultColumn } from './result.ts'

const MICROS_PER_DAY = 86_400_000_000n
const MOST = 2n ** 63n - 1n

/** Between two dates are times of day: in microseconds. Others stay in their unit. */
export const typeBetween = (type: TypeOfTime): ColumnType => (type === 'date' ? 'timestamp[us]' : type)

/** How many units of {@link typeBetween} one of the type is. */
export const unitsBetween = (type: TypeOfTime): bigint => (type === 'date' ? MICROS_PER_DAY : 1n)

/**
 * Writes a cell of {@link typeBetween}.
 *
 * @throws {DataError} `OVERFLOW` for a date that no timestamp in microseconds reaches, 292,000 years from 1970
 */
export function setBetween(result: ResultColumn, i: number, units: bigint): void {
  if (units > MOST || units < -MOST)
    throw new DataError('OVERFLOW', `a time between dates does not fit into ${result.type}`, {
      hint: 'filter dates that are further than 292,000 years from 1970',
    })
  result.setUnits(i, units)
}
