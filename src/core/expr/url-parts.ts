/**
 * Parts of a URL as it is written, by RFC 3986: nothing is decoded, and what is missing is null. Works on bytes and finds
 * pieces of them.
 */

import { findBytes } from './text-points.ts'

export type UrlPart = 'protocol' | 'user' | 'host' | 'port' | 'path' | 'query' | 'fragment' | 'parameter'

export const URL_PARTS: readonly UrlPart[] = [
  'protocol',
  'user',
  'host',
  'port',
  'path',
  'query',
  'fragment',
  'parameter',
]

const COLON = 58
const SLASH = 47
const QUESTION = 63
const HASH = 35
const AT = 64
const OPEN = 91
const CLOSE = 93
const AMPERSAND = 38
const EQUALS = 61

/** Finds a part: where it starts and ends. */
export class UrlPartFinder {
  /** Where the part that was found last ends. */
  end = 0
  readonly #part: UrlPart
  readonly #parameter: Uint8Array

  constructor(part: UrlPart, parameter = '') {
    this.#part = part
    this.#parameter = new TextEncoder().encode(parameter)
  }

  /** Where the part begins; -1: the URL has none. */
  find(a: Uint8Array, s: number, e: number): number {
    const hash = indexIn(a, s, e, HASH)
    if (this.#part === 'fragment') return hash < e ? this.#found(hash + 1, e) : -1
    const question = indexIn(a, s, hash, QUESTION)
    if (this.#part === 'query') return question < hash ? this.#found(question + 1, hash) : -1
    if (this.#part === 'parameter') return this.#findParameter(a, question, hash)
    const scheme = schemeEnd(a, s, question)
    if (this.#part === 'protocol') return scheme < 0 ? -1 : this.#found(s, scheme)
    const rest = scheme < 0 ? s : scheme + 1
    const hasAuthority = a[rest] === SLASH && a[rest + 1] === SLASH && rest + 2 <= question
    if (!hasAuthority) return this.#part === 'path' ? this.#found(rest, question) : -1
    const path = indexIn(a, rest + 2, question, SLASH)
    if (this.#part === 'path') return this.#found(path, question)
    return this.#findInAuthority(a, rest + 2, path)
  }

  #found(from: number, to: number): number {
    this.end = to
    return from
  }

  #findParameter(a: Uint8Array, question: number, e: number): number {
    const name = this.#parameter
    for (let from = question + 1; from < e; ) {
      const end = indexIn(a, from, e, AMPERSAND)
      const equals = indexIn(a, from, end, EQUALS)
      if (equals - from === name.length && findBytes(a, from, equals, name, 0, name.length) === from)
        return this.#found(Math.min(equals + 1, end), end)
      from = end + 1
    }
    return -1
  }

  /** `user@host:port`, where a host may be `[::1]`. */
  #findInAuthority(a: Uint8Array, s: number, e: number): number {
    let at = e
    while (at > s && a[at - 1] !== AT) at--
    if (this.#part === 'user') return at > s ? this.#found(s, at - 1) : -1
    const from = a[at] === OPEN && at < e ? indexIn(a, at, e, CLOSE) : at
    const colon = indexIn(a, from, e, COLON)
    if (this.#part === 'port') return colon + 1 < e ? this.#found(colon + 1, e) : -1
    return this.#found(at, colon)
  }
}

function indexIn(a: Uint8Array, s: number, e: number, byte: number): number {
  for (let at = s; at < e; at++) if (a[at] === byte) return at
  return e
}

/** Where the colon after a scheme is; -1: there is none. */
function schemeEnd(a: Uint8Array, s: number, e: number): number {
  for (let at = s; at < e; at++) {
    const byte = a[at]!
    if (byte === COLON) return at > s ? at : -1
    const lower = byte | 32
    const isLetter = lower >= 97 && lower <= 122
    const isOther = (byte >= 48 && byte <= 57) || byte === 43 || byte === 45 || byte === 46
    if (!isLetter && !(isOther && at > s)) return -1
  }
  return -1
}
