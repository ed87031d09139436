/** Text, as bytes. Values that are no text are kept as the JSON they are: `{"a":1}` for an object, `12` for a number. */

import type { Column } from '../../../batch/column.ts'
import { allocInt32, allocUint8 } from '../../../batch/slab.ts'
import type { ColumnType } from '../../../types/column-type.ts'
import { appendUnescaped, MOST_BYTES_OF_ESCAPE } from '../escapes.ts'
import { BACKSLASH, BAD, type JsonInput, NULL_WORD, QUOTE } from '../input.ts'
import { controlCharacter, firstStop, notUtf8, skipValue, textStops, utf8Length } from '../scan.ts'
import { Reader } from './reader.ts'

/** Bytes that are kept free after the text: words are written over its end. */
const SLACK = 8

export class TextReader extends Reader {
  readonly kind = 'text'
  /** Bytes of text that a row had in the block before, and that the first block is given room for. */
  #bytesPerRow = 16
  #bytes: Uint8Array = new Uint8Array(0)
  #words: DataView = new DataView(new ArrayBuffer(0))
  #offsets: Int32Array = new Int32Array(1)
  /** Text ends before this, so that a word still fits. */
  #room = 0

  constructor(type: ColumnType, input: JsonInput) {
    super(type, input)
    this.#room = 0
  }

  protected open(rows: number): void {
    this.#offsets = allocInt32(this.arena, rows + 1)
    this.#offsets[0] = 0
    this.#setBytes(Math.ceil(rows * this.#bytesPerRow) + 64)
  }

  read(at: number, row: number): number {
    const { bytes, view, end } = this.input
    if (bytes[at] !== QUOTE) return this.#readOther(at, row)
    const words = this.#words
    const offsets = this.#offsets
    let from = at + 1
    let to = offsets[row]!
    const last = Math.min(end - 4, from + this.#room - to)
    while (from <= last) {
      const word = view.getInt32(from, true)
      words.setInt32(to, word, true)
      const stops = textStops(word)
      if (stops === 0) {
        from += 4
        to += 4
        continue
      }
      const stop = firstStop(stops)
      from += stop
      to += stop
      if (bytes[from] !== QUOTE) break
      offsets[row + 1] = to
      this.setValid(row)
      return from + 1
    }
    return this.#readRest(from, to, row)
  }

  override missing(row: number): void {
    super.missing(row)
    this.#offsets[row + 1] = this.#offsets[row]!
  }

  /** Goes on with a text that has escapes, characters beyond ASCII, or no room. */
  #readRest(from: number, to: number, row: number): number {
    const { bytes, end } = this.input
    for (;;) {
      if (from >= end) return this.input.unexpected(end, 'the end of a text')
      if (to > this.#room) this.#growBytes(to)
      const byte = bytes[from]!
      if (byte === QUOTE) break
      if (byte === BACKSLASH) {
        const written = appendUnescaped(this.input, from, this.#bytes, to)
        if (written < 0) return BAD
        to += written & 7
        from += written >> 3
      } else if (byte < 0x20) return controlCharacter(this.input, from)
      else if (byte < 0x80) {
        this.#bytes[to++] = byte
        from++
      } else {
        const length = utf8Length(bytes, from, end)
        if (length === 0) return notUtf8(this.input, from)
        for (let i = 0; i < length; i++) this.#bytes[to++] = bytes[from++]!
      }
    }
    this.#offsets[row + 1] = to
    this.setValid(row)
    return from + 1
  }

  /** A null, or the JSON of what is no text. */
  #readOther(at: number, row: number): number {
    const { bytes, view, end } = this.input
    if (at + 4 <= end && view.getInt32(at, true) === NULL_WORD) {
      this.missing(row)
      return at + 4
    }
    const after = skipValue(this.input, at)
    if (after < 0) return BAD
    let to = this.#offsets[row]!
    if (to + after - at > this.#room) this.#growBytes(to + after - at)
    for (let i = at; i < after; i++) this.#bytes[to++] = bytes[i]!
    this.#offsets[row + 1] = to
    this.setValid(row)
    return after
  }

  #growBytes(need: number): void {
    const { length } = this.#bytes
    const old = this.#bytes
    this.#setBytes(Math.max(need + SLACK, length * 2))
    this.#bytes.set(old)
  }

  #setBytes(size: number): void {
    this.#bytes = allocUint8(this.arena, size)
    this.#words = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, size)
    this.#room = size - SLACK
  }

  protected grow(rows: number): void {
    const offsets = allocInt32(this.arena, rows + 1)
    offsets.set(this.#offsets)
    this.#offsets = offsets
  }

  protected cells(length: number): Omit<Column, 'type' | 'validity'> {
    const used = this.#offsets[length]!
    if (length > 0) this.#bytesPerRow = (used / length) * 1.1
    return { values: this.#bytes.subarray(0, used), offsets: this.#offsets.subarray(0, length + 1) }
  }
}

/** How much of the memory an escape may need is less than what is kept free. */
if (MOST_BYTES_OF_ESCAPE > SLACK) throw new RangeError('text needs more slack')
