/**
 * Drives one stage: takes what flows into it, step by step, sends it to shards, and passes the results on in step order.
 */

import { inBranch } from '../../core/batch/place.ts'
import { type Arrival, type EdgeTime, leastKnown, NOTHING_KNOWN } from '../../core/operators/contract.ts'
import type { Route } from '../../core/operators/define.ts'
import { definitionOf } from '../../core/operators/index.ts'
import type { Stage } from '../../core/planner/stages.ts'
import type { Partitioning, SavedByNode, StepMessage, StepResult } from '../../workers/messages.ts'
import type { Barrier } from './barrier.ts'
import {
  type EdgeMessage,
  type ForwardedRows,
  Inputs,
  ownRows,
  type Receiver,
  type RoutedBatch,
  routedOutput,
  stepInput,
} from './edges.ts'
import { type EventTime, inBranchName } from './event-time.ts'
import type { Exchange } from './exchange.ts'
import type { ShardMerge } from './shard-merge.ts'
import type { JobShards } from './shards.ts'
import { barrierOf, InStepOrder, type Mark, type Step } from './step.ts'

export interface StageRunnerOptions {
  readonly stage: Stage
  readonly shards: JobShards
  readonly merge: ShardMerge
  readonly eventTimes: ReadonlyMap<string, EventTime>
  readonly exchange: Exchange
  /** The stage into which shards forward its rows by themselves. */
  readonly forwardTo: number | undefined
  /** By output of its stage, how the consumers take rows at present. */
  partitionedBy(): readonly (Partitioning | undefined)[]
  fail(error: unknown): void
  late(node: string, rows: number): void
  scored(node: string, values: number): void
  decoded(rows: number, skipped: number): void
  /** The stage is done with a step. */
  done(): void
  /** The stage's outputs have ended: no more rows will leave it. */
  ended(): void
}

/** A message to a shard without what {@link StageRunner} adds to each. */
type StepBody = Pick<StepMessage, 'inputs' | 'mergePartials' | 'times' | 'takePartials'>

/** The rows of a step and what is known of event time after them. */
interface Arrived {
  readonly batches: readonly RoutedBatch[]
  readonly forwarded: readonly ForwardedRows[]
  /** What all inputs together know of time, and each. */
  readonly time: EdgeTime
  readonly times: readonly EdgeTime[]
}

export class StageRunner {
  readonly #options: StageRunnerOptions
  readonly #consumers: Receiver[][]
  readonly #inputs: Inputs
  readonly #starts = new InStepOrder()
  readonly #finishes = new InStepOrder()
  /** By input of the stage. */
  readonly #routes: readonly Route[]
  #lastTimes: readonly EdgeTime[]
  /** By output, then shard: what it knew of time last. */
  readonly #outputTimes: EdgeTime[][]
  #ended = false
  /** Operators that take the clock for the watermark. */
  readonly #byClock: ReadonlySet<string>
  /** Whether some operator is to hear of the clock, and what it read last. */
  readonly #wantsClock: boolean
  #clockMs: number | undefined
  /** The epoch in which shards last saved the stage's state. */
  #savedAt: number | undefined
  /** Settles when the next step may be sent. */
  #turn: Promise<void> = Promise.resolve()

  constructor(options: StageRunnerOptions) {
    const { outputs, inputs, operators } = options.stage
    this.#options = options
    const byClock = operators.filter(({ node }) => definitionOf(node).eventTime?.(node).byClock)
    this.#byClock = new Set(byClock.map(({ id }) => id))
    this.#wantsClock = operators.some(({ node }) => definitionOf(node).clock?.(node) !== undefined)
    this.#consumers = outputs.map(() => [])
    this.#routes = routesOf(options.stage)
    this.#lastTimes = this.#routes.map(() => NOTHING_KNOWN)
    // Only one shard runs what needs all rows.
    const shards = options.stage.partitioning === 'one' ? 1 : options.shards.count
    this.#outputTimes = outputs.map(() => Array.from({ length: shards }, () => NOTHING_KNOWN))
    this.#inputs = new Inputs(inputs.length, (step, messages) => this.#arrive(step, messages))
  }

