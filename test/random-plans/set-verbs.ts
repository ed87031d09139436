/** Verbs that go by equal values: each once, the first of each, and rows that meet. */

import { type ColumnType, isNumeric, isText, isTimestamp, isWide } from '../../src/core/types/column-type.ts'
import { usable } from './expressions.ts'
import { type Column, columnOf, Senseless, type Shape } from './plan.ts'
import { duckdbType, quoted } from './sql-names.ts'
import {
  columnList,
  following,
  items,
  keySql,
  PLACE,
  type SqlInput,
  timelyRows,
  timeMsOf,
  type Verb,
  without,
} from './verb.ts'

const code = JSON.stringify

/** Which of equal rows is the first depends on how streams meet. */
const unordered = (input: Shape): boolean =>
  !input.bounded && (!input.sequenced || input.changes || input.interleaved) === true

interface DistinctParameters {
  /** Empty: all. */
  readonly columns: readonly string[]
  readonly ttlMs?: number
}

export const distinct: Verb<DistinctParameters> = {
  propose(random, input) {
    const columns = random.chance(0.3)
      ? []
      : random.some(usable(input), random.int(1, 2)).map(({ name }) => name)
    const ttl = input.eventTime !== undefined && random.chance(0.4)
    return { columns, ...(ttl ? { ttlMs: random.pick([1000, 60_000, 3_600_000]) } : {}) }
  },
  shape(parameters, [input]) {
    const { ttlMs } = parameters
    const columns = distinctColumns(parameters, input!)
    if (columns.some(c => c.approximate || c.unknown)) throw new Senseless('equal up to rounding')
    if (ttlMs !== undefined && (input!.eventTime === undefined || input!.changes)) {
      throw new Senseless('no event time')
    }
    const kept = (name: string) => columns.some(c => c.name === name)
    const { windowMs: _, ...shape } = following(without(input!, kept), { columns, nearSource: false })
    const timed = shape.eventTime !== undefined || ttlMs !== undefined
    const any = ttlMs === undefined && unordered(input!)
    return {
      ...shape,
      lateness: input!.lateness && !timed,
      ...(any ? { interleaved: true, sequenced: false } : {}),
    }
  },
  code({ columns, ttlMs }) {
    const list = columns.map(name => code(name))
    return `.distinct(${[...list, ...(ttlMs === undefined ? [] : [`{ ttl: ${ttlMs} }`])].join(', ')})`
  },
  sql(parameters, [input]) {
    const { ttlMs } = parameters
    const { shape } = input!
    const columns = distinctColumns(parameters, shape)
    const keys = columns.map(({ name }) => keySql(shape, name)).join(', ')
    const timed = ttlMs !== undefined || columns.some(c => c.name === shape.eventTime)
    const from = timed ? timelyRows(input!) : input!.from
    const order = ttlMs === undefined ? PLACE.order : `${quoted(shape.eventTime!)}, ${PLACE.order}`
    const first =
      ttlMs === undefined
        ? `row_number() OVER (PARTITION BY ${keys} ORDER BY ${order}) = 1`
        : `coalesce("~ms" - lag("~ms") OVER (PARTITION BY ${keys} ORDER BY ${order}) >= ${ttlMs}, true)`
    const ms = ttlMs === undefined ? '' : `, ${timeMsOf(shape)} AS "~ms"`
    const rows = `SELECT *, row_number() OVER (ORDER BY ${order}) AS "~n"${ms} FROM ${from}`
    const seen = timed ? 'NULL::BIGINT' : PLACE.seen
    return `SELECT ${columnList(columns)}, "~n" AS ${PLACE.order}, ${seen} AS ${PLACE.seen}, ${PLACE.split} FROM (${rows}) QUALIFY ${first}`
  },
}

const distinctColumns = ({ columns }: DistinctParameters, shape: Shape): readonly Column[] =>
  columns.length ? columns.map(name => columnOf(shape, name)) : shape.columns

interface TopNParameters {
  readonly n: number
  readonly by: readonly { readonly name: string; readonly descending: boolean }[]
  readonly keys: readonly string[]
}

