/**
 * Places as byte strings that compare as the places do: what is kept of a row's place when its batch is gone, and what
 * places of different kinds are compared by.
 *
 * A place is a sequence of cells: branch, then the columns `order0`, `order1`, … of a made row, or split and offset of a
 * source row, then child, then its own children. A cell is a tag, which says its type and whether it is null, and its value, most significant
 * byte first; numbers that every place has are without tags. Frozen: snapshots hold these bytes.
 */

import {
  type ColumnType,
  decimalScale,
  isBytes,
  isDecimal,
  isDuration,
  isEightByteInteger,
  isText,
  isTimeOfDay,
  isTimestamp,
  isWideDecimal,
  timestampUnit,
  unitOfTime,
} from '../types/column-type.ts'
import { isNested } from '../types/nested-type.ts'
import type { Batch } from './batch.ts'
import { bytesAt } from './bytes.ts'
import { bitAt, type Column, isNullAt, textBytesAt, words32Of } from './column.ts'
import { BRANCH, childColumns, ENCODED, OFFSET, orderColumns, parentsOf, SPLIT } from './meta.ts'
import { nestedBytes } from './nested-bytes.ts'
import { heapArena } from './slab.ts'

/** Writes places of a batch as bytes. */
export interface PlaceKeys {
  /** The place of a physical row; a copy. */
  key(row: number): Uint8Array
}

// Even numbers: the next one is the null of the type, which comes after its values.
const SOURCE_TAG = 2
const BOOL_TAG = 4
const SIGNED_TAG = 6
const UNSIGNED_TAG = 8
const FLOAT_TAG = 10
const TEXT_TAG = 12
const DATE_TAG = 14
const TIMESTAMP_TAGS = { s: 16, ms: 18, us: 20, ns: 22 } as const
const TIME_TAGS = { s: 24, ms: 26, us: 28, ns: 30 } as const
const DURATION_TAGS = { s: 32, ms: 34, us: 36, ns: 38 } as const
/** And two for each digit after the point: up to 116. */
const DECIMAL_TAG = 40
const BINARY_TAG = 118
const NESTED_TAG = 124

/** Values of one tag compare, whatever their width; text may be coded or plain. */
function placeTag(type: ColumnType): number {
  if (isText(type)) return TEXT_TAG
  if (isNested(type)) return NESTED_TAG
  if (isTimestamp(type)) return TIMESTAMP_TAGS[timestampUnit(type)]
  if (type === 'bool') return BOOL_TAG
  if (type === 'date') return DATE_TAG
  if (isTimeOfDay(type)) return TIME_TAGS[unitOfTime(type)]
  if (isDuration(type)) return DURATION_TAGS[unitOfTime(type)]
  if (isDecimal(type)) return DECIMAL_TAG + 2 * decimalScale(type)
  if (type === 'binary') return BINARY_TAG
  if (type === 'float32' || type === 'float64') return FLOAT_TAG
  return type.startsWith('u') ? UNSIGNED_TAG : SIGNED_TAG
}

/** Keys of the places of a batch's rows. */
export function placeKeys(batch: Batch): PlaceKeys {
  const out = new KeyBytes()
  const branch = batch.meta?.[BRANCH]?.values
  const children = childrenOf(batch)
  const base = baseWriter(batch, out)
  return {
    key(row) {
      out.double((branch?.[row] as number | undefined) ?? 0)
      base(row)
      if (!children || !writeChildren(children, row, out)) out.double(0)
      return out.take()
    },
  }
}

/** Ends what `encoded` holds, so that none is the beginning of another: above every tag, as children are. */
export const END_OF_BASE = 0x80

/**
 * Keys of places without their branch and children, which batches have under names of their own: what the column
 * `encoded` holds. Of places that are in this form already they are the same bytes.
 */
export function baseKeys(batch: Batch): PlaceKeys {
  const out = new KeyBytes()
  const base = baseWriter(batch, out)
  return {
    key(row) {
      base(row)
      out.byte(END_OF_BASE)
      return out.take()
    },
  }
}

/** Bytes of the children alone: undefined where all are 0, as it is for rows without. */
export function childKeys(batch: Batch): { key(row: number): Uint8Array | undefined } | undefined {
  const children = childrenOf(batch)
  if (!children) return undefined
  const out = new KeyBytes()
  return { key: row => (writeChildren(children, row, out) ? out.take() : undefined) }
}

/** The levels of children; undefined where there are none. */
function childrenOf(batch: Pick<Batch, 'meta'>): Uint32Array[] | undefined {
  const columns = childColumns(batch)
  return columns.length ? columns.map(({ values }) => values as Uint32Array) : undefined
}

/** Levels up to the last that is not 0; false where all are, which writes nothing. */
function writeChildren(children: readonly Uint32Array[], row: number, out: KeyBytes): boolean {
  let levels = children.length
  while (levels > 0 && children[levels - 1]![row] === 0) levels--
  for (let level = 0; level < levels; level++) out.double(children[level]![row]!)
  return levels > 0
}

