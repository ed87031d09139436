/** Values from text, as DuckDB's casts read them; `convert.ts` says where they are stricter. */

import { binaryString } from '../batch/bytes.ts'
import { parseClockDuration, parseTimeOfDay } from '../types/clock-time.ts'
import {
  type ColumnType,
  decimalPrecision,
  decimalScale,
  isDecimal,
  isDuration,
  isFloat,
  isTimeOfDay,
  isTimestamp,
  type TimestampType,
  type TimeUnit,
  timestampUnit,
  timestampZone,
  UNITS_PER_SECOND,
  unitOfTime,
} from '../types/column-type.ts'
import { maxUnits, parseDecimal, roundedUnits } from '../types/decimal.ts'
import { isTimeZone, timeZone } from '../types/time-zone.ts'
import type { Cell } from './cell.ts'
import { daysFromMonth } from './civil.ts'
import { integerRange } from './integer-range.ts'

type Value = Exclude<Cell, null>

/** The value that a text is in a type; undefined for any other text. Spaces at its ends do not count. */
export function parseCell(text: string, to: ColumnType): Value | undefined {
  if (to === 'bool') return parseBool(text)
  if (to === 'binary') return unescaped(text)
  const trimmed = text.trim()
  if (isFloat(to)) return parseFloatText(trimmed, to === 'float32')
  if (isDecimal(to)) {
    const decimal = parseDecimal(withoutUnderscores(trimmed))
    const units = decimal && roundedUnits(decimal, decimalScale(to))
    const most = maxUnits(decimalPrecision(to))
    return units === undefined || units > most || units < -most ? undefined : units
  }
  if (to === 'date') return parseDate(trimmed)
  if (isTimestamp(to)) return parseTimestamp(trimmed, to)
  if (isTimeOfDay(to)) return parseTime(trimmed, unitOfTime(to))
  if (isDuration(to)) return parseDuration(trimmed, unitOfTime(to))
  return parseWhole(trimmed, to)
}

function parseBool(text: string): boolean | undefined {
  if (/^(?:true|t|yes|y|1)$/i.test(text)) return true
  return /^(?:false|f|no|n|0)$/i.test(text) ? false : undefined
}

/** Digits may be grouped: `1_000`. */
const withoutUnderscores = (text: string): string => text.replace(/(?<=\d)_(?=\d)/g, '')

function parseWhole(text: string, to: ColumnType): Value | undefined {
  const plain = withoutUnderscores(text)
  const isCoded = /^0(?:x[\da-f]+|b[01]+)$/i.test(plain)
  const decimal = isCoded ? { units: BigInt(plain), scale: 0 } : parseDecimal(plain)
  if (decimal === undefined) return undefined
  const whole = roundedUnits(decimal, 0)
  const [min, max] = integerRange(to)
  // What has a minus is none of the unsigned, though it may round to 0.
  if (whole === undefined || whole < min || whole > max || (min === 0n && decimal.units < 0n))
    return undefined
  return to === 'int64' || to === 'uint64' ? whole : Number(whole)
}

function parseFloatText(text: string, isSingle: boolean): number | undefined {
  const special = /^([+-]?)(?:(nan)|inf(?:inity)?)$/i.exec(text)
  if (special)
    return special[2] ? Number.NaN : special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  const plain = withoutUnderscores(text)
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(plain)) return undefined
  return isSingle ? Math.fround(Number(plain)) : Number(plain)
}

/** A date, then what follows it. */
const DATE = /^(-?\d{1,7})([-/ ])(\d{1,2})\2(\d{1,2})( \(BC\))?(?:$|(?=[ T]))/

function dateAt(text: string): { days: number; rest: string } | undefined {
  const match = DATE.exec(text)
  if (!match) return undefined
  const [all, year, , month, day, before] = match
  const named = before ? 1 - Number(year) : Number(year)
  const [m, d] = [Number(month), Number(day)]
  if (m < 1 || m > 12 || d < 1) return undefined
  const first = daysFromMonth(named, m)
  const next = m === 12 ? daysFromMonth(named + 1, 1) : daysFromMonth(named, m + 1)
  const days = first + d - 1
  return days >= next ? undefined : { days, rest: text.slice(all.length) }
}

/** A date, or what has one in front of a time. */
function parseDate(text: string): number | undefined {
  const date = dateAt(text)
  if (!date || (date.rest !== '' && timeAt(date.rest, 'ns') === undefined)) return undefined
  const [min, max] = integerRange('date')
  return date.days < Number(min) || date.days > Number(max) ? undefined : date.days
}

/** A time of day after a space or T, and an offset or a zone that may follow it. */
function timeAt(rest: string, unit: TimeUnit): { units: bigint; zone: string } | undefined {
  const match = /^[ T]+(\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.\d+)?)?) ?(.*)$/.exec(rest)
  if (!match) return undefined
  const units = parseTimeOfDay(cutFraction(match[1]!), unit)
  return units === undefined ? undefined : { units, zone: match[2]! }
}

