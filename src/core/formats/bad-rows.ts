/** Records that cannot be decoded: as errors, and as dead letters. */

import { decodeText } from '../batch/column.ts'
import { DataError, type RecordPlace, setPlace } from '../errors.ts'
import { type Schema, schemaOf } from '../types/schema.ts'
import { plain } from '../user-functions/failure.ts'
import type { BadRecord } from './contract.ts'

/** The columns of dead letters: where the record is, why it is bad, and the record. */
export const DEAD_LETTERS: Schema = schemaOf([
  { name: 'file', type: 'utf8' },
  { name: 'offset', type: 'int53' },
  { name: 'line', type: 'int53' },
  { name: 'column', type: 'utf8' },
  { name: 'code', type: 'utf8' },
  { name: 'problem', type: 'utf8' },
  { name: 'record', type: 'utf8' },
])

/**
 * The same, as a source that knows which of its rows are bad gives them beside its columns: null where a row is good, `problem`
 * at least. See `operators/sift.ts`.
 */
export const MARKS: Schema = schemaOf(
  DEAD_LETTERS.map(({ name, type }) => ({ name: `bad row: ${name}`, type })),
)

export const isMark = (name: string): boolean => MARKS.some(mark => mark.name === name)

/** The columns of a source with those that mark its rows, and without them. */
export const marked = (schema: Schema): Schema => schemaOf([...schema, ...MARKS])
export const unmarked = (schema: Schema): Schema => schemaOf(schema.filter(({ name }) => !isMark(name)))

/** What a dead letter holds of its record: a quote that is never closed makes a record of all that follows. */
const MAX_RECORD_BYTES = 1 << 16

/** What is said when nothing better is known. */
export const REMEDY = "onBadRow: 'skip' leaves such rows out, deadLetter(sink) keeps them"

/**
 * The error of a bad record. Its line is found where the file can be read: see `setPlace`.
 *
 * @param offset of the block in its file
 */
export function badRow(record: BadRecord, file: string, offset: number): DataError {
  const { code, column, problem, start, hint } = record
  const where = column === undefined ? '' : `column ${JSON.stringify(column)}: `
  const place: RecordPlace = { file, offset: offset + start, text: `${where}${problem}` }
  const error = new DataError(code, placedText(place), { hint: hint ? `${hint}; ${REMEDY}` : REMEDY })
  setPlace(error, place)
  return error
}

/** What the error of a bad record says, once its line is known or before. */
export function placedText({ file, offset, text }: RecordPlace, line?: number): string {
  return `${file}, ${line === undefined ? `byte ${offset}` : `line ${line} (byte ${offset})`}: ${text}`
}

/** The record as text. Bytes that are no UTF-8 become replacement characters. */
export function shownRecord(bytes: Uint8Array, { start, end }: BadRecord): string {
  if (end - start <= MAX_RECORD_BYTES) return decodeText(bytes.subarray(start, end)).toWellFormed()
  return `${decodeText(bytes.subarray(start, start + MAX_RECORD_BYTES)).toWellFormed()}…`
}

/** A row as a dead letter has it: JSON. */
export function shownRow(row: object): string {
  const text = JSON.stringify(row, (_, value) =>
    typeof value === 'bigint' ? String(value) : value instanceof Map ? Object.fromEntries(value) : value,
  )
  return plain(text, MAX_RECORD_BYTES)
}
