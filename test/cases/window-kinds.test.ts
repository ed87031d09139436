/**
 * Windows of every kind against their definitions, applied row by row: which windows a row lies in, and which of these the
 * watermark of its own split had passed.
 */

import { expect, it } from 'vitest'
import type { RowOf } from '../../src/core/types/row.ts'
import {
  type Bounds,
  count,
  countWindow,
  cumulate,
  type Dataset,
  first,
  globalWindow,
  last,
  lit,
  max,
  read,
  session,
  sliding,
  sum,
  tumbling,
} from '../../src/index.ts'
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

/**
 * Sessions as they are defined: spans from a row's time, or from the watermark that it found, until the gap has passed;
 * those that touch are one.
 */
function inSessions(rows: readonly Row[], gapMs: number, passed?: readonly number[]) {
  const spans = rows.flatMap((row, i) => {
    const ms = row.at.getTime()
    const late = passed !== undefined && ms + gapMs < passed[i]!
    return late ? [] : [{ row, from: Math.max(ms, passed?.[i] ?? ms), end: ms + gapMs }]
  })
  const sessions = [...Map.groupBy(spans, ({ row }) => row.key).values()].flatMap(own => {
    const joined: (typeof spans)[] = []
    let end = Number.NEGATIVE_INFINITY
    for (const span of own.sort((a, b) => a.from - b.from)) {
      if (span.from > end) joined.push([])
      joined.at(-1)!.push(span)
      end = Math.max(end, span.end)
    }
    return joined.map(session => session.map(({ row }) => row))
  })
  return sessions.flatMap(own => {
    const times = own.map(({ at }) => at.getTime())
    const bounds = [Math.min(...times), Math.max(...times) + gapMs] as const
    return windowed(own, () => [bounds])
  })
}
const byEnd = <R extends { windowEnd: Date; key: string | null }>(rows: readonly R[]): R[] =>
  [...rows].sort(
    (a, b) => a.windowEnd.getTime() - b.windowEnd.getTime() || ((a.key ?? '~') < (b.key ?? '~') ? -1 : 1),
  )

verbCase('sessions, which rows out of order join, and rows behind the watermark join where they are open', {
  schema,
  rows,
  query: d => timed(d).window(session('5s')).agg(aggregates),
  expect: byEnd(inSessions(rows, 5000)),
  unbounded: byEnd(inSessions(rows, 5000, passed)),
})

const inWay = (rows: readonly object[], way: number) => rows.map(row => ({ ...row, way }))
const allowed = passed.map(ms => ms - 6000)

verbCase('sessions with early results and with corrections, also by rows that join what was given', {
  schema,
  rows,
  query: d => {
    const ways = [{ emit: 'onChange' }, { emit: { every: '4s' } }, { allowedLateness: '6s' }] as const
    return ways
      .map((way, i) =>
        timed(d)
          .window(session('5s'), way)
          .agg(aggregates)
          .with({ way: () => lit(i) }),
      )
      .reduce((all, one) => all.union(one))
  },
  expect: [0, 1, 2].flatMap(way => inWay(inSessions(rows, 5000), way)),
  unbounded: [
    ...inWay(inSessions(rows, 5000, passed), 0),
    ...inWay(inSessions(rows, 5000, passed), 1),
    ...inWay(inSessions(rows, 5000, allowed), 2),
  ],
  ordered: false,
})

verbCase('sessions to the microsecond: rows a gap apart are together; and by windows of their starts', {
  schema: { at: 'timestamp[us]', key: 'utf8' },
  rows: [
    { at: 100_000n, key: 'a' },
    { at: 100_250n, key: 'b' },
    { at: 110_000n, key: 'a' },
    { at: 110_251n, key: 'b' },
    { at: 119_999n, key: 'a' },
    { at: 130_000n, key: 'a' },
  ],
  query: d =>
    d
      .watermark('at')
      .groupBy('key')
      .window(session('10ms'))
      .agg({ n: count(), from: first('at') })
      .filter(r => r.windowStart.eq(r.from))
      .groupBy('key')
      .window(tumbling('1s'))
      .agg({ sessions: count(), rows: sum('n'), last: last('n') }),
  expect: [
    { key: 'a', windowStart: new Date(0), windowEnd: new Date(1000), sessions: 2, rows: 4, last: 1 },
    { key: 'b', windowStart: new Date(0), windowEnd: new Date(1000), sessions: 2, rows: 2, last: 1 },
  ],
})

