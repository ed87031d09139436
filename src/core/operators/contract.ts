/**
 * The contract of an operator: a verb's runtime in a shard.
 *
 * Steps are single-threaded, and synchronous unless an operator answers with a promise. A batch given to `onBatch` is
 * valid only during the step; whatever must outlive it is copied. Batches emitted are built in `context.arena` (shared memory) and never changed afterwards.
 */

import type { Batch } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import type { RowMeta } from '../batch/meta.ts'
import type { Arena } from '../batch/slab.ts'
import type { Background } from '../detector.ts'
import type { Models } from '../model-registry.ts'
import type { NodeOutput } from '../plan.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import type { PaneRuns } from '../time/windows/panes.ts'
import type { Functions } from '../user-functions/function-ref.ts'

/** How far event time has come along an edge. Flows in order with the batches, after the rows that it speaks of. */
export interface EdgeTime {
  /**
   * No row at or after this point in the stream that is not late has an earlier event time. It never goes back; +Infinity
   * once the edge has ended.
   */
  readonly watermarkMs: number
  /** The latest event time seen so far, -Infinity before the first row. */
  readonly maxTimeMs: number
}

/** What an operator knows of time: what its inputs together know, and each of them. */
export interface Signal extends EdgeTime {
  /** By input: its watermark; +Infinity once that input has ended. */
  readonly inputs: readonly number[]
  /** The clock's last reading, ms since 1970; for operators that go by it, see `OperatorDefinition.clock`. */
  readonly clockMs?: number
}

/** Nothing is known yet. */
export const NOTHING_KNOWN: EdgeTime = Object.freeze({
  watermarkMs: Number.NEGATIVE_INFINITY,
  maxTimeMs: Number.NEGATIVE_INFINITY,
})

/** What several edges together know: no more than the one that knows least. Of no edges: that they have ended. */
export function leastKnown(times: readonly EdgeTime[]): EdgeTime {
  let watermarkMs = Number.POSITIVE_INFINITY
  let maxTimeMs = Number.NEGATIVE_INFINITY
  for (const time of times) {
    watermarkMs = Math.min(watermarkMs, time.watermarkMs)
    maxTimeMs = Math.max(maxTimeMs, time.maxTimeMs)
  }
  return { watermarkMs, maxTimeMs }
}

/** Where an operator's output goes. Ports have names; `out` is the main one. */
export type Emit = (batch: Batch, port?: string) => void

/** What a batch's own split knew when the batch arrived, for the lateness rule. */
export interface Arrival {
  /** The watermark that the split had reached before the batch, ms; `meta.seen` adds what the batch itself shows. */
  readonly passedMs: number
  /** The least event time of the batch, ms. */
  readonly minMs: number
}

/** The event times of a batch, ms. */
export interface SeenTime {
  readonly minMs: number
  readonly maxMs: number
  /** The watermark that the batch's rows alone bring their split to. */
  readonly watermarkMs: number
}

export interface StepReport {
  /** What a `watermark` operator saw of the step's batch. */
  times(node: string, seen: SeenTime): void
  /** Rows that came after their window had closed. */
  late(rows: number): void
  /** Values that a `detect` operator scored, and the anomalies among them. */
  scored(values: number, anomalies: number): void
  /** Rows that were decoded, and those that could not be. */
  decoded(rows: number, skipped: number): void
}

/** Rows that an operator is about to make. Their columns are made when they are asked for, and for that alone. */
export interface ProspectiveRows {
  readonly count: number
  /** Their places, as a batch of them would have. */
  readonly meta: RowMeta
  column(index: number): Column
}

/**
 * Which of some rows are wanted, as ascending numbers of them; undefined: all. Those left out would have changed nothing,
 * so that whoever makes rows need not make them.
 */
export type WantedRows = (rows: ProspectiveRows) => Uint32Array | undefined

