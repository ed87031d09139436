/**
 * MurmurHash3 of 32 bits (A. Appleby, public domain; the x86_32 variant): what `hash` gives. Frozen: results are kept in files.
 * Text is hashed as its UTF-8 bytes; whole numbers, booleans and times as eight bytes of an int64, floats as those of a
 * float64, least first.
 */

const C1 = 0xcc9e2d51
const C2 = 0x1b873593

function mix(h: number, word: number): number {
  let k = Math.imul(word, C1)
  k = (k << 15) | (k >>> 17)
  const mixed = h ^ Math.imul(k, C2)
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0
}

function finish(hashed: number, size: number): number {
  let h = hashed ^ size
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** The hash of bytes, a whole number below 2^32. */
export function hashBytes(a: Uint8Array, s: number, e: number, seed: number): number {
  let h = seed | 0
  let at = s
  for (; at + 4 <= e; at += 4) {
    h = mix(h, a[at]! | (a[at + 1]! << 8) | (a[at + 2]! << 16) | (a[at + 3]! << 24))
  }
  let rest = 0
  for (let i = e - 1; i >= at; i--) rest = (rest << 8) | a[i]!
  if (at < e) {
    const k = Math.imul(rest, C1)
    h ^= Math.imul((k << 15) | (k >>> 17), C2)
  }
  return finish(h, e - s)
}

const hashWords = (low: number, high: number, seed: number): number =>
  finish(mix(mix(seed | 0, low), high), 8)

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
