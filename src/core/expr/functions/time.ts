/**
 * Starts of spans and parts of dates and timestamps: in the zone that is given, else in the column's, else in UTC. In a zone, they
 * are those of what its clocks show (`toLocal`).
 */

import { PlanError } from '../../errors.ts'
import {
  type ColumnType,
  isTimeOfDay,
  isTimestamp,
  timestampUnit,
  timestampZone,
} from '../../types/column-type.ts'
import type { TimeZone } from '../../types/time-zone.ts'
import { boundCall, expectArguments } from '../bound.ts'
import type { Cell } from '../cell.ts'
import {
  dayOf,
  dayOfYear,
  floorDiv,
  isoDayOfWeek,
  isoWeekOf,
  isoYearOf,
  monthOf,
  quarterOf,
  truncateMonths,
  yearOf,
} from '../civil.ts'
import { truncateInZone, truncateInZoneBig } from '../clock.ts'
import { emitFit, emitFloorDiv, emitFloorMod } from '../emit-whole.ts'
import type { Call } from '../expr.ts'
import { floorDivBig } from '../floor-big.ts'
import { fitWhole } from '../overflow.ts'
import { show } from '../show.ts'
import { spanUnits, type TimeSpan, type TimeSpanText, timeSpan } from '../time-span.ts'
import {
  type Bound,
  type BoundCall,
  type DuckdbForm,
  type Emitted,
  type Emitter,
  type FunctionSpec,
  strict,
} from './contract.ts'
import { asTime, type Typed, unitsPerSecond, zoneOf } from './time-argument.ts'
import { clockOf, instantOf } from './time-zone.ts'

/** What a time can be cut down to: a unit, or a number of them. Weeks begin on Monday. */
export type TruncateUnit = TimeSpanText

export type ExtractPart =
  | 'year'
  | 'quarter'
  | 'month'
  | 'week'
  | 'isoYear'
  | 'day'
  | 'dayOfYear'
  | 'dayOfWeek'
  | 'hourOfWeek'
  | 'hour'
  | 'minute'
  | 'second'
  | 'millisecond'
  | 'microsecond'
  | 'nanosecond'
  | 'epochMs'

/**
 * DuckDB computes in microseconds, in the session's zone where there is a zone, and cuts milliseconds towards zero. It
 * takes the extreme dates and timestamps for infinity, so that nothing is sent there: no `sql`.
 */
const duckdb: DuckdbForm = {
  parity({ args, options }) {
    const type = args[0]!.type!
    if (!isTimestamp(type)) return true
    const unit = timestampUnit(type)
    return (
      unit !== 'ns' && timestampZone(type) === undefined && !(unit === 'us' && options.part === 'epochMs')
    )
  },
}

/** Whole days since 1970 of a date's or timestamp's cell. */
export const daysOfCell = (cell: number | bigint, type: ColumnType): number =>
  type === 'date' ? Number(cell) : Number(floorDivBig(BigInt(cell), BigInt(unitsPerSecond(type)) * 86_400n))

/**
 * The code of a time in units of `seconds` seconds since 1970, rounded down; a number, even where times are BigInts.
 */
function emitUnits(x: string, type: ColumnType, seconds: number, emitter: Emitter): string {
  const units = unitsPerSecond(type) * seconds
  if (emitter.representation(type) === 'num') return emitFloorDiv(emitter, x, units)
  return emitter.constant(`Number(${emitter.outside(floorDivBig)}(${x}, ${emitter.outside(BigInt(units))}))`)
}

export const emitDays = (x: string, type: ColumnType, emitter: Emitter): string =>
  type === 'date' ? x : emitUnits(x, type, 86_400, emitter)

/** The span as units of the column, and where one of them begins; months are counted by the calendar. */
interface Cut {
  readonly size: bigint
  readonly first: bigint
  readonly months?: number
  /** Set where a span shorter than a day is cut in a zone. */
  readonly zone?: TimeZone
}

const cutOf = ({ options }: BoundCall): Cut => options.cut as Cut

function spanOf(call: Call): TimeSpan {
  const span = timeSpan(call.options?.unit)
  if (span.count > 0n && span.count < 2n ** 53n) return span
  throw new PlanError(
    'TIME_UNIT',
    `${show(call)}: a time is cut down to a span that is longer than nothing`,
    {
      hint: "r.at.truncate('15m')",
    },
  )
}

