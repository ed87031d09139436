/** Rows with the one that is next in time. */

import type { AsofDirection } from '../../src/core/operators/asof-join.ts'
import { usable } from './expressions.ts'
import { type Column, columnOf, Senseless, type Shape } from './plan.ts'
import { epochUs, quoted } from './sql-names.ts'
import { items, keySql, PLACE, type SqlInput, timelyRows, type Verb } from './verb.ts'

const code = JSON.stringify

interface AsofParameters {
  readonly on: readonly (readonly [left: string, right: string])[]
  readonly direction: AsofDirection
  readonly toleranceMs?: number
  /** As a `join` with versions, which looks back. */
  readonly versions?: 'inner' | 'left'
}

const SUFFIX = '_asof'

export const asofJoin: Verb<AsofParameters> = {
  partners(random, input, candidates) {
    const timed = candidates.filter(({ shape }) => shape.eventTime !== undefined && !shape.changes)
    return input.eventTime === undefined || input.changes || timed.length === 0
      ? undefined
      : [random.pick(timed)]
  },
  propose(random, left, [right]) {
    const pairs = usable(left).flatMap(a =>
      usable(right!)
        .filter(b => a.type === b.type)
        .map((b): [string, string] => [a.name, b.name]),
    )
    const [first, ...others] = random.some(pairs, pairs.length)
    const second = others.find(([a, b]) => a !== first![0] && b !== first![1])
    const on = !first || random.chance(0.2) ? [] : second && random.chance(0.3) ? [first, second] : [first]
    if (on.length > 0 && random.chance(0.25))
      return { on, direction: 'backward', versions: random.pick(['inner', 'left'] as const) }
    return {
      on,
      direction: random.pick(['backward', 'forward', 'nearest'] as const),
      ...(random.chance(0.5) ? { toleranceMs: random.pick([0, 1, 1000, 3_600_000]) } : {}),
    }
  },
  shape({ on, direction, versions }, inputs) {
    const [left, right] = inputs as readonly [Shape, Shape]
    if (inputs.some(input => input.eventTime === undefined || input.changes))
      throw new Senseless('no event time')
    if (versions && on.length === 0) throw new Senseless('versions of no key')
    // Ties go by places, and of both inputs there is an order only where rows come in one.
    if (inputs.some(input => input.interleaved)) throw new Senseless('ties go by an order that there is not')
    // SQL has microseconds.
    for (const input of inputs)
      if (columnOf(input, input.eventTime!).type === 'timestamp[ns]') throw new Senseless('finer than SQL')
    for (const [a, b] of on) {
      const pair = [columnOf(left, a), columnOf(right, b)]
      if (pair.some(c => c.approximate || c.unknown)) throw new Senseless('equal up to rounding')
      if (pair[0]!.type !== pair[1]!.type) throw new Senseless('keys of two types')
    }
    const columns = asofColumns(on, left, right).map(({ column, as }) => ({
      ...column,
      name: as,
      nullable: true,
    }))
    if (new Set(columns.map(c => c.name)).size < columns.length) throw new Senseless('a name twice')
    const time = columns.map(c => (c.name === left.eventTime ? { ...c, nullable: false } : c))
    const { windowMs: _, hasLate: __, ...rest } = left
    const bounded = left.bounded && right.bounded
    const sequenced = bounded || direction === 'backward'
    return {
      ...rest,
      columns: time,
      bounded,
      ...(left.keys ? {} : { keys: on.map(([a]) => a) }),
      lateness: false,
      sequenced,
      streamed: left.streamed || right.streamed,
      known: left.known && right.known,
      nearSource: false,
      ...(sequenced ? {} : { interleaved: true }),
    }
  },
  code({ on, direction, toleranceMs, versions }, [other]) {
    const keys = on.length ? `on: { ${on.map(([a, b]) => `${code(a)}: ${code(b)}`).join(', ')} }, ` : ''
    const tolerance = toleranceMs === undefined ? '' : `, tolerance: ${toleranceMs}`
    if (versions)
      return `.join(${other}, { ${keys}asOf: 'event', how: ${code(versions)}, suffix: ${code(SUFFIX)} })`
    return `.asofJoin(${other}, { ${keys}direction: ${code(direction)}${tolerance}, suffix: ${code(SUFFIX)} })`
  },
  sql({ on, direction, toleranceMs, versions }, inputs) {
    const [left, right] = inputs as readonly [SqlInput, SqlInput]
    const timeOf = ({ shape }: SqlInput, of: string) =>
      epochUs(of + quoted(shape.eventTime!), columnOf(shape, shape.eventTime!).type)
    const [l, r] = [timeOf(left, 'lft.'), timeOf(right, 'rgt.')]
    const tests = on.map(([a, b]) => `${keySql(left.shape, a, 'lft.')} = ${keySql(right.shape, b, 'rgt.')}`)
    if (direction === 'backward') tests.push(`${r} <= ${l}`)
    if (direction === 'forward') tests.push(`${r} >= ${l}`)
    if (toleranceMs !== undefined) tests.push(`abs(${l} - ${r}) <= ${toleranceMs * 1000}`)
    const columns = asofColumns(on, left.shape, right.shape).map(({ side, column, as }): [string, string] => [
      `${side}.${quoted(column.name)}`,
      as,
    ])
    // Of all that may be met the nearest, of these the earlier, at one time the last.
    const nearest = `PARTITION BY lft."~row" ORDER BY abs(${l} - ${r}), ${r}, rgt.${PLACE.order} DESC`
    const numbered = (input: SqlInput) =>
      `(SELECT *, row_number() OVER () AS "~row" FROM ${timelyRows(input)})`
    const order = `row_number() OVER (ORDER BY ${l}, lft.${PLACE.order})`
    // A join without a condition is not one in SQL.
    const on1 = tests.length ? tests.join(' AND ') : 'true'
    return `SELECT ${items(columns)}, ${order} AS ${PLACE.order}, NULL::BIGINT AS ${PLACE.seen}, '' AS ${PLACE.split} FROM ${numbered(left)} lft ${versions === 'inner' ? 'INNER' : 'LEFT'} JOIN ${numbered(right)} rgt ON ${on1} QUALIFY row_number() OVER (${nearest}) = 1`
  },
}

interface AsofColumn {
  readonly side: 'lft' | 'rgt'
  readonly column: Column
  readonly as: string
}

/** Those of the first, then those of the second: keys of one name once. */
function asofColumns(on: AsofParameters['on'], left: Shape, right: Shape): AsofColumn[] {
  const once = (name: string) => on.some(([a, b]) => a === b && a === name)
  const taken = (name: string) => left.columns.some(c => c.name === name)
  return [
    ...left.columns.map((column): AsofColumn => ({ side: 'lft', column, as: column.name })),
    ...right.columns
      .filter(({ name }) => !once(name))
      .map(
        (column): AsofColumn => ({
          side: 'rgt',
          column,
          as: taken(column.name) ? column.name + SUFFIX : column.name,
        }),
      ),
  ]
}
