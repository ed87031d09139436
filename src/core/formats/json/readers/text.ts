/** Text, as bytes. Values that are no text are kept as the JSON they are: `{"a":1}` for an object, `12` for a number. */

import { appendUnescaped, MOST_BYTES_OF_ESCAPE } from '../escapes.ts'
import { BACKSLASH, BAD, NULL_WORD, QUOTE } from '../input.ts'
import { controlCharacter, firstStop, notUtf8, skipValue, textStops, utf8Length } from '../scan.ts'
import { BytesReader, SLACK } from './bytes.ts'

export class TextReader extends BytesReader {
  readonly kind = 'text'

  read(at: number, row: number): number {
    const { bytes, view, end } = this.input
    if (bytes[at] !== QUOTE) return this.#readOther(at, row)
    const { words, offsets } = this
    let from = at + 1
    let to = offsets[row]!
    const last = Math.min(end - 4, from + this.room - to)
    // Two words at a time while neither has a stop.
    while (from <= last - 4) {
      const first = view.getInt32(from, true)
      const second = view.getInt32(from + 4, true)
      if ((textStops(first) | textStops(second)) !== 0) break
      words.setInt32(to, first, true)
      words.setInt32(to + 4, second, true)
      from += 8
      to += 8
    }
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

  /** Goes on with a text that has escapes, characters beyond ASCII, or no room. */
  #readRest(from: number, to: number, row: number): number {
    const { bytes, end } = this.input
    for (;;) {
      if (from >= end) return this.input.unexpected(end, 'the end of a text')
      this.reserveBytes(to)
      const byte = bytes[from]!
      if (byte === QUOTE) break
      if (byte === BACKSLASH) {
        const written = appendUnescaped(this.input, from, this.bytes, to)
        if (written < 0) return BAD
        to += written & 7
        from += written >> 3
      } else if (byte < 0x20) return controlCharacter(this.input, from)
      else if (byte < 0x80) {
        this.bytes[to++] = byte
        from++
      } else {
        const length = utf8Length(bytes, from, end)
        if (length === 0) return notUtf8(this.input, from)
        for (let i = 0; i < length; i++) this.bytes[to++] = bytes[from++]!
      }
    }
    this.endCell(row, to)
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
    let to = this.offsets[row]!
    this.reserveBytes(to + after - at)
    for (let i = at; i < after; i++) this.bytes[to++] = bytes[i]!
    this.endCell(row, to)
    return after
  }
}

// What an escape becomes is written into what is kept free.
if (MOST_BYTES_OF_ESCAPE > SLACK) throw new RangeError('text needs more slack')
