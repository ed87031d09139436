/** strftime patterns as parsers of times: `%d.%m.%Y %H:%M`. Compiled once, matched byte by byte. */

import { daysOf, isDay } from './civil-days.ts'

/** What a pattern was matched with, or the reading of an ISO time. */
export interface TimeParts {
  days: number
  secondOfDay: number
  nanoseconds: number
  /** Minutes east of UTC where the text says so. */
  offsetMinutes: number | undefined
}

export interface TimePattern {
  /** Whether it has a time of day; without one it is a date. */
  readonly hasTime: boolean
  /** Fills `into`; false where the text is not of the pattern, or no time there is. */
  match(bytes: Uint8Array, from: number, to: number, into: TimeParts): boolean
}

/** The fields that a pattern sets, by index. */
const YEAR = 0
const MONTH = 1
const DAY = 2
const HOUR = 3
const MINUTE = 4
const SECOND = 5
const NANOSECONDS = 6
const HALF = 7
const OFFSET = 8
const DAY_OF_YEAR = 9
const EPOCH = 10

/** Reads a part of a text: gives where it goes on, or -1. */
type Step = (bytes: Uint8Array, at: number, to: number, fields: Float64Array) => number

const MONTHS = 'january february march april may june july august september october november december'.split(
  ' ',
)
const WEEK_DAYS = 'monday tuesday wednesday thursday friday saturday sunday'.split(' ')

/** Digits of a field: at least one, at most `most`. */
const number =
  (field: number, most: number, convert: (value: number) => number = value => value): Step =>
  (bytes, at, to, fields) => {
    let value = 0
    let i = at
    const limit = Math.min(to, at + most)
    while (i < limit && bytes[i]! >= 48 && bytes[i]! <= 57) value = value * 10 + bytes[i++]! - 48
    if (i === at) return -1
    fields[field] = convert(value)
    return i
  }

const literal =
  (byte: number): Step =>
  (bytes, at, to) =>
    at < to && bytes[at] === byte ? at + 1 : -1

/** One of some words, in either case, whole or by its first three letters. */
const word =
  (words: readonly string[], field: number | undefined, isShort: boolean): Step =>
  (bytes, at, to, fields) => {
    for (let k = 0; k < words.length; k++) {
      const wanted = isShort ? words[k]!.slice(0, 3) : words[k]!
      if (at + wanted.length > to) continue
      let i = 0
      while (i < wanted.length && (bytes[at + i]! | 32) === wanted.charCodeAt(i)) i++
      if (i < wanted.length) continue
      if (field !== undefined) fields[field] = k + 1
      return at + i
    }
    return -1
  }

const fraction: Step = (bytes, at, to, fields) => {
  let value = 0
  let unit = 1e9
  let i = at
  while (i < to && bytes[i]! >= 48 && bytes[i]! <= 57) {
    unit /= 10
    if (unit >= 1) value += (bytes[i]! - 48) * unit
    i++
  }
  if (i === at) return -1
  fields[NANOSECONDS] = value
  return i
}

const half: Step = (bytes, at, to, fields) => {
  if (at + 2 > to || (bytes[at + 1]! | 32) !== 109) return -1
  const letter = bytes[at]! | 32
  if (letter !== 97 && letter !== 112) return -1
  fields[HALF] = letter === 112 ? 12 : 0
  return at + 2
}

/** `Z`, `+02`, `+0200` or `+02:00`. */
export const offset: Step = (bytes, at, to, fields) => {
  if (at >= to) return -1
  const first = bytes[at]!
  if ((first | 32) === 122) {
    fields[OFFSET] = 0
    return at + 1
  }
  if (first !== 43 && first !== 45) return -1
  const hours = twoAt(bytes, at + 1, to)
  if (hours < 0 || hours > 23) return -1
  let i = at + 3
  const minutesAt = i < to && bytes[i] === 58 ? i + 1 : i
  let minutes = twoAt(bytes, minutesAt, to)
  if (minutes < 0) {
    if (minutesAt > i) return -1
    minutes = 0
  } else i = minutesAt + 2
  if (minutes > 59) return -1
  fields[OFFSET] = (first === 45 ? -1 : 1) * (hours * 60 + minutes)
  return i
}

function twoAt(bytes: Uint8Array, at: number, to: number): number {
  if (at + 2 > to) return -1
  const a = bytes[at]! - 48
  const b = bytes[at + 1]! - 48
  return a < 0 || a > 9 || b < 0 || b > 9 ? -1 : a * 10 + b
}

/** Years of two digits are those from 1969 to 2068, as POSIX has them. */
const shortYear = (value: number): number => (value < 69 ? 2000 : 1900) + value

