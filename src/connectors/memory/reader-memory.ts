/**
 * Connectors to what is in memory: rows, Arrow tables, iterables, and the sink that collects. May import `core` only.
 *
 * Invariant: what a source hands out lies in its reader's shared memory, so that any shard can read it. This file has
 * what the sources share: putting batches into that memory, and projection.
 */

import type { Batch } from '../../core/batch/batch.ts'
import type { Arena } from '../../core/batch/slab.ts'
import type { ReaderMemory, SourceBatch, SplitReader } from '../../core/connector.ts'
import { PlanError } from '../../core/errors.ts'
import { fieldIndex, type Schema, unknownColumn } from '../../core/types/schema.ts'

/** Builds one batch in a new arena. When building fails, its slabs go back to the pool. */
export function inReaderMemory(memory: ReaderMemory, build: (arena: Arena) => Batch): SourceBatch {
  const arena = memory.arena()
  try {
    return { batch: build(arena), slabs: arena.take() }
  } catch (error) {
    for (const slab of arena.take()) memory.pool.release(slab)
    throw error
  }
}

/**
 * The places of the wanted columns among those there are.
 *
 * @throws {PlanError} `UNKNOWN_COLUMN`, or `COLUMN_TYPE` when a type other than the source's is wanted.
 */
export function projection(has: Schema, wanted: Schema): number[] {
  return wanted.map(({ name, type }) => {
    const index = fieldIndex(has, name)
    if (index < 0) throw unknownColumn(has, name)
    if (has[index]!.type !== type)
      throw new PlanError(
        'COLUMN_TYPE',
        `column ${JSON.stringify(name)} is ${has[index]!.type} here, ${type} was asked for`,
        { hint: 'cast it after reading' },
      )
    return index
  })
}

/** A reader over a synchronous supply of batches. */
export function pullReader(pull: () => SourceBatch | undefined): SplitReader {
  let closed = false
  return {
    async next() {
      return closed ? undefined : pull()
    },
    async close() {
      closed = true
    },
  }
}
