/** A sink that keeps everything in memory: what `collect()` and tests read. */

import type { Batch } from '../../core/batch/batch.ts'
import type { Row, RowOptions } from '../../core/batch/rows.ts'
import { copyToHeap, type DictionaryCopies } from '../../core/batch/take.ts'
import type { Sink } from '../../core/connector.ts'
import { JobError } from '../../core/errors.ts'
import { writesEpoch } from '../../core/sink-epochs.ts'
import type { Schema } from '../../core/types/schema.ts'
import { uniqueId } from '../../core/unique-id.ts'
import { consolidatedRows } from './consolidated.ts'

/** @typeParam R the rows that are written to it, which it does not check */
export interface CollectSink<R = Row> extends Sink {
  /** The schema of what was written; absent before `open`. */
  readonly schema: Schema | undefined
  /** Copies of the batches of committed epochs, in the order written. They stay when the sink closes. */
  readonly batches: readonly Batch[]
  /** The committed rows as objects; of a changelog, those that are left. */
  rows(options?: RowOptions): R[]
}

/**
 * A sink that keeps copies of what is committed, in plain memory, for as long as it is referenced.
 *
 * Jobs may follow one another, and their rows with them; a job that goes on from a snapshot goes on here, too. What a new
 * sink holds of such a job are the rows from there on.
 */
export function collectSink<R = Row>(): CollectSink<R> {
  const batches: Batch[] = []
  const copies: DictionaryCopies = new Map()
  /** The newest epoch by job. */
  const committed = new Map<string, number>()
  let job = ''
  let pending: Batch[] | undefined
  let skipping = false
  let schema: Schema | undefined
  return {
    label: 'memory',
    guarantee: 'exactly-once',
    accepts: 'changes',
    get schema() {
      return schema
    },
    batches,
    rows: options => consolidatedRows(batches, options) as R[],
    async open(of, context) {
      schema = of
      job = context?.job ?? uniqueId()
    },
    async committed() {
      return committed.get(job)
    },
    async begin(epoch) {
      const newest = committed.get(job)
      skipping = newest !== undefined && !writesEpoch('memory', newest, epoch)
      pending = []
    },
    async write(batch) {
      if (skipping) return
      if (!pending) throw new JobError('SINK_EPOCH', 'rows were written to memory outside an epoch')
      pending.push(copyToHeap(batch, copies))
    },
    async commit(epoch) {
      for (const batch of pending ?? []) batches.push(batch)
      pending = undefined
      if (!skipping) committed.set(job, epoch)
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
