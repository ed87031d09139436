/** Orders a source that cannot do so itself: reads everything, sorts by a column, and hands it out again. */

import type { Batch } from '../../core/batch/batch.ts'
import { sortRows } from '../../core/batch/compare.ts'
import { placedAt } from '../../core/batch/place.ts'
import { heapArena } from '../../core/batch/slab.ts'
import { concat, copyToHeap, type DictionaryCopies, take } from '../../core/batch/take.ts'
import {
  FROM_START,
  type ReaderMemory,
  type ScanRequest,
  type Source,
  type Split,
  type SplitReader,
} from '../../core/connector.ts'
import { fieldIndex } from '../../core/types/schema.ts'

/**
 * A reader over all splits of a source, in ascending order of `column`: nulls first, ties by split and position.
 *
 * @param offset how many of the sorted rows to leave out
 */
export async function sortedReader(
  source: Source,
  request: ScanRequest,
  column: string,
  offset: number,
  memory: ReaderMemory,
): Promise<SplitReader> {
  const { orderBy: _order, ...unordered } = request
  const all = concat(request.schema, await readAll(source, unordered, memory), heapArena)
  const order = sortRows(all, [{ column: fieldIndex(request.schema, column), nulls: 'first' }])
  let at = offset
  return {
    async next() {
      if (at >= order.length) return undefined
      const rows = order.subarray(at, at + request.batchRows)
      const arena = memory.arena()
      // From here on positions count the sorted rows, not the rows' places in the source.
      const batch = placedAt(take(all, rows, arena), { split: 0, offset: at })
      at += rows.length
      return { batch, slabs: arena.take() }
    },
    async close() {
      at = order.length
    },
  }
}

async function readAll(source: Source, request: ScanRequest, memory: ReaderMemory): Promise<Batch[]> {
  const batches: Batch[] = []
  const copies: DictionaryCopies = new Map()
  const splits: readonly Split[] = await source.splits(request)
  for (const split of splits) {
    const reader = await source.open(split, FROM_START, request, memory)
    try {
      for (let read = await reader.next(); read; read = await reader.next()) {
        batches.push(copyToHeap(read.batch, copies))
        for (const slab of read.slabs) memory.pool.release(slab)
      }
    } finally {
      await reader.close()
    }
  }
  return batches
}
