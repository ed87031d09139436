/** Cells that folds keep, in order and as bytes of snapshots. */

import { binaryString, type CellKey } from './cell-key.ts'

/** NaN is greater than every number and equal to itself. */
export const isBelow = (a: CellKey, b: CellKey): boolean => a < b || (Number.isNaN(b) && !Number.isNaN(a))

/** How keys are sorted: below first. */
export const compareKeys = (a: CellKey, b: CellKey): number => (isBelow(a, b) ? -1 : isBelow(b, a) ? 1 : 0)

/** How a key is written: a byte that says which kind it is, then its bytes. */
const NUMBER = 0
const SIGNED = 1
const UNSIGNED = 2
const TEXT = 3
/** Beyond 64 bits. */
const WIDE = 4

/** How many bytes {@link writeKey} writes. */
export function keyBytes(key: CellKey): number {
  if (typeof key === 'string') return 5 + key.length
  return typeof key === 'bigint' && isBeyond64Bits(key) ? 17 : 9
}

const isBeyond64Bits = (key: bigint): boolean => key >= 2n ** 64n || key < -(2n ** 63n)

/** Writes a key at a place; gives where its bytes end. */
export function writeKey(bytes: Uint8Array, view: DataView, at: number, key: CellKey): number {
  if (typeof key === 'number') {
    bytes[at] = NUMBER
    view.setFloat64(at + 1, key, true)
    return at + 9
  }
  if (typeof key === 'bigint' && isBeyond64Bits(key)) {
    bytes[at] = WIDE
    view.setBigInt64(at + 1, key, true)
    view.setBigInt64(at + 9, key >> 64n, true)
    return at + 17
  }
  if (typeof key === 'bigint') {
    bytes[at] = key < 2n ** 63n ? SIGNED : UNSIGNED
    view.setBigInt64(at + 1, key, true)
    return at + 9
  }
  bytes[at] = TEXT
  view.setUint32(at + 1, key.length, true)
  for (let i = 0; i < key.length; i++) bytes[at + 5 + i] = key.charCodeAt(i)
  return at + 5 + key.length
}

/** The key and where its bytes end. */
export function readKey(bytes: Uint8Array, view: DataView, at: number): [CellKey, number] {
  const kind = bytes[at]
  if (kind === NUMBER) return [view.getFloat64(at + 1, true), at + 9]
  if (kind === SIGNED) return [view.getBigInt64(at + 1, true), at + 9]
  if (kind === UNSIGNED) return [view.getBigUint64(at + 1, true), at + 9]
  if (kind === WIDE)
    return [(view.getBigInt64(at + 9, true) << 64n) | view.getBigUint64(at + 1, true), at + 17]
  const end = at + 5 + view.getUint32(at + 1, true)
  return [binaryString(bytes.subarray(at + 5, end)), end]
}
