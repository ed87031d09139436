/** Windows of event time, and the rows in them as SQL. */

import { type ColumnType, isTimestamp } from '../../src/core/types/column-type.ts'
import { type Column, columnOf, Senseless, type Shape } from './plan.ts'
import type { Random } from './random.ts'
import { epochUs, floorDivided, quoted } from './sql-names.ts'
import { columnList, keySql, PLACE, type SqlInput, timelyRows, timeMsOf, watermarkSql } from './verb.ts'
import { instantOf, localOf, ZONES } from './zones.ts'

export type Windows =
  | { readonly kind: 'tumbling'; readonly sizeMs: number; readonly offsetMs: number }
  | {
      readonly kind: 'sliding' | 'cumulate'
      readonly sizeMs: number
      readonly everyMs: number
      readonly offsetMs: number
    }
  /** Days, weeks or months where clocks are put forward and back. */
  | { readonly kind: 'calendar'; readonly unit: 'day' | 'week' | 'month'; readonly zone: string }
  | { readonly kind: 'session'; readonly gapMs: number }
  | { readonly kind: 'count'; readonly rows: number; readonly every: number }
  | { readonly kind: 'global' }

export interface WindowParameters {
  readonly windows: Windows
  /** As a program has it. */
  readonly emit?: string
  readonly allowedMs?: number
}

const EMITS = ["'onChange'", '{ every: 20_000 }', '{ every: 3_600_000 }', '{ rows: 1 }', '{ rows: 3 }']

export function randomWindow(random: Random): WindowParameters {
  const windows = randomWindows(random)
  if (windows.kind === 'count') return { windows }
  if (windows.kind === 'session') {
    return {
      windows,
      ...(random.chance(0.3) ? { emit: random.pick(EMITS.filter(emit => !emit.includes('rows'))) } : {}),
      ...(random.chance(0.2) ? { allowedMs: random.pick([1000, 60_000, 3_600_000]) } : {}),
    }
  }
  return {
    windows,
    ...(random.chance(0.3) ? { emit: random.pick(EMITS) } : {}),
    ...(windows.kind !== 'global' && random.chance(0.2)
      ? { allowedMs: random.pick([1000, 60_000, 3_600_000]) }
      : {}),
  }
}

function randomWindows(random: Random): Windows {
  const kind = random.weighted({
    tumbling: 5,
    calendar: 1.5,
    sliding: 2,
    cumulate: 1.5,
    session: 1.5,
    count: 1.5,
    global: 0.5,
  })
  const sizeMs = random.pick([60_000, 3_600_000, 86_400_000])
  const offset = random.chance(0.2)
  switch (kind) {
    case 'tumbling': {
      const size = random.pick([1000, sizeMs])
      return { kind, sizeMs: size, offsetMs: offset ? size / 4 : 0 }
    }
    case 'sliding': {
      const everyMs = sizeMs / random.pick([1, 2, 2.5, 5])
      return { kind, sizeMs, everyMs, offsetMs: offset ? everyMs / 4 : 0 }
    }
    case 'cumulate':
      return { kind, sizeMs, everyMs: sizeMs / random.int(1, 5), offsetMs: offset ? sizeMs / 4 : 0 }
    case 'calendar':
      return { kind, unit: random.pick(['day', 'week', 'month'] as const), zone: random.pick(ZONES) }
    case 'session':
      return { kind, gapMs: random.pick([1000, 60_000, 3_600_000]) }
    case 'count': {
      const rows = random.int(1, 6)
      return { kind, rows, every: random.int(1, rows) }
    }
    default:
      return { kind: 'global' }
  }
}

export function windowCode({ windows, emit, allowedMs }: WindowParameters): string {
  const options = [
    ...(emit === undefined ? [] : [`emit: ${emit}`]),
    ...(allowedMs === undefined ? [] : [`allowedLateness: ${allowedMs}`]),
  ]
  const given = options.length > 0 ? `, { ${options.join(', ')} }` : ''
  return `.window(${windowsCode(windows)}${given})`
}

function windowsCode(windows: Windows): string {
  switch (windows.kind) {
    case 'tumbling':
      return `tumbling(${windows.sizeMs}, { offset: ${windows.offsetMs} })`
    case 'calendar':
      return `tumbling('1 ${windows.unit}', { timeZone: '${windows.zone}' })`
    case 'session':
      return `session(${windows.gapMs})`
    case 'count':
      return `countWindow(${windows.rows}, { every: ${windows.every} })`
    case 'global':
      return 'globalWindow()'
    default:
      return `${windows.kind}(${windows.sizeMs}, { every: ${windows.everyMs}, offset: ${windows.offsetMs} })`
  }
}

