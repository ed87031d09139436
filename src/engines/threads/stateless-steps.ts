/** Runs a stage without state: each batch on some shard, several steps at once; only the results are put in order. */

import { rowCount } from '../../core/batch/batch.ts'
import type { Arrival, EdgeTime } from '../../core/operators/contract.ts'
import { definitionOf } from '../../core/operators/index.ts'
import type { ForwardTo, Partitioning, StepResult } from '../../workers/messages.ts'
import { type ForwardedRows, type RoutedBatch, routedOutput, stepInput } from './edges.ts'
import type { EventTime } from './event-time.ts'
import type { StageLink } from './stage-link.ts'
import { barrierOf, InStepOrder, type Mark, type Step } from './step.ts'

/** A batch under way on a shard. */
interface Run {
  readonly routed: RoutedBatch
  readonly shard: number
  readonly partitionedBy: Partitioning | undefined
  /** Once it is there. */
  result: StepResult | undefined
}

export class StatelessSteps {
  readonly #link: StageLink
  readonly #finishes = new InStepOrder()
  /** Operators that take the clock for the watermark. */
  readonly #byClock: ReadonlySet<string>
  /** The shard that the last batch went to. */
  #shard = 0
  /** Steps that may not be sent yet, while there are any: behind a barrier. */
  #held: (() => void)[] | undefined

  constructor(link: StageLink) {
    this.#link = link
    const byClock = link.options.stage.operators.filter(
      ({ node }) => definitionOf(node).eventTime?.(node).byClock,
    )
    this.#byClock = new Set(byClock.map(({ id }) => id))
  }

  /** Shards that forward rows into the next stage's state wait behind a barrier until that state is saved. */
  take(step: Step, batches: readonly RoutedBatch[], time: EdgeTime): void {
    const { forwarding, fail } = this.#link.options
    if (!forwarding) {
      this.#run(step, batches, time)
      return
    }
    if (this.#held) {
      this.#held.push(() => this.take(step, batches, time))
      return
    }
    const barrier = barrierOf(step)
    if (barrier?.saves) {
      this.#held = []
      barrier
        .stageSaved(forwarding.to)
        .then(() => this.#goOn())
        .catch(fail)
    }
    this.#run(step, batches, time)
  }

  /** Sends the steps that have been held, up to the next barrier. */
  #goOn(): void {
    const held = this.#held!
    this.#held = undefined
    for (const take of held) take()
  }

