/**
 * The key hash. It decides which key group, hence which shard and which part of a snapshot, a key belongs to, so it is
 * frozen: changing anything here orphans state on disk ({@link KEY_HASH_VERSION} would have to change with it).
 *
 * Definition. A 64-bit hash in two 32-bit words (h1, h2), arithmetic modulo 2^32, `mix` being the finaliser of
 * MurmurHash3 (A. Appleby, public domain): x ^= x>>>16; x *= 0x85ebca6b; x ^= x>>>13; x *= 0xc2b2ae35; x ^= x>>>16.
 * - whole number v of any type: as 64-bit two's complement (low, high): h1 = mix(low + high * 0x9e3779b1 + 0x2545f491),
 *   h2 = mix(h1 ^ high ^ 0x68bc21eb). So 5 hashes alike as int8, uint64 and float64, and -0 as 0.
 * - other float: as the (low, high) words of its float64 bits; every NaN as 0x7ff8000000000000.
 * - bool: as 0 or 1. date: as its number of days.
 * - timestamp of any unit: seconds (floored) hashed as a whole number, combined with the nanoseconds past them.
 * - text: over its UTF-8 bytes in little-endian 32-bit words w, the last one padded with zeros:
 *   h1 = rotl(h1 ^ w * 0xcc9e2d51, 13) * 5 + 0xe6546b64, h2 = rotl(h2 + w * 0x1b873593, 15) ^ h1, from h1 = length,
 *   h2 = 0x3c6ef372; at the end h1 = mix(h1 ^ h2), h2 = mix(h2 + h1).
 * - duration of any unit: as a timestamp; time of day: so, too. Binary: as text.
 * - decimal: without zeros at its end; a whole one as a whole number, of over 64 bits its lower half combined with its upper
 *   half; another one as its units, combined with the digits after the point.
 * - null: (0x9216d5d9, 0x8979fb1b).
 * - several columns: from the first one's hash, each next (n1, n2) gives h1 = mix(h1 * 31 + n1), h2 = mix(h2 * 31 + n2).
 * The key group is h1 >>> 24.
 */

import type { Batch } from '../batch/batch.ts'
import { bitAt, type Column, type Dictionary, words32Of } from '../batch/column.ts'
import { type Arena, allocUint32 } from '../batch/slab.ts'
import {
  type DecimalType,
  decimalScale,
  isBytes,
  isDecimal,
  isDuration,
  isFloat,
  isInteger,
  isTimeOfDay,
  isTimestamp,
  isWide,
  isWideDecimal,
  UNITS_PER_SECOND,
  unitOfTime,
} from '../types/column-type.ts'
import { shardOfKeyGroup } from './key-groups.ts'
import { keyBytes } from './nested-index.ts'

export const KEY_HASH_VERSION = 1

const NULL_1 = 0x9216d5d9 | 0
const NULL_2 = 0x8979fb1b | 0
const WORD = 2 ** 32

function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}

const hashWhole1 = (low: number, high: number): number =>
  mix((low + Math.imul(high, 0x9e3779b1) + 0x2545f491) | 0)
const hashWhole2 = (h1: number, high: number): number => mix(h1 ^ high ^ 0x68bc21eb)

/** Where the functions below leave the second word of the hash; the first is what they return. */
let second = 0

function hashWords32(low: number, high: number): number {
  const h1 = hashWhole1(low, high)
  second = hashWhole2(h1, high)
  return h1
}

const floatBits = new Float64Array(1)
const floatWords = new Int32Array(floatBits.buffer)

function hashFloat(value: number): number {
  if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63) {
    const high = Math.floor(value / WORD)
    return hashWords32((value - high * WORD) | 0, high | 0)
  }
  if (Number.isNaN(value)) return hashWords32(0, 0x7ff80000)
  floatBits[0] = value
  return hashWords32(floatWords[0]!, floatWords[1]!)
}

