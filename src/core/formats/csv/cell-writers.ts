/** Cells of a column as text of CSV; what is read again gives the same cell. */

import { bitAt, type Column, words32Of } from '../../batch/column.ts'
import { viewOf } from '../../batch/copy-bytes.ts'
import { floatText } from '../../batch/format-number.ts'
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
import type { Output } from '../output.ts'
import {
  dateWriter,
  NUMBER_BYTES,
  writeClock,
  writeFloat,
  writeInteger,
  writePadded,
} from '../write-numbers.ts'
import { CR, LF } from './dialect.ts'
import { timeFormatter } from './time-format.ts'

/** Writes the cell of a row, which is not null. */
export type WriteCell = (row: number) => void

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
export type CellFormat = (column: Column, out: Output) => WriteCell

/**
 * The format of a column's cells.
 *
 * @throws {PlanError} `CSV_TYPE` for types that have no text
 */
export function cellFormat({ name, type }: Field, dialect: WriteDialect): CellFormat {
  if (isText(type)) return textFormat(dialect)
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
    return ({ values }, out) =>
      row =>
        out.putAscii(bitAt(values as Uint8Array, row) ? 'true' : 'false')
  if (isWide(type)) return (column, out) => wideCells(column, out, type === 'uint64')
  if (type === 'float64') {
    return ({ values }, out) =>
      row => {
        const value = (values as Float64Array)[row]!
        out.reserve(NUMBER_BYTES)
        if (Number.isFinite(value)) writeFloat(out, value)
        else out.putAscii(String(value))
      }
  }
  if (type === 'float32') {
    return ({ values }, out) =>
      row =>
        out.putAscii(floatText((values as Float32Array)[row]!, true, undefined))
  }
  if (isDecimal(type))
    return (column, out) => decimalCells(column, out, decimalScale(type), isWideDecimal(type))
  if (!/^u?int/.test(type)) return undefined
  return ({ values }, out) =>
    row => {
      out.reserve(NUMBER_BYTES)
      writeInteger(out, (values as Int32Array)[row]!)
    }
}

function wideCells(column: Column, out: Output, isUnsigned: boolean): WriteCell {
  const words = words32Of(column)
  const cells = column.values as BigInt64Array
  return row => {
    out.reserve(NUMBER_BYTES)
    const high = words[2 * row + 1]!
    if (high < -0x200000 || high >= 0x200000 || (isUnsigned && high < 0)) out.putAscii(String(cells[row]!))
    else writeInteger(out, high * 4_294_967_296 + (words[2 * row]! >>> 0))
  }
}

function decimalCells({ values }: Column, out: Output, scale: number, isWideType: boolean): WriteCell {
  const cells = values as BigInt64Array
  return row => {
    const units = isWideType
      ? (cells[2 * row + 1]! << 64n) | BigInt.asUintN(64, cells[2 * row]!)
      : cells[row]!
    out.putAscii(decimalText(units, scale))
  }
}

function timeFormat(type: ColumnType, { timestampFormat }: WriteDialect): CellFormat | undefined {
  if (type === 'date') {
    return ({ values }, out) => {
      const write = dateWriter(out)
      return row => {
        out.reserve(NUMBER_BYTES)
        write((values as Int32Array)[row]!)
      }
    }
  }
  if (isTimeOfDay(type) || isDuration(type)) {
    const unit = unitOfTime(type)
    return ({ values }, out) =>
      row =>
        out.putAscii(clockText((values as BigInt64Array)[row]!, unit))
  }
  if (!isTimestamp(type)) return undefined
  return timestampFormat === undefined ? isoTimestamps(type) : patternedTimestamps(type, timestampFormat)
}

