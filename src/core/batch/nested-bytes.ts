/**
 * Cells of nested types as bytes, which compare as the values do: so that whatever keeps, finds or orders text does so
 * with lists and structs, too.
 *
 * The bytes of a column are a plain text column (type `utf8`, though they are no UTF-8), of which nothing but the order is
 * asked. Numbers are big-endian with the sign turned over; doubles as integers order them; text and its end so that a
 * prefix comes first; before each value within another stands whether it is there, and after the last one of a list its
 * end. Elements follow in order, fields too; null comes last. This is DuckDB's order. Maps are lists of entries.
 */

import { type ColumnType, isBytes, isEightByteInteger, isFloat, isWideDecimal } from '../types/column-type.ts'
import { bitAt, type Column, isNullAt, textAt, words32Of } from './column.ts'

import { type Arena, allocInt32, allocUint8 } from './slab.ts'
import { checkTextSize } from './take-column.ts'

/** What stands before a value within another; the end of a list comes before both. */
export const END = 0
export const VALUE = 1
export const NULL = 2
/** Within text, a zero is this and its own byte; two of it are the end. */
export const ESCAPED_ZERO = 0xff

export interface NestedBytesOptions {
  /** Whether both zeros are one, and all NaNs, as in keys. Without it each value comes back bit by bit. */
  readonly asKeys: boolean
}

/** The cells at `rows` (or the first `count`) as bytes; nulls are null. */
export function nestedBytes(
  column: Column,
  rows: Uint32Array | undefined,
  count: number,
  { asKeys }: NestedBytesOptions,
  arena: Arena,
): Column {
  const sink = new ByteSink()
  const write = writerOf(column, asKeys, sink)
  const offsets = allocInt32(arena, count + 1)
  const { validity } = column
  let own: Uint8Array | undefined
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i]!
    offsets[i] = sink.used
    if (validity === undefined || bitAt(validity, row)) write(row)
    else {
      own ??= allocUint8(arena, (count + 7) >> 3).fill(255)
      own[i >> 3]! &= ~(1 << (i & 7))
    }
  }
  offsets[count] = sink.used
  if (own && count & 7) own[count >> 3]! &= (1 << (count & 7)) - 1
  const values = allocUint8(arena, sink.used)
  values.set(sink.bytes.subarray(0, sink.used))
  return { type: 'utf8', values, offsets, ...(own ? { validity: own } : {}) }
}

/** Bytes that grow. */
class ByteSink {
  bytes = new Uint8Array(1024)
  used = 0

  put(byte: number): void {
    const at = this.take(1)
    this.bytes[at] = byte
  }

  /** Room for `size` bytes more; where they begin. {@link bytes} is another array afterwards, it may be. */
  take(size: number): number {
    const at = this.used
    this.used = at + size
    if (this.used <= this.bytes.length) return at
    checkTextSize(this.used)
    const grown = new Uint8Array(Math.min(2 ** 31 - 1, Math.max(this.used, 2 * this.bytes.length)))
    grown.set(this.bytes.subarray(0, at))
    this.bytes = grown
    return at
  }
}

type Write = (row: number) => void

/** Writes cells that are not null. */
function writerOf(column: Column, asKeys: boolean, sink: ByteSink): Write {
  const { type, children, offsets } = column
  if (children) {
    const within = children.map(child => writerWithin(child, asKeys, sink))
    if (!offsets)
      return row => {
        for (const write of within) write(row)
      }
    const [write] = within as [Write]
    return row => {
      for (let i = offsets[row]!; i < offsets[row + 1]!; i++) write(i)
      sink.put(END)
    }
  }
  if (isBytes(type)) return textWriter(column, sink)
  if (type === 'bool') {
    const bits = column.values as Uint8Array
    return row => {
      sink.put(bitAt(bits, row) ? 1 : 0)
    }
  }
  if (isFloat(type)) return floatWriter(column, asKeys, sink)
  if (isWideDecimal(type)) return quadWriter(column, sink)
  return isEightByteInteger(type) ? wideWriter(column, sink) : wordsWriter(column, sink)
}

function writerWithin(column: Column, asKeys: boolean, sink: ByteSink): Write {
  const write = writerOf(column, asKeys, sink)
  return row => {
    const isNull = isNullAt(column, row)
    sink.put(isNull ? NULL : VALUE)
    if (!isNull) write(row)
  }
}

function textWriter(column: Column, sink: ByteSink): Write {
  return row => {
    const { bytes, start, end } = textAt(column, row)
    let at = sink.take(end - start)
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!
      if (byte === 0) sink.take(1)
      sink.bytes[at++] = byte
      if (byte === 0) sink.bytes[at++] = ESCAPED_ZERO
    }
    at = sink.take(2)
    sink.bytes[at] = 0
    sink.bytes[at + 1] = 0
  }
}

function floatWriter({ type, values }: Column, asKeys: boolean, sink: ByteSink): Write {
  const floats = values as Float64Array
  const width = type === 'float64' ? 8 : 4
  const view = new DataView(new ArrayBuffer(8))
  const written = new Uint8Array(view.buffer)
  return row => {
    let value = floats[row]!
    if (asKeys) value = Number.isNaN(value) ? Number.NaN : value + 0
    if (width === 8) view.setFloat64(0, value)
    else view.setFloat32(0, value)
    // Negative numbers order the other way round, and before all others. NaN has either sign, and comes last.
    const negative = view.getUint8(0) >= 0x80 && !Number.isNaN(value)
    if (negative) for (let i = 0; i < width; i++) written[i]! ^= 0xff
    else written[0]! |= 0x80
    const at = sink.take(width)
    for (let i = 0; i < width; i++) sink.bytes[at + i] = written[i]!
  }
}

function wideWriter(column: Column, sink: ByteSink): Write {
  const words = words32Of(column)
  const flip = column.type === 'uint64' ? 0 : 0x80000000
  return row => {
    const at = sink.take(8)
    writeWord(sink.bytes, at, words[2 * row + 1]! ^ flip)
    writeWord(sink.bytes, at + 4, words[2 * row]!)
  }
}

/** Decimals over 18 digits: four words. */
function quadWriter(column: Column, sink: ByteSink): Write {
  const words = words32Of(column)
  return row => {
    const at = sink.take(16)
    writeWord(sink.bytes, at, words[4 * row + 3]! ^ 0x80000000)
    for (let word = 1; word < 4; word++) writeWord(sink.bytes, at + 4 * word, words[4 * row + 3 - word]!)
  }
}

/** Integers of up to 32 bits, and dates. */
function wordsWriter({ type, values }: Column, sink: ByteSink): Write {
  const flip = isUnsigned(type) ? 0 : 0x80000000
  return row => {
    const at = sink.take(4)
    writeWord(sink.bytes, at, (values[row] as number) ^ flip)
  }
}

export const isUnsigned = (type: ColumnType): boolean => type.startsWith('uint')

function writeWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 24
  bytes[at + 1] = word >>> 16
  bytes[at + 2] = word >>> 8
  bytes[at + 3] = word
}
