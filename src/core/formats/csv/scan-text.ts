/**
 * Texts found and copied four bytes at a time. Views read and write words wherever they begin; whether a word holds a byte
 * that is looked for is seen by subtracting: only there a bit borrows.
 */

const ONES = 0x01010101
const HIGHS = 0x80808080 | 0

/** A byte in all four places of a word. */
const spread = (byte: number): number => Math.imul(byte, ONES)

/**
 * Copies bytes from `at` on to `heap[to]` onwards, up to a delimiter or line end; gives where that is. One must be there. The
 * heap has room for three bytes more.
 */
export function copyPlain(
  bytes: DataView,
  at: number,
  end: number,
  heap: DataView,
  to: number,
  delimiter: number,
): number {
  const pattern = spread(delimiter)
  const last = end - 4
  let i = at
  let j = to
  while (i <= last) {
    const word = bytes.getInt32(i, true)
    const other = word ^ pattern
    // A byte below 14 may be a line end; anything else that is so small is looked at below.
    const hits = ((word - spread(14)) & ~word & HIGHS) | ((other - ONES) & ~other & HIGHS)
    if (hits !== 0) break
    heap.setInt32(j, word, true)
    i += 4
    j += 4
  }
  for (;;) {
    const byte = bytes.getUint8(i)
    if (byte === delimiter || byte === 10 || byte === 13) return i
    heap.setUint8(j++, byte)
    i++
  }
}

/** Where the delimiter or line end after `at` is. One must be there. */
export function endOfPlain(bytes: DataView, at: number, end: number, delimiter: number): number {
  const pattern = spread(delimiter)
  const last = end - 4
  let i = at
  while (i <= last) {
    const word = bytes.getInt32(i, true)
    const other = word ^ pattern
    const hits = ((word - spread(14)) & ~word & HIGHS) | ((other - ONES) & ~other & HIGHS)
    if (hits !== 0) break
    i += 4
  }
  for (;;) {
    const byte = bytes.getUint8(i)
    if (byte === delimiter || byte === 10 || byte === 13) return i
    i++
  }
}

/**
 * Copies a quoted text, whose first byte is at `at`, to the cell of a row; a quote is escaped by another. Gives where the
 * closing quote's successor is, -1 where there is no closing quote.
 */
export function copyQuoted(
  bytes: DataView,
  at: number,
  end: number,
  heap: DataView,
  offsets: Int32Array,
  row: number,
  quote: number,
): number {
  const pattern = spread(quote)
  const last = end - 4
  let i = at
  let j = offsets[row]!
  for (;;) {
    while (i <= last) {
      const word = bytes.getInt32(i, true)
      const other = word ^ pattern
      if (((other - ONES) & ~other & HIGHS) !== 0) break
      heap.setInt32(j, word, true)
      i += 4
      j += 4
    }
    while (i < end && bytes.getUint8(i) !== quote) heap.setUint8(j++, bytes.getUint8(i++))
    if (i >= end) return -1
    i++
    if (i >= end || bytes.getUint8(i) !== quote) break
    heap.setUint8(j++, quote)
    i++
  }
  offsets[row + 1] = j
  return i
}
