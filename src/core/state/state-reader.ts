/** What operators load their state from: of what all shards saved, the part that this shard owns. */

import { shardOfKeyGroup } from './key-groups.ts'
import type { SavedBlock, SavedState } from './state-writer.ts'

export interface StateReader {
  /**
   * The rows of a table that belong to the key groups this shard owns, in no particular order; nothing when there is no
   * such table. `keyGroups[i]` is the key group of the `i`-th row that counts; every batch has some.
   */
  table(name: string): Iterable<SavedBlock>
  /** All rows of a table, whoever owns them. */
  whole(name: string): Iterable<SavedBlock>
  /** State that belongs to no key: given to shard 0 only. */
  scalars(): Readonly<Record<string, number>> | undefined
}

/**
 * The state that shard `shard` of `shards` owns.
 *
 * @param parts what each shard of the job that was saved had, by shard, each standing for itself. What belongs to no
 * key is shard 0's
 */
export function ownedState(parts: readonly SavedState[], shard: number, shards: number): StateReader {
  return {
    *table(name) {
      for (const part of parts)
        for (const block of part.tables.get(name)?.blocks.values() ?? []) {
          const owned = ownedRows(block, shard, shards)
          if (owned.keyGroups.length > 0) yield owned
        }
    },
    *whole(name) {
      for (const part of parts) yield* part.tables.get(name)?.blocks.values() ?? []
    },
    scalars: () => (shard === 0 ? parts[0]?.scalars : undefined),
  }
}

function ownedRows(block: SavedBlock, shard: number, shards: number): SavedBlock {
  const { batch, keyGroups } = block
  const rows = new Uint32Array(keyGroups.length)
  const groups = new Uint8Array(keyGroups.length)
  let count = 0
  for (let i = 0; i < keyGroups.length; i++) {
    if (shardOfKeyGroup(keyGroups[i]!, shards) !== shard) continue
    rows[count] = batch.selection ? batch.selection[i]! : i
    groups[count++] = keyGroups[i]!
  }
  if (count === keyGroups.length) return block
  return { batch: { ...batch, selection: rows.slice(0, count) }, keyGroups: groups.slice(0, count) }
}