function hashText(bytes: Uint8Array, start: number, end: number): number {
  let h1 = end - start
  let h2 = 0x3c6ef372
  let i = start
  for (; i < end; i += 4) {
    let w = bytes[i]!
    if (i + 3 < end) w |= (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    else {
      if (i + 1 < end) w |= bytes[i + 1]! << 8
      if (i + 2 < end) w |= bytes[i + 2]! << 16
    }
    h1 ^= Math.imul(w, 0xcc9e2d51)
    h1 = (Math.imul((h1 << 13) | (h1 >>> 19), 5) + 0xe6546b64) | 0
    h2 = (h2 + Math.imul(w, 0x1b873593)) | 0
    h2 = ((h2 << 15) | (h2 >>> 17)) ^ h1
  }
  h1 = mix(h1 ^ h2)
  second = mix((h2 + h1) | 0)
  return h1
}

// Seconds and nanoseconds are found in steps of at most 2^32 units, so that every intermediate is below 2^53.
function hashTime(low: number, high: number, unitsPerSecond: number): number {
  const q = Math.floor(high / unitsPerSecond)
  const rest = (high - q * unitsPerSecond) * WORD + (low >>> 0)
  // For nanoseconds `rest` can reach 2^62: split it once more.
  let seconds: number
  let units: number
  if (unitsPerSecond <= 1e6) {
    seconds = Math.floor(rest / unitsPerSecond)
    units = rest - seconds * unitsPerSecond
  } else {
    // (high - q * 1e9) * 2^32 + low, divided by 1000 and then by 1e6.
    const highRest = high - q * unitsPerSecond
    const q3 = Math.floor(highRest / 1000)
    const r3 = (highRest - q3 * 1000) * WORD + (low >>> 0)
    const micros3 = Math.floor(r3 / 1000)
    // micros = q3 * 2^32 + micros3, with q3 < 1e6: below 2^52.
    const micros = q3 * WORD + micros3
    seconds = Math.floor(micros / 1e6)
    units = (micros - seconds * 1e6) * 1000 + (r3 - micros3 * 1000)
  }
  // Whole seconds: q * 2^32 + seconds, as words; `seconds` < 2^32.
  const h1 = hashWords32(seconds | 0, q)
  const h2 = second
  const n1 = hashWords32((units * (1e9 / unitsPerSecond)) | 0, 0)
  const n2 = second
  second = mix((Math.imul(h2, 31) + n2) | 0)
  return mix((Math.imul(h1, 31) + n1) | 0)
}

/** Hashes decimals, which have the same hash however many zeros are at their end. */
function decimalHasher(column: Column, type: DecimalType): (row: number) => number {
  const scale = decimalScale(type)
  const wide = isWideDecimal(type)
  const words32 = words32Of(column)
  const values = column.values as BigInt64Array
  return row => {
    if (!wide) {
      const near = words32[2 * row + 1]! * WORD + (words32[2 * row]! >>> 0)
      if (Number.isSafeInteger(near)) return hashSafeDecimal(near, scale)
    }
    const units = wide ? (values[2 * row + 1]! << 64n) | BigInt.asUintN(64, values[2 * row]!) : values[row]!
    return hashDecimal(units, scale)
  }
}

function hashSafeDecimal(units: number, scale: number): number {
  let rest = units
  let digits = rest === 0 ? 0 : scale
  for (; digits > 0 && rest % 10 === 0; digits--) rest /= 10
  const high = Math.floor(rest / WORD)
  const h1 = hashWords32((rest - high * WORD) | 0, high)
  return digits === 0 ? h1 : combined(h1, digits, 0)
}

function hashDecimal(units: bigint, scale: number): number {
  let rest = units
  let digits = rest === 0n ? 0 : scale
  for (; digits > 0 && rest % 10n === 0n; digits--) rest /= 10n
  const [low, high, third, fourth] = [0n, 32n, 64n, 96n].map(shift =>
    Number(BigInt.asIntN(32, rest >> shift)),
  )
  let h1 = hashWords32(low!, high!)
  // What uint64 or int64 holds hashes as they do.
  const fits = (third === 0 && fourth === 0) || (third === -1 && fourth === -1 && high! < 0)
  if (!fits) h1 = combined(h1, third!, fourth!)
  return digits === 0 ? h1 : combined(h1, digits, 0)
}

/** The hash (h1, `second`) combined with that of two more words, as those of several columns are. */
function combined(h1: number, low: number, high: number): number {
  const h2 = second
  const n1 = hashWords32(low, high)
  second = mix((Math.imul(h2, 31) + second) | 0)
  return mix((Math.imul(h1, 31) + n1) | 0)
}

/**
 * The hashes of one column's cells: `out1[i]` and `out2[i]` for physical row `rows[i]` (or `i`).
 * Text held as codes hashes as the text.
 */
export function hashColumn(
  column: Column,
  count: number,
  rows: Uint32Array | undefined,
  out1: Int32Array,
  out2: Int32Array,
): void {
  const { type, validity, dictionary } = column
  const at = (i: number): number => (rows === undefined ? i : rows[i]!)
  if (column.children) {
    hashTexts(keyBytes(column, count, rows), count, undefined, out1, out2)
  } else if (dictionary) hashCodes(column, dictionary, count, rows, out1, out2)
  else if (isBytes(type)) hashTexts(column, count, rows, out1, out2)
  else if (type === 'bool') {
    for (let i = 0; i < count; i++) {
      out1[i] = hashWords32(bitAt(column.values as Uint8Array, at(i)) ? 1 : 0, 0)
      out2[i] = second
    }
  } else if (isTimestamp(type) || isDuration(type) || isTimeOfDay(type)) {
    const words32 = words32Of(column)
    const unitsPerSecond = UNITS_PER_SECOND[unitOfTime(type)]
    for (let i = 0; i < count; i++) {
      const row = at(i)
      out1[i] = hashTime(words32[2 * row]!, words32[2 * row + 1]!, unitsPerSecond)
      out2[i] = second
    }
  } else if (isDecimal(type)) {
    const hash = decimalHasher(column, type)
    for (let i = 0; i < count; i++) {
      out1[i] = hash(at(i))
      out2[i] = second
    }
  } else if (isWide(type)) {
    const words32 = words32Of(column)
    for (let i = 0; i < count; i++) {
      const row = at(i)
      out1[i] = hashWords32(words32[2 * row]!, words32[2 * row + 1]!)
      out2[i] = second
    }
  } else if (isFloat(type)) {
    const values = column.values as Float64Array
    for (let i = 0; i < count; i++) {
      out1[i] = hashFloat(values[at(i)]!)
      out2[i] = second
    }
  } else {
    const values = column.values as Int32Array
    const signed = type !== 'uint32'
    for (let i = 0; i < count; i++) {
      const value = values[at(i)]! | 0
      out1[i] = hashWords32(value, signed ? value >> 31 : 0)
      out2[i] = second
    }
  }
  if (validity) {
    for (let i = 0; i < count; i++) {
      if (!bitAt(validity, at(i))) {
        out1[i] = NULL_1
        out2[i] = NULL_2
      }
    }
  }
}

/** Text held as codes: each entry of the dictionary is hashed once. */
function hashCodes(
  column: Column,
  dictionary: Dictionary,
  count: number,
  rows: Uint32Array | undefined,
  out1: Int32Array,
  out2: Int32Array,
): void {
  const { validity } = column
  const codes = column.values as Int32Array
  const { known, first, second: seconds } = dictionaryHashes(dictionary.id, dictionary.length)
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i]!
    if (validity !== undefined && !bitAt(validity, row)) continue
    const code = codes[row]!
    if (known[code] === 0) {
      first[code] = hashText(dictionary.values, dictionary.offsets[code]!, dictionary.offsets[code + 1]!)
      seconds[code] = second
      known[code] = 1
    }
    out1[i] = first[code]!
    out2[i] = seconds[code]!
  }
}

