/** `when(c1, v1, c2, v2, …, otherwise?)`: the value of the first condition that is true. Only that one is evaluated. */

import { adaptLiterals, boundCall, coerce, expectArguments, mergedType } from '../bound.ts'
import { asCondition } from './boolean.ts'
import type { FunctionSpec } from './contract.ts'

const when: FunctionSpec = {
  name: 'when',
  parity: { duckdb: true },
  bind(args, call) {
    expectArguments(call, 2, Number.POSITIVE_INFINITY)
    const isBranch = (i: number) => i % 2 === 1 || i === args.length - 1
    const branches = adaptLiterals(args.filter((_, i) => isBranch(i)))
    const merged = mergedType(branches, call)
    const type = merged === 'dictionary' ? 'utf8' : merged
    let next = 0
    const bound = args.map((arg, i) =>
      isBranch(i) ? coerce(branches[next++]!, type) : asCondition(arg, call),
    )
    return boundCall('when', type, bound, call)
  },
  interpret(node, argument) {
    let i = 0
    for (; i + 1 < node.args.length; i += 2) if (argument(i) === true) return argument(i + 1)
    return i < node.args.length ? argument(i) : null
  },
}

export const conditional: readonly FunctionSpec[] = [when]
