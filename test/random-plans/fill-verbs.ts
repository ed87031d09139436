/** Values in place of nulls. */

import { type ColumnType, isNumeric, isText } from '../../src/core/types/column-type.ts'
import { callsOf, column, type Expression, usable } from './expression.ts'
import { over } from './over-verbs.ts'
import { type Column, columnOf, Senseless, type Shape } from './plan.ts'
import { withVerb } from './row-verbs.ts'
import { epochUs, quoted } from './sql-names.ts'
import { items, keySql, PLACE, timelyRows, type Verb, without } from './verb.ts'

const code = JSON.stringify

interface OneColumn {
  readonly name: string
  readonly value: Expression
  /** The call. */
  readonly call: string
}

/** A verb that is `with` of one column. */
const likeWith = (propose: Verb<OneColumn>['propose']): Verb<OneColumn> => ({
  propose,
  shape: ({ name, value }, inputs) => withVerb.shape({ columns: [{ name, value }] }, inputs),
  code: ({ call }) => call,
  sql: ({ name, value }, inputs, port) => withVerb.sql({ columns: [{ name, value }] }, inputs, port),
})

export const fillNull = likeWith((random, input) => {
  const columns = usable(input).filter(c => c.name !== input.eventTime && !c.name.startsWith('window'))
  if (columns.length === 0) return undefined
  const of = random.pick(columns)
  const literals = literalsOf(of.type)
  if (!literals) return undefined
  const x = column(of)
  const [js, sql] = literals
  const type = isText(of.type) ? 'utf8' : of.type
  const value = callsOf(x)('', `coalesce(${x.sql}, ${sql})`, { type, nullable: false })
  return { name: of.name, value, call: `.fillNull({ ${code(of.name)}: ${js} })` }
})

function literalsOf(type: ColumnType): readonly [js: string, sql: string] | undefined {
  if (isText(type)) return [`'it\\'s'`, `'it''s'`]
  if (type === 'int64' || type === 'uint64') return ['7n', '7']
  if (type.startsWith('float')) return ['0.5', '0.5']
  if (isNumeric(type)) return ['7', '7']
  if (type === 'bool') return ['false', 'false']
  if (type === 'date') return ['new Date(0)', `DATE '1970-01-01'`]
  return undefined
}

/** Types by what they are cast to without an error, whatever the value. */
const CASTS: readonly (readonly [from: RegExp, to: readonly ColumnType[]])[] = [
  [/^u?int(8|16)$/, ['int32', 'int64', 'float32', 'float64', 'utf8', 'bool', 'decimal(9, 2)']],
  [/^int(32|53)$/, ['int64', 'float64', 'utf8', 'bool', 'decimal(20, 1)']],
  [/^u?int64$/, ['float64', 'utf8', 'bool', 'decimal(22, 1)']],
  [/^float/, ['float64', 'utf8']],
  [/^bool$/, ['int32', 'utf8', 'float64']],
  [/^decimal/, ['float64', 'utf8', 'decimal(38, 4)', 'bool']],
  [/^date$/, ['timestamp[us]', 'timestamp[ms]', 'utf8']],
  [/^timestamp\[(s|ms|us)\]$/, ['date', 'timestamp[us]', 'timestamp[s]', 'utf8']],
  [/^(utf8|dictionary)$/, ['utf8', 'dictionary']],
]

export const cast = likeWith((random, input) => {
  const columns = usable(input).filter(c => c.name !== input.eventTime && !c.name.startsWith('window'))
  if (columns.length === 0) return undefined
  const of = random.pick(columns)
  const to = CASTS.find(([from]) => from.test(of.type))?.[1]
  if (!to) return undefined
  const type = random.pick(to)
  const x = column(of)
  // DuckDB's own cut is to the nearest second.
  const sql = type === 'timestamp[s]' ? `date_trunc('second', ${x.sql})` : x.sql
  return {
    name: of.name,
    value: callsOf(x)('', sql, { type }),
    call: `.cast({ ${code(of.name)}: ${code(type)} })`,
  }
})

interface FillParameters {
  readonly column: string
  readonly by: readonly string[]
  readonly method: 'last' | 'linear'
  readonly limit?: number
  readonly maxGapMs?: number
}

