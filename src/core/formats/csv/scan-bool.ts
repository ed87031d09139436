/** `true`, `false`, `t`, `f`, `1` and `0` read where they stand; -1 for anything else. See `scan-numbers.ts`. */
export function scanBool(
  bytes: Uint8Array,
  at: number,
  end: number,
  values: Uint8Array,
  row: number,
): number {
  // A line end follows, so of five bytes at least two are there.
  const first = bytes[at]! | 32
  const second = bytes[at + 1]! | 32
  if (first === 116 && second === 114) {
    if (at + 4 >= end || (bytes[at + 2]! | 32) !== 117 || (bytes[at + 3]! | 32) !== 101) return -1
    values[row] = 1
    return at + 4
  }
  if (first === 102 && second === 97) {
    const isFalse =
      at + 5 < end &&
      (bytes[at + 2]! | 32) === 108 &&
      (bytes[at + 3]! | 32) === 115 &&
      (bytes[at + 4]! | 32) === 101
    if (!isFalse) return -1
    values[row] = 0
    return at + 5
  }
  const digit = bytes[at]!
  if (digit === 48 || digit === 49) values[row] = digit - 48
  else if (first === 116) values[row] = 1
  else if (first === 102) values[row] = 0
  else return -1
  return at + 1
}
