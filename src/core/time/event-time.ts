/**
 * Event times as numbers: timestamps and dates of any unit become whole milliseconds since 1970 (floored, so that they
 * are right before 1970 too) and the nanoseconds past them. Read as 32-bit words, exactly; never as BigInts.
 */

import { bitAt, type Column, words32Of } from '../batch/column.ts'
import { type Arena, allocInt32 } from '../batch/slab.ts'
import { DataError } from '../errors.ts'
import { isTimestamp, type TimestampType, type TimeUnit, timestampUnit } from '../types/column-type.ts'

/** The range of a JavaScript `Date`, ms either side of 1970. */
export const MAX_TIME_MS = 8.64e15
const DAY_MS = 86_400_000
const WORD = 2 ** 32

/** How many of a column's units make one millisecond; 1/1000 for seconds. */
export const UNITS_PER_MS: Readonly<Record<TimeUnit, number>> = { s: 1e-3, ms: 1, us: 1e3, ns: 1e6 }

/** @throws {DataError} `NULL_EVENT_TIME` when a row's time is null. */
export function rejectNullTimes(column: Column, count: number, rows?: Uint32Array): void {
  const { validity } = column
  if (!validity) return
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i]!
    if (!bitAt(validity, row)) {
      throw new DataError('NULL_EVENT_TIME', `an event time is null (row ${row} of its batch)`, {
        hint: 'filter the nulls first: .filter(r => r.time.isNotNull())',
      })
    }
  }
}

/** The error for a time that no Date can hold. */
export function timeRangeError(): DataError {
  return new DataError('EVENT_TIME_RANGE', 'an event time lies outside the years -271821 to 275760', {
    hint: 'is the unit of the timestamp right? seconds read as milliseconds, or the reverse, look like this',
  })
}

/**
 * The event times of `count` rows (row `i` is physical row `rows[i]`, or `i`): `outMs[i]` is the time in ms, floored,
 * and `outRestNs[i]` the nanoseconds past it, 0 to 999,999.
 *
 * @throws {DataError} `NULL_EVENT_TIME` for a null, `EVENT_TIME_RANGE` outside ±8.64e15 ms.
 */
export function eventTimesMs(
  column: Column,
  count: number,
  rows: Uint32Array | undefined,
  outMs: Float64Array,
  outRestNs?: Float64Array,
): void {
  rejectNullTimes(column, count, rows)
  if (column.type === 'date') {
    outRestNs?.fill(0, 0, count)
    datesMs(column.values as Int32Array, count, rows, outMs)
    return
  }
  if (!isTimestamp(column.type)) {
    throw new DataError('EVENT_TIME_TYPE', `an event time is a timestamp or a date, not ${column.type}`, {
      hint: 'cast the column first',
    })
  }
  const unit = timestampUnit(column.type)
  const words32 = words32Of(column)
  if (unit === 's' || unit === 'ms') {
    outRestNs?.fill(0, 0, count)
    wholeMs(words32, count, rows, unit === 's' ? 1000 : 1, outMs)
  } else if (outRestNs) finerMsAndRest(words32, count, rows, unit === 'us' ? 1e3 : 1e6, outMs, outRestNs)
  else finerMs(words32, count, rows, unit === 'us' ? 1e3 : 1e6, outMs)
}

function datesMs(days: Int32Array, count: number, rows: Uint32Array | undefined, out: Float64Array): void {
  let worst = 0
  for (let i = 0; i < count; i++) {
    const ms = days[rows === undefined ? i : rows[i]!]! * DAY_MS
    out[i] = ms
    worst = Math.max(worst, Math.abs(ms))
  }
  if (worst > MAX_TIME_MS) throw timeRangeError()
}

function wholeMs(
  words32: Int32Array,
  count: number,
  rows: Uint32Array | undefined,
  scale: number,
  out: Float64Array,
): void {
  let ok = true
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i]!
    const ms = (words32[2 * row + 1]! * WORD + (words32[2 * row]! >>> 0)) * scale
    // Rounding beyond 2^53 keeps the order, so the test is right for what it lets pass.
    ok = ok && ms >= -MAX_TIME_MS && ms <= MAX_TIME_MS
    out[i] = ms
  }
  if (!ok) throw timeRangeError()
}

