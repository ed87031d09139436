/** Blocks of JSON records to columns. */

import type { Arena } from '../../batch/slab.ts'
import { allocUint32 } from '../../batch/slab.ts'
import type { BadRecord, BlockDecoder, Decoded, DecoderSpec } from '../contract.ts'
import { type JsonForm, recordEnd } from './cutter.ts'
import { BAD, COMMA, JsonInput, NEWLINE, OPEN_LIST, OPEN_OBJECT } from './input.ts'
import type { ObjectReader } from './object-reader.ts'
import { jsonOptions } from './options.ts'
import { objectReaderOf } from './readers/index.ts'
import { shownValue } from './readers/reader.ts'
import { skipSpace, skipValue } from './scan.ts'

/** Bytes of a record, until there was one. */
const USUAL_RECORD = 100

export class JsonDecoder implements BlockDecoder {
  readonly #form: JsonForm
  readonly #input: JsonInput
  readonly #record: ObjectReader
  readonly #wantsStarts: boolean
  #bytesPerRecord = 0
  #capacity = 0
  #starts: Uint32Array = new Uint32Array(0)
  #arena!: Arena
  #bad: BadRecord[] = []

  constructor({ schema, options, starts = false }: DecoderSpec) {
    const { form, epochUnit } = jsonOptions(options)
    this.#form = form
    this.#input = new JsonInput(form === 'lines')
    this.#wantsStarts = starts
    this.#record = objectReaderOf(schema, this.#input, { epochUnit })
  }

  decode(bytes: Uint8Array, arena: Arena): Decoded {
    this.#begin(bytes, arena)
    const length = this.#form === 'lines' ? this.#decodeLines(bytes) : this.#decodeDocument(bytes)
    if (length > 0) this.#bytesPerRecord = bytes.length / length
    const bad = this.#bad
    return {
      length,
      columns: this.#record.readers.map(reader => reader.finish(length)),
      ...(this.#wantsStarts && { starts: this.#starts.subarray(0, length) }),
      ...(bad.length > 0 && { bad }),
    }
  }

  #begin(bytes: Uint8Array, arena: Arena): void {
    this.#input.take(bytes)
    this.#arena = arena
    this.#bad = []
    if (this.#bytesPerRecord === 0) {
      const first = bytes.indexOf(NEWLINE) + 1
      this.#bytesPerRecord = first > 10 && this.#form === 'lines' ? first : USUAL_RECORD
    }
    this.#capacity = Math.ceil((bytes.length / this.#bytesPerRecord) * 1.1) + 16
    for (const reader of this.#record.readers) reader.begin(arena, this.#capacity)
    if (this.#wantsStarts) this.#starts = allocUint32(arena, this.#capacity)
  }

  #grow(): void {
    this.#capacity *= 2
    for (const reader of this.#record.readers) reader.reserve(this.#capacity)
    if (!this.#wantsStarts) return
    const starts = allocUint32(this.#arena, this.#capacity)
    starts.set(this.#starts)
    this.#starts = starts
  }

  #decodeLines(bytes: Uint8Array): number {
    const input = this.#input
    const { end } = input
    let row = 0
    for (let at = 0; at < end; ) {
      const start = at
      if (row === this.#capacity) this.#grow()
      const after = bytes[at] === OPEN_OBJECT ? this.#record.read(at, row) : this.#readLine(at, row)
      if (after >= 0 && after < end && bytes[after] === NEWLINE) {
        at = after + 1
      } else {
        const line = after >= 0 ? skipSpace(input, after) : after
        if (line >= 0 && (line >= end || bytes[line] === NEWLINE)) at = line + 1
        else {
          if (line >= 0) input.unexpected(line, 'the end of the line')
          at = this.#addBadLine(start)
          continue
        }
      }
      // A blank line is no record.
      if (after === start) continue
      if (this.#wantsStarts) this.#starts[row] = start
      row++
    }
    return row
  }

  /** Reads a line that does not begin with an object; gives its start if it is blank. */
  #readLine(start: number, row: number): number {
    const input = this.#input
    const at = skipSpace(input, start)
    if (at >= input.end || input.bytes[at] === NEWLINE) return start
    return this.#readRecord(at, row)
  }

  /** Reads what should be an object. */
  #readRecord(at: number, row: number): number {
    const input = this.#input
    if (input.bytes[at] === OPEN_OBJECT) return this.#record.read(at, row)
    const end = skipValue(input, at)
    if (end < 0) return BAD
    const hint =
      input.bytes[at] === OPEN_LIST && this.#form === 'lines'
        ? 'a file that is one array is read with lines: false'
        : undefined
    return input.fail(at, 'ROW_TYPE', `${shownValue(input.bytes, at, end)} is no object`, hint)
  }

  #addBadLine(start: number): number {
    const { bytes, end } = this.#input
    const feed = bytes.indexOf(NEWLINE, start)
    const after = feed < 0 ? end : feed
    this.#addBad(start, after > start && bytes[after - 1] === 0x0d ? after - 1 : after)
    return after + 1
  }

  #addBad(start: number, end: number): void {
    const { at, code, problem, hint, path } = this.#input
    this.#bad.push({
      start,
      end,
      ...(path.length > 0 && { column: pathText(path) }),
      code,
      problem: code === 'VALUE_TYPE' ? problem : `${problem} (byte ${at - start} of the record)`,
      ...(hint !== undefined && { hint }),
    })
  }

  /** Records in an array, or one after the other; the cutter has checked what stands between them. */
  #decodeDocument(bytes: Uint8Array): number {
    const input = this.#input
    const { end } = input
    const isArray = this.#form === 'array'
    let row = 0
    let at = skipSpace(input, 0)
    if (isArray && at < end && bytes[at] === OPEN_LIST) at++
    for (;;) {
      at = skipSpace(input, at)
      while (isArray && at < end && (bytes[at] === COMMA || bytes[at] === 0x5d)) at = skipSpace(input, at + 1)
      if (at >= end) return row
      if (row === this.#capacity) this.#grow()
      const after = this.#readRecord(at, row)
      if (after < 0) {
        const next = recordEnd(bytes, at, end)
        this.#addBad(at, next)
        at = next
        continue
      }
      if (this.#wantsStarts) this.#starts[row] = at
      row++
      at = after
    }
  }
}

/** `user.tags[2]` */
const pathText = (path: readonly string[]): string => path.join('.').replaceAll('.[', '[')
