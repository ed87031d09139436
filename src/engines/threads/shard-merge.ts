/** Puts what several shards made in one step in the one order of rows. */

import { mergeOrdered, runsInOrder } from '../../core/batch/merge.ts'
import { weightsOf } from '../../core/batch/meta.ts'
import { SlabArena, SlabPool } from '../../core/batch/slab.ts'
import type { ShardMemory } from '../../workers/messages.ts'
import type { RoutedBatch } from './edges.ts'
import type { Step } from './step.ts'

/** The merging of one job. Merged rows live as long as their step, and no longer than the job. */
export class ShardMerge {
  readonly #pool = new SlabPool()
  #over = false

  /** Batches with all their rows in the one order of rows, where several shards made them, or one could have. */
  inOrder(step: Pick<Step, 'onOver'>, batches: readonly RoutedBatch[]): readonly RoutedBatch[] {
    // What a split knew before a batch goes with the batch.
    if (batches.length < 2 || batches.some(({ arrival }) => arrival)) return batches
    // Changes keep the order in which they were made: a row comes before it is taken back. Which shard a batch comes from
    // does not tell who made it, once a stateless stage has been between.
    if (batches.some(({ batch }) => weightsOf(batch))) return batches
    const byShard = Map.groupBy(batches, ({ shard }) => shard)
    const runs = [...byShard.values()].flatMap(ofShard => runsInOrder(ofShard.map(({ batch }) => batch)))
    if (runs.length < 2) return batches
    const arena = new SlabArena(this.#pool)
    const merged = mergeOrdered(runs, arena)
    const slabs = arena.take()
    step.onOver(() => {
      if (!this.#over) for (const slab of slabs) this.#pool.release(slab)
    })
    return merged.map(batch => ({ batch }))
  }

  /**
   * Gives the memory back at the end of the job, once nothing reads it any more: steps of a job that failed are never
   * over. Tells what it came to; nothing where nothing was merged.
   */
  releaseMemory(): ShardMemory[] {
    const { peakBytes, inUse } = this.#pool
    this.#over = true
    this.#pool.reclaim()
    return peakBytes === 0 ? [] : [{ peakBytes, slabsInUse: inUse }]
  }
}
