/** Rows that meet. */

import { JOIN_KINDS, type JoinKind } from '../../src/core/operators/join-columns.ts'
import { commonKeyType } from '../../src/core/operators/join-keys.ts'
import { type ColumnType, isNumeric, isText, isTimestamp, isWide } from '../../src/core/types/column-type.ts'
import { usable } from './expressions.ts'
import { type Column, columnOf, Senseless, type Shape } from './plan.ts'
import type { Random } from './random.ts'
import { duckdbType, quoted } from './sql-names.ts'
import { items, keySql, PLACE, type SqlInput, timelyRows, type Verb } from './verb.ts'

const code = JSON.stringify

/** A comparison of a column of each side. */
interface Where {
  readonly left: string
  readonly right: string
  readonly op: keyof typeof OPERATORS
  /** Pairs pass, too, where the left one is null. */
  readonly orNull: boolean
}

const OPERATORS = { lt: '<', lte: '<=', ne: '<>', gte: '>=' } as const

interface JoinParameters {
  readonly how: JoinKind
  readonly on: readonly (readonly [left: string, right: string])[]
  readonly suffix: string
  /** ms; null: no bound. */
  readonly within?: readonly [number | null, number | null]
  readonly where?: Where
  readonly broadcast?: true
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
    const where = random.chance(0.3) ? randomWhere(random, left, right!) : undefined
    return {
      how: random.chance(0.35) ? 'inner' : random.pick(JOIN_KINDS),
      on,
      suffix: random.pick(['_right', '2', ' ü']),
      ...(timed && random.chance(0.5) ? { within: randomRange(random) } : {}),
      ...(where ? { where } : {}),
      ...(random.chance(0.25) ? { broadcast: true } : {}),
    }
  },
  shape(parameters, inputs) {
    const [left, right] = inputs as readonly [Shape, Shape]
    check(parameters, left, right)
    const { how, where } = parameters
    const shared = builtSide(how, left, right)
    const aloneToo = how === 'full' || how === (shared === 1 ? 'right' : 'left')
    if (parameters.broadcast && (shared === undefined || aloneToo))
      throw new Senseless('no side for every shard')
    const all = joinedColumns(parameters, left, right)
    const columns = all.map(({ column, as }) => ({ ...column, name: as }))
    if (new Set(columns.map(c => c.name)).size < columns.length) throw new Senseless('a name twice')
    const range = rangeOf(parameters, left, right)
    const unsure = shared === undefined && range === undefined && how !== 'inner' && how !== 'semi'
    const changes = inputs.some(input => input.changes) || unsure
    const [held, probe] = shared === 0 ? [left, right] : [right, left]
    const settled = (input: Shape) => !input.interleaved && input.sequenced
    const sequenced = !changes && shared !== undefined && settled(held) && !held.streamed && settled(probe)
    const unknown = where && [columnOf(left, where.left), columnOf(right, where.right)].some(c => c.unknown)
    const keys = keysOf(parameters, all)
    return {
      columns,
      bounded: left.bounded && right.bounded,
      ...(keys ? { keys } : {}),
      lateness: false,
      sequenced,
      streamed: left.streamed || right.streamed,
      known: left.known && right.known && !unknown,
      nearSource: false,
      ...(sequenced ? {} : { interleaved: true }),
      ...(changes ? { changes: true } : {}),
      atMost: left.atMost * right.atMost + left.atMost + right.atMost,
      ...(range ? timeOf(parameters, all, left, right) : {}),
    }
  },
  code({ how, on, suffix, within, where, broadcast }, [other]) {
    const keys = on.every(([a, b]) => a === b)
      ? code(on.map(([a]) => a))
      : `{ ${on.map(([a, b]) => `${code(a)}: ${code(b)}`).join(', ')} }`
    const range = within ? `, within: ${code(within)}` : ''
    const orNull = where?.orNull ? `.or(l[${code(where.left)}].isNull())` : ''
    const test = where && `l[${code(where.left)}].${where.op}(r[${code(where.right)}])${orNull}`
    const kind = how === 'inner' ? '' : `, how: ${code(how)}`
    return `.join(${other}, { on: ${keys}, suffix: ${code(suffix)}${kind}${range}${test ? `, where: (l, r) => ${test}` : ''}${broadcast ? ', broadcast: true' : ''} })`
  },
  sql(parameters, inputs) {
    const { how } = parameters
    const [left, right] = inputs as readonly [SqlInput, SqlInput]
    const test = testSql(parameters, left.shape, right.shape)
    const timed = rangeOf(parameters, left.shape, right.shape) !== undefined
    const from = (input: SqlInput) => (timed ? timelyRows(input) : input.from)
    const columns = items(
      joinedColumns(parameters, left.shape, right.shape).map(({ sql, as }): [string, string] => [sql, as]),
    )
    const order = builtSide(how, left, right) === 0 ? ['rgt', 'lft'] : ['lft', 'rgt']
    const alone = how === 'semi' || how === 'anti'
    const places = alone
      ? `lft.${PLACE.order}`
      : order.map(side => `${side}.${PLACE.order} NULLS LAST`).join(', ')
    const place = `row_number() OVER (ORDER BY ${places}) AS ${PLACE.order}, NULL::BIGINT AS ${PLACE.seen}, '' AS ${PLACE.split}`
    const rows = alone
      ? `${from(left)} lft WHERE ${how === 'anti' ? 'NOT ' : ''}EXISTS (SELECT 1 FROM ${from(right)} rgt WHERE ${test})`
      : `${from(left)} lft ${how.toUpperCase()} JOIN ${from(right)} rgt ON ${test}`
    return `SELECT ${columns}, ${place} FROM ${rows}`
  },
}