// value = high * 2^32 + low. With high = q * d + r, floor(value / d) = q * 2^32 + floor((r * 2^32 + low) / d), where
// r * 2^32 + low < d * 2^32 < 2^53 is exact. Its quotient k < 2^32 is at least 1/d >= 1e-6 away from the next whole
// number, which is more than half an ulp (2^-22), so the floor of the rounded quotient is right.
function finerMs(
  words32: Int32Array,
  count: number,
  rows: Uint32Array | undefined,
  d: number,
  out: Float64Array,
): void {
  let ok = true
  let seenHigh = 0
  let base = 0
  let rest = 0
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i]!
    const high = words32[2 * row + 1]!
    if (high !== seenHigh) {
      const q = Math.floor(high / d)
      base = q * WORD
      rest = (high - q * d) * WORD
      seenHigh = high
    }
    const ms = base + Math.floor((rest + (words32[2 * row]! >>> 0)) / d)
    ok = ok && ms >= -MAX_TIME_MS && ms <= MAX_TIME_MS
    out[i] = ms
  }
  if (!ok) throw timeRangeError()
}

function finerMsAndRest(
  words32: Int32Array,
  count: number,
  rows: Uint32Array | undefined,
  d: number,
  out: Float64Array,
  outRestNs: Float64Array,
): void {
  const nsPerUnit = 1e6 / d
  let ok = true
  for (let i = 0; i < count; i++) {
    const row = rows === undefined ? i : rows[i]!
    const high = words32[2 * row + 1]!
    const q = Math.floor(high / d)
    const low = (high - q * d) * WORD + (words32[2 * row]! >>> 0)
    const k = Math.floor(low / d)
    const ms = q * WORD + k
    ok = ok && ms >= -MAX_TIME_MS && ms <= MAX_TIME_MS
    out[i] = ms
    outRestNs[i] = (low - k * d) * nsPerUnit
  }
  if (!ok) throw timeRangeError()
}

/** What the lateness rule asks of a batch; of no rows: Infinity, -Infinity and 0. */
export interface TimeStats {
  readonly minMs: number
  readonly maxMs: number
  /**
   * No row is further behind the latest time before it than this, ms; 0 when the rows are in order. For times finer
   * than a millisecond it may be up to one more than the distance of the floored times.
   */
  readonly worstBehindMs: number
}

let scratch = new Float64Array(1 << 16)

/**
 * The range and the disorder of a batch's event times.
 *
 * @throws {DataError} as {@link eventTimesMs}
 */
export function timeStats(column: Column, count: number, rows?: Uint32Array): TimeStats {
  if (count > 0 && isTimestamp(column.type)) {
    const unit = timestampUnit(column.type)
    rejectNullTimes(column, count, rows)
    const stats = unitStats(words32Of(column), count, rows, UNITS_PER_MS[unit])
    const whole = !rows && count === column.values.length
    if (whole && count >= WORTH_REMEMBERING && stats?.worstBehindMs === 0) ordered.add(column.values)
    if (stats) return stats
  }
  if (scratch.length < count) scratch = new Float64Array(count)
  eventTimesMs(column, count, rows, scratch)
  return msStats(scratch, count)
}

/** Of fewer rows it takes less time to look again. */
const WORTH_REMEMBERING = 4096

const ordered = new WeakSet<Column['values']>()

/** Whether {@link timeStats} found all rows of a long column in order: whoever needs to know next does not look again. */
export const isInOrder = ({ values }: Column): boolean => ordered.has(values)

/**
 * The statistics in the column's own units, brought to ms at the end: flooring keeps the order. Undefined where a
 * double does not hold the times exactly, as those of nanoseconds.
 */