export const fill: Verb<FillParameters> = {
  propose(random, input) {
    const columns = usable(input).filter(
      c => c.nullable && !c.unknown && c.name !== input.eventTime && !c.name.startsWith('window'),
    )
    if (columns.length === 0) return undefined
    const of = random.pick(columns)
    const by = random.some(
      columns.filter(c => c !== of),
      random.int(0, 1),
    )
    const timed = input.eventTime !== undefined
    const linear = timed && isNumeric(of.type) && random.chance(0.5)
    const gap = timed && random.chance(linear ? 0.8 : 0.3)
    return {
      column: of.name,
      by: by.map(({ name }) => name),
      method: linear ? 'linear' : 'last',
      ...(gap ? { maxGapMs: random.pick([1, 60_000, 3_600_000, 7_200_000]) } : {}),
      ...(!gap && !linear && random.chance(0.4) ? { limit: random.int(1, 2) } : {}),
    }
  },
  shape(parameters, [input]) {
    const of = columnOf(input!, parameters.column)
    if (parameters.column === input!.eventTime || of.approximate || of.unknown)
      throw new Senseless('nothing to fill')
    if (parameters.method === 'linear' && (!isNumeric(of.type) || input!.eventTime === undefined))
      throw new Senseless('nothing between')
    if (parameters.by.includes(parameters.column)) throw new Senseless('a series of one value')
    const { columns: _, ...shape } = over.shape(asOver(parameters), [input!])
    const columns = input!.columns.map(c => (c === of ? filledColumn(parameters, of) : c))
    return { ...without({ ...shape, columns }, name => name !== parameters.column), columns }
  },
  code({ column, by, method, limit, maxGapMs }) {
    const options = [
      `by: ${code(by)}`,
      `method: ${code(method)}`,
      ...(limit === undefined ? [] : [`limit: ${limit}`]),
      ...(maxGapMs === undefined ? [] : [`maxGap: ${maxGapMs}`]),
    ]
    return `.fill(${code(column)}, { ${options.join(', ')} })`
  },
  sql(parameters, [input]) {
    const { shape, bounded } = input!
    const inTime = !bounded && !shape.changes && shape.eventTime !== undefined
    const value = parameters.method === 'linear' ? linearSql(parameters, shape) : lastSql(parameters, shape)
    const list = shape.columns.map(({ name }): [string, string] => [
      name === parameters.column ? value : quoted(name),
      name,
    ])
    if (!inTime)
      return `SELECT ${items(list)}, ${PLACE.order}, ${PLACE.seen}, ${PLACE.split} FROM ${input!.from}`
    const order = `row_number() OVER (ORDER BY ${quoted(shape.eventTime!)}, ${PLACE.order}) AS ${PLACE.order}`
    return `SELECT ${items(list)}, ${order}, NULL::BIGINT AS ${PLACE.seen}, ${PLACE.split} FROM ${timelyRows(input!)}`
  },
}

/** It is `over` with a column in place of another: a fold that has the same frame. */
function asOver({ column: of, by, method, limit, maxGapMs }: FillParameters) {
  const rangeMs =
    method === 'linear' ? ([-(maxGapMs ?? 0), maxGapMs ?? null] as const) : ([-maxGapMs!, 0] as const)
  const frame =
    method === 'linear' || maxGapMs !== undefined
      ? { rangeMs }
      : { rows: [limit === undefined ? null : -limit, 0] as const }
  return { by, orderBy: [], frame, functions: [{ name: '~filled', fn: 'max', of }] }
}

const filledColumn = ({ method }: FillParameters, of: Column): Column => ({
  name: of.name,
  type: method === 'linear' ? 'float64' : of.type === 'dictionary' ? 'utf8' : of.type,
  nullable: true,
  computed: true,
  ...(method === 'linear' ? { approximate: true } : {}),
})

function lastSql({ column: name, by, limit, maxGapMs }: FillParameters, shape: Shape): string {
  const x = quoted(name)
  if (maxGapMs === undefined) {
    const frame = `ROWS BETWEEN ${limit === undefined ? 'UNBOUNDED' : limit} PRECEDING AND CURRENT ROW`
    return `coalesce(${x}, last_value(${x} IGNORE NULLS) OVER (${inOrder(by, shape)} ${frame}))`
  }
  const us = usOf(shape)
  const frame = `RANGE BETWEEN ${maxGapMs * 1000} PRECEDING AND CURRENT ROW`
  // Of rows that tie the last one in place counts, which a frame by time does not tell.
  const last = `max({'t': ${us}, 'o': ${PLACE.order}, 'v': ${x}}) FILTER (WHERE ${x} IS NOT NULL) OVER (${partition(by, shape)} ORDER BY ${us} ${frame})`
  return `coalesce(${x}, struct_extract(${last}, 'v'))`
}

function linearSql({ column: name, by, maxGapMs }: FillParameters, shape: Shape): string {
  const x = `${quoted(name)}::DOUBLE`
  const us = usOf(shape)
  const known = `CASE WHEN ${quoted(name)} IS NOT NULL THEN {'t': ${us}, 'v': ${x}} END`
  const before = `last_value(${known} IGNORE NULLS) OVER (${inOrder(by, shape)} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`
  const after = `first_value(${known} IGNORE NULLS) OVER (${inOrder(by, shape)} ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)`
  const of = (sql: string, field: string) => `struct_extract(${sql}, '${field}')`
  const gap = `(${of(after, 't')} - ${of(before, 't')})`
  const share = `(CASE WHEN ${gap} = 0 THEN 0 ELSE (${us} - ${of(before, 't')})::DOUBLE / ${gap} END)`
  const between = `${of(before, 'v')} * (1 - ${share}) + ${of(after, 'v')} * ${share}`
  const near = maxGapMs === undefined ? 'true' : `${gap} <= ${maxGapMs * 1000}`
  return `coalesce(${x}, CASE WHEN ${near} THEN ${between} END)`
}

const usOf = (shape: Shape): string =>
  epochUs(quoted(shape.eventTime!), columnOf(shape, shape.eventTime!).type)

const partition = (by: readonly string[], shape: Shape): string =>
  by.length > 0 ? `PARTITION BY ${by.map(key => keySql(shape, key)).join(', ')}` : ''

const inOrder = (by: readonly string[], shape: Shape): string =>
  `${partition(by, shape)} ORDER BY ${shape.eventTime === undefined ? '' : `${quoted(shape.eventTime)}, `}${PLACE.order}`