function hashTexts(
  column: Column,
  count: number,
  rows: Uint32Array | undefined,
  out1: Int32Array,
  out2: Int32Array,
): void {
  const { validity } = column
  const bytes = column.values as Uint8Array
  const offsets = column.offsets!
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i]!
    if (validity !== undefined && !bitAt(validity, row)) continue
    out1[i] = hashText(bytes, offsets[row]!, offsets[row + 1]!)
    out2[i] = second
  }
}

/** The hashes of keys of several columns; of none: zeros. */
export function hashKeys(
  columns: readonly Column[],
  count: number,
  rows: Uint32Array | undefined,
  out1: Int32Array,
  out2: Int32Array,
): void {
  if (columns.length === 0) {
    out1.fill(0, 0, count)
    out2.fill(0, 0, count)
    return
  }
  hashColumn(columns[0]!, count, rows, out1, out2)
  if (columns.length === 1) return
  const next1 = new Int32Array(count)
  const next2 = new Int32Array(count)
  for (let c = 1; c < columns.length; c++) {
    hashColumn(columns[c]!, count, rows, next1, next2)
    for (let i = 0; i < count; i++) {
      out1[i] = mix((Math.imul(out1[i]!, 31) + next1[i]!) | 0)
      out2[i] = mix((Math.imul(out2[i]!, 31) + next2[i]!) | 0)
    }
  }
}

