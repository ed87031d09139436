/** Cells as JSON. What each type becomes stands in `docs/connectors/json.md`. */

import { msOfWords32 } from '../../batch/cells.ts'
import { bitAt, type Column, isNullAt, textBytesAt, words32Of } from '../../batch/column.ts'
import { floatText } from '../../batch/format-number.ts'
import { DataError } from '../../errors.ts'
import { dayOf, monthOf, yearOf } from '../../expr/civil.ts'
import {
  type ColumnType,
  isDecimal,
  isDuration,
  isFloat,
  isText,
  isTimeOfDay,
  isTimestamp,
  isWide,
  type TimestampType,
  timestampUnit,
  UNITS_PER_SECOND,
} from '../../types/column-type.ts'
import { elementType, entryType, isList, isMap, isStruct, structFields } from '../../types/nested-type.ts'
import { binaryWriter, decimalWriter, durationWriter, timeWriter } from './exact-writers.ts'
import { BACKSLASH, QUOTE } from './input.ts'
import type { Output } from './output.ts'

/** Writes the cell of a row, which is not null. */
export type CellWriter = (row: number) => void

export interface WriterOptions {
  /** Numbers that JavaScript cannot hold exactly (int64, uint64, decimals): as JSON numbers, or as text. */
  readonly wideNumbers: 'number' | 'text'
}

const encoder = new TextEncoder()
const NULL = encoder.encode('null')
const TRUE = encoder.encode('true')
const FALSE = encoder.encode('false')

/** Writes cells of that column; nulls as `null`. */
export function openWriter(
  type: ColumnType,
  column: Column,
  out: Output,
  options: WriterOptions,
): CellWriter {
  const write = openNonNull(type, column, out, options)
  if (!column.validity) return write
  return row => {
    if (isNullAt(column, row)) out.put(NULL)
    else write(row)
  }
}

function openNonNull(type: ColumnType, column: Column, out: Output, options: WriterOptions): CellWriter {
  if (isText(type)) return row => writeText(textBytesAt(column, row), out)
  if (isWide(type)) return wideWriter(type, column, out, options)
  if (isFloat(type)) {
    const isSingle = type === 'float32'
    return row => {
      const value = column.values[row] as number
      if (!Number.isFinite(value)) out.put(NULL)
      else
        out.putAscii(
          isSingle ? floatText(value, true, undefined) : Object.is(value, -0) ? '-0' : String(value),
        )
    }
  }
  if (isTimestamp(type)) return timestampWriter(type, column, out)
  if (isDecimal(type)) return decimalWriter(type, column, out, options.wideNumbers === 'text')
  if (isTimeOfDay(type)) return timeWriter(type, column, out)
  if (isDuration(type)) return durationWriter(type, column, out)
  if (type === 'binary') return binaryWriter(column, out)
  if (type === 'bool') return row => out.put(bitAt(column.values as Uint8Array, row) ? TRUE : FALSE)
  if (type === 'date')
    return row => {
      out.putByte(QUOTE)
      writeDate(column.values[row] as number, out)
      out.putByte(QUOTE)
    }
  if (isStruct(type)) return structWriter(type, column, out, options)
  if (isList(type))
    return listWriter(openWriter(elementType(type), column.children![0]!, out, options), column, out)
  if (isMap(type)) return mapWriter(type, column, out, options)
  return row => out.putAscii(String(column.values[row]))
}

function wideWriter(type: ColumnType, column: Column, out: Output, options: WriterOptions): CellWriter {
  const quoted = options.wideNumbers === 'text' && type !== 'int53'
  const words = words32Of(column)
  const values = column.values as BigInt64Array
  // Of uint64 the high word has no sign.
  const least = type === 'uint64' ? 0 : -0x200000
  return row => {
    const high = words[row * 2 + 1]!
    if (quoted) out.putByte(QUOTE)
    if (high >= least && high < 0x200000) out.putAscii(String(high * 2 ** 32 + (words[row * 2]! >>> 0)))
    else out.putAscii(String(values[row]))
    if (quoted) out.putByte(QUOTE)
  }
}

const HEX = encoder.encode('0123456789abcdef')
/** The letter that stands after the backslash; 0: the byte needs no escape, 1: it has none of its own. */
const SHORT = new Uint8Array(256)
SHORT.fill(1, 0, 0x20)
for (const [letter, meaning] of ['""', '\\\\', 'b\b', 'f\f', 'n\n', 'r\r', 't\t'])
  SHORT[meaning!.charCodeAt(0)] = letter!.charCodeAt(0)

