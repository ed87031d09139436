/** Blocks of lines to columns. */

import type { Column } from '../../batch/column.ts'
import { type Arena, allocInt32, allocUint8, allocUint32 } from '../../batch/slab.ts'
import type { BadRecord, BlockDecoder, Decoded, DecoderSpec } from '../contract.ts'
import { findInvalidUtf8, isAscii } from '../utf8.ts'

const LF = 0x0a
const CR = 0x0d

export class LinesDecoder implements BlockDecoder {
  readonly #spec: DecoderSpec
  readonly #ends = new LineEnds()

  constructor(spec: DecoderSpec) {
    this.#spec = spec
  }

  decode(bytes: Uint8Array, arena: Arena, offset: number): Decoded {
    const { schema, starts: wantsStarts } = this.#spec
    const found = this.#ends.find(bytes)
    // Of lines of which only the places are read, none is bad.
    const readsText = schema.some(({ name }) => name === 'text')
    const bad = !readsText || isAscii(bytes, 0, bytes.length) ? [] : badLines(bytes, found)
    const length = found.count - bad.length
    const starts = allocUint32(arena, length)
    startsOfLines(found, bad, starts)
    const columns = schema.map(({ name }) =>
      name === 'text' ? textColumn(bytes, found, bad, length, arena) : offsetColumn(starts, offset, arena),
    )
    return {
      length,
      columns,
      ...(bad.length > 0 && { bad }),
      ...(wantsStarts && { starts }),
    }
  }
}

/** Where the lines of a block end: at these line feeds, or the end of the block. */
interface Ends {
  readonly at: Uint32Array
  readonly count: number
}

/** Lines shorter than this on average are found faster by a loop than by calls. */
const FOUND_BY_CALL = 40

class LineEnds {
  #at = new Uint32Array(1 << 12)
  #count = 0
  /** Of the block before. */
  #meanBytes = FOUND_BY_CALL

  find(bytes: Uint8Array): Ends {
    this.#count = 0
    if (this.#meanBytes >= FOUND_BY_CALL) this.#findByCalls(bytes)
    else this.#findByWords(bytes)
    const end = bytes.length
    if (end > 0 && bytes[end - 1] !== LF) this.#add(end)
    this.#meanBytes = end / Math.max(1, this.#count)
    return { at: this.#at, count: this.#count }
  }

  #findByCalls(bytes: Uint8Array): void {
    const buffer = bufferOf(bytes)
    for (let at = buffer.indexOf(LF); at >= 0; at = buffer.indexOf(LF, at + 1)) this.#add(at)
  }

  /** Four bytes at a time. */
  #findByWords(bytes: Uint8Array): void {
    let at = 0
    const end = bytes.length
    for (; at < end && (bytes.byteOffset + at) & 3; at++) if (bytes[at] === LF) this.#add(at)
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, (end - at) >> 2)
    for (let i = 0; i < words.length; i++) {
      const word = words[i]! ^ 0x0a0a0a0a
      // A byte is zero where subtracting one from it borrows.
      if (((word - 0x01010101) & ~word & 0x80808080) === 0) continue
      const first = at + (i << 2)
      for (let b = first; b < first + 4; b++) if (bytes[b] === LF) this.#add(b)
    }
    for (at += words.length << 2; at < end; at++) if (bytes[at] === LF) this.#add(at)
  }

  #add(end: number): void {
    if (this.#count === this.#at.length) {
      const grown = new Uint32Array(this.#at.length * 2)
      grown.set(this.#at)
      this.#at = grown
    }
    this.#at[this.#count++] = end
  }
}

/** Node's buffers search and copy shared memory several times as fast as typed arrays do. */
const bufferOf = ({ buffer, byteOffset, length }: Uint8Array): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, length)

function badLines(bytes: Uint8Array, { at, count }: Ends): BadRecord[] {
  const bad: BadRecord[] = []
  if (findInvalidUtf8(bytes, 0, bytes.length) < 0) return bad
  for (let line = 0, start = 0; line < count; line++) {
    const end = at[line]!
    const wrong = findInvalidUtf8(bytes, start, end)
    if (wrong >= 0) {
      const byte = bytes[wrong]!.toString(16).padStart(2, '0')
      bad.push({
        ...{ start, end: withoutCr(bytes, start, end), column: 'text', code: 'UTF8' },
        problem: `byte ${wrong - start} of the line, 0x${byte}, is not UTF-8`,
        hint: "is the file in another encoding? { encoding: 'latin1' } reads one",
      })
    }
    start = end + 1
  }
  return bad
}

function startsOfLines({ at, count }: Ends, bad: readonly BadRecord[], to: Uint32Array): void {
  let skipped = 0
  for (let line = 0, start = 0; line < count; line++) {
    if (bad[skipped]?.start === start) skipped++
    else to[line - skipped] = start
    start = at[line]! + 1
  }
}

/** The text of the lines one after the other, without what ends them. */
function textColumn(
  bytes: Uint8Array,
  { at, count }: Ends,
  bad: readonly BadRecord[],
  length: number,
  arena: Arena,
): Column {
  const offsets = allocInt32(arena, length + 1)
  const values = allocUint8(arena, bytes.length)
  const from = bufferOf(bytes)
  const to = bufferOf(values)
  let skipped = 0
  let row = 0
  let size = 0
  offsets[0] = 0
  for (let line = 0, start = 0; line < count; line++) {
    const end = at[line]!
    if (bad[skipped]?.start === start) skipped++
    else {
      const last = withoutCr(bytes, start, end)
      if (last - start >= COPIED_BY_CALL) from.copy(to, size, start, last)
      else for (let i = start, at = size; i < last; i++, at++) values[at] = bytes[i]!
      size += last - start
      offsets[++row] = size
    }
    start = end + 1
  }
  return { type: 'utf8', values: values.subarray(0, size), offsets }
}

const withoutCr = (bytes: Uint8Array, start: number, end: number): number =>
  end > start && bytes[end - 1] === CR ? end - 1 : end

/** Below this a loop is faster than a call. */
const COPIED_BY_CALL = 24

/** As 64-bit integers: two words each. */
function offsetColumn(starts: Uint32Array, offset: number, arena: Arena): Column {
  const { buffer, byteOffset } = arena.allocate(starts.length * 8)
  const words = new Uint32Array(buffer as ArrayBuffer, byteOffset, starts.length * 2)
  for (let i = 0; i < starts.length; i++) {
    const place = offset + starts[i]!
    words[2 * i] = place
    words[2 * i + 1] = place / 4294967296
  }
  return { type: 'int53', values: new BigInt64Array(buffer as ArrayBuffer, byteOffset, starts.length) }
}
