/** Texts made of others: replaced, repeated, reversed, padded. By code points. */

import { boundCall, expectArguments } from '../bound.ts'
import { overflow } from '../overflow.ts'
import {
  appendAllFound,
  appendAllReplaced,
  appendPadded,
  appendRepeated,
  appendReplaced,
  appendReversed,
  MAX_TEXT_BYTES,
  paddedBytes,
} from '../text-build.ts'
import { type BoundCall, type Emitted, type FunctionSpec, sqlCall, strict } from './contract.ts'
import { asCount } from './number-argument.ts'
import { asText } from './text-argument.ts'
import { areAscii, bytesOf, firstIn, searchFor } from './text-code.ts'

/** `replace(text, part, by)`: the first occurrence, or all. An empty part occurs nowhere. */
function replacing(name: string, all: boolean): FunctionSpec {
  const spec: FunctionSpec = {
    name,
    // DuckDB's replace() goes over all of them.
    ...(all && { duckdb: { sql: sqlCall('replace') } }),
    bind(args, call) {
      expectArguments(call, 3)
      const texts = args.map(arg => asText(arg, call))
      return boundCall(spec, 'utf8', texts, call)
    },
    interpret: strict((_node, text: string, part: string, by: string) => {
      if (part === '') return text
      return all ? text.replaceAll(part, () => by) : text.replace(part, () => by)
    }),
    emit(node, emitter) {
      const { args, ...nulls } = emitter.strict(node)
      const [text, part, by] = args as [Emitted, Emitted, Emitted]
      const first = firstIn(text, part, text.start!, emitter)
      const search = searchFor(part, text, emitter)
      const found = emitter.constant(
        search === undefined ? `${part.end} > ${part.start} ? ${first} : -1` : first,
      )
      // Most texts have no such part, and are not copied.
      const value = emitter.variable(text.value)
      const start = emitter.variable(text.start!)
      const end = emitter.variable(text.end!)
      emitter.block(`if (${found} >= 0)`, () => {
        const [append, what] = !all
          ? [appendReplaced, `${part.end} - ${part.start}`]
          : search === undefined
            ? [appendAllReplaced, bytesOf(part)]
            : [appendAllFound, search]
        const code = `${emitter.outside(append)}(scratch, ${bytesOf(text)}, ${found}, ${what}, ${bytesOf(by)})`
        const made = emitter.scratchText(emitter.constant(code))
        emitter.line(`${value} = ${made.value}; ${start} = ${made.start}; ${end} = ${made.end}`)
      })
      return { value, start, end, ...nulls }
    },
  }
  return spec
}

/** `repeat(text, n)`: nothing where n is not positive. A text of more than 64 MiB is an `OVERFLOW`. */
const repeat: FunctionSpec = {
  name: 'repeat',
  bind(args, call) {
    expectArguments(call, 2)
    return boundCall(repeat, 'utf8', [asText(args[0]!, call), asCount(args[1]!, call)], call)
  },
  canFail: () => true,
  interpret: strict((node, text: string, times: number) => {
    const size = Buffer.byteLength(text) * times
    if (size > MAX_TEXT_BYTES) throw overflow(node, size)
    return text.repeat(Math.max(0, times))
  }),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    const [text, times] = args as [Emitted, Emitted]
    const size = emitter.constant(`(${text.end} - ${text.start}) * ${times.value}`)
    emitter.failIf(node, `${size} > ${emitter.outside(MAX_TEXT_BYTES)}`, size, nulls.valid)
    // A number that lies under a null may be any.
    const given = nulls.valid === undefined ? times.value : `${nulls.valid} ? ${times.value} : 0`
    const start = `${emitter.outside(appendRepeated)}(scratch, ${bytesOf(text)}, ${given})`
    return { ...emitter.scratchText(emitter.constant(start)), ...nulls }
  },
}

const reverse: FunctionSpec = {
  name: 'reverse',
  bind(args, call) {
    expectArguments(call, 1)
    return boundCall(reverse, 'utf8', [asText(args[0]!, call)], call)
  },
  interpret: strict((_node, text: string) => [...text].reverse().join('')),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    const [text] = args as [Emitted]
    const ascii = areAscii(text, emitter) ?? 'false'
    const start = `${emitter.outside(appendReversed)}(scratch, ${bytesOf(text)}, ${ascii})`
    return { ...emitter.scratchText(emitter.constant(start)), ...nulls }
  },
}

const isShort = ({ args }: BoundCall): boolean => {
  const length = args[1]!
  return length.kind === 'literal' && Number(length.cell) < 1 << 20
}

/** `padStart(text, length, fill)`: filled up to a number of code points; longer texts, and those without a fill, stay. */
function padding(name: string, atStart: boolean): FunctionSpec {
  const spec: FunctionSpec = {
    name,
    bind(args, call) {
      expectArguments(call, 3)
      const [text, length, fill] = args
      return boundCall(spec, 'utf8', [asText(text!, call), asCount(length!, call), asText(fill!, call)], call)
    },
    canFail: node => !isShort(node),
    interpret: strict((node, text: string, length: number, fill: string) => {
      const size = paddedBytes(0, Buffer.byteLength(text), length, 0, Buffer.byteLength(fill))
      if (!isShort(node) && size > MAX_TEXT_BYTES) throw overflow(node, size)
      const missing = length - [...text].length
      const points = [...fill]
      if (missing <= 0 || points.length === 0) return text
      const filled = Array.from({ length: missing }, (_, i) => points[i % points.length]).join('')
      return atStart ? filled + text : text + filled
    }),
    emit(node, emitter) {
      const { args, ...nulls } = emitter.strict(node)
      const [text, length, fill] = args as [Emitted, Emitted, Emitted]
      if (!isShort(node)) {
        const size = emitter.constant(
          `${emitter.outside(paddedBytes)}(${text.start}, ${text.end}, ${length.value}, ${fill.start}, ${fill.end})`,
        )
        emitter.failIf(node, `${size} > ${emitter.outside(MAX_TEXT_BYTES)}`, size, nulls.valid)
      }
      const given = nulls.valid === undefined ? length.value : `${nulls.valid} ? ${length.value} : 0`
      const start = `${emitter.outside(appendPadded)}(scratch, ${bytesOf(text)}, ${given}, ${bytesOf(fill)}, ${atStart})`
      return { ...emitter.scratchText(emitter.constant(start)), ...nulls }
    },
  }
  return spec
}

export const changes: readonly FunctionSpec[] = [
  replacing('replace', false),
  replacing('replaceAll', true),
  repeat,
  reverse,
  padding('padStart', true),
  padding('padEnd', false),
]
