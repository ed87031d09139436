/**
 * Patterns of SQL's `like`: `%` stands for any text, `_` for one code point. They are cut at every `%`; a text matches when the
 * pieces follow one another in it, each as early as possible. So a search takes time in proportion to the text.
 */

import { startsWithBytes } from './text-bytes.ts'
import { Needle } from './text-needle.ts'
import { pointAt, pointFromEnd } from './text-points.ts'

/** What stands between two `%`: texts, and null for each `_`. */
type Piece = readonly (Needle | null)[]

const encoder = new TextEncoder()

export class LikePattern {
  readonly #pieces: readonly Piece[]

  /** @param quote the code point that makes `%`, `_` and itself mean themselves */
  constructor(pattern: string, quote: string | undefined) {
    const pieces: (Needle | null)[][] = [[]]
    let literal = ''
    const flush = () => {
      if (literal !== '') pieces.at(-1)!.push(new Needle(encoder.encode(literal)))
      literal = ''
    }
    const points = [...pattern]
    for (let i = 0; i < points.length; i++) {
      const point = points[i]!
      if (point === quote) literal += points[++i] ?? ''
      else if (point === '%') {
        flush()
        pieces.push([])
      } else if (point === '_') {
        flush()
        pieces.at(-1)!.push(null)
      } else literal += point
    }
    flush()
    this.#pieces = pieces
  }

  /** Whether the whole text is as the pattern has it. */
  matches(a: Uint8Array, s: number, e: number): boolean {
    const pieces = this.#pieces
    let at = matchAt(pieces[0]!, a, s, e)
    if (pieces.length === 1 || at < 0) return at === e
    for (let i = 1; i < pieces.length - 1; i++) {
      at = findPiece(pieces[i]!, a, at, e)
      if (at < 0) return false
    }
    const last = matchBefore(pieces.at(-1)!, a, at, e)
    return last >= at
  }
}

/** Where a piece that begins here ends; -1: none does. */
function matchAt(piece: Piece, a: Uint8Array, s: number, e: number): number {
  let at = s
  for (const part of piece) {
    if (part === null) {
      if (at >= e) return -1
      at = pointAt(a, at, e, 1)
    } else {
      if (!startsWithBytes(a, at, e, part.bytes, 0, part.size)) return -1
      at += part.size
    }
  }
  return at
}

/** Where a piece that ends with the text begins; -1: none does. */
function matchBefore(piece: Piece, a: Uint8Array, s: number, e: number): number {
  let at = e
  for (let i = piece.length - 1; i >= 0; i--) {
    const part = piece[i]!
    if (part === null) {
      if (at <= s) return -1
      at = pointFromEnd(a, s, at, 1)
    } else {
      at -= part.size
      if (at < s || !startsWithBytes(a, at, e, part.bytes, 0, part.size)) return -1
    }
  }
  return at
}

/** Where the first piece at `s` or later ends; -1: there is none. */
function findPiece(piece: Piece, a: Uint8Array, s: number, e: number): number {
  const [first] = piece
  if (first === undefined) return s
  for (let at = s; at <= e; at = at < e ? pointAt(a, at, e, 1) : e + 1) {
    if (first !== null) {
      at = first.find(a, at, e)
      if (at < 0) return -1
      if (piece.length === 1) return at + first.size
    }
    const end = matchAt(piece, a, at, e)
    if (end >= 0) return end
  }
  return -1
}
