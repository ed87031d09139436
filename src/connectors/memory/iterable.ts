/** Iterables, async or not, as a source: generators, Node and Web streams, anything that `for await` takes. */

import type { RecordBatch, Table } from 'apache-arrow'
import { type Batch, rowCount } from '../../core/batch/batch.ts'
import { RowBatcher, type RowLike } from '../../core/batch/build.ts'
import { heapArena } from '../../core/batch/slab.ts'
import { concat, dictionaryText, slice } from '../../core/batch/take.ts'
import type { ReaderMemory, ScanRequest, Source, SourceBatch, SplitReader } from '../../core/connector.ts'
import { ConnectorError, DataError, MillraceError } from '../../core/errors.ts'
import { fieldOf, type Schema } from '../../core/types/schema.ts'
import { inReaderMemory } from './reader-memory.ts'
import { type SchemaLike, toSchema } from './rows.ts'

/** What an iterable may yield: rows, batches, Arrow record batches or tables; also a mixture. */
export type IterableItem = RowLike | Batch | RecordBatch | Table

export interface IterableOptions {
  /** Whether it ends. Default: false. */
  readonly bounded?: boolean
  /** For `explain` and errors. Default: `iterable`. */
  readonly label?: string
}

/**
 * A source over an iterable. It can be read once and not again from a position, so a job over it cannot recover.
 *
 * A batch holds what has arrived, up to the rows asked for; it never waits to become full. An error of the iterable
 * fails the source with it as `cause`, after the rows before it were delivered. `return()` is called when the job
 * stops before the end.
 *
 * @param schema what the rows hold; values are checked against it
 */
export function iterableSource(
  items: AsyncIterable<IterableItem> | Iterable<IterableItem>,
  schema: SchemaLike,
  options: IterableOptions = {},
): Source {
  const columns = toSchema(schema)
  const label = options.label ?? 'iterable'
  let opened = false
  return {
    label,
    bounded: options.bounded ?? false,
    replayable: false,
    canOrder: false,
    canFilter: () => false,
    schema: async () => columns,
    splits: async () => [{ id: 0, label }],
    async open(_split, { rows: offset }, request, memory) {
      if (opened || offset > 0)
        throw new ConnectorError('NOT_REPLAYABLE', `${label} can be read only once, from its start`, {
          hint: 'collect it into an array or a file first, then it can be read again',
        })
      for (const { name } of request.schema) fieldOf(columns, name)
      opened = true
      const iterator =
        Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
      if (typeof iterator?.next !== 'function')
        throw failed(`reading ${label}`, new TypeError('its iterator has no next()'))
      return new IterableReader(iterator, label, columns, request, memory)
    },
  }
}

type AnyIterator = AsyncIterator<IterableItem> | Iterator<IterableItem>

/** Items that wait to become batches; rows and batches take turns. */
type Waiting =
  | { readonly kind: 'rows'; readonly rows: RowLike[] }
  /** Of the first batch, `delivered` rows are gone already. */
  | { readonly kind: 'batches'; readonly batches: Batch[]; delivered: number }

class IterableReader implements SplitReader {
  readonly #iterator: AnyIterator
  readonly #label: string
  readonly #columns: Schema
  readonly #request: ScanRequest
  readonly #memory: ReaderMemory
  readonly #batcher: RowBatcher
  readonly #waiting: Waiting[] = []
  #arrived = 0
  #delivered = 0
  #ended = false
  #closed = false
  #error: unknown
  /** Pulling from the iterable; goes on between calls of `next` when an item keeps it waiting. */
  #filling: Promise<void> | undefined
  #wake: () => void = () => {}

  constructor(
    iterator: AnyIterator,
    label: string,
    columns: Schema,
    request: ScanRequest,
    memory: ReaderMemory,
  ) {
    this.#iterator = iterator
    this.#label = label
    this.#columns = columns
    this.#request = request
    this.#memory = memory
    this.#batcher = new RowBatcher(request.schema, Math.min(request.batchRows, 1024))
  }

