/**
 * State taken at a barrier: batches of rows tagged with the key group they belong to, so that any shard count can
 * take them over.
 */

import type { Batch } from '../batch/batch.ts'

/** The key groups keys are spread over, whatever the shard count. Frozen: snapshots depend on it. */
export const KEY_GROUPS = 256

/** The shard that owns a key group. */
export const shardOfKeyGroup = (keyGroup: number, shards: number): number =>
  Math.floor((keyGroup * shards) / KEY_GROUPS)

export interface StateSnapshot {
  /** Changes when the meaning of `tables` changes; a restore refuses other versions. */
  readonly version: number
  /** Named tables; `keyGroups[i]` is the key group of row `i`. Buffers are copies, owned by the snapshot. */
  readonly tables: Readonly<Record<string, { readonly batch: Batch; readonly keyGroups: Uint8Array }>>
  /** State that belongs to no key; of operators that run on one shard. */
  readonly scalars?: Readonly<Record<string, number>>
}
