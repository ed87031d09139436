/** What sinks to files share: epochs, parts, and the moves at a commit. What a part is, a {@link PartFormat} says. */

import { extname } from 'node:path'
import type { Batch } from '../../core/batch/batch.ts'
import type { Encoding, Sink, SinkContext } from '../../core/connector.ts'
import { writesEpoch } from '../../core/sink-epochs.ts'
import type { Schema } from '../../core/types/schema.ts'
import { uniqueId } from '../../core/unique-id.ts'
import { type Assemble, EpochFiles } from './epoch-files.ts'

export interface FileSinkOptions {
  /** Columns by whose values rows go to folders: `year=2026/`. They are not in the files. */
  readonly partitionBy?: string | readonly string[]
  /** Of data that does not end: a file has what came in this time, ms. By default each commit makes one. */
  readonly rollEveryMs?: number
  /** Of data that does not end: a file is made once there are this many bytes for it. */
  readonly rollBytes?: number
  /** Of folders: `append` beside files of other jobs. By default they are an error. */
  readonly mode?: 'append'
  /** What the job is called, in place of its own identity: for jobs over data that ends, run again from its beginning after a crash. */
  readonly job?: string
}

/** Rows of one epoch on their way into parts. */
export interface PartWriter {
  /** The batch is valid only until the promise settles. */
  write(batch: Batch): Promise<void>
  /** Writes what is left. */
  finish(): Promise<void>
  /** Drops it. */
  abort(): Promise<void>
}

export interface PartFormat {
  /** `parquet` */
  readonly name: string
  /** Where its parts are bytes of one format: see {@link Sink.encoding}. */
  readonly encoding?: Encoding
  /** Called once, before anything else. @throws what it cannot hold */
  open(schema: Schema, partitionBy: readonly string[]): Promise<void>
  /** @param nextPath a path for a part, as often as it is called; `folder` of its rows, below the one that is written: `year=2026/` */
  parts(nextPath: (folder?: string) => string): PartWriter
  /** One file of all parts, or a file per partition. */
  readonly assemble: Assemble
  /** Frees everything. */
  close(): Promise<void>
}

/**
 * Files as a sink, exactly once: one file that is whole when the data ends, or with `partitionBy`, `rollEveryMs` or `rollBytes`
 * a folder of them.
 */
export function fileSink(path: string, format: PartFormat, options: FileSinkOptions): Sink {
  return new FileSink(path, format, options)
}

/** Whether the options ask for a folder. */
export const isFolder = ({ partitionBy, rollEveryMs, rollBytes }: FileSinkOptions): boolean =>
  partitionBy !== undefined || rollEveryMs !== undefined || rollBytes !== undefined

class FileSink implements Sink {
  readonly label: string
  readonly guarantee = 'exactly-once'
  readonly boundedOnly: boolean
  readonly encoding: Encoding | undefined
  readonly #path: string
  readonly #format: PartFormat
  readonly #options: FileSinkOptions
  #files: EpochFiles | undefined
  #writer: PartWriter | undefined
  #skipping = false

  constructor(path: string, format: PartFormat, options: FileSinkOptions) {
    this.#path = path
    this.#format = format
    this.#options = options
    this.label = `${format.name} ${path}`
    this.boundedOnly = !isFolder(options)
    const { partitionBy } = options
    this.encoding =
      format.encoding && partitionBy !== undefined
        ? { ...format.encoding, partitionBy: [partitionBy].flat() }
        : format.encoding
  }

  async open(schema: Schema, context?: SinkContext): Promise<void> {
    const { job = context?.job ?? uniqueId(), rollEveryMs, rollBytes, mode, partitionBy = [] } = this.#options
    await this.#format.open(schema, [partitionBy].flat())
    this.#files = new EpochFiles(this.#path, job, {
      kind: isFolder(this.#options) ? 'folder' : 'file',
      extension:
        this.boundedOnly && extname(this.#path) !== '' ? extname(this.#path) : `.${this.#format.name}`,
      rollEveryMs,
      rollBytes,
      append: mode === 'append',
    })
    await this.#files.open()
  }

  async committed(): Promise<number | undefined> {
    return this.#files!.committed
  }

  async begin(epoch: number): Promise<void> {
    this.#skipping = !writesEpoch(this.label, this.#files!.committed, epoch)
    if (!this.#skipping) this.#writer = this.#format.parts(folder => this.#files!.nextPart(epoch, folder))
  }

  async write(batch: Batch): Promise<void> {
    if (!this.#skipping) await this.#writer!.write(batch)
  }

  async commit(epoch: number, isEnd = false, isLast = isEnd): Promise<void> {
    if (this.#skipping) {
      if (isEnd) await this.#files!.end()
      return
    }
    await this.#writer!.finish()
    this.#writer = undefined
    await this.#files!.commit(epoch, { isEnd, isLast, assemble: this.#format.assemble })
  }

  async abort(): Promise<void> {
    try {
      await this.#writer?.abort()
    } finally {
      this.#writer = undefined
      await this.#files?.abort()
    }
  }

  async close(): Promise<void> {
    const files = this.#files
    this.#files = undefined
    // Whatever fails, the path is free for whoever writes to it next.
    try {
      if (files) await this.#writer?.abort()
    } finally {
      await files?.close()
      await this.#format.close()
    }
  }
}
