/** What kernels do with text: everything on UTF-8 bytes, given as (bytes, start, end), so that no string is made. */

import { type Column, decodeText } from '../batch/column.ts'
import { type Arena, allocInt32, allocUint8 } from '../batch/slab.ts'

export const NO_BYTES = new Uint8Array(0)

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

/** Whether the second text occurs in the first. */
export function containsBytes(
  a: Uint8Array,
  s: number,
  e: number,
  b: Uint8Array,
  s2: number,
  e2: number,
): boolean {
  const size = e2 - s2
  if (size === 0) return true
  const first = b[s2]!
  for (let at = s; at <= e - size; at++) {
    if (a[at] === first && equalBytes(a, at, at + size, b, s2, e2)) return true
  }
  return false
}

/** Where a separator of `size` bytes next occurs in a text, at `from` or later; -1: nowhere. */
function nextSeparator(a: Uint8Array, from: number, e: number, separator: Uint8Array, size: number): number {
  const first = separator[0]!
  for (let at = from; at <= e - size; at++) {
    if (a[at] === first && equalBytes(a, at, at + size, separator, 0, size)) return at
  }
  return -1
}

/** Where a part of a text begins, counted from 0; -1 beyond the last. The separator is not empty. */
export function partStartBytes(
  a: Uint8Array,
  s: number,
  e: number,
  separator: Uint8Array,
  size: number,
  part: number,
): number {
  let start = s
  for (let i = 0; i < part; i++) {
    const at = nextSeparator(a, start, e, separator, size)
    if (at < 0) return -1
    start = at + size
  }
  return start
}

/** Where the part that begins at `start` ends; of a part that is not there, its start. */
export function partEndBytes(
  a: Uint8Array,
  start: number,
  e: number,
  separator: Uint8Array,
  size: number,
): number {
  if (start < 0) return start
  const at = nextSeparator(a, start, e, separator, size)
  return at < 0 ? e : at
}

/** Code points: bytes that do not continue one. */
export function countPoints(a: Uint8Array, s: number, e: number): number {
  let points = 0
  for (let i = s; i < e; i++) points += (a[i]! & 0xc0) !== 0x80 ? 1 : 0
  return points
}

/** Longer texts are copied by the engine, which costs a view of them; shorter ones byte by byte. */
const LONG = 64

function copyBytes(from: Uint8Array, s: number, e: number, to: Uint8Array, at: number): void {
  if (e - s > LONG) to.set(from.subarray(s, e), at)
  else for (let i = s; i < e; i++) to[at + i - s] = from[i]!
}

const encoder = new TextEncoder()

/**
 * Texts computed for one row: pieces are appended one after the other, `reset` starts the next row. A piece keeps the
 * `bytes` it was given even when a later one makes the buffer grow.
 */
export class Scratch {
  bytes: Uint8Array = new Uint8Array(1024)
  /** End of the last piece. */
  end = 0

  reset(): void {
    this.end = 0
  }

  /** Appends bytes and says where they start. */
  append(b: Uint8Array, s: number, e: number): number {
    const start = this.end
    this.reserve(e - s)
    copyBytes(b, s, e, this.bytes, start)
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

  /** Appends the text changed by `change`; of plain ASCII each byte is looked up in `ascii`. */
  map(b: Uint8Array, s: number, e: number, ascii: Uint8Array, change: (text: string) => string): number {
    const start = this.end
    this.reserve(e - s)
    const { bytes } = this
    const shift = start - s
    let all = 0
    for (let i = s; i < e; i++) {
      const byte = b[i]!
      all |= byte
      bytes[i + shift] = ascii[byte]!
    }
    if (all > 127) {
      const changed = encoder.encode(change(decodeText(b.subarray(s, e))))
      return this.append(changed, 0, changed.length)
    }
    this.end = start + (e - s)
    return start
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

/** A plain text column in the making. Rows come in ascending order; those left out become empty. */
export class TextSink {
  readonly #offsets: Int32Array
  readonly #length: number
  #bytes: Uint8Array
  #used = 0
  #next = 0
  #finished?: Pick<Column, 'values' | 'offsets'>

  constructor(arena: Arena, length: number) {
    this.#offsets = allocInt32(arena, length + 1)
    this.#length = length
    this.#bytes = spares.pop() ?? new Uint8Array(Math.max(64, length * 8))
  }

  put(row: number, b: Uint8Array, s: number, e: number): void {
    for (; this.#next <= row; this.#next++) this.#offsets[this.#next] = this.#used
    const used = this.#used
    const need = used + e - s
    if (need > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(need, this.#bytes.length * 2))
      grown.set(this.#bytes.subarray(0, used))
      this.#bytes = grown
    }
    copyBytes(b, s, e, this.#bytes, used)
    this.#used = need
  }

  /** The same again when asked again: columns of one expression share its text. */
  finish(arena: Arena): Pick<Column, 'values' | 'offsets'> {
    if (this.#finished) return this.#finished
    for (; this.#next <= this.#length; this.#next++) this.#offsets[this.#next] = this.#used
    const values = allocUint8(arena, this.#used)
    values.set(this.#bytes.subarray(0, this.#used))
    if (spares.length < MAX_SPARES && this.#bytes.length <= MAX_SPARE_BYTES) spares.push(this.#bytes)
    this.#bytes = NO_BYTES
    this.#finished = { values, offsets: this.#offsets }
    return this.#finished
  }
}
