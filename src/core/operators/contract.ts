/**
 * The contract of an operator: a verb's runtime in a shard.
 *
 * Steps are synchronous and single-threaded. A batch given to `onBatch` is valid only during the step; whatever must
 * outlive it is copied. Batches emitted are built in `context.arena` (shared memory) and never changed afterwards.
 */

import type { Batch } from '../batch/batch.ts'
import type { Arena } from '../batch/slab.ts'
import type { Background } from '../detector.ts'
import type { Models } from '../model-registry.ts'
import type { NodeOutput } from '../plan.ts'
import type { StateSnapshot } from '../state/snapshot.ts'
import type { TimeStats } from '../time/event-time.ts'

/** How far event time has come. Flows in order with the batches, after the rows that it speaks of. */
export interface TimeSignal {
  /** No row at or after this point in the stream that is not late has an earlier event time; +Infinity at the end. */
  readonly watermarkMs: number
  /** The latest event time seen so far, -Infinity before the first row. */
  readonly maxTimeMs: number
}

/** Where an operator's output goes. Ports have names; `out` is the main one. */
export type Emit = (batch: Batch, port?: string) => void

/** What a batch's own split knew when the batch arrived, for the lateness rule. */
export interface Arrival {
  /** The latest event time of the split before the batch, ms; `batch.seenMs` adds what the batch itself shows. */
  readonly seenMs: number
  /** The least event time of the batch, ms. */
  readonly minMs: number
  /** Out-of-order allowance of the watermark, ms. */
  readonly outOfOrderMs: number
}

export interface StepReport {
  /** What a `watermark` operator saw of the step's batch. */
  times(node: string, stats: TimeStats): void
  /** Rows that came after their window had closed. */
  late(rows: number): void
  /** Values that a `detect` operator scored. */
  scored(values: number): void
}

/** What an operator is opened with, the models among it. */
export interface OperatorContext extends Models {
  /** The plan node's id. */
  readonly id: string
  /** What flows in, by input, and out of the main port. */
  readonly inputs: readonly NodeOutput[]
  readonly output: NodeOutput
  readonly arena: Arena
  /** Which shard this is, of how many. */
  readonly shard: number
  readonly shards: number
  /** Where work may be done that is not needed in this step. */
  readonly background?: Background
  /** Tells the coordinator what it needs to know of a step. */
  readonly report: StepReport
}

/** What decides which shard owns a group: its key, or its window. */
export type GroupOwners = 'keys' | 'windows'

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

export interface Operator {
  /** `arrival` is present where a watermark was declared over data that does not end. */
  onBatch(batch: Batch, port: number, emit: Emit, arrival?: Arrival): void
  /**
   * Event time advanced. Returns what the operator's output knows of time; by default the same.
   * At the end of the input it is called once with `watermarkMs` +Infinity.
   */
  onTime?(signal: TimeSignal, emit: Emit): TimeSignal
  /** True once no further row can change the output: the engine may stop reading. */
  readonly exhausted?: boolean
  /** For operators that can fold rows before they reach the shard that owns their key. */
  readonly partialAggregation?: PartialAggregation
  /** All keyed state, tagged by key group. Absent: the operator has none. */
  snapshot?(): StateSnapshot
  /** Takes over state; called before the first step, with the parts of the key groups this shard owns. */
  restore?(state: StateSnapshot): void
}