export const topN: Verb<TopNParameters> = {
  propose(random, input) {
    const columns = usable(input)
    if (columns.length === 0) return undefined
    return {
      n: random.pick([1, 1, 2, 5]),
      by: random
        .some(columns, random.int(1, 2))
        .map(({ name }) => ({ name, descending: random.chance(0.4) })),
      keys: random.some(columns, random.pick([0, 1, 1, 2])).map(({ name }) => name),
    }
  },
  shape({ by, keys }, [input]) {
    const read = [...by.map(({ name }) => name), ...keys].map(name => columnOf(input!, name))
    if (read.some(c => c.approximate)) throw new Senseless('order by what is rounded')
    if (input!.interleaved) throw new Senseless('ties go by an order that there is not')
    const known = input!.known && !read.some(c => c.unknown)
    const { keys: _, ...rest } = following(input!, { known, nearSource: false })
    const keyed = keys.length ? { keys } : input!.keys ? { keys: input!.keys } : {}
    if (input!.bounded) return { ...rest, ...keyed }
    const { eventTime: __, windowMs: ___, ...timeless } = rest
    return { ...timeless, ...keyed, changes: true, lateness: false, sequenced: false }
  },
  code({ n, by, keys }) {
    const order = by.map(({ name, descending }) => `[${code(name)}${descending ? ", 'desc'" : ''}]`)
    return `.topN(${n}, [${order.join(', ')}]${keys.length ? `, { by: ${code(keys)} }` : ''})`
  },
  sql({ n, by, keys }, [input]) {
    const { shape, from } = input!
    const order = [
      ...by.map(({ name, descending }) => `${quoted(name)} ${descending ? 'DESC' : 'ASC'} NULLS LAST`),
      PLACE.order,
    ].join(', ')
    const partition = keys.map(key => keySql(shape, key))
    const by1 = partition.length ? `PARTITION BY ${partition.join(', ')} ` : ''
    const first = `SELECT * FROM ${from} QUALIFY row_number() OVER (${by1}ORDER BY ${order}) <= ${n}`
    // A changelog has no order: its rows are where they were.
    if (!input!.bounded) return first
    const all = [...partition.map(key => `${key} NULLS LAST`), order].join(', ')
    return `SELECT ${columnList(shape.columns)}, row_number() OVER (ORDER BY ${all}) AS ${PLACE.order}, ${PLACE.seen}, ${PLACE.split} FROM (${first})`
  },
}

interface JoinParameters {
  readonly on: readonly (readonly [left: string, right: string])[]
  readonly suffix: string
  readonly ttlMs?: number
}

export const join: Verb<JoinParameters> = {
  partners(random, _, candidates) {
    return [random.pick(candidates)]
  },
  propose(random, left, [right]) {
    const pairs = usable(left).flatMap(a =>
      usable(right!)
        .filter(b => kindOf(a.type) !== undefined && kindOf(a.type) === kindOf(b.type))
        .map((b): [string, string] => [a.name, b.name]),
    )
    if (pairs.length === 0) return undefined
    const same = pairs.filter(([a, b]) => a === b)
    const on = random.some(same.length && random.chance(0.7) ? same : pairs, random.pick([1, 1, 2]))
    const timed = left.eventTime !== undefined && right!.eventTime !== undefined
    const ttl = timed && random.chance(0.5) ? { ttlMs: random.pick([1, 1000, 3_600_000]) } : {}
    return { on, suffix: random.pick(['_right', '2', ' ü']), ...ttl }
  },
  shape(parameters, inputs) {
    const { on, ttlMs } = parameters
    const [left, right] = inputs as readonly [Shape, Shape]
    for (const [a, b] of on) {
      const pair = [columnOf(left, a), columnOf(right, b)] as const
      const kinds = pair.map(c => kindOf(c.type))
      if (kinds[0] === undefined || kinds[0] !== kinds[1]) throw new Senseless('keys of two kinds')
      const types = pair.map(c => c.type)
      if (types.includes('uint64') && types.some(type => type.startsWith('float')))
        throw new Senseless('uint64 and fractions do not meet')
      if (pair.some(c => c.approximate || c.unknown)) throw new Senseless('equal up to rounding')
    }
    if (new Set(on.map(([a]) => a)).size < on.length || new Set(on.map(([, b]) => b)).size < on.length)
      throw new Senseless('a key twice')
    const timeless = inputs.some(input => input.eventTime === undefined || input.changes)
    if (ttlMs !== undefined && timeless) throw new Senseless('no event time')
    const columns = joinedColumns(parameters, left, right).map(({ column, as }) => ({ ...column, name: as }))
    if (new Set(columns.map(c => c.name)).size < columns.length) throw new Senseless('a name twice')
    const simultaneous = on.some(([a, b]) => a === left.eventTime && b === right.eventTime)
    const timed =
      ttlMs !== undefined || (simultaneous && !inputs.some(input => input.lateness || input.changes))
    const bounded = left.bounded && right.bounded
    const changes = inputs.some(input => input.changes)
    const probe = right.bounded ? left : right
    const held = right.bounded ? right : left
    const sequenced =
      !changes && held.bounded && !held.interleaved && held.sequenced && !held.streamed && probe.sequenced
    return {
      columns,
      bounded,
      keys: on.map(([a]) => a),
      lateness: false,
      sequenced,
      streamed: left.streamed || right.streamed,
      known: left.known && right.known,
      nearSource: false,
      ...(sequenced ? {} : { interleaved: true }),
      ...(changes ? { changes: true } : {}),
      atMost: left.atMost * right.atMost,
      ...(timed && left.eventTime !== undefined ? { eventTime: left.eventTime } : {}),
      ...(timed && left.windowMs !== undefined ? { windowMs: left.windowMs } : {}),
    }
  },
  code({ on, suffix, ttlMs }, [other]) {
    const keys = on.every(([a, b]) => a === b)
      ? code(on.map(([a]) => a))
      : `{ ${on.map(([a, b]) => `${code(a)}: ${code(b)}`).join(', ')} }`
    const ttl = ttlMs === undefined ? '' : `, within: ${ttlMs}`
    return `.join(${other}, { on: ${keys}, suffix: ${code(suffix)}${ttl} })`
  },
  sql(parameters, inputs) {
    const { on, ttlMs } = parameters
    const [left, right] = inputs as readonly [SqlInput, SqlInput]
    const tests = on.map(([a, b]) =>
      equalSql(
        [keySql(left.shape, a, 'l.'), columnOf(left.shape, a).type],
        [keySql(right.shape, b, 'r.'), columnOf(right.shape, b).type],
      ),
    )
    if (ttlMs !== undefined) {
      tests.push(`abs(${timeMsOf(left.shape, 'l.')} - ${timeMsOf(right.shape, 'r.')}) <= ${ttlMs}`)
    }
    const from = (input: SqlInput) => (ttlMs === undefined ? input.from : timelyRows(input))
    const columns = joinedColumns(parameters, left.shape, right.shape).map(
      ({ side, column, as }): [string, string] => [`${side}.${quoted(column.name)}`, as],
    )
    const order = right.bounded ? ['l', 'r'] : ['r', 'l']
    const places = order.map(side => `${side}.${PLACE.order}`).join(', ')
    return `SELECT ${items(columns)}, row_number() OVER (ORDER BY ${places}) AS ${PLACE.order}, NULL::BIGINT AS ${PLACE.seen}, '' AS ${PLACE.split} FROM ${from(left)} l JOIN ${from(right)} r ON ${tests.join(' AND ')}`
  },
}

