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
export function sortedReader(
  source: Source,
  request: ScanRequest,
  column: string,
  offset: number,
  memory: ReaderMemory,
): SplitReader {
  const { orderBy: _order, ...unordered } = request
  const rows = new AllRows(source, unordered, memory)
  let sorted: { readonly all: Batch; readonly order: Uint32Array } | undefined
  let at = offset
  return {
    async next() {
      if (!sorted) {
        const all = concat(request.schema, await rows.read(), heapArena)
        const key = { column: fieldIndex(request.schema, column), nulls: 'first' as const }
        sorted = { all, order: sortRows(all, [key]) }
      }
      const { all, order } = sorted
      if (at >= order.length) return undefined
      const chunk = order.subarray(at, at + request.batchRows)
      const arena = memory.arena()
      // From here on positions count the sorted rows, not the rows' places in the source.
      const batch = placedAt(take(all, chunk, arena), { split: 0, offset: at })
      at += chunk.length
      return { batch, slabs: arena.take() }
    },
    async close() {
      at = Number.POSITIVE_INFINITY
      await rows.close()
    },
  }
}

/** Reads a source to its end, unless closed before. */
class AllRows {
  readonly #source: Source
  readonly #request: ScanRequest
  readonly #memory: ReaderMemory
  #reader: SplitReader | undefined
  #closed = false

  constructor(source: Source, request: ScanRequest, memory: ReaderMemory) {
    this.#source = source
    this.#request = request
    this.#memory = memory
  }

  async read(): Promise<Batch[]> {
    const batches: Batch[] = []
    const copies: DictionaryCopies = new Map()
    const splits: readonly Split[] = await this.#source.splits(this.#request)
    for (const split of splits) {
      if (this.#closed) break
      const reader = await this.#source.open(split, FROM_START, this.#request, this.#memory)
      this.#reader = reader
      try {
        for (let read = await reader.next(); read && !this.#closed; read = await reader.next()) {
          batches.push(copyToHeap(read.batch, copies))
          for (const slab of read.slabs) this.#memory.pool.release(slab)
        }
      } finally {
        await reader.close()
      }
    }
    return batches
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#reader?.close()
  }
}
