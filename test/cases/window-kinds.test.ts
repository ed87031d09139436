/**
 * Windows of every kind against their definitions, applied row by row: which windows a row lies in, and which of these the
 * watermark of its own split had passed.
 */

import type { RowOf } from '../../src/core/types/row.ts'
import { type Bounds, count, cumulate, type Dataset, first, max, sliding, sum } from '../../src/index.ts'
import { verbCase } from './verb-case.ts'

const schema = { at: 'timestamp[us]', key: 'utf8', x: 'int32' } as const
type Input<B extends Bounds> = Dataset<RowOf<typeof schema>, B>

type Row = { readonly at: Date; readonly key: string | null; readonly x: number }

/** Rows at seconds, around 1970: one key in most places, another here and there, a third for a moment. */
const rowsAt = (seconds: readonly number[]): Row[] =>
  seconds.map((s, i) => ({
    at: new Date(s * 1000),
    key: i % 7 === 3 ? null : i % 3 ? 'a' : 'b',
    x: i,
  }))

/** The watermark that each row found: the latest time before it, less the allowance. */
function watermarks(rows: readonly Row[], allowedMs: number): number[] {
  let latest = Number.NEGATIVE_INFINITY
  return rows.map(({ at }) => {
    const before = latest - allowedMs
    latest = Math.max(latest, at.getTime())
    return before
  })
}

type Windows = (timeMs: number) => readonly (readonly [startMs: number, endMs: number])[]

/** What windows make of rows; `passed` are the watermarks that rows found. */
function windowed(rows: readonly Row[], windowsOf: Windows, passed?: readonly number[]) {
  const groups = new Map<string, { start: number; end: number; key: string | null; rows: Row[] }>()
  rows.forEach((row, i) => {
    for (const [start, end] of windowsOf(row.at.getTime())) {
      if (passed && end <= passed[i]!) continue
      const id = `${end} ${row.key}`
      const group = groups.get(id) ?? { start, end, key: row.key, rows: [] }
      group.rows.push(row)
      groups.set(id, group)
    }
  })
  const byKey = (a: string | null, b: string | null) =>
    a === b ? 0 : b === null || (a !== null && a < b) ? -1 : 1
  return [...groups.values()]
    .sort((a, b) => a.end - b.end || byKey(a.key, b.key))
    .map(({ start, end, key, rows }) => ({
      key,
      windowStart: new Date(start),
      windowEnd: new Date(end),
      n: rows.length,
      total: rows.reduce((total, { x }) => total + x, 0),
      most: Math.max(...rows.map(({ x }) => x)),
      first: [...rows].sort((a, b) => a.at.getTime() - b.at.getTime())[0]!.x,
    }))
}

const aggregates = { n: count(), total: sum('x'), most: max('x'), first: first('x') } as const

const slidingWindows =
  (sizeMs: number, everyMs: number, offsetMs: number): Windows =>
  timeMs => {
    const windows: [number, number][] = []
    let start = Math.floor((timeMs - offsetMs) / everyMs) * everyMs + offsetMs
    for (; start + sizeMs > timeMs; start -= everyMs) windows.push([start, start + sizeMs])
    return windows
  }

const growingWindows =
  (maxMs: number, everyMs: number): Windows =>
  timeMs => {
    const start = Math.floor(timeMs / maxMs) * maxMs
    const windows: [number, number][] = []
    for (let end = start + everyMs; end <= start + maxMs; end += everyMs)
      if (end > timeMs) windows.push([start, end])
    return windows
  }

// Dense, then a gap, then steps back: within the allowance of 2 s, beyond it, and far behind.
const seconds = [
  -21, -20, -20, -17, -18, -16, -13, -14, -9, -12, -4, -8, 0, -1, 3, 2, -9, 5, 4, 8, 1, 60, 58, 59, 51, 62,
  70, 61, 66, 9, 71, 64, 75, 90,
]
const rows = rowsAt(seconds)
const passed = watermarks(rows, 2000)
const timed = <B extends Bounds>(d: Input<B>) => d.watermark('at', { outOfOrder: '2s' }).groupBy('key')

verbCase('sliding windows whose size is no multiple of their step; rows late for some of their windows', {
  schema,
  rows,
  query: d =>
    timed(d)
      .window(sliding('10s', { every: '4s', offset: '1s' }))
      .agg(aggregates),
  expect: windowed(rows, slidingWindows(10_000, 4000, 1000)),
  unbounded: windowed(rows, slidingWindows(10_000, 4000, 1000), passed),
})

verbCase('sliding windows of many panes', {
  schema,
  rows,
  query: d =>
    timed(d)
      .window(sliding('30s', { every: '1s' }))
      .agg(aggregates),
  expect: windowed(rows, slidingWindows(30_000, 1000, 0)),
  unbounded: windowed(rows, slidingWindows(30_000, 1000, 0), passed),
})

verbCase('windows that grow, and begin anew', {
  schema,
  rows,
  query: d =>
    timed(d)
      .window(cumulate('20s', { every: '5s' }))
      .agg(aggregates),
  expect: windowed(rows, growingWindows(20_000, 5000)),
  unbounded: windowed(rows, growingWindows(20_000, 5000), passed),
})

verbCase('sliding windows with early results, which come to the same', {
  schema,
  rows,
  query: d =>
    timed(d)
      .window(sliding('10s', { every: '4s', offset: '1s' }), { emit: 'onChange' })
      .agg(aggregates),
  expect: windowed(rows, slidingWindows(10_000, 4000, 1000)),
  unbounded: windowed(rows, slidingWindows(10_000, 4000, 1000), passed),
})

verbCase('late() of sliding windows holds the rows that none of their windows took', {
  schema,
  rows,
  query: d =>
    timed(d)
      .window(sliding('10s', { every: '4s', offset: '1s' }))
      .agg(aggregates)
      .late(),
  expect: [],
  unbounded: rows.filter(({ at }, i) =>
    slidingWindows(10_000, 4000, 1000)(at.getTime()).every(([, end]) => end <= passed[i]!),
  ),
})
