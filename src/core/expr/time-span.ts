/** Spans of time as users write them: `'15m'`, `'1 month'`, `'week'`. */

import { PlanError } from '../errors.ts'
import { shown } from '../options.ts'

/** A span: so many nanoseconds, days (`week`: from Monday), or months. */
export interface TimeSpan {
  readonly kind: 'nanos' | 'days' | 'months'
  /** A whole number, for nanoseconds maybe beyond 2^53. */
  readonly count: bigint
  readonly isWeeks?: true
}

type Short = 'ns' | 'us' | 'ms' | 's' | 'm' | 'h' | 'd' | 'w' | 'mo' | 'q' | 'y'
type Word =
  | 'nanosecond'
  | 'microsecond'
  | 'millisecond'
  | 'second'
  | 'minute'
  | 'hour'
  | 'day'
  | 'week'
  | 'month'
  | 'quarter'
  | 'year'
  | 'decade'
  | 'century'

/** A unit of time by its name. */
export type TimeUnitName = Word
/** A unit, a number of them (`'15m'`, `'3 months'`), or a number of milliseconds. */
export type TimeSpanText = Word | `${number}${Short}` | `${number} ${Word}` | `${number} ${Word}s` | number

const NANOS: Readonly<Record<string, bigint>> = {
  nanosecond: 1n,
  microsecond: 1000n,
  millisecond: 1_000_000n,
  second: 1_000_000_000n,
  minute: 60_000_000_000n,
  hour: 3_600_000_000_000n,
}
const DAYS: Readonly<Record<string, bigint>> = { day: 1n, week: 7n }
const MONTHS: Readonly<Record<string, bigint>> = {
  month: 1n,
  quarter: 3n,
  year: 12n,
  decade: 120n,
  century: 1200n,
}
const WORDS: readonly string[] = [...Object.keys(NANOS), ...Object.keys(DAYS), ...Object.keys(MONTHS)]
const SHORT: Readonly<Record<string, string>> = {
  ns: 'nanosecond',
  us: 'microsecond',
  ms: 'millisecond',
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  mo: 'month',
  q: 'quarter',
  y: 'year',
}

/**
 * The span that a text or a number of milliseconds stands for.
 *
 * @throws {PlanError} `TIME_UNIT` for what is none
 */
export function timeSpan(given: unknown): TimeSpan {
  if (typeof given === 'number' && Number.isSafeInteger(given))
    return { kind: 'nanos', count: BigInt(given) * 1_000_000n }
  const match = typeof given === 'string' ? /^(-?\d{1,15})?( ?)([a-z]+)$/.exec(given) : null
  const name = match && unitOf(match[3]!, match[1] !== undefined)
  if (!name || (match[1] === undefined && match[2] !== '')) throw noSpan(given)
  const count = BigInt(match[1] ?? 1)
  if (name in NANOS) return { kind: 'nanos', count: count * NANOS[name]! }
  if (name in MONTHS) return { kind: 'months', count: count * MONTHS[name]! }
  return { kind: 'days', count: count * DAYS[name]!, ...(name === 'week' && { isWeeks: true }) }
}

function unitOf(text: string, counted: boolean): string | undefined {
  if (counted && Object.hasOwn(SHORT, text)) return SHORT[text]
  if (WORDS.includes(text)) return text
  const one = text === 'centuries' ? 'century' : text.replace(/s$/, '')
  return counted && WORDS.includes(one) ? one : undefined
}

function noSpan(given: unknown): PlanError {
  return new PlanError('TIME_UNIT', `${shown(given)} is no unit and no span of time`, {
    hint: `the units are ${WORDS.join(', ')}; with a number '15m', '1d', '2 weeks', '3 months', or ${Object.keys(SHORT).join(', ')}`,
  })
}

/**
 * How many units of `unitsPerSecond` a span of nanoseconds or days is.
 *
 * @throws {PlanError} `TIME_UNIT` for what is finer than such a unit
 */
export function spanUnits({ kind, count }: TimeSpan, unitsPerSecond: number, shownSpan: unknown): bigint {
  const nanos = kind === 'days' ? count * 86_400_000_000_000n : count
  const scaled = nanos * BigInt(unitsPerSecond)
  if (scaled % 1_000_000_000n === 0n) return scaled / 1_000_000_000n
  throw new PlanError('TIME_UNIT', `${shown(shownSpan)} is finer than the column's digits`, {
    hint: "cast('timestamp[us]') or cast('timestamp[ns]') gives it more",
  })
}
