/** A text column as lines. */

import { type Batch, rowAt, rowCount } from '../../batch/batch.ts'
import { isNullAt, textBytesAt } from '../../batch/column.ts'
import { DataError, PlanError } from '../../errors.ts'
import { isText } from '../../types/column-type.ts'
import { fieldIndex, type Schema } from '../../types/schema.ts'
import type { BlockEncoder } from '../contract.ts'

const LF = 0x0a

/**
 * Writes the only column, or the one called `text`.
 *
 * @throws {PlanError} `LINES_COLUMN` where there is no such column
 */
export function encodeLines(schema: Schema): BlockEncoder {
  const index = schema.length === 1 ? 0 : fieldIndex(schema, 'text')
  if (index < 0 || !isText(schema[index]!.type)) {
    const there = schema.map(({ name, type }) => `${JSON.stringify(name)} ${type}`).join(', ')
    throw new PlanError('LINES_COLUMN', `lines are written of one text column, got ${there || 'none'}`, {
      hint: 'select it, or name it: .select({ text: r => r.message }); csv() and json() write all columns',
    })
  }
  const encoder = new LinesEncoder(index)
  return { encode: batch => encoder.encode(batch) }
}

class LinesEncoder {
  readonly #column: number
  #bytes = new Uint8Array(1 << 16)

  constructor(column: number) {
    this.#column = column
  }

  encode(batch: Batch): Uint8Array {
    const column = batch.columns[this.#column]!
    const count = rowCount(batch)
    let size = 0
    for (let i = 0; i < count; i++) {
      const row = rowAt(batch, i)
      const text = isNullAt(column, row) ? NOTHING : textBytesAt(column, row)
      if (text.indexOf(LF) >= 0) throw lineBreak(text)
      this.#reserve(size + text.length + 1)
      this.#bytes.set(text, size)
      size += text.length
      this.#bytes[size++] = LF
    }
    return this.#bytes.subarray(0, size)
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}

const NOTHING = new Uint8Array(0)

function lineBreak(text: Uint8Array): DataError {
  const shown = JSON.stringify(Buffer.from(text.subarray(0, 60)).toString())
  return new DataError('LINE_BREAK', `a text with a line break cannot be one line: ${shown}`, {
    hint: "replace it first: r.text.replaceAll('\\n', ' '); csv() and json() keep it",
  })
}