interface DictionaryHashes {
  known: Uint8Array
  first: Int32Array
  second: Int32Array
}

// Dictionaries are recognised by id, because a column that crossed threads is a new object. The cache is small and
// forgets the oldest: a source that makes a dictionary per batch must not fill memory.
const MAX_CACHED = 64
const dictionaries = new Map<string, DictionaryHashes>()

function dictionaryHashes(id: string, length: number): DictionaryHashes {
  let entry = dictionaries.get(id)
  if (!entry) {
    entry = { known: new Uint8Array(length), first: new Int32Array(length), second: new Int32Array(length) }
    if (dictionaries.size >= MAX_CACHED) dictionaries.delete(dictionaries.keys().next().value!)
    dictionaries.set(id, entry)
  } else if (entry.known.length < length) {
    const capacity = Math.max(length, entry.known.length * 2)
    const grown = {
      known: new Uint8Array(capacity),
      first: new Int32Array(capacity),
      second: new Int32Array(capacity),
    }
    grown.known.set(entry.known)
    grown.first.set(entry.first)
    grown.second.set(entry.second)
    Object.assign(entry, grown)
  }
  return entry
}

let hashes1 = new Int32Array(1 << 16)
let hashes2 = new Int32Array(1 << 16)
let nextHashes = new Int32Array(1 << 16)
let shardIds = new Uint8Array(1 << 16)

/** Grows the scratch arrays the functions below share: each is used up before the function returns. */
function reserve(count: number): void {
  if (hashes1.length >= count) return
  hashes1 = new Int32Array(count)
  hashes2 = new Int32Array(count)
  nextHashes = new Int32Array(count)
  shardIds = new Uint8Array(count)
}

/** The key group of each row's key: `out[i]` for physical row `rows[i]` (or `i`). Without columns: 0. */
export function keyGroupsOf(
  columns: readonly Column[],
  count: number,
  rows: Uint32Array | undefined,
  out: Uint8Array,
): void {
  if (columns.length === 0) {
    out.fill(0, 0, count)
    return
  }
  if (columns.length === 1 && narrowKeyGroups(columns[0]!, count, rows, out)) return
  reserve(count)
  hashFirstWords(columns, count, rows, hashes1)
  toKeyGroups(hashes1, count, out)
}

function toKeyGroups(first: Int32Array, count: number, out: Uint8Array): void {
  for (let i = 0; i < count; i++) out[i] = first[i]! >>> 24
}

/** The first words of the hashes of keys: all that a key group takes. */
function hashFirstWords(
  columns: readonly Column[],
  count: number,
  rows: Uint32Array | undefined,
  out: Int32Array,
): void {
  columns.forEach((column, c) => {
    if (isPlainWide(column)) {
      if (c === 0) wideFirstWords(words32Of(column), count, rows, out)
      else combineWide(words32Of(column), count, rows, out)
      return
    }
    hashColumn(column, count, rows, c === 0 ? out : nextHashes, hashes2)
    if (c > 0) combineFirstWords(nextHashes, count, out)
  })
}

const isPlainWide = ({ type, validity }: Column): boolean => !validity && isWide(type)

function wideFirstWords(
  words32: Int32Array,
  count: number,
  rows: Uint32Array | undefined,
  out: Int32Array,
): void {
  for (let i = 0; i < count; i++) {
    const at = 2 * (rows === undefined ? i : rows[i]!)
    out[i] = hashWhole1(words32[at]!, words32[at + 1]!)
  }
}

function combineWide(
  words32: Int32Array,
  count: number,
  rows: Uint32Array | undefined,
  out: Int32Array,
): void {
  for (let i = 0; i < count; i++) {
    const at = 2 * (rows === undefined ? i : rows[i]!)
    out[i] = mix((Math.imul(out[i]!, 31) + hashWhole1(words32[at]!, words32[at + 1]!)) | 0)
  }
}

