/** Cells of a column as text of CSV; what is read again gives the same cell. */

import { bitAt, type Column, textBytesAt, words32Of } from '../../batch/column.ts'
import { shortestSingle } from '../../batch/format-number.ts'
import { PlanError } from '../../errors.ts'
import { floorDiv } from '../../expr/civil.ts'
import { floorDivBig } from '../../expr/floor-big.ts'
import { clockText } from '../../types/clock-time.ts'
import {
  type ColumnType,
  decimalScale,
  isDecimal,
  isDuration,
  isText,
  isTimeOfDay,
  isTimestamp,
  isWide,
  isWideDecimal,
  type TimestampType,
  timestampUnit,
  timestampZone,
  UNITS_PER_SECOND,
  unitOfTime,
} from '../../types/column-type.ts'
import { decimalText } from '../../types/decimal.ts'
import type { Field } from '../../types/schema.ts'
import { timeZone } from '../../types/time-zone.ts'
import type { ByteSink } from './byte-sink.ts'
import { CR, LF } from './dialect.ts'
import { timeFormatter } from './time-format.ts'
import { writeDate, writeInteger, writeTime } from './write-numbers.ts'

/** Appends the cell of a row, which is not null. */
export type WriteCell = (row: number, sink: ByteSink) => void

/** What the text of a file may not hold without quotes, and how times are written. */
export interface WriteDialect {
  readonly delimiter: number
  readonly quote: number
  /** The text that stands for null: texts like it are quoted. */
  readonly nullValue: Uint8Array
  /** A pattern of strftime for timestamps. */
  readonly timestampFormat?: string
}

/** What makes writers of a column's cells, batch by batch. */
export type CellFormat = (column: Column) => WriteCell

/** Room for what is not text. */
const CELL_BYTES = 48

/**
 * The format of a column's cells.
 *
 * @throws {PlanError} `CSV_TYPE` for types that have no text
 */
export function cellFormat({ name, type }: Field, dialect: WriteDialect): CellFormat {
  if (isText(type)) return column => textCells(column, dialect)
  const format = numberFormat(type) ?? timeFormat(type, dialect)
  if (format) return format
  const isNested = type !== 'binary'
  throw new PlanError('CSV_TYPE', `column ${JSON.stringify(name)} is ${type}, which is no text of CSV`, {
    hint: isNested
      ? 'unnest or explode it first, or write JSON: json(path)'
      : 'leave it out, or write Parquet: parquet(path)',
  })
}

function numberFormat(type: ColumnType): CellFormat | undefined {
  if (type === 'bool')
    return ({ values }) =>
      (row, sink) =>
        sink.ascii(bitAt(values as Uint8Array, row) ? 'true' : 'false')
  if (isWide(type)) return column => wideCells(column, type === 'uint64')
  if (type === 'float64')
    return ({ values }) =>
      (row, sink) =>
        sink.ascii(floatText((values as Float64Array)[row]!))
  if (type === 'float32') {
    return ({ values }) =>
      (row, sink) => {
        const value = (values as Float32Array)[row]!
        sink.ascii(
          Number.isInteger(value) || !Number.isFinite(value) ? floatText(value) : shortestSingle(value),
        )
      }
  }
  if (isDecimal(type)) return column => decimalCells(column, decimalScale(type), isWideDecimal(type))
  if (!/^u?int/.test(type)) return undefined
  return ({ values }) =>
    (row, sink) => {
      sink.reserve(CELL_BYTES)
      writeInteger(sink, (values as Int32Array)[row]!)
    }
}

const floatText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))

function wideCells({ values }: Column, isUnsigned: boolean): WriteCell {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2)
  const cells = values as BigInt64Array
  return (row, sink) => {
    sink.reserve(CELL_BYTES)
    const high = words[2 * row + 1]!
    if (high < -0x200000 || high >= 0x200000 || (isUnsigned && high < 0)) sink.ascii(String(cells[row]!))
    else writeInteger(sink, high * 4_294_967_296 + (words[2 * row]! >>> 0))
  }
}

function decimalCells({ values }: Column, scale: number, isWideType: boolean): WriteCell {
  const cells = values as BigInt64Array
  return (row, sink) => {
    const units = isWideType
      ? (cells[2 * row + 1]! << 64n) | BigInt.asUintN(64, cells[2 * row]!)
      : cells[row]!
    sink.ascii(decimalText(units, scale))
  }
}

