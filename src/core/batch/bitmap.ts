/** Bitmaps as Arrow has them: bit `i` is bit `i & 7` of byte `i >> 3`. */

import { bitmapBytes } from './column.ts'
import { type Arena, allocUint8 } from './slab.ts'

/** Clears the bits past `length` in the last byte, so that equal bitmaps have equal bytes. */
export function clearTail(bits: Uint8Array, length: number): void {
  if (length & 7) bits[length >> 3]! &= (1 << (length & 7)) - 1
}

/** A bitmap of `length` set bits. */
export function allSet(length: number, arena: Arena): Uint8Array {
  const bits = allocUint8(arena, bitmapBytes(length))
  bits.fill(255)
  clearTail(bits, length)
  return bits
}

/** Copies `length` bits of `source` from bit `sourceBit` to bit `targetBit` of `target`; other bits stay. */
export function copyBits(
  source: Uint8Array,
  sourceBit: number,
  target: Uint8Array,
  targetBit: number,
  length: number,
): void {
  let i = 0
  for (; i < length && (targetBit + i) & 7; i++) copyBit(source, sourceBit + i, target, targetBit + i)
  const shift = (sourceBit + i) & 7
  let from = (sourceBit + i) >> 3
  let to = (targetBit + i) >> 3
  if (shift === 0) {
    const bytes = (length - i) >> 3
    target.set(source.subarray(from, from + bytes), to)
    i += bytes << 3
  } else {
    for (; i + 8 <= length; i += 8) {
      target[to++] = (source[from]! >> shift) | (source[from + 1]! << (8 - shift))
      from++
    }
  }
  for (; i < length; i++) copyBit(source, sourceBit + i, target, targetBit + i)
}

function copyBit(source: Uint8Array, from: number, target: Uint8Array, to: number): void {
  const mask = 1 << (to & 7)
  if ((source[from >> 3]! >> (from & 7)) & 1) target[to >> 3]! |= mask
  else target[to >> 3]! &= ~mask
}

/** The bits at `rows` as a new bitmap. */
export function takeBits(bits: Uint8Array, rows: Uint32Array, arena: Arena): Uint8Array {
  const count = rows.length
  const out = allocUint8(arena, bitmapBytes(count))
  let byte = 0
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    byte |= ((bits[row >> 3]! >> (row & 7)) & 1) << (i & 7)
    if ((i & 7) === 7) {
      out[i >> 3] = byte
      byte = 0
    }
  }
  if (count & 7) out[count >> 3] = byte
  return out
}