const CODES: Readonly<Record<string, Step>> = {
  Y: number(YEAR, 4),
  y: number(YEAR, 2, shortYear),
  m: number(MONTH, 2),
  d: number(DAY, 2),
  j: number(DAY_OF_YEAR, 3),
  H: number(HOUR, 2),
  I: number(HOUR, 2),
  M: number(MINUTE, 2),
  S: number(SECOND, 2),
  s: number(EPOCH, 12),
  f: fraction,
  n: fraction,
  g: fraction,
  p: half,
  b: word(MONTHS, MONTH, true),
  B: word(MONTHS, MONTH, false),
  a: word(WEEK_DAYS, undefined, true),
  A: word(WEEK_DAYS, undefined, false),
  z: offset,
  '%': literal(37),
}
const WITH_TIME = /%-?[HIMSsfngp]/
const SHORTHANDS: Readonly<Record<string, string>> = {
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  D: '%m/%d/%y',
  R: '%H:%M',
  e: '%d',
}

/** The codes there are, for messages. */
export const PATTERN_CODES = '%Y %y %m %b %B %d %e %j %H %I %p %M %S %f %z %s %a %A %F %T %R %D %%'

/** Why a pattern is none, or undefined. */
export function patternFault(pattern: string): string | undefined {
  const whole = expanded(pattern)
  for (let i = 0; i < whole.length; i++) {
    if (whole[i] !== '%') continue
    if (whole[i + 1] === '-') i++
    const code = whole[++i]
    if (code === undefined || !Object.hasOwn(CODES, code))
      return `%${code ?? ''} is no code of strftime that is known here`
  }
  return /%-?[Yys]/.test(whole) ? undefined : 'it has no year'
}

const expanded = (pattern: string): string =>
  pattern.replace(/%(-?)([%FTDRe])/g, (whole, _, code) => SHORTHANDS[code as string] ?? whole)

const encoder = new TextEncoder()

/** A pattern without {@link patternFault}. */
export function timePattern(pattern: string): TimePattern {
  const whole = expanded(pattern)
  const steps: Step[] = []
  let isHalfDay = false
  for (let i = 0; i < whole.length; i++) {
    if (whole[i] !== '%') {
      const codePoint = String.fromCodePoint(whole.codePointAt(i)!)
      steps.push(...Array.from(encoder.encode(codePoint), literal))
      i += codePoint.length - 1
      continue
    }
    if (whole[i + 1] === '-') i++
    const code = whole[++i]!
    if (code === 'I') isHalfDay = true
    steps.push(CODES[code]!)
  }
  const fields = new Float64Array(11)
  return {
    hasTime: WITH_TIME.test(whole),
    match(bytes, from, to, into) {
      fields.set(DEFAULTS)
      let at = from
      for (let k = 0; k < steps.length; k++) {
        at = steps[k]!(bytes, at, to, fields)
        if (at < 0) return false
      }
      return at === to && partsOf(fields, isHalfDay, into)
    },
  }
}

/** By field: a pattern without a month is January. */
const DEFAULTS = Float64Array.of(0, 1, 1, 0, 0, 0, 0, 0, Number.NaN, 0, Number.NaN)

function partsOf(fields: Float64Array, isHalfDay: boolean, into: TimeParts): boolean {
  into.nanoseconds = fields[NANOSECONDS]!
  const shift = fields[OFFSET]!
  into.offsetMinutes = Number.isNaN(shift) ? undefined : shift
  const epoch = fields[EPOCH]!
  if (!Number.isNaN(epoch)) {
    into.days = Math.floor(epoch / 86_400)
    into.secondOfDay = epoch - into.days * 86_400
    into.offsetMinutes = 0
    return true
  }
  let hour = fields[HOUR]!
  if (isHalfDay) {
    if (hour < 1 || hour > 12) return false
    hour = (hour % 12) + fields[HALF]!
  }
  const [year, dayOfYear] = [fields[YEAR]!, fields[DAY_OF_YEAR]!]
  if (hour > 23 || fields[MINUTE]! > 59 || fields[SECOND]! > 59) return false
  if (!isDay(year, fields[MONTH]!, fields[DAY]!)) return false
  into.days = daysOf(year, fields[MONTH]!, fields[DAY]!)
  if (dayOfYear > 0) {
    into.days = daysOf(year, 1, 1) + dayOfYear - 1
    if (into.days >= daysOf(year + 1, 1, 1)) return false
  }
  into.secondOfDay = hour * 3600 + fields[MINUTE]! * 60 + fields[SECOND]!
  return true
}
