/** Parts of files that encoders of formats make: one per epoch and partition, put together byte by byte. */

import { copyFile, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Batch, withColumns } from '../../core/batch/batch.ts'
import type { Encoding } from '../../core/connector.ts'
import type { BlockEncoder, Format, Json } from '../../core/formats/contract.ts'
import type { Schema } from '../../core/types/schema.ts'
import { placePart } from './epoch-files.ts'
import type { PartFormat, PartWriter } from './file-sink.ts'
import { appendBytes, appendPart, member, type Packing, PartFile, packed } from './part-file.ts'
import { columnsBeside, keysOf, partitionRows } from './partition-rows.ts'

export interface EncodedPartsOptions {
  readonly format: Format
  /** Of the encoder. */
  readonly options: Json
  readonly packing: Packing
}

/** How names of packed files end. */
export const PACKED_ENDINGS: Readonly<Record<Packing, string>> = { none: '', gzip: '.gz', zstd: '.zst' }

/** Files with more open handles than this are closed for a while. */
const MAX_OPEN = 64

/** The parts of a format that has an encoder. */
export class EncodedParts implements PartFormat {
  readonly name: string
  readonly #options: EncodedPartsOptions
  #encoder: BlockEncoder | undefined
  #keys: readonly number[] = []
  /** The columns that are written, which are those that are no keys. */
  #columns: readonly number[] = []
  #schema: Schema = []

  constructor(options: EncodedPartsOptions) {
    this.#options = options
    this.name = options.format.name
  }

  /** What makes the bytes of rows, where they all go to one file. */
  get encoding(): Encoding {
    const { format, options } = this.#options
    return { format: format.name, options }
  }

  async open(schema: Schema, partitionBy: readonly string[]): Promise<void> {
    const { format, options } = this.#options
    this.#keys = keysOf(schema, partitionBy)
    this.#columns = columnsBeside(schema, this.#keys)
    this.#schema = this.#columns.map(i => schema[i]!)
    this.#encoder = format.openEncoder!({ schema: this.#schema, options })
  }

  parts(nextPath: (folder?: string) => string): PartWriter {
    const { packing } = this.#options
    const files = new Map<string, PartFile>()
    const fileOf = async (folder: string) => {
      const file = files.get(folder) ?? new PartFile(nextPath(folder), packing, this.#header)
      // The file used longest ago comes first.
      files.delete(folder)
      files.set(folder, file)
      const open = [...files.values()].filter(({ isOpen }) => isOpen)
      if (!file.isOpen && open.length >= MAX_OPEN) await open[0]!.rest()
      return file
    }
    return {
      write: async batch => {
        if (batch.encodedRows !== undefined) {
          await (await fileOf('')).write(batch.columns[0]!.values as Uint8Array)
          return
        }
        for (const { folder, rows } of partitionRows(batch, this.#keys)) {
          const file = await fileOf(folder)
          await file.write(this.#encoder!.encode(this.#own(rows)))
        }
      },
      finish: async () => {
        for (const file of files.values()) await file.end()
      },
      abort: async () => {
        for (const file of files.values()) await file.end()
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

  get #header(): Uint8Array {
    return this.#encoder!.header?.() ?? NOTHING
  }

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

const NOTHING = new Uint8Array(0)

const isEmpty = async (path: string): Promise<boolean> => (await stat(path)).size === 0
