/**
 * Reads a query in parts over several connections and hands the batches out in the order of the parts.
 *
 * Parts that run ahead of the one being handed out wait when the memory pool has no room; that one never waits for
 * room, so a small pool slows reading down but cannot stop it.
 */

import type { DuckDBConnection, DuckDBDataChunk, DuckDBResult } from '@duckdb/node-api'
import type Raw from '@duckdb/node-bindings'
import type { Arena } from '../../core/batch/slab.ts'
import type { ReaderMemory, SourceBatch, SplitReader } from '../../core/connector.ts'
import { ConnectorError } from '../../core/errors.ts'
import type { Literal } from '../../core/expr/expr.ts'
import type { ColumnType } from '../../core/types/column-type.ts'
import type { Schema } from '../../core/types/schema.ts'
import { closeChunk, openChunk } from './chunk.ts'
import { type ChunkFormat, ChunkReader, chunkFormat } from './chunk-reader.ts'
import type { Database } from './instances.ts'
import { OrderCheck } from './order-check.ts'
import { bindLiterals } from './params.ts'

/** One query whose rows follow those of the part before. */
export interface Part {
  readonly sql: string
  readonly params: readonly Literal[]
  /** How many of its first rows to leave out. */
  readonly skip: number
  /**
   * The rows are expected to be in ascending order of a result column: they are checked, held back until all are known
   * to be, and read again through `sortedSql` (same parameters) if they are not.
   */
  readonly ordered?: { readonly column: number; readonly type: ColumnType; readonly sortedSql: string }
}

export interface PartsScan {
  readonly database: Database
  /** What is read, for errors. */
  readonly label: string
  readonly schema: Schema
  readonly parts: readonly Part[]
  readonly connections: number
  readonly batchRows: number
  readonly memory: ReaderMemory
  readonly split: number
  /** Rows of the request before the first one delivered. */
  readonly offset: number
  /** Called when all parts were read: throws when what was read cannot be trusted. */
  check?(): Promise<void>
  /** DuckDB's error as ours. */
  explain(error: unknown): Promise<unknown>
}

/** Batches a part may have ready while it is the one handed out, and while it is not. */
const READY_NOW = 4
const READY_AHEAD = 64

interface PartState {
  readonly part: Part
  ready: { columns: ReturnType<ChunkReader['finish']>; rows: number; slabs: number[] }[]
  /** Nothing of it may be handed out yet: its order is not known. */
  withheld: boolean
  done: boolean
  error: unknown
  /** The first and last value of a part whose order was checked. */
  order: OrderCheck | undefined
}

type PooledArena = Arena & { take(): number[] }

export class PartsReader implements SplitReader {
  readonly #scan: PartsScan
  readonly #states: PartState[]
  readonly #idle: DuckDBConnection[] = []
  readonly #connections: DuckDBConnection[] = []
  readonly #tasks = new Set<Promise<void>>()
  #format: ChunkFormat | undefined
  #head = 0
  #started = 0
  #delivered: number
  #closed = false
  #closing: Promise<void> | undefined
  /** A part was not in order: the following ones are sorted without trying. */
  #sortAll = false
  #last: OrderCheck | undefined
  #signal = newSignal()

