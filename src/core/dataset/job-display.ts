/**
 * Jobs in notebooks: how far they have come, the last rows of their sinks, and the picture of a series that they score; live
 * where the notebook shows what happens while a cell runs.
 */

import { formatTable } from '../batch/format-table.ts'
import { htmlTable } from '../batch/html-table.ts'
import { type Bundle, factsBundle, isLive, liveDisplay } from '../display.ts'
import type { Job, Progress } from '../engine.ts'
import type { Figure } from '../figure.ts'
import type { JobAlert, ScoredPoint } from '../job-alerts.ts'
import type { SinkRows } from '../job-rows.ts'

const EVERY_MS = 500
/** How long the picture is of one series before it is of the one with the newest alert. */
const SERIES_MS = 3000
/** Of each sink. */
const ROWS = 5
/** Sinks whose rows are shown. */
const SINKS = 4
/** Of numbers in these rows. */
const DIGITS = 6

type SeriesPicture = (
  name: string,
  points: readonly ScoredPoint[],
) => (Figure & { bundle(): Bundle }) | undefined

let loadPicture: (() => Promise<SeriesPicture>) | undefined

/** Wires what draws the series of a job, which is loaded with the first job that has one. */
export function useSeriesPicture(load: () => Promise<SeriesPicture>): void {
  loadPicture = load
}

const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 1 })

const time = (ms: number): string => {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? 'the end' : date.toISOString()
}
/** How far a job has come. */
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

/** The last rows of a job's sinks, as tables. */
export function lastRowsBundle(sinks: readonly SinkRows[]): Bundle {
  const tables = sinks
    .filter(({ rows }) => rows.length > 0)
    .slice(0, SINKS)
    .map(({ sink, schema, rows }) => ({ schema, rows, caption: `${clean(sink)}: the last of its rows` }))
  return {
    'text/html': tables
      .map(({ schema, rows, caption }) => htmlTable(schema, rows, caption, { digits: DIGITS }))
      .join(''),
    'text/plain': tables
      .map(({ schema, rows, caption }) => `${formatTable(schema, rows, { digits: DIGITS })}\n${caption}`)
      .join('\n\n'),
  }
}

/** What a notebook shows of a job in words. */
function bundleOf(job: Job, state: string): Bundle {
  const progress = progressBundle(job.progress, state, job.alerts())
  const rows = lastRowsBundle(shownRows(job))
  if (rows['text/plain'] === '') return progress
  return {
    'text/html': `${progress['text/html']}${rows['text/html']}`,
    'text/plain': `${progress['text/plain']}\n\n${rows['text/plain']}`,
  }
}

/** Values that no row can hold are shown by whoever reads them, as errors. */
function shownRows(job: Job): readonly SinkRows[] {
  try {
    return job.lastRows(ROWS, { timestamps: 'bigint' })
  } catch {
    return []
  }
}

/** Follows the series with the newest alert, not changing too often to be looked at. */
class SeriesFollower {
  readonly #job: Job
  readonly #display = liveDisplay(EVERY_MS)
  #picture: SeriesPicture | undefined
  #name: string | undefined
  #sinceMs = Number.NEGATIVE_INFINITY
  /** When the newest value that was drawn was. */
  #lastMs: number | undefined

  constructor(job: Job) {
    this.#job = job
  }

  /** Loads what draws, where the job has something to draw. Without echarts there is no picture. */
  async open(): Promise<void> {
    if (this.#job.progress.scored.length === 0) return
    // A place in the cell of the job, which is over when there is something to draw.
    this.#display.update({ 'text/plain': 'no series has values yet' })
    this.#picture = await loadPicture?.()
  }

  update(): void {
    const [newest] = this.#job.scoredSeries()
    if (newest === undefined || !this.#picture) return
    try {
      this.#draw(newest, this.#picture)
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'MISSING_PACKAGE') throw error
      this.#picture = undefined
    }
  }

  close(): Promise<void> {
    return this.#display.close()
  }

  #draw(newest: string, picture: SeriesPicture): void {
    const nowMs = performance.now()
    if (this.#name !== newest && nowMs - this.#sinceMs >= SERIES_MS) {
      this.#name = newest
      this.#sinceMs = nowMs
      this.#lastMs = undefined
    }
    const points = this.#job.scoredPoints(this.#name!)
    const lastMs = points.at(-1)?.timeMs
    if (lastMs === this.#lastMs) return
    const figure = picture(this.#name!, points)
    if (!figure) return
    this.#lastMs = lastMs
    this.#display.update(figure.bundle())
  }
}

/**
 * What a notebook shows: how far the job is, its last rows, the series with the newest alert; followed until it is over. The
 * cell does not wait for it.
 */
export async function jobBundle(job: Job): Promise<Bundle | Record<string, never>> {
  const { state } = job.metrics()
  if (state === 'done' || state === 'failed' || !isLive()) return bundleOf(job, state)
  const display = liveDisplay(EVERY_MS)
  const series = new SeriesFollower(job)
  display.update(bundleOf(job, state))
  const update = (state: string) => {
    display.update(bundleOf(job, state))
    series.update()
  }
  const timer = setInterval(() => update(job.metrics().state), EVERY_MS)
  const over = (state: string) => {
    clearInterval(timer)
    update(state)
    return Promise.all([display.close(), series.close()])
  }
  await series.open()
  // A failure is that of `job.done`.
  void job.done.then(
    () => over('done'),
    () => over('failed'),
  )
  return {}
}
