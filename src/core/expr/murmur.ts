/**
 * MurmurHash3 of 32 bits (A. Appleby, public domain; the x86_32 variant): what `hash` gives. Frozen: results are kept in files.
 * Text is hashed as its UTF-8 bytes; whole numbers, booleans and times as eight bytes of an int64, floats as those of a
 * float64, least first.
 */

import { finishHash, mixWord } from '../batch/murmur.ts'

/** The hash of bytes, a whole number below 2^32. */
export function hashBytes(a: Uint8Array, s: number, e: number, seed: number): number {
  let h = seed | 0
  let at = s
  for (; at + 4 <= e; at += 4) {
    h = mixWord(h, a[at]! | (a[at + 1]! << 8) | (a[at + 2]! << 16) | (a[at + 3]! << 24))
  }
  let rest = 0
  for (let i = e - 1; i >= at; i--) rest = (rest << 8) | a[i]!
  if (at < e) {
    const k = Math.imul(rest, 0xcc9e2d51)
    h ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593)
  }
  return finishHash(h ^ (e - s))
}

const hashWords = (low: number, high: number, seed: number): number =>
  finishHash(mixWord(mixWord(seed | 0, low), high) ^ 8)

/** Of a whole number up to 2^53. */
export const hashWhole = (x: number, seed: number): number =>
  hashWords(x | 0, Math.floor(x / 4294967296), seed)

export const hashBig = (x: bigint, seed: number): number =>
  hashWords(Number(BigInt.asIntN(32, x)), Number(BigInt.asIntN(32, x >> 32n)), seed)

const float = new Float64Array(1)
const words = new Int32Array(float.buffer)

/** Of a float: -0 as 0, and every NaN the same. */
export function hashFloat(x: number, seed: number): number {
  float[0] = Number.isNaN(x) ? Number.NaN : x + 0
  return hashWords(words[0]!, words[1]!, seed)
}
