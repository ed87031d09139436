/** What types of whole numbers hold. */

import {
  type ColumnType,
  type DecimalType,
  decimalPrecision,
  isDecimal,
  isTimeOfDay,
  UNITS_PER_SECOND,
  unitOfTime,
} from '../types/column-type.ts'
import { maxUnits } from '../types/decimal.ts'

const UINT64_MAX = 2n ** 64n - 1n
const INT64_RANGE = [-(2n ** 63n), 2n ** 63n - 1n] as const

function decimalRange(type: DecimalType): readonly [bigint, bigint] {
  const most = maxUnits(decimalPrecision(type))
  return [-most, most]
}

/** The least and the greatest value of a type whose cells are whole numbers: integers, times, units of decimals. */
export function integerRange(type: ColumnType): readonly [bigint, bigint] {
  switch (type) {
    case 'int8':
      return [-128n, 127n]
    case 'int16':
      return [-32768n, 32767n]
    case 'int32':
    case 'date':
      return [-2147483648n, 2147483647n]
    case 'uint8':
      return [0n, 255n]
    case 'uint16':
      return [0n, 65535n]
    case 'uint32':
      return [0n, 4294967295n]
    case 'int53':
      return [-9007199254740991n, 9007199254740991n]
    case 'uint64':
      return [0n, UINT64_MAX]
    default:
      if (isDecimal(type)) return decimalRange(type)
      if (isTimeOfDay(type)) return [0n, 86_400n * BigInt(UNITS_PER_SECOND[unitOfTime(type)])]
      return INT64_RANGE
  }
}
