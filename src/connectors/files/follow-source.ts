/** Files that grow, and files that appear, as a source that does not end. */

import { stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type {
  Encoding,
  ReaderMemory,
  ScanRequest,
  Source,
  Split,
  SplitPosition,
  SplitReader,
} from '../../core/connector.ts'
import { ConnectorError, PlanError } from '../../core/errors.ts'
import type { Schema } from '../../core/types/schema.ts'
import { compressionOf } from './compression.ts'
import { FileWatch } from './file-watch.ts'
import { type FoundFile, findLocalFiles, pathOf } from './find-files.ts'
import { FollowReader } from './follow-reader.ts'
import type { FilePlace } from './followed-file.ts'
import type { Paths } from './from-files.ts'
import { isPattern } from './glob.ts'
import { openInput } from './input.ts'
import {
  extensionsOf,
  type FileSourceOptions,
  type Layout,
  layoutOf,
  originOf,
  type SourceFile,
} from './layout.ts'
import { lineOf } from './line-of.ts'

/**
 * Files as a source that does not end: each is a split, read as it grows. Those of directories and patterns may appear while
 * it is read.
 *
 * Errors, when it is first asked something: `NO_FILES`, `PERMISSION`, `COMPRESSION`. While reading: `RECORD_SIZE`.
 */
export function followSource(paths: Paths, options: FileSourceOptions): Source & { readonly bounded: false } {
  const list = (Array.isArray(paths) ? paths : [paths]) as readonly (string | URL)[]
  return new FollowSource(list.map(pathOf), options)
}

class FollowSource implements Source {
  readonly label: string
  readonly bounded = false
  readonly replayable = true
  readonly canOrder = false
  readonly #paths: readonly string[]
  readonly #options: FileSourceOptions
  #looking: Promise<Layout> | undefined
  /** By split. */
  readonly #files: SourceFile[] = []

  constructor(paths: readonly string[], options: FileSourceOptions) {
    const { name } = options.format
    if (paths.length === 0) throw new PlanError('NO_FILES', `there is no ${name} file to follow`)
    this.#paths = paths
    this.#options = options
    const others = paths.length > 1 ? ` and ${paths.length - 1} more` : ''
    this.label = `${name} ${basename(paths[0]!)}${others}, followed`
  }

  async schema(): Promise<Schema> {
    return (await this.#look()).schema
  }

  async encoding(): Promise<Encoding> {
    return { format: this.#options.format.name, options: (await this.#look()).options }
  }

  canFilter(): boolean {
    return false
  }

  async splits(): Promise<readonly Split[]> {
    this.#files.length = 0
    return this.#added(await this.#found())
  }

  async *watchSplits(_request: ScanRequest, signal: AbortSignal): AsyncIterable<Split> {
    const directories = new Set(this.#paths.map(directoryOf))
    const watches = [...directories].map(directory => new FileWatch(directory))
    const close = () => watches.forEach(watch => void watch.close())
    signal.addEventListener('abort', close)
    try {
      while (!signal.aborted) {
        yield* this.#added(await this.#found())
        await Promise.race(watches.map(watch => watch.change()))
      }
    } finally {
      signal.removeEventListener('abort', close)
      close()
    }
  }

  async open(
    split: Split,
    { rows, resume }: SplitPosition,
    { batchRows }: ScanRequest,
    memory: ReaderMemory,
  ): Promise<SplitReader> {
    const layout = await this.#look()
    const file = this.#files[split.id]!
    return new FollowReader({
      path: file.path,
      memory,
      blockBytes: batchRows,
      split: split.id,
      offset: rows,
      place: resume as FilePlace | undefined,
      format: async sample => {
        const { origin, options, dataStart } = await originOf(file, layout, this.#options, sample)
        const newCutter = () => this.#options.format.openCutter(options)
        return { origin, dataStart, newCutter }
      },
    })
  }

  async lineAt(file: string, offset: number): Promise<number> {
    return lineOf(await openInput({ path: file }), offset)
  }

  explain(): readonly string[] {
    return ['followed as they grow, through renaming and cutting off']
  }

  #look(): Promise<Layout> {
    this.#looking ??= this.#lookAt()
    return this.#looking
  }

  async #lookAt(): Promise<Layout> {
    for (const path of this.#paths) if (compressionOf(path) !== undefined) throw packedFile(path)
    const found = await this.#found()
    const [first] = this.#paths
    return layoutOf(found.length > 0 ? found : [{ path: first!, partitions: [], bytes: 0 }], this.#options)
  }

  /** The files there are, and those that are named and are not there yet. */
  async #found(): Promise<SourceFile[]> {
    const files: SourceFile[] = []
    for (const path of this.#paths) {
      const found = await findLocalFiles([path], extensionsOf(this.#options.format, [''])).catch(noneYet)
      for (const file of found) {
        const bytes = await stat(file.path).then(
          ({ size }) => size,
          () => 0,
        )
        if (compressionOf(file.path) === undefined) files.push({ ...file, bytes })
      }
    }
    return files
  }

  /** Splits of the files that are new. */
  #added(found: readonly SourceFile[]): Split[] {
    return found.flatMap(file => {
      if (this.#files.some(({ path }) => path === file.path)) return []
      return [{ id: this.#files.push(file) - 1, label: file.path }]
    })
  }
}

/** Of a directory or a pattern that files will come to. */
function noneYet(error: unknown): FoundFile[] {
  if (error instanceof ConnectorError && error.code === 'FILE_NOT_FOUND') return []
  throw error
}

/** The directory in which a change may mean another file. */
function directoryOf(path: string): string {
  let directory = path
  while (isPattern(directory)) directory = dirname(directory)
  return directory
}

const packedFile = (path: string): PlanError =>
  new PlanError('FOLLOW', `${JSON.stringify(path)} is packed, and cannot be followed as it grows`, {
    hint: 'read it without follow, or follow the file before it is packed',
  })
