/**
 * How the rows of a keyed stage reach the shards that own their groups: as rows by key, as rows by window, or folded
 * where they are and merged as partial state. Which is best depends on the data, so it is measured and may change while
 * the job runs; results cannot, because merging partial state is exact.
 */

import type { JobOptions } from '../../core/engine.ts'
import type { EdgeTime, GroupOwners } from '../../core/operators/contract.ts'
import { definitionOf } from '../../core/operators/index.ts'
import type { Stage } from '../../core/planner/stages.ts'
import type { WindowSpec } from '../../core/time/windows/spec.ts'
import { type TimeWindows, timeWindows } from '../../core/time/windows/time-windows.ts'
import type { Measured, Partitioning } from '../../workers/messages.ts'
import { type ForwardedRows, type RoutedBatch, rowsByOwner } from './edges.ts'
import { readsFrom } from './forwarding.ts'
import { WindowOwners } from './window-owners.ts'

/** Rows per partial group above which folding first and merging later pays; see bench/group-by.bench.ts. */
const DENSE_ROWS_PER_GROUP = 48

/** Rows to measure before choosing. */
const MEASURE_ROWS = 100_000

type ExchangeKind = NonNullable<JobOptions['exchange']>

export interface ExchangeOptions {
  readonly stage: Stage
  readonly shards: number
  readonly exchange: ExchangeKind
  /** Whether nobody needs the stage's groups by key, so that rows may be partitioned by window. */
  readonly ownsByWindow: boolean
  /** Whether it begins with the state of an earlier job. */
  readonly restored: boolean
}

/** The exchange in front of one stage. */
export class Exchange {
  readonly #stage: Stage
  readonly #shards: number
  /** The windows by which the stage's first operator groups rows. */
  readonly #spec: WindowSpec | undefined
  readonly #windows: TimeWindows | undefined
  /** The kind from now on; undefined while it is measured, as rows: that leaves nothing to merge. */
  #kind: Exclude<ExchangeKind, 'auto'> | undefined
  /** Who owns which window, while they are owned by window. */
  readonly #windowOwners: WindowOwners
  /** Whether it is open if windows keep all shards busy. */
  #watchesWindows = false
  /** By shard, what it had folded when it was last heard of. */
  readonly #measured: Measured[] = []
  /** No row so far has a later event time. */
  #maxRoutedTimeMs = Number.NEGATIVE_INFINITY
  /** Groups of windows that begin by this time may lie with shards that do not own them. */
  #misplacedUntilMs = Number.NEGATIVE_INFINITY
  /** Partial state of windows that end by this time has been asked for. */
  #takenUntilMs = Number.NEGATIVE_INFINITY

