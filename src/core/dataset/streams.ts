/** Datasets as streams of the platform: of rows, or of the bytes of a format. */

import type { Readable } from 'node:stream'
import type { JobOptions } from '../engine.ts'
import type { BlockEncoder, Json } from '../formats/contract.ts'
import { type BytesWritten, encodingOf, type RowFormat } from '../formats/encoder-options.ts'
import { checkNames } from '../options.ts'
import { type CallSite, callSite } from '../planner/build.ts'
import type { Dataset } from './dataset.ts'
import { heapBatches, rowsIn, schemaOfRows } from './ends.ts'
import { JOB_OPTIONS } from './job-options.ts'
import { RowChannel } from './row-channel.ts'

type AnyDataset = Dataset<any, any>

export interface ByteStreamOptions extends JobOptions, BytesWritten {
  /** What rows are written as. */
  readonly format: RowFormat
}

export type RowStreamOptions = JobOptions & { readonly format?: undefined }

/** The chunks of a stream: rows without a format, bytes with one. Nothing runs before the first is asked for. */
function chunksOf(
  dataset: AnyDataset,
  options: RowStreamOptions | ByteStreamOptions,
  above: Function,
): AsyncGenerator<unknown, void, undefined> {
  checkNames('a stream', options, ['format', 'formatOptions', ...JOB_OPTIONS], above)
  if (options.format === undefined) return rowsIn(dataset, options, callSite(above))
  const { format: _, formatOptions: __, ...job } = options
  const encoding = encodingOf(options, above)
  return bytesIn(dataset, encoding.format, encoding.options, job, callSite(above))
}

async function* bytesIn(
  dataset: AnyDataset,
  format: string,
  options: Json,
  job: JobOptions,
  site: CallSite,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { formatOf } = await import('../formats/index.ts')
  const channel = new RowChannel('rows')
  let encoder: BlockEncoder | undefined
  const opened = (schema: typeof channel.schema) =>
    formatOf(format).openEncoder!({ schema: schema!, options })
  for await (const batch of heapBatches(dataset, job, site, channel)) {
    if (!encoder) {
      encoder = opened(channel.schema)
      yield* some(encoder.header?.())
    }
    yield* some(encoder.encode(batch))
  }
  if (!encoder) {
    encoder = opened(await schemaOfRows(dataset, site))
    yield* some(encoder.header?.())
  }
  yield* some(encoder.footer?.())
}

/** Bytes of their own: the encoder's are its own until it is asked again. */
function* some(bytes: Uint8Array | undefined): Generator<Uint8Array> {
  if (bytes && bytes.length > 0) yield bytes.slice()
}

export function webStream(
  dataset: AnyDataset,
  options: RowStreamOptions | ByteStreamOptions,
  above: Function,
): ReadableStream<any> {
  const chunks = chunksOf(dataset, options, above)
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await chunks.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        await chunks.return()
      },
    },
    { highWaterMark: 0 },
  )
}

export function nodeStream(
  dataset: AnyDataset,
  options: RowStreamOptions | ByteStreamOptions,
  above: Function,
): Readable {
  const chunks = chunksOf(dataset, options, above)
  return process
    .getBuiltinModule('node:stream')
    .Readable.from(chunks, { objectMode: options.format === undefined })
}
