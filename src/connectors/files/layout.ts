/** What files are like: looked at once, when a plan is built. */

import { stat } from 'node:fs/promises'
import type { Origin } from '../../core/batch/batch.ts'
import type { Format, Json, Sniffed } from '../../core/formats/contract.ts'
import { type Schema, schemaOf } from '../../core/types/schema.ts'
import { widerType } from '../../core/types/wider-type.ts'
import { explainFile } from './errors.ts'
import { type InputFile, openInput } from './input.ts'
import { type Partitioned, partitionCell, partitionFields } from './partitions.ts'
import { type LocatedFile, type RemoteFile, shownPath } from './readable.ts'
import type { Encoding } from './transcode.ts'

export interface FileSourceOptions {
  readonly format: Format
  /** Of the format, as the user gave them. */
  readonly options: Json
  /** The columns that the user declared; without them they are found. */
  readonly schema?: Schema
  readonly encoding?: Encoding | undefined
}

export interface SourceFile extends Partitioned {
  readonly path: string
  /** As it lies on the disk; undefined where another machine does not say. */
  readonly bytes: number | undefined
  readonly remote?: RemoteFile
}

export interface Layout {
  readonly files: readonly SourceFile[]
  readonly schema: Schema
  /** Columns of the schema that paths name, and files do not have themselves. */
  readonly partitions: Schema
  /** Of the file that was looked at first. */
  readonly options: Json
}

/** What is looked at of a file before it is read. */
export const SAMPLE_BYTES = 1 << 18

/** Files that are looked at for columns and types; the others are taken to be like them. */
const SAMPLED_FILES = 8

/** How the names of files of a format end in a directory, packed or not. */
export const extensionsOf = (
  { extensions }: Format,
  packings = ['', '.gz', '.zst', '.lz4'],
): readonly string[] => extensions.flatMap(extension => packings.map(packed => extension + packed))

/** @throws {ConnectorError} `FILE_NOT_FOUND`, `PERMISSION` */
export async function withSize(file: LocatedFile): Promise<SourceFile> {
  if (file.remote) return { ...file, bytes: file.remote.bytes }
  try {
    return { ...file, bytes: (await stat(file.path)).size }
  } catch (error) {
    throw explainFile(error, file.path)
  }
}

/** @param files at least one */
export async function layoutOf(files: readonly SourceFile[], options: FileSourceOptions): Promise<Layout> {
  const { schema: declared } = options
  const named = partitionFields(files)
  const isNamed = (name: string) => named.some(field => field.name === name)
  const [first, ...others] = sampled(files)
  const wanted = declared?.filter(({ name }) => !isNamed(name))
  // One that is followed may not be there yet.
  const sniffed =
    first!.bytes === 0
      ? sniffSample(new Uint8Array(0), shownPath(first!), options, wanted)
      : await sniffFile(first!, options, wanted)
  const own = new Set(sniffed.names ?? sniffed.schema.map(({ name }) => name))
  const partitions = named.filter(({ name }) => !own.has(name))
  if (declared) {
    const ofPaths = declared.filter(({ name }) => partitions.some(field => field.name === name))
    return { files, schema: declared, partitions: ofPaths, options: sniffed.options }
  }
  const schemas = [sniffed.schema]
  for (const file of others) schemas.push((await sniffFile(file, options, undefined)).schema)
  return {
    files,
    schema: schemaOf([...together(schemas), ...partitions]),
    partitions,
    options: sniffed.options,
  }
}

/** What the first bytes of a file say. */
export async function sniffFile(
  file: InputFile,
  source: FileSourceOptions,
  schema: Schema | undefined,
): Promise<Sniffed> {
  const sample = Buffer.allocUnsafe(SAMPLE_BYTES)
  const input = await openInput(file, 0, source.encoding)
  try {
    const read = await input.read(sample)
    return sniffSample(sample.subarray(0, read), shownPath(file), source, schema)
  } finally {
    await input.close()
  }
}

const sniffSample = (
  sample: Uint8Array,
  file: string,
  { format, options, schema: declared }: FileSourceOptions,
  schema: Schema | undefined,
): Sniffed =>
  format.sniff(sample, {
    ...{ options, file, whole: sample.length < SAMPLE_BYTES },
    ...(schema && { schema }),
    ...(!declared && { mayLack: true }),
  })

/**
 * Where a file's records begin, and what its blocks say of it.
 *
 * @param sample the first bytes of the file, where they are known
 * @returns `origin` without where the split begins: see {@link Origin.start}
 */
export async function originOf(
  file: SourceFile,
  { schema, partitions }: Layout,
  source: FileSourceOptions,
  sample?: Uint8Array,
): Promise<{ readonly origin: Omit<Origin, 'start'>; readonly options: Json; readonly dataStart: number }> {
  const own = schema.filter(({ name }) => !partitions.some(field => field.name === name))
  const {
    options,
    dataStart,
    names = [],
  } = sample ? sniffSample(sample, shownPath(file), source, own) : await sniffFile(file, source, own)
  const constants = partitions
    .filter(({ name }) => !names.includes(name))
    .map(field => [field.name, partitionCell(file, field, shownPath(file))])
  return {
    origin: { file: shownPath(file), options, constants: Object.fromEntries(constants) },
    options,
    dataStart,
  }
}

/** The files that are looked at: some, spread over all; those that hold nothing only where there are no others. */
function sampled(files: readonly SourceFile[]): readonly SourceFile[] {
  const filled = files.filter(({ bytes }) => bytes !== 0)
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
