/** The type that holds the values of two: what the columns of files that differ are read as. */

import {
  type ColumnType,
  decimalPrecision,
  decimalScale,
  decimalType,
  isDecimal,
  isFloat,
  isInteger,
  isNumber,
  isNumeric,
  isText,
  isTimestamp,
  isWide,
  MAX_PRECISION,
  timestampUnit,
  timestampZone,
  UNITS_PER_SECOND,
} from './column-type.ts'

/**
 * The narrowest type that holds the values of both, or undefined where there is none. Whole numbers of 64 bits and decimals
 * beside floats are float64, rounded to the nearest; int64 beside uint64 is a decimal.
 *
 * @example
 * widerType('int16', 'uint16') // 'int32'
 */
export function widerType(a: ColumnType, b: ColumnType): ColumnType | undefined {
  if (a === b) return a
  if (isText(a) && isText(b)) return 'utf8'
  if (isDecimal(a) || isDecimal(b)) return widerDecimal(a, b)
  if (isNumeric(a) && isNumeric(b)) return widerNumber(a, b)
  if (a === 'date' && isTimestamp(b)) return timestampZone(b) === undefined ? b : undefined
  if (b === 'date') return isTimestamp(a) ? widerType(b, a) : undefined
  if (!isTimestamp(a) || !isTimestamp(b) || timestampZone(a) !== timestampZone(b)) return undefined
  return UNITS_PER_SECOND[timestampUnit(a)] >= UNITS_PER_SECOND[timestampUnit(b)] ? a : b
}

/** All digits before and after the point of both; beside floats, float64. */
function widerDecimal(a: ColumnType, b: ColumnType): ColumnType | undefined {
  if (!isNumber(a) || !isNumber(b)) return undefined
  if (isFloat(a) || isFloat(b)) return 'float64'
  const [before, after] = [digitsOf(a), digitsOf(b)]
  const scale = Math.max(before.scale, after.scale)
  const precision = Math.max(before.whole, after.whole) + scale
  return precision <= MAX_PRECISION ? decimalType(precision, scale) : undefined
}

/** Digits before and after the point that a type's values have at most. */
function digitsOf(type: ColumnType): { whole: number; scale: number } {
  if (!isDecimal(type)) return { whole: { 8: 3, 16: 5, 32: 10, 64: 20 }[bits(type)]!, scale: 0 }
  const scale = decimalScale(type)
  return { whole: decimalPrecision(type) - scale, scale }
}

function widerNumber(a: ColumnType, b: ColumnType): ColumnType | undefined {
  if (isFloat(a) || isFloat(b)) {
    const exact = (type: ColumnType) => type === 'float32' || (isInteger(type) && bits(type) <= 16)
    return exact(a) && exact(b) ? 'float32' : 'float64'
  }
  if (isWide(a) && isWide(b) && a !== 'uint64' && b !== 'uint64') return 'int64'
  const unsigned = isUnsigned(a)
  if (unsigned === isUnsigned(b)) return bits(a) >= bits(b) ? a : b
  // A signed type that holds what is unsigned has more bits.
  const [u, s] = unsigned ? [a, b] : [b, a]
  const least = Math.max(bits(u) * 2, bits(s))
  if (least > 64) return decimalType(20, 0)
  return bits(s) === least ? s : (`int${least}` as ColumnType)
}

const isUnsigned = (type: ColumnType): boolean => type.startsWith('u')
/** int53 is held in 64 bits. */
const bits = (type: ColumnType): number => (type === 'int53' ? 64 : Number(/\d+/.exec(type)![0]))
