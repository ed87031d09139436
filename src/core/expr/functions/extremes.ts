/** The greatest and the least of several values of a row. Null when one is null; NaN is greater than every number. */

import { adaptLiterals, boundCall, expectArguments, mergedType } from '../bound.ts'
import type { Cell } from '../cell.ts'
import { coerce } from './casts.ts'
import { compareCells, emitRelation } from './comparison.ts'
import type { BoundCall, Emitted, Emitter, FunctionSpec } from './contract.ts'

/** DuckDB leaves nulls out, hence no parity. */
function extreme(name: 'greatest' | 'least', relation: 'gt' | 'lt'): FunctionSpec {
  const wanted = relation === 'gt' ? 1 : -1
  const spec: FunctionSpec = {
    name,
    bind(args, call) {
      expectArguments(call, 1, Number.POSITIVE_INFINITY)
      const adapted = adaptLiterals(args)
      const merged = mergedType(adapted, call)
      const type = merged === 'dictionary' ? 'utf8' : merged
      return boundCall(
        spec,
        type,
        adapted.map(arg => coerce(arg, type)),
        call,
      )
    },
    interpret(node, argument) {
      const cells = node.args.map((_, i) => argument(i))
      if (cells.includes(null)) return null
      return cells.reduce((best: Cell, cell) =>
        compareCells(cell, best, node.type) * wanted > 0 ? cell : best,
      )
    },
    emit: (node, emitter) => emitExtreme(node, emitter, relation),
  }
  return spec
}

function emitExtreme(node: BoundCall, emitter: Emitter, relation: 'gt' | 'lt'): Emitted {
  const { args, ...nulls } = emitter.strict(node)
  const [first, ...others] = args as [Emitted, ...Emitted[]]
  if (others.length === 0) return first
  const isText = emitter.representation(node.type) === 'text'
  const value = emitter.variable(first.value)
  const best: Emitted = isText
    ? { value, start: emitter.variable(first.start!), end: emitter.variable(first.end!) }
    : { value }
  others.forEach((other, i) => {
    const pair = { ...node, args: [node.args[i + 1]!, node.args[0]!] }
    emitter.block(`if (${emitRelation(relation, pair, other, best, emitter)})`, () => {
      emitter.line(`${value} = ${other.value}`)
      if (isText) emitter.line(`${best.start} = ${other.start}; ${best.end} = ${other.end}`)
    })
  })
  return { ...best, ...nulls }
}

export const greatest: FunctionSpec = extreme('greatest', 'gt')
export const least: FunctionSpec = extreme('least', 'lt')
export const extremes: readonly FunctionSpec[] = [greatest, least]
