/** What kernels do with text: everything on UTF-8 bytes, given as (bytes, start, end), so that no string is made. */

import type { Column } from '../batch/column.ts'
import { type Arena, allocInt32, allocUint8 } from '../batch/slab.ts'

export const NO_BYTES = new Uint8Array(0)

export const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength)

export function equalBytes(
  a: Uint8Array,
  s: number,
  e: number,
  b: Uint8Array,
  s2: number,
  e2: number,
): boolean {
  const length = e - s
  if (length !== e2 - s2) return false
  for (let i = 0; i < length; i++) if (a[s + i] !== b[s2 + i]) return false
  return true
}

/** Negative, zero or positive: the order of the bytes, which for UTF-8 is the order of the code points. */
export function compareBytes(
  a: Uint8Array,
  s: number,
  e: number,
  b: Uint8Array,
  s2: number,
  e2: number,
): number {
  const common = Math.min(e - s, e2 - s2)
  for (let i = 0; i < common; i++) {
    const difference = a[s + i]! - b[s2 + i]!
    if (difference !== 0) return difference
  }
  return e - s - (e2 - s2)
}

export const startsWithBytes = (
  a: Uint8Array,
  s: number,
  e: number,
  b: Uint8Array,
  s2: number,
  e2: number,
): boolean => e - s >= e2 - s2 && equalBytes(a, s, s + e2 - s2, b, s2, e2)

export const endsWithBytes = (
  a: Uint8Array,
  s: number,
  e: number,
  b: Uint8Array,
  s2: number,
  e2: number,
): boolean => e - s >= e2 - s2 && equalBytes(a, e - (e2 - s2), e, b, s2, e2)

/** Code points: bytes that do not continue one. */
export function countPoints(a: Uint8Array, s: number, e: number): number {
  let points = 0
  for (let i = s; i < e; i++) points += (a[i]! & 0xc0) !== 0x80 ? 1 : 0
  return points
}

const encoder = new TextEncoder()

/** Longer texts are copied by the engine, whose call costs as much as so many bytes. */
const LONG = 256
/** Shorter ones byte by byte: a view of the bytes costs more. */
const SHORT = 16

const NO_VIEW: DataView = new DataView(new ArrayBuffer(0))

/** Copies pieces to one place, most of them from the same one: eight bytes at a time. */
class Copier {
  #from: Uint8Array = NO_BYTES
  #fromView = NO_VIEW
  #to: Uint8Array = NO_BYTES
  #toView = NO_VIEW

  copy(from: Uint8Array, s: number, e: number, to: Uint8Array, at: number): void {
    const size = e - s
    const shift = at - s
    if (size < SHORT) for (let i = s; i < e; i++) to[i + shift] = from[i]!
    else if (size > LONG) to.set(from.subarray(s, e), at)
    else {
      if (from !== this.#from) this.#fromView = viewOf((this.#from = from))
      if (to !== this.#to) this.#toView = viewOf((this.#to = to))
      const [source, target] = [this.#fromView, this.#toView]
      let i = s
      for (const last = e - 8; i < last; i += 8) target.setBigInt64(i + shift, source.getBigInt64(i))
      // The last eight bytes, some of them a second time.
      target.setBigInt64(e - 8 + shift, source.getBigInt64(e - 8))
    }
  }
}

/**
 * Texts computed for one row: pieces are appended one after the other, `reset` starts the next row. A piece keeps the
 * `bytes` it was given even when a later one makes the buffer grow.
 */
export class Scratch {
  bytes: Uint8Array = new Uint8Array(1024)
  /** End of the last piece. */
  end = 0
  readonly #copier = new Copier()
  readonly #spares: Uint8Array[] = []

  reset(): void {
    this.end = 0
  }

  /** Appends bytes and says where they start. */
  append(b: Uint8Array, s: number, e: number): number {
    const start = this.end
    this.reserve(e - s)
    this.#copier.copy(b, s, e, this.bytes, start)
    this.end = start + (e - s)
    return start
  }

  /** Appends a string. */
  text(text: string): number {
    const start = this.end
    this.reserve(text.length)
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 127) {
        this.end = start
        const encoded = encoder.encode(text)
        return this.append(encoded, 0, encoded.length)
      }
      this.bytes[start + i] = unit
    }
    this.end = start + text.length
    return start
  }

  /** Appends a well-formed text and says where it starts. */
  appendText(text: string): number {
    const start = this.end
    this.reserve(text.length * 3)
    const { bytes } = this
    let i = 0
    for (; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 127) break
      bytes[start + i] = unit
    }
    this.end = start + (i === text.length ? i : encoder.encodeInto(text, bytes.subarray(start)).written)
    return start
  }