/** Whether rows leave before a window closes, or are corrected: a changelog. @throws Senseless */
export function isCorrected({ windows, emit, allowedMs }: WindowParameters, input: Shape): boolean {
  if (windows.kind === 'global' && emit?.includes('every') && input.eventTime === undefined)
    throw new Senseless('no event time')
  return !input.bounded && (emit !== undefined || allowedMs !== undefined)
}

export const hasBounds = ({ windows }: WindowParameters): boolean => windows.kind !== 'global'

/** In how many windows a row lies at most. */
export const windowsOfRow = ({ windows }: WindowParameters): number =>
  'everyMs' in windows
    ? Math.ceil(windows.sizeMs / windows.everyMs)
    : windows.kind === 'count'
      ? Math.ceil(windows.rows / windows.every)
      : 1

/** Whether SQL can say which rows windows have: sessions depend on which of late rows find one open. */
export const knowsWindows = ({ windows }: WindowParameters, input: Shape): boolean =>
  (windows.kind !== 'session' && windows.kind !== 'count') ||
  ((windows.kind === 'count' || !input.lateness) &&
    columnOf(input, input.eventTime!).type !== 'timestamp[ns]')

/** Of the type of event time, or of a finer one when seconds do not tell them. */
export function boundsOf({ type }: Column, { windows }: WindowParameters): Column[] {
  if (!isTimestamp(type) && type !== 'date') throw new Senseless('no event time')
  const fine = Object.entries(windows).some(([name, ms]) => name.endsWith('Ms') && ms % 1000 !== 0)
  const bound: ColumnType = type === 'date' || (type === 'timestamp[s]' && fine) ? 'timestamp[ms]' : type
  return ['windowStart', 'windowEnd'].map(name => ({ name, type: bound, nullable: false }))
}

/** Event time in µs, and the start of the pane of a size that it lies in. */
const timeUs = (shape: Shape): string => {
  const { name, type } = columnOf(shape, shape.eventTime!)
  return epochUs(quoted(name), type)
}

function paneUs(shape: Shape, sizeMs: number, offsetMs: number): string {
  const size = sizeMs * 1000
  const moved = `(${timeUs(shape)} - ${offsetMs * 1000})`
  return `(${moved} - ((${moved} % ${size}) + ${size}) % ${size} + ${offsetMs * 1000})`
}

/** Where the calendar's window of event time begins and ends, µs. */
function calendarUs({ unit, zone }: Extract<Windows, { kind: 'calendar' }>, shape: Shape): [string, string] {
  const begins = `date_trunc('${unit}', ${localOf(`make_timestamp(${timeUs(shape)})`, zone)})`
  const us = (local: string) => `epoch_us(${instantOf(local, zone)})`
  return [us(begins), us(`(${begins} + INTERVAL 1 ${unit})`)]
}

/** The rows that are not late, once for each window, whose bounds are `"~ws"` and `"~we"`, µs; by their keys. */
export function rowsInWindows(
  parameters: WindowParameters,
  keys: readonly string[],
  { from, shape }: SqlInput,
): string {
  const { windows, allowedMs = 0 } = parameters
  if (windows.kind === 'global') return from
  if (windows.kind === 'count') return rowsInCounts(parameters, keys, { from, shape })
  if (windows.kind === 'session') return rowsInSessions(windows.gapMs, keys, { from, shape })
  const timely = `${PLACE.seen} IS NULL OR "~we" + ${allowedMs * 1000} > ${PLACE.seen}`
  const of = (start: string, end: string, more = '') =>
    `(SELECT * FROM (SELECT *, ${start} AS "~ws", ${end} AS "~we" FROM ${from}${more}) WHERE ${timeUs(shape)} < "~we" AND (${timely}))`
  if (windows.kind === 'calendar') return of(...calendarUs(windows, shape))
  const size = windows.sizeMs * 1000
  if (windows.kind === 'tumbling') {
    const start = paneUs(shape, windows.sizeMs, windows.offsetMs)
    return of(start, `${start} + ${size}`)
  }
  const every = windows.everyMs * 1000
  const numbers = (count: number) => `, range(${count}) AS windows("~w")`
  if (windows.kind === 'cumulate') {
    const start = paneUs(shape, windows.sizeMs, windows.offsetMs)
    return of(start, `${start} + ("~w" + 1) * ${every}`, numbers(windowsOfRow(parameters)))
  }
  const start = `${paneUs(shape, windows.everyMs, windows.offsetMs)} - "~w" * ${every}`
  return of(start, `${start} + ${size}`, numbers(windowsOfRow(parameters)))
}

