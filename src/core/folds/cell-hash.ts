/**
 * 64-bit hashes of cells as two 32-bit words: of equal values of any types that hold them, equal. Frozen: sketches in snapshots
 * depend on them.
 */

import { bitAt, type Column, textBytesAt, words32Of } from '../batch/column.ts'
import { type ColumnType, isEightByteInteger, isKeptAsBytes, isText } from '../types/column-type.ts'
import { bytesOfBinaryString, cellKeys } from './cell-key.ts'

/** The two words of the hash last taken. */
export interface CellHash {
  high: number
  low: number
}

const float = new Float64Array(1)
const words = new Int32Array(float.buffer)

/** Hashes the cells of a column by physical row, into `into`; they are not null. */
export function cellHashes(type: ColumnType, column: Column, into: CellHash): (row: number) => void {
  if (isText(type)) return textHashes(column, into)
  if (isKeptAsBytes(type)) {
    const read = cellKeys(type, column)
    return row => hashBytes(bytesOfBinaryString(read(row) as string), into)
  }
  if (isEightByteInteger(type)) {
    const words32 = words32Of(column)
    return row => hashWords(words32[2 * row]!, words32[2 * row + 1]!, into)
  }
  const isFloat = type === 'float32' || type === 'float64'
  const values = column.values as Float64Array
  return row => {
    const value = type === 'bool' ? Number(bitAt(column.values as Uint8Array, row)) : values[row]!
    if (!isFloat) hashWords(value | 0, value < 0 ? -1 : 0, into)
    else {
      // All NaNs are one, and both zeros.
      float[0] = Number.isNaN(value) ? Number.NaN : value + 0
      hashWords(words[0]!, words[1]!, into)
    }
  }
}

function textHashes(column: Column, into: CellHash): (row: number) => void {
  if (!column.dictionary) return row => hashBytes(textBytesAt(column, row), into)
  const codes = column.values as Int32Array
  const known = new Map<number, CellHash>()
  return row => {
    const code = codes[row]!
    let hash = known.get(code)
    if (hash === undefined) {
      hashBytes(textBytesAt(column, row), into)
      hash = { ...into }
      known.set(code, hash)
    }
    into.high = hash.high
    into.low = hash.low
  }
}

function hashWords(low: number, high: number, into: CellHash): void {
  into.high = finish(mix(mix(0x2545f491, low), high))
  into.low = finish(mix(mix(0x9e3779b1, high), low))
}

/** Four bytes at a time, in two chains; the length last. */
function hashBytes(bytes: Uint8Array, into: CellHash): void {
  let a = 0x2545f491
  let b = 0x9e3779b1
  const { length } = bytes
  for (let i = 0; i < length; i += 4) {
    const word =
      bytes[i]! | ((bytes[i + 1] ?? 0) << 8) | ((bytes[i + 2] ?? 0) << 16) | ((bytes[i + 3] ?? 0) << 24)
    a = mix(a, word)
    b = mix(b, word ^ (a >>> 7))
  }
  into.high = finish(a ^ length)
  into.low = finish(b ^ length)
}

// The body and the end of MurmurHash3 (A. Appleby), of 32-bit words.
function mix(h: number, word: number): number {
  const k = Math.imul(word, 0xcc9e2d51)
  const mixed = h ^ Math.imul((k << 15) | (k >>> 17), 0x1b873593)
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0
}

function finish(h: number): number {
  let x = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}
