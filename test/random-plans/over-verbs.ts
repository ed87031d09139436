/** Columns computed from the rows around each row: SQL's OVER. */

import { isNumeric, isWide } from '../../src/core/types/column-type.ts'
import { checkUses, type Expression, knows, randomCondition, usable } from './expressions.ts'
import { type Column, columnOf, Senseless, type Shape } from './plan.ts'
import type { Random } from './random.ts'
import { duckdbType, epochUs, quoted } from './sql-names.ts'
import { columnList, following, items, keySql, PLACE, type SqlInput, timelyRows, type Verb } from './verb.ts'

const code = JSON.stringify

interface Function {
  readonly name: string
  readonly fn: string
  readonly of?: string
  readonly n?: number
  readonly where?: Expression
}

interface OverParameters {
  readonly by: readonly string[]
  /** Empty: by event time, or by place. */
  readonly orderBy: readonly { readonly name: string; readonly descending: boolean }[]
  readonly frame?:
    | { readonly rows: readonly [number | null, number | null] }
    | { readonly rangeMs: readonly [number | null, number | null] }
  readonly functions: readonly Function[]
}

const RANKS = ['rowNumber', 'rank', 'denseRank', 'ntile']
const SHIFTS = ['lag', 'lead']
const ENDS = ['firstValue', 'lastValue']
const FOLDS = ['count', 'sum', 'mean', 'min', 'max', 'countDistinct']
const ROW_FRAMES = [
  [-2, 0],
  [null, 0],
  [0, 0],
  [-1, 1],
  [null, -1],
  [-3, -1],
  [1, 2],
  [0, null],
  [null, null],
  [-1, null],
] as const
const RANGES_MS = [
  [-3_600_000, 0],
  [-60_000, 60_000],
  [null, -1000],
  [-7_200_000, -60_000],
  [0, null],
  [0, 0],
  [null, 60_000],
] as const

export const over: Verb<OverParameters> = {
  propose(random, input) {
    const columns = usable(input).filter(c => !c.unknown)
    if (columns.length === 0) return undefined
    const byTime = input.eventTime !== undefined && random.chance(0.6)
    const ordered = (by: readonly Column[], most: number) =>
      random.some(by, most).map(({ name }) => ({ name, descending: random.chance(0.4) }))
    const others = columns.filter(({ name }) => name !== input.eventTime)
    const orderBy = byTime
      ? random.chance(0.6)
        ? []
        : [{ name: input.eventTime!, descending: false }, ...ordered(others, random.pick([0, 1]))]
      : ordered(columns, random.pick([0, 1, 1, 2]))
    const kind = random.pick(['none', 'rows', 'rows', byTime ? 'range' : 'rows'])
    const names = random.some(['o1', 'o2', 'o3'], random.int(1, 3))
    return {
      by: random.some(columns, random.pick([0, 1, 1, 2])).map(({ name }) => name),
      orderBy,
      ...(kind === 'rows' ? { frame: { rows: random.pick(ROW_FRAMES) } } : {}),
      ...(kind === 'range' ? { frame: { rangeMs: random.pick(RANGES_MS) } } : {}),
      functions: names.map(name => randomFunction(random, name, input)),
    }
  },
  shape(parameters, [input]) {
    const { by, orderBy, functions } = parameters
    const read = [...by, ...orderBy.map(({ name }) => name)].map(name => columnOf(input!, name))
    if (read.some(c => c.approximate || c.unknown)) throw new Senseless('order by what is rounded')
    checkFrame(parameters, input!)
    const mode = modeOf(parameters, input!)
    if (mode !== 'bounded' && input!.interleaved) throw new Senseless('ties go by an order that there is not')
    if (mode !== 'bounded' && input!.changes && !input!.keys && functions.some(byPlace(parameters)))
      throw new Senseless('equal rows of a changelog are one, at the place of either')
    const made = functions.map(fn => columnFor(fn, input!))
    const columns = [...input!.columns, ...made]
    if (new Set(columns.map(c => c.name)).size < columns.length) throw new Senseless('a name twice')
    const shape = following(input!, { columns, nearSource: false, ...(by.length > 0 ? { keys: by } : {}) })
    if (mode === 'bounded') return shape
    if (mode === 'events') {
      const heldBack = waits(parameters)
      return { ...shape, lateness: false, sequenced: !heldBack, heldBack }
    }
    const { eventTime: _, windowMs: __, windowEnd: ___, ...timeless } = shape
    return { ...timeless, changes: true, lateness: false, sequenced: false, interleaved: true }
  },
  code({ by, orderBy, frame, functions }) {
    const order = orderBy.map(({ name, descending }) => `[${code(name)}${descending ? ", 'desc'" : ''}]`)
    const bound = (ms: number | null) => (ms === null ? 'null' : `${ms}`)
    const options = [
      ...(by.length > 0 ? [`by: ${code(by)}`] : []),
      ...(order.length > 0 ? [`orderBy: [${order.join(', ')}]`] : []),
      ...(frame && 'rows' in frame ? [`rows: ${code(frame.rows)}`] : []),
      ...(frame && 'rangeMs' in frame ? [`range: [${frame.rangeMs.map(bound).join(', ')}]`] : []),
    ]
    const list = functions.map(({ name, fn, of, n, where }) => {
      const args = [...(of === undefined ? [] : [code(of)]), ...(n === undefined ? [] : [n])]
      return `${code(name)}: ${fn}(${args.join(', ')})${where ? `.where(r => ${where.code})` : ''}`
    })
    return `.over({ ${options.join(', ')} }, { ${list.join(', ')} })`
  },
  sql(parameters, [input]) {
    const { shape } = input!
    const mode = modeOf(parameters, shape)
    const from = mode === 'events' ? timelyRows(input!) : input!.from
    const made = parameters.functions.map((fn): [string, string] => [
      functionSql(fn, parameters, input!),
      fn.name,
    ])
    if (mode !== 'events') return `SELECT *, ${items(made)} FROM ${from}`
    const order = `row_number() OVER (ORDER BY ${quoted(shape.eventTime!)}, ${PLACE.order})`
    return `SELECT ${columnList(shape.columns)}, ${items(made)}, ${order} AS ${PLACE.order}, NULL::BIGINT AS ${PLACE.seen}, ${PLACE.split} FROM ${from}`
  },
}

