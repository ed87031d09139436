/** Whether bytes are UTF-8: text columns hold nothing else, and decoders look before they make any. */

/** Whether all bytes of a range are below 128. */
export function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  let at = from
  while (at < to && (bytes.byteOffset + at) & 3) if (bytes[at++]! > 127) return false
  const count = (to - at) >> 2
  if (count > 0) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, count)
    let any = 0
    for (let i = 0; i < count; i++) any |= words[i]!
    if (any & 0x80808080) return false
    at += count << 2
  }
  for (; at < to; at++) if (bytes[at]! > 127) return false
  return true
}

/**
 * The index of the first byte of a range that does not belong to UTF-8, -1 if all do: no overlong forms, no surrogates,
 * nothing above U+10FFFF, no character cut off at the end.
 */
export function findInvalidUtf8(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to) {
    const lead = bytes[at]!
    if (lead < 0x80) {
      at++
      continue
    }
    const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0
    if (length === 0 || at + length > to) return at
    const second = bytes[at + 1]!
    const [low, high] = secondOf(lead)
    if (second < low || second > high) return at
    for (let i = 2; i < length; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return at
    at += length
  }
  return -1
}

/** What may come after a leading byte. */
function secondOf(lead: number): readonly [number, number] {
  if (lead === 0xe0) return FROM_A0
  if (lead === 0xed) return TO_9F
  if (lead === 0xf0) return FROM_90
  if (lead === 0xf4) return TO_8F
  return ANY
}

const ANY = [0x80, 0xbf] as const
const FROM_A0 = [0xa0, 0xbf] as const
const TO_9F = [0x80, 0x9f] as const
const FROM_90 = [0x90, 0xbf] as const
const TO_8F = [0x80, 0x8f] as const

/** The length of a byte order mark at the beginning: 3, or 0. */
export const markLength = (bytes: Uint8Array): number =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
