/** Parts of files that encoders of formats make: one per epoch and partition, put together byte by byte. */

import { copyFile, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Batch, withColumns } from '../../core/batch/batch.ts'
import { decodeText, textBytesAt } from '../../core/batch/column.ts'
import { SlabPool } from '../../core/batch/slab.ts'
import { BYTES_BY_FOLDER, type Encoding } from '../../core/connector.ts'
import type { BlockEncoder, Format, Json } from '../../core/formats/contract.ts'
import { columnsBeside, keysOf, RowPartitioner } from '../../core/formats/partition-rows.ts'
import type { Schema } from '../../core/types/schema.ts'
import { placePart } from './epoch-files.ts'
import type { PartFormat, PartWriter } from './file-sink.ts'
import { appendBytes, appendPart, member, type Packing, PartFile, packed } from './part-file.ts'

export interface EncodedPartsOptions {
  readonly format: Format
  /** Of the encoder. */
  readonly options: Json
  readonly packing: Packing
}

/** How names of packed files end. */
export const PACKED_ENDINGS: Readonly<Record<Packing, string>> = { none: '', gzip: '.gz', zstd: '.zst' }

const NOTHING = new Uint8Array(0)

/** Files with more open handles than this are closed for a while. */
const MAX_OPEN = 64

/** Bytes after which others have a turn on the thread: gathering is a copy, and nothing else need be waited for. */
const BYTES_PER_TURN = 1 << 20

const nextTurn = (): Promise<void> => new Promise(resolve => void setImmediate(resolve))

/** The parts of a format that has an encoder. */
export class EncodedParts implements PartFormat {
  readonly name: string
  readonly #options: EncodedPartsOptions
  #encoder: BlockEncoder | undefined
  /** Of what parts gather. */
  readonly #memory = new SlabPool()
  #keys: readonly number[] = []
  #partitioner: RowPartitioner | undefined
  #header: Uint8Array = NOTHING
  /** The columns that are written, which are those that are no keys. */
  #columns: readonly number[] = []
  #schema: Schema = []

  constructor(options: EncodedPartsOptions) {
    this.#options = options
    this.name = options.format.name
  }

  /** What makes the bytes of rows. */
  get encoding(): Encoding {
    const { format, options } = this.#options
    return { format: format.name, options }
  }

  async open(schema: Schema, partitionBy: readonly string[]): Promise<void> {
    const { format, options } = this.#options
    this.#keys = keysOf(schema, partitionBy)
    this.#partitioner = new RowPartitioner(schema, this.#keys)
    this.#columns = columnsBeside(schema, this.#keys)
    this.#schema = this.#columns.map(i => schema[i]!)
    this.#encoder = format.openEncoder!({ schema: this.#schema, options })
    this.#header = this.#encoder.header?.() ?? NOTHING
  }

  parts(nextPath: (folder?: string) => string): PartWriter {
    const { packing } = this.#options
    const files = new Map<string, PartFile>()
    /** Those with a handle or memory, the one used longest ago first. */
    const open = new Set<PartFile>()
    let bytesOfTurn = 0
    const writeTo = async (folder: string, bytes: Uint8Array) => {
      let file = files.get(folder)
      if (!file)
        files.set(folder, (file = new PartFile(nextPath(folder), packing, this.#header, this.#memory)))
      open.delete(file)
      if (open.size >= MAX_OPEN) {
        const [oldest] = open
        open.delete(oldest!)
        await oldest!.rest()
      }
      open.add(file)
      await file.write(bytes)
      bytesOfTurn += bytes.length
      if (bytesOfTurn < BYTES_PER_TURN) return
      bytesOfTurn = 0
      await nextTurn()
    }
    return {
      write: async batch => {
        if (batch.encodedRows === undefined) {
          for (const { folder, rows } of this.#partitioner!.divide(batch))
            await writeTo(folder, this.#encoder!.encode(this.#own(rows)))
        } else if (batch.schema.length === BYTES_BY_FOLDER.length) {
          const [folders, bytes] = batch.columns
          for (let i = 0; i < batch.length; i++)
            await writeTo(decodeText(textBytesAt(folders!, i)), textBytesAt(bytes!, i))
        } else await writeTo('', batch.columns[0]!.values as Uint8Array)
      },
      finish: async () => {
        for (const file of files.values()) await file.end()
      },
      abort: async () => {
        for (const file of files.values()) await file.drop()
      },
    }
  }

  readonly assemble = async (
    parts: readonly string[],
    directory: string,
    folderOf: (part: string) => string,
  ): Promise<readonly string[]> => {
    const name = `part.${this.name}${PACKED_ENDINGS[this.#options.packing]}`
    const folders = Map.groupBy(parts, folderOf)
    // One file there is in any case.
    if (folders.size === 0 && this.#keys.length === 0) folders.set('', [])
    const made: string[] = []
    for (const [folder, own] of folders) {
      await mkdir(join(directory, folder), { recursive: true })
      await this.#join(own, join(directory, folder, name))
      made.push(join(folder, name))
    }
    return made
  }

  async close(): Promise<void> {}

  #own(batch: Batch): Batch {
    return withColumns(
      batch,
      this.#schema,
      this.#columns.map(i => batch.columns[i]!),
    )
  }

  /** What is written down to be parts stays as it is: a crash may come at any time. */
  async #join(parts: readonly string[], target: string): Promise<void> {
    const { packing } = this.#options
    const [first, ...others] = parts
    const footer = this.#encoder!.footer?.()
    if (first !== undefined && others.length === 0 && !footer && !(await isEmpty(first))) {
      return placePart(first, target)
    }
    const header = packed(this.#header, packing)
    if (first === undefined) await appendBytes(target, header)
    else await copyFile(first, target)
    for (const part of others) await appendPart(target, part, header.length)
    if (footer) await appendBytes(target, packed(footer, packing))
    if (packing !== 'none' && (await isEmpty(target))) await appendBytes(target, member(NOTHING, packing))
  }
}

const isEmpty = async (path: string): Promise<boolean> => (await stat(path)).size === 0
