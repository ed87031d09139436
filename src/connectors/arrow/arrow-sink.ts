/** Arrow files as a sink: IPC files, a record batch after the other. The epochs are those of `connectors/files`. */

import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import {
  Schema as ArrowSchema,
  CompressionType,
  compressionRegistry,
  type Data,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  Struct,
} from 'apache-arrow'
import { arrowField } from '../../core/batch/arrow-types.ts'
import { type Batch, rowCount, withColumns } from '../../core/batch/batch.ts'
import { fromArrowData, type ReadDictionaries } from '../../core/batch/from-arrow.ts'
import { heapArena } from '../../core/batch/slab.ts'
import { compact, concat } from '../../core/batch/take.ts'
import { arrowColumns } from '../../core/batch/to-arrow.ts'
import type { Sink } from '../../core/connector.ts'
import { ConnectorError } from '../../core/errors.ts'
import { columnsBeside, keysOf, RowPartitioner } from '../../core/formats/partition-rows.ts'
import type { ColumnType } from '../../core/types/column-type.ts'
import { withoutDictionaries } from '../../core/types/nested-type.ts'
import type { Schema } from '../../core/types/schema.ts'
import { placePart } from '../files/epoch-files.ts'
import { type FileSinkOptions, fileSink, type PartFormat, type PartWriter } from '../files/file-sink.ts'
import { missingCodec, registerCodecs } from './codecs.ts'
import { GrowingDictionary } from './growing-dictionary.ts'
import { explainArrow, openArrow } from './open-arrow.ts'

export interface ArrowSinkOptions extends FileSinkOptions {
  /** Default: `none`, so that others can map the file. LZ4 needs the package lz4-napi. */
  readonly compression?: 'none' | 'zstd' | 'lz4'
}

/** Rows of a record batch: batches of a stream may be tiny. */
const RECORD_ROWS = 32_768

/** Files of partitions that are written at a time: each holds a record batch. The one used longest ago is ended for another. */
const MAX_OPEN = 64

/**
 * Arrow IPC files as a sink. Dictionaries grow by deltas; within lists and structs they are written as plain text.
 *
 * Errors: `MISSING_PACKAGE` for LZ4; `SINK_BUSY`, `SINK_EXISTS`, `IS_DIRECTORY`, `DIRECTORY`, `PERMISSION`; `SINK_BEHIND` when
 * a restored job finds other files than it left.
 */
export const arrowSink = (path: string, options: ArrowSinkOptions = {}): Sink =>
  fileSink(path, new ArrowParts(path, options), options)

class ArrowParts implements PartFormat {
  readonly name = 'arrow'
  readonly #path: string
  readonly #compression: CompressionType | null
  /** The columns that are written, which are those that are no keys. */
  #schema: Schema = []
  #columns: readonly number[] = []
  #keys: readonly number[] = []
  #partitioner: RowPartitioner | undefined
  /** By folder, the file that its rows go to; the one used longest ago comes first. */
  readonly #open = new Map<string, ArrowFile>()

