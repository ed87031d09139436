/**
 * Drives one stage: takes what flows into it, step by step, sends it to shards, and passes the results on in step order.
 */

import { type Batch, withSelection } from '../../core/batch/batch.ts'
import { mergeOrdered } from '../../core/batch/merge.ts'
import { SlabArena, SlabPool } from '../../core/batch/slab.ts'
import type { Arrival, TimeSignal } from '../../core/operators/contract.ts'
import type { Stage } from '../../core/plan/stages.ts'
import type { StepInput, StepMessage, StepResult } from '../../workers/messages.ts'
import { type EventTime, leastKnown, NOTHING_KNOWN } from './event-time.ts'
import type { JobShards } from './shards.ts'
import { InStepOrder, type Step } from './step.ts'

/** A batch between two stages. */
export interface Parcel {
  readonly batch: Batch
  /** The source split it descends from, for watermarks; absent after keyed stages. */
  readonly split?: string
  readonly arrival?: Arrival
  /** The shard that made it. */
  readonly shard?: number
  /** Which of its rows belong to which shard. */
  readonly rows?: readonly Uint32Array[]
}

/** What flows along one edge in one step. `time` is what the edge knows of event time after the parcels. */
export interface Delivery {
  readonly parcels: readonly Parcel[]
  readonly time: TimeSignal
}

export interface Receiver {
  deliver(step: Step, delivery: Delivery): void
}

/** How rows reach the shard that owns their key. */
export type Exchange = 'rows' | 'partials'

/** Rows per partial group above which folding first and merging later pays; see bench/group-by.bench.ts. */
const DENSE_ROWS_PER_GROUP = 48

/** Rows to measure before choosing. */
const MEASURE_ROWS = 100_000

/** Parcels in the one order of their rows, where several shards made them in one step. */
export function gather(step: Step, parcels: readonly Parcel[]): readonly Parcel[] {
  const byShard = Map.groupBy(parcels, parcel => parcel.shard)
  if (byShard.size < 2 || !parcels.every(({ batch }) => batch.order)) return parcels
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
  /** Whether some of its stage's consumers are keyed and take rows at present. */
  partitions(): boolean
  fail(error: unknown): void
  lateRows(rows: number): void
  satisfied(): void
}

export class StageRunner {
  readonly #options: StageRunnerOptions
  readonly #consumers: Receiver[][]
  /** Deliveries by step, until every input has delivered. */
  readonly #arriving = new Map<number, Delivery[]>()
  readonly #starts = new InStepOrder()
  readonly #finishes = new InStepOrder()
  #lastTime: TimeSignal = NOTHING_KNOWN
  /** By output: what it knew of time last. */
  readonly #outputTimes: TimeSignal[]
  #turn: Promise<void> = Promise.resolve()
  /** Which way rows go from now on; undefined while it is being measured, as rows: that leaves nothing to merge. */
  #exchange: Exchange | undefined
  #heldPartials = false
  /** By shard, what it had folded when it was last heard of. */
  readonly #measured: NonNullable<StepResult['measured']>[] = []
  #flushedMs = Number.NEGATIVE_INFINITY

  constructor(options: StageRunnerOptions) {
    this.#options = options
    this.#consumers = options.stage.outputs.map(() => [])
    this.#outputTimes = options.stage.outputs.map(() => NOTHING_KNOWN)
    const able =
      options.shards.count > 1 &&
      typeof options.stage.distribution === 'object' &&
      startsWithAgg(options.stage)
    this.#exchange = !able ? 'rows' : options.exchange === 'auto' ? undefined : options.exchange
  }

  /** Whether this stage wants its input rows spread by key. */
  get takesRows(): boolean {
    return this.#keyed && this.#options.shards.count > 1 && this.#exchange !== 'partials'
  }

