/** Batches as lines of JSON. */

import { type Batch, rowAt, rowCount } from '../../batch/batch.ts'
import { isNullAt } from '../../batch/column.ts'
import type { BlockEncoder, EncoderSpec } from '../contract.ts'
import { Output } from '../output.ts'
import { NEWLINE } from './input.ts'
import { keyBytes, openWriter, type WriterOptions } from './writers.ts'

export interface JsonEncoderOptions extends WriterOptions {
  /** Leaves out what is null, in place of writing `null`. */
  readonly omitNulls: boolean
}

const DEFAULTS: JsonEncoderOptions = { wideNumbers: 'number', omitNulls: false }

export class JsonEncoder implements BlockEncoder {
  readonly #options: JsonEncoderOptions
  readonly #keys: readonly { readonly first: Uint8Array; readonly next: Uint8Array }[]
  readonly #out = new Output()

  constructor({ schema, options }: EncoderSpec) {
    this.#options = { ...DEFAULTS, ...(options as unknown as Partial<JsonEncoderOptions> | null) }
    this.#keys = schema.map(({ name }) => ({ first: keyBytes(name, true), next: keyBytes(name, false) }))
  }

  encode(batch: Batch): Uint8Array {
    const out = this.#out
    const { omitNulls } = this.#options
    out.size = 0
    const columns = batch.columns.map((column, c) => ({
      ...this.#keys[c]!,
      column,
      write: openWriter(batch.schema[c]!.type, column, out, this.#options),
    }))
    const count = rowCount(batch)
    for (let i = 0; i < count; i++) {
      const row = rowAt(batch, i)
      let isFirst = true
      for (const { first, next, column, write } of columns) {
        if (omitNulls && isNullAt(column, row)) continue
        out.put(isFirst ? first : next)
        write(row)
        isFirst = false
      }
      if (isFirst) out.putByte(0x7b)
      out.putByte(0x7d)
      out.putByte(NEWLINE)
    }
    return out.bytes.subarray(0, out.size)
  }
}
