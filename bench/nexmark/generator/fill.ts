/** How columns are filled for a list of events: numbers by 32-bit words, texts by bytes, in a loop each. */

import type { Column } from '../../../src/core/batch/column.ts'
import { dictionaryOf } from '../../../src/core/batch/dictionary.ts'
import { type Arena, allocInt32, allocUint8 } from '../../../src/core/batch/slab.ts'
import type { NexmarkConfig } from './config.ts'
import { below, type Draw, drawKey, firstLetters, nextLetters } from './random.ts'

/** The events to fill a column for: `numbers[0]` to before `numbers[count]`. */
export interface Filling {
  readonly config: NexmarkConfig
  /** Which column of which table: each has loops of its own. */
  readonly column: string
  readonly numbers: Float64Array
  readonly count: number
  readonly arena: Arena
}

export const keyOf = ({ config }: Pick<Filling, 'config'>, draw: Draw): number => drawKey(config.seed, draw)

/**
 * A loop of a column's own. V8 compiles a function once for all that it is called with; one that calls another closure for
 * each of 25 columns inlines none of them, which costs three times the time.
 */
function loopOf<F extends (...args: any[]) => unknown>(column: string, loop: F): F {
  const key = `${column} ${loop.name}`
  let own = loops.get(key)
  // The text of a function that uses nothing but its arguments.
  if (!own) loops.set(key, (own = new Function(`return ${loop}`)()))
  return own as F
}

const loops = new Map<string, unknown>()

function fillWords(
  words: Int32Array,
  numbers: Float64Array,
  count: number,
  cellOf: (event: number) => number,
): void {
  for (let i = 0; i < count; i++) {
    const value = cellOf(numbers[i]!)
    words[i * 2] = value | 0
    words[i * 2 + 1] = value / 4294967296
  }
}

function fillNumbers(
  values: Int32Array,
  numbers: Float64Array,
  count: number,
  cellOf: (event: number) => number,
): void {
  for (let i = 0; i < count; i++) values[i] = cellOf(numbers[i]!)
}

function fillOffsets(
  offsets: Int32Array,
  numbers: Float64Array,
  count: number,
  lengthOf: (event: number) => number,
): void {
  offsets[0] = 0
  let at = 0
  for (let i = 0; i < count; i++) {
    at += lengthOf(numbers[i]!)
    offsets[i + 1] = at
  }
}

function fillTexts(
  values: Uint8Array,
  offsets: Int32Array,
  numbers: Float64Array,
  count: number,
  write: (bytes: Uint8Array, at: number, end: number, event: number) => void,
): void {
  for (let i = 0; i < count; i++) write(values, offsets[i]!, offsets[i + 1]!, numbers[i]!)
}

/** A column of whole numbers up to 2^53, negative ones excluded. */
export function wholeColumn(
  type: 'int53' | 'timestamp[ms]',
  { column, numbers, count, arena }: Filling,
  cellOf: (event: number) => number,
): Column {
  const { buffer, byteOffset } = arena.allocate(count * 8)
  const words = new Int32Array(buffer, byteOffset, count * 2)
  loopOf(column, fillWords)(words, numbers, count, cellOf)
  return { type, values: new BigInt64Array(buffer as ArrayBuffer, byteOffset, count) }
}

/** Distinct texts, as bytes one after the other in memory that every thread may read. */
export class TextList {
  readonly bytes: Uint8Array
  readonly offsets: Int32Array
  readonly dictionary: ReturnType<typeof dictionaryOf>

  constructor(texts: readonly string[]) {
    const encoded = texts.map(text => new TextEncoder().encode(text))
    const size = encoded.reduce((sum, { length }) => sum + length, 0)
    this.bytes = new Uint8Array(new SharedArrayBuffer(size))
    this.offsets = new Int32Array(new SharedArrayBuffer((texts.length + 1) * 4))
    for (const [i, piece] of encoded.entries()) {
      this.bytes.set(piece, this.offsets[i]!)
      this.offsets[i + 1] = this.offsets[i]! + piece.length
    }
    this.dictionary = dictionaryOf(this.bytes, this.offsets)
  }

  lengthOf(code: number): number {
    return this.offsets[code + 1]! - this.offsets[code]!
  }
}

/** A column of texts of a list: their codes, or the texts themselves. */
export function listedColumn(list: TextList, filling: Filling, codeOf: (event: number) => number): Column {
  const { config, column, numbers, count, arena } = filling
  if (config.text === 'codes') {
    const values = allocInt32(arena, count)
    loopOf(column, fillNumbers)(values, numbers, count, codeOf)
    return { type: 'utf8', values, dictionary: list.dictionary }
  }
  const codes = new Int32Array(count)
  loopOf(column, fillNumbers)(codes, numbers, count, codeOf)
  const offsets = allocInt32(arena, count + 1)
  offsets[0] = 0
  for (let i = 0; i < count; i++) offsets[i + 1] = offsets[i]! + list.lengthOf(codes[i]!)
  const values = allocUint8(arena, offsets[count]!)
  for (let i = 0; i < count; i++) {
    let to = offsets[i]!
    const end = list.offsets[codes[i]! + 1]!
    for (let at = list.offsets[codes[i]!]!; at < end; at++) values[to++] = list.bytes[at]!
  }
  return { type: 'utf8', values, offsets }
}

/** A column of texts that are made one by one: of a length, by a writer of bytes. */
export function madeColumn(
  { column, numbers, count, arena }: Filling,
  lengthOf: (event: number) => number,
  write: (bytes: Uint8Array, at: number, end: number, event: number) => void,
): Column {
  const offsets = allocInt32(arena, count + 1)
  loopOf(column, fillOffsets)(offsets, numbers, count, lengthOf)
  const values = allocUint8(arena, offsets[count]!)
  loopOf(column, fillTexts)(values, offsets, numbers, count, write)
  return { type: 'utf8', values, offsets }
}

/** Writes random small letters, four of each random word. */
export function writeLetters(bytes: Uint8Array, at: number, end: number, key: number, event: number): void {
  let state = firstLetters(key, event)
  const whole = end - ((end - at) & 3)
  while (at < whole) {
    state = nextLetters(state)
    bytes[at] = 97 + (((state & 255) * 26) >> 8)
    bytes[at + 1] = 97 + ((((state >>> 8) & 255) * 26) >> 8)
    bytes[at + 2] = 97 + ((((state >>> 16) & 255) * 26) >> 8)
    bytes[at + 3] = 97 + (((state >>> 24) * 26) >> 8)
    at += 4
  }
  if (at === end) return
  state = nextLetters(state)
  for (; at < end; at++) {
    bytes[at] = 97 + (((state & 255) * 26) >> 8)
    state >>>= 8
  }
}

/** A column that pads events of `sizeOf` bytes to about `target`, give or take a fifth. */
export function extraColumn(filling: Filling, target: number, sizeOf: (event: number) => number): Column {
  const key = keyOf(filling, 'extra')
  const lengthKey = keyOf(filling, 'extraLength')
  const lengthOf = (event: number) => {
    const missing = target - sizeOf(event)
    if (missing <= 0) return 0
    const delta = Math.round(missing * 0.2)
    return missing - delta + below(2 * delta, lengthKey, event)
  }
  return madeColumn(filling, lengthOf, (bytes, at, end, event) => writeLetters(bytes, at, end, key, event))
}