  get #keyed(): boolean {
    return typeof this.#options.stage.distribution === 'object'
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
        const { distribution } = this.#options.stage
        const parcels = arrived.flatMap(({ parcels }) =>
          distribution === 'single' ? gather(step, parcels) : parcels,
        )
        if (distribution === 'any') this.#spread(step, parcels, time)
        else this.#starts.submit(step.number, () => this.#start(step, parcels, time))
      },
    }
  }

  /** A stateless stage: each parcel runs on some shard; only the results are put in order. */
  #spread(step: Step, parcels: readonly Parcel[], time: TimeSignal): void {
    const { shards, stage } = this.#options
    const partition = this.#options.partitions()
    const runs = parcels.map((parcel, i) => {
      const shard = (step.number + i) % shards.count
      return this.#run(step, shard, { stage: stage.id, inputs: [stepInput(parcel)], partition })
    })
    Promise.all(runs).then(
      results => this.#finishes.submit(step.number, () => this.#finishSpread(step, parcels, results, time)),
      error => this.#options.fail(error),
    )
  }

  #finishSpread(
    step: Step,
    parcels: readonly Parcel[],
    results: readonly StepResult[],
    time: TimeSignal,
  ): void {
    const { stage, shards, eventTimes } = this.#options
    const outputs: Parcel[][] = stage.outputs.map(() => [])
    results.forEach((result, i) => {
      const { split, arrival } = parcels[i]!
      const arrivals = new Map<string, Arrival | undefined>()
      for (const { node, times } of result.seen) arrivals.set(node, eventTimes.get(node)!.see(split!, times))
      for (const { output, batch, rows } of result.outputs) {
        const { watermark } = stage.outputs[output]!
        const judged = watermark !== undefined && arrivals.has(watermark) ? arrivals.get(watermark) : arrival
        outputs[output]!.push({
          batch,
          shard: (step.number + i) % shards.count,
          ...(split === undefined ? {} : { split }),
          ...(judged ? { arrival: judged } : {}),
          ...(rows ? { rows } : {}),
        })
      }
    })
    outputs.forEach((parcelsOut, output) => {
      const { watermark } = stage.outputs[output]!
      const own = watermark === undefined ? undefined : eventTimes.get(watermark)
      if (step.endedSplit !== undefined) own?.endSplit(step.endedSplit)
      if (step.end) own?.end()
      this.#pass(
        step,
        output,
        parcelsOut,
        own && stage.operators.some(o => o.id === watermark) ? own.signal : time,
      )
    })
    step.done()
  }

  /** A stage with state: parcels in step order. A step that needs two rounds holds back the next. */
  #start(step: Step, parcels: readonly Parcel[], time: TimeSignal): void {
    const turn = this.#turn.then(() => this.#startTurn(step, parcels, time))
    this.#turn = turn.then(
      () => {},
      error => this.#options.fail(error),
    )
  }

  /** Resolves when the next step may be sent; the results of this one may come later. */
  async #startTurn(step: Step, parcels: readonly Parcel[], time: TimeSignal): Promise<void> {
    const { shards, stage } = this.#options
    const advanced = time.watermarkMs !== this.#lastTime.watermarkMs
    this.#lastTime = time
    const results: StepResult[][] = Array.from({ length: shards.count }, () => [])
    const send = async (
      shard: number,
      message: Omit<StepMessage, 'job' | 'turn' | 'free' | 'kind' | 'stage' | 'partition'>,
    ) => {
      const result = await this.#run(step, shard, {
        ...message,
        stage: stage.id,
        partition: this.#options.partitions(),
      })
      results[shard]!.push(result)
      return result
    }
    const everywhere = Array.from({ length: shards.count }, (_, shard) => shard)

    const local = this.#keyed && shards.count > 1 ? parcels.filter(parcel => !parcel.rows) : []
    const folded = Promise.all(local.map(parcel => send(parcel.shard ?? 0, { inputs: [stepInput(parcel)] })))
    if (local.length) this.#heldPartials = true
    let partials: StepResult['partials'] = []
    if (this.#heldPartials && advanced && this.#closesWindows(time)) {
      await folded
      const flushToMs = time.watermarkMs
      const flushed = await Promise.all(everywhere.map(shard => send(shard, { inputs: [], flushToMs })))
      partials = flushed.flatMap(result => result.partials)
    }

    const direct = parcels.filter(parcel => !local.includes(parcel))
    const last = everywhere.map(async shard => {
      const inputs =
        this.#keyed && shards.count > 1 ? ownRows(direct, shard) : shard === 0 ? direct.map(stepInput) : []
      const absorb = partials.filter(partial => partial.shard === shard).map(({ batch }) => batch)
      const ticks = advanced && (this.#keyed || shard === 0)
      if (inputs.length === 0 && absorb.length === 0 && !ticks) return
      await send(shard, { inputs, ...(absorb.length ? { absorb } : {}), ...(ticks ? { time } : {}) })
    })
    Promise.all([folded, ...last]).then(
      () => this.#finishes.submit(step.number, () => this.#finish(step, results, advanced)),
      error => this.#options.fail(error),
    )
  }

  /** Rows or partials, from what the first batches showed. As partials every shard would hold most groups. */
  #choose(results: readonly (readonly StepResult[])[]): void {
    results.forEach((ofShard, shard) => {
      for (const { measured } of ofShard) if (measured) this.#measured[shard] = measured
    })
    let rows = 0
    let groups = 0
    for (const measured of this.#measured) {
      rows += measured?.rows ?? 0
      groups += measured?.groups ?? 0
    }
    if (rows < MEASURE_ROWS) return
    const partialGroups = Math.max(1, groups) * this.#options.shards.count
    this.#exchange = rows / partialGroups >= DENSE_ROWS_PER_GROUP ? 'partials' : 'rows'
  }

  /** Partials need not move while no window can have closed. */
  #closesWindows(time: TimeSignal): boolean {
    const node = this.#options.stage.operators[0]!.node as { window?: { sizeMs: number; offsetMs: number } }
    if (!node.window || time.watermarkMs === Number.POSITIVE_INFINITY)
      return time.watermarkMs === Number.POSITIVE_INFINITY
    const { sizeMs, offsetMs } = node.window
    const closedToMs = Math.floor((time.watermarkMs - offsetMs) / sizeMs) * sizeMs + offsetMs
    if (closedToMs <= this.#flushedMs) return false
    this.#flushedMs = closedToMs
    return true
  }

  #finish(step: Step, results: readonly (readonly StepResult[])[], advanced: boolean): void {
    const { stage } = this.#options
    if (this.#exchange === undefined) this.#choose(results)
    const outputs: Parcel[][] = stage.outputs.map(() => [])
    results.forEach((ofShard, shard) => {
      for (const result of ofShard) {
        for (const { output, batch, rows } of result.outputs) {
          outputs[output]!.push({ batch, shard, ...(rows ? { rows } : {}) })
        }
      }
    })
    outputs.forEach((parcels, output) => {
      const known = results.flatMap(ofShard =>
        ofShard.flatMap(({ times }) => (times ? [times[output]!] : [])),
      )
      if (advanced && known.length) this.#outputTimes[output] = leastKnown(known)
      this.#pass(step, output, parcels, this.#outputTimes[output]!)
    })
    step.done()
  }

  #pass(step: Step, output: number, parcels: readonly Parcel[], time: TimeSignal): void {
    for (const consumer of this.#consumers[output]!) consumer.deliver(step, { parcels, time })
  }

  async #run(step: Step, shard: number, message: Parameters<JobShards['step']>[1]): Promise<StepResult> {
    const { shards } = this.#options
    const result = await shards.step(shard, message)
    if (result.slabs.length) step.onOver(() => shards.free(shard, result.slabs))
    if (result.lateRows) this.#options.lateRows(result.lateRows)
    if (result.satisfied) this.#options.satisfied()
    return result
  }
}

const startsWithAgg = (stage: Stage): boolean => stage.operators[0]?.node.kind === 'agg'

const stepInput = ({ batch, arrival }: Parcel): StepInput => (arrival ? { batch, arrival } : { batch })

/** A shard's own rows of each parcel. */
function ownRows(parcels: readonly Parcel[], shard: number): StepInput[] {
  const inputs: StepInput[] = []
  for (const parcel of parcels) {
    const own = parcel.rows![shard]!
    if (own.length) inputs.push(stepInput({ ...parcel, batch: withSelection(parcel.batch, own) }))
  }
  return inputs
}
