/** What the functions of numbers share. */

import { PlanError } from '../../errors.ts'
import { type ColumnType, isDecimal, isFloat, isNumeric } from '../../types/column-type.ts'
import { adaptLiterals, boundCall, expectArguments, isWhole, untypedNull, wrongArgument } from '../bound.ts'
import type { Call } from '../expr.ts'
import { show } from '../show.ts'
import { coerce } from './casts.ts'
import {
  type Bound,
  type BoundCall,
  type Emitted,
  type Emitter,
  type FunctionSpec,
  strict,
} from './contract.ts'

/** The argument if it is a number with a type; a bare null and anything else is refused. */
export function asNumber(node: Bound, call: Call): Bound & { readonly type: ColumnType } {
  if (node.type === undefined) throw untypedNull(call)
  if (!isNumeric(node.type)) throw wrongArgument(call, 'a number', node.type)
  return node as Bound & { type: ColumnType }
}

/** The argument as a float64; of decimals the nearest one. */
export const asFloat64 = (node: Bound, call: Call): Bound =>
  coerce(node.type !== undefined && isDecimal(node.type) ? node : asNumber(node, call), 'float64')

/** A place, a count: a whole number, brought to int32. A row whose number is larger is an `OVERFLOW`. */
export function asCount(node: Bound, call: Call): Bound {
  if (node.type === undefined) return coerce(node, 'int32')
  if (!isWhole(node.type)) throw wrongArgument(call, 'a whole number', node.type, "cast('int32') rounds it")
  const made = coerce(node, 'int32')
  if (node.kind !== 'literal' || made.kind === 'literal') return made
  throw new PlanError('OPTION', `${show(call)}: ${show(node.expr)} is too large`, {
    hint: 'places and counts are below 2^31',
  })
}

/** A function of float64s to a float64, computed by JavaScript. */
export function floatFunction(name: string, compute: (...xs: number[]) => number): FunctionSpec {
  const spec: FunctionSpec = {
    name,
    bind(args, call) {
      expectArguments(call, compute.length)
      const numbers = adaptLiterals(args).map(arg => asFloat64(arg, call))
      return boundCall(spec, 'float64', numbers, call)
    },
    interpret: strict((_node, ...xs: number[]) => compute(...xs)),
    emit(node, emitter) {
      const { args, ...nulls } = emitter.strict(node)
      const given = args.map(({ value }) => value).join(', ')
      return { value: emitter.constant(`${emitter.outside(compute)}(${given})`), ...nulls }
    },
  }
  return spec
}

/** Code of a float's cell, rounded to the type that the call has. */
export const roundedCode = ({ type }: BoundCall, code: string): string =>
  type === 'float32' ? `Math.fround(${code})` : code

export const roundedTo = (type: ColumnType, value: number): number =>
  type === 'float32' ? Math.fround(value) : value

/** Of a float the code `ofFloat`; a whole number stays as it is. */
export function emitOfFloat(node: BoundCall, emitter: Emitter, ofFloat: (x: string) => string): Emitted {
  const { args, ...nulls } = emitter.strict(node)
  if (!isFloat(node.type)) return args[0]!
  return { value: emitter.constant(roundedCode(node, ofFloat(args[0]!.value))), ...nulls }
}

/** A float64 times a number of ours. */
export const scaledFloat = (node: Bound, factor: number, call: Call): Bound =>
  boundCall(scaled, 'float64', [coerce(node, 'float64')], call, { factor })

const scaled: FunctionSpec = {
  name: 'mul',
  bind: args => args[0]!,
  interpret: strict(({ options }, x: number) => x * (options.factor as number)),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    return {
      value: emitter.constant(`${args[0]!.value} * ${emitter.outside(node.options.factor)}`),
      ...nulls,
    }
  },
}