/** What can be compared with each other. */
function kindOf(type: ColumnType): string | undefined {
  if (isText(type)) return 'text'
  if (isNumeric(type)) return 'number'
  if (isTimestamp(type)) return 'time'
  return type
}

/** Equal by value, exactly: whole numbers and fractions meet as whole numbers. */
function equalSql(
  [a, typeA]: readonly [string, ColumnType],
  [b, typeB]: readonly [string, ColumnType],
): string {
  const fraction = (type: ColumnType) => type.startsWith('float')
  const whole = (x: string, type: ColumnType) =>
    fraction(type)
      ? `CASE WHEN isfinite(${x}) AND ${x} = floor(${x}) THEN (${x})::HUGEINT END`
      : `(${x})::HUGEINT`
  if (isNumeric(typeA) && fraction(typeA) !== fraction(typeB))
    return `${whole(a, typeA)} = ${whole(b, typeB)}`
  if (isNumeric(typeA) && fraction(typeA)) return `(${a})::DOUBLE = (${b})::DOUBLE`
  if (isWide(typeA) || isWide(typeB)) return `(${a})::HUGEINT = (${b})::HUGEINT`
  if (isTimestamp(typeA)) return `${nanos(a, typeA)} = ${nanos(b, typeB)}`
  return `${a} = ${b}`
}

const nanos = (x: string, type: ColumnType): string =>
  type === 'timestamp[ns]'
    ? `epoch_ns(${x})::HUGEINT`
    : `epoch_us(${x}::${duckdbType('timestamp[us]')})::HUGEINT * 1000`

interface JoinedColumn {
  readonly side: 'l' | 'r'
  readonly column: Column
  readonly as: string
}

/** Those of the first, then those of the second: keys of one name once. */
function joinedColumns({ on, suffix }: JoinParameters, left: Shape, right: Shape): JoinedColumn[] {
  const once = (name: string) => on.some(([a, b]) => a === b && a === name)
  const taken = (name: string) => left.columns.some(c => c.name === name)
  return [
    ...left.columns.map((column): JoinedColumn => ({ side: 'l', column, as: column.name })),
    ...right.columns
      .filter(({ name }) => !once(name))
      .map(
        (column): JoinedColumn => ({
          side: 'r',
          column,
          as: taken(column.name) ? column.name + suffix : column.name,
        }),
      ),
  ]
}