function randomFunction(random: Random, name: string, input: Shape): Function {
  const columns = usable(input).filter(c => !c.unknown)
  const fn = random.pick([...RANKS, ...SHIFTS, ...ENDS, ...FOLDS, ...FOLDS])
  if (fn === 'ntile') return { name, fn, n: random.int(1, 4) }
  if (RANKS.includes(fn)) return { name, fn }
  const of = random.pick(columns)
  if (SHIFTS.includes(fn)) return { name, fn, of: of.name, n: random.int(1, 2) }
  if (ENDS.includes(fn)) return { name, fn, of: of.name }
  const where = random.chance(0.25) ? { where: randomCondition(random, input, 1) } : {}
  if ((fn === 'sum' || fn === 'mean') && !isNumeric(of.type)) return { name, fn: 'count', ...where }
  return { name, fn, of: of.name, ...where }
}

type Mode = 'bounded' | 'events' | 'changes'

function modeOf({ orderBy }: OverParameters, input: Shape): Mode {
  if (input.bounded) return 'bounded'
  if (input.changes || input.eventTime === undefined) return 'changes'
  const [first] = orderBy
  return !first || (first.name === input.eventTime && !first.descending) ? 'events' : 'changes'
}

function waits({ functions, frame }: OverParameters): boolean {
  const [, to] = frame ? ('rows' in frame ? frame.rows : frame.rangeMs) : [null, 0]
  return functions.some(({ fn }) => fn === 'lead' || (isFold(fn) && (to === null || to > 0)))
}

/** Whether a function goes by the order of rows that tie. */
const byPlace =
  ({ frame, orderBy }: OverParameters) =>
  ({ fn }: Function): boolean =>
    orderBy.length === 0 || frame !== undefined || ['rowNumber', 'ntile', ...SHIFTS, ...ENDS].includes(fn)

const isFold = (fn: string): boolean => !RANKS.includes(fn) && !SHIFTS.includes(fn)

function checkFrame(parameters: OverParameters, input: Shape): void {
  const { frame, functions, orderBy } = parameters
  const mode = modeOf(parameters, input)
  if (frame && 'rangeMs' in frame) {
    if (input.eventTime === undefined) throw new Senseless('no time')
    if (orderBy.some(({ name, descending }) => name !== input.eventTime || descending))
      throw new Senseless('a range in another order')
    if (columnOf(input, input.eventTime).type === 'timestamp[ns]') throw new Senseless('SQL rounds it')
    // SQL does not say which of rows that tie is the first of a frame.
    if (functions.some(({ fn }) => ENDS.includes(fn))) throw new Senseless('ends of a range')
  }
  const bounds = frame && ('rows' in frame ? frame.rows : frame.rangeMs)
  if (mode === 'events' && bounds?.[1] === null && functions.some(({ fn }) => isFold(fn)))
    throw new Senseless('a frame without end')
  if (mode === 'events' && functions.some(({ fn }) => fn === 'ntile'))
    throw new Senseless('parts of a stream')
  if (mode === 'changes' && orderBy.length === 0 && !input.changes && input.eventTime === undefined)
    throw new Senseless('no order')
}