/** What an operator is opened with, the models among it. */
export interface OperatorContext extends Models {
  /** The plan node's id. */
  readonly id: string
  /** What flows in, by input, and out of the main port. */
  readonly inputs: readonly NodeOutput[]
  readonly output: NodeOutput
  readonly arena: Arena
  /** Whether every shard runs the operator on any rows, one shard runs it on all, or each on those of its keys. */
  readonly placement: Placement
  /** Where not all of the keys decide which shard owns a row, though all of them might: those that do. */
  readonly owners?: readonly string[]
  /** Which shard this is, of how many. */
  readonly shard: number
  readonly shards: number
  /** How many splits of sources its rows may be of, each counted by every way here; Infinity where more may appear. */
  readonly splits: number
  /** Where work may be done that is not needed in this step. */
  readonly background?: Background
  /**
   * The job's clock, ms since 1970: one reading for all rows of a step, which never goes back. NaN where no operator of the
   * plan goes by it.
   */
  readonly clock: { readonly nowMs: number }
  /** The user's functions that the node, or an expression in it, mentions. */
  readonly functions: Functions
  /** Aborts when the job does: whoever waits for user code passes it on, and stops once it has aborted. */
  readonly signal: AbortSignal
  /** Tells the coordinator what it needs to know of a step. */
  readonly report: StepReport
  /** Where one operator alone reads the main port: what it wants of rows before they are made. */
  readonly wanted?: WantedRows
  /** Where one operator alone reads the main port: whether it ignores places. */
  readonly placesIgnored?: () => boolean
}

/** What decides which shard owns a group: its key, or its window, which are dealt out like this. */
export type GroupOwners = 'keys' | PaneRuns

/**
 * Two-phase aggregation: every shard folds the rows it happens to have, and hands over partial state instead of rows
 * when event time passes. Results cannot differ from exchanging rows, because merging folds is exact.
 */
export interface PartialAggregation {
  /** Rows folded and groups opened so far on this shard: rows per group decide whether this pays. */
  readonly measured: { readonly rows: number; readonly groups: number }
  /** Takes out the groups that other shards own and whose window ends at or before `upToMs`, by owner. */
  takePartials(upToMs: number, owners: GroupOwners): { readonly shard: number; readonly batch: Batch }[]
  /** Merges groups that another shard took out. */
  mergePartials(batch: Batch): void
}

/**
 * Where an operator runs: any rows in any shard, all rows in one, the rows of a key in the shard that owns it; or, spread, any
 * rows of one input in order, and all of another in every shard.
 */
export type Placement = 'any' | 'one' | 'keys' | 'spread'

export interface Operator {
  /**
   * Rows came. `arrival` is present where a watermark was declared over data that does not end.
   *
   * An operator that waits for something answers with a promise, which the shard awaits: until then it gets no other
   * batch, hears of no time, and the step is not done, so that all comes in order and a barrier finds nothing under way. It
   * may emit meanwhile. The promise of a job that is aborted is not waited for any longer.
   */
  onBatch(batch: Batch, input: number, emit: Emit, arrival?: Arrival): void | Promise<void>
  /**
   * Event time advanced on an input, or an input ended; or the clock did, where the operator goes by it. Each input's
   * watermark is once +Infinity: at its end.
   */
  onTime?(signal: Signal, emit: Emit): void
  /** Says of rows that are not made yet which it wants; they may be asked about at any time of a step. */
  readonly wants?: WantedRows
  /** Neither the places of rows nor their order within a batch make a difference to it: whoever makes them may leave that out. */
  readonly ignoresPlaces?: boolean
  /** What an output knows of time once the operator has been told of `signal`. Default: the same. */
  outputTime?(port: string, signal: Signal): EdgeTime
  /** True once no further row can change the outputs: they end, whatever the inputs still bring. */
  readonly exhausted?: boolean
  /** Memory of what it keeps from step to step, bytes: keys and their state. Rows that wait for the watermark are left out. */
  readonly stateBytes?: number
  /** How many keys, or groups, it keeps something of. */
  readonly stateKeys?: number
  /** For operators that can fold rows before they reach the shard that owns their key. */
  readonly partialAggregation?: PartialAggregation
  /** Writes the state: all of it, or what changed since that save. Absent: the operator has none. */
  save?(to: StateWriter): void
  /** Takes over state; called before the first step, with what this shard owns. */
  load?(from: StateReader): void
  /** The job is over, however it went: memory that others may use is theirs. Nothing else is called after it. */
  close?(): void
}
