/**
 * The types of columns from texts of a sample. A column has the narrowest type that takes all of them; a doubt makes it
 * text, since what is read as text loses nothing: numbers that begin with zeros, integers of more than 64 bits, dates of
 * which day and month may be either.
 */

import type { ColumnType } from '../../types/column-type.ts'
import { rangeOf } from './convert.ts'
import type { NumberStyle } from './dialect.ts'
import { ungrouping } from './grouped-digits.ts'
import { isoTimestamp } from './iso-times.ts'
import { type TimeParts, type TimePattern, timePattern } from './time-pattern.ts'

export interface SniffedType {
  readonly type: ColumnType
  /** The pattern of times that are not ISO 8601. */
  readonly timeFormat?: string
}

type Kind = 'bool' | 'int53' | 'int64' | 'float64' | 'date' | 'timestamp[us]' | 'utf8'

const WHOLE = /^[+-]?\d+$/
const FLOATS = {
  '.': /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/,
  ',': /^[+-]?(?:\d+,?\d*|,\d+)(?:[eE][+-]?\d+)?$/,
}
const SPECIAL = /^[+-]?(?:inf|infinity|nan)$/i
const BOOL = /^(?:true|false)$/i

/** Patterns of days that are tried, and of what may follow. */
const DAYS = [
  '%d.%m.%Y',
  '%m/%d/%Y',
  '%d/%m/%Y',
  '%m-%d-%Y',
  '%d-%m-%Y',
  '%b %d %Y',
  '%d %b %Y',
  '%d-%b-%Y',
  '%Y%m%d',
]
const TIMES = ['', ' %H:%M', ' %H:%M:%S', ' %H:%M:%S.%f', ' %I:%M %p', ' %I:%M:%S %p']
const PATTERNS: readonly string[] = DAYS.flatMap(day => TIMES.map(time => day + time)).filter(
  // Eight digits are a number.
  pattern => pattern !== '%Y%m%d',
)

const encoder = new TextEncoder()
let compiled: readonly { readonly pattern: string; readonly match: TimePattern }[] | undefined

/**
 * The type of a column with these texts, none of which means null; undefined for none.
 *
 * @param asked a pattern of times that goes before all else
 */
export function sniffType(
  texts: readonly string[],
  numbers: NumberStyle,
  asked?: string,
): SniffedType | undefined {
  if (asked !== undefined && texts.length > 0) {
    const pattern = timePattern(asked)
    if (fits(pattern, texts.map(cellOf))) return { type: typeOf(pattern), timeFormat: asked }
  }
  const ungrouped = ungrouping(numbers.thousands)
  let kind: Kind | undefined
  for (const text of texts) {
    const next = kindOf(text, ungrouped(text) ?? text, numbers.decimal)
    kind = kind === undefined ? next : join(kind, next)
    if (kind === 'utf8') return patternedType(texts)
  }
  return kind && { type: kind }
}

/** @param ungrouped the same without what parts thousands */
function kindOf(text: string, ungrouped: string, decimal: '.' | ','): Kind {
  const number = ungrouped.trim()
  if (WHOLE.test(number)) return wholeKind(number)
  if (FLOATS[decimal].test(number)) return /^[+-]?0\d/.test(number) ? 'utf8' : 'float64'
  const trimmed = text.trim()
  if (BOOL.test(trimmed)) return 'bool'
  if (SPECIAL.test(trimmed)) return 'float64'
  return timeKind(trimmed) ?? 'utf8'
}

/** Zeros before a number are part of what it says: a postal code, an article. */
function wholeKind(text: string): Kind {
  if (/^[+-]?0\d/.test(text) || text.length > 20) return 'utf8'
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  for (const type of ['int53', 'int64'] as const) {
    const [min, max] = rangeOf(type)
    if (value >= min && value <= max) return type
  }
  return 'utf8'
}

const parts: TimeParts = { days: 0, secondOfDay: 0, nanoseconds: 0, offsetMinutes: undefined }

function timeKind(text: string): 'date' | 'timestamp[us]' | undefined {
  // `1234-05-06` at least.
  if (text.length < 10 || text.length > 40) return undefined
  const bytes = encoder.encode(text)
  if (!isoTimestamp(bytes, 0, bytes.length, parts)) return undefined
  return text.length === 10 ? 'date' : 'timestamp[us]'
}

/** The narrowest kind of both. */
function join(a: Kind, b: Kind): Kind {
  if (a === b) return a
  const both = [a, b]
  if (both.every(kind => kind === 'int53' || kind === 'int64')) return 'int64'
  if (both.every(kind => kind === 'int53' || kind === 'int64' || kind === 'float64')) return 'float64'
  return both.every(kind => kind === 'date' || kind === 'timestamp[us]') ? 'timestamp[us]' : 'utf8'
}

const cellOf = (text: string): Uint8Array => encoder.encode(text.trim())

const fits = (pattern: TimePattern, cells: readonly Uint8Array[]): boolean =>
  cells.every(cell => pattern.match(cell, 0, cell.length, parts))

const typeOf = ({ hasTime }: TimePattern) => (hasTime ? 'timestamp[us]' : 'date')

/** Texts as times of one pattern, where one and no other fits all of them. */
function patternedType(texts: readonly string[]): SniffedType {
  const first = texts.slice(0, 1).map(cellOf)
  if (first.length === 0 || first[0]!.length > 40) return { type: 'utf8' }
  compiled ??= PATTERNS.map(pattern => ({ pattern, match: timePattern(pattern) }))
  const fittingFirst = compiled.filter(({ match }) => fits(match, first))
  if (fittingFirst.length === 0) return { type: 'utf8' }
  const cells = texts.map(cellOf)
  const fitting = fittingFirst.filter(({ match }) => fits(match, cells))
  if (fitting.length !== 1) return { type: 'utf8' }
  const { pattern, match } = fitting[0]!
  return { type: typeOf(match), timeFormat: pattern }
}