function columnFor({ name, fn, of, where }: Function, input: Shape): Column {
  if (where) checkUses(where, input)
  const unknown = where && !knows(where, input) ? { unknown: true } : {}
  if (RANKS.includes(fn) || of === undefined) return { name, type: 'int53', nullable: false, ...unknown }
  const { type, approximate } = columnOf(input, of)
  if (approximate) throw new Senseless('of what is rounded')
  if ((fn === 'sum' || fn === 'mean') && !isNumeric(type)) throw new Senseless(`${fn} of ${type}`)
  const made = { name, nullable: true, ...unknown }
  if (fn === 'count' || fn === 'countDistinct') return { ...made, type: 'int53', nullable: false }
  if (fn === 'mean') return { ...made, type: 'float64', approximate: true }
  if (fn !== 'sum') return { ...made, type }
  if (type.startsWith('float')) return { ...made, type: 'float64', approximate: true }
  return { ...made, type: type === 'int64' || type === 'uint64' ? type : 'int53' }
}

function functionSql(fn: Function, parameters: OverParameters, { shape }: SqlInput): string {
  const { by, orderBy, frame } = parameters
  const byTime = orderBy.length === 0 && shape.eventTime !== undefined
  const keys = byTime
    ? [`${quoted(shape.eventTime!)} ASC`]
    : orderBy.map(({ name, descending }) => `${quoted(name)} ${descending ? 'DESC' : 'ASC'} NULLS LAST`)
  const partition = by.map(key => keySql(shape, key))
  const over = (order: readonly string[], rows = '', more: readonly string[] = []) => {
    const all = [...partition, ...more]
    const parts = [
      ...(all.length > 0 ? [`PARTITION BY ${all.join(', ')}`] : []),
      `ORDER BY ${order.join(', ')}`,
      rows,
    ]
    return `OVER (${parts.join(' ')})`
  }
  const total = [...keys, PLACE.order]
  // Without an order rows go by place, and none ties.
  const ties = keys.length > 0 ? keys : total
  switch (fn.fn) {
    case 'rowNumber':
      return `row_number() ${over(total)}`
    case 'ntile':
      return `ntile(${fn.n}) ${over(total)}`
    case 'rank':
      return `rank() ${over(ties)}`
    case 'denseRank':
      return `dense_rank() ${over(ties)}`
    case 'lag':
    case 'lead':
      return `${fn.fn}(${quoted(fn.of!)}, ${fn.n}) ${over(total)}`
  }
  const value = valueSql(fn, shape)
  const cast = (sql: string) => (fn.fn === 'sum' ? `(${sql})::${duckdbType(columnFor(fn, shape).type)}` : sql)
  if (frame && 'rows' in frame) return cast(`${value} ${over(total, frameSql('ROWS', frame.rows))}`)
  if (frame) {
    const time = columnOf(shape, shape.eventTime!)
    const us = frame.rangeMs.map(ms => (ms === null ? null : ms * 1000)) as [number | null, number | null]
    return cast(`${value} ${over([epochUs(quoted(time.name), time.type)], frameSql('RANGE', us))}`)
  }
  if (fn.fn === 'firstValue') return `${value} ${over(total, frameSql('ROWS', [null, 0]))}`
  if (fn.fn === 'lastValue') {
    const tied =
      orderBy.length > 0
        ? orderBy.map(({ name }) => keySql(shape, name))
        : byTime
          ? [quoted(shape.eventTime!)]
          : [PLACE.order]
    return `${value} ${over([PLACE.order], frameSql('ROWS', [null, null]), tied)}`
  }
  return cast(`${value} ${over(ties, 'RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW')}`)
}

function frameSql(kind: string, [from, to]: readonly [number | null, number | null]): string {
  const bound = (at: number | null, side: string) =>
    at === null
      ? `UNBOUNDED ${side}`
      : at === 0
        ? 'CURRENT ROW'
        : `${Math.abs(at)} ${at < 0 ? 'PRECEDING' : 'FOLLOWING'}`
  return `${kind} BETWEEN ${bound(from, 'PRECEDING')} AND ${bound(to, 'FOLLOWING')}`
}

function valueSql({ fn, of, where }: Function, shape: Shape): string {
  const only = where ? ` FILTER (WHERE ${where.sql})` : ''
  if (of === undefined) return `count(*)${only}`
  const x = quoted(of)
  const { type } = columnOf(shape, of)
  const float = type.startsWith('float')
  switch (fn) {
    case 'firstValue':
      return `first_value(${x})`
    case 'lastValue':
      return `last_value(${x})`
    case 'countDistinct':
      return `count(DISTINCT ${float ? `CASE WHEN ${x} = 0 THEN 0 ELSE ${x} END` : x})${only}`
    case 'mean':
      return `avg(${x}::${isWide(type) ? 'HUGEINT' : 'DOUBLE'})${only}`
    case 'sum':
      return `sum(${float ? `${x}::DOUBLE` : x})${only}`
    default:
      return `${fn}(${x})${only}`
  }
}