function cutFor(
  type: ColumnType,
  span: TimeSpan,
  zone: TimeZone | undefined,
  unit: unknown,
): Cut | undefined {
  if (span.kind === 'months') return { size: 0n, first: 0n, months: Number(span.count) }
  if (type === 'date') {
    // A date already is the start of its day, hour, minute and second.
    if (span.kind === 'nanos') return undefined
    return { size: span.count, first: span.isWeeks ? -3n : 0n }
  }
  const perSecond = unitsPerSecond(type)
  // A millisecond is a whole number of microseconds already.
  if (span.kind === 'nanos' && (1_000_000_000n / BigInt(perSecond)) % span.count === 0n) return undefined
  const size = spanUnits(span, perSecond, unit)
  return {
    size,
    first: span.isWeeks ? -3n * 86_400n * BigInt(perSecond) : 0n,
    ...(zone && span.kind === 'nanos' && { zone }),
  }
}

/** Cut down to the start of a span. */
const truncate: FunctionSpec = {
  name: 'truncate',
  duckdb,
  bind(args, call) {
    expectArguments(call, 1)
    const arg = asTime(args[0]!, call)
    const span = spanOf(call)
    const zone = zoneOf(arg.type, call)
    const cut = cutFor(arg.type, span, zone, call.options?.unit)
    if (!cut) return arg
    if (!zone || cut.zone) return boundCall(truncate, arg.type, [arg], call, { cut })
    const clock = clockOf(arg, zone, call)
    const start = boundCall(truncate, clock.type, [clock], call, { cut })
    return instantOf(start as Typed, zone, arg.type, call)
  },
  interpret: strict((node, cell: number | bigint) => {
    const { size, first, months, zone } = cutOf(node)
    const { type } = node
    const x = BigInt(cell)
    if (zone) return fitWhole(node, truncateInZoneBig(x, size, zone, unitsPerSecond(type)))
    if (months === undefined) return fitWhole(node, floorDivBig(x - first, size) * size + first)
    const days = BigInt(truncateMonths(daysOfCell(cell, type), months))
    return fitWhole(node, type === 'date' ? days : days * 86_400n * BigInt(unitsPerSecond(type)))
  }),
  canFail: () => true,
  emit: emitTruncate,
}

function emitTruncate(node: BoundCall, emitter: Emitter): Emitted {
  const { args, ...nulls } = emitter.strict(node)
  const { type } = node
  const value = emitter.constant(emitCut(args[0]!.value, type, cutOf(node), emitter))
  emitFit(emitter, node, value, nulls.valid)
  return { value, ...nulls }
}

function emitCut(x: string, type: ColumnType, { size, first, months, zone }: Cut, emitter: Emitter): string {
  const big = emitter.representation(type) === 'big'
  const outside = (units: bigint) => emitter.outside(big ? units : Number(units))
  if (zone) {
    const compute = emitter.outside(big ? truncateInZoneBig : truncateInZone)
    return `${compute}(${x}, ${outside(size)}, ${emitter.outside(zone)}, ${emitter.outside(unitsPerSecond(type))})`
  }
  if (months !== undefined) {
    const days = `${emitter.outside(truncateMonths)}(${emitDays(x, type, emitter)}, ${emitter.outside(months)})`
    if (type === 'date') return days
    const perDay = BigInt(unitsPerSecond(type)) * 86_400n
    return big ? `BigInt(${days}) * ${outside(perDay)}` : `${days} * ${outside(perDay)} + 0`
  }
  const from = first === 0n ? x : emitter.constant(`${x} - ${outside(first)}`)
  const whole = big
    ? `${emitter.outside(floorDivBig)}(${from}, ${outside(size)})`
    : emitFloorDiv(emitter, from, Number(size))
  // Whole numbers have no -0.
  return `${whole} * ${outside(size)} + ${first === 0n ? (big ? '0n' : '0') : outside(first)}`
}

/** Parts that repeat: how many seconds one is long, how many there are, that of 1970-01-01, and the number of the first. */
interface Cycle {
  readonly seconds: number
  readonly count: number
  readonly first: number
  readonly base?: number
}

const CYCLES: Readonly<Record<string, Cycle>> = {
  second: { seconds: 1, count: 60, first: 0 },
  minute: { seconds: 60, count: 60, first: 0 },
  hour: { seconds: 3600, count: 24, first: 0 },
  // 1970 began on a Thursday.
  dayOfWeek: { seconds: 86_400, count: 7, first: 3, base: 1 },
  hourOfWeek: { seconds: 3600, count: 168, first: 72 },
}