function timeFormat(type: ColumnType, { timestampFormat }: WriteDialect): CellFormat | undefined {
  if (type === 'date') {
    return ({ values }) =>
      (row, sink) => {
        sink.reserve(CELL_BYTES)
        writeDate(sink, (values as Int32Array)[row]!)
      }
  }
  if (isTimeOfDay(type) || isDuration(type)) {
    const unit = unitOfTime(type)
    return ({ values }) =>
      (row, sink) =>
        sink.ascii(clockText((values as BigInt64Array)[row]!, unit))
  }
  if (!isTimestamp(type)) return undefined
  return timestampFormat === undefined ? isoTimestamps(type) : patternedTimestamps(type, timestampFormat)
}

/** Of a type with a zone the instant, with a `Z`; of others what they show. */
function isoTimestamps(type: TimestampType): CellFormat {
  const perSecond = UNITS_PER_SECOND[timestampUnit(type)]
  const digits = Math.round(Math.log10(perSecond))
  const hasZone = timestampZone(type) !== undefined
  return column => {
    const times = timesOf(column, perSecond)
    return (row, sink) => {
      times.find(row)
      sink.reserve(CELL_BYTES)
      writeDate(sink, times.days)
      writeTime(sink, times.second, times.fraction, digits)
      if (hasZone) sink.bytes[sink.size++] = 90
    }
  }
}

/** Takes timestamps apart: days, seconds of the day, and units of the second. */
function timesOf(column: Column, perSecond: number) {
  const words = words32Of(column)
  const cells = column.values as BigInt64Array
  const perDay = 86_400 * perSecond
  const times = {
    days: 0,
    second: 0,
    fraction: 0,
    find(row: number): void {
      const high = words[2 * row + 1]!
      let rest: number
      if (high >= -0x200000 && high < 0x200000) {
        const value = high * 4_294_967_296 + (words[2 * row]! >>> 0)
        times.days = floorDiv(value, perDay)
        rest = value - times.days * perDay
      } else {
        const days = floorDivBig(cells[row]!, BigInt(perDay))
        times.days = Number(days)
        rest = Number(cells[row]! - days * BigInt(perDay))
      }
      times.second = Math.floor(rest / perSecond)
      times.fraction = rest - times.second * perSecond
    },
  }
  return times
}

/** By a pattern; of a type with a zone what its clocks show. */
function patternedTimestamps(type: TimestampType, pattern: string): CellFormat {
  const perSecond = UNITS_PER_SECOND[timestampUnit(type)]
  const zone = timestampZone(type)
  const clock = zone === undefined ? undefined : timeZone(zone)
  const format = timeFormatter(pattern)
  const encoder = new TextEncoder()
  return column => {
    const times = timesOf(column, perSecond)
    return (row, sink) => {
      times.find(row)
      const utc = times.days * 86_400 + times.second
      const shown = clock ? Math.round(clock.clockOf(utc * 1000) / 1000) : utc
      const text = encoder.encode(format(shown, (times.fraction * 1e9) / perSecond, shown - utc))
      sink.reserve(text.length)
      sink.bytes.set(text, sink.size)
      sink.size += text.length
    }
  }
}

/** Texts, in quotes where they must be; what begins with `=` or `@` is written as it is. */
function textCells(column: Column, dialect: WriteDialect): WriteCell {
  return (row, sink) => writeText(sink, textBytesAt(column, row), dialect)
}

export function writeText(
  sink: ByteSink,
  text: Uint8Array,
  { delimiter, quote, nullValue }: WriteDialect,
): void {
  const { length } = text
  sink.reserve(2 * length + 2)
  const { bytes } = sink
  const start = sink.size
  let mustQuote = isSame(text, nullValue) || text[0] === 0xef
  let at = start
  for (let i = 0; i < length; i++) {
    const byte = text[i]!
    if (byte === delimiter || byte === quote || byte === LF || byte === CR) {
      mustQuote = true
      break
    }
    bytes[at++] = byte
  }
  if (!mustQuote) {
    sink.size = at
    return
  }
  at = start
  bytes[at++] = quote
  for (let i = 0; i < length; i++) {
    const byte = text[i]!
    if (byte === quote) bytes[at++] = quote
    bytes[at++] = byte
  }
  bytes[at++] = quote
  sink.size = at
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
