/** A sink that hands batches to a consumer one at a time: how `collect` and iteration get their rows. */

import type { Batch } from '../batch/batch.ts'
import { copyToHeap, type DictionaryCopies } from '../batch/take.ts'
import type { Sink } from '../connector.ts'
import type { Schema } from '../types/schema.ts'

/**
 * Invariant: at most one batch waits; `write` settles when it was taken, so a slow consumer slows the sources down.
 * Whoever stops taking must {@link drain}, or the job waits for ever.
 */
export class RowChannel implements Sink {
  readonly label: string
  readonly guarantee = 'at-most-once'
  /** Rows are handed on as they come, so of a changelog none; it can be planned all the same, to be shown. */
  readonly accepts: 'append' | 'changes'
  /** Of the batches; known once the job opened the sink. */
  schema: Schema | undefined
  readonly #copies: DictionaryCopies = new Map()
  #waiting: { readonly batch: Batch; readonly taken: () => void } | undefined
  #wake: (() => void) | undefined
  #draining = false
  #end: { readonly error?: unknown } | undefined

  constructor(label: string, accepts: 'append' | 'changes' = 'append') {
    this.label = label
    this.accepts = accepts
  }

  async open(schema: Schema): Promise<void> {
    this.schema = schema
  }

  async begin(): Promise<void> {}

  write(batch: Batch): Promise<void> {
    if (this.#draining) return Promise.resolve()
    const copy = copyToHeap(batch, this.#copies)
    return new Promise(taken => {
      this.#waiting = { batch: copy, taken }
      this.#wake?.()
    })
  }

  async commit(): Promise<void> {}

  async abort(): Promise<void> {}

  async close(): Promise<void> {}

  /** The next batch, or undefined when the job is done. @throws what the job failed with */
  async take(): Promise<Batch | undefined> {
    while (!this.#waiting && !this.#end) {
      await new Promise<void>(wake => {
        this.#wake = wake
      })
    }
    if (this.#end && 'error' in this.#end) throw this.#end.error
    const { batch, taken } = this.#waiting ?? {}
    this.#waiting = undefined
    taken?.()
    return batch
  }

  /** The job is over; with an error, it failed. What still waits can be taken unless it failed. */
  settle(end: { readonly error?: unknown }): void {
    this.#end = end
    this.#wake?.()
  }

  /** Lets go of what waits and of all that is still to come. */
  drain(): void {
    this.#draining = true
    this.#waiting?.taken()
    this.#waiting = undefined
  }
}
