/** Runs a stage with state: steps go to the shards in order, and one that needs two rounds holds back the next. */

import { type EdgeTime, NOTHING_KNOWN } from '../../core/operators/contract.ts'
import type { Route } from '../../core/operators/define.ts'
import { definitionOf } from '../../core/operators/index.ts'
import type { StepInput, StepOutput, StepResult } from '../../workers/messages.ts'
import { type ForwardedRows, ownRows, type RoutedBatch, routedOutput, stepInput } from './edges.ts'
import type { StageLink, StepBody } from './stage-link.ts'
import { barrierOf, InStepOrder, type Step } from './step.ts'
import { ToldTimes } from './told-times.ts'

/** The rows of a step and what is known of event time after them. */
export interface Arrived {
  readonly batches: readonly RoutedBatch[]
  readonly forwarded: readonly ForwardedRows[]
  /** What all inputs together know of time, and each. */
  readonly time: EdgeTime
  readonly times: readonly EdgeTime[]
}

/** What shards give in a step, those that had something to do. */
type ByShard = StepResult[][]

type Partials = StepResult['partials']

export class StatefulSteps {
  readonly #link: StageLink
  /** By input of the stage. */
  readonly #routes: readonly Route[]
  readonly #starts = new InStepOrder()
  readonly #finishes = new InStepOrder()
  #lastTimes: readonly EdgeTime[]
  readonly #told: ToldTimes
  /** Whether some operator is to hear of the clock, and what it read last. */
  readonly #wantsClock: boolean
  #clockMs: number | undefined
  /** The epoch in which shards last saved the stage's state. */
  #savedAt: number | undefined
  /** Settles when the next step may be sent. */
  #turn: Promise<void> = Promise.resolve()

  constructor(link: StageLink, routes: readonly Route[]) {
    const { stage, shards } = link.options
    this.#link = link
    this.#routes = routes
    this.#lastTimes = routes.map(() => NOTHING_KNOWN)
    this.#told = new ToldTimes(stage, shards.count, routes.length)
    this.#wantsClock = stage.operators.some(({ node }) => definitionOf(node).clock?.(node) !== undefined)
  }

  take(step: Step, arrived: Arrived): void {
    const { fail } = this.#link.options
    this.#starts.submit(step.number, () => {
      this.#turn = this.#turn.then(() => this.#run(step, arrived)).catch(fail)
    })
  }

  /** Resolves when the next step may be sent; the results of this one may come later. */
  async #run(step: Step, { batches, forwarded, time, times }: Arrived): Promise<void> {
    const { shards, stage, exchange, fail } = this.#link.options
    const advanced = times.some(
      ({ watermarkMs }, input) => watermarkMs !== this.#lastTimes[input]!.watermarkMs,
    )
    this.#lastTimes = times
    const results: ByShard = Array.from({ length: shards.count }, () => [])
    // What every shard gets has no owner.
    const owned = batches.filter(({ input = 0 }) => this.#routes[input] !== 'all')
    const misplaced = exchange.arrive(owned, forwarded, time)
    let placed = batches
    let partials: Partials = []
    if (advanced && exchange.mustTakePartials(time)) {
      partials = await this.#takePartials(step, misplaced, time.watermarkMs, results)
      placed = batches.filter(batch => !misplaced.includes(batch))
    }
    const sent = this.#sendRows(step, { batches: placed, partials, times }, results)
    const barrier = barrierOf(step)
    const saving = barrier?.saves ? shards.save(stage.id, this.#savedAt) : Promise.resolve([])
    if (barrier?.saves) this.#savedAt = barrier.epoch
    Promise.all([saving, sent])
      .then(([saved]) =>
        this.#finishes.submit(step.number, () => {
          this.#finish(step, forwarded, results)
          if (barrier) this.#link.passBarrier(barrier, saved)
        }),
      )
      .catch(fail)
  }

  /** Has rows folded that do not go to the owners of their groups, and takes out of all shards what belongs to others. */
  async #takePartials(
    step: Step,
    misplaced: readonly RoutedBatch[],
    toMs: number,
    results: ByShard,
  ): Promise<Partials> {
    const { exchange } = this.#link.options
    await Promise.all(
      results.map(async (_, shard) => {
        const inputs = this.#rowsOf(misplaced, shard)
        if (inputs.length) await this.#send(step, shard, { inputs }, results)
      }),
    )
    const takePartials = { toMs, owners: exchange.owners }
    const taken = await Promise.all(
      results.map((_, shard) => this.#send(step, shard, { inputs: [], takePartials }, results)),
    )
    exchange.tookPartials()
    return taken.flatMap(({ partials }) => partials)
  }

  /** Sends each shard its rows and the time after them. One without rows hears of a time only where it may act on it. */
  async #sendRows(
    step: Step,
    { batches, partials, times }: Pick<Arrived, 'batches' | 'times'> & { readonly partials: Partials },
    results: ByShard,
  ): Promise<void> {
    const { exchange } = this.#link.options
    const ticks = this.#wantsClock && step.clockMs !== this.#clockMs
    this.#clockMs = step.clockMs
    const saves = barrierOf(step)?.saves === true
    const sends = results.map(async (_, shard) => {
      const inputs = this.#rowsOf(batches, shard)
      const mergePartials = partials.filter(partial => partial.shard === shard).map(({ batch }) => batch)
      const runsHere = exchange.everywhere || shard === 0
      const hears = runsHere && (ticks || this.#told.isBehind(shard, times))
      const mustHear = hears && (ticks || saves || this.#told.mayAct(shard, times))
      if (inputs.length === 0 && mergePartials.length === 0 && !mustHear) return
      if (hears) this.#told.tell(shard, times)
      const body = {
        inputs,
        ...(mergePartials.length ? { mergePartials } : {}),
        ...(hears ? { times } : {}),
      }
      await this.#send(step, shard, body, results)
    })
    await Promise.all(sends)
  }

  /** What a shard takes of the batches. */
  #rowsOf(batches: readonly RoutedBatch[], shard: number): StepInput[] {
    if (this.#link.options.exchange.partitioned) return ownRows(batches, shard, this.#routes)
    return shard === 0 ? batches.map(stepInput) : []
  }

  async #send(
    step: Step,
    shard: number,
    body: Omit<StepBody, 'partitionedBy'>,
    results: ByShard,
  ): Promise<StepResult> {
    const { stage, partitionedBy } = this.#link.options
    const result = await this.#link.send(step, shard, { ...body, partitionedBy: partitionedBy(stage.id) })
    results[shard]!.push(result)
    return result
  }

  #finish(step: Step, forwarded: readonly ForwardedRows[], results: ByShard): void {
    const { stage, exchange } = this.#link.options
    exchange.measure(results.map(ofShard => ofShard.map(({ measured }) => measured)))
    const outputs: RoutedBatch[][] = stage.outputs.map(() => [])
    const leave = (out: StepOutput, shard: number) => outputs[out.output]!.push(routedOutput(out, shard))
    for (const { shard, outputs } of forwarded) for (const out of outputs) leave(out, shard)
    results.forEach((ofShard, shard) => {
      for (const result of ofShard) {
        for (const out of result.outputs) leave(out, shard)
        result.times?.forEach((time, output) => {
          this.#link.learn(output, time, shard)
        })
      }
    })
    outputs.forEach((batches, output) => {
      this.#link.pass(step, output, { batches })
    })
    this.#link.done(step)
  }
}