const HOUR_MS = 3_600_000
const hourly = rows.map(row => ({ ...row, key: null, at: new Date(row.at.getTime() * 3600) }))
const hourlyPassed = watermarks(hourly, 2 * HOUR_MS)

/** By kind, how many windows there are, and what their rows come to. */
function ofEveryKind(passed?: readonly number[]) {
  const timely = hourly.filter(({ at }, i) => !passed || at.getTime() >= passed[i]!)
  const ordered = timely.sort((a, b) => a.at.getTime() - b.at.getTime() || a.x - b.x)
  const counted = ordered
    .map((_, i) => ordered.slice(i, i + 5))
    .filter((of, i) => i % 2 === 0 && of.length === 5)
    .map(of => ({ n: of.length, total: of.reduce((total, { x }) => total + x, 0) }))
  return [
    // Clocks in Paris were an hour ahead of UTC all year.
    windowed(hourly, slidingWindows(24 * HOUR_MS, 24 * HOUR_MS, 0), passed),
    windowed(hourly, slidingWindows(10 * HOUR_MS, 4 * HOUR_MS, 0), passed),
    windowed(hourly, growingWindows(24 * HOUR_MS, 6 * HOUR_MS), passed),
    inSessions(hourly, 5 * HOUR_MS, passed),
    counted,
  ].map((windows, kind) => ({
    windows: windows.length,
    n: windows.reduce((sum, { n }) => sum + n, 0),
    total: windows.reduce((sum, { total }) => sum + total, 0),
    kind,
  }))
}

verbCase('windows of every kind without keys, in a time zone and over it', {
  schema,
  rows: hourly,
  query: d => {
    const hours = d.watermark('at', { outOfOrder: '2h' })
    const kinds = [
      tumbling('1d', { timeZone: 'Europe/Paris', offset: '1h' }),
      sliding('10h', { every: '4h' }),
      cumulate('1d', { every: '6h' }),
      session('5h'),
      countWindow(5, { every: 2 }),
    ] as const
    return kinds
      .map((kind, i) =>
        hours
          .groupBy()
          .window(kind)
          .agg({ n: count(), total: sum('x') })
          .groupBy()
          .window(globalWindow())
          .agg({ windows: count(), n: sum('n'), total: sum('total') })
          .with({ kind: () => lit(i) }),
      )
      .reduce((all, one) => all.union(one))
  },
  expect: ofEveryKind(),
  unbounded: ofEveryKind(hourlyPassed),
  ordered: false,
})

it.each([
  ['fillGaps', 'NO_WINDOW', sliding('10s', { every: '2s' })],
  ['fillGaps', 'NO_WINDOW', cumulate('10s', { every: '2s' })],
  ['fillGaps', 'NO_WINDOW', tumbling('1 month', { timeZone: 'UTC' })],
  ['fillGaps', 'NO_WINDOW', session('10s')],
  ['fillGaps', 'NO_WINDOW', countWindow(10)],
  ['fillGaps', 'NO_WINDOW', globalWindow()],
  ['detect', 'NO_EVENT_TIME', globalWindow()],
] as const)('%s is a %s behind windows that do not have what it needs: %o', (verb, code, window) => {
  const windows = read.rows(rows, schema).watermark('at').groupBy('key').window(window).agg({ n: count() })
  expect(() => (verb === 'fillGaps' ? windows.fillGaps() : windows.detect('n'))).toThrow(
    expect.objectContaining({ name: 'PlanError', code }),
  )
})

verbCase('one window of all time closes at the end, and is there without rows where there are no keys', {
  schema,
  rows,
  query: d => {
    const totals = { n: count(), total: sum('x') }
    const none = d
      .filter(r => r.x.lt(0))
      .window(globalWindow())
      .agg(totals)
    const each = d.groupBy('key').window(globalWindow()).agg(totals)
    return none.union(each.select('n', 'total'))
  },
  expect: [
    { n: 0, total: null },
    ...['a', 'b', null].map(key => {
      const own = rows.filter(row => row.key === key)
      return { n: own.length, total: own.reduce((total, { x }) => total + x, 0) }
    }),
  ],
  ordered: false,
})
