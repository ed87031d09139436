/** The body and the end of MurmurHash3 of 32 bits (A. Appleby, public domain), of 32-bit words. */

export function mixWord(h: number, word: number): number {
  const k = Math.imul(word, 0xcc9e2d51)
  const mixed = h ^ Math.imul((k << 15) | (k >>> 17), 0x1b873593)
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0
}

/** A whole number below 2^32. */
export function finishHash(h: number): number {
  let x = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}