/** Parts of a second: how many of them one has. */
const FRACTIONS: Readonly<Record<string, number>> = { millisecond: 1e3, microsecond: 1e6, nanosecond: 1e9 }

const CALENDAR: Readonly<Record<string, (days: number) => number>> = {
  year: yearOf,
  quarter: quarterOf,
  month: monthOf,
  week: isoWeekOf,
  isoYear: isoYearOf,
  day: dayOf,
  dayOfYear,
}

const PARTS: readonly string[] = [
  ...Object.keys(CALENDAR),
  ...Object.keys(CYCLES),
  ...Object.keys(FRACTIONS),
  'epochMs',
]

/** The time of day 24:00:00 has hour 24. */
const CLOCK_HOURS: Cycle = { seconds: 3600, count: 25, first: 0 }

/** Those that a time of day has. */
const CLOCK_PARTS: readonly string[] = ['hour', 'minute', 'second', ...Object.keys(FRACTIONS)]

/**
 * A part of a time of day, which is a time on 1970-01-01.
 *
 * @throws {PlanError} `TIME_UNIT`, `TIME_ZONE`
 */
function bindClockPart(clock: Typed, call: Call): Bound {
  const { part, zone } = call.options ?? {}
  if (!CLOCK_PARTS.includes(part as string)) {
    throw new PlanError('TIME_UNIT', `${show(call)}: a time of day has no ${JSON.stringify(part)}`, {
      hint: `its parts are ${CLOCK_PARTS.join(', ')}`,
    })
  }
  if (zone !== undefined) {
    throw new PlanError('TIME_ZONE', `${show(call)}: a time of day is not shown in a zone`, {
      hint: 'leave the zone out',
    })
  }
  return boundCall(extract, 'int32', [clock], call, { part })
}

const isYear = (part: unknown): boolean => part === 'year' || part === 'isoYear'

function emitExtract(node: BoundCall, emitter: Emitter): Emitted {
  const { args, ...nulls } = emitter.strict(node)
  const x = args[0]!.value
  const type = node.args[0]!.type!
  const part = node.options.part as ExtractPart
  const cycle = part === 'hour' && isTimeOfDay(type) ? CLOCK_HOURS : CYCLES[part]
  if (cycle) return { value: emitCycle(x, type, cycle, emitter), ...nulls }
  const perSecond = FRACTIONS[part]
  if (perSecond) return { value: emitFraction(x, type, perSecond, emitter), ...nulls }
  const value = emitter.constant(
    part === 'epochMs'
      ? emitEpochMs(x, type, emitter)
      : `${emitter.outside(CALENDAR[part])}(${emitDays(x, type, emitter)})`,
  )
  if (part === 'epochMs' || isYear(part)) emitFit(emitter, node, value, nulls.valid)
  return { value, ...nulls }
}

/** As the code below, for times no double holds. */
function cycleBig(x: bigint, size: bigint, first: bigint, count: bigint): number {
  const units = floorDivBig(x, size) + first
  return Number(units - floorDivBig(units, count) * count)
}

function emitCycle(
  x: string,
  type: ColumnType,
  { seconds, count, first, base = 0 }: Cycle,
  emitter: Emitter,
): string {
  const based = (code: string) => (base === 0 ? code : emitter.constant(`${code} + ${base}`))
  if (type === 'date' && count * seconds <= 86_400) return '0'
  if (emitter.representation(type) === 'big') {
    const size = emitter.outside(BigInt(unitsPerSecond(type) * seconds))
    return based(
      emitter.constant(
        `${emitter.outside(cycleBig)}(${x}, ${size}, ${emitter.outside(BigInt(first))}, ${emitter.outside(BigInt(count))})`,
      ),
    )
  }
  const units = type === 'date' ? `${x} * ${86_400 / seconds}` : emitUnits(x, type, seconds, emitter)
  return based(emitFloorMod(emitter, emitter.constant(`${units} + ${first}`), count))
}

/** Which part of its second a time is in; of a column with fewer digits a multiple. */
function fractionOf(x: number, unitsPerSecond: number, perSecond: number): number {
  const rest = x - floorDiv(x, unitsPerSecond) * unitsPerSecond
  return perSecond >= unitsPerSecond
    ? rest * (perSecond / unitsPerSecond)
    : Math.floor(rest / (unitsPerSecond / perSecond))
}

