/** Waits a while for more rows, so that a slow source gives larger batches. */

import { type Batch, rowCount } from '../../core/batch/batch.ts'
import { placedAt } from '../../core/batch/place.ts'
import { concat } from '../../core/batch/take.ts'
import type { ReaderMemory, ScanRequest, SourceBatch, SplitReader } from '../../core/connector.ts'
import type { Clock } from './clock.ts'

/** The reader's rows in batches that are full, or that hold what came within `lingerMs` of their first rows. */
export function lingeringReader(
  reader: SplitReader,
  { schema, batchRows }: ScanRequest,
  lingerMs: number,
  clock: Clock,
  memory: ReaderMemory,
): SplitReader {
  let reading: Promise<SourceBatch | undefined> | undefined
  const read = () => {
    if (!reading) {
      reading = reader.next()
      // It may fail when nobody waits: whoever asks next is told.
      reading.catch(() => {})
    }
    return reading
  }
  const take = () => {
    const taken = read()
    reading = undefined
    return taken
  }
  return {
    async next() {
      const first = await take()
      if (!first) return undefined
      const gathered = [first]
      let rows = rowCount(first.batch)
      const enough = new AbortController()
      const timeIsUp = clock.sleep(lingerMs, enough.signal).then(() => undefined)
      while (rows < batchRows) {
        const more = await Promise.race([read(), timeIsUp]).catch(() => undefined)
        // Time is up; or the end, a failure, or what does not fit: those are for the next call.
        if (!more || rows + rowCount(more.batch) > batchRows) break
        reading = undefined
        gathered.push(more)
        rows += rowCount(more.batch)
      }
      enough.abort()
      return gathered.length === 1 ? first : joined(gathered, schema, memory)
    },
    close: () => reader.close(),
  }
}

function joined(reads: readonly SourceBatch[], schema: Batch['schema'], memory: ReaderMemory): SourceBatch {
  const arena = memory.arena()
  const all = concat(
    schema,
    reads.map(({ batch }) => batch),
    arena,
  )
  for (const { slabs } of reads) for (const slab of slabs) memory.pool.release(slab)
  const batch = placedAt(all, reads[0]!.batch.position)
  const { resume } = reads.at(-1)!
  return { batch, slabs: arena.take(), ...(resume === undefined ? {} : { resume }) }
}
