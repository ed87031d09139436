/**
 * The last rows of each sink, taken from what it gets. Columns of the last few batches are copied; rows are made of them when
 * somebody asks.
 */

import { type Batch, rowAt, rowCount } from '../../core/batch/batch.ts'
import { weightsOf } from '../../core/batch/meta.ts'
import { type Row, type RowOptions, rowsOf } from '../../core/batch/rows.ts'
import { copyToHeap, slice } from '../../core/batch/take.ts'
import type { SinkRows } from '../../core/job-rows.ts'
import type { SinkRunner } from './sink-runner.ts'

/** Rows of a sink that may be kept: columns may be wide. */
export const MOST_LAST_ROWS = 10_000

class LastRows {
  /** How many rows are wanted. */
  most = 0
  #batches: Batch[] = []
  #count = 0

  see(batch: Batch): void {
    const added = withoutRetractions(batch)
    const count = rowCount(added)
    if (count === 0) return
    this.#batches.push(copyToHeap(slice(added, count - this.most, count)))
    this.#count += Math.min(count, this.most)
    while (this.#batches.length > 1 && this.#count - rowCount(this.#batches[0]!) >= this.most)
      this.#count -= rowCount(this.#batches.shift()!)
  }

  rows(most: number, options: RowOptions): Row[] {
    return this.#batches.flatMap(batch => rowsOf(batch, options)).slice(-most)
  }
}

/** Rows of a changelog that are taken away are none that came. */
function withoutRetractions(batch: Batch): Batch {
  const weights = weightsOf(batch)
  if (!weights) return batch
  const rows = Uint32Array.from({ length: rowCount(batch) }, (_, i) => rowAt(batch, i))
  return { ...batch, selection: rows.filter(row => weights[row]! > 0) }
}

/** The last rows that the sinks of a job get from the first question on. */
export class SinksLastRows {
  readonly #of = new Map<SinkRunner, LastRows>()

  /** @param most of each sink */
  of(sinks: readonly SinkRunner[], most: number, options: RowOptions): SinkRows[] {
    return sinks.map(runner => {
      const last = this.#watched(runner)
      last.most = Math.max(last.most, Math.min(most, MOST_LAST_ROWS))
      return { sink: runner.sink.label, schema: runner.schema, rows: last.rows(most, options) }
    })
  }

  #watched(runner: SinkRunner): LastRows {
    const known = this.#of.get(runner)
    if (known) return known
    const last = new LastRows()
    this.#of.set(runner, last)
    runner.watchers.push(batch => last.see(batch))
    return last
  }
}