function combineFirstWords(next: Int32Array, count: number, out: Int32Array): void {
  for (let i = 0; i < count; i++) out[i] = mix((Math.imul(out[i]!, 31) + next[i]!) | 0)
}

/** The fast path of 32-bit keys and known codes: one word of the hash and no scratch. */
function narrowKeyGroups(
  column: Column,
  count: number,
  rows: Uint32Array | undefined,
  out: Uint8Array,
): boolean {
  const { type, validity, dictionary } = column
  if (validity) return false
  if (type === 'int32' || type === 'date') int32KeyGroups(column.values as Int32Array, count, rows, out)
  else if (dictionary) dictionaryKeyGroups(column, count, rows, out)
  else if (isInteger(type)) {
    const values = column.values as Int32Array
    const signed = type !== 'uint32'
    for (let i = 0; i < count; i++) {
      const value = values[rows === undefined ? i : rows[i]!]! | 0
      out[i] = hashWhole1(value, signed ? value >> 31 : 0) >>> 24
    }
  } else return false
  return true
}

function int32KeyGroups(
  values: Int32Array,
  count: number,
  rows: Uint32Array | undefined,
  out: Uint8Array,
): void {
  if (rows === undefined) {
    for (let i = 0; i < count; i++) {
      const value = values[i]!
      out[i] = hashWhole1(value, value >> 31) >>> 24
    }
    return
  }
  for (let i = 0; i < count; i++) {
    const value = values[rows[i]!]!
    out[i] = hashWhole1(value, value >> 31) >>> 24
  }
}

function dictionaryKeyGroups(
  column: Column,
  count: number,
  rows: Uint32Array | undefined,
  out: Uint8Array,
): void {
  const dictionary = column.dictionary!
  const codes = column.values as Int32Array
  const { known, first, second: seconds } = dictionaryHashes(dictionary.id, dictionary.length)
  for (let i = 0; i < count; i++) {
    const code = codes[rows === undefined ? i : rows[i]!]!
    if (known[code] === 0) {
      first[code] = hashText(dictionary.values, dictionary.offsets[code]!, dictionary.offsets[code + 1]!)
      seconds[code] = second
      known[code] = 1
    }
    out[i] = first[code]! >>> 24
  }
}

const EMPTY = new Uint32Array(0)

/**
 * The rows of a batch by the shard that owns their key: for each shard the physical row numbers, ascending, in memory
 * of the arena. Without key columns every row belongs to shard 0.
 */
export function partitionRows(
  columns: readonly Column[],
  batch: Batch,
  shards: number,
  arena: Arena,
): Uint32Array[] {
  const rows = batch.selection
  const count = rows?.length ?? batch.length
  if (shards === 1 || columns.length === 0) {
    const all = allocUint32(arena, count)
    if (rows) all.set(rows)
    else for (let i = 0; i < count; i++) all[i] = i
    return Array.from({ length: shards }, (_, shard) => (shard === 0 ? all : EMPTY))
  }
  const [column] = columns
  if (shards === 2 && columns.length === 1 && isInt32(column!))
    return int32InTwo(column!.values as Int32Array, count, rows, arena)
  reserve(count)
  if (shards === 2 && columns.every(isPlainWide)) {
    hashFirstWords(columns, count, rows, hashes1)
    return hashedInTwo(hashes1, count, rows, arena)
  }
  const ids = shardIds
  keyGroupsOf(columns, count, rows, ids)
  return partitionByKeyGroup(ids, count, rows, shards, arena)
}

const isInt32 = ({ type, validity }: Column): boolean => !validity && (type === 'int32' || type === 'date')

/**
 * The usual case in one pass: hashing first and scattering then takes twice as long. The first bit of the key group says
 * which of two shards owns it.
 */
