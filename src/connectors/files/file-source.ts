/** Files of one format as a source of bytes, which shards decode. */

import { basename } from 'node:path'
import type {
  Encoding,
  ReaderMemory,
  ScanRequest,
  Source,
  Split,
  SplitPosition,
  SplitReader,
} from '../../core/connector.ts'
import type { Format, Json, Sniffed } from '../../core/formats/contract.ts'
import type { Schema } from '../../core/types/schema.ts'
import { BlockReader } from './block-reader.ts'
import { compressionOf } from './compression.ts'
import { type FoundFile, findFiles, pathTexts } from './file-list.ts'
import type { Paths } from './from-files.ts'
import { type ByteInput, openInput } from './input.ts'

export interface FileSourceOptions {
  readonly format: Format
  /** Of the format, as the user gave them. */
  readonly options: Json
  /** The columns that the user declared; without them they are found. */
  readonly schema?: Schema
}

/** What is looked at of a file before it is read. */
const SAMPLE_BYTES = 1 << 18

/** Each file is a split. */
export function fileSource(paths: Paths, options: FileSourceOptions): Source & { readonly bounded: true } {
  return new FileSource(pathTexts(paths), options)
}

class FileSource implements Source {
  readonly label: string
  readonly bounded = true
  readonly replayable = true
  readonly canOrder = false
  readonly #paths: readonly string[]
  readonly #options: FileSourceOptions
  #files: Promise<readonly FoundFile[]> | undefined
  #first: Promise<Sniffed> | undefined

  constructor(paths: readonly string[], options: FileSourceOptions) {
    this.#paths = paths
    this.#options = options
    const others = paths.length > 1 ? ` and ${paths.length - 1} more` : ''
    this.label = `${options.format.name} ${basename(paths[0] ?? 'nothing')}${others}`
  }

  async schema(): Promise<Schema> {
    return (await this.#sniffFirst()).schema
  }

  async encoding(): Promise<Encoding> {
    const { options } = await this.#sniffFirst()
    return { format: this.#options.format.name, options }
  }

  canFilter(): boolean {
    return false
  }

  async splits(): Promise<readonly Split[]> {
    return (await this.#found()).map(({ path, bytes }, id) => ({
      id,
      label: path,
      ...(compressionOf(path) === undefined && { bytes }),
    }))
  }

  async open(
    split: Split,
    { rows }: SplitPosition,
    { batchRows }: ScanRequest,
    memory: ReaderMemory,
  ): Promise<SplitReader> {
    const { format } = this.#options
    const { path } = (await this.#found())[split.id]!
    const { schema } = await this.#sniffFirst()
    const { options, dataStart } = await this.#sniff(path, schema)
    return new BlockReader({
      input: await openInput(path, dataStart + rows),
      cutter: format.openCutter(options),
      memory,
      blockBytes: batchRows,
      split: split.id,
      offset: rows,
      origin: { file: path, start: dataStart, options },
    })
  }

  async lineAt(file: string, offset: number): Promise<number> {
    return countLines(await openInput(file), offset)
  }

  #found(): Promise<readonly FoundFile[]> {
    this.#files ??= findFiles(this.#paths)
    return this.#files
  }

  async #sniffFirst(): Promise<Sniffed> {
    this.#first ??= this.#found().then(([first]) => this.#sniff(first!.path, this.#options.schema))
    return this.#first
  }

  async #sniff(path: string, schema: Schema | undefined): Promise<Sniffed> {
    const { format, options } = this.#options
    const sample = Buffer.allocUnsafe(SAMPLE_BYTES)
    const input = await openInput(path)
    try {
      const read = await input.read(sample)
      return format.sniff(sample.subarray(0, read), {
        options,
        whole: read < sample.length,
        file: path,
        ...(schema && { schema }),
      })
    } finally {
      await input.close()
    }
  }
}

const LF = 0x0a

/** The number of the line in which a byte is. */
async function countLines(input: ByteInput, offset: number): Promise<number> {
  const chunk = Buffer.allocUnsafe(SAMPLE_BYTES)
  let lines = 1
  try {
    for (let left = offset; left > 0; ) {
      const read = await input.read(chunk.subarray(0, Math.min(left, chunk.length)))
      if (read === 0) break
      for (let at = chunk.indexOf(LF); at >= 0 && at < read; at = chunk.indexOf(LF, at + 1)) lines++
      left -= read
    }
    return lines
  } finally {
    await input.close()
  }
}