function randomWhere(random: Random, left: Shape, right: Shape): Where | undefined {
  const pairs = usable(left).flatMap(a =>
    usable(right).flatMap(b => (a.type === b.type ? [[a, b] as const] : [])),
  )
  if (pairs.length === 0) return undefined
  const [a, b] = random.pick(pairs)
  const op = a.type === 'bool' ? 'ne' : random.pick(Object.keys(OPERATORS) as Where['op'][])
  return { left: a.name, right: b.name, op, orNull: random.chance(0.3) }
}

function randomRange(random: Random): NonNullable<JoinParameters['within']> {
  const wide = random.pick([1, 1000, 3_600_000])
  return random.pick([
    [-wide, wide],
    [0, wide],
    [-wide, 0],
    [-2 * wide, -wide],
    [null, wide],
    [0, null],
  ] as const)
}

/** @throws Senseless */
function check({ on, within, where }: JoinParameters, left: Shape, right: Shape): void {
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
  const timeless = [left, right].some(input => input.eventTime === undefined || input.changes)
  if (within && timeless) throw new Senseless('no event time')
  if (!where) return
  const [a, b] = [columnOf(left, where.left), columnOf(right, where.right)]
  if (a.type !== b.type || a.approximate || b.approximate) throw new Senseless('not to be compared')
}

/** Which side is held and looked up in. */
function builtSide(
  how: JoinKind,
  left: { bounded: boolean },
  right: { bounded: boolean },
): 0 | 1 | undefined {
  if (left.bounded && right.bounded) return 1
  if (right.bounded) return how === 'right' || how === 'full' ? undefined : 1
  if (left.bounded) return how === 'inner' || how === 'right' ? 0 : undefined
  return undefined
}

function rangeOf({ on, within }: JoinParameters, left: Shape, right: Shape): JoinParameters['within'] {
  if (within) return within
  const simultaneous = on.some(([a, b]) => a === left.eventTime && b === right.eventTime)
  return simultaneous && ![left, right].some(input => input.lateness || input.changes) ? [0, 0] : undefined
}

/** Keys by which every row can be told. */
function keysOf({ how, on }: JoinParameters, all: readonly JoinedColumn[]): string[] | undefined {
  const keys = on.map(([a, b]) => {
    if (how === 'full' && a !== b) return undefined
    return how === 'right' ? all.find(c => c.of.includes(`rgt.${b}`))!.as : a
  })
  return keys.every(key => key !== undefined) ? keys : undefined
}

