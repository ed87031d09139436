/** Key groups: what state is cut by, so that any number of shards can take it over. */

/** The key groups keys are spread over, whatever the shard count. Frozen: snapshots depend on it. */
export const KEY_GROUPS = 256

/** The shard that owns a key group. */
export const shardOfKeyGroup = (keyGroup: number, shards: number): number =>
  Math.floor((keyGroup * shards) / KEY_GROUPS)
