/**
 * Drives one stage: takes what flows into it, step by step, sends it to shards, and passes the results on in step order.
 */

import { type Batch, rowCount, withSelection } from '../../core/batch/batch.ts'
import { mergeOrdered } from '../../core/batch/merge.ts'
import { SlabArena, SlabPool } from '../../core/batch/slab.ts'
import type { Arrival, GroupOwners, TimeSignal } from '../../core/operators/contract.ts'
import { definitionOf } from '../../core/operators/index.ts'
import type { Stage } from '../../core/planner/stages.ts'
import { type TumblingWindow, windowStartOf } from '../../core/state/tumbling.ts'
import type { Measured, Partitioning, StepInput, StepMessage, StepResult } from '../../workers/messages.ts'
import { type EventTime, leastKnown, NOTHING_KNOWN } from './event-time.ts'
import type { JobShards } from './shards.ts'
import { InStepOrder, type Step } from './step.ts'

/** A batch between two stages. */
export interface RoutedBatch {
  readonly batch: Batch
  /** The source split it descends from, for watermarks; absent after keyed stages. */
  readonly split?: string
  readonly arrival?: Arrival
  /** The shard that made it. */
  readonly shard?: number
  /** Which of its rows belong to which shard, by key. */
  readonly rows?: readonly Uint32Array[]
  /** The shard that all its rows belong to, by window. */
  readonly owner?: number
}

/** What flows along one edge in one step. `time` is what the edge knows of event time after the routed. */
export interface EdgeMessage {
  readonly routed: readonly RoutedBatch[]
  readonly time: TimeSignal
  /** What shards have taken forwarded by themselves; not among the routed. */
  readonly taken?: readonly ForwardedRows[]
}

/** Rows that a shard took forwarded from a stage to the next, as they were spread when it was told to. */
export interface ForwardedRows {
  readonly shard: number
  readonly rows: number
  readonly partitionedBy: Partitioning | undefined
  readonly measured?: Measured
}

export interface Receiver {
  deliver(step: Step, delivery: EdgeMessage): void
}

/** How rows reach the shard that owns their group. */
export type Exchange = 'rows' | 'partials' | 'windows'

/** Rows per partial group above which folding first and merging later pays; see bench/group-by.bench.ts. */
const DENSE_ROWS_PER_GROUP = 48

/** Rows to measure before choosing. */
const MEASURE_ROWS = 100_000

/** Steps over which windows must spread rows evenly enough; fewer than are under way at once. */
const BALANCE_STEPS = 6
/** The least share of their time that shards may be busy. */
const MIN_BALANCE = 0.6

/** Parcels in the one order of their rows, where several shards made them in one step. */
export function gather(step: Step, routed: readonly RoutedBatch[]): readonly RoutedBatch[] {
  const byShard = Map.groupBy(routed, routedBatch => routedBatch.shard)
  if (byShard.size < 2 || !routed.every(({ batch }) => batch.order)) return routed
  const arena = new SlabArena(gatherPool)
  const runs = [...byShard.values()].map(run => run.map(({ batch }) => batch))
  const merged = mergeOrdered(runs, arena)
  const slabs = arena.take()
  step.onOver(() => {
    for (const slab of slabs) gatherPool.release(slab)
  })
  return merged.map(batch => ({ batch }))
}

const gatherPool = new SlabPool()

export interface StageRunnerOptions {
  readonly stage: Stage
  readonly shards: JobShards
  readonly eventTimes: ReadonlyMap<string, EventTime>
  readonly exchange: Exchange | 'auto'
  /** Whether nobody needs its groups by key, so that rows may be partitioned by window. */
  readonly ownsByWindow: boolean
  /** Whether it begins with the state of an earlier job. */
  readonly restored: boolean
  /** The stage that shards take its rows on to by themselves; see {@link forwards}. */
  readonly forwarded: number | undefined
  /** By output of its stage, how the consumers take rows at present. */
  partitionedBy(): readonly (Partitioning | undefined)[]
  fail(error: unknown): void
  lateRows(rows: number): void
  scored(node: string, values: number): void
  exhausted(): void
}

