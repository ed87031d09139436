/** Jobs in notebooks: how far they have come, live where the notebook shows what happens while a cell runs. */

import { type Bundle, factsBundle, isLive, liveDisplay } from './display.ts'
import type { Job, Progress } from './engine.ts'
import type { JobAlert } from './job-alerts.ts'

const EVERY_MS = 500

const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 1 })

const time = (ms: number): string => {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? 'the end' : date.toISOString()
}

/** What there is to say of a job. */
export function progressBundle(progress: Progress, state: string, alerts: readonly JobAlert[] = []): Bundle {
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
    ...alertFacts(alerts),
  ]
  return factsBundle(`Job, ${state}`, facts)
}

/** Alerts that are shown: the newest. */
const ALERTS = 5

/** The rows that people wait for: what was unusual last. */
const alertFacts = (alerts: readonly JobAlert[]): [string, string][] =>
  alerts
    .slice(0, ALERTS)
    .map(({ series, timeMs, value, expected }) => [
      `alert ${clean(series)}`,
      `${time(timeMs)}: ${value === null ? 'null' : number(value)}, expected ${expected === null ? 'unknown' : number(expected)}`,
    ])

const clean = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, ' ')

/** What a notebook shows: how far the job is, followed until it is over. */
export async function jobBundle(job: Job): Promise<Bundle | Record<string, never>> {
  const bundle = (state: string) => progressBundle(job.progress, state, job.alerts())
  const { state } = job.metrics()
  if (state === 'done' || state === 'failed' || !isLive()) return bundle(state)
  const display = liveDisplay(EVERY_MS)
  display.update(bundle(state))
  const timer = setInterval(() => display.update(bundle(job.metrics().state)), EVERY_MS)
  const over = (state: string) => {
    clearInterval(timer)
    display.update(bundle(state))
    return display.close()
  }
  // The cell does not wait for the job, and a failure is that of `job.done`.
  void job.done.then(
    () => over('done'),
    () => over('failed'),
  )
  return {}
}
