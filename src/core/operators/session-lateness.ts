/** Which rows are late for sessions, and what the others found. */

import { type Batch, rowAt, rowCount } from '../batch/batch.ts'
import { seenOf } from '../batch/meta.ts'
import { eventTimesMs } from '../time/event-time.ts'
import type { Arrival } from './contract.ts'

interface SessionLateness {
  readonly late: Uint32Array
  readonly timely: Uint32Array
  /** By timely row, what the watermark of its own split had passed, less what is allowed, ms. */
  readonly timelyPassedMs: Float64Array
}

/**
 * What each row's own split had passed before it: a row is late when that is beyond its own gap and what is allowed, whether
 * or not there is a session that it would be part of. Undefined where no row was passed.
 *
 * @param time index of the event-time column
 */
export function sessionLateness(
  batch: Batch,
  time: number,
  arrival: Arrival | undefined,
  { gapMs, allowedMs }: { readonly gapMs: number; readonly allowedMs: number },
): SessionLateness | undefined {
  const seen = seenOf(batch)
  const passedMs = arrival?.passedMs ?? Number.NEGATIVE_INFINITY
  if (!seen && (!arrival || arrival.minMs >= passedMs)) return undefined
  const count = rowCount(batch)
  const times = new Float64Array(count)
  eventTimesMs(batch.columns[time]!, count, batch.selection, times)
  const late: number[] = []
  const timely: number[] = []
  const timelyPassed: number[] = []
  for (let i = 0; i < count; i++) {
    const row = rowAt(batch, i)
    const watermarkMs = (seen ? Math.max(passedMs, seen[row]!) : passedMs) - allowedMs
    if (times[i]! + gapMs < watermarkMs) late.push(row)
    else {
      timely.push(row)
      timelyPassed.push(watermarkMs)
    }
  }
  return {
    late: Uint32Array.from(late),
    timely: Uint32Array.from(timely),
    timelyPassedMs: Float64Array.from(timelyPassed),
  }
}
