/**
 * The contracts of sources and sinks.
 *
 * A source lists splits and reads one from a position; a sink takes batches and commits epochs. The coordinator calls
 * them on the main thread, one call at a time per object, and always calls `close`, whatever happened before.
 */

import type { Batch } from './batch/batch.ts'
import type { Arena, SlabPool } from './batch/slab.ts'
import type { Expr } from './expr/expr.ts'
import type { Schema } from './types/schema.ts'

/** What a source can be asked to do for the plan before its rows leave it. */
export interface ScanRequest {
  /** The columns wanted, in this order; their types may be narrower than the source's, and are then checked. */
  readonly schema: Schema
  /** Only rows for which this is true. Set only when the source said it {@link Source.canFilter}. */
  readonly filter?: Expr
  /** Rows in ascending order of this column, ties in source order, nulls first. */
  readonly orderBy?: string
  /** Of sources of bytes: batches say in which line they begin (`Origin.line`), where the source knows. */
  readonly lines?: true
  /** Rows per batch; smaller batches are allowed. */
  readonly batchRows: number
}

/** The columns of a source of bytes: each row is a byte. */
export const BYTES: Schema = Object.freeze([Object.freeze({ name: 'bytes', type: 'uint8' })])

/** The columns of bytes that go to several folders: each row is what was made of the rows of one. */
export const BYTES_BY_FOLDER: Schema = Object.freeze([
  Object.freeze({ name: 'folder', type: 'utf8' }),
  Object.freeze({ name: 'bytes', type: 'binary' }),
])

/** How the bytes of a source become rows, or rows the bytes of a sink. */
export interface Encoding {
  /** A name of `core/formats/index.ts`. */
  readonly format: string
  /** For its decoder, where a batch does not bring others along (`Origin.options`), or its encoder. JSON. */
  readonly options: unknown
  /** Of sinks: the columns by whose values rows go to folders; they are not in the bytes. */
  readonly partitionBy?: readonly string[]
}

/** One independently read part of a source. Positions count the rows a scan with the same request delivers. */
export interface Split {
  /** Its place among the source's splits: 0, 1, … */
  readonly id: number
  /**
   * What it is known by: a file name, a partition. No two splits of a source have the same one, and a split has it in
   * every run: snapshots keep positions by label.
   */
  readonly label: string
  /** How many rows it holds, when that is known without reading it. */
  readonly rows?: number
  /** About how many bytes it holds, for sources of bytes that know. */
  readonly bytes?: number
}

/** Where in a split to begin. */
export interface SplitPosition {
  /** Rows of the split delivered before: positions of batches count on from here. 0: the beginning. */
  readonly rows: number
  /** The `resume` of the last batch delivered, where batches have it: then the split is read from right after that batch. */
  readonly resume?: unknown
}

export const FROM_START: SplitPosition = Object.freeze({ rows: 0 })

export interface SourceBatch {
  /** `batch.position` is (split, rows delivered before this batch). */
  readonly batch: Batch
  /**
   * Where the split can be opened again right after this batch: an offset of a log, a byte of a file. Opaque; kept in
   * snapshots, so it must be data that `structuredClone` copies. Without it the split is opened by the number of rows.
   */
  readonly resume?: unknown
  /** Slabs of the reader's pool that the batch lies in; the coordinator gives them back. Empty: not pooled. */
  readonly slabs: readonly number[]
}

/**
 * Memory for a reader. Without `pool.hasRoom` it must not read ahead, but `next` must still deliver: what is under way
 * may be waiting for it.
 */
export interface ReaderMemory {
  readonly pool: SlabPool
  /** A new arena over the pool: one per batch. */
  arena(): Arena & { take(): number[] }
}

export interface SplitReader {
  /** The next batch, or undefined at the end. Never empty batches. */
  next(): Promise<SourceBatch | undefined>
  /** Frees everything; safe to call twice and while `next` is under way. */
  close(): Promise<void>
}

/**
 * Where rows come from: what `read.source` takes. Errors of its methods fail the job; they should be ConnectorErrors,
 * and DataErrors for values that do not fit. `canFilter` and `canOrder` may say no, and `replayable` too.
 */
