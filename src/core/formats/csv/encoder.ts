/**
 * Batches as CSV: texts in quotes only where they must be, null as nothing and an empty text as `""`, floats with the fewest
 * digits that give them back, times in ISO 8601.
 */

import { type Batch, rowAt, rowCount } from '../../batch/batch.ts'
import { isNullAt } from '../../batch/column.ts'
import { viewOf } from '../../batch/copy-bytes.ts'
import { isText } from '../../types/column-type.ts'
import type { BlockEncoder, EncoderSpec } from '../contract.ts'
import { Output } from '../output.ts'
import { type CellFormat, cellFormat, type WriteDialect, writeText } from './cell-writers.ts'
import { LF } from './dialect.ts'

/** How a file is written; what is left out is as RFC 4180 has it. */
export interface CsvWriteOptions {
  readonly delimiter?: string
  readonly quote?: string
  /** Whether the first record names the columns. Default: true. */
  readonly header?: boolean
  /** What is written for null. Default: nothing. */
  readonly nullValue?: string
  /** A pattern of strftime for timestamps. Default: ISO 8601. */
  readonly timestampFormat?: string
}

const encoder = new TextEncoder()

/** @throws {PlanError} `CSV_TYPE` for a column that has no text */
export function csvEncoder({ schema, options }: EncoderSpec): BlockEncoder {
  const {
    delimiter = ',',
    quote = '"',
    header = true,
    nullValue = '',
    timestampFormat,
  } = (options ?? {}) as CsvWriteOptions
  const dialect: WriteDialect = {
    delimiter: delimiter.charCodeAt(0),
    quote: quote.charCodeAt(0),
    nullValue: encoder.encode(nullValue),
    ...(timestampFormat !== undefined && { timestampFormat }),
  }
  // Numbers and times hold none of the usual delimiters, and are not the usual null.
  const isUnusual = nullValue !== '' || timestampFormat !== undefined || !/[,;|\t]/.test(delimiter)
  const formats = schema.map((field): CellFormat => {
    const format = cellFormat(field, dialect)
    return isUnusual && !isText(field.type) ? quotedWhereNeeded(format, dialect) : format
  })
  const out = new Output()
  return {
    ...(header && {
      header() {
        schema.forEach(({ name }, i) => {
          if (i > 0) out.putAscii(delimiter)
          const text = encoder.encode(name)
          writeText(out, viewOf(text), 0, text.length, dialect)
        })
        out.putAscii('\n')
        return out.take().slice()
      },
    }),
    encode(batch) {
      encodeRows(batch, formats, dialect, out)
      return out.take()
    },
  }
}

/** Cells as they are, in quotes where their text would be taken for something else. */
const quotedWhereNeeded =
  (format: CellFormat, dialect: WriteDialect): CellFormat =>
  (column, out) => {
    const write = format(column, out)
    return row => {
      const start = out.size
      write(row)
      const text = out.bytes.slice(start, out.size)
      out.size = start
      writeText(out, viewOf(text), 0, text.length, dialect)
    }
  }

function encodeRows(
  batch: Batch,
  formats: readonly CellFormat[],
  { delimiter, nullValue }: WriteDialect,
  out: Output,
): void {
  const { columns } = batch
  const cells = columns.map((column, c) => formats[c]!(column, out))
  const count = rowCount(batch)
  for (let i = 0; i < count; i++) {
    const row = rowAt(batch, i)
    for (let c = 0; c < columns.length; c++) {
      if (c > 0) out.putByte(delimiter)
      if (isNullAt(columns[c]!, row)) out.put(nullValue)
      else cells[c]!(row)
    }
    out.putByte(LF)
  }
}
