/** Byte strings carried in text columns: how state that is not numbers travels in batches. */

import type { Column } from './column.ts'
import { type Arena, allocInt32, allocUint8 } from './slab.ts'

/**
 * Byte strings as a plain text column; undefined is null. Byte b is written as the code point b, so that the column is
 * valid UTF-8 whatever the bytes are, and text stays readable.
 */
export function bytesColumn(values: readonly (Uint8Array | undefined)[], arena: Arena): Column {
  const count = values.length
  const offsets = allocInt32(arena, count + 1)
  const validity = allocUint8(arena, (count + 7) >> 3)
  validity.fill(0)
  let size = 0
  for (let i = 0; i < count; i++) {
    offsets[i] = size
    const bytes = values[i]
    if (!bytes) continue
    validity[i >> 3]! |= 1 << (i & 7)
    size += bytes.length
    for (let j = 0; j < bytes.length; j++) size += bytes[j]! >> 7
  }
  offsets[count] = size
  const text = allocUint8(arena, size)
  let at = 0
  for (const bytes of values) {
    if (!bytes) continue
    for (let j = 0; j < bytes.length; j++) {
      const byte = bytes[j]!
      if (byte < 128) text[at++] = byte
      else {
        text[at++] = 0xc0 | (byte >> 6)
        text[at++] = 0x80 | (byte & 63)
      }
    }
  }
  return { type: 'utf8', values: text, offsets, validity }
}

/** {@link bytesColumn} of nothing but undefined. */
export function noBytesColumn(count: number, arena: Arena): Column {
  const offsets = allocInt32(arena, count + 1).fill(0)
  const validity = allocUint8(arena, (count + 7) >> 3).fill(0)
  return { type: 'utf8', values: allocUint8(arena, 0), offsets, validity }
}

/** The byte string that {@link bytesColumn} wrote at row `i`, which is not null. */
export function bytesAt(column: Column, i: number): Uint8Array {
  let text: Uint8Array
  let start: number
  let end: number
  if (column.dictionary) {
    const code = (column.values as Int32Array)[i]!
    text = column.dictionary.values
    start = column.dictionary.offsets[code]!
    end = column.dictionary.offsets[code + 1]!
  } else {
    text = column.values as Uint8Array
    start = column.offsets![i]!
    end = column.offsets![i + 1]!
  }
  const bytes = new Uint8Array(end - start)
  let length = 0
  for (let at = start; at < end; at++) {
    const byte = text[at]!
    bytes[length++] = byte < 128 ? byte : ((byte & 3) << 6) | (text[++at]! & 63)
  }
  return bytes.subarray(0, length)
}

/** Bytes as readable text: printable ASCII as it is, other bytes and backslashes as `\\xC3`, quotes among them. */
export function bytesText(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x5c && byte !== 0x27 && byte !== 0x22
    text += plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}

/** One character per byte. */
export function binaryString(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!)
  return text
}

export function bytesOfBinaryString(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}
