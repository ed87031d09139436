/** Files of one format as a source of bytes, which shards decode. */

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
import type { Schema } from '../../core/types/schema.ts'
import { BlockReader } from './block-reader.ts'
import { compressionOf } from './compression.ts'
import { baseName, pathOf } from './find-files.ts'
import type { Paths } from './from-files.ts'
import { openInput } from './input.ts'
import {
  extensionsOf,
  type FileSourceOptions,
  type Layout,
  layoutOf,
  originOf,
  type SourceFile,
  withSize,
} from './layout.ts'
import { lineOf } from './line-of.ts'
import { isOfPartitions, passes } from './partitions.ts'
import { shownPath } from './readable.ts'
import { locatedFiles } from './remote/look-at.ts'

/**
 * Files as a source: each is a split.
 *
 * Errors, when it is first asked something: `NO_FILES`, `FILE_NOT_FOUND`, `IS_DIRECTORY`, `PERMISSION`, `COMPRESSION`, and
 * what sniffing finds; of other machines `PATH`, `HTTP_STATUS`, `CONNECTION_FAILED`, `EXTENSION`, `NETWORK`. While reading:
 * `CORRUPT_FILE`, `RECORD_SIZE`, `FILE_CHANGED`.
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
    this.label = `${options.format.name} ${baseName(paths[0]!)}${others}`
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
      ...(bytes !== undefined && compressionOf(path) === undefined && { bytes }),
    }))
  }

  async open(
    split: Split,
    { rows }: SplitPosition,
    { batchRows, filter, lines }: ScanRequest,
    memory: ReaderMemory,
  ): Promise<SplitReader> {
    const { format, encoding } = this.#options
    const layout = await this.#look()
    const file = this.#wanted(layout, filter)[split.id]!
    const { origin, options, dataStart } = await originOf(file, layout, this.#options)
    const line = lines && (await lineOf(await openInput(file, 0, encoding), dataStart + rows))
    return new BlockReader({
      input: await openInput(file, dataStart + rows, encoding),
      cutter: format.openCutter(options),
      memory,
      blockBytes: batchRows,
      split: split.id,
      offset: rows,
      line,
      origin: { ...origin, start: dataStart },
    })
  }

  async lineAt(file: string, offset: number): Promise<number> {
    const { files = [] } = this.#layout ?? {}
    const read = files.find(other => shownPath(other) === file) ?? { path: file }
    return lineOf(await openInput(read, 0, this.#options.encoding), offset)
  }

  explain({ filter }: ScanRequest): readonly string[] {
    const { files = [] } = this.#layout ?? {}
    if (!filter) return []
    const left = this.#wanted(this.#layout!, filter).length
    return [`${left} of ${files.length} ${files.length === 1 ? 'file' : 'files'}, by ${show(filter)}`]
  }

  #wanted({ files, partitions }: Layout, filter: Expr | undefined): readonly SourceFile[] {
    return filter ? files.filter(file => passes(file, filter, partitions)) : files
  }

  #look(): Promise<Layout> {
    this.#looking ??= this.#lookAt()
    return this.#looking
  }

  async #lookAt(): Promise<Layout> {
    const found = await locatedFiles(this.#paths, extensionsOf(this.#options.format))
    const files = await Promise.all(found.map(withSize))
    this.#layout = await layoutOf(files, this.#options)
    return this.#layout
  }
}

/** The files' paths; a file that is read again gets a number, since no two splits may have one label. */
function labelsOf(files: readonly SourceFile[]): string[] {
  const times = new Map<string, number>()
  return files.map(file => {
    const path = shownPath(file)
    const time = (times.get(path) ?? 0) + 1
    times.set(path, time)
    return time === 1 ? path : `${path} (${time})`
  })
}
