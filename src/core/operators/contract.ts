/**
 * The contract of an operator: a verb's runtime in a shard.
 *
 * Steps are synchronous and single-threaded. A batch given to `onBatch` is valid only during the step; whatever must
 * outlive it is copied. Batches emitted are built in `context.arena` (shared memory) and never changed afterwards.
 */

import type { Batch } from '../batch/batch.ts'
import type { Arena } from '../batch/slab.ts'
import type { StateSnapshot } from '../state/snapshot.ts'
import type { Schema } from '../types/schema.ts'

/** How far event time has come. Flows in order with the batches: rows before it were judged before it. */
export interface TimeSignal {
  /** No row at or after this point in the stream that is not late has an earlier event time; +Infinity at the end. */
  readonly watermarkMs: number
  /** The latest event time seen so far, -Infinity before the first row. */
  readonly maxTimeMs: number
}

/** Where an operator's output goes. Ports have names; `out` is the main one. */
export type Emit = (batch: Batch, port?: string) => void

/** What the row's own split knew when it arrived, for the lateness rule. */
export interface Arrival {
  /**
   * The latest event time of the row's split up to the row, in ms: one number when it is the same for the whole
   * batch, else by physical row.
   */
  readonly seenMs: number | Float64Array
  /** Out-of-order allowance of the split's watermark, ms. */
  readonly outOfOrderMs: number
}

export interface OperatorContext {
  readonly inputs: readonly Schema[]
  readonly output: Schema
  readonly arena: Arena
  /** Which shard this is, of how many. */
  readonly shard: number
  readonly shards: number
}

export interface Operator {
  /** `arrival` is present where a watermark was declared over data that does not end. */
  onBatch(batch: Batch, port: number, emit: Emit, arrival?: Arrival): void
  /**
   * Event time advanced. Returns what the operator's output knows of time; by default the same.
   * At the end of the input it is called once with `watermarkMs` +Infinity.
   */
  onTime?(signal: TimeSignal, emit: Emit): TimeSignal
  /** All keyed state, tagged by key group. Absent: the operator has none. */
  snapshot?(): StateSnapshot
  /** Takes over state; called before the first step, with the parts of the key groups this shard owns. */
  restore?(state: StateSnapshot): void
}
