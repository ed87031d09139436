/** Text. Everything goes by UTF-8 bytes but `lower`, `upper` and `length`, which go by code points. */

import { PlanError } from '../../errors.ts'
import { boundCall, expectArguments } from '../bound.ts'
import { show } from '../show.ts'
import {
  containsBytes,
  countPoints,
  endsWithBytes,
  partEndBytes,
  partStartBytes,
  startsWithBytes,
} from '../text-bytes.ts'
import { type Emitted, type FunctionSpec, sqlCall, sqlInfix, strict } from './contract.ts'
import { asText } from './text-argument.ts'

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

const LOWER_BYTES = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 65 && byte <= 90 ? byte + 32 : byte,
)
const UPPER_BYTES = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 97 && byte <= 122 ? byte - 32 : byte,
)

function caseFunction(name: string, change: (text: string) => string, ascii: Uint8Array): FunctionSpec {
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

/** The part of a text between separators, counted from 0; null beyond the last. */
const splitPart: FunctionSpec = {
  name: 'splitPart',
  nulls: 'own',
  duckdb: {
    sql: ([text, separator], { options }) =>
      `string_split(${text}, ${separator})[${Number(options.part) + 1}]`,
  },
  bind(args, call) {
    expectArguments(call, 2)
    const [text, separator] = args.map(arg => asText(arg, call))
    const part = call.options?.part
    if (separator!.kind !== 'literal' || !separator!.cell) {
      throw new PlanError('ARGUMENT_TYPE', `${show(call)}: the separator is a text that is not empty`, {
        hint: "r.path.splitPart('/', 0)",
      })
    }
    if (!Number.isInteger(part) || (part as number) < 0 || (part as number) > 0x7ffffffe) {
      throw new PlanError('OPTION', `${show(call)}: parts are counted from 0, got ${String(part)}`, {
        hint: "r.path.splitPart('/', 0) is the first part",
      })
    }
    return boundCall(splitPart, 'utf8', [text!, separator!], call, { part })
  },
  interpret: strict(({ options }, text: string, separator: string) => {
    return text.split(separator)[options.part as number] ?? null
  }),
  emit(node, emitter) {
    const { args, valid } = emitter.strict(node)
    const [text, separator] = args as [Emitted, Emitted]
    const by = `${separator.value}, ${separator.end}`
    const from = `${text.value}, ${text.start}, ${text.end}, ${by}, ${emitter.outside(node.options.part)}`
    const start = emitter.constant(`${emitter.outside(partStartBytes)}(${from})`)
    const end = `${emitter.outside(partEndBytes)}(${text.value}, ${start}, ${text.end}, ${by})`
    return {
      value: text.value,
      start,
      end: emitter.constant(end),
      valid: emitter.constant(`${valid === undefined ? '' : `${valid} & `}(${start} >= 0)`),
    }
  },
}

export const texts: readonly FunctionSpec[] = [
  predicate('startsWith', 'starts_with', (text, part) => text.startsWith(part), startsWithBytes),
  predicate('endsWith', 'ends_with', (text, part) => text.endsWith(part), endsWithBytes),
  predicate('contains', 'contains', (text, part) => text.includes(part), containsBytes),
  caseFunction('lower', lowerText, LOWER_BYTES),
  caseFunction('upper', upperText, UPPER_BYTES),
  length,
  concat,
  splitPart,
]