function fractionOfBig(x: bigint, unitsPerSecond: number, perSecond: number): number {
  const size = BigInt(unitsPerSecond)
  return fractionOf(Number(x - floorDivBig(x, size) * size), unitsPerSecond, perSecond)
}

function emitFraction(x: string, type: ColumnType, perSecond: number, emitter: Emitter): string {
  if (type === 'date') return '0'
  const compute = emitter.outside(emitter.representation(type) === 'big' ? fractionOfBig : fractionOf)
  return emitter.constant(
    `${compute}(${x}, ${emitter.outside(unitsPerSecond(type))}, ${emitter.outside(perSecond)})`,
  )
}

function emitEpochMs(x: string, type: ColumnType, emitter: Emitter): string {
  if (type === 'date') return `${x} * 86400000`
  const perSecond = unitsPerSecond(type)
  const big = emitter.representation(type) === 'big'
  const outside = (value: number) => emitter.outside(big ? BigInt(value) : value)
  if (perSecond <= 1000) {
    const scaled = `${x} * ${outside(1000 / perSecond)}`
    return big ? `Number(${scaled})` : scaled
  }
  if (!big) return emitFloorDiv(emitter, x, perSecond / 1000)
  return `Number(${emitter.outside(floorDivBig)}(${x}, ${outside(perSecond / 1000)}))`
}

/**
 * A part of a time: int32, `epochMs` int53. `dayOfWeek` is 1 on Monday and 7 on Sunday; `hourOfWeek` 0 is Monday 00:00 to 00:59,
 * 167 Sunday 23:00; `week` and `isoYear` are those of ISO 8601; `second` has no fraction, and `millisecond` and so on are within
 * the second; `epochMs` is cut down to whole milliseconds since 1970, whatever the zone.
 */
export const extract: FunctionSpec = {
  name: 'extract',
  duckdb,
  bind(args, call) {
    expectArguments(call, 1)
    const [given] = args
    if (given!.type !== undefined && isTimeOfDay(given!.type)) return bindClockPart(given as Typed, call)
    const arg = asTime(given!, call)
    const part = call.options?.part as string
    if (!PARTS.includes(part)) {
      throw new PlanError('TIME_UNIT', `${show(call)}: cannot extract ${JSON.stringify(part)}`, {
        hint: `the parts are ${PARTS.join(', ')}`,
      })
    }
    const zone = zoneOf(arg.type, call)
    if (part === 'epochMs') return boundCall(extract, 'int53', [arg], call, { part })
    return boundCall(extract, 'int32', [clockOf(arg, zone, call)], call, { part })
  },
  interpret: strict((node, cell: number | bigint): Cell => {
    const type = node.args[0]!.type!
    const part = node.options.part as ExtractPart
    if (part === 'epochMs') {
      const ms =
        type === 'date'
          ? BigInt(cell) * 86_400_000n
          : floorDivBig(BigInt(cell) * 1000n, BigInt(unitsPerSecond(type)))
      return fitWhole(node, ms)
    }
    const days = isTimeOfDay(type) ? 0 : daysOfCell(cell, type)
    const calendar = CALENDAR[part]
    if (calendar) return isYear(part) ? fitWhole(node, BigInt(calendar(days))) : calendar(days)
    if (part === 'dayOfWeek') return isoDayOfWeek(days)
    if (type === 'date') return part === 'hourOfWeek' ? (isoDayOfWeek(days) - 1) * 24 : 0
    const perSecond = BigInt(unitsPerSecond(type))
    const fraction = FRACTIONS[part]
    if (fraction) return fractionOfBig(BigInt(cell), Number(perSecond), fraction)
    const seconds = Number(floorDivBig(BigInt(cell), perSecond) - BigInt(days) * 86_400n)
    if (part === 'hourOfWeek') return (isoDayOfWeek(days) - 1) * 24 + Math.floor(seconds / 3600)
    if (part === 'hour') return Math.floor(seconds / 3600)
    const { seconds: size, count } = CYCLES[part]!
    return Math.floor(seconds / size) % count
  }),
  canFail: node => isYear(node.options.part) || node.options.part === 'epochMs',
  emit: emitExtract,
}

export const times: readonly FunctionSpec[] = [truncate, extract]
