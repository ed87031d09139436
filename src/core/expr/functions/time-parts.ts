/** Days of the week, ends of months, and times out of numbers. */

import { PlanError } from '../../errors.ts'
import { isFloat, type TimeUnit, UNITS_PER_SECOND } from '../../types/column-type.ts'
import { timeZone } from '../../types/time-zone.ts'
import { boundCall, expectArguments } from '../bound.ts'
import { lastDayOf } from '../civil.ts'
import { emitFit } from '../emit-whole.ts'
import { fitWhole } from '../overflow.ts'
import { show } from '../show.ts'
import { coerce } from './casts.ts'
import { type FunctionSpec, strict } from './contract.ts'
import { asNumber, scaledFloat } from './number-argument.ts'
import { daysOfCell, emitDays, extract } from './time.ts'
import { asTime, withZone, zoneOf } from './time-argument.ts'
import { clockOf } from './time-zone.ts'

/** 1 is Monday, 7 Sunday. */
const dayOfWeek: FunctionSpec = {
  name: 'dayOfWeek',
  bind: (args, call) => extract.bind(args, { ...call, options: { ...call.options, part: 'dayOfWeek' } }),
}

const isWeekend: FunctionSpec = {
  name: 'isWeekend',
  bind: (args, call) => boundCall(isWeekend, 'bool', [dayOfWeek.bind(args, call)], call),
  interpret: strict((_node, day: number) => day > 5),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    return { value: emitter.constant(`${args[0]!.value} > 5`), ...nulls }
  },
}

/** The last day of the month, a date. */
const lastDay: FunctionSpec = {
  name: 'lastDay',
  bind(args, call) {
    expectArguments(call, 1)
    const arg = asTime(args[0]!, call)
    return boundCall(lastDay, 'date', [clockOf(arg, zoneOf(arg.type, call), call)], call)
  },
  canFail: () => true,
  interpret: strict((node, cell: number | bigint) =>
    fitWhole(node, BigInt(lastDayOf(daysOfCell(cell, node.args[0]!.type!)))),
  ),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    const days = emitDays(args[0]!.value, node.args[0]!.type!, emitter)
    const value = emitter.constant(`${emitter.outside(lastDayOf)}(${days})`)
    emitFit(emitter, node, value, nulls.valid)
    return { value, ...nulls }
  },
}

/** A number of seconds, milli-, micro- or nanoseconds since 1970 as a timestamp: of floats, to the microsecond. */
const fromEpoch: FunctionSpec = {
  name: 'fromEpoch',
  bind(args, call) {
    expectArguments(call, 1)
    const { unit, zone } = call.options ?? {}
    if (typeof unit !== 'string' || !Object.hasOwn(UNITS_PER_SECOND, unit)) {
      throw new PlanError('TIME_UNIT', `${show(call)}: ${JSON.stringify(unit)} is no unit of an epoch`, {
        hint: `the units are ${Object.keys(UNITS_PER_SECOND).join(', ')}: r.seconds.fromEpoch('s')`,
      })
    }
    const name = zone === undefined ? undefined : timeZone(zone as string).name
    const arg = asNumber(args[0]!, call)
    if (!isFloat(arg.type))
      return boundCall(
        fromEpoch,
        withZone(`timestamp[${unit as TimeUnit}]`, name),
        [coerce(arg, 'int64')],
        call,
      )
    const scaled = scaledFloat(arg, 1e6 / UNITS_PER_SECOND[unit as TimeUnit], call)
    return boundCall(fromEpoch, withZone('timestamp[us]', name), [coerce(scaled, 'int64')], call)
  },
  interpret: strict((_node, cell: bigint) => cell),
  emit: (node, emitter) => emitter.cell(node.args[0]!),
}

export const timeParts: readonly FunctionSpec[] = [dayOfWeek, isWeekend, lastDay, fromEpoch]
