/** A source that follows a script: what arrives when, where it fails, what was left open. For tests. */

import { inReaderMemory } from '../connectors/memory/reader-memory.ts'
import { type SchemaLike, toSchema } from '../connectors/memory/rows.ts'
import { batchFromRows, type RowLike } from '../core/batch/build.ts'
import type {
  ReaderMemory,
  ScanRequest,
  Source,
  SourceBatch,
  Split,
  SplitPosition,
  SplitReader,
} from '../core/connector.ts'
import { ConnectorError } from '../core/errors.ts'
import { fieldOf } from '../core/types/schema.ts'

/** One step of a split's script. */
export type ScriptStep =
  /** These rows arrive, in one batch if they fit one. */
  | { readonly rows: readonly RowLike[] }
  /** Nothing arrives before the promise settles, or what the function does, called when it is its turn. */
  | { readonly until: Promise<unknown> | (() => unknown) }
  /** Reading fails with this error, every time it comes here. */
  | { readonly fail: unknown }

/** What a scripted source says of itself. */
export interface ScriptedOptions<Bounded extends boolean = boolean> {
  /** Default: true. */
  readonly bounded?: Bounded
  /** Default: true. */
  readonly replayable?: boolean
  /**
   * Batches say where the source can be opened again, and it is opened in no other way than from there: not by a number
   * of rows. Default: false.
   */
  readonly resumable?: boolean
  /** Splits that appear while the source is read, each when its promise settles, in this order. */
  readonly later?: readonly { readonly after: Promise<unknown>; readonly script: readonly ScriptStep[] }[]
}

/** A source that tells what was done to it. */
export interface ScriptedSource<Bounded extends boolean = boolean> extends Source {
  readonly bounded: Bounded
  /** Readers opened and not yet closed. */
  readonly openReaders: number
  /** Where each reader was opened, in order; `offset` counts rows of the script. */
  readonly opened: readonly { readonly split: number; readonly offset: number }[]
}

/** What a resumable script hands out: to be opened right after row `row`. */
interface ScriptPlace {
  readonly script: number
  readonly row: number
}

/**
 * A source with one split per script. Reading from a position skips that many rows of the script, and the waits and
 * failures among them. A key that a row lacks is a null.
 *
 * @throws {PlanError} `COLUMN_TYPE`, `DUPLICATE_COLUMN`: the schema; while reading, {@link DataError} `VALUE_TYPE` for
 * a value that is not of its column's type
 * @example
 * const doors = scriptedSource({ door: 'utf8' }, [[{ rows: [{ door: 'a' }, { door: 'b' }] }], [{ rows: [{ door: 'c' }] }]])
 * await read.source(doors, { door: 'utf8' }).count() // 3
 * doors.openReaders // 0
 */
export function scriptedSource<const Bounded extends boolean = true>(
  schema: SchemaLike,
  scripts: readonly (readonly ScriptStep[])[],
  { bounded = true as Bounded, replayable = true, resumable = false, later }: ScriptedOptions<Bounded> = {},
): ScriptedSource<Bounded> {
  const columns = toSchema(schema)
  const opened: { split: number; offset: number }[] = []
  let openReaders = 0
  const splitOf = (id: number): Split => ({ id, label: `script ${id}` })
  const scriptOf = (id: number) => scripts[id] ?? later![id - scripts.length]!.script
  return {
    label: 'script',
    bounded,
    replayable,
    canOrder: false,
    canFilter: () => false,
    get openReaders() {
      return openReaders
    },
    opened,
    schema: async () => columns,
    splits: async () => scripts.map((_, id) => splitOf(id)),
    ...(later ? { watchSplits: (_: ScanRequest, signal: AbortSignal) => appearing(signal) } : {}),
    async open(split, from, request, memory): Promise<SplitReader> {
      for (const { name } of request.schema) fieldOf(columns, name)
      const offset = resumable ? rowOf(split, from) : from.rows
      opened.push({ split: split.id, offset })
      openReaders++
      return new ScriptReader({
        script: scriptOf(split.id),
        split: split.id,
        offset,
        /** Rows delivered and rows of the script are counted apart: a resumable source may lose count of either. */
        ahead: from.rows - offset,
        resumable,
        request,
        memory,
        closed: () => openReaders--,
      })
    },
  }

  async function* appearing(signal: AbortSignal): AsyncGenerator<Split> {
    const aborted = new Promise<void>(resolve =>
      signal.addEventListener('abort', () => resolve(), { once: true }),
    )
    for (const [i, { after }] of later!.entries()) {
      await Promise.race([after, aborted])
      if (signal.aborted) return
      yield splitOf(scripts.length + i)
    }
  }

  function rowOf(split: Split, { rows, resume }: SplitPosition): number {
    if (rows === 0) return 0
    const place = resume as ScriptPlace | undefined
    if (place?.script === split.id) return place.row
    throw new ConnectorError('NOT_REPLAYABLE', `${split.label} is opened only where one of its batches ended`)
  }
}

interface Reading {
  readonly script: readonly ScriptStep[]
  readonly split: number
  /** Rows of the script to leave out. */
  readonly offset: number
  /** What is added to rows of the script for the place of a row. */
  readonly ahead: number
  readonly resumable: boolean
  readonly request: ScanRequest
  readonly memory: ReaderMemory
  closed(): void
}

class ScriptReader implements SplitReader {
  readonly #reading: Reading
  #step = 0
  /** Rows before the current step. */
  #before = 0
  #next: number
  #closed = false
  readonly #whenClosed = Promise.withResolvers<void>()

  constructor(reading: Reading) {
    this.#reading = reading
    this.#next = reading.offset
  }

  async next(): Promise<SourceBatch | undefined> {
    const { script, offset } = this.#reading
    for (; this.#step < script.length && !this.#closed; this.#step++) {
      const current = script[this.#step]!
      if ('rows' in current) {
        const start = this.#next - this.#before
        if (start < current.rows.length) return this.#batch(current.rows, start)
        this.#before += current.rows.length
      } else if (this.#next === this.#before && offset <= this.#before) {
        if ('fail' in current) throw current.fail
        const { until } = current
        await Promise.race([typeof until === 'function' ? until() : until, this.#whenClosed.promise])
      }
    }
    return undefined
  }

  #batch(all: readonly RowLike[], start: number): SourceBatch {
    const { split, ahead, resumable, request, memory } = this.#reading
    const rows = all.slice(start, start + request.batchRows)
    const position = { split, offset: this.#next + ahead }
    this.#next += rows.length
    const batch = inReaderMemory(memory, arena => batchFromRows(request.schema, rows, arena, position))
    const resume: ScriptPlace = { script: split, row: this.#next }
    return resumable ? { ...batch, resume } : batch
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#reading.closed()
    this.#whenClosed.resolve()
  }
}