/** At most nine digits of a second. */
const cutFraction = (clock: string): string => clock.replace(/(\.\d{9})\d+$/, '$1')

function parseTimestamp(text: string, type: TimestampType): bigint | undefined {
  const date = dateAt(text)
  if (!date) return undefined
  const unit = timestampUnit(type)
  const time = date.rest === '' ? { units: 0n, zone: '' } : timeAt(date.rest, unit)
  if (!time) return undefined
  const perSecond = BigInt(UNITS_PER_SECOND[unit])
  const local = BigInt(date.days) * 86_400n * perSecond + time.units
  const instant = instantOf(local, perSecond, time.zone, timestampZone(type))
  return instant === undefined || BigInt.asIntN(64, instant) !== instant ? undefined : instant
}

/** The instant of a local time by what follows it, else by the zone of the type; undefined for what is none of both. */
function instantOf(
  local: bigint,
  perSecond: bigint,
  given: string,
  zone: string | undefined,
): bigint | undefined {
  if (/^(?:Z|UTC)$/i.test(given)) return local
  // Whether a time without a zone means the local time or the instant nobody knows.
  if (zone === undefined) return given === '' ? local : undefined
  const offset = /^([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$/.exec(given)
  if (offset) {
    const seconds = Number(offset[2]) * 3600 + Number(offset[3] ?? 0) * 60 + Number(offset[4] ?? 0)
    return local - BigInt(offset[1] === '-' ? -seconds : seconds) * perSecond
  }
  return inZone(local, perSecond, given || zone)
}

function inZone(local: bigint, perSecond: bigint, zone: string): bigint | undefined {
  if (!isTimeZone(zone)) return undefined
  const rest = ((local % perSecond) + perSecond) % perSecond
  const clockMs = Number((local - rest) / perSecond) * 1000
  return BigInt(timeZone(zone).instantOf(clockMs) / 1000) * perSecond + rest
}

/** A time of day, which may have a date in front. */
function parseTime(text: string, unit: TimeUnit): bigint | undefined {
  const date = dateAt(text)
  if (!date) return parseTimeOfDay(cutFraction(text), unit)
  const time = timeAt(date.rest, unit)
  // The end of a day is the beginning of the next.
  return time?.zone === '' ? time.units % (86_400n * BigInt(UNITS_PER_SECOND[unit])) : undefined
}

const NANOS: Readonly<Record<string, bigint>> = {
  w: 604_800_000_000_000n,
  d: 86_400_000_000_000n,
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1000n,
}
const UNIT_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^(?:w|weeks?)$/i, 'w'],
  [/^(?:d|days?)$/i, 'd'],
  [/^(?:h|hr|hrs|hours?)$/i, 'h'],
  [/^(?:m|min|mins|minutes?)$/i, 'm'],
  [/^(?:s|sec|secs|seconds?)$/i, 's'],
  [/^(?:ms|msecs?|milliseconds?)$/i, 'ms'],
  [/^(?:us|usecs?|microseconds?)$/i, 'us'],
]

/** `26:00:00`, `2 hours 30 minutes`, `1.5h`, `1 day 02:00:00`. No months or years: they differ in length. */
export function parseDuration(text: string, unit: TimeUnit): bigint | undefined {
  const token =
    /\s*(?:([+-]?\d+:\d{1,2}(?::\d{1,2}(?:\.\d*)?)?)|([+-]?\d+(?:\.\d+)?)\s*([a-z]+))(?=$|[\s\d+-])/iy
  let nanos = 0n
  let at = 0
  while (at < text.length) {
    token.lastIndex = at
    const match = token.exec(text)
    if (!match) return undefined
    const part = match[1] ? parseClockDuration(cutFraction(match[1]), 'ns') : countOf(match[2]!, match[3]!)
    if (part === undefined) return undefined
    nanos += part
    at = token.lastIndex
  }
  if (at === 0) return undefined
  const size = BigInt(1e9 / UNITS_PER_SECOND[unit])
  const units = nanos / size
  return BigInt.asIntN(64, units) === units ? units : undefined
}

function countOf(count: string, name: string): bigint | undefined {
  const size = UNIT_NAMES.find(([pattern]) => pattern.test(name))
  const decimal = parseDecimal(count)
  if (!size || !decimal) return undefined
  return (decimal.units * NANOS[size[1]]!) / 10n ** BigInt(decimal.scale)
}

/** Bytes from printable ASCII and escapes: `a\x00`; undefined for anything else. */
function unescaped(text: string): string | undefined {
  if (!/^(?:[\x20-\x5b\x5d-\x7e]|\\x[\da-f]{2})*$/i.test(text)) return undefined
  const bytes = new Uint8Array(text.length)
  let used = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') {
      bytes[used++] = Number.parseInt(text.slice(i + 2, i + 4), 16)
      i += 3
    } else bytes[used++] = text.charCodeAt(i)
  }
  return binaryString(bytes.subarray(0, used))
}
