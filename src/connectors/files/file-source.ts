/** Files of one format as a source of bytes, which shards decode. */

import { stat } from 'node:fs/promises'
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
import { PlanError } from '../../core/errors.ts'
import type { Expr } from '../../core/expr/expr.ts'
import { show } from '../../core/expr/show.ts'
import type { Format, Json, Sniffed } from '../../core/formats/contract.ts'
import { type Schema, schemaOf } from '../../core/types/schema.ts'
import { widerType } from '../../core/types/wider-type.ts'
import { BlockReader } from './block-reader.ts'
import { compressionOf } from './compression.ts'
import { explainFile } from './errors.ts'
import { findFiles, pathOf } from './find-files.ts'
import type { Paths } from './from-files.ts'
import { type ByteInput, openInput } from './input.ts'
import { isOfPartitions, type Partitioned, partitionCell, partitionFields, passes } from './partitions.ts'
import type { Encoding as TextEncoding } from './transcode.ts'

export interface FileSourceOptions {
  readonly format: Format
  /** Of the format, as the user gave them. */
  readonly options: Json
  /** The columns that the user declared; without them they are found. */
  readonly schema?: Schema
  readonly encoding?: TextEncoding | undefined
}

/** What is looked at of a file before it is read. */
const SAMPLE_BYTES = 1 << 18

/** Files that are looked at for columns and types; the others are taken to be like them. */
const SAMPLED_FILES = 8

interface SourceFile extends Partitioned {
  readonly path: string
  /** As it lies on the disk. */
  readonly bytes: number
}

/** What is known of the files once they have been looked at. */
interface Layout {
  readonly files: readonly SourceFile[]
  readonly schema: Schema
  /** Columns of the schema that paths name, and files do not have themselves. */
  readonly partitions: Schema
  /** Of the file that was looked at first. */
  readonly options: Json
}

/**
 * Files as a source: each is a split.
 *
 * Errors, when it is first asked something: `NO_FILES`, `FILE_NOT_FOUND`, `IS_DIRECTORY`, `PERMISSION`, `COMPRESSION`, and
 * what sniffing finds. While reading: `CORRUPT_FILE`, `RECORD_SIZE`.
 */
export function fileSource(paths: Paths, options: FileSourceOptions): Source & { readonly bounded: true } {
  const list = (Array.isArray(paths) ? paths : [paths]) as readonly (string | URL)[]
  return new FileSource(list.map(pathOf), options)
}

class FileSource implements Source {
  readonly label: string
  readonly bounded = true
  readonly replayable = true
  readonly canOrder = false
  readonly #paths: readonly string[]
  readonly #options: FileSourceOptions
  #looking: Promise<Layout> | undefined
  /** Once they have been looked at. */
  #layout: Layout | undefined

  constructor(paths: readonly string[], options: FileSourceOptions) {
    if (paths.length === 0) {
      throw new PlanError('NO_FILES', `there is no ${options.format.name} file to read`, {
        hint: 'an empty list of paths often comes from a directory listing that found nothing',
      })
    }
    this.#paths = paths
    this.#options = options
    const others = paths.length > 1 ? ` and ${paths.length - 1} more` : ''
    this.label = `${options.format.name} ${basename(paths[0]!)}${others}`
  }

