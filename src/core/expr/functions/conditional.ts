/** `when(c1, v1, c2, v2, …, otherwise?)`: the value of the first condition that is true. Only that one is evaluated. */

import type { ColumnType } from '../../types/column-type.ts'
import { isNested } from '../../types/nested-type.ts'
import { adaptLiterals, boundCall, expectArguments, mergedType } from '../bound.ts'
import type { Call } from '../expr.ts'
import { NO_BYTES } from '../text-bytes.ts'
import { asCondition } from './boolean.ts'
import { coerce } from './casts.ts'
import type { Bound, BoundCall, Emitted, Emitter, FunctionSpec } from './contract.ts'
import { nestedWhen } from './nested-when.ts'

/** `case when c1 then v1 … else v end`, in either case of letters. */
const caseOf = (args: readonly string[], [begin, when, then, otherwise, end]: readonly string[]): string => {
  let text = begin!
  let i = 0
  for (; i + 1 < args.length; i += 2) text += ` ${when} ${args[i]} ${then} ${args[i + 1]}`
  return `${text}${i < args.length ? ` ${otherwise} ${args[i]}` : ''} ${end}`
}
const WORDS = ['case', 'when', 'then', 'else', 'end']
const SQL_WORDS = WORDS.map(word => word.toUpperCase())

export const when: FunctionSpec = {
  name: 'when',
  maybeColumns: true,
  phrase: (_operands, args) => caseOf(args, WORDS),
  closed: true,
  duckdb: { sql: args => caseOf(args, SQL_WORDS) },
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
    return conditionalOf(type, bound, call)
  },
  interpret(node, argument) {
    let i = 0
    for (; i + 1 < node.args.length; i += 2) if (argument(i) === true) return argument(i + 1)
    return i < node.args.length ? argument(i) : null
  },
  nulls: 'own',
  emit: emitWhen,
}

/** The conditional for values of that type. */
export const conditionalOf = (type: ColumnType, args: readonly Bound[], call: Call): Bound =>
  boundCall(isNested(type) ? nestedWhen : when, type, args, call)

function emitWhen(node: BoundCall, emitter: Emitter): Emitted {
  const representation = emitter.representation(node.type)
  const isText = representation === 'text'
  const value = emitter.variable(isText ? emitter.outside(NO_BYTES) : representation === 'big' ? '0n' : '0')
  const start = isText ? emitter.variable('0') : ''
  const end = isText ? emitter.variable('0') : ''
  const valid = emitter.variable('0')
  let nullable = node.args.length % 2 === 0
  const choose = (index: number): void => {
    const chosen = emitter.cell(node.args[index]!)
    if (chosen.valid !== undefined) nullable = true
    emitter.line(`${value} = ${chosen.value}`)
    if (isText) emitter.line(`${start} = ${chosen.start}; ${end} = ${chosen.end}`)
    emitter.line(`${valid} = ${chosen.valid ?? '1'}`)
  }
  const emitFrom = (index: number): void => {
    if (index === node.args.length - 1) choose(index)
    if (index >= node.args.length - 1) return
    const condition = emitter.cell(node.args[index]!)
    emitter.block(`if (${emitter.truth(condition)})`, () => choose(index + 1))
    if (index + 2 < node.args.length) emitter.block('else', () => emitFrom(index + 2))
  }
  emitFrom(0)
  return { value, ...(isText && { start, end }), ...(nullable && { valid }) }
}

export const conditional: readonly FunctionSpec[] = [when]
