/** What the first bytes of a JSON file say: how records follow each other, and what columns they have. */

import { DataError } from '../../errors.ts'
import { type Field, schemaOf } from '../../types/schema.ts'
import type { Json, Sniffed, SniffRequest } from '../contract.ts'
import { markLength } from '../utf8.ts'
import { type JsonForm, recordEnd } from './cutter.ts'
import { Seen } from './infer.ts'
import { COMMA, JsonInput, NEWLINE, OPEN_LIST, OPEN_OBJECT } from './input.ts'
import { jsonOptions } from './options.ts'
import { skipSpace, skipValue } from './scan.ts'

export function sniffJson(sample: Uint8Array, asked: SniffRequest): Sniffed {
  const dataStart = markLength(sample)
  const { lines } = jsonOptions(asked.options)
  const form = lines === true ? 'lines' : formOf(sample, dataStart, lines === undefined, asked.whole)
  const options = { ...(asked.options as { readonly [name: string]: Json } | null), form }
  if (asked.schema) return { schema: asked.schema, options, dataStart }
  const fields = fieldsOf(sample, dataStart, form, asked.whole)
  if (fields.length === 0)
    throw new DataError('SCHEMA_NEEDED', `${asked.file} begins with no object that has a key`, {
      hint: "give the schema: read.json(path, { at: 'timestamp', name: 'utf8' })",
    })
  return { schema: schemaOf(fields), options, dataStart }
}

/** Bytes of an escape, or of a character, that the end of the sample may cut off. */
const MOST_CUT_OFF = 12

/**
 * An array begins with its bracket. Objects are lines if the first ends where its line does; also if its line is
 * broken, because then that record alone is bad.
 */
function formOf(sample: Uint8Array, start: number, mayBeLines: boolean, whole: boolean): JsonForm {
  const input = new JsonInput(false)
  input.take(sample)
  const at = skipSpace(input, start)
  const first = sample[at]
  if (first === OPEN_LIST) return mayBeLines && holdsLists(input, at) ? 'lines' : 'array'
  if (!mayBeLines) return 'objects'
  if (first !== OPEN_OBJECT) return 'lines'
  const feed = sample.indexOf(NEWLINE, at)
  const lineEnd = feed < 0 ? sample.length : feed
  const end = recordEnd(sample, at, sample.length)
  if (end > lineEnd) {
    // An object over several lines, or the sample ends in it; or a broken line.
    return skipValue(input, at) >= 0 || (!whole && input.at >= sample.length - MOST_CUT_OFF)
      ? 'objects'
      : 'lines'
  }
  if (feed < 0 && !whole) return 'lines'
  const next = skipSpace(input, end)
  return next >= lineEnd || sample[next] !== OPEN_OBJECT ? 'lines' : 'objects'
}

/** Whether a line is an array of its own: then the file is lines, none of which is a record. */
function holdsLists(input: JsonInput, at: number): boolean {
  const { bytes, end } = input
  const close = recordEnd(bytes, at, end)
  const next = skipSpace(input, close)
  return close < end && next < end && bytes[next] === OPEN_LIST
}

/** The columns of the records that lie in the sample as a whole and are right; those that are not say nothing. */
function fieldsOf(sample: Uint8Array, start: number, form: JsonForm, whole: boolean): readonly Field[] {
  const input = new JsonInput(form === 'lines')
  const records = new Seen()
  for (const [from, to] of form === 'lines'
    ? linesOf(sample, start, whole)
    : recordsOf(sample, start, form, whole)) {
    input.take(sample.subarray(0, to))
    const at = skipSpace(input, from)
    if (sample[at] === OPEN_OBJECT && at < to) records.add(input, at)
  }
  if (records.fields.length > 0 || whole) return records.fields
  // A record that is longer than the sample: what can be seen of it has to do.
  input.take(sample)
  let at = skipSpace(input, start)
  if (form === 'array') at = skipSpace(input, at + 1)
  if (sample[at] === OPEN_OBJECT) records.add(input, at)
  return records.fields
}

type Range = readonly [from: number, to: number]

function* linesOf(sample: Uint8Array, start: number, whole: boolean): Generator<Range> {
  for (let at = start; at < sample.length; ) {
    const feed = sample.indexOf(NEWLINE, at)
    if (feed < 0) {
      if (whole) yield [at, sample.length]
      return
    }
    yield [at, feed]
    at = feed + 1
  }
}

function* recordsOf(sample: Uint8Array, start: number, form: JsonForm, whole: boolean): Generator<Range> {
  const input = new JsonInput(false)
  input.take(sample)
  let at = skipSpace(input, start)
  if (form === 'array') at++
  for (;;) {
    at = skipSpace(input, at)
    while (form === 'array' && (sample[at] === COMMA || sample[at] === 0x5d)) at = skipSpace(input, at + 1)
    if (at >= sample.length) return
    const end = recordEnd(sample, at, sample.length)
    if (end === sample.length && !whole) return
    yield [at, end]
    at = end
  }
}