  async schema(): Promise<Schema> {
    return (await this.#look()).schema
  }

  async encoding(): Promise<Encoding> {
    return { format: this.#options.format.name, options: (await this.#look()).options }
  }

  /** Of columns that have one value in all of a file. */
  canFilter(test: Expr): boolean {
    const { partitions = [] } = this.#layout ?? {}
    return isOfPartitions(test, name => partitions.some(field => field.name === name))
  }

  async splits({ filter }: ScanRequest): Promise<readonly Split[]> {
    const files = this.#wanted(await this.#look(), filter)
    const labels = labelsOf(files)
    return files.map(({ path, bytes }, id) => ({
      id,
      label: labels[id]!,
      ...(compressionOf(path) === undefined && { bytes }),
    }))
  }

  async open(
    split: Split,
    { rows }: SplitPosition,
    { batchRows, filter }: ScanRequest,
    memory: ReaderMemory,
  ): Promise<SplitReader> {
    const { format, encoding } = this.#options
    const layout = await this.#look()
    const file = this.#wanted(layout, filter)[split.id]!
    const own = layout.schema.filter(({ name }) => !layout.partitions.some(field => field.name === name))
    const { options, dataStart, names = [] } = await this.#sniff(file.path, own)
    const constants = layout.partitions.filter(({ name }) => !names.includes(name))
    return new BlockReader({
      input: await openInput(file.path, dataStart + rows, encoding),
      cutter: format.openCutter(options),
      memory,
      blockBytes: batchRows,
      split: split.id,
      offset: rows,
      origin: {
        file: file.path,
        start: dataStart,
        options,
        constants: Object.fromEntries(
          constants.map(field => [field.name, partitionCell(file, field, file.path)]),
        ),
      },
    })
  }

  async lineAt(file: string, offset: number): Promise<number> {
    return countLines(await openInput(file, 0, this.#options.encoding), offset)
  }

  explain({ filter }: ScanRequest): readonly string[] {
    const { files = [] } = this.#layout ?? {}
    if (!filter) return []
    const left = this.#wanted(this.#layout!, filter).length
    return [`${left} of ${files.length} file(s), by ${show(filter)}`]
  }

  #wanted({ files, partitions }: Layout, filter: Expr | undefined): readonly SourceFile[] {
    return filter ? files.filter(file => passes(file, filter, partitions)) : files
  }

  #look(): Promise<Layout> {
    this.#looking ??= this.#lookAt()
    return this.#looking
  }

  async #lookAt(): Promise<Layout> {
    const { format, schema: declared } = this.#options
    const found = await findFiles(this.#paths, extensionsOf(format))
    const files = await Promise.all(
      found.map(async ({ path, partitions }) => ({ path, partitions, bytes: await sizeOf(path) })),
    )
    const named = partitionFields(files)
    const isNamed = (name: string) => named.some(field => field.name === name)
    const [first, ...others] = sampled(files)
    const sniffed = await this.#sniff(
      first!.path,
      declared?.filter(({ name }) => !isNamed(name)),
    )
    const own = new Set(sniffed.names ?? sniffed.schema.map(({ name }) => name))
    const partitions = named.filter(({ name }) => !own.has(name))
    if (declared) {
      const ofPaths = declared.filter(({ name }) => partitions.some(field => field.name === name))
      this.#layout = { files, schema: declared, partitions: ofPaths, options: sniffed.options }
      return this.#layout
    }
    const schemas = [sniffed.schema]
    for (const { path } of others) schemas.push((await this.#sniff(path, undefined)).schema)
    const schema = schemaOf([...together(schemas), ...partitions])
    this.#layout = { files, schema, partitions, options: sniffed.options }
    return this.#layout
  }

  async #sniff(path: string, schema: Schema | undefined): Promise<Sniffed> {
    const { format, options, encoding, schema: declared } = this.#options
    const sample = Buffer.allocUnsafe(SAMPLE_BYTES)
    const input = await openInput(path, 0, encoding)
    try {
      const read = await input.read(sample)
      return format.sniff(sample.subarray(0, read), {
        options,
        whole: read < sample.length,
        file: path,
        ...(schema && { schema }),
        ...(!declared && { mayLack: true }),
      })
    } finally {
      await input.close()
    }
  }
}

const extensionsOf = ({ extensions }: Format): readonly string[] =>
  extensions.flatMap(extension => ['', '.gz', '.zst', '.lz4'].map(packed => extension + packed))

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    throw explainFile(error, path)
  }
}

/** The files that are looked at: some, spread over all; those that hold nothing only where there are no others. */
function sampled(files: readonly SourceFile[]): readonly SourceFile[] {
  const filled = files.filter(({ bytes }) => bytes > 0)
  if (filled.length === 0) return files.slice(0, 1)
  const count = Math.min(SAMPLED_FILES, filled.length)
  return Array.from({ length: count }, (_, i) => filled[Math.floor((i * filled.length) / count)]!)
}

/** The columns of files that are read together, by their names; text where no other type holds what all of them have. */
function together(schemas: readonly Schema[]): Schema {
  const types = new Map<string, Schema[number]['type']>()
  for (const { name, type } of schemas.flat()) {
    const before = types.get(name)
    types.set(name, before === undefined ? type : (widerType(before, type) ?? 'utf8'))
  }
  return [...types].map(([name, type]) => ({ name, type }))
}

/** The files' paths; a file that is read again gets a number, since no two splits may have one label. */
function labelsOf(files: readonly SourceFile[]): string[] {
  const times = new Map<string, number>()
  return files.map(({ path }) => {
    const time = (times.get(path) ?? 0) + 1
    times.set(path, time)
    return time === 1 ? path : `${path} (${time})`
  })
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
