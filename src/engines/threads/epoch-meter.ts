/** What is measured of epochs and snapshots. */

import { batchBytes } from '../../core/batch/batch-bytes.ts'
import type { EpochMetrics } from '../../core/job-metrics.ts'
import type { SavedByNode } from '../../workers/messages.ts'

type Committed = Pick<EpochMetrics, 'committed' | 'durationMs' | 'lastDurationMs' | 'lastAtMs'>
type Saved = Omit<EpochMetrics, keyof Committed>

export class EpochMeter {
  #epochs: Committed = { committed: 0, durationMs: 0 }
  #snapshots: Saved = { snapshots: 0, snapshotDurationMs: 0 }

  get metrics(): EpochMetrics {
    return { ...this.#epochs, ...this.#snapshots }
  }

  committed(durationMs: number): void {
    const { committed, durationMs: before } = this.#epochs
    this.#epochs = {
      ...this.#epochs,
      committed: committed + 1,
      durationMs: before + durationMs,
      lastDurationMs: durationMs,
      lastAtMs: Date.now(),
    }
  }

  /** @param state by stage, then shard: what was saved */
  saved(durationMs: number, state: ReadonlyMap<number, readonly SavedByNode[]>): void {
    const { snapshots, snapshotDurationMs } = this.#snapshots
    this.#snapshots = {
      ...this.#snapshots,
      snapshots: snapshots + 1,
      snapshotDurationMs: snapshotDurationMs + durationMs,
      lastSnapshotDurationMs: durationMs,
      lastSnapshotBytes: savedBytes(state),
      lastSnapshotAtMs: Date.now(),
    }
  }
}

function savedBytes(state: ReadonlyMap<number, readonly SavedByNode[]>): number {
  let bytes = 0
  for (const shards of state.values())
    for (const byNode of shards)
      for (const { tables } of Object.values(byNode))
        for (const { blocks } of tables.values())
          for (const { batch, keyGroups } of blocks.values())
            bytes += batchBytes(batch) + keyGroups.byteLength
  return bytes
}