export interface Source {
  /** For `explain`: `parquet flights.parquet`. */
  readonly label: string
  readonly bounded: boolean
  /** Whether a split can be read again from a position; recovery needs it. */
  readonly replayable: boolean
  /** Every column, with the types a scan delivers by default. */
  schema(): Promise<Schema>
  /**
   * Of sources of bytes: what becomes of them. Requests then ask for {@link BYTES}, a request's rows are bytes, and batches
   * have an `origin`; each ends where a record ends, and holds one at least, however small the request. Shards decode them
   * to the columns of {@link schema}; a filter that is pushed into the source is of columns that are constant in a file.
   */
  encoding?(): Promise<Encoding>
  /** The number of the line, from 1, in which the byte at `offset` of a file is; undefined where nobody can tell. */
  lineAt?(file: string, offset: number): Promise<number | undefined>
  /** Whether the source evaluates this filter exactly as `core/expr/interpret.ts` would. */
  canFilter(test: Expr, schema: Schema): boolean
  /** Whether the source can deliver rows in the order of a column. Without it the engine sorts. */
  readonly canOrder: boolean
  splits(request: ScanRequest): Promise<readonly Split[]>
  /**
   * The splits that appear after those of {@link splits}, each once, for sources that do not end: partitions, files of a
   * folder. It ends when none will come any more, and when the signal is aborted. Their ids count on.
   */
  watchSplits?(request: ScanRequest, signal: AbortSignal): AsyncIterable<Split>
  /** Reads `split` of the request, from a position on. */
  open(split: Split, from: SplitPosition, request: ScanRequest, memory: ReaderMemory): Promise<SplitReader>
  /**
   * Called when all sinks of a job have committed what came of a split, known by its label, up to a position: nobody will
   * ask for it again, and whoever waits for it to be safe may be told.
   */
  committed?(split: string, upTo: SplitPosition): void
  /** Called when a job over it has ended, however: no more of it will be committed. */
  jobEnded?(): void
  /** What runs its scans, for `explain`: `duckdb`. Default: the coordinator. */
  readonly runsIn?: string
  /** How the scan runs, for `explain`: files, columns, connections. One line per entry. */
  explain?(request: ScanRequest): readonly string[]
}

/** What a sink promises after a crash. */
export type Guarantee = 'exactly-once' | 'at-least-once' | 'at-most-once'

/** What a sink is told of the job that opens it. */
export interface SinkContext {
  /** The job's identity: a job that goes on from a snapshot has that of the job the snapshot was taken of. */
  readonly job: string
  /** Whether rows stay once they are written, or are taken back. */
  readonly rows?: 'append' | 'changes'
  /** Columns no two rows share that are there at one time: the sink's own {@link Sink.keys}, or those of the plan. */
  readonly keys?: readonly string[]
}

/**
 * Where rows go: what `write` takes. An error of any method fails the job, which then calls `abort` and `close`.
 *
 * What a sink holds is held for a job, up to an epoch. A job that goes on from a snapshot begins with the epoch after the
 * snapshot's; the sink takes up there, or says that it cannot. `core/sink-epochs.ts` has the rule.
 */
export interface Sink {
  /** For `explain` and errors: `duckdb out/flights.duckdb hourly`. */
  readonly label: string
  readonly guarantee: Guarantee
  /**
   * What it takes. `append`, the default: rows that stay. `changes`: a row may have a weight (`batch.meta.weight`), and a
   * negative one takes equal rows written before away. `upsert`: the same, of rows with keys (`keys` of the context that
   * `open` is given), where what comes takes the place of the row that had its keys; rows that stay may do so, too.
   */
  readonly accepts?: 'append' | 'upsert' | 'changes'
  /** Whether it takes only data that ends, as one file does. Default: false. */
  readonly boundedOnly?: boolean
  /** For `upsert`: the keys, where they are its own. Default: those of the plan. */
  readonly keys?: readonly string[]
  /**
   * Where it writes bytes: what makes them of rows. It then takes batches of {@link BYTES}, or with `partitionBy` of
   * {@link BYTES_BY_FOLDER}, with `encodedRows`, as well as rows: the engine gives it the former where shards can make them.
   */
  readonly encoding?: Encoding | undefined
  /** Called once before anything else, with the schema of what will be written: of rows, whoever makes bytes of them. */
  open(schema: Schema, context?: SinkContext): Promise<void>
  /**
   * The newest epoch of the job that it holds, undefined for none; called once it is open. Without this method a sink
   * keeps no record of jobs, and takes whatever epoch comes.
   */
  committed?(): Promise<number | undefined>
  /**
   * Starts epoch 0, 1, …; what is written until the commit becomes visible all at once, or not at all. An epoch that it
   * holds is written again and changes nothing.
   *
   * @throws {ConnectorError} `SINK_BEHIND` when it does not hold all epochs before, where it keeps a record of them
   */
  begin(epoch: number): Promise<void>
  /** The batch is valid only until the promise settles. */
  write(batch: Batch): Promise<void>
  /**
   * @param isEnd no row comes any more: the data has ended, which the last commit of a job that was stopped does not say
   * @param isLast the job ends with it: with its data, or because it was stopped. What a sink would show later is shown now;
   * another job may go on from here
   */
  commit(epoch: number, isEnd?: boolean, isLast?: boolean): Promise<void>
  /** Drops what was written since the last commit. */
  abort(): Promise<void>
  /** Frees everything; safe to call twice. */
  close(): Promise<void>
}
