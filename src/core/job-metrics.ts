/**
 * What a job has measured, as `job.metrics()` gives it: plain data, for `/metrics`, the live page, `explain({ analyze: true })`
 * and notebooks alike.
 *
 * All numbers count from the start of the job; a job that was restored counts anew. Times are ms since 1970, durations ms.
 * `…Ms` of work is wall time of the thread that did it, unless it says CPU.
 */

/**
 * `starting`: sinks and shards are being opened. `stopping`: it goes to its last barrier. `failed` includes aborted.
 */
export type JobState = 'starting' | 'running' | 'paused' | 'stopping' | 'done' | 'failed'

/** What a job has measured so far: `job.metrics()`. Counts are since its start; times are ms since 1970, durations ms. */
export interface JobMetrics {
  /** What the job's sinks know it by: the same after it was restored. */
  readonly job: string
  readonly state: JobState
  /** What it failed with. */
  readonly failure?: { readonly code: string; readonly message: string }
  /** When this was read. */
  readonly atMs: number
  readonly elapsedMs: number
  /** Rows read from sources, and written to sinks. */
  readonly rowsIn: number
  readonly rowsOut: number
  /** Rows the sources will give, when all of them know. */
  readonly rowsTotal?: number
  /** Rows too late for a verb. */
  readonly rowsLate: number
  /** Rows that could not be read and were left out. */
  readonly rowsBad: number
  /** Rows that left by a port `failed` as dead letters. */
  readonly deadLetters: number
  /** Values that `detect` called anomalies. */
  readonly anomalies: number
  /** Latest event time and watermark of the first `watermark` of the plan; absent before its first row, or without one. */
  readonly eventTimeMs?: number
  /** +Infinity at the end. */
  readonly watermarkMs?: number
  /** In the order of the plan, as the next two. */
  readonly sources: readonly SourceMetrics[]
  readonly operators: readonly OperatorMetrics[]
  readonly sinks: readonly SinkMetrics[]
  readonly shards: readonly ShardMetrics[]
  readonly epochs: EpochMetrics
  /** Absent where nothing is replayed. */
  readonly replay?: ReplayMetrics
  /** Shared memory in which rows are on their way, bytes. */
  readonly memoryBytes: number
  /** What has happened, oldest first: the newest 200. */
  readonly log: readonly JobLogEntry[]
}

/** A source, as it is read by one scan of the plan. */
export interface SourceMetrics {
  /** Of the plan's node. */
  readonly id: string
  /** As `explain` shows it. */
  readonly name: string
  /** Rows and batches that were read; of a source of bytes the bytes. */
  readonly rows: number
  readonly batches: number
  readonly bytes: number
  readonly rowsTotal?: number
  /** How long its splits waited for rows, and how long they had to wait until the job could take more. */
  readonly waitingMs: number
  readonly backPressuredMs: number
  /** How many splits there have been, and how many of them have ended. */
  readonly splitsBegun: number
  readonly splitsEnded: number
  /** Those that have not ended, and the 100 that ended last. */
  readonly splits: readonly SplitMetrics[]
}

/** A part of a source that is read by itself: a file, a partition. */
export interface SplitMetrics {
  readonly label: string
  readonly rows: number
  readonly batches: number
  readonly bytes: number
  readonly rowsTotal?: number
  /** Where the split would be opened again, where its source says so: a byte of a file, an offset. */
  readonly position?: unknown
  /** Absent before its first row, without event time, and once it has ended. */
  readonly watermarkMs?: number
  /**
   * How far the watermark is behind now; of a replay, behind the time of history that is due, or that has been played where it
   * goes at full speed: never less than 0.
   */
  readonly lagMs?: number
  readonly waitingMs: number
  readonly backPressuredMs: number
  readonly ended: boolean
}

/** A verb, or several that run as one kernel, on all shards together. */
export interface OperatorMetrics {
  /** Of the plan's node; of verbs that run as one kernel, the last. */
  readonly id: string
  /** The verb; of a kernel all of them, joined by `+`. */
  readonly kind: string
  /** As `explain` shows it. */
  readonly name: string
  readonly stage: number
  /** The sources and operators that it takes rows from. */
  readonly inputs: readonly string[]
  readonly rowsIn: number
  readonly batchesIn: number
  readonly bytesIn: number
  /** Without late rows and dead letters. */
  readonly rowsOut: number
  readonly batchesOut: number
  readonly bytesOut: number
  /** Time of its own work on all shards together, and its part of the CPU that the shards used. */
  readonly busyMs: number
  /** Absent where threads are not told what they used. */
  readonly cpuMs?: number
  /** How long its stage was done with all that had been read while no more could be read, because others were not done. */
  readonly backPressuredMs: number
  /** Memory of keys and what is kept of them, now and at most; absent where nothing is kept, or nobody knows. */
  readonly stateBytes?: number
  readonly peakStateBytes?: number
  readonly stateKeys?: number
  readonly rowsLate: number
  readonly rowsBad: number
  readonly deadLetters: number
  readonly valuesScored: number
  readonly anomalies: number
  readonly shards: readonly OperatorShardMetrics[]
}

/** An operator on one shard. */
export interface OperatorShardMetrics {
  readonly shard: number
  readonly rowsIn: number
  readonly rowsOut: number
  readonly busyMs: number
  readonly stateBytes: number
  readonly stateKeys: number
}

/** A sink, and what it has committed. */
export interface SinkMetrics {
  readonly id: string
  readonly name: string
  readonly inputs: readonly string[]
  readonly rows: number
  readonly batches: number
  readonly bytes: number
  /** How long its writes took, and how long its commits. */
  readonly writingMs: number
  readonly committingMs: number
  readonly epochsCommitted: number
  readonly committedAtMs?: number
}

/** A shard: a worker thread, or the calling thread. */
export interface ShardMetrics {
  readonly shard: number
  readonly steps: number
  readonly busyMs: number
  /** Time since the shards were open that was not busy. */
  readonly idleMs: number
  /** Of its thread, everything included; absent where threads are not told what they used. */
  readonly cpuMs?: number
}

/** Epochs that sinks have committed, and the snapshots among them. */
export interface EpochMetrics {
  readonly committed: number
  /** From the barrier to the last commit. */
  readonly durationMs: number
  readonly lastDurationMs?: number
  readonly lastAtMs?: number
  readonly snapshots: number
  /** From the barrier until all state was saved. */
  readonly snapshotDurationMs: number
  readonly lastSnapshotDurationMs?: number
  /** Bytes that the last snapshot saved: what had changed since the one before. */
  readonly lastSnapshotBytes?: number
  readonly lastSnapshotAtMs?: number
}

/** How a replay goes. */
export interface ReplayMetrics {
  /** Times as fast as it happened; `max`: as fast as rows are read. */
  readonly speed: 'max' | number
  /** The latest time of history of a row that has left; absent before the first. */
  readonly playedMs?: number
  /** The time of history that is due; absent at full speed, and before the first row. */
  readonly dueMs?: number
}

/** Something that has happened to a job. */
export interface JobLogEntry {
  readonly atMs: number
  readonly level: 'info' | 'warn' | 'error'
  readonly text: string
}
