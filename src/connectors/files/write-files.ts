/** Sinks to files of formats that have encoders: what `lines()`, `csv()` and `json()` have in common. */

import type { Sink } from '../../core/connector.ts'
import { PlanError } from '../../core/errors.ts'
import type { Json } from '../../core/formats/contract.ts'
import { formatOf } from '../../core/formats/index.ts'
import { EncodedParts } from './encoded-parts.ts'
import { type FileSinkOptions, fileSink } from './file-sink.ts'
import type { Packing } from './part-file.ts'

export interface EncodedSinkOptions extends FileSinkOptions {
  /** How files are packed. By default the name of a single file says it (`.gz`, `.zst`), and files in folders are not. */
  readonly compression?: Packing
}

/** What the sinks of all formats take. */
export const ENCODED_SINK_OPTIONS: readonly string[] = ['partitionBy', 'compression']

/**
 * @param format a name of `core/formats/index.ts`
 * @param options of its encoder: JSON, checked
 */
export function encodedSink(path: string, format: string, options: Json, files: EncodedSinkOptions): Sink {
  const { compression = packingOf(path) } = files
  return fileSink(path, new EncodedParts({ format: formatOf(format), options, packing: compression }), files)
}

/** @throws {PlanError} `COMPRESSION` for a name that says what nothing here packs: readers would not find it in there */
function packingOf(path: string): Packing {
  if (/\.gz$/i.test(path)) return 'gzip'
  const [, other] = /\.(lz4|bz2|xz|zip)$/i.exec(path) ?? []
  if (other !== undefined) {
    throw new PlanError('COMPRESSION', `nothing here packs .${other}, as the name of ${path} says`, {
      hint: "call it .gz or .zst; { compression: 'none' } writes it as it is",
    })
  }
  return /\.zst$/i.test(path) ? 'zstd' : 'none'
}
