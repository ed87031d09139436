/** A line on the terminal that says how far a job is. */

import type { Progress } from '../index.ts'

/** Where the line goes: stderr. */
export interface Terminal {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export interface ProgressLineOptions {
  /** Default: stderr. */
  readonly terminal?: Terminal
  /** Prints a line for every report where there is no terminal; silent there otherwise. */
  readonly always?: boolean | undefined
}

/** What `onProgress` takes, and how to take the line away again. */
export function progressLine({ terminal = process.stderr, always = false }: ProgressLineOptions = {}) {
  let shown = false
  return {
    onProgress(progress: Progress): void {
      const text = progressText(progress)
      if (terminal.isTTY) {
        terminal.write(`\r\x1b[2K${text.slice(0, Math.max(1, (terminal.columns || 80) - 1))}`)
        shown = true
      } else if (always) terminal.write(`${text}\n`)
    },
    clear(): void {
      if (shown) terminal.write('\r\x1b[2K')
      shown = false
    },
  }
}

/** Rows, rows a second, event time, watermark and time left, in one line. */
export function progressText(progress: Progress): string {
  const { rowsIn, rowsTotal, elapsedMs, eventTimeMs, watermarkMs } = progress
  const perSecond = elapsedMs > 0 ? (rowsIn * 1000) / elapsedMs : 0
  const parts = [`${rowsIn.toLocaleString('en-US')} rows`, `${large(perSecond)} rows/s`]
  if (eventTimeMs !== undefined) parts.push(`at ${minute(eventTimeMs)}`)
  if (watermarkMs !== undefined) parts.push(`watermark ${minute(watermarkMs)}`)
  if (rowsTotal !== undefined && rowsTotal > 0) {
    parts.push(`${Math.floor((100 * rowsIn) / rowsTotal)} %`)
    if (perSecond > 0 && rowsIn < rowsTotal) parts.push(`${seconds((rowsTotal - rowsIn) / perSecond)} left`)
  }
  return parts.join('   ')
}

/** `12.3 M`, `456 k`, `78`. */
export function large(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} M`
  return value >= 1e3 ? `${Math.round(value / 1e3)} k` : String(Math.round(value))
}

function minute(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return 'end'
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? '–' : date.toISOString().slice(0, 16).replace('T', ' ')
}

const seconds = (value: number): string =>
  value < 90
    ? `${Math.ceil(value)} s`
    : value < 5400
      ? `${Math.round(value / 60)} min`
      : `${(value / 3600).toFixed(1)} h`
