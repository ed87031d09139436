/**
 * Values from one scalar type to another, one at a time: what `cast` and `tryCast` mean. Undefined is a value that the other
 * type cannot hold, or a text that is none of it.
 *
 * DuckDB's rules, but for these: whole numbers and floats of 64 bits become the nearest float32 and double, finer digits of a
 * time are always cut off, never rounded, a text with an offset is no time without a zone, and `epoch` and `infinity` are
 * no dates.
 */

import {
  type ColumnType,
  decimalPrecision,
  decimalScale,
  type FloatType,
  isDecimal,
  isDuration,
  isFloat,
  isText,
  isTimeOfDay,
  isTimestamp,
  UNITS_PER_SECOND,
  unitOfTime,
} from '../types/column-type.ts'
import { decimalNumber, divideRounded, maxUnits, pow10 } from '../types/decimal.ts'
import type { Cell } from './cell.ts'
import { integerRange } from './integer-range.ts'
import { textOfCell } from './text-of-cell.ts'
import { parseCell } from './text-to-cell.ts'

type Value = Exclude<Cell, null>

/** The value in another type; undefined where that is impossible. The caller knows that the cast exists. */
export function convertCell(cell: Value, from: ColumnType, to: ColumnType): Value | undefined {
  if (from === to) return cell
  if (isText(to)) return isText(from) ? cell : textOfCell(cell, from)
  if (isText(from)) return parseCell(cell as string, to)
  if (to === 'date' || isTimestamp(to) || isTimeOfDay(to) || isDuration(to)) return timeOf(cell, from, to)
  return numberOf(cell, from, to)
}

function numberOf(cell: Value, from: ColumnType, to: ColumnType): Value | undefined {
  if (to === 'bool') return typeof cell === 'bigint' ? cell !== 0n : Number(cell) !== 0
  if (isFloat(to)) return floatOf(cell, from, to)
  if (isDecimal(to)) return decimalOf(cell, from, decimalScale(to), maxUnits(decimalPrecision(to)))
  const whole = wholeOf(cell, from)
  if (whole === undefined) return undefined
  const [min, max] = integerRange(to)
  if (whole < min || whole > max) return undefined
  return to === 'int64' || to === 'uint64' ? whole : Number(whole)
}

/** The nearest whole number: of a float, a half to the even one, of a decimal away from zero. */
function wholeOf(cell: Value, from: ColumnType): bigint | undefined {
  if (isDecimal(from)) return divideRounded(cell as bigint, pow10(decimalScale(from)))
  if (typeof cell === 'number' && !Number.isInteger(cell))
    return Number.isFinite(cell) ? BigInt(roundHalfEven(cell)) : undefined
  return BigInt(cell)
}

function floatOf(cell: Value, from: ColumnType, to: FloatType): number | undefined {
  if (isDecimal(from)) {
    const value = decimalNumber(cell as bigint, decimalScale(from))
    return to === 'float32' ? Math.fround(value) : value
  }
  if (to === 'float64') return Number(cell)
  if (typeof cell === 'bigint') return float32FromBig(cell)
  const float = Math.fround(Number(cell))
  return !Number.isFinite(float) && Number.isFinite(cell) ? undefined : float
}

function decimalOf(cell: Value, from: ColumnType, scale: number, most: bigint): bigint | undefined {
  let units: bigint | undefined
  if (isDecimal(from)) {
    const digits = scale - decimalScale(from)
    units = digits >= 0 ? (cell as bigint) * pow10(digits) : divideRounded(cell as bigint, pow10(-digits))
  } else if (isFloat(from)) units = scaledFloat(cell as number, scale)
  else units = BigInt(cell) * pow10(scale)
  return units === undefined || units > most || units < -most ? undefined : units
}

/** As DuckDB has it: the product as a double, then rounded, a half away from zero. */
function scaledFloat(value: number, scale: number): bigint | undefined {
  const scaled = value * 10 ** scale
  if (!Number.isFinite(scaled)) return undefined
  const cut = Math.trunc(scaled)
  return BigInt(Math.abs(scaled - cut) >= 0.5 ? cut + Math.sign(scaled) : cut)
}

const DAY_SECONDS = 86_400n

/** Units in a second of a type of times, as a ratio: a day is 1/86400. */
function perSecond(type: ColumnType): readonly [units: bigint, seconds: bigint] {
  if (type === 'date') return [1n, DAY_SECONDS]
  return [BigInt(UNITS_PER_SECOND[unitOfTime(type as 'time[us]')]), 1n]
}

/** Times, times of day and durations, finer digits cut off downwards. */
function timeOf(cell: Value, from: ColumnType, to: ColumnType): Value | undefined {
  const [units, seconds] = perSecond(from)
  const [targetUnits, targetSeconds] = perSecond(to)
  let value = BigInt(cell)
  if (isTimeOfDay(to) && isTimestamp(from)) value = floorMod(value, DAY_SECONDS * units)
  const whole = floorDiv(value * seconds * targetUnits, units * targetSeconds)
  const [min, max] = integerRange(to)
  if (whole < min || whole > max) return undefined
  return to === 'date' ? Number(whole) : whole
}

function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

const floorMod = (a: bigint, b: bigint): bigint => a - floorDiv(a, b) * b

/** The nearest whole number, a half to the even one (IEEE 754 roundTiesToEven, C's nearbyint). */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1
  return floor % 2 === 0 ? floor : floor + 1
}

/** The nearest float32 to a whole number. Rounding to a double first could round twice. */
export function float32FromBig(value: bigint): number {
  let magnitude = value < 0n ? -value : value
  let scale = 1
  // Round to odd: 54 bits with a sticky last one round to float32 as the number itself does.
  while (magnitude >= 2n ** 53n) {
    magnitude = (magnitude >> 1n) | (magnitude & 1n)
    scale *= 2
  }
  return Math.fround(Number(value < 0n ? -magnitude : magnitude) * scale)
}

const isTime = (type: ColumnType): boolean => type === 'date' || isTimestamp(type)
const isNumberOrBool = (type: ColumnType): boolean =>
  type === 'bool' || isFloat(type) || isDecimal(type) || /^u?int\d+$/.test(type)

/** Whether there is a cast between two scalar types. */
export function canConvert(from: ColumnType, to: ColumnType): boolean {
  if (from === to) return true
  const scalar = (type: ColumnType) =>
    isNumberOrBool(type) ||
    isText(type) ||
    type === 'binary' ||
    isTime(type) ||
    isTimeOfDay(type) ||
    isDuration(type)
  if (isText(from)) return scalar(to)
  if (isText(to)) return scalar(from)
  if (isNumberOrBool(from)) return isNumberOrBool(to)
  if (isTime(from)) return isTime(to) || (isTimestamp(from) && isTimeOfDay(to))
  return (isTimeOfDay(from) && isTimeOfDay(to)) || (isDuration(from) && isDuration(to))
}
