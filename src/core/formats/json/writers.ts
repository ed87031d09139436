/** Cells as JSON. What each type becomes stands in `docs/connectors/json.md`. */

import { msOfWords32 } from '../../batch/cells.ts'
import { bitAt, type Column, isNullAt, words32Of } from '../../batch/column.ts'
import { viewOf } from '../../batch/copy-bytes.ts'
import { floatText } from '../../batch/format-number.ts'
import { DataError } from '../../errors.ts'
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
import type { Output } from '../output.ts'
import {
  dateWriter,
  NUMBER_BYTES,
  writeClock,
  writeFloat,
  writeInteger,
  writePadded,
} from '../write-numbers.ts'
import { binaryWriter, decimalWriter, durationWriter, timeWriter } from './exact-writers.ts'
import { BACKSLASH, QUOTE } from './input.ts'

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
  if (isText(type)) return textWriter(column, out)
  if (isWide(type)) return wideWriter(type, column, out, options)
  if (isFloat(type)) return floatWriter(type, column, out)
  if (isTimestamp(type)) return timestampWriter(type, column, out)
  if (isDecimal(type)) return decimalWriter(type, column, out, options.wideNumbers === 'text')
  if (isTimeOfDay(type)) return timeWriter(type, column, out)
  if (isDuration(type)) return durationWriter(type, column, out)
  if (type === 'binary') return binaryWriter(column, out)
  if (type === 'bool') return row => out.put(bitAt(column.values as Uint8Array, row) ? TRUE : FALSE)
  if (type === 'date') return dayWriter(column, out)
  if (isStruct(type)) return structWriter(type, column, out, options)
  if (isList(type))
    return listWriter(openWriter(elementType(type), column.children![0]!, out, options), column, out)
  if (isMap(type)) return mapWriter(type, column, out, options)
  const values = column.values as Int32Array
  return row => {
    out.reserve(NUMBER_BYTES)
    writeInteger(out, values[row]!)
  }
}

function floatWriter(type: ColumnType, column: Column, out: Output): CellWriter {
  const values = column.values as Float64Array
  const isSingle = type === 'float32'
  return row => {
    const value = values[row]!
    out.reserve(NUMBER_BYTES)
    if (!Number.isFinite(value)) out.put(NULL)
    else if (isSingle) out.putAscii(floatText(value, true, undefined))
    else writeFloat(out, value)
  }
}

function wideWriter(type: ColumnType, column: Column, out: Output, options: WriterOptions): CellWriter {
  const quoted = options.wideNumbers === 'text' && type !== 'int53'
  const words = words32Of(column)
  const values = column.values as BigInt64Array
  // Of uint64 the high word has no sign.
  const least = type === 'uint64' ? 0 : -0x200000
  return row => {
    const high = words[row * 2 + 1]!
    out.reserve(NUMBER_BYTES)
    if (quoted) out.bytes[out.size++] = QUOTE
    if (high >= least && high < 0x200000) writeInteger(out, high * 2 ** 32 + (words[row * 2]! >>> 0))
    else out.putAscii(String(values[row]))
    if (quoted) out.putByte(QUOTE)
  }
}

const HEX = encoder.encode('0123456789abcdef')
/** By byte that is escaped, the letter that stands after the backslash; 0: it has none of its own. */
const LETTERS = new Uint8Array(BACKSLASH + 1)
for (const [letter, meaning] of ['""', '\\\\', 'b\b', 'f\f', 'n\n', 'r\r', 't\t'])
  LETTERS[meaning!.charCodeAt(0)] = letter!.charCodeAt(0)

function textWriter({ values, offsets, dictionary }: Column, out: Output): CellWriter {
  const text = viewOf(dictionary?.values ?? (values as Uint8Array))
  const ends = dictionary?.offsets ?? offsets!
  const codes = dictionary && (values as Int32Array)
  return row => {
    const at = codes ? codes[row]! : row
    writeText(text, ends[at]!, ends[at + 1]!, out)
  }
}

/** The text at `[from, to)` as JSON: quotes, backslashes and control characters escaped, everything else as it is. */
function writeText(text: DataView, from: number, to: number, out: Output): void {
  out.reserve((to - from) * 6 + 2)
  const { view } = out
  out.bytes[out.size++] = QUOTE
  let at = out.size
  let i = from
  while (i < to) {
    // Four bytes at a time, as long as none of them needs an escape.
    for (; i + 4 <= to; i += 4, at += 4) {
      const word = text.getInt32(i, true)
      if (needsEscape(word)) break
      view.setInt32(at, word, true)
    }
    const end = Math.min(i + 4, to)
    for (; i < end; i++) {
      const byte = text.getUint8(i)
      if (byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH) view.setUint8(at++, byte)
      else at = writeEscape(byte, out.bytes, at)
    }
  }
  out.bytes[at] = QUOTE
  out.size = at + 1
}

