/**
 * Reads times by a pattern of `strftime`, from bytes. Numbers may have fewer digits than they are written with, names may be in
 * any case; nothing else is passed over. Parts that the pattern does not have are those of 1900-01-01 00:00:00.
 */

import { daysFromMonth } from './civil.ts'
import { kept } from './kept.ts'
import { MONTHS, patternParts, READ_LETTERS, WEEK_DAYS } from './time-pattern.ts'

const encoder = new TextEncoder()
const lower = (names: readonly string[], size?: number): Uint8Array[] =>
  names.map(name => encoder.encode(name.slice(0, size).toLowerCase()))
const MONTH_NAMES = lower(MONTHS)
const SHORT_MONTHS = lower(MONTHS, 3)
const DAY_NAMES = lower(WEEK_DAYS)
const SHORT_DAYS = lower(WEEK_DAYS, 3)

/** What is read next. */
type Step =
  | { readonly letter: ''; readonly bytes: Uint8Array }
  | { readonly letter: string; readonly bytes?: undefined }

export class TimeParser {
  /** Of the time that was read last: whole seconds since 1970, as its clock shows it, or in UTC if `hasOffset`. */
  seconds = 0
  nanos = 0
  /** Whether times say how far they are from UTC. */
  readonly hasOffset: boolean
  readonly hasNanos: boolean
  /** What 64 bits of nano- or microseconds hold. */
  readonly #maxSeconds: number
  readonly #letters: Uint8Array
  readonly #literals: readonly (Uint8Array | undefined)[]
  readonly #anyFraction: boolean
  /** Where reading stands; -1: it failed. */
  #at = 0
  #year = 1900
  #month = 1
  #firstDay = 0

  /** @param options `anyFraction`: digits after the point are as many as there are, those beyond nanoseconds are cut off */
  constructor(pattern: string, { anyFraction = false }: { readonly anyFraction?: boolean } = {}) {
    this.#anyFraction = anyFraction
    const steps = patternParts(pattern, READ_LETTERS).map(
      (part): Step => (part.kind === 'literal' ? { letter: '', bytes: part.bytes } : { letter: part.letter }),
    )
    this.#letters = Uint8Array.from(steps, ({ letter }) => (letter === '' ? 0 : letter.charCodeAt(0)))
    this.#literals = steps.map(({ bytes }) => bytes)
    this.hasOffset = steps.some(({ letter }) => letter === 'z' || letter === 's')
    this.hasNanos = steps.some(({ letter }) => letter === 'n')
    this.#maxSeconds = this.hasNanos && !anyFraction ? 9_223_372_035 : 9_223_372_036_853
  }