  async next(): Promise<SourceBatch | undefined> {
    const { batchRows } = this.#request
    if (this.#arrived < batchRows) this.#fill()
    if (this.#arrived === 0 && this.#filling) await new Promise<void>(resolve => (this.#wake = resolve))
    // Whatever the iterable can give without waiting for the outside comes within one turn of the event loop.
    for (
      let before = -1;
      this.#filling && before < this.#arrived && this.#arrived < batchRows && !this.#closed;
    ) {
      before = this.#arrived
      await new Promise(resolve => setImmediate(resolve))
    }
    if (this.#closed) return undefined
    if (this.#arrived > 0) return this.#deliver()
    if (this.#error !== undefined) throw this.#error
    return undefined
  }

  #fill(): void {
    if (this.#filling || this.#ended) return
    this.#filling = this.#pull().then(
      () => {
        this.#filling = undefined
        this.#wake()
      },
      error => {
        this.#filling = undefined
        this.#ended = true
        this.#error = error instanceof MillraceError ? error : failed(`reading ${this.#label}`, error)
        this.#wake()
      },
    )
  }

  async #pull(): Promise<void> {
    while (this.#arrived < this.#request.batchRows && !this.#closed) {
      let next = this.#iterator.next()
      // Only what is not there yet is waited for: waiting costs more than a row.
      if (isPromise(next)) next = await next
      if (typeof next !== 'object' || next === null)
        throw failed(
          `reading ${this.#label}`,
          new TypeError(`next() gave ${String(next)}, not { value, done }`),
        )
      const value = isPromise(next.value) ? await next.value : next.value
      if (this.#closed) return
      if (next.done) {
        this.#ended = true
        return
      }
      if (isArrow(value)) {
        // Loaded on use: apache-arrow takes a while.
        const { fromArrowTable } = await import('../../core/batch/from-arrow.ts')
        for (const batch of fromArrowTable(value).batches) this.#addBatch(batch)
      } else if (isBatch(value)) this.#addBatch(value)
      else this.#addRow(value as RowLike)
      if (this.#arrived > 0) this.#wake()
    }
  }

  #addRow(row: RowLike): void {
    const last = this.#waiting.at(-1)
    if (last?.kind === 'rows') last.rows.push(row)
    else this.#waiting.push({ kind: 'rows', rows: [row] })
    this.#arrived++
  }

  #addBatch(batch: Batch): void {
    const rows = rowCount(batch)
    if (rows === 0) return
    const conforming = conform(batch, this.#columns, this.#request.schema, this.#label)
    const last = this.#waiting.at(-1)
    if (last?.kind === 'batches') last.batches.push(conforming)
    else this.#waiting.push({ kind: 'batches', batches: [conforming], delivered: 0 })
    this.#arrived += rows
  }

  #deliver(): SourceBatch {
    const first = this.#waiting[0]!
    const position = { split: 0, offset: this.#delivered }
    const result = inReaderMemory(this.#memory, arena => {
      // Rows never exceed a batch: pulling stops when enough have arrived.
      if (first.kind === 'rows') return this.#batcher.batch(first.rows, arena, position)
      const { meta: _, ...joined } = concat(this.#request.schema, this.#takeParts(first), arena)
      return { ...joined, position }
    })
    if (first.kind === 'rows' || first.batches.length === 0) this.#waiting.shift()
    this.#delivered += result.batch.length
    this.#arrived -= result.batch.length
    return result
  }

  /** Up to `batchRows` rows of the waiting batches, which are theirs no longer. */
  #takeParts(waiting: Extract<Waiting, { kind: 'batches' }>): Batch[] {
    const parts: Batch[] = []
    let room = this.#request.batchRows
    while (room > 0 && waiting.batches.length > 0) {
      const batch = waiting.batches[0]!
      const part = slice(batch, waiting.delivered, waiting.delivered + room)
      parts.push(part)
      room -= rowCount(part)
      waiting.delivered += rowCount(part)
      if (waiting.delivered === rowCount(batch)) {
        waiting.batches.shift()
        waiting.delivered = 0
      }
    }
    return parts
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#waiting.length = 0
    this.#arrived = 0
    this.#wake()
    if (this.#ended) return
    this.#ended = true
    const returned = (async () => this.#iterator.return?.())()
    // A generator in the middle of a wait answers only when that is over: nobody waits for it here.
    if (this.#filling) returned.catch(() => {})
    else
      await returned.catch(error => {
        throw failed(`closing ${this.#label}`, error)
      })
  }
}

const isPromise = <T>(value: T | PromiseLike<T>): value is PromiseLike<T> =>
  typeof (value as PromiseLike<T> | undefined)?.then === 'function'

const ARROW_KINDS = [Symbol.for('apache-arrow/RecordBatch'), Symbol.for('apache-arrow/Table')]

const isArrow = (item: any): item is Table | RecordBatch =>
  typeof item === 'object' &&
  item !== null &&
  Object.getPrototypeOf(item) !== Object.prototype &&
  ARROW_KINDS.some(kind => item[kind] === true)

function isBatch(item: unknown): item is Batch {
  if (!Array.isArray((item as Partial<Batch> | null | undefined)?.schema)) return false
  const { columns, length, position } = item as Batch
  return (
    typeof length === 'number' &&
    typeof position === 'object' &&
    Array.isArray(columns) &&
    columns.every(column => ArrayBuffer.isView(column?.values))
  )
}

/** The wanted columns of a batch; text may come as codes or plain, whichever was declared. */
function conform(batch: Batch, columns: Schema, wanted: Schema, label: string): Batch {
  return {
    ...batch,
    schema: wanted,
    columns: wanted.map(({ name, type }) => {
      const declared = fieldOf(columns, name).type
      const index = batch.schema.findIndex(field => field.name === name)
      const column = batch.columns[index]
      if (!column || declared !== type || !compatible(column.type, type))
        throw new DataError(
          'SCHEMA_MISMATCH',
          `${label}: column ${JSON.stringify(name)} should be ${type}, a batch ${column ? `has ${column.type}` : 'does not have it'}`,
          { hint: 'every batch needs the columns of the schema given to the source' },
        )
      if (column.type === type) return column
      return type === 'dictionary'
        ? { ...dictionaryText(column, batch.length, heapArena), type }
        : { ...column, type }
    }),
  }
}

const compatible = (has: string, wanted: string): boolean =>
  has === wanted || (has === 'utf8' && wanted === 'dictionary') || (has === 'dictionary' && wanted === 'utf8')

const failed = (what: string, cause: unknown): ConnectorError =>
  new ConnectorError(
    'SOURCE_FAILED',
    `${what} failed: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      cause,
    },
  )