function unitStats(
  words32: Int32Array,
  count: number,
  rows: Uint32Array | undefined,
  perMs: number,
): TimeStats | undefined {
  const first = orderedRows(words32, count, rows)
  let least = unitsAt(words32, rows === undefined ? 0 : rows[0]!)
  let latest = unitsAt(words32, rows === undefined ? first - 1 : rows[first - 1]!)
  let worst = 0
  for (let i = first; i < count; i++) {
    const at = 2 * (rows === undefined ? i : rows[i]!)
    const time = words32[at + 1]! * WORD + (words32[at]! >>> 0)
    if (time >= latest) latest = time
    else if (latest - time > worst) worst = latest - time
    if (time < least) least = time
  }
  if (least < -Number.MAX_SAFE_INTEGER || latest > Number.MAX_SAFE_INTEGER) return undefined
  const limit = MAX_TIME_MS * perMs
  if (least < -limit || latest > limit) throw timeRangeError()
  return {
    minMs: Math.floor(least / perMs),
    maxMs: Math.floor(latest / perMs),
    worstBehindMs: Math.ceil(worst / perMs),
  }
}

const unitsAt = (words32: Int32Array, row: number): number =>
  words32[2 * row + 1]! * WORD + (words32[2 * row]! >>> 0)

/**
 * How many rows from the first on are in order, at least one. The bits of two positive integers, read as doubles,
 * compare as the integers do, and that is one comparison per row; times up to 1970 are left to the caller.
 */
function orderedRows(words32: Int32Array, count: number, rows: Uint32Array | undefined): number {
  const times = new Float64Array(words32.buffer, words32.byteOffset, words32.length >> 1)
  let latest = times[rows === undefined ? 0 : rows[0]!]!
  if (!(latest > 0)) return 1
  for (let i = 1; i < count; i++) {
    const time = times[rows === undefined ? i : rows[i]!]!
    if (!(time >= latest)) return i
    latest = time
  }
  return count
}

function msStats(times: Float64Array, count: number): TimeStats {
  let minMs = Number.POSITIVE_INFINITY
  let maxMs = Number.NEGATIVE_INFINITY
  let worstBehindMs = 0
  for (let i = 0; i < count; i++) {
    const ms = times[i]!
    if (ms >= maxMs) maxMs = ms
    else if (maxMs - ms > worstBehindMs) worstBehindMs = maxMs - ms
    if (ms < minMs) minMs = ms
  }
  return { minMs, maxMs, worstBehindMs }
}

/**
 * Whole milliseconds as a timestamp column of any unit and zone: what window bounds come out as. Seconds are floored.
 *
 * @throws {DataError} `EVENT_TIME_RANGE` when the unit cannot hold a time (nanoseconds end in 2262).
 */
export function timestampColumn(
  timesMs: Float64Array,
  count: number,
  type: TimestampType,
  arena: Arena,
): Column {
  const unit = timestampUnit(type)
  const perMs = unit === 's' ? 1 : UNITS_PER_MS[unit]
  const words32 = allocInt32(arena, count * 2)
  let before = Number.NaN
  let low = 0
  let high = 0
  for (let i = 0; i < count; i++) {
    // Bounds of one window follow each other.
    if (timesMs[i] !== before) {
      before = timesMs[i]!
      const ms = unit === 's' ? Math.floor(before / 1000) : before
      if (!(ms >= -MAX_TIME_MS && ms <= MAX_TIME_MS)) throw timeRangeError()
      const highMs = Math.floor(ms / WORD)
      const lowUnits = (ms - highMs * WORD) * perMs
      const carry = Math.floor(lowUnits / WORD)
      high = highMs * perMs + carry
      if (high < -(2 ** 31) || high >= 2 ** 31) throw timeRangeError()
      low = (lowUnits - carry * WORD) | 0
    }
    words32[2 * i] = low
    words32[2 * i + 1] = high
  }
  return { type, values: new BigInt64Array(words32.buffer, words32.byteOffset, count) }
}

/** Event times, ms and the nanoseconds past them, as a timestamp column: with what is finer than a ms where the type has it. */
export function exactTimestampColumn(
  timesMs: Float64Array,
  restNs: Float64Array,
  type: TimestampType,
  arena: Arena,
): Column {
  const column = timestampColumn(timesMs, timesMs.length, type, arena)
  const unit = timestampUnit(type)
  if (unit === 's' || unit === 'ms') return column
  const values = column.values as BigInt64Array
  const perUnit = unit === 'us' ? 1000 : 1
  for (let i = 0; i < restNs.length; i++)
    if (restNs[i] !== 0) values[i] = values[i]! + BigInt(restNs[i]! / perUnit)
  return column
}
