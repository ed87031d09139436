/**
 * Three-valued logic: null is "unknown". `and` and `or` look at their operands from left to right and stop where the
 * answer is known, so that the left one can guard the right one.
 */

import { type Bound, boundCall, coerce, expectArguments, wrongArgument } from '../bound.ts'
import type { Call } from '../expr.ts'
import { type FunctionSpec, strict } from './contract.ts'

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
const connective = (name: 'and' | 'or', decisive: boolean): FunctionSpec => ({
  name,
  parity: { duckdb: true },
  bind(args, call) {
    expectArguments(call, 1, Number.POSITIVE_INFINITY)
    const conditions = args.map(arg => asCondition(arg, call))
    return boundCall(name, 'bool', conditions, call)
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
})

const not: FunctionSpec = {
  name: 'not',
  parity: { duckdb: true },
  bind(args, call) {
    expectArguments(call, 1)
    return boundCall('not', 'bool', [asCondition(args[0]!, call)], call)
  },
  interpret: strict((_node, a: boolean) => !a),
}

export const booleans: readonly FunctionSpec[] = [connective('and', false), connective('or', true), not]
