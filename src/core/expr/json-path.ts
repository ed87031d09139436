/**
 * A value within JSON text, found by skipping what is not on the way to it. Works on bytes, and looks only at what it passes: text
 * that is no JSON gives null where the search meets what cannot be.
 */

import { decodeBetween } from './text-points.ts'

/** A member by its key, or an element by its place; negative places count from the end. */
export type JsonStep = string | number

const STEP = /\.?([\p{L}_$][\p{L}\p{N}_$-]*)|\[(-?\d+)\]|\.?\["((?:[^"\\]|\\.)*)"\]/uy

/** The steps of a path such as `$.user.tags[0]["a b"]`; undefined for what is no path. */
export function jsonSteps(path: string): JsonStep[] | undefined {
  const steps: JsonStep[] = []
  let at = path.startsWith('$') ? 1 : 0
  while (at < path.length) {
    STEP.lastIndex = at
    const match = STEP.exec(path)
    if (!match || (at === 1 && match[1] !== undefined && path[1] !== '.')) return undefined
    if (match[1] !== undefined) steps.push(match[1])
    else if (match[2] !== undefined) steps.push(Number(match[2]))
    else {
      try {
        steps.push(JSON.parse(`"${match[3]}"`) as string)
      } catch {
        return undefined
      }
    }
    at = STEP.lastIndex
  }
  return steps
}

const QUOTE = 34
const BACKSLASH = 92
const COMMA = 44
const COLON = 58
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125
const OPEN_LIST = 91
const CLOSE_LIST = 93

export class JsonFinder {
  readonly #steps: readonly JsonStep[]
  readonly #keys: readonly (Uint8Array | undefined)[]

  constructor(steps: readonly JsonStep[]) {
    this.#steps = steps
    this.#keys = steps.map(step => (typeof step === 'string' ? new TextEncoder().encode(step) : undefined))
  }

  /** The value as text: a string as what it says, anything else as it is written; null for JSON's null and what is missing. */
  find(a: Uint8Array, s: number, e: number): string | null {
    let at = skipSpace(a, s, e)
    for (let i = 0; i < this.#steps.length && at >= 0; i++) {
      const key = this.#keys[i]
      at =
        key !== undefined
          ? memberAt(a, at, e, key, this.#steps[i] as string)
          : elementAt(a, at, e, this.#steps[i] as number)
    }
    if (at < 0 || at >= e) return null
    const end = skipValue(a, at, e)
    if (end < 0) return null
    if (a[at] === QUOTE) return stringAt(a, at, end)
    if (a[at] === 110) return null
    return decodeBetween(a, at, end)
  }
}

function stringAt(a: Uint8Array, s: number, e: number): string | null {
  for (let at = s + 1; at < e - 1; at++) {
    if (a[at] !== BACKSLASH) continue
    try {
      return (JSON.parse(decodeBetween(a, s, e)) as string).toWellFormed()
    } catch {
      return null
    }
  }
  return decodeBetween(a, s + 1, e - 1)
}

function skipSpace(a: Uint8Array, s: number, e: number): number {
  let at = s
  while (at < e && (a[at] === 32 || a[at] === 10 || a[at] === 13 || a[at] === 9)) at++
  return at
}

/** Where the string that begins here ends, after its quote; -1: it does not. */
function skipString(a: Uint8Array, s: number, e: number): number {
  for (let at = s + 1; at < e; at++) {
    if (a[at] === QUOTE) return at + 1
    if (a[at] === BACKSLASH) at++
  }
  return -1
}

/** Where the value that begins here ends; -1: it is none, or has no end. */
function skipValue(a: Uint8Array, s: number, e: number): number {
  const first = a[s]
  if (s >= e) return -1
  if (first === QUOTE) return skipString(a, s, e)
  if (first === OPEN_OBJECT || first === OPEN_LIST) return skipNested(a, s, e)
  let at = s
  while (at < e && isPlain(a[at]!)) at++
  return at > s ? at : -1
}

/** What numbers, true, false and null are written with. */
const isPlain = (byte: number): boolean =>
  (byte >= 48 && byte <= 57) ||
  (byte >= 97 && byte <= 122) ||
  byte === 45 ||
  byte === 43 ||
  byte === 46 ||
  byte === 69

function skipNested(a: Uint8Array, s: number, e: number): number {
  let depth = 0
  for (let at = s; at < e; at++) {
    const byte = a[at]!
    if (byte === QUOTE) {
      const end = skipString(a, at, e)
      if (end < 0) return -1
      at = end - 1
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++
    else if ((byte === CLOSE_OBJECT || byte === CLOSE_LIST) && --depth === 0) return at + 1
  }
  return -1
}

/** Where the value of a member begins, the last of that key as `JSON.parse` has it; -1: there is none. */
function memberAt(a: Uint8Array, s: number, e: number, key: Uint8Array, text: string): number {
  if (a[s] !== OPEN_OBJECT) return -1
  let found = -1
  let at = skipSpace(a, s + 1, e)
  while (at < e && a[at] === QUOTE) {
    const keyEnd = skipString(a, at, e)
    if (keyEnd < 0) return -1
    const isKey = sameKey(a, at, keyEnd, key, text)
    at = skipSpace(a, keyEnd, e)
    if (a[at] !== COLON) return -1
    at = skipSpace(a, at + 1, e)
    if (isKey) found = at
    const end = skipValue(a, at, e)
    if (end < 0) return -1
    at = skipSpace(a, end, e)
    if (a[at] !== COMMA) break
    at = skipSpace(a, at + 1, e)
  }
  return at < e && a[at] === CLOSE_OBJECT ? found : -1
}

function sameKey(a: Uint8Array, s: number, e: number, key: Uint8Array, text: string): boolean {
  let same = e - s - 2 === key.length
  for (let i = s + 1; i < e - 1; i++) {
    if (a[i] === BACKSLASH) return stringAt(a, s, e) === text
    if (same && a[i] !== key[i - s - 1]) same = false
  }
  return same
}

function elementAt(a: Uint8Array, s: number, e: number, place: number): number {
  if (a[s] !== OPEN_LIST) return -1
  const places: number[] = []
  let at = skipSpace(a, s + 1, e)
  while (at < e && a[at] !== CLOSE_LIST) {
    if (places.length === place) return at
    places.push(at)
    const end = skipValue(a, at, e)
    if (end < 0) return -1
    at = skipSpace(a, end, e)
    if (a[at] !== COMMA) break
    at = skipSpace(a, at + 1, e)
  }
  return place < 0 && at < e && a[at] === CLOSE_LIST ? (places.at(place) ?? -1) : -1
}
