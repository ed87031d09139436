/** Asking for, filling and making nulls. */

import { isNumeric } from '../../types/column-type.ts'
import { isNested } from '../../types/nested-type.ts'
import {
  adaptLiterals,
  boundCall,
  expectArguments,
  mergedType,
  untypedNull,
  wrongArgument,
} from '../bound.ts'
import { coerce } from './casts.ts'
import { comparable, eq } from './comparison.ts'
import { conditionalOf, when } from './conditional.ts'
import { type Bound, type BoundCall, type FunctionSpec, sqlCall, strict } from './contract.ts'
import { nestedRelations } from './nested-compare.ts'

const isNull: FunctionSpec = {
  name: 'isNull',
  phrase: ([a]) => `${a} is null`,
  duckdb: { sql: ([a]) => `(${a} IS NULL)` },
  bind(args, call) {
    expectArguments(call, 1)
    if (args[0]!.type === undefined) throw untypedNull(call)
    return boundCall(isNull, 'bool', args, call)
  },
  nulls: 'never',
  takesNested: true,
  interpret: (_node, argument) => argument(0) === null,
  emit(node, emitter) {
    const { valid } = emitter.cell(node.args[0]!)
    return { value: valid === undefined ? '0' : emitter.constant(`!${valid}`) }
  },
}

const isNotNull: FunctionSpec = {
  name: 'isNotNull',
  phrase: ([a]) => `${a} is not null`,
  duckdb: { sql: ([a]) => `(${a} IS NOT NULL)` },
  bind(args, call) {
    expectArguments(call, 1)
    if (args[0]!.type === undefined) throw untypedNull(call)
    return boundCall(isNotNull, 'bool', args, call)
  },
  nulls: 'never',
  takesNested: true,
  interpret: (_node, argument) => argument(0) !== null,
  emit: (node, emitter) => ({ value: emitter.cell(node.args[0]!).valid ?? '1' }),
}

const isCoalesce = (node: Bound): node is BoundCall =>
  node.kind === 'call' &&
  node.spec === when &&
  node.expr.kind === 'call' &&
  (node.expr.fn === 'coalesce' || node.expr.fn === 'fillNull')

/** The first argument that is not null. Later ones are evaluated only where needed. */
const coalesce: FunctionSpec = {
  name: 'coalesce',
  maybeColumns: true,
  bind(args, call) {
    expectArguments(call, 1, Number.POSITIVE_INFINITY)
    const adapted = adaptLiterals(args)
    const type = mergedType(adapted, call)
    const [first, ...rest] = adapted.map(arg => coerce(arg, type)) as [Bound, ...Bound[]]
    if (rest.length === 0) return first
    // Of `a.coalesce(b).coalesce(c)` one chain is made: each nested in the next, `a` would be evaluated four times.
    const parts: Bound[] = isCoalesce(first) ? [...first.args.slice(0, -1)] : []
    const head = isCoalesce(first) ? first.args.at(-1)! : first
    for (const arg of [head, ...rest.slice(0, -1)]) {
      parts.push(boundCall(isNotNull, 'bool', [arg], call), arg)
    }
    return conditionalOf(type === 'dictionary' ? 'utf8' : type, [...parts, rest.at(-1)!], call)
  },
}

/** `nullIf(a, b)`: null where the two are equal, else a. */
const nullIf: FunctionSpec = {
  name: 'nullIf',
  maybeColumns: true,
  bind(args, call) {
    expectArguments(call, 2)
    const [a, b] = args as [Bound, Bound]
    if (a.type === undefined) throw untypedNull(call)
    const equal = isNested(a.type)
      ? nestedRelations.get('eq')!.bind([a, b], call)
      : boundCall(eq, 'bool', comparable([a, b], call), call)
    const type = a.type === 'dictionary' ? 'utf8' : a.type
    const none: Bound = { kind: 'literal', type, cell: null, expr: { kind: 'literal', type, value: null } }
    return conditionalOf(type, [equal, none, a], call)
  },
}

const isNotANumber: FunctionSpec = {
  name: 'isNaN',
  duckdb: { sql: sqlCall('isnan') },
  bind(args, call) {
    expectArguments(call, 1)
    const [arg] = args as [Bound]
    if (arg.type === undefined) throw untypedNull(call)
    if (!isNumeric(arg.type)) throw wrongArgument(call, 'a number', arg.type)
    const float = arg.type === 'float32' ? arg : coerce(arg, 'float64')
    return boundCall(isNotANumber, 'bool', [float], call)
  },
  interpret: strict((_node, a: number) => Number.isNaN(a)),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    return { value: emitter.constant(`${args[0]!.value} !== ${args[0]!.value}`), ...nulls }
  },
}

/** `coalesce` with one value. */
const fillNull: FunctionSpec = {
  name: 'fillNull',
  maybeColumns: true,
  bind(args, call) {
    expectArguments(call, 2)
    return coalesce.bind(args, call)
  },
}

export const nulls: readonly FunctionSpec[] = [isNull, isNotNull, coalesce, fillNull, nullIf, isNotANumber]