/** Text as JSON: quotes, backslashes and control characters escaped, everything else as it is. */
export function writeText(text: Uint8Array, out: Output): void {
  const { length } = text
  out.reserve(length * 6 + 2)
  const { bytes } = out
  let to = out.size
  bytes[to++] = QUOTE
  for (let i = 0; i < length; i++) {
    const byte = text[i]!
    const short = SHORT[byte]!
    if (short === 0) {
      bytes[to++] = byte
      continue
    }
    bytes[to++] = BACKSLASH
    if (short !== 1) bytes[to++] = short
    else {
      bytes[to++] = 0x75
      bytes[to++] = 48
      bytes[to++] = 48
      bytes[to++] = HEX[byte >> 4]!
      bytes[to++] = HEX[byte & 15]!
    }
  }
  bytes[to++] = QUOTE
  out.size = to
}

/** `YYYY-MM-DD`; years beyond four digits with a sign and six, as JavaScript does. */
function writeDate(days: number, out: Output): void {
  const year = yearOf(days)
  if (year >= 0 && year <= 9999) out.putDigits(year, 4)
  else {
    out.putByte(year < 0 ? 0x2d : 0x2b)
    out.putDigits(Math.abs(year), 6)
  }
  out.putByte(0x2d)
  out.putDigits(monthOf(days), 2)
  out.putByte(0x2d)
  out.putDigits(dayOf(days), 2)
}

function timestampWriter(type: TimestampType, column: Column, out: Output): CellWriter {
  const perSecond = UNITS_PER_SECOND[timestampUnit(type)]
  const words = words32Of(column)
  const values = column.values as BigInt64Array
  const perMs = perSecond / 1000
  return row => {
    const ms = msOfWords32(words[row * 2]!, words[row * 2 + 1]!, perMs)
    if (!Number.isSafeInteger(ms)) throw yearsOut(type)
    const seconds = Math.floor(ms / 1000)
    const units =
      perMs < 1
        ? 0
        : perMs === 1
          ? ms - seconds * 1000
          : Number(values[row]! - BigInt(seconds) * BigInt(perSecond))
    writeInstant(seconds, units, perSecond, out)
  }
}

const yearsOut = (type: ColumnType): DataError =>
  new DataError('DATE_RANGE', `a ${type} beyond the year 285,000 cannot be written as text`, {
    hint: 'cast it to int64 to write its units',
  })

/** `2024-02-29T06:05:07.123456Z`: three, six or nine digits of a second, or none. */
function writeInstant(seconds: number, units: number, perSecond: number, out: Output): void {
  const days = Math.floor(seconds / 86_400)
  const ofDay = seconds - days * 86_400
  out.putByte(QUOTE)
  writeDate(days, out)
  out.putByte(0x54)
  out.putDigits(Math.floor(ofDay / 3600), 2)
  out.putByte(0x3a)
  out.putDigits(Math.floor(ofDay / 60) % 60, 2)
  out.putByte(0x3a)
  out.putDigits(ofDay % 60, 2)
  if (units > 0) {
    let digits = perSecond === 1000 ? 3 : perSecond === 1e6 ? 6 : 9
    while (digits > 3 && units % 1000 === 0) {
      units /= 1000
      digits -= 3
    }
    out.putByte(0x2e)
    out.putDigits(units, digits)
  }
  out.putByte(0x5a)
  out.putByte(QUOTE)
}

function structWriter(
  type: `struct<${string}>`,
  column: Column,
  out: Output,
  options: WriterOptions,
): CellWriter {
  const fields = structFields(type).map((field, c) => ({
    key: keyBytes(field.name, c === 0),
    write: openWriter(field.type, column.children![c]!, out, options),
  }))
  return row => {
    for (const { key, write } of fields) {
      out.put(key)
      write(row)
    }
    out.putByte(0x7d)
  }
}

function listWriter(write: CellWriter, { offsets }: Column, out: Output): CellWriter {
  return row => {
    const end = offsets![row + 1]!
    out.putByte(0x5b)
    for (let i = offsets![row]!; i < end; i++) {
      if (i > offsets![row]!) out.putByte(0x2c)
      write(i)
    }
    out.putByte(0x5d)
  }
}

/** A map with keys of text is an object; others are lists of `{"key": …, "value": …}`. */
function mapWriter(type: `map<${string}>`, column: Column, out: Output, options: WriterOptions): CellWriter {
  const [entries] = column.children!
  const [key, value] = structFields(entryType(type))
  if (!isText(key!.type)) return listWriter(openWriter(entryType(type), entries!, out, options), column, out)
  const keys = entries!.children![0]!
  const write = openWriter(value!.type, entries!.children![1]!, out, options)
  const { offsets } = column
  return row => {
    const end = offsets![row + 1]!
    out.putByte(0x7b)
    for (let i = offsets![row]!; i < end; i++) {
      if (i > offsets![row]!) out.putByte(0x2c)
      writeText(textBytesAt(keys, i), out)
      out.putByte(0x3a)
      write(i)
    }
    out.putByte(0x7d)
  }
}

/** `{"name":` or `,"name":`. */
export const keyBytes = (name: string, first: boolean): Uint8Array =>
  encoder.encode(`${first ? '{' : ','}${JSON.stringify(name)}:`)
