/**
 * A template of objects: the bytes between the values of one object, and a function generated from them that reads
 * others like it.
 *
 * The function compares the bytes before each value, four at a time, and calls the reader of the column; a column whose
 * bytes do not come is null in that row. At the first surprise it gives -1, and the object is read the slow way. The text
 * of the function depends on numbers and kinds of columns only: keys go in as words of bytes, from outside.
 */

import { BACKSLASH, BAD, CLOSE_OBJECT, type JsonInput } from './input.ts'
import type { Reader } from './readers/reader.ts'
import { skipColon, skipSpace, skipText, skipValue } from './scan.ts'

/** Reads the object at an offset into a row; the offset after it, or -1: a surprise, of whatever kind. */
export type FastObject = (at: number, row: number) => number

/** The bytes before a value, and the column that takes it; -1: none does. */
interface Segment {
  readonly start: number
  readonly end: number
  readonly column: number
}

/** More columns than this would make a function too large to be compiled. */
const MOST_SEGMENTS = 400

/**
 * The reader of objects like the one that lies at `start` to `end` and is known to be valid; undefined if it is not fit for
 * an example, or code must not be generated.
 *
 * @param columnOf the column that a key from an offset to another names, or -1
 */
export function learnTemplate(
  input: JsonInput,
  start: number,
  end: number,
  readers: readonly Reader[],
  columnOf: (start: number, end: number) => number,
): FastObject | undefined {
  const segments = segmentsOf(input, start, end, columnOf)
  if (!segments || segments.length > MOST_SEGMENTS) return undefined
  const absent = readers.filter((_, c) => segments.every(({ column }) => column !== c))
  try {
    return compiled(input, segments, readers, absent)
  } catch (error) {
    // Code generation may be forbidden (--disallow-code-generation-from-strings).
    if (error instanceof EvalError) return undefined
    throw error
  }
}

function segmentsOf(
  input: JsonInput,
  start: number,
  end: number,
  columnOf: (start: number, end: number) => number,
): Segment[] | undefined {
  const { bytes } = input
  const segments: Segment[] = []
  const seen = new Set<number>()
  let from = start
  let at = skipSpace(input, start + 1)
  while (bytes[at] !== CLOSE_OBJECT) {
    const keyEnd = skipText(input, at + 1)
    for (let i = at; i < keyEnd; i++) if (bytes[i] === BACKSLASH) return undefined
    const column = columnOf(at + 1, keyEnd - 1)
    // Of equal keys the last wins: only the slow way knows.
    if (column >= 0 && seen.has(column)) return undefined
    seen.add(column)
    const value = skipColon(input, keyEnd)
    segments.push({ start: from, end: value, column })
    from = skipValue(input, value)
    at = skipSpace(input, from)
    if (bytes[at] === CLOSE_OBJECT) return at + 1 === end ? segments : undefined
    at = skipSpace(input, at + 1)
  }
  return undefined
}

type Factory = (
  input: JsonInput,
  words: Int32Array,
  readers: readonly Reader[],
  absent: readonly Reader[],
  skipValue: (input: JsonInput, at: number) => number,
  skipSpace: (input: JsonInput, at: number) => number,
) => FastObject

/** By their text: functions made by the same one share what the engine has learned. */
const factories = new Map<string, Factory>()
const MAX_FACTORIES = 200

function compiled(
  input: JsonInput,
  segments: readonly Segment[],
  readers: readonly Reader[],
  absent: readonly Reader[],
): FastObject {
  const words: number[] = []
  const used: Reader[] = []
  const body = segments.flatMap(({ start, end, column }) => {
    const length = end - start
    const tests = offsetsOf(length).map(offset => {
      words.push(input.view.getInt32(start + offset, true))
      return `view.getInt32(at + ${offset}, true) === w${words.length - 1}`
    })
    const comes = `if (at <= end - ${length} && ${tests.join(' && ')}) {`
    if (column < 0) return [comes, `  if ((at = skipValue(input, at + ${length})) < 0) return ${BAD}`, '}']
    used.push(readers[column]!)
    const name = `r${used.length - 1}`
    return [
      `// ${readers[column]!.kind}`,
      comes,
      // Readers look at the first byte: there has to be one.
      `  if (at + ${length} >= end || (at = ${name}.read(at + ${length}, row)) < 0) return ${BAD}`,
      `} else ${name}.missing(row)`,
    ]
  })
  const code = [
    `'use strict'`,
    ...words.map((_, i) => `const w${i} = words[${i}]`),
    ...used.map((_, i) => `const r${i} = readers[${i}]`),
    ...absent.map((_, i) => `const a${i} = absent[${i}]`),
    'return (at, row) => {',
    '  const { view, end } = input',
    ...body.map(line => `  ${line}`),
    ...absent.map((_, i) => `  a${i}.missing(row)`),
    `  if (at < end && view.getUint8(at) === ${CLOSE_OBJECT}) return at + 1`,
    '  at = skipSpace(input, at)',
    `  return at < end && view.getUint8(at) === ${CLOSE_OBJECT} ? at + 1 : ${BAD}`,
    '}',
  ].join('\n')
  let factory = factories.get(code)
  if (!factory) {
    if (factories.size >= MAX_FACTORIES) factories.clear()
    factory = new Function('input', 'words', 'readers', 'absent', 'skipValue', 'skipSpace', code) as Factory
    factories.set(code, factory)
  }
  return factory(input, Int32Array.from(words), used, absent, skipValue, skipSpace)
}

/** Where in a run of bytes, which are at least four (`{"":`), to compare words so that all are compared. */
function offsetsOf(length: number): number[] {
  const offsets: number[] = []
  for (let offset = 0; offset + 4 <= length; offset += 4) offsets.push(offset)
  if (length % 4 > 0) offsets.push(length - 4)
  return offsets
}