  constructor(scan: PartsScan) {
    this.#scan = scan
    this.#delivered = scan.offset
    this.#states = scan.parts.map(part => ({
      part,
      ready: [],
      withheld: part.ordered !== undefined,
      done: false,
      error: undefined,
      order: undefined,
    }))
  }

  async next(): Promise<SourceBatch | undefined> {
    this.#notify()
    for (;;) {
      if (this.#closed) return undefined
      const state = this.#states[this.#head]
      if (!state) {
        await this.#scan.check?.()
        return undefined
      }
      if (state.error !== undefined) throw state.error
      if (state.ready.length > 0 && !state.withheld) {
        this.#checkBoundary(state)
        return this.#deliver(state)
      }
      if (state.done) {
        this.#head++
        this.#notify()
        continue
      }
      this.#start()
      await this.#signal.promise
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Parts follow each other by what the file's statistics say; the rows say whether that was true. */
  #checkBoundary(state: PartState): void {
    const { order } = state
    if (!order) return
    state.order = undefined
    if (this.#last && !order.follows(this.#last)) {
      throw new ConnectorError(
        'CORRUPT_FILE',
        `the statistics of ${this.#scan.label} say that its row groups are in order, but their rows are not`,
        { hint: 'write the file again; whoever reads it by its statistics gets wrong answers' },
      )
    }
    this.#last = order
  }

  #deliver(state: PartState): SourceBatch {
    const { columns, rows, slabs } = state.ready.shift()!
    const { schema, split } = this.#scan
    const batch = { schema, length: rows, columns, position: { split, offset: this.#delivered } }
    this.#delivered += rows
    this.#start()
    return { batch, slabs }
  }

  /** Starts parts while there are connections for them and, but for the first, room. */
  #start(): void {
    const { connections, memory } = this.#scan
    while (
      !this.#closed &&
      this.#started < this.#states.length &&
      this.#tasks.size < connections &&
      (this.#started === this.#head || memory.pool.hasRoom)
    ) {
      const index = this.#started++
      const task = this.#run(this.#states[index]!, index).finally(() => {
        this.#tasks.delete(task)
        this.#notify()
      })
      this.#tasks.add(task)
    }
  }

  async #run(state: PartState, index: number): Promise<void> {
    let connection: DuckDBConnection | undefined
    try {
      connection = this.#idle.pop() ?? (await this.#connect())
      const { ordered } = state.part
      if (ordered && this.#sortAll) await this.#read(state, index, connection, ordered.sortedSql, false)
      else if (!(await this.#read(state, index, connection, state.part.sql, ordered !== undefined))) {
        this.#sortAll = true
        for (const { slabs } of state.ready) this.#giveBack(slabs)
        state.ready = []
        await this.#read(state, index, connection, ordered!.sortedSql, false)
      }
      state.withheld = false
      state.done = true
      this.#idle.push(connection)
    } catch (error) {
      if (!this.#closed) state.error = (await this.#scan.explain(error)) ?? new Error('unknown error')
    }
  }

  /** Reads one query into ready batches. False: its rows turned out not to be in order. */
  async #read(
    state: PartState,
    index: number,
    connection: DuckDBConnection,
    sql: string,
    check: boolean,
  ): Promise<boolean> {
    const { duckdb } = this.#scan.database
    const { raw } = duckdb
    const { values, types } = bindLiterals(duckdb, state.part.params)
    state.withheld = check
    const result = await connection.stream(sql, values, types)
    const format = (this.#format ??= chunkFormat(raw, this.#scan.schema, result.columnTypes()))
    const reader = new ChunkReader(raw, format)
    const order = check ? new OrderCheck(state.part.ordered!.type) : undefined
    let skip = state.part.skip
    let arena: PooledArena | undefined
    // An interrupt is heard by a running query only: one that has not begun must not begin.
    if (this.#closed) return true
    let fetching: Promise<DuckDBDataChunk | null> | undefined = ahead(result)
    try {
      for (;;) {
        const handle: Raw.DataChunk | undefined = (await fetching)?.chunk
        fetching = undefined
        const rows = handle ? raw.data_chunk_get_size(handle) : 0
        if (!handle || rows === 0) break
        if (this.#closed) return true
        // DuckDB makes the next chunk while this one is copied.
        fetching = ahead(result)
        const chunk = openChunk(raw, handle, rows, format.shapes)
        if (order && !order.accepts(chunk.columns[state.part.ordered!.column]!, rows)) return false
        let from = Math.min(skip, rows)
        skip -= from
        while (from < rows) {
          if (!arena) {
            if (this.#mustWait(state, index)) await this.#room(state, index)
            if (this.#closed) return true
            arena = this.#scan.memory.arena()
            reader.begin(arena, this.#scan.batchRows)
          }
          const count = Math.min(rows - from, this.#scan.batchRows - reader.rows)
          reader.append(chunk, from, count)
          from += count
          if (reader.rows === this.#scan.batchRows) {
            this.#finish(state, reader, arena)
            arena = undefined
          }
        }
        closeChunk(chunk)
      }
      if (arena) this.#finish(state, reader, arena)
      arena = undefined
      state.order = order
      return true
    } finally {
      if (arena) this.#giveBack(arena.take())
      // The connection is free for another query only when this fetch is done, however it ends.
      await fetching?.catch(() => {})
    }
  }

  #finish(state: PartState, reader: ChunkReader, arena: PooledArena): void {
    const { rows } = reader
    const columns = reader.finish()
    state.ready.push({ columns, rows, slabs: arena.take() })
    this.#notify()
  }

  #mustWait(state: PartState, index: number): boolean {
    const { hasRoom } = this.#scan.memory.pool
    if (index !== this.#head) return !hasRoom || state.ready.length >= READY_AHEAD
    if (state.withheld) return false
    return state.ready.length > 0 && (!hasRoom || state.ready.length >= READY_NOW)
  }

  async #room(state: PartState, index: number): Promise<void> {
    while (!this.#closed && this.#mustWait(state, index)) await this.#signal.promise
  }

  async #connect(): Promise<DuckDBConnection> {
    const connection = await this.#scan.database.connect()
    this.#connections.push(connection)
    return connection
  }

  #giveBack(slabs: readonly number[]): void {
    for (const id of slabs) this.#scan.memory.pool.release(id)
  }

  #notify(): void {
    const signal = this.#signal
    this.#signal = newSignal()
    signal.resolve()
  }

  async #close(): Promise<void> {
    this.#closed = true
    this.#notify()
    for (const connection of this.#connections) connection.interrupt()
    // An interrupt that comes before a query has begun is lost; the query then ends at its next chunk.
    await Promise.allSettled(this.#tasks)
    for (const state of this.#states) {
      for (const { slabs } of state.ready) this.#giveBack(slabs)
      state.ready = []
    }
    await Promise.allSettled(this.#connections.map(endQuery))
    for (const connection of this.#connections) connection.disconnectSync()
    await this.#scan.database.release()
  }
}

/** The next chunk, asked for before it is needed: a failure is met when it is awaited. */
function ahead(result: DuckDBResult): Promise<DuckDBDataChunk | null> {
  const fetching = result.fetchChunk()
  fetching.catch(() => {})
  return fetching
}

/** A streaming query keeps its files open until the connection runs another one. */
async function endQuery(connection: DuckDBConnection): Promise<void> {
  await connection.run('SELECT 1')
}

interface Signal {
  readonly promise: Promise<void>
  resolve(): void
}

function newSignal(): Signal {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { promise, resolve }
}
