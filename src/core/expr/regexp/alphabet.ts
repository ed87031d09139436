/** Code points in classes: those of a class are all alike to a program. */

import { ASSERTIONS, type Program } from './program.ts'

const NEWLINE = 10
const isWord = (point: number): boolean =>
  (point >= 48 && point <= 57) ||
  (point >= 65 && point <= 90) ||
  point === 95 ||
  (point >= 97 && point <= 122)
/** Where word characters and others begin. */
const WORD_EDGES = [48, 58, 65, 91, 95, 96, 97, 123]

/** What came before a place: for a program that asserts nothing always the same. */
export type Kind = 0 | 1 | 2 | 3
const [TEXT_START, AFTER_NEWLINE, AFTER_WORD, AFTER_OTHER] = [0, 1, 2, 3] as const

export class Alphabet {
  /** How many classes there are; the class of the end of a text is the next number. */
  readonly size: number
  /** By code point, below 0x800. */
  readonly small: Uint16Array
  readonly #starts: Int32Array
  readonly #asserts: boolean

  constructor({ instructions }: Program) {
    const starts = new Set([0])
    let asserts = false
    for (const instruction of instructions) {
      if (instruction.kind === 'assert') asserts = true
      if (instruction.kind !== 'point') continue
      for (const [i, point] of instruction.ranges.entries()) starts.add(i % 2 === 0 ? point : point + 1)
    }
    if (asserts) for (const point of [NEWLINE, NEWLINE + 1, ...WORD_EDGES]) starts.add(point)
    starts.delete(0x110000)
    this.#asserts = asserts
    this.#starts = Int32Array.from(starts).sort()
    this.size = this.#starts.length
    this.small = Uint16Array.from({ length: 0x800 }, (_, point) => this.#search(point))
  }

  classOf(point: number): number {
    return point < 0x800 ? this.small[point]! : this.#search(point)
  }

  /** A code point of a class. */
  pointOf(symbol: number): number {
    return this.#starts[symbol]!
  }

  kindAfter(point: number): Kind {
    if (!this.#asserts) return AFTER_OTHER
    return point < 0
      ? TEXT_START
      : point === NEWLINE
        ? AFTER_NEWLINE
        : isWord(point)
          ? AFTER_WORD
          : AFTER_OTHER
  }

  /** The assertions that hold between what came before and a class, or the end of the text. */
  assertions(before: Kind, symbol: number): number {
    if (!this.#asserts) return 0
    const next = symbol === this.size ? -1 : this.pointOf(symbol)
    let flags = 0
    if (before === TEXT_START) flags |= ASSERTIONS.textStart | ASSERTIONS.lineStart
    if (before === AFTER_NEWLINE) flags |= ASSERTIONS.lineStart
    if (next < 0) flags |= ASSERTIONS.textEnd | ASSERTIONS.lineEnd
    if (next === NEWLINE) flags |= ASSERTIONS.lineEnd
    return flags | ((before === AFTER_WORD) === isWord(next) ? ASSERTIONS.noWordEdge : ASSERTIONS.wordEdge)
  }

  #search(point: number): number {
    const starts = this.#starts
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle]! <= point) low = middle
      else high = middle - 1
    }
    return low
  }
}
