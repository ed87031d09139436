/**
 * One field of a record read the careful way: quotes, escapes, nulls, spaces. It is what the generated loop falls back to,
 * field by field, and all there is where code may not be generated.
 */

import { isText } from '../../types/column-type.ts'
import { findInvalidUtf8, isAscii } from '../utf8.ts'
import type { CellColumn } from './cell-column.ts'
import { type Convert, converter } from './convert.ts'
import type { CsvDialect, Marks } from './dialect.ts'
import { FieldScanner } from './fields.ts'
import { valueTrouble } from './trouble-text.ts'

/** What is wrong with the record that was read last. */
export interface Trouble {
  column?: string | undefined
  code: string
  problem: string
  hint?: string | undefined
}

/** Reads the field at `at` as the cell of a row: gives where the delimiter or line end after it is, -1 where it is bad. */
export type ReadCell = (bytes: Uint8Array, at: number, end: number, row: number) => number

/** What the cells of a decoder share. */
export class CellContext {
  readonly dialect: CsvDialect
  readonly scanner: FieldScanner
  /** Where the block begins in its file. */
  offset = 0
  trouble: Trouble = { code: '', problem: '' }
  readonly #nulls: readonly Uint8Array[]

  constructor(dialect: CsvDialect, marks: Marks) {
    this.dialect = dialect
    this.scanner = new FieldScanner(marks)
    this.#nulls = dialect.nullValues.map(text => new TextEncoder().encode(text))
  }

  /** Whether a text that is not quoted means null. */
  isNull(bytes: Uint8Array, from: number, to: number): boolean {
    for (const text of this.#nulls) {
      if (text.length !== to - from) continue
      let i = 0
      while (i < text.length && text[i] === bytes[from + i]) i++
      if (i === text.length) return true
    }
    return false
  }

  /** Finds a field; false, and what is wrong, where its quotes are. */
  scan(bytes: Uint8Array, at: number, end: number): boolean {
    if (this.scanner.scan(bytes, at, end)) return true
    const { kind, at: where } = this.scanner.fault!
    const place = this.offset + where
    this.trouble =
      kind === 'open'
        ? {
            code: 'CSV_QUOTE',
            problem: `the quote at byte ${place} of the file is never closed`,
            hint: "a quote within quotes is written twice; where quotes are text, read with { quote: '' }",
          }
        : {
            code: 'CSV_QUOTE',
            problem: `after the closing quote before byte ${place} of the file there is neither a delimiter nor a line end`,
            hint: 'a quote within quotes is written twice, or after the `escape` of the options',
          }
    return false
  }

  /** Goes past a field that nobody reads. */
  skip(bytes: Uint8Array, at: number, end: number): number {
    return this.scan(bytes, at, end) ? this.scanner.next : -1
  }
}

/** The careful reader of a column's cells. */
export function carefulCell(column: CellColumn, context: CellContext): ReadCell {
  return isText(column.type) ? textCell(column, context) : valueCell(column, context)
}

function textCell(column: CellColumn, context: CellContext): ReadCell {
  const { scanner } = context
  return (bytes, at, end, row) => {
    if (!context.scan(bytes, at, end)) return -1
    const { text, from, to, next, quoted } = scanner
    if (!quoted && context.isNull(text, from, to)) {
      column.setNull(row)
      return next
    }
    if (!isAscii(text, from, to) && findInvalidUtf8(text, from, to) >= 0) {
      context.trouble = notUtf8(column.name)
      return -1
    }
    column.setText(row, text, from, to)
    return next
  }
}

const notUtf8 = (column: string): Trouble => ({
  column,
  code: 'UTF8',
  problem: 'its bytes are not UTF-8',
  hint: "is the file in another encoding? { encoding: 'latin1' } reads one",
})

const isSpace = (byte: number): boolean => byte === 32 || byte === 9

function valueCell(column: CellColumn, context: CellContext): ReadCell {
  const { scanner } = context
  const convert: Convert = converter(column, context.dialect)
  return (bytes, at, end, row) => {
    if (!context.scan(bytes, at, end)) return -1
    const { text, next, quoted, from: first, to: last } = scanner
    let [from, to] = [first, last]
    while (from < to && isSpace(text[from]!)) from++
    while (from < to && isSpace(text[to - 1]!)) to--
    const isNull = from === to || context.isNull(text, first, last) || context.isNull(text, from, to)
    // In quotes a value is a value; what is none may still mean null.
    const isValue = from < to && (!isNull || quoted) && convert(text, from, to, row)
    if (isValue) return next
    if (isNull) {
      column.setNull(row)
      return next
    }
    context.trouble = valueTrouble(column, text, from, to, context.dialect)
    return -1
  }
}