export class StageRunner {
  readonly #options: StageRunnerOptions
  readonly #consumers: Receiver[][]
  /** The windows by which its first operator groups rows. */
  readonly #window: TumblingWindow | undefined
  /** Deliveries by step, until every input has delivered. */
  readonly #arriving = new Map<number, EdgeMessage[]>()
  readonly #starts = new InStepOrder()
  readonly #finishes = new InStepOrder()
  #lastTime: TimeSignal = NOTHING_KNOWN
  /** By output: what it knew of time last. */
  readonly #outputTimes: TimeSignal[]
  #turn: Promise<void> = Promise.resolve()
  /** Which way rows go from now on; undefined while it is being measured, as rows: that leaves nothing to merge. */
  #exchange: Exchange | undefined
  /** Rows by shard in the last steps, while it is open whether windows spread them evenly. */
  #recent: number[][] | undefined
  /** Groups of windows that begin by this time may lie with shards that do not own them. */
  #strayToMs = Number.NEGATIVE_INFINITY
  /** No row so far has a later event time. */
  #reachMs = Number.NEGATIVE_INFINITY
  /** By shard, what it had folded when it was last heard of. */
  readonly #measured: Measured[] = []
  #flushedMs = Number.NEGATIVE_INFINITY

  constructor(options: StageRunnerOptions) {
    this.#options = options
    this.#consumers = options.stage.outputs.map(() => [])
    this.#outputTimes = options.stage.outputs.map(() => NOTHING_KNOWN)
    this.#window = windowOf(options.stage)
    const { stage, exchange, ownsByWindow, restored } = options
    const able = options.shards.count > 1 && this.#keyed && firstDefinition(stage)?.twoPhase === true
    const byWindow = able && ownsByWindow && this.#window !== undefined && restIsStateless(stage)
    if (!able || (exchange === 'windows' && !byWindow)) this.#exchange = 'rows'
    else if (exchange !== 'auto') this.#exchange = exchange
    else if (byWindow) {
      this.#exchange = 'windows'
      this.#recent = []
    }
    // State is restored by key.
    if (restored && this.#owners === 'windows') this.#strayToMs = Number.POSITIVE_INFINITY
  }

  /** How this stage wants its input rows partitioned. */
  get partitionedBy(): Partitioning | undefined {
    if (!this.#keyed || this.#options.shards.count === 1 || this.#exchange === 'partials') return undefined
    if (this.#exchange !== 'windows') return 'keys'
    const [first] = this.#options.stage.operators
    return { time: first!.nodeInputs[0]!.eventTime!, window: this.#window! }
  }

  get #owners(): GroupOwners {
    return this.#exchange === 'windows' ? 'windows' : 'keys'
  }

  get #keyed(): boolean {
    return typeof this.#options.stage.partitioning === 'object'
  }

  consume(output: number, receiver: Receiver): void {
    this.#consumers[output]!.push(receiver)
  }

  /** A receiver for one of the stage's inputs. */
  input(): Receiver {
    return {
      deliver: (step, delivery) => {
        const arrived = this.#arriving.get(step.number) ?? []
        arrived.push(delivery)
        this.#arriving.set(step.number, arrived)
        if (arrived.length < this.#options.stage.inputs.length) return
        this.#arriving.delete(step.number)
        const time = leastKnown(arrived.map(({ time }) => time))
        const { partitioning } = this.#options.stage
        const routed = arrived.flatMap(({ routed }) =>
          partitioning === 'single' ? gather(step, routed) : routed,
        )
        if (partitioning === 'any') this.#runStateless(step, routed, time)
        else {
          const taken = arrived.flatMap(({ taken = [] }) => taken)
          this.#starts.submit(step.number, () => this.#start(step, routed, taken, time))
        }
      },
    }
  }

  /** A stateless stage: each routedBatch runs on some shard; only the results are put in order. */
  #runStateless(step: Step, routed: readonly RoutedBatch[], time: TimeSignal): void {
    const { shards, stage, forwarded } = this.#options
    const partitionedBy = this.#options.partitionedBy()
    const runs = routed.map((routedBatch, i) => {
      const shard = (step.number + i) % shards.count
      return this.#run(step, shard, {
        stage: stage.id,
        inputs: [stepInput(routedBatch)],
        partitionedBy,
        ...(forwarded === undefined ? {} : { forwarded }),
      })
    })
    Promise.all(runs).then(
      results =>
        this.#finishes.submit(step.number, () =>
          this.#finishStateless(step, routed, results, partitionedBy[0], time),
        ),
      error => this.#options.fail(error),
    )
  }

  #finishStateless(
    step: Step,
    routed: readonly RoutedBatch[],
    results: readonly StepResult[],
    partitionedBy: Partitioning | undefined,
    time: TimeSignal,
  ): void {
    const { stage, shards, eventTimes } = this.#options
    const outputs: RoutedBatch[][] = stage.outputs.map(() => [])
    const taken: ForwardedRows[] = []
    results.forEach((result, i) => {
      const { split, arrival } = routed[i]!
      const shard = (step.number + i) % shards.count
      if (result.forwarded) taken.push({ ...result.forwarded, shard, partitionedBy })
      const arrivals = new Map<string, Arrival | undefined>()
      for (const { node, times } of result.seen) arrivals.set(node, eventTimes.get(node)!.see(split!, times))
      for (const { output, batch, rows, owner } of result.outputs) {
        const { watermark } = stage.outputs[output]!
        const scored = watermark !== undefined && arrivals.has(watermark) ? arrivals.get(watermark) : arrival
        outputs[output]!.push({
          batch,
          shard,
          ...(split === undefined ? {} : { split }),
          ...(scored ? { arrival: scored } : {}),
          ...(rows ? { rows } : {}),
          ...(owner === undefined ? {} : { owner }),
        })
      }
    })
    outputs.forEach((routedOut, output) => {
      const { watermark } = stage.outputs[output]!
      const own = watermark === undefined ? undefined : eventTimes.get(watermark)
      if (step.endedSplit !== undefined) own?.endSplit(step.endedSplit)
      if (step.end) own?.end()
      this.#pass(
        step,
        output,
        routedOut,
        own && stage.operators.some(o => o.id === watermark) ? own.signal : time,
        taken,
      )
    })
    step.done()
  }

  /** A stage with state: routed in step order. A step that needs two rounds holds back the next. */
  #start(
    step: Step,
    routed: readonly RoutedBatch[],
    taken: readonly ForwardedRows[],
    time: TimeSignal,
  ): void {
    const turn = this.#turn.then(() => this.#startTurn(step, routed, taken, time))
    this.#turn = turn.then(
      () => {},
      error => this.#options.fail(error),
    )
  }

  /** Resolves when the next step may be sent; the results of this one may come later. */
  async #startTurn(
    step: Step,
    routed: readonly RoutedBatch[],
    taken: readonly ForwardedRows[],
    time: TimeSignal,
  ): Promise<void> {
    const { shards, stage } = this.#options
    const advanced = time.watermarkMs !== this.#lastTime.watermarkMs
    this.#lastTime = time
    const results: StepResult[][] = Array.from({ length: shards.count }, () => [])
    const send = async (
      shard: number,
      message: Omit<StepMessage, 'job' | 'turn' | 'free' | 'kind' | 'stage' | 'partitionedBy'>,
    ) => {
      const result = await this.#run(step, shard, {
        ...message,
        stage: stage.id,
        partitionedBy: this.#options.partitionedBy(),
      })
      results[shard]!.push(result)
      return result
    }
    const everywhere = Array.from({ length: shards.count }, (_, shard) => shard)

    const partitionedBy = this.#keyed && shards.count > 1
    if (routed.length || taken.length) this.#reachMs = Math.max(this.#reachMs, reachOf(routed, time))
    for (const { shard, measured } of taken) if (measured) this.#measured[shard] = measured
    if (this.#recent && taken.length) this.#checkDensity()
    if (this.#recent) this.#checkBalance(this.#recent, routed, taken)
    const owners = this.#owners
    const stray = partitionedBy ? routed.filter(routedBatch => !liesWith(routedBatch, owners)) : []
    const folded = Promise.all(
      everywhere.map(async shard => {
        const inputs = stray.length ? ownRows(stray, shard) : []
        if (inputs.length) await send(shard, { inputs })
      }),
    )
    if (stray.length || (partitionedBy && taken.some(rows => !tookOwn(rows, owners))))
      this.#strayToMs = Math.max(this.#strayToMs, this.#reachMs)
    let partials: StepResult['partials'] = []
    if (this.#strayToMs > Number.NEGATIVE_INFINITY && advanced && this.#closesWindows(time)) {
      await folded
      const takePartials = { toMs: time.watermarkMs, owners }
      const flushed = await Promise.all(everywhere.map(shard => send(shard, { inputs: [], takePartials })))
      partials = flushed.flatMap(result => result.partials)
      if (this.#flushedMs > this.#strayToMs) this.#strayToMs = Number.NEGATIVE_INFINITY
    }

    const direct = routed.filter(routedBatch => !stray.includes(routedBatch))
    const last = everywhere.map(async shard => {
      const inputs = partitionedBy ? ownRows(direct, shard) : shard === 0 ? direct.map(stepInput) : []
      const mergePartials = partials.filter(partial => partial.shard === shard).map(({ batch }) => batch)
      const ticks = advanced && (this.#keyed || shard === 0)
      if (inputs.length === 0 && mergePartials.length === 0 && !ticks) return
      await send(shard, {
        inputs,
        ...(mergePartials.length ? { mergePartials } : {}),
        ...(ticks ? { time } : {}),
      })
    })
    Promise.all([folded, ...last]).then(
      () => this.#finishes.submit(step.number, () => this.#finish(step, results, advanced)),
      error => this.#options.fail(error),
    )
  }

  /**
   * Windows keep all shards busy only if those of a few steps together are on all of them: not when they are long and
   * rows come in order. Then rows go by key, and it is measured whether partials are better.
   */
  #checkBalance(recent: number[][], routed: readonly RoutedBatch[], taken: readonly ForwardedRows[]): void {
    const { count } = this.#options.shards
    if (routed.length === 0 && taken.length === 0) return
    const rows = Array.from({ length: count }, () => 0)
    for (const { owner, batch } of routed) if (owner !== undefined) rows[owner]! += rowCount(batch)
    for (const { shard, rows: own } of taken) rows[shard]! += own
    recent.push(rows)
    if (recent.length < BALANCE_STEPS) return
    const sums = rows.map((_, shard) => recent.reduce((sum, step) => sum + step[shard]!, 0))
    const total = sums.reduce((sum, rows) => sum + rows, 0)
    recent.shift()
    if (total >= MIN_BALANCE * count * Math.max(...sums)) return
    this.#recent = undefined
    this.#exchange = undefined
    this.#strayToMs = this.#reachMs
  }

  /** Where shards take rows forwarded by themselves, no rows have to move if partials hold many each. */
  #checkDensity(): void {
    if (this.#density() !== 'partials') return
    this.#recent = undefined
    this.#exchange = 'partials'
    this.#strayToMs = this.#reachMs
  }

  /** Rows or partials, from what the first batches showed; undefined until that is enough. */
  #density(): Exchange | undefined {
    // As partials every shard would hold most groups.
    let rows = 0
    let groups = 0
    for (const measured of this.#measured) {
      rows += measured?.rows ?? 0
      groups += measured?.groups ?? 0
    }
    if (rows < MEASURE_ROWS) return undefined
    const partialGroups = Math.max(1, groups) * this.#options.shards.count
    return rows / partialGroups >= DENSE_ROWS_PER_GROUP ? 'partials' : 'rows'
  }

  /** Partials need not move while no window can have closed. */
  #closesWindows(time: TimeSignal): boolean {
    if (!this.#window || time.watermarkMs === Number.POSITIVE_INFINITY)
      return time.watermarkMs === Number.POSITIVE_INFINITY
    const closedToMs = windowStartOf(this.#window, time.watermarkMs)
    if (closedToMs <= this.#flushedMs) return false
    this.#flushedMs = closedToMs
    return true
  }

  #finish(step: Step, results: readonly (readonly StepResult[])[], advanced: boolean): void {
    const { stage } = this.#options
    if (this.#exchange === undefined) {
      results.forEach((ofShard, shard) => {
        for (const { measured } of ofShard) if (measured) this.#measured[shard] = measured
      })
      this.#exchange = this.#density()
    }
    const outputs: RoutedBatch[][] = stage.outputs.map(() => [])
    results.forEach((ofShard, shard) => {
      for (const result of ofShard) {
        for (const { output, batch, rows, owner } of result.outputs) {
          outputs[output]!.push({
            batch,
            shard,
            ...(rows ? { rows } : {}),
            ...(owner === undefined ? {} : { owner }),
          })
        }
      }
    })
    outputs.forEach((routed, output) => {
      const known = results.flatMap(ofShard =>
        ofShard.flatMap(({ times }) => (times ? [times[output]!] : [])),
      )
      if (advanced && known.length) this.#outputTimes[output] = leastKnown(known)
      this.#pass(step, output, routed, this.#outputTimes[output]!)
    })
    step.done()
  }

  #pass(
    step: Step,
    output: number,
    routed: readonly RoutedBatch[],
    time: TimeSignal,
    taken: readonly ForwardedRows[] = [],
  ): void {
    for (const consumer of this.#consumers[output]!) consumer.deliver(step, { routed, time, taken })
  }

  async #run(step: Step, shard: number, message: Parameters<JobShards['step']>[1]): Promise<StepResult> {
    const { shards } = this.#options
    const result = await shards.step(shard, message)
    if (result.slabs.length) step.onOver(() => shards.free(shard, result.slabs))
    if (result.lateRows) this.#options.lateRows(result.lateRows)
    for (const { node, values } of result.scored) this.#options.scored(node, values)
    if (result.exhausted) this.#options.exhausted()
    return result
  }
}

