/** Bytes that come as they come, as a source of one split, which shards decode. */

import type { Encoding, Source } from '../../core/connector.ts'
import { ConnectorError } from '../../core/errors.ts'
import type { Format, Json } from '../../core/formats/contract.ts'
import type { Schema } from '../../core/types/schema.ts'
import type { ByteStream } from './chunks.ts'
import { StreamReader } from './stream-reader.ts'

export interface StreamSourceOptions {
  readonly format: Format
  /** Of the format, as the user gave them. */
  readonly options: Json
  /** What comes is not looked at before it is read: the columns have to be known. */
  readonly schema: Schema
}

export function streamSource(stream: ByteStream, { format, options, schema }: StreamSourceOptions): Source {
  const { label, bounded, replayable } = stream
  return {
    label,
    bounded,
    replayable,
    canOrder: false,
    canFilter: () => false,
    schema: async () => schema,
    encoding: async (): Promise<Encoding> => ({ format: format.name, options }),
    splits: async () => [{ id: 0, label }],
    async open(split, { rows, resume }, { batchRows }, memory) {
      if (rows > 0 && resume === undefined)
        throw new ConnectorError('NOT_REPLAYABLE', `${label} can be read only from where it is`, {
          hint: 'start the job without a snapshot; or keep what comes in a file, and read that with follow',
        })
      return new StreamReader({
        stream,
        from: resume as Json | undefined,
        format,
        options,
        schema,
        memory,
        blockBytes: batchRows,
        split: split.id,
        offset: rows,
      })
    },
  }
}
