/**
 * Where records end: in lines of JSON at a line feed, in arrays and in objects one after the other where the brackets that
 * a record opened are closed.
 *
 * Lists and objects that are not lines are gone through byte by byte. What stands between the records of an array has to be
 * right, or else nothing after it can be trusted: that is an error of the file, not of a record.
 */

import { DataError } from '../../errors.ts'
import type { Cutter } from '../contract.ts'
import { BACKSLASH, CLOSE_LIST, COMMA, NEWLINE, OPEN_LIST, OPEN_OBJECT, QUOTE } from './input.ts'

/** How records follow each other: one per line, within one array, or simply one after the other. */
export type JsonForm = 'lines' | 'array' | 'objects'

export const openCutter = (form: JsonForm): Cutter =>
  form === 'lines' ? linesCutter : new DocumentCutter(form)

const linesCutter: Cutter = {
  lastEnd(bytes, from, to) {
    const at = to > from ? bytes.lastIndexOf(NEWLINE, to - 1) : -1
    return at < from ? -1 : at + 1
  },
}

/** What bytes are to someone who looks for ends. */
const PLAIN = 0
const SPACE = 1
const OPENS = 2
const CLOSES = 3
const TEXT = 4
const PAUSE = 5
const KINDS = new Uint8Array(256)
for (const byte of [0x20, 0x09, 0x0a, 0x0d]) KINDS[byte] = SPACE
for (const byte of [OPEN_OBJECT, OPEN_LIST]) KINDS[byte] = OPENS
for (const byte of [0x7d, CLOSE_LIST]) KINDS[byte] = CLOSES
KINDS[QUOTE] = TEXT
KINDS[COMMA] = PAUSE

/** Whether a byte ends a record that is no object, list or text: such a record is bad, but it is one. */
const endsBare = (byte: number): boolean => KINDS[byte] !== PLAIN

/** Where what the cutter has seen leaves it. */
type Between =
  /** At the start: of the file, or after some record of it. */
  | 'start'
  /** After the bracket of the array. */
  | 'open'
  | 'comma'
  | 'record'
  /** The array is closed. */
  | 'closed'

class DocumentCutter implements Cutter {
  readonly #isArray: boolean
  #between: Between = 'start'
  /** Brackets of a record that are open; a record without brackets has depth 0. */
  #depth = 0
  #inText = false
  #escaped = false
  #inBare = false

  constructor(form: 'array' | 'objects') {
    this.#isArray = form === 'array'
  }

  lastEnd(bytes: Uint8Array, from: number, to: number): number {
    let last = -1
    let at = from
    while (at < to) {
      if (this.#inText || this.#depth > 0 || this.#inBare) {
        at = this.#skipRecord(bytes, at, to)
        if (this.#inText || this.#depth > 0 || this.#inBare) break
        last = at
        this.#between = 'record'
      } else {
        this.#begin(bytes[at++]!)
      }
    }
    return last
  }

  end(): void {
    // Of what has not begun, nothing is missing: a job may go on at the very end of a file.
    if (this.#isArray && this.#between !== 'closed' && this.#between !== 'start')
      throw broken('the file ends before the array does')
  }

  /** Takes a byte between records; of a record that it begins it is a part whatever it is. */
  #begin(byte: number): void {
    const kind = KINDS[byte]!
    if (kind === SPACE) return
    if (this.#isArray && this.#punctuates(byte)) return
    this.#inText = kind === TEXT
    this.#depth = kind === OPENS ? 1 : 0
    this.#inBare = kind !== TEXT && kind !== OPENS
  }

  /** Whether the byte belongs to the array around the records. */
  #punctuates(byte: number): boolean {
    const between = this.#between
    if (between === 'closed') throw broken('something follows the array')
    if (byte === OPEN_LIST && between === 'start') this.#between = 'open'
    else if (byte === CLOSE_LIST && between !== 'comma') this.#between = 'closed'
    else if (byte === COMMA && (between === 'record' || between === 'start')) this.#between = 'comma'
    else if (byte === COMMA || byte === CLOSE_LIST)
      throw broken('a comma of the array has no record beside it')
    else if (between === 'record' || between === 'start')
      throw broken('a comma is missing between two records')
    else return false
    return true
  }

  /** Goes on in a record, up to its end or to `to`. */
  #skipRecord(bytes: Uint8Array, at: number, to: number): number {
    if (this.#inBare) {
      while (at < to && !endsBare(bytes[at]!)) at++
      this.#inBare = at === to
      return at
    }
    let depth = this.#depth
    let inText = this.#inText
    let escaped = this.#escaped
    while (at < to) {
      const byte = bytes[at++]!
      if (inText) {
        if (escaped) escaped = false
        else if (byte === BACKSLASH) escaped = true
        else if (byte === QUOTE) {
          inText = false
          if (depth === 0) break
        }
        continue
      }
      const kind = KINDS[byte]!
      if (kind === OPENS) depth++
      else if (kind === TEXT) inText = true
      else if (kind === CLOSES && --depth === 0) break
    }
    this.#depth = depth
    this.#inText = inText
    this.#escaped = escaped
    return at
  }
}

const broken = (what: string): DataError =>
  new DataError('JSON_SYNTAX', `${what}: what comes after it cannot be read`, {
    hint: 'records that stand on lines of their own can be read with lines: true',
  })

/** The end of the record at `at` by its brackets, as the cutter finds it; `end` where they are not closed before. */
export function recordEnd(bytes: Uint8Array, at: number, end: number): number {
  const kind = KINDS[bytes[at]!]!
  if (kind !== OPENS && kind !== TEXT) {
    do at++
    while (at < end && !endsBare(bytes[at]!))
    return at
  }
  let depth = 0
  for (let inText = false; at < end; ) {
    const byte = bytes[at++]!
    if (inText) {
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) {
        inText = false
        if (depth === 0) return Math.min(at, end)
      }
      continue
    }
    const kind = KINDS[byte]!
    if (kind === OPENS) depth++
    else if (kind === TEXT) inText = true
    else if (kind === CLOSES && --depth === 0) return at
  }
  return end
}