/**
 * Whether shards may take what a stage makes of a batch on to the next stage by themselves, as far as it belongs to
 * them: nobody else reads it, and what the next stage makes of rows does not depend on those before them.
 */
export const forwards = ({ partitioning, outputs }: Stage, next: Stage): boolean =>
  partitioning === 'any' &&
  outputs.length === 1 &&
  typeof next.partitioning === 'object' &&
  firstDefinition(next)?.orderFree === true &&
  next.inputs.length === 1 &&
  next.inputs[0]!.nodeOutput.bounded &&
  !next.inputs[0]!.nodeOutput.lateness &&
  next.operators.slice(1).every(({ inputs }) => !inputs.includes('input')) &&
  next.outputs.every(({ operator }) => operator !== 'input')

const firstDefinition = ({ operators: [first] }: Stage) => first && definitionOf(first.node)

const windowOf = (stage: Stage): TumblingWindow | undefined =>
  firstDefinition(stage)?.window?.(stage.operators[0]!.node)

/** Whether nothing in the stage but its first operator has state. */
const restIsStateless = ({ operators: [_, ...others] }: Stage): boolean =>
  others.every(({ steps }) => steps !== undefined)

/** A bound of the routed' event times. Only next to the source does event time keep up with the rows. */
const reachOf = (routed: readonly RoutedBatch[], { maxTimeMs }: TimeSignal): number =>
  routed.every(({ split }) => split !== undefined) && Number.isFinite(maxTimeMs)
    ? maxTimeMs
    : Number.POSITIVE_INFINITY

/** Whether the rows of a routedBatch go to those that own their groups. */
const liesWith = ({ rows, owner }: RoutedBatch, owners: GroupOwners): boolean =>
  owners === 'keys' ? rows !== undefined : owner !== undefined

const tookOwn = ({ rows, partitionedBy }: ForwardedRows, owners: GroupOwners): boolean =>
  rows === 0 || (owners === 'keys' ? partitionedBy === 'keys' : typeof partitionedBy === 'object')

const stepInput = ({ batch, arrival }: RoutedBatch): StepInput => (arrival ? { batch, arrival } : { batch })

/** A shard's own rows of each routedBatch; those that have no owner yet are its own if it made them. */
function ownRows(routed: readonly RoutedBatch[], shard: number): StepInput[] {
  const inputs: StepInput[] = []
  for (const routedBatch of routed) {
    const own = routedBatch.rows?.[shard]
    if (!own) {
      if ((routedBatch.owner ?? routedBatch.shard ?? 0) === shard) inputs.push(stepInput(routedBatch))
    } else if (own.length)
      inputs.push(stepInput({ ...routedBatch, batch: withSelection(routedBatch.batch, own) }))
  }
  return inputs
}
