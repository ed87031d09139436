/** Replays rows at a multiple of the speed at which they happened. */

import { type Batch, rowCount } from '../../core/batch/batch.ts'
import { slice } from '../../core/batch/take.ts'
import type { SourceBatch, SplitReader } from '../../core/connector.ts'
import { eventTimesMs } from '../../core/time/event-time.ts'

/** Wall time, as a replay needs it. Tests supply their own. */
export interface Clock {
  now(): number
  /** Resolves after `ms`, or at once when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export const wallClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise(resolve => {
      if (signal.aborted) return resolve()
      const wake = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      signal.addEventListener('abort', wake)
    }),
}

/** Rows due within this much wall time leave together. */
const TICK_MS = 50

/**
 * The reader's rows, each no earlier than its time: the first at once, the others `speed` times as fast as they
 * happened. Batches are cut where they are not yet due.
 *
 * @param column the index of the time column, in which the rows are in order
 */
export function pacedReader(reader: SplitReader, column: number, speed: number, clock: Clock): SplitReader {
  const closing = new AbortController()
  let start: { wallMs: number; eventMs: number } | undefined
  let held: { read: SourceBatch; timesMs: Float64Array; at: number } | undefined
  return {
    async next() {
      if (!held) {
        const read = await reader.next()
        if (!read) return undefined
        held = { read, timesMs: timesOf(read.batch, column), at: 0 }
      }
      const { read, timesMs, at } = held
      start ??= { wallMs: clock.now(), eventMs: timesMs[0]! }
      const dueAt = (i: number) => start!.wallMs + (timesMs[i]! - start!.eventMs) / speed
      for (let wait = dueAt(at) - clock.now(); wait > 0; wait = dueAt(at) - clock.now()) {
        await clock.sleep(Math.min(wait, 1000), closing.signal)
        if (closing.signal.aborted) return undefined
      }
      let end = at + 1
      const untilMs = clock.now() + TICK_MS
      while (end < timesMs.length && dueAt(end) <= untilMs) end++
      const last = end === timesMs.length
      held = last ? undefined : { read, timesMs, at: end }
      const batch = at === 0 && last ? read.batch : slice(read.batch, at, end)
      // The memory goes back with the last piece; steps end in the order they began.
      return { batch, slabs: last ? read.slabs : [] }
    },
    async close() {
      closing.abort()
      await reader.close()
    },
  }
}

function timesOf(batch: Batch, column: number): Float64Array {
  const times = new Float64Array(rowCount(batch))
  eventTimesMs(batch.columns[column]!, times.length, batch.selection, times)
  return times
}
