/** What alarms are worth: found or not, how many events, and between which rates they may lie. Nothing here draws or scores. */
import { chiSquared } from '../../../../src/models/distributions/index.ts'
import type { Truth } from './scenario.ts'

/** Marked values of a series not more than so many apart are one event. */
export const EVENT_GAP = 50

/** Rows of a series at which an event begins, among the rows [from, to). */
export function eventsIn(marks: Uint8Array, from: number, to: number): number[] {
  const events: number[] = []
  let last = Number.NEGATIVE_INFINITY
  for (let row = from; row < to; row++) {
    if (!marks[row]) continue
    if (row - last > EVENT_GAP) events.push(row)
    last = row
  }
  return events
}

/** Rows from the first of what is marked to the first alarm that finds it; null where none does. */
export function delayOf(marks: Uint8Array, { from, to, delay }: Truth): number | null {
  const end = Math.min(marks.length, to + delay + 1)
  for (let row = from; row < end; row++) if (marks[row]) return row - from
  return null
}

/** The exact interval of the mean of a Poisson count that has been seen (Garwood 1936, *Biometrika* 28), by default of 95 %. */
export function poissonInterval(count: number, level = 0.95): readonly [number, number] {
  const tail = (1 - level) / 2
  return [
    count === 0 ? 0 : chiSquared({ df: 2 * count }).quantile(tail) / 2,
    chiSquared({ df: 2 * count + 2 }).quantile(1 - tail) / 2,
  ]
}
