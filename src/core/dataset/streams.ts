/** Datasets as streams of the platform: of rows, or of the bytes of a format. */

import type { Readable } from 'node:stream'
import type { JobOptions } from '../engine.ts'
import type { BlockEncoder, Json } from '../formats/contract.ts'
import { checkNames, oneOf } from '../options.ts'
import { type CallSite, thrownAt } from '../planner/build.ts'
import type { Dataset } from './dataset.ts'
import { heapBatches, rowsIn, schemaOfRows } from './ends.ts'
import { JOB_OPTIONS } from './job-options.ts'
import { RowChannel } from './row-channel.ts'

type AnyDataset = Dataset<any, any>

export interface ByteStreamOptions extends JobOptions {
  /** What rows are written as. */
  readonly format: 'json' | 'csv' | 'lines'
  /** Of the format; as those of the sinks `json()` and `csv()`. */
  readonly formatOptions?: Readonly<Record<string, Json>>
}

export type RowStreamOptions = JobOptions & { readonly format?: undefined }

/** The chunks of a stream: rows without a format, bytes with one. Nothing runs before the first is asked for. */
function chunksOf(
  dataset: AnyDataset,
  options: RowStreamOptions | ByteStreamOptions,
  site: CallSite,
): AsyncGenerator<unknown, void, undefined> {
  try {
    checkNames('a stream', options, ['format', 'formatOptions', ...JOB_OPTIONS])
    if (options.format !== undefined) oneOf(options.format, 'format', ['json', 'csv', 'lines'])
  } catch (error) {
    throw thrownAt(error, site)
  }
  if (options.format === undefined) return rowsIn(dataset, options, site)
  const { format, formatOptions = {}, ...job } = options
  return bytesIn(dataset, format, formatOptions, job, site)
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
  site: CallSite,
): ReadableStream<any> {
  const chunks = chunksOf(dataset, options, site)
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
  site: CallSite,
): Readable {
  const chunks = chunksOf(dataset, options, site)
  return process
    .getBuiltinModule('node:stream')
    .Readable.from(chunks, { objectMode: options.format === undefined })
}
