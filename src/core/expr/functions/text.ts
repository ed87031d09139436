/** Text. Everything goes by UTF-8 bytes but `lower`, `upper` and `length`, which go by code points. */

import { isText } from '../../types/column-type.ts'
import { type Bound, boundCall, coerce, expectArguments, wrongArgument } from '../bound.ts'
import type { Call } from '../expr.ts'
import { type FunctionSpec, strict } from './contract.ts'

const asText = (node: Bound, call: Call): Bound => {
  if (node.type === undefined) return coerce(node, 'utf8')
  if (!isText(node.type)) throw wrongArgument(call, 'text', node.type)
  return node
}

const predicate = (name: string, holds: (text: string, part: string) => boolean): FunctionSpec => ({
  name,
  parity: { duckdb: true },
  bind(args, call) {
    expectArguments(call, 2)
    return boundCall(
      name,
      'bool',
      args.map(arg => asText(arg, call)),
      call,
    )
  },
  interpret: strict((_node, text: string, part: string) => holds(text, part)),
})

/**
 * Changes case one code point at a time, as DuckDB does: a mapping to several code points (`ß` to `SS`) is left out.
 * The tables are those of the JavaScript engine's Unicode version, hence no parity.
 */
function mapCase(
  text: string,
  map: (point: string) => string,
  exceptions: ReadonlyMap<string, string>,
): string {
  let mapped = ''
  for (const point of text) {
    const to = exceptions.get(point) ?? map(point)
    mapped += to.length === String.fromCodePoint(to.codePointAt(0)!).length ? to : point
  }
  return mapped
}

const LOWER_EXCEPTIONS: ReadonlyMap<string, string> = new Map([['\u0130', 'i']])
const UPPER_EXCEPTIONS: ReadonlyMap<string, string> = new Map([['\u00df', '\u1e9e']])

export const lowerText = (text: string): string =>
  mapCase(text, point => point.toLowerCase(), LOWER_EXCEPTIONS)
export const upperText = (text: string): string =>
  mapCase(text, point => point.toUpperCase(), UPPER_EXCEPTIONS)

const caseFunction = (name: string, change: (text: string) => string): FunctionSpec => ({
  name,
  parity: { duckdb: false },
  bind(args, call) {
    expectArguments(call, 1)
    return boundCall(name, 'utf8', [asText(args[0]!, call)], call)
  },
  interpret: strict((_node, text: string) => change(text)),
})

/** Number of code points. */
const length: FunctionSpec = {
  name: 'length',
  parity: { duckdb: true },
  bind(args, call) {
    expectArguments(call, 1)
    return boundCall('length', 'int32', [asText(args[0]!, call)], call)
  },
  interpret: strict((_node, text: string) => {
    let points = 0
    for (const _ of text) points++
    return points
  }),
}

/** Joins texts; null when one is (SQL's `||`). */
const concat: FunctionSpec = {
  name: 'concat',
  parity: { duckdb: true },
  bind(args, call) {
    expectArguments(call, 1, Number.POSITIVE_INFINITY)
    return boundCall(
      'concat',
      'utf8',
      args.map(arg => asText(arg, call)),
      call,
    )
  },
  interpret: strict((_node, ...texts: string[]) => texts.join('')),
}

export const texts: readonly FunctionSpec[] = [
  predicate('startsWith', (text, part) => text.startsWith(part)),
  predicate('endsWith', (text, part) => text.endsWith(part)),
  predicate('contains', (text, part) => text.includes(part)),
  caseFunction('lower', lowerText),
  caseFunction('upper', upperText),
  length,
  concat,
]
