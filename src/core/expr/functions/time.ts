/** Dates and timestamps, in UTC whatever their zone: a zone is how a timestamp is shown, not what it is. */

import { PlanError } from '../../errors.ts'
import {
  type ColumnType,
  isTimestamp,
  type TimestampType,
  timestampUnit,
  timestampZone,
  UNITS_PER_SECOND,
} from '../../types/column-type.ts'
import { boundCall, expectArguments, wrongArgument } from '../bound.ts'
import type { Cell } from '../cell.ts'
import { dayOf, dayOfWeek, monthOf, truncateDays, yearOf } from '../civil.ts'
import { emitFit, emitFloorDiv, emitFloorMod } from '../emit-whole.ts'
import type { Call } from '../expr.ts'
import { fitWhole } from '../overflow.ts'
import { show } from '../show.ts'
import { coerce, floorDivBig } from './casts.ts'
import {
  type Bound,
  type BoundCall,
  type DuckdbForm,
  type Emitted,
  type Emitter,
  type FunctionSpec,
  strict,
} from './contract.ts'

/** What a time can be cut down to. Weeks begin on Monday. */
export type TruncateUnit = 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year'
export type ExtractPart =
  | 'year'
  | 'month'
  | 'day'
  | 'hour'
  | 'minute'
  | 'second'
  | 'dayOfWeek'
  | 'hourOfWeek'
  | 'epochMs'

/** Seconds of the units that have a fixed length. */
const FIXED_SECONDS: Readonly<Record<string, number>> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
}
const CALENDAR_UNITS: ReadonlySet<string> = new Set(['week', 'month', 'quarter', 'year'])
const PARTS: ReadonlySet<string> = new Set(
  'year month day hour minute second dayOfWeek hourOfWeek epochMs'.split(' '),
)

const asTime = (args: readonly Bound[], call: Call): Bound & { type: ColumnType } => {
  expectArguments(call, 1)
  const arg = args[0]!.type === undefined ? coerce(args[0]!, 'timestamp[us]') : args[0]!
  if (arg.type !== 'date' && !isTimestamp(arg.type!))
    throw wrongArgument(call, 'a date or timestamp', arg.type!)
  return arg as Bound & { type: ColumnType }
}

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

const unitsPerSecond = (type: ColumnType): number => UNITS_PER_SECOND[timestampUnit(type as TimestampType)]

/** Whole days since 1970 of a date's or timestamp's cell. */
const daysOfCell = (cell: number | bigint, type: ColumnType): number =>
  type === 'date' ? Number(cell) : Number(floorDivBig(BigInt(cell), BigInt(unitsPerSecond(type)) * 86_400n))

/**
 * The code of a time in units of `seconds` seconds since 1970, rounded down; a number, even where times are BigInts.
 */
function emitUnits(x: string, type: ColumnType, seconds: number, emitter: Emitter): string {
  const units = unitsPerSecond(type) * seconds
  if (emitter.representation(type) === 'num') return emitFloorDiv(emitter, x, units)
  return emitter.constant(`Number(${emitter.outside(floorDivBig)}(${x}, ${emitter.outside(BigInt(units))}))`)
}

const emitDays = (x: string, type: ColumnType, emitter: Emitter): string =>
  type === 'date' ? x : emitUnits(x, type, 86_400, emitter)

function emitTruncate(node: BoundCall, emitter: Emitter): Emitted {
  const { args, ...nulls } = emitter.strict(node)
  const x = args[0]!.value
  const { type } = node
  const unit = node.options.unit as TruncateUnit
  const big = emitter.representation(type) === 'big'
  const fixed = FIXED_SECONDS[unit]
  let code: string
  if (fixed !== undefined) {
    const units = fixed * unitsPerSecond(type)
    const size = emitter.outside(big ? BigInt(units) : units)
    const whole = big ? `${emitter.outside(floorDivBig)}(${x}, ${size})` : emitFloorDiv(emitter, x, units)
    // Whole numbers have no -0.
    code = big ? `${whole} * ${size}` : `${whole} * ${size} + 0`
  } else {
    const days = `${emitter.outside(DAYS_TRUNCATED[unit])}(${emitDays(x, type, emitter)})`
    if (type === 'date') code = days
    else {
      const perDay = unitsPerSecond(type) * 86_400
      code = big
        ? `BigInt(${days}) * ${emitter.outside(BigInt(perDay))}`
        : `${days} * ${emitter.outside(perDay)} + 0`
    }
  }
  const value = emitter.constant(code)
  emitFit(emitter, node, value, nulls.valid)
  return { value, ...nulls }
}

const DAYS_TRUNCATED: Readonly<Record<string, (days: number) => number>> = Object.fromEntries(
  (['week', 'month', 'quarter', 'year'] as const).map(unit => [
    unit,
    (days: number) => truncateDays(days, unit),
  ]),
)

/** Parts that repeat: how many seconds one is long, how many there are, and the number of the one at 1970-01-01. */
const CYCLES: Readonly<Record<string, { seconds: number; count: number; first: number }>> = {
  second: { seconds: 1, count: 60, first: 0 },
  minute: { seconds: 60, count: 60, first: 0 },
  hour: { seconds: 3600, count: 24, first: 0 },
  // 1970 began on a Thursday.
  dayOfWeek: { seconds: 86_400, count: 7, first: 4 },
  hourOfWeek: { seconds: 3600, count: 168, first: 96 },
}