  /** Appends both, next to each other. */
  join(a: Uint8Array, s: number, e: number, b: Uint8Array, s2: number, e2: number): number {
    this.reserve(e - s + (e2 - s2))
    const start = this.append(a, s, e)
    this.append(b, s2, e2)
    return start
  }

  /** Bytes for the loop over one batch, not cleared: by a number, the same as the last time if they are enough. */
  spare(slot: number, size: number): Uint8Array {
    const spare = this.#spares[slot]
    if (spare && spare.length >= size) return spare
    return (this.#spares[slot] = new Uint8Array(size + (size >> 2)))
  }

  /** Makes room for what is appended next. */
  reserve(size: number): void {
    const need = this.end + size
    if (need <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(need, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.end))
    this.bytes = grown
  }
}

/** Buffers of columns that are done, for the next ones of this thread: fresh memory costs more than what is written to it. */
const spares: Uint8Array[] = []
const MAX_SPARES = 8
const MAX_SPARE_BYTES = 1 << 24

/**
 * A plain text column in the making. Rows come in ascending order; those left out become empty. What bytes do not change
 * before the column is finished is copied late: of texts that follow one another there, all in one piece.
 */
export class TextSink {
  readonly #offsets: Int32Array
  readonly #length: number
  readonly #scratch: Scratch
  readonly #copier = new Copier()
  #bytes: Uint8Array
  /** How many bytes the rows have so far, and how many of them are copied. */
  #used = 0
  #copied = 0
  /** The bytes not yet copied end here. */
  #from: Uint8Array | undefined
  #fromEnd = 0
  #next = 0
  #finished?: Pick<Column, 'values' | 'offsets'>

  /** @param scratch whose bytes the next row changes */
  constructor(arena: Arena, length: number, scratch: Scratch) {
    this.#offsets = allocInt32(arena, length + 1)
    this.#length = length
    this.#scratch = scratch
    this.#bytes = spares.pop() ?? new Uint8Array(Math.max(64, length * 8))
  }

  put(row: number, b: Uint8Array, s: number, e: number): void {
    for (; this.#next <= row; this.#next++) this.#offsets[this.#next] = this.#used
    if (b === this.#from && s === this.#fromEnd) {
      this.#fromEnd = e
      this.#used += e - s
      return
    }
    this.#copyLate()
    this.#used += e - s
    this.#from = b
    this.#fromEnd = e
    if (b === this.#scratch.bytes) this.#copyLate()
  }

  #copyLate(): void {
    const size = this.#used - this.#copied
    if (size > 0) {
      if (this.#used > this.#bytes.length) this.#grow()
      this.#copier.copy(this.#from!, this.#fromEnd - size, this.#fromEnd, this.#bytes, this.#copied)
      this.#copied = this.#used
    }
    this.#from = undefined
  }

  #grow(): void {
    const grown = new Uint8Array(Math.max(this.#used, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.#copied))
    this.#bytes = grown
  }

  /** The same again when asked again: columns of one expression share its text. */
  finish(arena: Arena): Pick<Column, 'values' | 'offsets'> {
    if (this.#finished) return this.#finished
    for (; this.#next <= this.#length; this.#next++) this.#offsets[this.#next] = this.#used
    const values = allocUint8(arena, this.#used)
    const copied = this.#copied
    values.set(this.#bytes.subarray(0, copied))
    if (this.#used > copied) {
      const late = this.#from!.subarray(this.#fromEnd - (this.#used - copied), this.#fromEnd)
      values.set(late, copied)
      this.#from = undefined
    }
    if (spares.length < MAX_SPARES && this.#bytes.length <= MAX_SPARE_BYTES) spares.push(this.#bytes)
    this.#bytes = NO_BYTES
    this.#finished = { values, offsets: this.#offsets }
    return this.#finished
  }
}
