/** Writes what reaches one sink, in step order. */

import { type Batch, rowCount } from '../../core/batch/batch.ts'
import { batchBytes } from '../../core/batch/batch-bytes.ts'
import type { Sink, SinkContext } from '../../core/connector.ts'
import type { NodeOutput } from '../../core/plan.ts'
import { writtenInto } from '../../core/planner/sink-accepts.ts'
import type { Schema } from '../../core/types/schema.ts'
import { type EdgeMessage, Inputs, type Receiver } from './edges.ts'
import type { ShardMerge } from './shard-merge.ts'
import { barrierOf, InStepOrder, type Step } from './step.ts'

/** What the job is told of. */
export interface SinkEvents {
  fail(error: unknown): void
  wrote(rows: number, bytes: number, ms: number): void
  /** The sink is done with a step. */
  done(): void
}

export class SinkRunner {
  /** Of the plan. */
  readonly id: string
  readonly sink: Sink
  /** Of what is written. */
  readonly schema: Schema
  /** What the sink is told of it. */
  readonly written: Omit<SinkContext, 'job'>
  readonly #merge: ShardMerge
  readonly #events: SinkEvents
  /** They look at what the sink gets, where somebody wants to know. */
  readonly watchers: ((batch: Batch) => void)[] = []
  readonly #inputs: Inputs
  readonly #order = new InStepOrder()
  #writing: Promise<void> = Promise.resolve()
  /** Steps that are to be written, or are being. */
  #unwritten = 0

  constructor(
    id: string,
    sink: Sink,
    output: NodeOutput,
    inputs: number,
    merge: ShardMerge,
    events: SinkEvents,
  ) {
    this.id = id
    this.sink = sink
    this.schema = output.schema
    this.written = writtenInto(sink, output)
    this.#merge = merge
    this.#events = events
    this.#inputs = new Inputs(inputs, (step, messages) =>
      this.#order.submit(step.number, () => this.#take(step, messages)),
    )
  }

  /** A receiver for one of the sink's inputs. */
  input(index: number): Receiver {
    return this.#inputs.receiver(index)
  }

  /** Settles when everything submitted so far is written. */
  get idle(): Promise<void> {
    return this.#writing
  }

  /** A step without rows is done at once, unless those before are still being written. */
  #take(step: Step, messages: readonly EdgeMessage[]): void {
    if (this.#unwritten === 0 && !barrierOf(step) && messages.every(({ batches }) => batches.length === 0)) {
      this.#done(step)
      return
    }
    this.#unwritten++
    this.#writing = this.#writing
      .then(() => this.#write(step, messages))
      .catch(this.#events.fail)
      .finally(() => this.#unwritten--)
  }

  #done(step: Step): void {
    this.#events.done()
    step.done()
  }

  async #write(step: Step, messages: readonly EdgeMessage[]): Promise<void> {
    for (const { batches } of messages) {
      // Bytes come from one shard a step, in order.
      const areBytes = batches[0]?.batch.encodedRows !== undefined
      for (const { batch } of areBytes ? batches : this.#merge.inOrder(step, batches)) {
        const rows = batch.encodedRows ?? rowCount(batch)
        if (rows === 0) continue
        if (!areBytes) for (const see of this.watchers) see(batch)
        const beganMs = performance.now()
        await this.sink.write(batch)
        this.#events.wrote(rows, batchBytes(batch), performance.now() - beganMs)
      }
    }
    this.#done(step)
    const barrier = barrierOf(step)
    if (!barrier) return
    barrier.passSink()
    await barrier.released
  }
}
