/** What the coordinator and a shard say to each other. Plain data: everything crosses threads by structured clone. */

import type { Batch } from '../core/batch/batch.ts'
import type { Arrival, EdgeTime, GroupOwners } from '../core/operators/contract.ts'
import type { Stage } from '../core/planner/stages.ts'
import type { SavedState } from '../core/state/state-writer.ts'
import type { PaneRuns } from '../core/time/windows/panes.ts'
import type { WindowSpec } from '../core/time/windows/spec.ts'
import type { MeterMemory } from './shard-meter.ts'

/**
 * A message while it is put together: what it need not have is added to a literal where it has it. To spread objects into
 * the literal costs ten times as much, of which a small step has dozens.
 */
export type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Every message names the job and its turn: a thread that lost its state, or a message out of turn, is refused. */
interface Addressed {
  readonly job: string
  /** Counts the messages of the job to this shard: 0, 1, … */
  readonly turn: number
  /** Slabs of this shard whose batches nobody reads any more. */
  readonly free: readonly number[]
}

export interface OpenMessage extends Addressed {
  readonly kind: 'open'
  readonly shard: number
  readonly shards: number
  readonly stages: readonly Stage[]
  /** By stage: how many splits of sources its rows may be of, each counted by every way in; Infinity where more may appear. */
  readonly splits: readonly number[]
  /** The word that says that the job is over: see `interruption.ts`. */
  readonly aborted: Int32Array<SharedArrayBuffer>
  /** Where the shard writes what it measures. */
  readonly meter: MeterMemory
}

export interface StepMessage extends Addressed {
  readonly kind: 'step'
  readonly stage: number
  readonly inputs: readonly StepInput[]
  /** Partial state of other shards, merged before `times`. */
  readonly mergePartials?: readonly Batch[]
  /** By input of the stage, where time has advanced on any. */
  readonly times?: readonly EdgeTime[]
  /** Take out the partial state of groups that other shards own and whose windows end at or before this. */
  readonly takePartials?: { readonly toMs: number; readonly owners: GroupOwners }
  /** The clock's reading of the step, where the plan goes by it. */
  readonly clockMs?: number
  /** By output: whether and how to say which of its rows belong to which shard. */
  readonly partitionedBy: readonly (Partitioning | undefined)[]
  /** Who takes those rows of the only output at once which belong to this shard. */
  readonly forward?: ForwardTo
}

/** The next stage, where a shard feeds it by itself. */
export interface ForwardTo {
  readonly stage: number
  /**
   * What the batch's split had passed before it, ms, where rows may be late; what it shows itself this operator sees. The stage
   * acts on no watermark before the end of the pane that this is in.
   */
  readonly passed?: { readonly watermark: string; readonly ms: number; readonly paneEndMs: number }
  /** By output of that stage, as in {@link StepMessage}. */
  readonly partitionedBy: readonly (Partitioning | undefined)[]
}

/** What decides which shard gets a row: its key, or the window of its event time, which is in the column `time`. */
export type Partitioning = 'keys' | WindowPartitioning

export interface WindowPartitioning {
  readonly time: string
  readonly window: WindowSpec
  readonly runs: PaneRuns
}

export interface StepInput {
  readonly batch: Batch
  /** Which input of the stage it flows into. */
  readonly input: number
  readonly arrival?: Arrival
}

/** Save the state of a stage: all of it, or what changed since that save. */
export interface SaveMessage extends Addressed {
  readonly kind: 'save'
  readonly stage: number
  readonly since: number | undefined
}

export interface LoadMessage extends Addressed {
  readonly kind: 'load'
  /** By plan node: what each shard of the earlier job had. */
  readonly state: Readonly<Record<string, readonly SavedState[]>>
}

export interface CloseMessage extends Addressed {
  readonly kind: 'close'
}

export type ShardReply = StepResult | SavedByNode | ShardMemory | undefined

export type ShardMessage = OpenMessage | StepMessage | SaveMessage | LoadMessage | CloseMessage

export interface StepOutput {
  readonly output: number
  readonly batch: Batch
  /** Physical rows by shard, when the step was asked to partition the output by key. */
  readonly rows?: readonly Uint32Array[]
  /** The shard that all rows belong to, when it was asked to partition them by window, dealt out like this. */
  readonly owner?: number
  readonly runs?: PaneRuns
  /** It left the stage that rows were forwarded to, by this output of that. */
  readonly forwarded?: true
}

/**
 * `SeenTime` as raw doubles: minMs, maxMs, watermarkMs. A result may be posted only after later steps have run, and
 * as an object whose fields are doubles it sometimes (about one job in a hundred) held a later step's times, probably
 * because V8 had shared the boxes of the numbers. See docs/decisions/0010.
 */
export interface SeenTimes {
  readonly node: string
  readonly times: Float64Array
}

/** What an aggregation on one shard has folded so far. */
export interface Measured {
  readonly rows: number
  readonly groups: number
}

export interface StepResult {
  readonly outputs: readonly StepOutput[]
  /** By output: what it knows of time after the step, if that changed. */
  readonly times?: readonly EdgeTime[]
  /** What each `watermark` operator saw. */
  readonly seen: readonly SeenTimes[]
  readonly partials: readonly { readonly shard: number; readonly batch: Batch }[]
  readonly measured?: Measured
  /** What another stage of the same shard took at once; of that only what left it is among the outputs. */
  readonly forwarded?: { readonly rows: number; readonly measured?: Measured }
  /** How many rows came too late for an operator, by node; those that none did for are left out. */
  readonly late: readonly { readonly node: string; readonly rows: number }[]
  /** How many values each `detect` operator scored, by node; those that scored none are left out. */
  readonly scored: readonly { readonly node: string; readonly values: number }[]
  /** How many rows were decoded, and how many could not be, by node; those that decoded none are left out. */
  readonly decoded: readonly { readonly node: string; readonly rows: number; readonly skipped: number }[]
  /** Slabs of this shard that the result lies in. */
  readonly slabs: readonly number[]
  /** Bytes of each of them. */
  readonly slabBytes: readonly number[]
}

/** What a pool of slabs came to, told when the job closes. */
export interface ShardMemory {
  /** The most bytes that were out at once. */
  readonly peakBytes: number
  /** Slabs not given back. The last steps' are among them. */
  readonly slabsInUse: number
}

/** By plan node, what a shard saved. */
export type SavedByNode = Readonly<Record<string, SavedState>>
