/**
 * Three-valued logic: null is "unknown". `and` and `or` look at their operands from left to right and stop where the
 * answer is known, so that the left one can guard the right one.
 */

import { boundCall, canFail, expectArguments, wrongArgument } from '../bound.ts'
import type { Call } from '../expr.ts'
import { coerce } from './casts.ts'
import {
  type Bound,
  type BoundCall,
  type Emitted,
  type Emitter,
  type FunctionSpec,
  sqlInfix,
  strict,
} from './contract.ts'

/** A boolean operand; a bare null is an unknown one. */
export function asCondition(node: Bound, call: Call): Bound {
  if (node.type === undefined) return coerce(node, 'bool')
  if (node.type !== 'bool') {
    throw wrongArgument(
      call,
      'true or false',
      node.type,
      'compare it with something: gt(), eq(), isNotNull()',
    )
  }
  return node
}

/** `and` decides on the first false, `or` on the first true. */
function connective(name: 'and' | 'or', decisive: boolean): FunctionSpec {
  const spec: FunctionSpec = {
    name,
    infix: name,
    duckdb: { sql: sqlInfix(name.toUpperCase()) },
    bind(args, call) {
      expectArguments(call, 1, Number.POSITIVE_INFINITY)
      const conditions = args.map(arg => asCondition(arg, call))
      return boundCall(spec, 'bool', conditions, call)
    },
    interpret(node, argument) {
      let unknown = false
      for (let i = 0; i < node.args.length; i++) {
        const cell = argument(i)
        if (cell === decisive) return decisive
        if (cell === null) unknown = true
      }
      return unknown ? null : !decisive
    },
    nulls: 'own',
    emit: (node, emitter) =>
      node.args.slice(1).some(canFail)
        ? emitGuarded(node, emitter, decisive)
        : emitEager(node, emitter, decisive),
  }
  return spec
}

/** All operands, without a branch. */
function emitEager(node: BoundCall, emitter: Emitter, decisive: boolean): Emitted {
  const args = node.args.map(arg => emitter.cell(arg))
  const nullable = args.some(arg => arg.valid !== undefined)
  if (!nullable)
    return { value: emitter.constant(args.map(arg => `(${arg.value})`).join(decisive ? ' | ' : ' & ')) }
  const isDecisive = (arg: Emitted) => {
    const value = decisive ? `(${arg.value})` : `!(${arg.value})`
    return arg.valid === undefined ? value : `(${arg.valid} & ${value})`
  }
  const decided = emitter.constant(args.map(isDecisive).join(' | '))
  const known = args.filter(arg => arg.valid !== undefined).map(arg => arg.valid!)
  const valid = emitter.constant(`(${decided} | (${known.join(' & ')})) & 1`)
  return { value: decisive ? decided : emitter.constant(`!${decided}`), valid }
}

/** One operand after the other, for operands that may fail. */
function emitGuarded(node: BoundCall, emitter: Emitter, decisive: boolean): Emitted {
  const decided = emitter.variable('0')
  const unknown = emitter.variable('0')
  const emitFrom = (index: number): void => {
    const arg = emitter.cell(node.args[index]!)
    const value = decisive ? `${arg.value}` : `!(${arg.value})`
    emitter.line(`${decided} = ${arg.valid === undefined ? '' : `${arg.valid} & `}${value} | 0`)
    if (arg.valid !== undefined) emitter.line(`${unknown} |= ${arg.valid} ^ 1`)
    if (index + 1 < node.args.length) emitter.block(`if (${decided} === 0)`, () => emitFrom(index + 1))
  }
  emitFrom(0)
  return {
    value: decisive ? decided : emitter.constant(`${decided} ^ 1`),
    valid: emitter.constant(`${decided} | (${unknown} ^ 1)`),
  }
}

const not: FunctionSpec = {
  name: 'not',
  phrase: ([a]) => `not ${a}`,
  duckdb: { sql: ([a]) => `(NOT ${a})` },
  bind(args, call) {
    expectArguments(call, 1)
    return boundCall(not, 'bool', [asCondition(args[0]!, call)], call)
  },
  interpret: strict((_node, a: boolean) => !a),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    return { value: emitter.constant(`!(${args[0]!.value})`), ...nulls }
  },
}

export const and: FunctionSpec = connective('and', false)
export const or: FunctionSpec = connective('or', true)
export const booleans: readonly FunctionSpec[] = [and, or, not]
