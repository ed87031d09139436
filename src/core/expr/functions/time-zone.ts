/** Between instants and clocks: `toZone`, `toLocal`, `fromLocal`. */

import { PlanError } from '../../errors.ts'
import { isTimestamp, timestampZone } from '../../types/column-type.ts'
import type { TimeZone } from '../../types/time-zone.ts'
import { timeZone } from '../../types/time-zone.ts'
import { boundCall, expectArguments } from '../bound.ts'
import { clockUnits, clockUnitsBig, instantUnits, instantUnitsBig } from '../clock.ts'
import { emitFit } from '../emit-whole.ts'
import type { Call } from '../expr.ts'
import { fitWhole } from '../overflow.ts'
import { show } from '../show.ts'
import {
  type Bound,
  type BoundCall,
  type Emitted,
  type Emitter,
  type FunctionSpec,
  strict,
} from './contract.ts'
import { asTimestamp, type Typed, unitsPerSecond, withZone, zoneOf } from './time-argument.ts'

const zoneIn = ({ options }: BoundCall): TimeZone => options.zone as TimeZone

/** A timestamp to another, one cell at a time. */
function emitMoved(
  node: BoundCall,
  emitter: Emitter,
  number: typeof clockUnits,
  big: typeof clockUnitsBig,
): Emitted {
  const { args, ...nulls } = emitter.strict(node)
  const compute = emitter.representation(node.type) === 'big' ? big : number
  const given = `${args[0]!.value}, ${emitter.outside(zoneIn(node))}, ${emitter.outside(unitsPerSecond(node.type))}`
  const value = emitter.constant(`${emitter.outside(compute)}(${given})`)
  emitFit(emitter, node, value, nulls.valid)
  return { value, ...nulls }
}

/** The same instants, under the name of a zone. A timestamp without one is of UTC. */
const toZone: FunctionSpec = {
  name: 'toZone',
  bind(args, call) {
    expectArguments(call, 1)
    const arg = asTimestamp(args[0]!, call)
    const zone = timeZone(call.options?.zone as string)
    return boundCall(toZone, withZone(arg.type, zone.name), [arg], call)
  },
  interpret: strict((_node, cell: bigint) => cell),
  emit: (node, emitter) => emitter.cell(node.args[0]!),
}

const toLocal: FunctionSpec = {
  name: 'toLocal',
  bind(args, call) {
    expectArguments(call, 1)
    const arg = asTimestamp(args[0]!, call)
    return clockOf(arg, zoneOf(arg.type, call), call)
  },
  canFail: () => true,
  interpret: strict((node, cell: bigint) =>
    fitWhole(node, clockUnitsBig(cell, zoneIn(node), unitsPerSecond(node.type))),
  ),
  emit: (node, emitter) => emitMoved(node, emitter, clockUnits, clockUnitsBig),
}

const fromLocal: FunctionSpec = {
  name: 'fromLocal',
  bind(args, call) {
    expectArguments(call, 1)
    const arg = asTimestamp(args[0]!, call)
    const own = timestampZone(arg.type)
    if (own !== undefined) {
      throw new PlanError('TIME_ZONE', `${show(call)}: it has a zone already, ${own}`, {
        hint: 'toZone() shows the same instants in another one',
      })
    }
    const zone = timeZone(call.options?.zone as string)
    return boundCall(fromLocal, withZone(arg.type, zone.name), [arg], call, { zone })
  },
  canFail: () => true,
  interpret: strict((node, cell: bigint) =>
    fitWhole(node, instantUnitsBig(cell, zoneIn(node), unitsPerSecond(node.type))),
  ),
  emit: (node, emitter) => emitMoved(node, emitter, instantUnits, instantUnitsBig),
}

/** What clocks show in a zone: a timestamp without one. A date, and UTC, are as they are. */
export function clockOf(node: Typed, zone: TimeZone | undefined, call: Call): Typed {
  const { type } = node
  if (!isTimestamp(type)) return node
  const local = withZone(type, undefined)
  if (zone) return boundCall(toLocal, local, [node], call, { zone })
  return type === local ? node : boundCall(toZone, local, [node], call)
}

/** The instants of what clocks show, as `type`. */
export function instantOf(node: Typed, zone: TimeZone | undefined, type: Typed['type'], call: Call): Bound {
  if (zone) return boundCall(fromLocal, type, [node], call, { zone })
  return node.type === type ? node : boundCall(toZone, type, [node], call)
}

export const zoneFunctions: readonly FunctionSpec[] = [toZone, toLocal, fromLocal]
