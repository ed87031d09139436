/** What the functions of time share. */

import { PlanError } from '../../errors.ts'
import {
  type ColumnType,
  isTimestamp,
  type TimestampType,
  timestampUnit,
  timestampZone,
  UNITS_PER_SECOND,
  unitOfTime,
} from '../../types/column-type.ts'
import { type TimeZone, timeZone } from '../../types/time-zone.ts'
import { wrongArgument } from '../bound.ts'
import type { Call } from '../expr.ts'
import { show } from '../show.ts'
import { coerce } from './casts.ts'
import type { Bound } from './contract.ts'

export type Typed = Bound & { readonly type: ColumnType }

/** The argument as a date or timestamp; a bare null is a timestamp. */
export function asTime(node: Bound, call: Call): Typed {
  const arg = node.type === undefined ? coerce(node, 'timestamp[us]') : node
  if (arg.type !== 'date' && !isTimestamp(arg.type!))
    throw wrongArgument(call, 'a date or timestamp', arg.type!)
  return arg as Typed
}

/** The argument as a timestamp: of a date, the instant at which it begins. */
export function asTimestamp(node: Bound, call: Call): Bound & { readonly type: TimestampType } {
  const arg = asTime(node, call)
  return (arg.type === 'date' ? coerce(arg, 'timestamp[us]') : arg) as Bound & { type: TimestampType }
}

export const unitsPerSecond = (type: ColumnType): number =>
  type === 'date' ? 1 / 86_400 : UNITS_PER_SECOND[unitOfTime(type as TimestampType)]

/** The type with a zone, or without. */
export const withZone = (type: TimestampType, zone: string | undefined): TimestampType =>
  zone === undefined ? `timestamp[${timestampUnit(type)}]` : `timestamp[${timestampUnit(type)}, ${zone}]`

/**
 * The zone in which a call computes: the one that it was given, else that of its argument; undefined: UTC.
 *
 * @throws {PlanError} `TIME_ZONE` for an unknown one, and for one of a date, which has no time
 */
export function zoneOf(
  type: ColumnType,
  call: Call,
  given: unknown = call.options?.zone,
): TimeZone | undefined {
  if (given !== undefined && type === 'date') {
    throw new PlanError('TIME_ZONE', `${show(call)}: a date has no time that a zone could change`, {
      hint: "leave the zone out, or cast('timestamp') the date",
    })
  }
  const name = given ?? (isTimestamp(type) ? timestampZone(type) : undefined)
  if (name === undefined) return undefined
  const zone = timeZone(name as string)
  return zone.name === 'UTC' ? undefined : zone
}