  /** Whether the whole text is a time; then {@link seconds} and {@link nanos} are it. */
  parse(a: Uint8Array, s: number, e: number): boolean {
    const letters = this.#letters
    let year = 1900
    let month = 1
    let day = 1
    let hour = 0
    let minute = 0
    let second = 0
    let nanos = 0
    let offset = 0
    let dayOfYear = 0
    let half = -1
    let epoch = Number.NaN
    this.#at = s
    for (let i = 0; i < letters.length; i++) {
      switch (letters[i]) {
        case 0:
          if (!this.#literal(a, e, this.#literals[i]!)) return false
          break
        case 89: // Y
          year = this.#year4(a, e)
          break
        case 121: // y
          year = this.#digits(a, e, 2)
          year += year < 69 ? 2000 : 1900
          break
        case 109: // m
          month = this.#digits(a, e, 2)
          break
        case 100: // d
          day = this.#digits(a, e, 2)
          break
        case 101: // e
          if (a[this.#at] === 32) this.#at++
          day = this.#digits(a, e, 2)
          break
        case 72: // H
          hour = this.#digits(a, e, 2)
          break
        case 73: // I
          hour = this.#digits(a, e, 2)
          if (hour === 0 || hour > 12) return false
          if (half < 0) half = 0
          break
        case 77: // M
          minute = this.#digits(a, e, 2)
          break
        case 83: // S
          second = this.#digits(a, e, 2)
          break
        case 102: // f
          nanos = this.#fraction(a, e, 6)
          break
        case 103: // g
          nanos = this.#fraction(a, e, 3)
          break
        case 110: // n
          nanos = this.#fraction(a, e, 9)
          break
        case 112: // p
          half = this.#half(a, e)
          break
        case 98: // b
          month = this.#name(a, e, SHORT_MONTHS) + 1
          break
        case 66: // B
          month = this.#name(a, e, MONTH_NAMES) + 1
          break
        case 97: // a
          this.#name(a, e, SHORT_DAYS)
          break
        case 65: // A
          this.#name(a, e, DAY_NAMES)
          break
        case 106: // j
          dayOfYear = this.#digits(a, e, 3)
          if (dayOfYear === 0) return false
          break
        case 122: // z
          offset = this.#offset(a, e)
          break
        case 115: // s
          epoch = this.#epoch(a, e)
          break
      }
      if (this.#at < 0) return false
    }
    if (this.#at !== e) return false
    this.nanos = nanos
    if (!Number.isNaN(epoch)) {
      this.seconds = epoch
      return Math.abs(epoch) <= this.#maxSeconds
    }
    if (half >= 0) {
      if (hour > 12 || hour === 0) return false
      hour = (hour % 12) + half
    }
    if (hour > 23 || minute > 59 || second > 59) return false
    const days = dayOfYear > 0 ? this.#dayInYear(year, dayOfYear) : this.#dayInMonth(year, month, day)
    if (Number.isNaN(days)) return false
    this.seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
    return Math.abs(this.seconds) <= this.#maxSeconds
  }

  #dayInMonth(year: number, month: number, day: number): number {
    if (month < 1 || month > 12 || day < 1) return Number.NaN
    // Rows next to each other are often of one month.
    if (year !== this.#year || month !== this.#month) {
      this.#year = year
      this.#month = month
      this.#firstDay = daysFromMonth(year, month)
    } else if (this.#firstDay === 0) this.#firstDay = daysFromMonth(year, month)
    if (day > 28 && day > daysInMonth(year, month)) return Number.NaN
    return this.#firstDay + day - 1
  }

  #dayInYear(year: number, day: number): number {
    return day > 365 && day > daysFromMonth(year + 1, 1) - daysFromMonth(year, 1)
      ? Number.NaN
      : daysFromMonth(year, 1) + day - 1
  }

  #literal(a: Uint8Array, e: number, bytes: Uint8Array): boolean {
    const at = this.#at
    if (at + bytes.length > e) return false
    for (let i = 0; i < bytes.length; i++) if (a[at + i] !== bytes[i]) return false
    this.#at = at + bytes.length
    return true
  }

  /** A number of up to so many digits, at least one. */
  #digits(a: Uint8Array, e: number, most: number): number {
    const start = this.#at
    const end = Math.min(e, start + most)
    let at = start
    let value = 0
    for (; at < end; at++) {
      const digit = a[at]! - 48
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
    }
    this.#at = at === start ? -1 : at
    return value
  }

  /** A year of four digits; with a sign, of up to six. */
  #year4(a: Uint8Array, e: number): number {
    const sign = a[this.#at]
    if (this.#at < e && (sign === 45 || sign === 43)) {
      this.#at++
      const year = this.#digits(a, e, 6)
      return sign === 45 ? -year : year
    }
    return this.#digits(a, e, 4)
  }

  /** What comes after the point, as nanoseconds. */
  #fraction(a: Uint8Array, e: number, most: number): number {
    const start = this.#at
    const value = this.#digits(a, e, this.#anyFraction ? 9 : most)
    const nanos = value * 10 ** (9 - (this.#at - start))
    if (this.#anyFraction && this.#at >= 0)
      while (this.#at < e && a[this.#at]! >= 48 && a[this.#at]! <= 57) this.#at++
    return nanos
  }

  /** The number of the name that stands here, whatever its case. */
  #name(a: Uint8Array, e: number, names: readonly Uint8Array[]): number {
    const at = this.#at
    for (let n = 0; n < names.length; n++) {
      const name = names[n]!
      let i = 0
      while (i < name.length && at + i < e && (a[at + i]! | 32) === name[i]) i++
      if (i === name.length) {
        this.#at = at + i
        return n
      }
    }
    this.#at = -1
    return 0
  }

  #half(a: Uint8Array, e: number): number {
    const at = this.#at
    const letter = at + 1 < e ? a[at]! | 32 : 0
    const isHalf = (letter === 97 || letter === 112) && (a[at + 1]! | 32) === 109
    this.#at = isHalf ? at + 2 : -1
    return letter === 112 ? 12 : 0
  }

  /** `+02`, `+0200`, `+02:00`, `+02:00:00` or `Z`, in seconds. */
  #offset(a: Uint8Array, e: number): number {
    const sign = a[this.#at]
    if (this.#at < e && (sign === 90 || sign === 122)) {
      this.#at++
      return 0
    }
    if (this.#at >= e || (sign !== 43 && sign !== 45)) {
      this.#at = -1
      return 0
    }
    this.#at++
    let seconds = 0
    let unit = 3600
    for (; unit >= 1; unit /= 60) {
      const before = this.#at
      const colon = unit < 3600 && a[before] === 58 ? 1 : 0
      this.#at += colon
      const start = this.#at
      const value = this.#digits(a, e, 2)
      if (this.#at < 0 || this.#at - start !== 2 || (unit < 3600 ? value > 59 : value > 23)) {
        this.#at = unit === 3600 ? -1 : before
        break
      }
      seconds += value * unit
    }
    return sign === 45 ? -seconds : seconds
  }

  #epoch(a: Uint8Array, e: number): number {
    const negative = a[this.#at] === 45 && this.#at < e
    if (negative) this.#at++
    const seconds = this.#digits(a, e, 15)
    return negative ? -seconds + 0 : seconds
  }
}

const daysInMonth = (year: number, month: number): number =>
  month === 2
    ? (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
      ? 29
      : 28
    : month === 4 || month === 6 || month === 9 || month === 11
      ? 30
      : 31

/** @throws {PlanError} `TIME_PATTERN` */
export const timeParser: (pattern: string) => TimeParser = kept(pattern => new TimeParser(pattern))
