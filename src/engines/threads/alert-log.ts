/**
 * The newest alerts of a job, and the last values of the series that are scored, taken from what its sinks get.
 *
 * Everything is bounded: so many alerts, so many series, so many values of each, and so many rows of a batch that are looked
 * at one by one.
 */

import { type Batch, rowAt, rowCount } from '../../core/batch/batch.ts'
import { bitAt, isNullAt } from '../../core/batch/column.ts'
import { cellAt } from '../../core/batch/rows.ts'
import type { JobAlert, ScoredPoint } from '../../core/job-alerts.ts'
import { eventTimesMs } from '../../core/time/event-time.ts'
import type { Dataflow } from './dataflow.ts'
import { inputOf, type PlannedJob } from './plan-job.ts'
import { type ScoredColumns, scoredColumnsOf } from './scored-rows.ts'

const MAX_ALERTS = 100
const MAX_SERIES = 512
const POINTS = 168
/** Of a batch: rows whose values are kept. The last ones are. */
const MAX_ROWS = 4096
/** Characters of the name of a series, and of what is said of an alert. */
const MAX_NAME = 200
const MAX_REASON = 500

/** Of a point, in this order: time, value, expected, lower, upper, whether it is an anomaly. NaN is null. */
const WIDTH = 6

interface Series {
  readonly points: Float64Array
  count: number
  lastMs: number
  alerted: boolean
}

export class AlertLog {
  readonly #alerts: JobAlert[] = []
  #number = 0
  /** Those whose last alert is oldest, or that have none, first. */
  readonly #series = new Map<string, Series>()

  /** The newest first. */
  get alerts(): readonly JobAlert[] {
    return [...this.#alerts].reverse()
  }

  /** The names of the series that are kept: those whose last alert is newest first, then those without. */
  get series(): string[] {
    const all = [...this.#series].reverse()
    return [true, false].flatMap(alerted =>
      all.flatMap(([name, of]) => (of.alerted === alerted ? [name] : [])),
    )
  }

  /** The last values of a series, oldest first; empty for one that is not known. */
  pointsOf(name: string): ScoredPoint[] {
    const series = this.#series.get(name)
    if (!series) return []
    const { points, count } = series
    return Array.from({ length: Math.min(count, POINTS) }, (_, i) => {
      const from = WIDTH * ((Math.max(0, count - POINTS) + i) % POINTS)
      const at = (field: number) => nullable(points[from + field]!)
      return {
        timeMs: points[from]!,
        ...{ value: at(1), expected: at(2), lower: at(3), upper: at(4) },
        anomaly: points[from + 5] === 1,
      }
    })
  }

  /** Looks at what a sink gets. */
  see(batch: Batch, sink: string, scored: readonly ScoredColumns[]): void {
    for (const columns of scored) {
      const alerts = alertRows(batch, columns)
      const first = Math.max(0, rowCount(batch) - MAX_ROWS)
      const rows = new RowReader(batch, columns)
      for (let i = first; i < rowCount(batch); i++) this.#keep(rows, rowAt(batch, i))
      for (const row of alerts.slice(-MAX_ALERTS)) this.#alert(rows, row, sink)
    }
  }

  #keep(rows: RowReader, row: number): void {
    const name = rows.seriesAt(row)
    const isAnomaly = rows.isAnomaly(row)
    const series = this.#series.get(name) ?? (this.#mayBegin(isAnomaly) ? this.#begin(name) : undefined)
    if (!series) return
    const timeMs = rows.timeMsAt(row)
    // Another sink may have had it.
    if (timeMs <= series.lastMs) return
    series.lastMs = timeMs
    const { columns } = rows
    const at = WIDTH * (series.count++ % POINTS)
    series.points[at] = timeMs
    series.points[at + 1] = rows.numberAt(columns.value, row)
    series.points[at + 2] = rows.numberAt(columns.expected, row)
    series.points[at + 3] = rows.numberAt(columns.lower, row)
    series.points[at + 4] = rows.numberAt(columns.upper, row)
    series.points[at + 5] = isAnomaly ? 1 : 0
  }

  #alert(rows: RowReader, row: number, sink: string): void {
    const { columns } = rows
    const series = rows.seriesAt(row)
    const timeMs = rows.timeMsAt(row)
    if (this.#alerts.some(other => other.series === series && other.timeMs === timeMs)) return
    const number = (column: number) => nullable(rows.numberAt(column, row))
    const reason = columns.reason < 0 ? null : cellAt(rows.batch.columns[columns.reason]!, row)
    this.#alerts.push({
      number: ++this.#number,
      ...{ sink, series, timeMs },
      ...(columns.column === undefined ? {} : { column: columns.column }),
      ...{ value: number(columns.value), expected: number(columns.expected) },
      ...{ lower: number(columns.lower), upper: number(columns.upper), score: number(columns.score) },
      ...(typeof reason === 'string' ? { reason: reason.slice(0, MAX_REASON) } : {}),
    })
    if (this.#alerts.length > MAX_ALERTS) this.#alerts.shift()
    this.#noteAlert(series)
  }