/** Whether one of four bytes is a quote, a backslash or a control character: which subtractions carry into the highest bit. */
function needsEscape(word: number): boolean {
  const quotes = word ^ 0x22222222
  const slashes = word ^ 0x5c5c5c5c
  const found =
    ((quotes - 0x01010101) & ~quotes) | ((slashes - 0x01010101) & ~slashes) | ((word - 0x20202020) & ~word)
  return (found & 0x80808080) !== 0
}

/** Returns where what follows is to be written. */
function writeEscape(byte: number, bytes: Uint8Array, at: number): number {
  bytes[at] = BACKSLASH
  const letter = LETTERS[byte]!
  if (letter !== 0) {
    bytes[at + 1] = letter
    return at + 2
  }
  bytes[at + 1] = 0x75
  bytes[at + 2] = 48
  bytes[at + 3] = 48
  bytes[at + 4] = HEX[byte >> 4]!
  bytes[at + 5] = HEX[byte & 15]!
  return at + 6
}

/** `"2024-02-29"`; years beyond four digits with a sign and six, as JavaScript does. */
function dayWriter(column: Column, out: Output): CellWriter {
  const days = column.values as Int32Array
  const write = dateWriter(out)
  return row => {
    out.reserve(NUMBER_BYTES)
    out.bytes[out.size++] = QUOTE
    write(days[row]!)
    out.putByte(QUOTE)
  }
}

/** `"2024-02-29T06:05:07.123456Z"`: three, six or nine digits of a second, or none. */
function timestampWriter(type: TimestampType, column: Column, out: Output): CellWriter {
  const perSecond = UNITS_PER_SECOND[timestampUnit(type)]
  const words = words32Of(column)
  const values = column.values as BigInt64Array
  const perMs = perSecond / 1000
  const write = dateWriter(out)
  return row => {
    const low = words[row * 2]!
    const high = words[row * 2 + 1]!
    const ms = msOfWords32(low, high, perMs)
    if (!Number.isSafeInteger(ms)) throw yearsOut(type)
    const seconds = Math.floor(ms / 1000)
    const days = Math.floor(seconds / 86_400)
    out.reserve(NUMBER_BYTES)
    out.bytes[out.size++] = QUOTE
    write(days)
    out.bytes[out.size++] = 0x54
    writeClock(out, seconds - days * 86_400)
    if (perMs >= 1) {
      // Near today a double holds the units, and the second before them.
      const isExact = high > -0x200000 && high < 0x1fffff
      const units =
        perMs === 1
          ? ms - seconds * 1000
          : isExact
            ? high * 2 ** 32 + (low >>> 0) - seconds * perSecond
            : Number(values[row]! - BigInt(seconds) * BigInt(perSecond))
      if (units > 0) writeFraction(units, perSecond, out)
    }
    out.bytes[out.size++] = 0x5a
    out.bytes[out.size++] = QUOTE
  }
}

function writeFraction(units: number, perSecond: number, out: Output): void {
  let digits = perSecond === 1000 ? 3 : perSecond === 1e6 ? 6 : 9
  while (digits > 3 && units % 1000 === 0) {
    units /= 1000
    digits -= 3
  }
  out.bytes[out.size++] = 0x2e
  writePadded(out, units, digits)
}

const yearsOut = (type: ColumnType): DataError =>
  new DataError('DATE_RANGE', `a ${type} beyond the year 285,000 cannot be written as text`, {
    hint: 'cast it to int64 to write its units',
  })

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
  const writeKey = textWriter(entries!.children![0]!, out)
  const write = openWriter(value!.type, entries!.children![1]!, out, options)
  const { offsets } = column
  return row => {
    const end = offsets![row + 1]!
    out.putByte(0x7b)
    for (let i = offsets![row]!; i < end; i++) {
      if (i > offsets![row]!) out.putByte(0x2c)
      writeKey(i)
      out.putByte(0x3a)
      write(i)
    }
    out.putByte(0x7d)
  }
}

/** `{"name":` or `,"name":`. */
export const keyBytes = (name: string, first: boolean): Uint8Array =>
  encoder.encode(`${first ? '{' : ','}${JSON.stringify(name)}:`)