type WriteRow = (row: number) => void

function baseWriter(batch: Batch, out: KeyBytes): WriteRow {
  const cells = orderColumns(batch).map(column => cellWriter(column, out))
  const encoded = batch.meta?.[ENCODED]
  if (encoded || cells.length > 0) {
    return row => {
      for (const write of cells) write(row)
      if (encoded) out.bytes(bytesAt(encoded, row).subarray(0, -1))
    }
  }
  const splits = batch.meta?.[SPLIT]?.values
  const offsets = batch.meta?.[OFFSET]?.values
  const parents = parentsOf(batch)
  const { split, offset } = batch.position
  return row => {
    out.byte(SOURCE_TAG)
    out.double((splits?.[row] as number | undefined) ?? split)
    out.double(offsets ? (offsets[row] as number) : offset + (parents ? parents[row]! : row))
  }
}

function cellWriter(column: Column, out: KeyBytes): WriteRow {
  const tag = placeTag(column.type)
  const write = valueWriter(column, out)
  return row => {
    if (isNullAt(column, row)) out.byte(tag + 1)
    else {
      out.byte(tag)
      write(row)
    }
  }
}

function valueWriter(column: Column, out: KeyBytes): WriteRow {
  const { type, values } = column
  if (isBytes(type)) return row => out.text(textBytesAt(column, row))
  if (isDecimal(type)) return decimalWriter(column, out)
  if (column.children) return row => out.text(nestedKey(column, row))
  if (type === 'bool') return row => out.byte(bitAt(values as Uint8Array, row) ? 1 : 0)
  if (isEightByteInteger(type)) {
    const words32 = words32Of(column)
    const flip = type === 'uint64' ? 0 : 0x80000000
    return row => out.words(words32[2 * row + 1]! ^ flip, words32[2 * row]!)
  }
  if (placeTag(type) === FLOAT_TAG) return row => out.double(values[row] as number)
  const flip = type.startsWith('u') ? 0 : 0x80000000
  return row => {
    const value = values[row] as number
    out.words((value < 0 ? -1 : 0) ^ flip, value)
  }
}

/** As 128 bits, so that decimals of any number of digits compare. */
function decimalWriter(column: Column, out: KeyBytes): WriteRow {
  const words32 = words32Of(column)
  if (isWideDecimal(column.type)) {
    return row => {
      out.words(words32[4 * row + 3]! ^ 0x80000000, words32[4 * row + 2]!)
      out.words(words32[4 * row + 1]!, words32[4 * row]!)
    }
  }
  return row => {
    const sign = words32[2 * row + 1]! >> 31
    out.words(sign ^ 0x80000000, sign)
    out.words(words32[2 * row + 1]!, words32[2 * row]!)
  }
}

const nestedKey = (column: Column, row: number): Uint8Array =>
  nestedBytes(column, Uint32Array.of(row), 1, { asKeys: true }, heapArena).values as Uint8Array

const double = new Float64Array(1)
const words = new Uint32Array(double.buffer)

/** Bytes of one key at a time. */
class KeyBytes {
  #bytes = new Uint8Array(64)
  #length = 0

  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length)
    this.#length = 0
    return taken
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  bytes(values: Uint8Array): void {
    this.#reserve(values.length)
    this.#bytes.set(values, this.#length)
    this.#length += values.length
  }

  /** Two 32-bit words, the high one first. */
  words(high: number, low: number): void {
    this.#reserve(8)
    const bytes = this.#bytes
    const at = this.#length
    bytes[at] = high >>> 24
    bytes[at + 1] = high >>> 16
    bytes[at + 2] = high >>> 8
    bytes[at + 3] = high
    bytes[at + 4] = low >>> 24
    bytes[at + 5] = low >>> 16
    bytes[at + 6] = low >>> 8
    bytes[at + 7] = low
    this.#length = at + 8
  }

  /** -0 as 0, NaN after everything else. */
  double(value: number): void {
    if (Number.isNaN(value)) {
      this.words(-1, -1)
      return
    }
    double[0] = value + 0
    const [low, high] = [words[0]!, words[1]!]
    if (high >>> 31) this.words(~high, ~low)
    else this.words(high ^ 0x80000000, low)
  }

  /** A 0 is followed by 255; two zeros end the text, so that a prefix comes first. */
  text(text: Uint8Array): void {
    this.#reserve(2 * text.length + 2)
    const bytes = this.#bytes
    let at = this.#length
    for (let i = 0; i < text.length; i++) {
      const byte = text[i]!
      bytes[at++] = byte
      if (byte === 0) bytes[at++] = 255
    }
    bytes[at++] = 0
    bytes[at++] = 0
    this.#length = at
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const larger = new Uint8Array(2 * (this.#length + count))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}
