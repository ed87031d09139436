/** Text. Everything goes by UTF-8 bytes but `lower`, `upper` and `length`, which go by code points. */

import { isText } from '../../types/column-type.ts'
import { boundCall, expectArguments, wrongArgument } from '../bound.ts'
import type { Call } from '../expr.ts'
import { containsBytes, countPoints, endsWithBytes, startsWithBytes } from '../text-bytes.ts'
import { coerce } from './casts.ts'
import { type Bound, type Emitted, type FunctionSpec, sqlCall, sqlInfix, strict } from './contract.ts'

const asText = (node: Bound, call: Call): Bound => {
  if (node.type === undefined) return coerce(node, 'utf8')
  if (!isText(node.type)) throw wrongArgument(call, 'text', node.type)
  return node
}

/** A question about a text and a part of it; `sqlName` is DuckDB's name for it. */
function predicate(
  name: string,
  sqlName: string,
  holds: (text: string, part: string) => boolean,
  onBytes: typeof startsWithBytes,
): FunctionSpec {
  const spec: FunctionSpec = {
    name,
    duckdb: { sql: sqlCall(sqlName) },
    bind(args, call) {
      expectArguments(call, 2)
      const texts = args.map(arg => asText(arg, call))
      return boundCall(spec, 'bool', texts, call)
    },
    interpret: strict((_node, text: string, part: string) => holds(text, part)),
    emit(node, emitter) {
      const { args, ...nulls } = emitter.strict(node)
      const [a, b] = args as [Emitted, Emitted]
      const code = `${emitter.outside(onBytes)}(${a.value}, ${a.start}, ${a.end}, ${b.value}, ${b.start}, ${b.end})`
      return { value: emitter.constant(code), ...nulls }
    },
  }
  return spec
}

/**
 * Changes case one code point at a time, as DuckDB does: a mapping to several code points (`ß` to `SS`) is left out.
 * The tables are those of the JavaScript engine's Unicode version, hence nothing for DuckDB.
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

const lowerByte = (byte: number): number => (byte >= 65 && byte <= 90 ? byte + 32 : byte)
const upperByte = (byte: number): number => (byte >= 97 && byte <= 122 ? byte - 32 : byte)

function caseFunction(
  name: string,
  change: (text: string) => string,
  ascii: (byte: number) => number,
): FunctionSpec {
  const spec: FunctionSpec = {
    name,
    bind(args, call) {
      expectArguments(call, 1)
      return boundCall(spec, 'utf8', [asText(args[0]!, call)], call)
    },
    interpret: strict((_node, text: string) => change(text)),
    emit(node, emitter) {
      const { args, ...nulls } = emitter.strict(node)
      const { value, start, end } = args[0]!
      const functions = `${emitter.outside(ascii)}, ${emitter.outside(change)}`
      const mapped = emitter.constant(`scratch.map(${value}, ${start}, ${end}, ${functions})`)
      return { ...emitter.scratchText(mapped), ...nulls }
    },
  }
  return spec
}

/** Number of code points. */
const length: FunctionSpec = {
  name: 'length',
  duckdb: { sql: ([a]) => `CAST(length(${a}) AS INTEGER)` },
  bind(args, call) {
    expectArguments(call, 1)
    return boundCall(length, 'int32', [asText(args[0]!, call)], call)
  },
  interpret: strict((_node, text: string) => {
    let points = 0
    for (const _ of text) points++
    return points
  }),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    const { value, start, end } = args[0]!
    return {
      value: emitter.constant(`${emitter.outside(countPoints)}(${value}, ${start}, ${end})`),
      ...nulls,
    }
  },
}

/** Joins texts; null when one is (SQL's `||`). */
const concat: FunctionSpec = {
  name: 'concat',
  duckdb: { sql: sqlInfix('||') },
  bind(args, call) {
    expectArguments(call, 1, Number.POSITIVE_INFINITY)
    const texts = args.map(arg => asText(arg, call))
    return boundCall(concat, 'utf8', texts, call)
  },
  interpret: strict((_node, ...texts: string[]) => texts.join('')),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    return {
      ...args.reduce((a, b) => {
        const pieces = `${a.value}, ${a.start}, ${a.end}, ${b.value}, ${b.start}, ${b.end}`
        return emitter.scratchText(emitter.constant(`scratch.join(${pieces})`))
      }),
      ...nulls,
    }
  },
}

export const texts: readonly FunctionSpec[] = [
  predicate('startsWith', 'starts_with', (text, part) => text.startsWith(part), startsWithBytes),
  predicate('endsWith', 'ends_with', (text, part) => text.endsWith(part), endsWithBytes),
  predicate('contains', 'contains', (text, part) => text.includes(part), containsBytes),
  caseFunction('lower', lowerText, lowerByte),
  caseFunction('upper', upperText, upperByte),
  length,
  concat,
]
