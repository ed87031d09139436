/** Jobs in notebooks: how far they have come, live where the notebook shows what happens while a cell runs. */

import { type Bundle, factsBundle, isLive, liveDisplay } from './display.ts'
import type { Job, Progress } from './engine.ts'

const EVERY_MS = 500

const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 1 })

const time = (ms: number): string => {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? 'the end' : date.toISOString()
}

/** What there is to say of a job. */
export function progressBundle(progress: Progress, state: string): Bundle {
  const { rowsIn, rowsTotal, rowsOut, rowsLate, skipped, elapsedMs, eventTimeMs, watermarkMs, scored } =
    progress
  const share = rowsTotal ? ` of ${number(rowsTotal)}, ${number((100 * rowsIn) / rowsTotal)} %` : ''
  const facts: [string, string][] = [
    ['rows read', `${number(rowsIn)}${share}`],
    ['rows written', number(rowsOut)],
    ['rows per second', number(elapsedMs > 0 ? (1000 * rowsIn) / elapsedMs : 0)],
    ['seconds', number(elapsedMs / 1000)],
    ...(eventTimeMs === undefined ? [] : [['event time', time(eventTimeMs)] as [string, string]]),
    ...(watermarkMs === undefined ? [] : [['watermark', time(watermarkMs)] as [string, string]]),
    ...(rowsLate > 0 ? [['rows late', number(rowsLate)] as [string, string]] : []),
    ...(skipped > 0 ? [['rows skipped', number(skipped)] as [string, string]] : []),
    ...scored.map(({ column, values }): [string, string] => [`values scored of ${column}`, number(values)]),
  ]
  return factsBundle(`Job, ${state}`, facts)
}

/** What a notebook shows: how far the job is, followed until it is over. */
export async function jobBundle(job: Job): Promise<Bundle | Record<string, never>> {
  const state = () => (job.progress.done ? 'done' : 'running')
  if (job.progress.done || !isLive()) return progressBundle(job.progress, state())
  const display = liveDisplay(EVERY_MS)
  display.update(progressBundle(job.progress, 'running'))
  const timer = setInterval(() => display.update(progressBundle(job.progress, state())), EVERY_MS)
  const over = (state: string) => {
    clearInterval(timer)
    display.update(progressBundle(job.progress, state))
    return display.close()
  }
  // The cell does not wait for the job, and a failure is that of `job.done`.
  void job.done.then(
    () => over('done'),
    () => over('failed'),
  )
  return {}
}
