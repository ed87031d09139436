/** Rows that are not late, for verbs that keep rows or give them at once: late ones are left out, as windows leave them out. */

import { type Batch, rowAt, rowCount, withSelection } from '../batch/batch.ts'
import { seenOf } from '../batch/meta.ts'
import { eventTimesMs } from '../time/event-time.ts'
import type { Arrival, StepReport } from './contract.ts'

/**
 * The rows whose event time the watermark of their own split had not passed when they came; the others are reported.
 *
 * @param time index of the event-time column
 */
export function timelyRows(
  batch: Batch,
  time: number,
  arrival: Arrival | undefined,
  report: Pick<StepReport, 'late'>,
): Batch {
  const seen = seenOf(batch)
  const passedMs = arrival?.passedMs ?? Number.NEGATIVE_INFINITY
  if (!seen && (!arrival || arrival.minMs >= passedMs)) return batch
  const count = rowCount(batch)
  const timesMs = new Float64Array(count)
  eventTimesMs(batch.columns[time]!, count, batch.selection, timesMs)
  const timely = new Uint32Array(count)
  let kept = 0
  for (let i = 0; i < count; i++) {
    const row = rowAt(batch, i)
    const watermarkMs = seen ? Math.max(passedMs, seen[row]!) : passedMs
    if (timesMs[i]! >= watermarkMs) timely[kept++] = row
  }
  if (kept === count) return batch
  report.late(count - kept)
  return withSelection(batch, timely.subarray(0, kept))
}
