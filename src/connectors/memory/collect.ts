/** A sink that keeps everything in memory: what `collect()` and tests read. */

import type { Batch } from '../../core/batch/batch.ts'
import { type Row, type RowOptions, rowsOf } from '../../core/batch/rows.ts'
import { copyToHeap, type DictionaryCopies } from '../../core/batch/take.ts'
import type { Sink } from '../../core/connector.ts'
import { JobError } from '../../core/errors.ts'
import type { Schema } from '../../core/types/schema.ts'

export interface CollectSink extends Sink {
  /** The schema of what was written; absent before `open`. */
  readonly schema: Schema | undefined
  /** Copies of the batches of committed epochs, in the order written. They stay when the sink closes. */
  readonly batches: readonly Batch[]
  /** The committed rows as objects. */
  rows(options?: RowOptions): Row[]
}

/** A sink that keeps copies of what is committed, in plain memory, for as long as it is referenced. */
export function collectSink(): CollectSink {
  const committed: Batch[] = []
  const copies: DictionaryCopies = new Map()
  let pending: Batch[] | undefined
  let schema: Schema | undefined
  return {
    label: 'memory',
    guarantee: 'exactly-once',
    get schema() {
      return schema
    },
    batches: committed,
    rows: options => committed.flatMap(batch => rowsOf(batch, options)),
    async open(of) {
      schema = of
    },
    async begin() {
      pending = []
    },
    async write(batch) {
      if (!pending) throw new JobError('SINK_EPOCH', 'rows were written to memory outside an epoch')
      pending.push(copyToHeap(batch, copies))
    },
    async commit() {
      for (const batch of pending ?? []) committed.push(batch)
      pending = undefined
    },
    async abort() {
      pending = undefined
    },
    async close() {
      pending = undefined
      copies.clear()
    },
  }
}
