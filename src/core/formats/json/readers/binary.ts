/** Binary columns. */

import { BACKSLASH, QUOTE } from '../input.ts'
import { skipText } from '../scan.ts'
import { BytesReader } from './bytes.ts'

const NONE = 255
/** Six bits by letter: of base64, and of its alphabet for URLs. */
const SIX_BITS = new Uint8Array(256).fill(NONE)
for (let i = 0; i < 26; i++) {
  SIX_BITS[0x41 + i] = i
  SIX_BITS[0x61 + i] = 26 + i
}
for (let i = 0; i < 10; i++) SIX_BITS[0x30 + i] = 52 + i
SIX_BITS[0x2b] = SIX_BITS[0x2d] = 62
SIX_BITS[0x2f] = SIX_BITS[0x5f] = 63

const HINT = 'binary columns are text in base64'

/** Bytes as base64, with or without its padding. */
export class BinaryReader extends BytesReader {
  readonly kind = 'binary'

  read(at: number, row: number): number {
    const { bytes } = this.input
    if (bytes[at] !== QUOTE) return this.nullOr(at, row, HINT)
    const after = skipText(this.input, at + 1)
    if (after < 0) return after
    let to = this.offsets[row]!
    this.reserveBytes(to + after - at)
    let end = after - 1
    let padding = 0
    while (padding < 2 && end > at + 1 && bytes[end - 1] === 0x3d) {
      end--
      padding++
    }
    let bits = 0
    let held = 0
    for (let i = at + 1; i < end; i++) {
      // Writers may escape the slash.
      if (bytes[i] === BACKSLASH && bytes[i + 1] === 0x2f) i++
      const six = SIX_BITS[bytes[i]!]!
      if (six === NONE) return this.refuse(at, HINT)
      bits = ((bits << 6) | six) & 0xffffff
      held += 6
      if (held >= 8) {
        held -= 8
        this.bytes[to++] = (bits >> held) & 255
      }
    }
    // What is left over is nothing: no lone letter, no set bits, no wrong padding.
    const padded = held === 0 ? 0 : held === 4 ? 2 : held === 2 ? 1 : -1
    if (padded < 0 || (padding > 0 && padding !== padded) || (bits & ((1 << held) - 1)) !== 0)
      return this.refuse(at, HINT)
    this.endCell(row, to)
    return after
  }
}
