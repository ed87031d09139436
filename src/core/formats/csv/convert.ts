/**
 * Fields as cells, the careful way: from text by itself, spaces around it left out. What is accepted is said here; the fast
 * scans accept no more, and give the same.
 *
 * | type | text |
 * |---|---|
 * | integers | digits with a sign, `12.0` too; in the type's range |
 * | floats | decimal, with an exponent, `inf`, `infinity`, `nan` |
 * | `bool` | `true false t f yes no y n 1 0` |
 * | decimals | as floats, without `inf` and `nan`; digits that the type has not are refused |
 * | `date`, timestamps | ISO 8601, or the column's pattern; a timestamp with a zone takes times without an offset as those of its zone |
 * | times of day, durations | hours, minutes, seconds: `14:03`, `14:03:07.25`, `-26:00:00` |
 */

import { parseClockDuration, parseTimeOfDay } from '../../types/clock-time.ts'
import {
  type ColumnType,
  decimalPrecision,
  decimalScale,
  isDecimal,
  isDuration,
  isTimeOfDay,
  isTimestamp,
  isWideDecimal,
  timestampUnit,
  timestampZone,
  UNITS_PER_SECOND,
  unitOfTime,
} from '../../types/column-type.ts'
import { exactUnits, maxUnits, parseDecimal } from '../../types/decimal.ts'
import type { CellColumn } from './cell-column.ts'
import type { CsvDialect, NumberStyle } from './dialect.ts'
import { byBytes, ungrouping } from './grouped-digits.ts'
import { isoDate, isoTimestamp } from './iso-times.ts'
import { type TimeParts, timePattern } from './time-pattern.ts'
import { writeBig } from './words64.ts'
import { zoneOffsets } from './zone-offsets.ts'

/** Writes the cell of a row from `text[from, to)`, which is not empty; false where it is none of the type. */
export type Convert = (text: Uint8Array, from: number, to: number, row: number) => boolean

/** No number is written with more characters. */
const LONGEST_NUMBER = 4096

/** The conversion into a column that is not text. */
export function converter(column: CellColumn, dialect: CsvDialect): Convert {
  const pattern = Object.hasOwn(dialect.timeFormats, column.name)
    ? dialect.timeFormats[column.name]
    : undefined
  const numbers = numberReader(dialect)
  switch (column.kind) {
    case 'small':
      return smallInteger(column, numbers)
    case 'wide':
      return wideInteger(column, numbers)
    case 'float':
      return float(column, numbers)
    case 'bool':
      return bool(column)
    case 'decimal':
      return decimal(column, numbers)
    case 'clock':
      return clock(column)
    default:
      return time(column, pattern)
  }
}

/** Bytes as text, each a character: what is not ASCII matches no pattern of a number. */
function asciiOf(text: Uint8Array, from: number, to: number): string {
  if (to - from > LONGEST_NUMBER) return ''
  let ascii = ''
  for (let i = from; i < to; i++) ascii += String.fromCharCode(text[i]!)
  return ascii
}

/** How the numbers of a dialect are read. */
interface NumberReader {
  /** The text of a number without what parts its thousands; '' where that stands elsewhere. */
  readonly plain: (text: Uint8Array, from: number, to: number) => string
  readonly point: '.' | ','
}

function numberReader({ decimal, thousands }: NumberStyle): NumberReader {
  if (thousands === '') return { plain: asciiOf, point: decimal }
  const ungrouped = ungrouping(byBytes(thousands))
  return { plain: (text, from, to) => ungrouped(asciiOf(text, from, to)) ?? '', point: decimal }
}

const WHOLE = /^[+-]?\d+(?:\.0*)?$/

const RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int8: [-128n, 127n],
  int16: [-32_768n, 32_767n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint8: [0n, 255n],
  uint16: [0n, 65_535n],
  uint32: [0n, 2n ** 32n - 1n],
  int53: [1n - 2n ** 53n, 2n ** 53n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
}

/** The least and greatest value of an integer type. */
export const rangeOf = (type: ColumnType): readonly [bigint, bigint] => RANGES[type]!

/** A whole number in the type's range, or undefined. */
export function wholeOf(ascii: string, type: ColumnType): bigint | undefined {
  if (!WHOLE.test(ascii)) return undefined
  const digits = ascii.split('.')[0]!
  const value = BigInt(digits.startsWith('+') ? digits.slice(1) : digits)
  const [min, max] = rangeOf(type)
  return value >= min && value <= max ? value : undefined
}

function smallInteger(column: CellColumn, { plain }: NumberReader): Convert {
  return (text, from, to, row) => {
    const value = wholeOf(plain(text, from, to), column.type)
    if (value === undefined) return false
    column.values[row] = Number(value)
    return true
  }
}

function wideInteger(column: CellColumn, { plain }: NumberReader): Convert {
  return (text, from, to, row) => {
    const value = wholeOf(plain(text, from, to), column.type)
    if (value === undefined) return false
    writeBig(column.values as Int32Array, row, value)
    return true
  }
}

const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const SPECIAL = /^([+-]?)(inf|infinity|nan)$/i

/** A number with a comma as one with a point; one with a point is none then. */
const withPoint = (ascii: string, decimal: '.' | ','): string =>
  decimal === ',' ? ascii.replace(/[.,]/, point => (point === ',' ? '.' : ' ')) : ascii

/** A float, or undefined. */
export function floatOf(ascii: string, decimal: '.' | ','): number | undefined {
  const pointed = withPoint(ascii, decimal)
  if (FLOAT.test(pointed)) return Number(pointed)
  const special = SPECIAL.exec(ascii)
  if (!special) return undefined
  if (special[2]!.toLowerCase() === 'nan') return Number.NaN
  return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}

function float(column: CellColumn, { plain, point }: NumberReader): Convert {
  return (text, from, to, row) => {
    const ascii = plain(text, from, to)
    const value = floatOf(ascii, point)
    if (value === undefined) return false
    column.values[row] = value
    // What overflows is no value of the type; what says that it is infinite is.
    return Math.abs(column.values[row] as number) < Number.POSITIVE_INFINITY || !/\d/.test(ascii)
  }
}

const TRUE = /^(?:true|t|yes|y|1)$/i
const FALSE = /^(?:false|f|no|n|0)$/i

function bool(column: CellColumn): Convert {
  return (text, from, to, row) => {
    if (to - from > 5) return false
    const ascii = asciiOf(text, from, to)
    const isTrue = TRUE.test(ascii)
    if (!isTrue && !FALSE.test(ascii)) return false
    column.values[row] = isTrue ? 1 : 0
    return true
  }
}

function decimal(column: CellColumn, { plain, point }: NumberReader): Convert {
  const { type } = column
  if (!isDecimal(type)) throw new TypeError(`a ${type} is no decimal`)
  const scale = decimalScale(type)
  const max = maxUnits(decimalPrecision(type))
  const isWideType = isWideDecimal(type)
  return (text, from, to, row) => {
    const value = parseDecimal(withPoint(plain(text, from, to), point))
    const units = value && exactUnits(value, scale)
    if (units === undefined || units > max || units < -max) return false
    const words = column.values as Int32Array
    if (!isWideType) writeBig(words, row, units)
    else {
      writeBig(words, 2 * row, units)
      writeBig(words, 2 * row + 1, units >> 64n)
    }
    return true
  }
}

/** Times of day and durations. */
function clock(column: CellColumn): Convert {
  const { type } = column
  if (!isTimeOfDay(type) && !isDuration(type)) throw new TypeError(`a ${type} is no time of day`)
  const unit = unitOfTime(type)
  const parse = isTimeOfDay(type) ? parseTimeOfDay : parseClockDuration
  return (text, from, to, row) => {
    const units = parse(asciiOf(text, from, to), unit)
    if (units === undefined || units !== BigInt.asIntN(64, units)) return false
    writeBig(column.values as Int32Array, row, units)
    return true
  }
}

/** Dates and timestamps, by ISO 8601 or a pattern. */
function time(column: CellColumn, pattern: string | undefined): Convert {
  const parts: TimeParts = { days: 0, secondOfDay: 0, nanoseconds: 0, offsetMinutes: undefined }
  const isDate = column.type === 'date'
  const match = pattern === undefined ? (isDate ? isoDate : isoTimestamp) : timePattern(pattern).match
  if (isDate) {
    return (text, from, to, row) => {
      if (!match(text, from, to, parts)) return false
      if (parts.secondOfDay !== 0 || parts.nanoseconds !== 0 || parts.offsetMinutes) return false
      column.values[row] = parts.days
      return true
    }
  }
  const store = timestampStore(column)
  return (text, from, to, row) => match(text, from, to, parts) && store(parts, row)
}

/** Writes a time in the unit of a timestamp column; false where 64 bits do not hold it. */
export function timestampStore(column: CellColumn): (parts: TimeParts, row: number) => boolean {
  if (!isTimestamp(column.type)) throw new TypeError(`a ${column.type} is no timestamp`)
  const perSecond = BigInt(UNITS_PER_SECOND[timestampUnit(column.type)])
  const zone = timestampZone(column.type)
  const offsets = zone === undefined ? undefined : zoneOffsets(zone)
  return (parts, row) => {
    let seconds = BigInt(parts.days) * 86_400n + BigInt(parts.secondOfDay)
    if (parts.offsetMinutes !== undefined) seconds -= BigInt(parts.offsetMinutes * 60)
    else if (offsets) seconds = BigInt(offsets.instantOf(Number(seconds)))
    const value = seconds * perSecond + (BigInt(parts.nanoseconds) * perSecond) / 1_000_000_000n
    if (value !== BigInt.asIntN(64, value)) return false
    writeBig(column.values as Int32Array, row, value)
    return true
  }
}
