/** What is measured of a sink. */

import type { SinkMetrics } from '../../core/job-metrics.ts'

type Measures = Omit<SinkMetrics, 'id' | 'name' | 'inputs'>

export class SinkMeter {
  #measures: Measures = {
    rows: 0,
    batches: 0,
    bytes: 0,
    writingMs: 0,
    committingMs: 0,
    epochsCommitted: 0,
  }

  get metrics(): Measures {
    return this.#measures
  }

  wrote(rows: number, bytes: number, ms: number): void {
    const before = this.#measures
    this.#measures = {
      ...before,
      rows: before.rows + rows,
      batches: before.batches + 1,
      bytes: before.bytes + bytes,
      writingMs: before.writingMs + ms,
    }
  }

  committed(ms: number): void {
    const before = this.#measures
    this.#measures = {
      ...before,
      committingMs: before.committingMs + ms,
      epochsCommitted: before.epochsCommitted + 1,
      committedAtMs: Date.now(),
    }
  }
}
