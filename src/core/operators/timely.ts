/** Rows that are not late, for verbs that keep rows or give them at once: late ones are left out, as windows leave them out. */

import { type Batch, rowAt, rowCount, withSelection } from '../batch/batch.ts'
import { SEEN, seenOf, withMeta } from '../batch/meta.ts'
import { type Arena, allocFloat64 } from '../batch/slab.ts'
import { eventTimesMs } from '../time/event-time.ts'
import type { Arrival, StepReport } from './contract.ts'

/** Rows of a batch by whether the watermark of their own split had passed their event time when they came. */
export interface ByTimeliness {
  readonly timely: Batch
  /** Absent where none was late. */
  readonly late?: Batch
}

/** @param time index of the event-time column */
export function byTimeliness(batch: Batch, time: number, arrival: Arrival | undefined): ByTimeliness {
  const seen = seenOf(batch)
  const passedMs = arrival?.passedMs ?? Number.NEGATIVE_INFINITY
  if (!seen && (!arrival || arrival.minMs >= passedMs)) return { timely: batch }
  const count = rowCount(batch)
  const timesMs = new Float64Array(count)
  eventTimesMs(batch.columns[time]!, count, batch.selection, timesMs)
  const timely = new Uint32Array(count)
  const late = new Uint32Array(count)
  let kept = 0
  for (let i = 0; i < count; i++) {
    const row = rowAt(batch, i)
    const watermarkMs = seen ? Math.max(passedMs, seen[row]!) : passedMs
    if (timesMs[i]! >= watermarkMs) timely[kept++] = row
    else late[i - kept] = row
  }
  if (kept === count) return { timely: batch }
  return {
    timely: withSelection(batch, timely.subarray(0, kept)),
    late: withSelection(batch, late.subarray(0, count - kept)),
  }
}

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
  const { timely, late } = byTimeliness(batch, time, arrival)
  if (late) report.late(rowCount(late))
  return timely
}

/**
 * The batch with what its rows found when they came, for verbs that give rows on as they are: those behind them are not told
 * how a batch arrived that an operator with state gave them.
 */
export function withArrival(batch: Batch, arrival: Arrival | undefined, arena: Arena): Batch {
  if (!arrival || arrival.minMs >= arrival.passedMs) return batch
  const before = seenOf(batch)
  const values = allocFloat64(arena, batch.length).fill(arrival.passedMs)
  if (before) for (let row = 0; row < values.length; row++) values[row] = Math.max(values[row]!, before[row]!)
  return withMeta(batch, { [SEEN]: { type: 'float64', values } })
}
