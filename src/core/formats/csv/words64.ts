/** 64-bit integers written as pairs of 32-bit words, the low one first, without a BigInt. */

const WORD = 4_294_967_296

/** Writes a whole number that a double holds exactly. */
export function writeWhole(words: Int32Array, row: number, value: number): void {
  words[2 * row] = value | 0
  words[2 * row + 1] = Math.floor(value / WORD)
}

/**
 * Writes `billions * 1e9 + rest`, or its negative; `rest` is below 1e9, `billions` at most ten digits. False, and nothing
 * written, when that is beyond 63 bits.
 */
export function writeBillions(
  words: Int32Array,
  row: number,
  billions: number,
  rest: number,
  isNegative: boolean,
): boolean {
  const above = Math.floor(billions / 65_536)
  // high * 2^16 + low, each exact.
  const high = above * 1e9
  const low = (billions - above * 65_536) * 1e9 + rest
  let lowWord = (high % 65_536) * 65_536 + (low % WORD)
  let highWord = Math.floor(high / 65_536) + Math.floor(low / WORD)
  if (lowWord >= WORD) {
    lowWord -= WORD
    highWord++
  }
  if (highWord > 0x7fff_ffff) return false
  words[2 * row] = isNegative ? -lowWord | 0 : lowWord | 0
  words[2 * row + 1] = isNegative ? (lowWord === 0 ? -highWord : ~highWord) : highWord
  return true
}

/** Writes any 64-bit integer, signed or not. */
export function writeBig(words: Int32Array, row: number, value: bigint): void {
  words[2 * row] = Number(BigInt.asIntN(32, value))
  words[2 * row + 1] = Number(BigInt.asIntN(32, value >> 32n))
}