/** Of a type with a zone the instant, with a `Z`; of others what they show. Zeros at the end of the fraction are left out. */
function isoTimestamps(type: TimestampType): CellFormat {
  const perSecond = UNITS_PER_SECOND[timestampUnit(type)]
  const digits = Math.round(Math.log10(perSecond))
  const hasZone = timestampZone(type) !== undefined
  return (column, out) => {
    const times = timesOf(column, perSecond)
    const write = dateWriter(out)
    return row => {
      times.find(row)
      out.reserve(NUMBER_BYTES)
      write(times.days)
      out.bytes[out.size++] = 84
      writeClock(out, times.second)
      if (times.fraction !== 0) {
        out.bytes[out.size++] = 46
        writePadded(out, times.fraction, digits)
        while (out.bytes[out.size - 1] === 48) out.size--
      }
      if (hasZone) out.bytes[out.size++] = 90
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
  return (column, out) => {
    const times = timesOf(column, perSecond)
    return row => {
      times.find(row)
      const utc = times.days * 86_400 + times.second
      const shown = clock ? Math.round(clock.clockOf(utc * 1000) / 1000) : utc
      const text = encoder.encode(format(shown, (times.fraction * 1e9) / perSecond, shown - utc))
      out.reserve(text.length)
      out.bytes.set(text, out.size)
      out.size += text.length
    }
  }
}

/** Texts, in quotes where they must be; what begins with `=` or `@` is written as it is. */
function textFormat(dialect: WriteDialect): CellFormat {
  return ({ values, offsets, dictionary }, out) => {
    const text = viewOf(dictionary?.values ?? (values as Uint8Array))
    const ends = dictionary?.offsets ?? offsets!
    const codes = dictionary && (values as Int32Array)
    return row => {
      const at = codes ? codes[row]! : row
      writeText(out, text, ends[at]!, ends[at + 1]!, dialect)
    }
  }
}

/** The text at `[from, to)`. */
export function writeText(
  out: Output,
  text: DataView,
  from: number,
  to: number,
  { delimiter, quote, nullValue }: WriteDialect,
): void {
  out.reserve(2 * (to - from) + 2)
  const isPlain =
    !isSame(text, from, to, nullValue) &&
    (from === to || text.getUint8(from) !== 0xef) &&
    copyPlain(out, text, from, to, delimiter, quote)
  if (isPlain) return
  const { bytes } = out
  let at = out.size
  bytes[at++] = quote
  for (let i = from; i < to; i++) {
    const byte = text.getUint8(i)
    if (byte === quote) bytes[at++] = quote
    bytes[at++] = byte
  }
  bytes[at++] = quote
  out.size = at
}

/** Adds a text; not, and returns false, where it has a byte that must stand in quotes. */
function copyPlain(
  out: Output,
  text: DataView,
  from: number,
  to: number,
  delimiter: number,
  quote: number,
): boolean {
  const { view } = out
  const shift = out.size - from
  const delimiters = Math.imul(delimiter, 0x01010101)
  const quotes = Math.imul(quote, 0x01010101)
  let i = from
  // Four bytes at a time.
  for (; i + 4 <= to; i += 4) {
    const word = text.getInt32(i, true)
    if (holdsOne(word, delimiters, quotes)) return false
    view.setInt32(i + shift, word, true)
  }
  for (; i < to; i++) {
    const byte = text.getUint8(i)
    if (byte === delimiter || byte === quote || byte === LF || byte === CR) return false
    view.setUint8(i + shift, byte)
  }
  out.size = to + shift
  return true
}

/** Whether one of four bytes is a delimiter, a quote or a line break: one that is zero when they are subtracted. */
function holdsOne(word: number, delimiters: number, quotes: number): boolean {
  const [a, b, c, d] = [word ^ delimiters, word ^ quotes, word ^ 0x0a0a0a0a, word ^ 0x0d0d0d0d]
  const found =
    ((a - 0x01010101) & ~a) | ((b - 0x01010101) & ~b) | ((c - 0x01010101) & ~c) | ((d - 0x01010101) & ~d)
  return (found & 0x80808080) !== 0
}

function isSame(text: DataView, from: number, to: number, other: Uint8Array): boolean {
  if (to - from !== other.length) return false
  for (let i = 0; i < other.length; i++) if (text.getUint8(from + i) !== other[i]) return false
  return true
}