function timeOf(
  { how, on }: JoinParameters,
  all: readonly JoinedColumn[],
  left: Shape,
  right: Shape,
): Pick<Shape, 'eventTime' | 'windowMs' | 'windowEnd'> {
  const { eventTime, windowMs, windowEnd } = how === 'right' ? right : left
  const whole = (name: string) => how !== 'full' || on.some(([a, b]) => a === name && b === name)
  const nameOf = (name: string) =>
    all.find(c => c.of.includes(`${how === 'right' ? 'rgt' : 'lft'}.${name}`))!.as
  if (!whole(eventTime!)) return {}
  return {
    eventTime: nameOf(eventTime!),
    ...(windowMs === undefined ? {} : { windowMs }),
    ...(windowEnd === undefined || !whole(windowEnd) ? {} : { windowEnd: nameOf(windowEnd) }),
  }
}

function testSql({ on, within, where }: JoinParameters, left: Shape, right: Shape): string {
  const tests = on.map(([a, b]) =>
    equalSql(
      [keySql(left, a, 'lft.'), columnOf(left, a).type],
      [keySql(right, b, 'rgt.'), columnOf(right, b).type],
    ),
  )
  if (within) {
    const time = (shape: Shape, of: string) =>
      nanos(`${of}${quoted(shape.eventTime!)}`, columnOf(shape, shape.eventTime!).type)
    const apart = `(${time(right, 'rgt.')} - ${time(left, 'lft.')})`
    const [from, to] = within
    if (from !== null) tests.push(`${apart} >= ${from}::HUGEINT * 1000000`)
    if (to !== null) tests.push(`${apart} <= ${to}::HUGEINT * 1000000`)
  }
  if (where) {
    const [a, b] = [`lft.${quoted(where.left)}`, `rgt.${quoted(where.right)}`]
    const orNull = where.orNull ? ` OR ${a} IS NULL` : ''
    tests.push(`(${a} ${OPERATORS[where.op]} ${b}${orNull})`)
  }
  return tests.join(' AND ')
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
  readonly column: Column
  readonly as: string
  readonly sql: string
  /** Where its values are from: `lft.name`, `rgt.name`. */
  readonly of: readonly string[]
}

/** Those of the first, then those of the second: keys of one name once. */
function joinedColumns({ on, suffix, how }: JoinParameters, left: Shape, right: Shape): JoinedColumn[] {
  const once = (name: string) => on.some(([a, b]) => a === b && a === name)
  const taken = (name: string) => left.columns.some(c => c.name === name)
  const padded = (side: 'lft' | 'rgt') => how === 'full' || how === (side === 'lft' ? 'right' : 'left')
  const own = (side: 'lft' | 'rgt', column: Column, as: string): JoinedColumn => ({
    column: padded(side) ? { ...column, nullable: true } : column,
    as,
    sql: `${side}.${quoted(column.name)}`,
    of: [`${side}.${column.name}`],
  })
  const all = left.columns.map((column): JoinedColumn => {
    const { name } = column
    if (!once(name)) return own('lft', column, name)
    const other = columnOf(right, name)
    const of = [`lft.${name}`, `rgt.${name}`]
    if (how === 'right') return { ...own('rgt', other, name), of }
    if (how !== 'full') return { ...own('lft', column, name), of }
    const type = keyOfBoth(column.type, other.type)
    const sql = `coalesce(lft.${quoted(name)}::${duckdbType(type)}, rgt.${quoted(name)}::${duckdbType(type)})`
    return { column: { ...column, type, nullable: column.nullable || other.nullable }, as: name, sql, of }
  })
  if (how === 'semi' || how === 'anti') return all
  return [
    ...all,
    ...right.columns
      .filter(({ name }) => !once(name))
      .map(column => own('rgt', column, taken(column.name) ? column.name + suffix : column.name)),
  ]
}

/** The type of a key that a full join has from both sides. @throws Senseless */
function keyOfBoth(a: ColumnType, b: ColumnType): ColumnType {
  if (a === b) return a
  if (isText(a)) return 'utf8'
  const common = commonKeyType(a, b)
  const wide = [a, b].some(type => type === 'uint64' || (type.startsWith('float') && common === 'int64'))
  if (common === undefined || isTimestamp(a) || wide) throw new Senseless('no type for both')
  return common
}