  #run(step: Step, batches: readonly RoutedBatch[], time: EdgeTime): void {
    const { shards, stage, partitionedBy } = this.#link.options
    const wanted = partitionedBy(stage.id)
    const forward = this.#forward(step, batches)
    const runs: Run[] = []
    let missing = batches.length
    const finish = () => this.#finishes.submit(step.number, () => this.#finish(step, runs, time))
    for (const routed of batches) {
      const preferred = isSmall(routed) ? this.#shard : (this.#shard + 1) % shards.count
      this.#shard = shards.leastLoaded(preferred)
      const run: Run = { routed, shard: this.#shard, partitionedBy: wanted[0], result: undefined }
      runs.push(run)
      const inputs = [stepInput(routed)]
      const body = forward ? { inputs, partitionedBy: wanted, forward } : { inputs, partitionedBy: wanted }
      this.#link.send(step, this.#shard, body, result => {
        run.result = result
        if (--missing === 0) finish()
      })
    }
    if (missing === 0) finish()
  }

  /** How a shard may take the step's rows further by itself, if all is known that the next stage has to know of them. */
  #forward(step: Step, batches: readonly RoutedBatch[]): ForwardTo | undefined {
    const { forwarding, eventTimes, partitionedBy } = this.#link.options
    if (!forwarding) return undefined
    const { to, byTime } = forwarding
    const forward = { stage: to, partitionedBy: partitionedBy(to) }
    if (!byTime) return forward
    const { watermark, panes } = byTime
    const [routed] = batches
    // What the split had shown before is known when all steps before have been.
    if (!routed || batches.length > 1 || this.#finishes.next !== step.number) return undefined
    const passedMs = eventTimes.get(watermark)!.passedMsBefore(routed.split!)
    if (passedMs === undefined) return forward
    // A split that has passed nothing, or has been passed by everything, is in no pane.
    const paneEndMs = Number.isFinite(passedMs) ? panes.endOf(panes.startOf(passedMs)) : -Infinity
    return { ...forward, passed: { watermark, ms: passedMs, paneEndMs } }
  }

  #finish(step: Step, runs: readonly Run[], time: EdgeTime): void {
    const { stage } = this.#link.options
    const outputs: RoutedBatch[][] = stage.outputs.map(() => [])
    const forwarded: ForwardedRows[] = []
    for (const run of runs) this.#leave(run, outputs, forwarded)
    for (let output = 0; output < outputs.length; output++) {
      this.#link.learn(output, this.#timeAfter(step, output, time))
      this.#link.pass(step, output, outputs[output]!, forwarded)
    }
    const barrier = barrierOf(step)
    if (barrier) this.#link.passBarrier(barrier, [])
    this.#link.done(step)
  }

  /** Sorts what a batch has given into what leaves the stage, by output, and what has gone on by itself. */
  #leave(run: Run, outputs: RoutedBatch[][], forwarded: ForwardedRows[]): void {
    const { stage } = this.#link.options
    const { routed, shard, partitionedBy } = run
    const result = run.result!
    if (result.forwarded) forwarded.push(forwardedRows(result, shard, partitionedBy))
    const found = this.#noteTimes(routed, result)
    for (const out of result.outputs) {
      if (out.forwarded) continue
      const { watermark } = stage.outputs[out.output]!
      const own = watermark === undefined ? undefined : found.find(({ node }) => node === watermark)
      const arrival = own ? own.arrival : routed.arrival
      outputs[out.output]!.push({
        ...routedOutput(out, shard),
        ...(routed.split === undefined ? {} : { split: routed.split }),
        ...(arrival ? { arrival } : {}),
      })
    }
  }

  /** Tells each watermark operator's event time of what it saw; gives what the batch's split had known, by operator. */
  #noteTimes({ split }: RoutedBatch, { seen }: StepResult): { node: string; arrival: Arrival | undefined }[] {
    const { eventTimes } = this.#link.options
    return seen.map(({ node, times }) => ({ node, arrival: eventTimes.get(node)!.see(split!, times) }))
  }

  /** What an output knows of time: what the stage's own watermark operator says, or what came in. */
  #timeAfter(step: Step, output: number, time: EdgeTime): EdgeTime {
    const { stage, eventTimes } = this.#link.options
    const { watermark } = stage.outputs[output]!
    const own = watermark === undefined ? undefined : eventTimes.get(watermark)
    if (!own || !stage.operators.some(({ id }) => id === watermark)) return time
    takeMark(own, watermark!, step.mark)
    if (step.clockMs !== undefined && this.#byClock.has(watermark!)) own.passAll(step.clockMs)
    if (time.watermarkMs === Number.POSITIVE_INFINITY) own.end()
    return own.time
  }
}

/** Work on fewer cells takes less time than to wake another thread. */
const SMALL_CELLS = 8192

/** Whether a batch goes where the last one went, unless that shard has more to do than another. Blocks of bytes are not small. */
const isSmall = ({ batch }: RoutedBatch): boolean =>
  !batch.origin && rowCount(batch) * batch.columns.length < SMALL_CELLS

const forwardedRows = (
  { forwarded, outputs }: StepResult,
  shard: number,
  partitionedBy: Partitioning | undefined,
): ForwardedRows => ({
  ...forwarded!,
  shard,
  partitionedBy,
  outputs: outputs.filter(out => out.forwarded),
})

/** What a mark says of the splits of a `watermark` node. A mark may be taken several times, by several outputs. */
function takeMark(eventTime: EventTime, node: string, mark: Mark | undefined): void {
  if (!mark) return
  if ('begins' in mark) eventTime.beginSplit(mark.begins)
  if ('ends' in mark) eventTime.endSplit(mark.ends)
  if ('clock' in mark) for (const split of mark.clock.idle[node] ?? []) eventTime.idleSplit(split)
}