  /** Where there is no more room, only a series with an alert takes the place of another. */
  #mayBegin(isAnomaly: boolean): boolean {
    return isAnomaly || this.#series.size < MAX_SERIES
  }

  #begin(name: string): Series {
    if (this.#series.size >= MAX_SERIES) this.#forgetOne()
    const points = new Float64Array(WIDTH * POINTS)
    const series = { points, count: 0, lastMs: Number.NEGATIVE_INFINITY, alerted: false }
    this.#series.set(name, series)
    return series
  }

  #noteAlert(name: string): void {
    const series = this.#series.get(name) ?? this.#begin(name)
    series.alerted = true
    // The alert of those before it is older.
    this.#series.delete(name)
    this.#series.set(name, series)
  }

  /** One without alerts, or the one whose alert is oldest. */
  #forgetOne(): void {
    let oldest: string | undefined
    for (const [name, { alerted }] of this.#series) {
      oldest ??= name
      if (alerted) continue
      oldest = name
      break
    }
    this.#series.delete(oldest!)
  }
}

/** A log of what the sinks of a job get from now on. */
export function watchAlerts({ sinks }: Pick<Dataflow, 'sinks'>, planned: PlannedJob): AlertLog {
  const log = new AlertLog()
  for (const runner of sinks) {
    const scored = scoredColumnsOf(planned.plan, inputOf(planned, runner.id))
    if (scored.length > 0) runner.watchers.push(batch => log.see(batch, runner.sink.label, scored))
  }
  return log
}

/** Reads single rows of a batch. */
class RowReader {
  readonly batch: Batch
  readonly columns: ScoredColumns
  readonly #timeMs = new Float64Array(1)
  readonly #row = new Uint32Array(1)
  readonly #prefix: string

  constructor(batch: Batch, columns: ScoredColumns) {
    this.batch = batch
    this.columns = columns
    this.#prefix = columns.column ?? ''
  }

  seriesAt(row: number): string {
    const labels = this.columns.labels.map(
      ({ name, at }) => `${name}=${cellAt(this.batch.columns[at]!, row)}`,
    )
    return shortName([this.#prefix, ...labels].filter(part => part !== '').join(' '))
  }

  timeMsAt(row: number): number {
    this.#row[0] = row
    eventTimesMs(this.batch.columns[this.columns.time]!, 1, this.#row, this.#timeMs)
    return this.#timeMs[0]!
  }

  /** NaN for null and for a column that is not there. */
  numberAt(column: number, row: number): number {
    if (column < 0) return Number.NaN
    const cell = cellAt(this.batch.columns[column]!, row)
    return cell === null ? Number.NaN : Number(cell)
  }

  isAnomaly(row: number): boolean {
    const { anomaly } = this.columns
    if (anomaly < 0) return true
    const column = this.batch.columns[anomaly]!
    return !isNullAt(column, row) && bitAt(column.values as Uint8Array, row)
  }
}

function alertRows(batch: Batch, { anomaly }: ScoredColumns): number[] {
  const found: number[] = []
  const count = rowCount(batch)
  const column = batch.columns[anomaly]
  for (let i = 0; i < count; i++) {
    const row = rowAt(batch, i)
    if (!column || (bitAt(column.values as Uint8Array, row) && !isNullAt(column, row))) found.push(row)
  }
  return found
}

/** Keys are data of any length; those that differ only where they are cut stay apart. */
function shortName(name: string): string {
  if (name.length <= MAX_NAME) return name
  const digest = process.getBuiltinModule('node:crypto').hash('sha256', name).slice(0, 8)
  return `${name.slice(0, MAX_NAME - 12).toWellFormed()}… #${digest}`
}

const nullable = (value: number): number | null => (Number.isNaN(value) ? null : value)
