/** A sink that writes the bytes of a format to something that takes bytes in order: a process, a socket, standard output. */

import type { Batch } from '../../core/batch/batch.ts'
import type { Sink, SinkContext } from '../../core/connector.ts'
import type { BlockEncoder, Format, Json } from '../../core/formats/contract.ts'
import type { Schema } from '../../core/types/schema.ts'

/** What takes bytes. */
export interface ByteTarget {
  open(): Promise<void>
  /** Settles when there is room for more. The bytes are valid only until then. */
  write(bytes: Uint8Array): Promise<void>
  /** All is written, and nothing more comes. */
  end(): Promise<void>
  /** Frees everything, whatever was written; safe to call twice, and after `end`. */
  close(): Promise<void>
}

export interface ByteSinkOptions {
  readonly format: Format
  readonly options: Json
}

/** Rows leave as they come. What a job that went on from a snapshot has written before, it writes again. */
export function byteSink(label: string, target: ByteTarget, { format, options }: ByteSinkOptions): Sink {
  let encoder: BlockEncoder
  let isEnded = false
  return {
    label,
    guarantee: 'at-least-once',
    async open(schema: Schema, _context?: SinkContext) {
      encoder = format.openEncoder!({ schema, options })
      await target.open()
      const header = encoder.header?.()
      if (header?.length) await target.write(header)
    },
    async begin() {},
    async write(batch: Batch) {
      const bytes = encoder.encode(batch)
      if (bytes.length > 0) await target.write(bytes)
    },
    async commit() {},
    async abort() {
      isEnded = true
    },
    async close() {
      try {
        if (isEnded) return
        isEnded = true
        const footer = encoder?.footer?.()
        if (footer?.length) await target.write(footer)
        await target.end()
      } finally {
        await target.close()
      }
    },
  }
}