function int32InTwo(
  values: Int32Array,
  count: number,
  rows: Uint32Array | undefined,
  arena: Arena,
): Uint32Array[] {
  const [first, second] = [allocUint32(arena, count), allocUint32(arena, count)]
  // Every row is written to both, and the next one over it where it does not belong: without a branch, because which shard
  // a row belongs to cannot be predicted. The loops are not functions of their own: V8's first optimising compiler would
  // inline these here, and it is left to run them, because only loops of the function itself move on to the better one.
  let ones = 0
  if (rows === undefined) {
    for (let i = 0; i < count; i++) {
      const value = values[i]!
      first[i - ones] = i
      second[ones] = i
      ones += hashWhole1(value, value >> 31) >>> 31
    }
  } else {
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      const value = values[row]!
      first[i - ones] = row
      second[ones] = row
      ones += hashWhole1(value, value >> 31) >>> 31
    }
  }
  return [first.subarray(0, count - ones), second.subarray(0, ones)]
}

/** The same for rows of which the first words of hashes are known. */
function hashedInTwo(
  hashes: Int32Array,
  count: number,
  rows: Uint32Array | undefined,
  arena: Arena,
): Uint32Array[] {
  const [first, second] = [allocUint32(arena, count), allocUint32(arena, count)]
  const ones =
    rows === undefined
      ? numbersInTwo(hashes, count, first, second)
      : rowsInTwo(hashes, rows, count, first, second)
  return [first.subarray(0, count - ones), second.subarray(0, ones)]
}

function numbersInTwo(hashes: Int32Array, count: number, first: Uint32Array, second: Uint32Array): number {
  let ones = 0
  for (let i = 0; i < count; i++) {
    first[i - ones] = i
    second[ones] = i
    ones += hashes[i]! >>> 31
  }
  return ones
}

function rowsInTwo(
  hashes: Int32Array,
  rows: Uint32Array,
  count: number,
  first: Uint32Array,
  second: Uint32Array,
): number {
  let ones = 0
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    first[i - ones] = row
    second[ones] = row
    ones += hashes[i]! >>> 31
  }
  return ones
}

/** The same for rows whose key groups are known: `keyGroups[i]` is the group of physical row `rows[i]` (or `i`). */
export function partitionByKeyGroup(
  keyGroups: Uint8Array,
  count: number,
  rows: Uint32Array | undefined,
  shards: number,
  arena: Arena,
): Uint32Array[] {
  const shardOf = new Uint8Array(256)
  for (let group = 0; group < 256; group++) shardOf[group] = shardOfKeyGroup(group, shards)
  return scatter(keyGroups, shardOf, count, rows, shards, arena)
}

/** The same for rows whose shards are known: `shardIds[i]` is the shard of physical row `rows[i]` (or `i`). */
export function partitionByShard(
  shardIds: Uint8Array,
  count: number,
  rows: Uint32Array | undefined,
  shards: number,
  arena: Arena,
): Uint32Array[] {
  return scatter(shardIds, SAME, count, rows, shards, arena)
}

const SAME = Uint8Array.from({ length: 256 }, (_, i) => i)

function scatter(
  ids: Uint8Array,
  shardOf: Uint8Array,
  count: number,
  rows: Uint32Array | undefined,
  shards: number,
  arena: Arena,
): Uint32Array[] {
  if (shards === 2) return scatterInTwo(ids, count, rows, shardOf, arena)
  const all = allocUint32(arena, count)
  const starts = new Uint32Array(shards + 1)
  for (let i = 0; i < count; i++) starts[shardOf[ids[i]!]! + 1]!++
  for (let shard = 0; shard < shards; shard++) starts[shard + 1]! += starts[shard]!
  const next = starts.slice()
  for (let i = 0; i < count; i++) {
    const shard = shardOf[ids[i]!]!
    all[next[shard]!++] = rows === undefined ? i : rows[i]!
  }
  return Array.from({ length: shards }, (_, shard) => all.subarray(starts[shard]!, starts[shard + 1]!))
}

/** In one pass, as {@link int32InTwo} does. */
function scatterInTwo(
  ids: Uint8Array,
  count: number,
  rows: Uint32Array | undefined,
  shardOf: Uint8Array,
  arena: Arena,
): Uint32Array[] {
  const [first, second] = [allocUint32(arena, count), allocUint32(arena, count)]
  let ones = 0
  if (rows === undefined) {
    for (let i = 0; i < count; i++) {
      first[i - ones] = i
      second[ones] = i
      ones += shardOf[ids[i]!]!
    }
  } else {
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      first[i - ones] = row
      second[ones] = row
      ones += shardOf[ids[i]!]!
    }
  }
  return [first.subarray(0, count - ones), second.subarray(0, ones)]
}
