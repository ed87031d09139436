/** Reads a directory in the layout of the Numenta Anomaly Benchmark. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { LabelledSeries, RowWindow } from './score.ts'

/** Something about the directory that its owner has to mend. */
export class CorpusError extends Error {}

export interface CorpusSeries extends LabelledSeries {
  /** `<category>/<file>.csv` */
  readonly name: string
  /** Event times, ms since 1970: what the file says, taken for UTC. May repeat. */
  readonly timesMs: Float64Array
  /** NaN where the file says nothing. */
  readonly values: Float64Array
}

export interface Corpus {
  /** In order of their names. */
  readonly series: readonly CorpusSeries[]
  /** Labelled files without data and files without labels: neither is scored. */
  readonly leftOut: readonly string[]
}

const LABELS = join('labels', 'combined_windows.json')

/**
 * Reads `data/<category>/<file>.csv` and `labels/combined_windows.json`.
 *
 * A window goes from the first row with the time it begins at to the first row with the time it ends at, inclusive.
 *
 * @throws {CorpusError} where something is missing or is not what it should be.
 */
export function readCorpus(directory: string): Corpus {
  for (const part of ['data', LABELS]) {
    if (!existsSync(join(directory, part))) {
      throw new CorpusError(`${directory} has no ${part}: it must be laid out as NAB is`)
    }
  }
  const labels = readLabels(join(directory, LABELS))
  const files = csvFiles(join(directory, 'data'))
  const both = files.filter(name => labels.has(name))
  if (both.length === 0) throw new CorpusError(`no file in ${join(directory, 'data')} is named in ${LABELS}`)
  const series = both.map(name => readSeries(join(directory, 'data', name), name, labels.get(name)!))
  if (series.every(({ windows }) => windows.length === 0)) {
    throw new CorpusError(`${directory} has no window: there is nothing to find`)
  }
  const leftOut = [
    ...files.filter(name => !labels.has(name)),
    ...[...labels.keys()].filter(name => !files.includes(name)),
  ]
  return { series, leftOut: leftOut.sort() }
}

function csvFiles(data: string): string[] {
  return readdirSync(data)
    .filter(category => statSync(join(data, category)).isDirectory())
    .flatMap(category =>
      readdirSync(join(data, category))
        .filter(file => file.endsWith('.csv'))
        .map(file => `${category}/${file}`),
    )
    .sort()
}

/** Windows as pairs of times, ms, by file. */
function readLabels(file: string): Map<string, readonly (readonly [number, number])[]> {
  let parsed: unknown
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new CorpusError(`${file} is not JSON: ${(error as Error).message}`)
  }
  if (parsed === null || typeof parsed !== 'object') throw new CorpusError(`${file} is not an object`)
  return new Map(
    Object.entries(parsed).map(([name, windows]) => {
      if (!Array.isArray(windows)) throw new CorpusError(`${file}: the windows of ${name} are not a list`)
      return [
        name,
        windows.map(window => {
          const [first, last] = Array.isArray(window) ? window.map(utcMs) : []
          if (first === undefined || last === undefined || !(first <= last)) {
            throw new CorpusError(`${file}: ${name} has a window ${JSON.stringify(window)}`)
          }
          return [first, last] as const
        }),
      ]
    }),
  )
}

function readSeries(
  file: string,
  name: string,
  labels: readonly (readonly [number, number])[],
): CorpusSeries {
  const [head = '', ...lines] = readFileSync(file, 'utf8')
    .split('\n')
    .map(line => line.trim())
  while (lines.at(-1) === '') lines.pop()
  const names = head.split(',')
  const [time, value] = [names.indexOf('timestamp'), names.indexOf('value')]
  if (time < 0 || value < 0) throw new CorpusError(`${file} has columns ${head}, not timestamp and value`)
  const timesMs = new Float64Array(lines.length)
  const values = new Float64Array(lines.length)
  lines.forEach((line, i) => {
    const cells = line.split(',')
    timesMs[i] = utcMs(cells[time])
    values[i] = cells[value] ? Number(cells[value]) : Number.NaN
    if (Number.isNaN(timesMs[i])) throw new CorpusError(`${file}:${i + 2} has no time: ${line}`)
  })
  return { name, timesMs, values, rows: lines.length, windows: rowsOf(labels, timesMs, file) }
}

/** Rows of windows, in order. Times repeat: the first row that has a time is meant. */
function rowsOf(
  labels: readonly (readonly [number, number])[],
  timesMs: Float64Array,
  file: string,
): readonly RowWindow[] {
  const windows = labels
    .map(([from, to]) => ({ first: timesMs.indexOf(from), last: timesMs.indexOf(to) }))
    .sort((a, b) => a.first - b.first)
  windows.forEach(({ first, last }, i) => {
    if (first < 0 || last < first) throw new CorpusError(`${file}: a window begins or ends at no row`)
    if (i > 0 && first <= windows[i - 1]!.last) throw new CorpusError(`${file}: windows overlap`)
  })
  return windows
}

/** `2014-04-10 07:15:00`, with or without a fraction, as UTC; NaN for anything else. */
export function utcMs(text: unknown): number {
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)(\.\d+)?$/.exec(String(text))
  if (!match) return Number.NaN
  return Date.parse(`${match[1]}T${match[2]}Z`) + 1000 * Number(match[3] ?? 0)
}
