/** Writes what reaches one sink, step by step, and commits epochs. */

import { rowCount } from '../../core/batch/batch.ts'
import type { Sink } from '../../core/connector.ts'
import { type EdgeMessage, gather, type Receiver } from './stage-runner.ts'
import { InStepOrder, type Step } from './step.ts'

export class SinkRunner {
  readonly sink: Sink
  readonly #inputs: number
  readonly #fail: (error: unknown) => void
  readonly #wrote: (rows: number) => void
  readonly #arriving = new Map<number, EdgeMessage[]>()
  readonly #order = new InStepOrder()
  #writing: Promise<void> = Promise.resolve()

  constructor(sink: Sink, inputs: number, fail: (error: unknown) => void, wrote: (rows: number) => void) {
    this.sink = sink
    this.#inputs = inputs
    this.#fail = fail
    this.#wrote = wrote
  }

  input(): Receiver {
    return {
      deliver: (step, delivery) => {
        const arrived = this.#arriving.get(step.number) ?? []
        arrived.push(delivery)
        this.#arriving.set(step.number, arrived)
        if (arrived.length < this.#inputs) return
        this.#arriving.delete(step.number)
        this.#order.submit(step.number, () => {
          this.#writing = this.#writing.then(() => this.#write(step, arrived)).catch(this.#fail)
        })
      },
    }
  }

  /** Settles when everything submitted so far is written. */
  get idle(): Promise<void> {
    return this.#writing
  }

  async #write(step: Step, deliveries: readonly EdgeMessage[]): Promise<void> {
    for (const { routed } of deliveries) {
      for (const { batch } of gather(step, routed)) {
        const rows = rowCount(batch)
        if (rows === 0) continue
        await this.sink.write(batch)
        this.#wrote(rows)
      }
    }
    step.done()
  }
}
