/** Runs a stage with state: steps go to the shards in order, and one that needs two rounds holds back the next. */

import type { Batch } from '../../core/batch/batch.ts'
import { type EdgeTime, NOTHING_KNOWN } from '../../core/operators/contract.ts'
import type { Route } from '../../core/operators/define.ts'
import { definitionOf } from '../../core/operators/index.ts'
import type { SavedByNode, StepInput, StepOutput, StepResult } from '../../workers/messages.ts'
import { type ForwardedRows, ownRows, type RoutedBatch, routedOutput, stepInput } from './edges.ts'
import type { StageLink, StageStepBody } from './stage-link.ts'
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

type Body = Omit<StageStepBody, 'partitionedBy'>

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
  /** Steps that may not be sent yet, while there are any: behind one that takes two rounds. */
  #held: (() => void)[] | undefined

  constructor(link: StageLink, routes: readonly Route[]) {
    const { stage, shards } = link.options
    this.#link = link
    this.#routes = routes
    this.#lastTimes = routes.map(() => NOTHING_KNOWN)
    this.#told = new ToldTimes(stage, shards.count, routes.length)
    this.#wantsClock = stage.operators.some(({ node }) => definitionOf(node).clock?.(node) !== undefined)
  }

  take(step: Step, arrived: Arrived): void {
    this.#starts.submit(step.number, () => {
      if (this.#held) this.#held.push(() => this.#run(step, arrived))
      else this.#run(step, arrived)
    })
  }

  #run(step: Step, arrived: Arrived): void {
    const { exchange, shards, fail } = this.#link.options
    const { batches, forwarded, time, times } = arrived
    const advanced = this.#advances(times)
    const results: ByShard = []
    for (let shard = 0; shard < shards.count; shard++) results.push([])
    // What every shard gets has no owner.
    const owned =
      batches.length > 0 ? batches.filter(({ input = 0 }) => this.#routes[input] !== 'all') : batches
    const misplaced = exchange.arrive(owned, forwarded, time)
    if (!advanced || !exchange.mustTakePartials(time)) {
      this.#send(step, arrived, [], results)
      return
    }
    this.#held = []
    this.#takePartials(step, misplaced, time.watermarkMs, results)
      .then(partials => {
        const placed = batches.filter(batch => !misplaced.includes(batch))
        this.#send(step, { ...arrived, batches: placed }, partials, results)
        this.#goOn()
      })
      .catch(fail)
  }

  /** Whether time has advanced on any input since the step before. */
  #advances(times: readonly EdgeTime[]): boolean {
    const before = this.#lastTimes
    this.#lastTimes = times
    for (let input = 0; input < times.length; input++)
      if (times[input]!.watermarkMs !== before[input]!.watermarkMs) return true
    return false
  }

  /** Sends the steps that have been held, up to the next that takes two rounds. */
  #goOn(): void {
    const held = this.#held!
    this.#held = undefined
    while (held.length > 0 && !this.#held) held.shift()!()
    if (this.#held) (this.#held as (() => void)[]).push(...held)
  }

  /** Sends what is left of a step when all groups lie where they belong. */
  #send(step: Step, { batches, forwarded, times }: Arrived, partials: Partials, results: ByShard): void {
    const { shards, stage, fail } = this.#link.options
    const barrier = barrierOf(step)
    let saved: readonly SavedByNode[] = []
    const finish = () =>
      this.#finishes.submit(step.number, () => {
        this.#finish(step, forwarded, results)
        if (barrier) this.#link.passBarrier(barrier, saved)
      })
    let missing = barrier?.saves ? 2 : 1
    const done = () => {
      if (--missing === 0) finish()
    }
    this.#sendRows(step, { batches, partials, times }, results, done)
    if (!barrier?.saves) return
    const saving = shards.save(stage.id, this.#savedAt)
    this.#savedAt = barrier.epoch
    saving
      .then(state => {
        saved = state
        done()
      })
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
    const shards = results.map((_, shard) => shard)
    const result = (shard: number, body: Body) =>
      new Promise<StepResult>(resolve => this.#ask(step, shard, body, results, resolve))
    const folded = shards.flatMap(shard => {
      const inputs = this.#rowsOf(misplaced, shard)
      return inputs.length > 0 ? [result(shard, { inputs })] : []
    })
    await Promise.all(folded)
    const takePartials = { toMs, owners: exchange.owners }
    const taken = await Promise.all(shards.map(shard => result(shard, { inputs: [], takePartials })))
    exchange.tookPartials()
    return taken.flatMap(({ partials }) => partials)
  }

  /** Sends each shard its rows and the time after them. One without rows hears of a time only where it may act on it. */
  #sendRows(
    step: Step,
    { batches, partials, times }: Pick<Arrived, 'batches' | 'times'> & { readonly partials: Partials },
    results: ByShard,
    done: () => void,
  ): void {
    const { exchange } = this.#link.options
    const ticks = this.#wantsClock && step.clockMs !== this.#clockMs
    this.#clockMs = step.clockMs
    const saves = barrierOf(step)?.saves === true
    let missing = 1
    const answered = () => {
      if (--missing === 0) done()
    }
    for (let shard = 0; shard < results.length; shard++) {
      const inputs = this.#rowsOf(batches, shard)
      const mergePartials = partialsOf(shard, partials)
      const runsHere = exchange.everywhere || shard === 0
      const hears = runsHere && (ticks || this.#told.isBehind(shard, times))
      const mustHear = hears && (ticks || saves || this.#told.mayAct(shard, times))
      if (inputs.length === 0 && mergePartials.length === 0 && !mustHear) continue
      if (hears) this.#told.tell(shard, times)
      const body: Body = {
        inputs,
        ...(mergePartials.length ? { mergePartials } : {}),
        ...(hears ? { times } : {}),
      }
      missing++
      this.#ask(step, shard, body, results, answered)
    }
    answered()
  }

  /** What a shard takes of the batches. */
  #rowsOf(batches: readonly RoutedBatch[], shard: number): StepInput[] {
    if (this.#link.options.exchange.partitioned) return ownRows(batches, shard, this.#routes)
    return shard === 0 ? batches.map(stepInput) : []
  }

  #ask(step: Step, shard: number, body: Body, results: ByShard, done: (result: StepResult) => void): void {
    const { stage, partitionedBy } = this.#link.options
    this.#link.send(step, shard, { ...body, partitionedBy: partitionedBy(stage.id) }, result => {
      results[shard]!.push(result)
      done(result)
    })
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
    for (let output = 0; output < outputs.length; output++) this.#link.pass(step, output, outputs[output]!)
    this.#link.done(step)
  }
}

const partialsOf = (of: number, partials: Partials): readonly Batch[] =>
  partials.length === 0 ? [] : partials.filter(({ shard }) => shard === of).map(({ batch }) => batch)
