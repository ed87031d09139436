/** Dates and timestamps, in UTC whatever their zone: a zone is how a timestamp is shown, not what it is. */

import { PlanError } from '../../errors.ts'
import {
  type ColumnType,
  isTimestamp,
  timestampUnit,
  timestampZone,
  UNITS_PER_SECOND,
} from '../../types/column-type.ts'
import { type Bound, boundCall, coerce, expectArguments, wrongArgument } from '../bound.ts'
import type { Cell } from '../cell.ts'
import { dayOf, dayOfWeek, monthOf, truncateDays, yearOf } from '../civil.ts'
import type { Call } from '../expr.ts'
import { fitWhole } from '../overflow.ts'
import { show } from '../show.ts'
import { floorDivBig } from './casts.ts'
import { type FunctionSpec, strict } from './contract.ts'

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
export const FIXED_SECONDS: Readonly<Record<string, number>> = {
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

/** DuckDB computes in microseconds, and in the session's zone where there is a zone. */
const sameInDuckdb = ([type]: readonly ColumnType[]): boolean =>
  type === 'date' || (isTimestamp(type!) && timestampUnit(type) !== 'ns' && timestampZone(type) === undefined)

/** Units of a timestamp type in a second; a date is counted in days. */
export const unitsPerSecond = (type: ColumnType): number =>
  isTimestamp(type) ? UNITS_PER_SECOND[timestampUnit(type)] : 1 / 86_400

/** Whole days since 1970 of a date's or timestamp's cell. */
const daysOfCell = (cell: number | bigint, type: ColumnType): number =>
  type === 'date' ? Number(cell) : Number(floorDivBig(BigInt(cell), BigInt(unitsPerSecond(type)) * 86_400n))

/** Cut down to the start of its second, minute, hour, day, week (Monday), month, quarter or year, in UTC. */
const truncate: FunctionSpec = {
  name: 'truncate',
  parity: { duckdb: sameInDuckdb },
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
    return boundCall('truncate', arg.type, [arg], call, { unit })
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
}

/**
 * A part of a time, in UTC: int32, `epochMs` int53. `dayOfWeek` 0 is Sunday; `hourOfWeek` 0 is Sunday 00:00 to 00:59,
 * 167 Saturday 23:00; `second` has no fraction; `epochMs` is cut down to whole milliseconds since 1970.
 */
const extract: FunctionSpec = {
  name: 'extract',
  parity: { duckdb: sameInDuckdb },
  bind(args, call) {
    const arg = asTime(args, call)
    const part = call.options?.part as string
    if (!PARTS.has(part)) {
      throw new PlanError('TIME_UNIT', `${show(call)}: cannot extract ${JSON.stringify(part)}`, {
        hint: `the parts are ${[...PARTS].join(', ')}`,
      })
    }
    return boundCall('extract', part === 'epochMs' ? 'int53' : 'int32', [arg], call, { part })
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
}

export const times: readonly FunctionSpec[] = [truncate, extract]
