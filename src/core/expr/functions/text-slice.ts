/** Pieces of a text, which share its bytes. Places are counted in code points from 0, ends are exclusive. */

import { boundCall, expectArguments } from '../bound.ts'
import type { Call } from '../expr.ts'
import {
  partEnd,
  pointAt,
  sliceEnd,
  sliceStart,
  trimmedEnd,
  trimmedEndOf,
  trimmedStart,
  trimmedStartOf,
} from '../text-points.ts'
import { type Bound, type Emitted, type FunctionSpec, sqlCall, strict } from './contract.ts'
import { asCount } from './number-argument.ts'
import { asText } from './text-argument.ts'
import { pieceOf } from './text-code.ts'

function bindPlaces(spec: FunctionSpec, args: readonly Bound[], call: Call): Bound {
  expectArguments(call, 2, 3)
  const [text, ...places] = args as [Bound, ...Bound[]]
  return boundCall(spec, 'utf8', [asText(text, call), ...places.map(place => asCount(place, call))], call)
}

/** `substring(text, start, end?)`: places before the start are the start. */
const substring: FunctionSpec = {
  name: 'substring',
  bind: (args, call) => bindPlaces(substring, args, call),
  interpret: strict((_node, text: string, start: number, end?: number) =>
    [...text].slice(Math.max(start, 0), end === undefined ? undefined : Math.max(end, start, 0)).join(''),
  ),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    const [text, from, to] = args as [Emitted, Emitted, Emitted?]
    const { value, start: s, end: e } = text
    const start = emitter.constant(`${emitter.outside(pointAt)}(${value}, ${s}, ${e}, ${from.value})`)
    const end =
      to === undefined
        ? e!
        : emitter.constant(
            `${emitter.outside(partEnd)}(${value}, ${start}, ${e}, ${from.value}, ${to.value})`,
          )
    return { ...pieceOf(text, start, end), ...nulls }
  },
}

/** `slice(text, start, end?)`: negative places count from the end. */
const slice: FunctionSpec = {
  name: 'slice',
  bind: (args, call) => bindPlaces(slice, args, call),
  interpret: strict((_node, text: string, start: number, end?: number) =>
    [...text].slice(start, end).join(''),
  ),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    const [text, from, to] = args as [Emitted, Emitted, Emitted?]
    const { value, start: s, end: e } = text
    const start = emitter.constant(`${emitter.outside(sliceStart)}(${value}, ${s}, ${e}, ${from.value})`)
    const end =
      to === undefined
        ? e!
        : emitter.constant(`${emitter.outside(sliceEnd)}(${value}, ${s}, ${e}, ${start}, ${to.value})`)
    return { ...pieceOf(text, start, end), ...nulls }
  },
}

/** Without white space, or without the code points of `chars`, at the start, the end or both. */
function trimming(
  name: string,
  sqlName: string,
  trim: (text: string) => string,
  { atStart, atEnd }: { atStart: boolean; atEnd: boolean },
): FunctionSpec {
  const spec: FunctionSpec = {
    name,
    // DuckDB's own white space is the space alone.
    duckdb: { parity: ({ args }) => args.length === 2, sql: sqlCall(sqlName) },
    bind(args, call) {
      expectArguments(call, 1, 2)
      const texts = args.map(arg => asText(arg, call))
      return boundCall(spec, 'utf8', texts, call)
    },
    interpret: strict((_node, text: string, chars?: string) => {
      if (chars === undefined) return trim(text)
      const points = [...text]
      const set = new Set(chars)
      const first = atStart ? points.findIndex(point => !set.has(point)) : 0
      const last = atEnd ? points.findLastIndex(point => !set.has(point)) : points.length - 1
      return first < 0 ? '' : points.slice(first, last + 1).join('')
    }),
    emit(node, emitter) {
      const { args, ...nulls } = emitter.strict(node)
      const [text, chars] = args as [Emitted, Emitted?]
      const { value, start: s, end: e } = text
      const by = chars === undefined ? '' : `, ${chars.value}, ${chars.start}, ${chars.end}`
      const [first, last] = chars === undefined ? [trimmedStart, trimmedEnd] : [trimmedStartOf, trimmedEndOf]
      const start = atStart ? emitter.constant(`${emitter.outside(first)}(${value}, ${s}, ${e}${by})`) : s!
      const end = atEnd ? emitter.constant(`${emitter.outside(last)}(${value}, ${start}, ${e}${by})`) : e!
      return { ...pieceOf(text, start, end), ...nulls }
    },
  }
  return spec
}

export const slices: readonly FunctionSpec[] = [
  substring,
  slice,
  trimming('trim', 'trim', text => text.trim(), { atStart: true, atEnd: true }),
  trimming('trimStart', 'ltrim', text => text.trimStart(), { atStart: true, atEnd: false }),
  trimming('trimEnd', 'rtrim', text => text.trimEnd(), { atStart: false, atEnd: true }),
]
