/** Verbs that go by equal values: each once, the first of each, and rows that meet. */

import { usable } from './expressions.ts'
import { type Column, columnOf, Senseless, type Shape } from './plan.ts'
import { quoted } from './sql-names.ts'
import { columnList, following, keySql, PLACE, timelyRows, timeMsOf, type Verb, without } from './verb.ts'

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
