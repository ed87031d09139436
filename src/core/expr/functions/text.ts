/** Text. Everything goes by UTF-8 bytes but `lower`, `upper` and `length`, which go by code points. */

import { PlanError } from '../../errors.ts'
import { boundCall, expectArguments } from '../bound.ts'
import { show } from '../show.ts'
import { countPoints, endsWithBytes, startsWithBytes, viewOf } from '../text-bytes.ts'
import { type CaseMap, LOWER, UPPER } from '../text-case.ts'
import { needleOf } from '../text-needle.ts'
import { casedColumn, isAscii } from '../text-whole.ts'
import { type Emitted, type Emitter, type FunctionSpec, sqlCall, sqlInfix, strict } from './contract.ts'
import { asText } from './text-argument.ts'
import { areAscii, bytesOf, firstIn, pieceOf } from './text-code.ts'

type PredicateCode = (text: Emitted, part: Emitted, emitter: Emitter) => string

/** A question about a text and a part of it; `sqlName` is DuckDB's name for it. */
function predicate(
  name: string,
  sqlName: string,
  holds: (text: string, part: string) => boolean,
  code: PredicateCode,
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
      const [text, part] = args as [Emitted, Emitted]
      return { value: emitter.constant(code(text, part, emitter)), ...nulls }
    },
  }
  return spec
}

/** Of a plain column and a part that is the same for all rows, four bytes are compared at a time. */
const atOneEnd =
  (holds: typeof startsWithBytes, method: 'isAt' | 'isEndOf'): PredicateCode =>
  (text, part, emitter) => {
    const { literal } = part
    const needle = typeof literal === 'string' && literal !== '' ? needleOf(literal) : undefined
    if (text.offsets === undefined || needle === undefined || needle.size < 4)
      return `${emitter.outside(holds)}(${bytesOf(text)}, ${bytesOf(part)})`
    const view = emitter.before(`${emitter.outside(viewOf)}(${text.value})`)
    return `${emitter.outside(needle)}.${method}(${view}, ${text.start}, ${text.end})`
  }

/** Nothing for DuckDB, whose tables may be of another version of Unicode. */
function caseFunction(name: string, cases: CaseMap): FunctionSpec {
  const spec: FunctionSpec = {
    name,
    bind(args, call) {
      expectArguments(call, 1)
      return boundCall(spec, 'utf8', [asText(args[0]!, call)], call)
    },
    interpret: strict((_node, text: string) => cases.text(text)),
    emit(node, emitter) {
      const { args, ...nulls } = emitter.strict(node)
      const [text] = args as [Emitted]
      const map = `${emitter.outside(cases)}.append(scratch, ${bytesOf(text)})`
      if (text.offsets === undefined) return { ...emitter.scratchText(emitter.constant(map)), ...nulls }
      const given = `scratch, ${emitter.spareSlot()}, ${text.value}, ${text.offsets}, n, rows, ${cases.toUpper}`
      const cased = emitter.before(`${emitter.outside(casedColumn)}(${given})`)
      const shift = emitter.before(`${cased}.shift`)
      const value = emitter.variable(emitter.before(`${cased}.bytes`))
      const start = emitter.variable(`${text.start} - ${shift}`)
      const end = emitter.variable(`${text.end} - ${shift}`)
      const isDone = emitter.before(`${cased}.isDone`)
      const one = `(${isDone} && ${emitter.outside(isAscii)}(${bytesOf(text)}))`
      emitter.block(`if (!${emitter.before(`${cased}.isAscii`)} && !${one})`, () => {
        const made = emitter.scratchText(emitter.constant(map))
        emitter.line(`${value} = ${made.value}; ${start} = ${made.start}; ${end} = ${made.end}`)
      })
      return { value, start, end, ...nulls }
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
    const [text] = args as [Emitted]
    const ascii = areAscii(text, emitter)
    const points = `${emitter.outside(countPoints)}(${bytesOf(text)})`
    return {
      value: emitter.constant(
        ascii === undefined ? points : `${ascii} ? ${text.end} - ${text.start} : ${points}`,
      ),
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
        return emitter.scratchText(emitter.constant(`scratch.join(${bytesOf(a)}, ${bytesOf(b)})`))
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
    const needle = emitter.outside(needleOf(separator.literal as string))
    const start = emitter.constant(
      `${needle}.partStart(${bytesOf(text)}, ${emitter.outside(node.options.part)})`,
    )
    return {
      ...pieceOf(text, start, emitter.constant(`${needle}.partEnd(${text.value}, ${start}, ${text.end})`)),
      valid: emitter.constant(`${valid === undefined ? '' : `${valid} & `}(${start} >= 0)`),
    }
  },
}

export const texts: readonly FunctionSpec[] = [
  predicate(
    'startsWith',
    'starts_with',
    (text, part) => text.startsWith(part),
    atOneEnd(startsWithBytes, 'isAt'),
  ),
  predicate('endsWith', 'ends_with', (text, part) => text.endsWith(part), atOneEnd(endsWithBytes, 'isEndOf')),
  predicate(
    'contains',
    'contains',
    (text, part) => text.includes(part),
    (text, part, emitter) => `${firstIn(text, part, text.start!, emitter)} >= 0`,
  ),
  caseFunction('lower', LOWER),
  caseFunction('upper', UPPER),
  length,
  concat,
  splitPart,
]