const CALENDAR: Readonly<Record<string, (days: number) => number>> = {
  year: yearOf,
  month: monthOf,
  day: dayOf,
}

function emitExtract(node: BoundCall, emitter: Emitter): Emitted {
  const { args, ...nulls } = emitter.strict(node)
  const x = args[0]!.value
  const type = node.args[0]!.type!
  const part = node.options.part as ExtractPart
  const cycle = CYCLES[part]
  if (cycle) return { value: emitCycle(x, type, cycle, emitter), ...nulls }
  const value = emitter.constant(
    part === 'epochMs'
      ? emitEpochMs(x, type, emitter)
      : `${emitter.outside(CALENDAR[part])}(${emitDays(x, type, emitter)})`,
  )
  if (part === 'epochMs' || part === 'year') emitFit(emitter, node, value, nulls.valid)
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
  { seconds, count, first }: { seconds: number; count: number; first: number },
  emitter: Emitter,
): string {
  if (type === 'date' && count * seconds <= 86_400) return '0'
  if (emitter.representation(type) === 'big') {
    const size = emitter.outside(BigInt(unitsPerSecond(type) * seconds))
    return emitter.constant(
      `${emitter.outside(cycleBig)}(${x}, ${size}, ${emitter.outside(BigInt(first))}, ${emitter.outside(BigInt(count))})`,
    )
  }
  const units = type === 'date' ? `${x} * ${86_400 / seconds}` : emitUnits(x, type, seconds, emitter)
  return emitFloorMod(emitter, emitter.constant(`${units} + ${first}`), count)
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

/** Cut down to the start of its second, minute, hour, day, week (Monday), month, quarter or year, in UTC. */
const truncate: FunctionSpec = {
  name: 'truncate',
  duckdb,
  bind(args, call) {
    const arg = asTime(args, call)
    const unit = call.options?.unit as string
    if (!Object.hasOwn(FIXED_SECONDS, unit) && !CALENDAR_UNITS.has(unit)) {
      throw new PlanError('TIME_UNIT', `${show(call)}: cannot truncate to ${JSON.stringify(unit)}`, {
        hint: `the units are ${[...Object.keys(FIXED_SECONDS), ...CALENDAR_UNITS].join(', ')}`,
      })
    }
    // A date already is the start of its day, hour, minute and second.
    if (arg.type === 'date' && !CALENDAR_UNITS.has(unit)) return arg
    return boundCall(truncate, arg.type, [arg], call, { unit })
  },
  interpret: strict((node, cell: number | bigint) => {
    const unit = node.options.unit as TruncateUnit
    const fixed = FIXED_SECONDS[unit]
    const { type } = node
    if (fixed !== undefined) {
      const size = BigInt(fixed * unitsPerSecond(type))
      return fitWhole(node, floorDivBig(BigInt(cell), size) * size)
    }
    const days = truncateDays(daysOfCell(cell, type), unit as 'week')
    return fitWhole(
      node,
      type === 'date' ? BigInt(days) : BigInt(days) * 86_400n * BigInt(unitsPerSecond(type)),
    )
  }),
  canFail: () => true,
  emit: emitTruncate,
}

/**
 * A part of a time, in UTC: int32, `epochMs` int53. `dayOfWeek` 0 is Sunday; `hourOfWeek` 0 is Sunday 00:00 to 00:59,
 * 167 Saturday 23:00; `second` has no fraction; `epochMs` is cut down to whole milliseconds since 1970.
 */
const extract: FunctionSpec = {
  name: 'extract',
  duckdb,
  bind(args, call) {
    const arg = asTime(args, call)
    const part = call.options?.part as string
    if (!PARTS.has(part)) {
      throw new PlanError('TIME_UNIT', `${show(call)}: cannot extract ${JSON.stringify(part)}`, {
        hint: `the parts are ${[...PARTS].join(', ')}`,
      })
    }
    return boundCall(extract, part === 'epochMs' ? 'int53' : 'int32', [arg], call, { part })
  },
  interpret: strict((node, cell: number | bigint): Cell => {
    const type = node.args[0]!.type!
    const days = daysOfCell(cell, type)
    const seconds =
      type === 'date'
        ? 0
        : Number(floorDivBig(BigInt(cell), BigInt(unitsPerSecond(type))) - BigInt(days) * 86_400n)
    switch (node.options.part as ExtractPart) {
      case 'year':
        return fitWhole(node, BigInt(yearOf(days)))
      case 'month':
        return monthOf(days)
      case 'day':
        return dayOf(days)
      case 'hour':
        return Math.floor(seconds / 3600)
      case 'minute':
        return Math.floor(seconds / 60) % 60
      case 'second':
        return seconds % 60
      case 'dayOfWeek':
        return dayOfWeek(days)
      case 'hourOfWeek':
        return dayOfWeek(days) * 24 + Math.floor(seconds / 3600)
      case 'epochMs':
        return fitWhole(
          node,
          type === 'date'
            ? BigInt(cell) * 86_400_000n
            : floorDivBig(BigInt(cell) * 1000n, BigInt(unitsPerSecond(type))),
        )
    }
  }),
  canFail: node => node.options.part === 'year' || node.options.part === 'epochMs',
  emit: emitExtract,
}

export const times: readonly FunctionSpec[] = [truncate, extract]