/** With the place of a window's last row, `"~lo"`. */
function rowsInCounts(
  parameters: WindowParameters,
  keys: readonly string[],
  input: Pick<SqlInput, 'from' | 'shape'>,
): string {
  const { rows, every } = parameters.windows as Extract<Windows, { kind: 'count' }>
  const { shape } = input
  const by = keys.map(key => keySql(shape, key))
  const partition = (more: readonly string[]) => {
    const all = [...by, ...more]
    return all.length > 0 ? `PARTITION BY ${all.join(', ')} ` : ''
  }
  const order = `ORDER BY ${quoted(shape.eventTime!)}, ${PLACE.order}`
  const numbered = `SELECT *, row_number() OVER (${partition([])}${order}) - 1 AS "~i" FROM ${timelyRows(input as SqlInput)}`
  const placed = `SELECT *, "~i" // ${every} - "~w" AS "~j" FROM (${numbered}), range(${windowsOfRow(parameters)}) AS windows("~w")`
  const inside = `SELECT * FROM (${placed}) WHERE "~j" >= 0 AND "~i" < "~j" * ${every} + ${rows}`
  const whole = `OVER (${partition(['"~j"'])}${order} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)`
  const bounds = [
    `first_value(${timeUs(shape)}) ${whole} AS "~ws"`,
    `last_value(${timeUs(shape)}) ${whole} AS "~we"`,
    `last_value(${PLACE.order}) ${whole} AS "~lo"`,
    `count(*) ${whole} AS "~n"`,
  ]
  return `(SELECT * FROM (SELECT *, ${bounds.join(', ')} FROM (${inside})) WHERE "~n" = ${rows})`
}

function rowsInSessions(
  gapMs: number,
  keys: readonly string[],
  { from, shape }: Pick<SqlInput, 'from' | 'shape'>,
): string {
  const us = timeUs(shape)
  const partition = keys.map(key => `${keySql(shape, key)}`)
  const by = partition.length ? `PARTITION BY ${partition.join(', ')} ` : ''
  const begins = `SELECT *, coalesce(${us} - lag(${us}) OVER (${by}ORDER BY ${us}) > ${gapMs * 1000}, true) AS "~begins" FROM ${from}`
  const numbered = `SELECT *, count(*) FILTER (WHERE "~begins") OVER (${by}ORDER BY ${us}) AS "~session" FROM (${begins})`
  const session = `OVER (PARTITION BY ${[...partition, '"~session"'].join(', ')})`
  return `(SELECT *, min(${us}) ${session} AS "~ws", max(${us}) ${session} + ${gapMs * 1000} AS "~we" FROM (${numbered}))`
}

/** The rows that are late for all of their windows. */
export function lateSql({ windows, allowedMs = 0 }: WindowParameters, { from, shape }: SqlInput): string {
  const late = `(SELECT * FROM ${from} WHERE ${PLACE.seen} IS NOT NULL AND ${lateTest(windows, allowedMs, shape)})`
  const columns = `${columnList(shape.columns)}, ${PLACE.order}, ${PLACE.seen}, ${PLACE.split}`
  if (shape.outOfOrderMs === undefined) return `SELECT ${columns} FROM ${late}`
  return watermarkSql(shape, late, shape.eventTime!, shape.outOfOrderMs)
}

function lateTest(windows: Windows, allowedMs: number, shape: Shape): string {
  switch (windows.kind) {
    case 'global':
      return 'false'
    case 'session':
      return `(${timeMsOf(shape)} + ${windows.gapMs + allowedMs}) * 1000 < ${PLACE.seen}`
    case 'count':
      return `${timeMsOf(shape)} < ${floorDivided(PLACE.seen, 1000)}`
    case 'calendar':
      return `${calendarUs(windows, shape)[1]} + ${allowedMs * 1000} <= ${PLACE.seen}`
    default: {
      const pane = windows.kind === 'sliding' ? windows.everyMs : windows.sizeMs
      const openUs = (windows.sizeMs + allowedMs) * 1000
      return `${paneUs(shape, pane, windows.offsetMs)} + ${openUs} <= ${PLACE.seen}`
    }
  }
}
