/** Each of equal rows once. */

import { isMap } from '../../src/core/types/nested-type.ts'
import { usable } from './expressions.ts'
import { type Column, columnOf, Senseless, type Shape } from './plan.ts'
import { quoted } from './sql-names.ts'
import { following, items, keySql, PLACE, timelyRows, timeMsOf, type Verb, without } from './verb.ts'

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
    if (columns.some(c => isMap(c.type))) throw new Senseless('maps are not compared')
    if (ttlMs !== undefined && (input!.eventTime === undefined || input!.changes)) {
      throw new Senseless('no event time')
    }
    const kept = (name: string) => columns.some(c => c.name === name)
    const {
      windowMs: _,
      windowEnd: __,
      ...shape
    } = following(without(input!, kept), { columns, nearSource: false })
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
    const compared = columns.map(({ name }): [string, string] => [keySql(shape, name), name])
    const keys = compared.map(([sql]) => sql).join(', ')
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
    // What is given is the combination, not the columns of one of its rows: -0 leaves as 0.
    return `SELECT ${items(compared)}, "~n" AS ${PLACE.order}, ${seen} AS ${PLACE.seen}, ${PLACE.split} FROM (${rows}) QUALIFY ${first}`
  },
}

const distinctColumns = ({ columns }: DistinctParameters, shape: Shape): readonly Column[] =>
  columns.length ? columns.map(name => columnOf(shape, name)) : shape.columns