  /** How this stage wants its input rows partitioned. */
  get partitionedBy(): Partitioning | undefined {
    return this.#options.exchange.partitionedBy
  }

  consume(output: number, receiver: Receiver): void {
    this.#consumers[output]!.push(receiver)
  }

  /** Whether all its outputs have ended. */
  get ended(): boolean {
    return this.#ended
  }

  /** A receiver for one of the stage's inputs. */
  input(index: number): Receiver {
    return this.#inputs.receiver(index)
  }

  /** What arrived by all inputs; a failure is the job's. */
  #arrive(step: Step, messages: readonly EdgeMessage[]): void {
    try {
      this.#take(step, messages)
    } catch (error) {
      this.#options.fail(error)
    }
  }

  #take(step: Step, messages: readonly EdgeMessage[]): void {
    const { partitioning, inputs } = this.#options.stage
    const times = this.#routes.map((_, input) =>
      leastKnown(messages.filter((_, edge) => inputs[edge]!.input === input).map(({ time }) => time)),
    )
    const time = leastKnown(times)
    const batches = messages.flatMap(({ batches }, edge) => {
      const { input, route, branch = 0 } = inputs[edge]!
      const inOrder = route === 'one' ? this.#options.merge.inOrder(step, batches) : batches
      return inOrder.map(routed => ({
        ...routed,
        ...(routed.split === undefined ? {} : { split: inBranchName(routed.split, branch) }),
        batch: inBranch(routed.batch, branch),
        input,
      }))
    })
    if (partitioning === 'any') {
      this.#startStateless(step, batches, time)
      return
    }
    const forwarded = messages.flatMap(({ forwarded = [] }) => forwarded)
    this.#starts.submit(step.number, () => {
      const turn = this.#turn.then(() => this.#runStateful(step, { batches, forwarded, time, times }))
      this.#turn = turn.catch(error => this.#options.fail(error))
    })
  }

  // --- stateless stages: each batch runs on some shard, and only the results are put in order ---

  /** Shards that forward rows into the next stage's state wait behind a barrier until that state is saved. */
  #startStateless(step: Step, batches: readonly RoutedBatch[], time: EdgeTime): void {
    const { forwardTo, fail } = this.#options
    if (forwardTo === undefined) {
      this.#runStateless(step, batches, time)
      return
    }
    const barrier = barrierOf(step)
    const run = async () => {
      this.#runStateless(step, batches, time)
      if (barrier?.saves) await barrier.stageSaved(forwardTo)
    }
    this.#turn = this.#turn.then(run).catch(fail)
  }

  #runStateless(step: Step, batches: readonly RoutedBatch[], time: EdgeTime): void {
    const { shards, forwardTo } = this.#options
    const partitionedBy = this.#options.partitionedBy()
    const runs = batches.map((routed, i) =>
      this.#send(step, (step.number + i) % shards.count, {
        inputs: [stepInput(routed)],
        partitionedBy,
        ...(forwardTo === undefined ? {} : { forwardTo }),
      }),
    )
    Promise.all(runs)
      .then(
        results =>
          this.#finishes.submit(step.number, () =>
            this.#finishStateless(step, batches, results, partitionedBy[0], time),
          ),
        error => this.#options.fail(error),
      )
      .catch(error => this.#options.fail(error))
  }

  #finishStateless(
    step: Step,
    batches: readonly RoutedBatch[],
    results: readonly StepResult[],
    partitionedBy: Partitioning | undefined,
    time: EdgeTime,
  ): void {
    const { stage, shards } = this.#options
    const outputs: RoutedBatch[][] = stage.outputs.map(() => [])
    const forwarded: ForwardedRows[] = []
    results.forEach((result, i) => {
      const routed = batches[i]!
      const shard = (step.number + i) % shards.count
      if (result.forwarded) forwarded.push({ ...result.forwarded, shard, partitionedBy })
      const arrivals = this.#noteTimes(routed, result)
      for (const out of result.outputs) {
        const { watermark } = stage.outputs[out.output]!
        const arrival =
          watermark !== undefined && arrivals.has(watermark) ? arrivals.get(watermark) : routed.arrival
        outputs[out.output]!.push({
          ...routedOutput(out, shard),
          ...(routed.split === undefined ? {} : { split: routed.split }),
          ...(arrival ? { arrival } : {}),
        })
      }
    })
    outputs.forEach((batches, output) => {
      const after = this.#timeAfter(step, output, time)
      this.#outputTimes[output]!.fill(after)
      this.#pass(step, output, { batches, forwarded, time: after })
    })
    const barrier = barrierOf(step)
    if (barrier) this.#passBarrier(barrier, [])
    this.#noteEnd()
    this.#options.done()
    step.done()
  }

  /** Tells each watermark operator's event time of what it saw; gives what the batch's split had known, by operator. */
  #noteTimes({ split }: RoutedBatch, { seen }: StepResult): Map<string, Arrival | undefined> {
    const { eventTimes } = this.#options
    return new Map(seen.map(({ node, times }) => [node, eventTimes.get(node)!.see(split!, times)]))
  }

  /** What an output of a stateless stage knows of time: what its own watermark operator says, or what came in. */
  #timeAfter(step: Step, output: number, time: EdgeTime): EdgeTime {
    const { stage, eventTimes } = this.#options
    const { watermark } = stage.outputs[output]!
    const own = watermark === undefined ? undefined : eventTimes.get(watermark)
    if (!own || !stage.operators.some(({ id }) => id === watermark)) return time
    takeMark(own, watermark!, step.mark)
    if (step.clockMs !== undefined && this.#byClock.has(watermark!)) own.passAll(step.clockMs)
    if (time.watermarkMs === Number.POSITIVE_INFINITY) own.end()
    return own.time
  }

  // --- stages with state: steps run in order, and one that needs two rounds holds back the next ---

  /** Resolves when the next step may be sent; the results of this one may come later. */
  async #runStateful(step: Step, { batches, forwarded, time, times }: Arrived): Promise<void> {
    const { shards, exchange } = this.#options
    const advanced = times.some(
      ({ watermarkMs }, input) => watermarkMs !== this.#lastTimes[input]!.watermarkMs,
    )
    this.#lastTimes = times
    const ticked = this.#wantsClock && step.clockMs !== this.#clockMs
    this.#clockMs = step.clockMs
    const results: StepResult[][] = Array.from({ length: shards.count }, () => [])
    const everywhere = results.map((_, shard) => shard)
    const send = async (shard: number, body: StepBody) => {
      const result = await this.#send(step, shard, { ...body, partitionedBy: this.#options.partitionedBy() })
      results[shard]!.push(result)
      return result
    }

    // What every shard gets has no owner.
    const owned = batches.filter(({ input = 0 }) => this.#routes[input] !== 'all')
    const misplaced = exchange.arrive(owned, forwarded, time)
    const folded = Promise.all(
      everywhere.map(async shard => {
        const inputs = ownRows(misplaced, shard, this.#routes)
        if (inputs.length) await send(shard, { inputs })
      }),
    )
    let partials: StepResult['partials'] = []
    if (advanced && exchange.mustTakePartials(time)) {
      await folded
      const takePartials = { toMs: time.watermarkMs, owners: exchange.owners }
      const taken = await Promise.all(everywhere.map(shard => send(shard, { inputs: [], takePartials })))
      partials = taken.flatMap(result => result.partials)
      exchange.tookPartials()
    }

    const placed = misplaced.length ? batches.filter(batch => !misplaced.includes(batch)) : batches
    const last = everywhere.map(async shard => {
      const inputs = exchange.partitioned
        ? ownRows(placed, shard, this.#routes)
        : shard === 0
          ? placed.map(stepInput)
          : []
      const mergePartials = partials.filter(partial => partial.shard === shard).map(({ batch }) => batch)
      const ticks = (advanced || ticked) && (exchange.everywhere || shard === 0)
      if (inputs.length === 0 && mergePartials.length === 0 && !ticks) return
      await send(shard, {
        inputs,
        ...(mergePartials.length ? { mergePartials } : {}),
        ...(ticks ? { times } : {}),
      })
    })
    const barrier = barrierOf(step)
    const saving = barrier?.saves ? shards.save(this.#options.stage.id, this.#savedAt) : Promise.resolve([])
    if (barrier?.saves) this.#savedAt = barrier.epoch
    Promise.all([saving, folded, ...last])
      .then(
        ([saved]) =>
          this.#finishes.submit(step.number, () => {
            this.#finishStateful(step, results)
            if (barrier) this.#passBarrier(barrier, saved)
          }),
        error => this.#options.fail(error),
      )
      .catch(error => this.#options.fail(error))
  }

  #finishStateful(step: Step, results: readonly (readonly StepResult[])[]): void {
    const { stage, exchange } = this.#options
    exchange.measure(results.map(ofShard => ofShard.map(({ measured }) => measured)))
    const outputs: RoutedBatch[][] = stage.outputs.map(() => [])
    results.forEach((ofShard, shard) => {
      for (const result of ofShard) {
        for (const out of result.outputs) outputs[out.output]!.push(routedOutput(out, shard))
        result.times?.forEach((time, output) => {
          this.#outputTimes[output]![shard] = time
        })
      }
    })
    outputs.forEach((batches, output) => {
      this.#pass(step, output, { batches, time: leastKnown(this.#outputTimes[output]!) })
    })
    this.#noteEnd()
    this.#options.done()
    step.done()
  }

  // --- both ---

  #passBarrier(barrier: Barrier, saved: readonly SavedByNode[]): void {
    const { stage, eventTimes } = this.#options
    for (const { id } of stage.operators) {
      const eventTime = eventTimes.get(id)
      if (eventTime) barrier.eventTimes.set(id, eventTime.save())
    }
    barrier.passStage(stage.id, saved)
  }

  #noteEnd(): void {
    if (this.#ended) return
    this.#ended = this.#outputTimes
      .flat()
      .every(({ watermarkMs }) => watermarkMs === Number.POSITIVE_INFINITY)
    if (this.#ended) this.#options.ended()
  }

  #pass(step: Step, output: number, message: EdgeMessage): void {
    for (const consumer of this.#consumers[output]!) consumer.receive(step, message)
  }

  async #send(
    step: Step,
    shard: number,
    message: Omit<Parameters<JobShards['step']>[1], 'stage'>,
  ): Promise<StepResult> {
    const { shards, stage } = this.#options
    const { clockMs } = step
    const result = await shards.step(shard, {
      ...message,
      stage: stage.id,
      ...(clockMs === undefined ? {} : { clockMs }),
    })
    if (result.slabs.length) step.onOver(() => shards.free(shard, result.slabs))
    for (const { node, rows } of result.late) this.#options.late(node, rows)
    for (const { node, values } of result.scored) this.#options.scored(node, values)
    for (const { rows, skipped } of result.decoded) this.#options.decoded(rows, skipped)
    return result
  }
}

/** What a mark says of the splits of a `watermark` node. A mark may be taken several times, by several outputs. */
function takeMark(eventTime: EventTime, node: string, mark: Mark | undefined): void {
  if (!mark) return
  if ('begins' in mark) eventTime.beginSplit(mark.begins)
  if ('ends' in mark) eventTime.endSplit(mark.ends)
  if ('clock' in mark) for (const split of mark.clock.idle[node] ?? []) eventTime.idleSplit(split)
}

/** By input of the stage: how its rows reach the shards. */
function routesOf({ inputs }: Stage): Route[] {
  const routes: Route[] = []
  for (const { input, route } of inputs) routes[input] = route
  return routes
}