  constructor(path: string, { compression = 'none' }: ArrowSinkOptions) {
    this.#path = path
    this.#compression = { none: null, zstd: CompressionType.ZSTD, lz4: CompressionType.LZ4_FRAME }[
      compression
    ]
  }

  async open(schema: Schema, partitionBy: readonly string[]): Promise<void> {
    this.#keys = keysOf(schema, partitionBy)
    this.#partitioner = new RowPartitioner(schema, this.#keys)
    this.#columns = columnsBeside(schema, this.#keys)
    this.#schema = this.#columns.map(i => schema[i]!)
    if (this.#compression === null) return
    registerCodecs()
    if (!canEncode(this.#compression)) throw missingCodec(JSON.stringify(this.#path))
  }

  parts(nextPath: (folder?: string) => string): PartWriter {
    return {
      write: async batch => {
        for (const { folder, rows } of this.#partitioner!.divide(batch)) {
          const own = withColumns(
            rows,
            this.#schema,
            this.#columns.map(i => rows.columns[i]!),
          )
          const file = await this.#fileOf(folder, nextPath)
          await file.write(compact(own, heapArena))
        }
      },
      finish: async () => {
        for (const file of this.#open.values()) await file.end()
        this.#open.clear()
      },
      abort: () => this.close(),
    }
  }

  readonly assemble = async (
    parts: readonly string[],
    directory: string,
    folderOf: (part: string) => string,
  ): Promise<readonly string[]> => {
    const folders = Map.groupBy(parts, folderOf)
    // One file there is in any case.
    if (folders.size === 0 && this.#keys.length === 0) folders.set('', [])
    const made: string[] = []
    for (const [folder, own] of folders) {
      await mkdir(join(directory, folder), { recursive: true })
      await this.#join(own, join(directory, folder, 'part.arrow'))
      made.push(join(folder, 'part.arrow'))
    }
    return made
  }

  async close(): Promise<void> {
    for (const file of this.#open.values()) await file.close()
    this.#open.clear()
  }

  async #join(parts: readonly string[], target: string): Promise<void> {
    if (parts.length === 1) return placePart(parts[0]!, target)
    const file = await this.#create(target)
    for (const part of parts) for await (const batch of batchesOf(part, this.#schema)) await file.write(batch)
    await file.end()
  }

  async #fileOf(folder: string, nextPath: (folder?: string) => string): Promise<ArrowFile> {
    let file = this.#open.get(folder)
    if (!file && this.#open.size >= MAX_OPEN) {
      const [oldest, other] = this.#open.entries().next().value!
      await other.end()
      this.#open.delete(oldest)
    }
    file ??= await this.#create(nextPath(folder))
    this.#open.delete(folder)
    this.#open.set(folder, file)
    return file
  }

  #create(path: string): Promise<ArrowFile> {
    return ArrowFile.create(path, this.#schema, this.#compression)
  }
}

/** An IPC file being written. */
class ArrowFile {
  readonly #path: string
  readonly #handle: FileHandle
  readonly #writer: Writer
  readonly #types: readonly ColumnType[]
  readonly #dictionaries: readonly (GrowingDictionary | undefined)[]
  readonly #schema: ArrowSchema
  #waiting: Batch[] = []
  #rows = 0

  static async create(path: string, schema: Schema, compression: CompressionType | null): Promise<ArrowFile> {
    const handle = await open(path, 'w').catch(error => {
      throw explainArrow(error, JSON.stringify(path))
    })
    return new ArrowFile(path, handle, schema, compression)
  }

  private constructor(path: string, handle: FileHandle, schema: Schema, compression: CompressionType | null) {
    this.#path = path
    this.#handle = handle
    this.#writer = new Writer({ compressionType: compression })
    // Dictionaries within lists and structs as plain text: each would be one of its own, of each record batch.
    this.#types = schema.map(({ type }) => (type === 'dictionary' ? type : withoutDictionaries(type)))
    this.#dictionaries = this.#types.map(type =>
      type === 'dictionary' ? new GrowingDictionary() : undefined,
    )
    const fields = schema.map((field, c) =>
      arrowField(field, this.#dictionaries[c]?.type ?? arrowColumns(this.#types[c]!, [], []).type),
    )
    this.#schema = new ArrowSchema(fields)
  }

  /** @param batch its own memory, with all rows counting */
  async write(batch: Batch): Promise<void> {
    this.#waiting.push(batch)
    this.#rows += rowCount(batch)
    if (this.#rows >= RECORD_ROWS) await this.#flush()
  }

  async end(): Promise<void> {
    await this.#flush()
    this.#writer.end(this.#schema)
    await this.#drain()
    await this.#handle.sync()
    await this.#handle.close()
  }

  close(): Promise<void> {
    return this.#handle.close()
  }

  async #flush(): Promise<void> {
    const [first, ...others] = this.#waiting
    this.#waiting = []
    this.#rows = 0
    if (!first) return
    const { length, columns } =
      others.length === 0 ? first : concat(first.schema, [first, ...others], heapArena)
    const children = columns.map(
      (column, c): Data =>
        this.#dictionaries[c]?.add(column, length) ??
        arrowColumns(this.#types[c]!, [column], [length]).data[0]!,
    )
    const type = new Struct(this.#schema.fields)
    this.#writer.write(new RecordBatch(this.#schema, makeData({ type, length, nullCount: 0, children })))
    await this.#drain()
  }

  /** What the writer made goes to the disk before it makes more. */
  async #drain(): Promise<void> {
    try {
      for (const bytes of this.#writer.take()) await this.#handle.appendFile(bytes)
    } catch (error) {
      const full = (error as NodeJS.ErrnoException).code === 'ENOSPC'
      throw full
        ? new ConnectorError(
            'DISK_FULL',
            `there is no room left on the disk for ${JSON.stringify(this.#path)}`,
            { cause: error },
          )
        : error
    }
  }
}

/** apache-arrow's writer, whose bytes can be taken as they come: its own queue would hold the whole file. */
class Writer extends RecordBatchFileWriter {
  #bytes: Uint8Array[] = []

  take(): Uint8Array[] {
    const bytes = this.#bytes
    this.#bytes = []
    return bytes
  }

  /** The end of the file, also where it has no record batch. */
  end(schema: ArrowSchema): void {
    if (!this._started) this.reset(this._sink, schema)
    this.close()
  }

  protected override _write(chunk: ArrayBufferView): this {
    if (!this._started || chunk.byteLength === 0) return this
    this.#bytes.push(new Uint8Array(chunk.buffer as ArrayBuffer, chunk.byteOffset, chunk.byteLength))
    this._position += chunk.byteLength
    return this
  }
}

async function* batchesOf(path: string, schema: Schema): AsyncGenerator<Batch> {
  const file = await openArrow({ path })
  const dictionaries: ReadDictionaries = new Map()
  try {
    for await (const { record } of file.records(0)) {
      const length = record.numRows
      const columns = schema.map((field, c) =>
        fromArrowData(field, record.data.children[c]!, length, dictionaries),
      )
      if (length > 0) yield { schema, length, columns, position: { split: 0, offset: 0 } }
    }
  } finally {
    await file.close()
  }
}

const canEncode = (type: CompressionType): boolean => compressionRegistry.get(type)?.encode !== undefined
