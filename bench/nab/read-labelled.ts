/**
 * Reads a directory of series whose rows are labelled one by one: CSV files with the columns TimeStamp, Value and Label
 * (1 where the row is anomalous), as Microsoft's cloud monitoring dataset has them (MIT licence).
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Corpus, CorpusError, type CorpusSeries, utcMs } from './read-corpus.ts'
import type { RowWindow } from './score.ts'

/** Labels with no more rows than this between them are of one event. */
const APART = 5
/** Rows after an event in which it may still be found: a detector knows no row before it has come. */
const REACH = 3

/**
 * Reads every `**\/*.csv`.
 *
 * @throws {CorpusError} where something is missing or is not what it should be.
 */
export function readLabelled(directory: string): Corpus {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(file =>
    file.endsWith('.csv'),
  )
  if (files.length === 0) throw new CorpusError(`${directory} has no CSV files`)
  return { series: files.sort().map(file => readSeries(join(directory, file), file)), leftOut: [] }
}

function readSeries(file: string, name: string): CorpusSeries {
  const [head = [], ...rows] = readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(cellsOf)
  const [time, value, label] = ['TimeStamp', 'Value', 'Label'].map(column => head.indexOf(column))
  if (time! < 0 || value! < 0 || label! < 0) {
    throw new CorpusError(`${file} has columns ${head.join()}, not TimeStamp, Value and Label`)
  }
  const timesMs = Float64Array.from(rows, cells => utcMs(cells[time!]?.replace(/Z$/, '')))
  const unknown = timesMs.findIndex(Number.isNaN)
  if (unknown >= 0) throw new CorpusError(`${file}:${unknown + 2} has no time: ${rows[unknown]!.join()}`)
  return {
    name,
    timesMs,
    values: Float64Array.from(rows, cells => (cells[value!] ? Number(cells[value!]) : Number.NaN)),
    rows: rows.length,
    windows: windowsOf(rows.map(cells => cells[label!] === '1')),
  }
}

/** There are no commas in the quotes of these files. */
const cellsOf = (line: string): string[] => line.split(',').map(cell => cell.trim().replace(/^"(.*)"$/, '$1'))

/** Events of labelled rows, with the rows after them in which they may be found. */
export function windowsOf(labelled: readonly boolean[]): RowWindow[] {
  const events: { first: number; last: number }[] = []
  labelled.forEach((anomalous, row) => {
    if (!anomalous) return
    const event = events.at(-1)
    if (event && row - event.last <= APART + 1) event.last = row
    else events.push({ first: row, last: row })
  })
  return events.map(({ first, last }) => ({ first, last: Math.min(last + REACH, labelled.length - 1) }))
}