  constructor({ stage, shards, exchange, ownsByWindow, restored }: ExchangeOptions) {
    this.#stage = stage
    this.#shards = shards
    this.#windowOwners = new WindowOwners(shards)
    this.#spec = windowOf(stage)
    this.#windows = timeWindows(this.#spec)
    const able = this.keyed && shards > 1 && isTwoPhase(stage)
    const byWindow =
      able && ownsByWindow && this.#windows !== undefined && !this.#windows.of && restIsStateless(stage)
    if (!able || (exchange === 'windows' && !byWindow)) this.#kind = 'rows'
    else if (exchange !== 'auto') this.#kind = exchange
    else if (byWindow) {
      this.#kind = 'windows'
      this.#watchesWindows = true
    }
    // State is restored by key.
    if (restored && this.#kind === 'windows') this.#misplacedUntilMs = Number.POSITIVE_INFINITY
  }

  get keyed(): boolean {
    return typeof this.#stage.partitioning === 'object'
  }

  /** Whether every shard runs the stage, on its own rows. */
  get everywhere(): boolean {
    return this.keyed || this.#stage.partitioning === 'spread'
  }

  /** Whether rows belong to shards. */
  get partitioned(): boolean {
    return this.everywhere && this.#shards > 1
  }

  /** What decides which shard owns a group. */
  get owners(): GroupOwners {
    return this.#kind === 'windows' ? this.#windowOwners.runs : 'keys'
  }

  /** How the stage wants its input rows partitioned. */
  get partitionedBy(): Partitioning | undefined {
    if (!this.partitioned || !this.keyed || this.#kind === 'partials') return undefined
    if (this.#kind !== 'windows') return 'keys'
    const [first] = this.#stage.operators
    return { time: first!.inputs[0]!.eventTime!, window: this.#spec!, runs: this.#windowOwners.runs }
  }

  /**
   * Takes note of the rows of a step, which may change the kind. Returns the batches that do not go to the owners of
   * their groups: they are folded where they are, and the groups are handed over when their windows close.
   */
  arrive(
    batches: readonly RoutedBatch[],
    forwarded: readonly ForwardedRows[],
    time: EdgeTime,
  ): readonly RoutedBatch[] {
    if (batches.length || forwarded.length)
      this.#maxRoutedTimeMs = Math.max(this.#maxRoutedTimeMs, maxTimeMsOf(batches, time))
    for (const { shard, measured } of forwarded) if (measured) this.#measured[shard] = measured
    if (this.#watchesWindows && forwarded.length) this.#checkDensity()
    if (this.#watchesWindows) this.#checkBalance(batches, forwarded)
    if (!this.partitioned || !this.keyed) return []
    const misplaced = batches.filter(batch => !this.#liesWithOwners(batch))
    if (misplaced.length || forwarded.some(rows => !this.#wentToOwners(rows)))
      this.#misplacedUntilMs = Math.max(this.#misplacedUntilMs, this.#maxRoutedTimeMs)
    return misplaced
  }

  /** Whether shards are to hand over groups that others own now: some may be misplaced, and a window has closed. */
  mustTakePartials(time: EdgeTime): boolean {
    return this.#misplacedUntilMs > Number.NEGATIVE_INFINITY && this.#closesWindows(time)
  }

  /** Shards have handed over the groups that {@link mustTakePartials} spoke of. */
  tookPartials(): void {
    if (this.#takenUntilMs > this.#misplacedUntilMs) this.#misplacedUntilMs = Number.NEGATIVE_INFINITY
  }

  /** What a step made shards fold, which decides the kind while it is open. */
  measure(byShard: readonly (readonly (Measured | undefined)[])[]): void {
    if (this.#kind !== undefined) return
    byShard.forEach((ofShard, shard) => {
      for (const measured of ofShard) if (measured) this.#measured[shard] = measured
    })
    this.#kind = this.#density()
  }

  /**
   * Windows keep all shards busy only if those of a few steps together are on all of them: not when they are long and
   * rows come in order. Then rows go by key, and it is measured whether partials are better.
   */
  #checkBalance(batches: readonly RoutedBatch[], forwarded: readonly ForwardedRows[]): void {
    if (batches.length === 0 && forwarded.length === 0) return
    const rows = rowsByOwner(batches, this.#shards)
    for (const { shard, rows: own } of forwarded) rows[shard]! += own
    const seen = this.#windowOwners.see({ rows, pane: this.#lastPane })
    if (seen === 'idle') this.#leaveWindows(undefined)
    if (seen === 'moved') this.#misplacedUntilMs = Math.max(this.#misplacedUntilMs, this.#maxRoutedTimeMs)
  }

  /** The pane of the latest time so far. */
  get #lastPane(): number {
    const { panes } = this.#windows!
    const ms = this.#maxRoutedTimeMs
    return Number.isFinite(ms) ? panes.numberOf(panes.startOf(ms)) : ms
  }

  /** Whether the rows of a batch go to those that own their groups. */
  #liesWithOwners({ rows, owner, runs }: RoutedBatch): boolean {
    if (this.#kind !== 'windows') return rows !== undefined
    return owner !== undefined && this.#windowOwners.agreesWith(runs!, this.#lastPane)
  }

  #wentToOwners({ rows, partitionedBy }: ForwardedRows): boolean {
    if (rows === 0) return true
    if (this.#kind !== 'windows') return partitionedBy === 'keys'
    return (
      typeof partitionedBy === 'object' && this.#windowOwners.agreesWith(partitionedBy.runs, this.#lastPane)
    )
  }

  /** Where shards forward rows by themselves, none have to move if partials hold many each. */
  #checkDensity(): void {
    if (this.#density() === 'partials') this.#leaveWindows('partials')
  }

  #leaveWindows(kind: 'partials' | undefined): void {
    this.#watchesWindows = false
    this.#kind = kind
    this.#misplacedUntilMs = this.#maxRoutedTimeMs
  }

  /** Rows or partials, from what the first batches showed; undefined until that is enough. */
  #density(): 'rows' | 'partials' | undefined {
    // As partials every shard would hold most groups.
    let rows = 0
    let groups = 0
    for (const measured of this.#measured) {
      rows += measured?.rows ?? 0
      groups += measured?.groups ?? 0
    }
    if (rows < MEASURE_ROWS) return undefined
    const partialGroups = Math.max(1, groups) * this.#shards
    return rows / partialGroups >= DENSE_ROWS_PER_GROUP ? 'partials' : 'rows'
  }

  /** Partials need not move while no window can have closed. */
  #closesWindows({ watermarkMs }: EdgeTime): boolean {
    if (!this.#windows || watermarkMs === Number.POSITIVE_INFINITY)
      return watermarkMs === Number.POSITIVE_INFINITY
    const closedUntilMs = this.#windows.panes.startOf(watermarkMs)
    if (closedUntilMs <= this.#takenUntilMs) return false
    this.#takenUntilMs = closedUntilMs
    return true
  }
}

const firstDefinition = ({ operators: [first] }: Stage) => first && definitionOf(first.node)

const isTwoPhase = (stage: Stage): boolean => {
  const [first] = stage.operators
  return first !== undefined && firstDefinition(stage)?.twoPhase?.(first.node, first.inputs) === true
}

const windowOf = (stage: Stage): WindowSpec | undefined =>
  firstDefinition(stage)?.window?.(stage.operators[0]!.node)

/** Whether nothing in the stage but its first operator has state. */
const restIsStateless = ({ operators: [_, ...others] }: Stage): boolean =>
  others.every(({ steps }) => steps !== undefined)

/** A bound of the batches' event times. Only next to the source does event time keep up with the rows. */
const maxTimeMsOf = (batches: readonly RoutedBatch[], { maxTimeMs }: EdgeTime): number =>
  batches.every(({ split }) => split !== undefined) && Number.isFinite(maxTimeMs)
    ? maxTimeMs
    : Number.POSITIVE_INFINITY

/** Whether rows may be owned by window: what the stage emits is merged by order, and nobody else reads its input. */
export function mayOwnByWindow({ id, inputs }: Stage, stages: readonly Stage[]): boolean {
  const reads = new Set(inputs.map(({ from }) => JSON.stringify(from)))
  return stages.every(
    other =>
      other.id === id ||
      ((other.partitioning === 'one' || !readsFrom(other.inputs, id)) &&
        !other.inputs.some(({ from }) => reads.has(JSON.stringify(from)))),
  )
}
