/** Texts of Arrow columns that are no UTF-8: which rows have them, and columns without them. */

import { isUtf8 } from 'node:buffer'
import { bitmapBytes, type Column, decodeText, isNullAt, textBytesAt } from '../../core/batch/column.ts'

/** A cell that is no text. */
export interface BadText {
  readonly row: number
  readonly column: string
  /** As it would be shown. */
  readonly shown: string
}

/** @param column of texts, not of codes */
export function badTextsOf(name: string, column: Column, length: number): readonly BadText[] {
  const bad: BadText[] = []
  for (let row = 0; row < length; row++) {
    if (isNullAt(column, row)) continue
    const bytes = textBytesAt(column, row)
    if (!isUtf8(bytes)) bad.push({ row, column: name, shown: decodeText(bytes).toWellFormed() })
  }
  return bad
}

/** The column with nulls in place of cells that are no text; their bytes are blanks. */
export function withoutTexts(column: Column, rows: readonly number[], length: number): Column {
  const offsets = column.offsets!
  const values = (column.values as Uint8Array).slice()
  const validity = column.validity?.slice() ?? new Uint8Array(bitmapBytes(length)).fill(0xff)
  for (const row of rows) {
    values.fill(0x20, offsets[row]!, offsets[row + 1]!)
    validity[row >> 3]! &= ~(1 << (row & 7))
  }
  if (length & 7) validity[length >> 3]! &= (1 << (length & 7)) - 1
  return { ...column, values, validity }
}
