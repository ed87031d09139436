/** Verbs that keep the first rows of keys. */

import { usable } from './expressions.ts'
import { type Column, columnOf, Senseless, type Shape } from './plan.ts'
import { quoted } from './sql-names.ts'
import { columnList, following, keySql, PLACE, type SqlInput, timelyRows, type Verb } from './verb.ts'

const code = JSON.stringify

interface Order {
  readonly name: string
  readonly descending: boolean
}

interface TopNParameters {
  readonly n: number
  readonly by: readonly Order[]
  readonly keys: readonly string[]
  readonly ties?: true
  /** The column of ranks. */
  readonly rank?: string
}

export const topN: Verb<TopNParameters> = {
  propose(random, input) {
    const columns = usable(input)
    if (columns.length === 0) return undefined
    const keys = random.some(columns, random.pick([0, 1, 1, 2])).map(({ name }) => name)
    const end = input.windowEnd ?? input.eventTime
    const final = end !== undefined && random.chance(0.3) && !keys.includes(end)
    return {
      n: random.pick([1, 1, 2, 5]),
      by: random
        .some(columns, random.int(1, 2))
        .map(({ name }) => ({ name, descending: random.chance(0.4) })),
      keys: final ? [...keys, end] : keys,
      ...(random.chance(0.25) ? { ties: true } : {}),
      ...(random.chance(0.25) ? { rank: 'place' } : {}),
    }
  },
  shape({ by, keys, rank }, [input]) {
    const read = [...by.map(({ name }) => name), ...keys].map(name => columnOf(input!, name))
    if (read.some(c => c.approximate)) throw new Senseless('order by what is rounded')
    checkTies(input!)
    const known = input!.known && !read.some(c => c.unknown)
    const ranks: Column[] = rank === undefined ? [] : [{ name: rank, type: 'int32', nullable: false }]
    if (rank !== undefined && input!.columns.some(c => c.name === rank)) throw new Senseless('a name twice')
    const columns = [...input!.columns, ...ranks]
    const { keys: _, ...rest } = following(input!, { columns, known, nearSource: false })
    const keyed = keys.length ? { keys } : input!.keys ? { keys: input!.keys } : {}
    if (input!.bounded) return { ...rest, ...keyed }
    // What goes by ties behind it goes by the order in which rows leave, which SQL does not know.
    if (finalBy(keys, input!) !== undefined)
      return { ...rest, ...keyed, lateness: false, sequenced: true, interleaved: true }
    const { eventTime: __, windowMs: ___, windowEnd: ____, ...timeless } = rest
    return { ...timeless, ...keyed, changes: true, lateness: false, sequenced: false, interleaved: true }
  },
  code({ n, by, keys, ties, rank }) {
    const order = by.map(({ name, descending }) => `[${code(name)}${descending ? ", 'desc'" : ''}]`)
    const options = [
      ...(keys.length ? [`by: ${code(keys)}`] : []),
      ...(ties ? ['ties: true'] : []),
      ...(rank === undefined ? [] : [`rank: ${code(rank)}`]),
    ]
    return `.topN(${n}, [${order.join(', ')}]${options.length ? `, { ${options.join(', ')} }` : ''})`
  },
  sql(parameters, [input]) {
    const { n, by, keys, ties, rank } = parameters
    const { shape } = input!
    const final = finalBy(keys, shape)
    const order = orderSql(by, shape)
    const all = [...order, PLACE.order]
    const partition = keys.map(key => keySql(shape, key))
    const by1 = partition.length ? `PARTITION BY ${partition.join(', ')} ` : ''
    const ranks = ties
      ? `rank() OVER (${by1}ORDER BY ${order.join(', ')})`
      : `row_number() OVER (${by1}ORDER BY ${all.join(', ')})`
    const from = final === undefined ? input!.from : timelyRows(input!)
    const first = `SELECT *, (${ranks})::INTEGER AS "~rank" FROM ${from} QUALIFY "~rank" <= ${n}`
    const columns = [columnList(shape.columns), ...(rank === undefined ? [] : [`"~rank" AS ${quoted(rank)}`])]
    // A changelog has no order: its rows are where they were.
    if (!input!.bounded && final === undefined)
      return `SELECT ${columns}, ${PLACE.order}, ${PLACE.seen}, ${PLACE.split} FROM (${first})`
    const ends = final === undefined ? [] : [quoted(final)]
    const leaving = [...ends, ...partition.map(key => `${key} NULLS LAST`), ...all].join(', ')
    const seen = final === undefined ? PLACE.seen : 'NULL::BIGINT'
    return `SELECT ${columns}, row_number() OVER (ORDER BY ${leaving}) AS ${PLACE.order}, ${seen} AS ${PLACE.seen}, ${PLACE.split} FROM (${first})`
  },
}

function checkTies({ interleaved, bounded, changes, keys }: Shape): void {
  if (interleaved) throw new Senseless('ties go by an order that there is not')
  if (!bounded && changes && !keys)
    throw new Senseless('equal rows of a changelog are one, at the place of either')
}

const orderSql = (by: readonly Order[], shape: Shape): string[] =>
  by.map(({ name, descending }) => `${keySql(shape, name)} ${descending ? 'DESC' : 'ASC'} NULLS LAST`)

/** The key by which rows of a stream are final: event time, or the end of a window. */
function finalBy(
  keys: readonly string[],
  { bounded, changes, eventTime, windowEnd }: Shape,
): string | undefined {
  if (bounded || changes) return undefined
  return keys.find(key => key === eventTime) ?? keys.find(key => key === windowEnd)
}

interface DedupParameters {
  readonly keys: readonly string[]
  readonly keep: 'first' | 'last'
  readonly orderBy: readonly Order[]
}

export const dedup: Verb<DedupParameters> = {
  propose(random, input) {
    const columns = usable(input)
    if (columns.length === 0) return undefined
    const keys = random.some(columns, random.pick([1, 1, 2])).map(({ name }) => name)
    const end = input.windowEnd ?? input.eventTime
    const orders = random.chance(0.4) ? random.some(columns, 1) : []
    return {
      keys: end !== undefined && random.chance(0.2) && !keys.includes(end) ? [...keys, end] : keys,
      keep: random.pick(['first', 'last'] as const),
      orderBy: orders.map(({ name }) => ({ name, descending: random.chance(0.4) })),
    }
  },
  shape(parameters, [input]) {
    const { keys, orderBy } = parameters
    const read = [...orderBy.map(({ name }) => name), ...keys].map(name => columnOf(input!, name))
    if (read.some(c => c.approximate)) throw new Senseless('order by what is rounded')
    const way = wayOf(parameters, input!)
    // Where there is no time, the first to come is kept.
    checkTies(input!)
    if (way === 'arrival' && !input!.sequenced) throw new Senseless('ties go by an order that there is not')
    const known = input!.known && !read.some(c => c.unknown)
    const shape = following(input!, { keys, known, nearSource: false })
    if (way === 'bounded' || way === 'arrival') return shape
    if (way !== 'changes') return { ...shape, lateness: false, sequenced: true }
    const { eventTime: _, windowMs: __, windowEnd: ___, ...timeless } = shape
    return { ...timeless, changes: true, lateness: false, sequenced: false, interleaved: true }
  },
  code({ keys, keep, orderBy }) {
    const order = orderBy.map(({ name, descending }) => `[${code(name)}${descending ? ", 'desc'" : ''}]`)
    const by = order.length ? `, orderBy: [${order.join(', ')}]` : ''
    return `.dedup({ by: ${code(keys)}, keep: ${code(keep)}${by} })`
  },
  sql: dedupSql,
}
/** How rows leave: where they were, as they come, in order of time, in order of what makes them final, or not at all. */
function wayOf({ keys, keep, orderBy }: DedupParameters, input: Shape) {
  if (input.bounded) return 'bounded'
  if (input.changes) return 'changes'
  if (finalBy(keys, input) !== undefined) return 'final'
  if (keep === 'last' || orderBy.length > 0) return 'changes'
  return input.eventTime === undefined ? 'arrival' : 'time'
}

function dedupSql(parameters: DedupParameters, [input]: readonly SqlInput[]): string {
  const { keys, keep, orderBy } = parameters
  const { shape } = input!
  const way = wayOf(parameters, shape)
  const time = shape.eventTime
  const timed = way === 'time' || way === 'final'
  const turned = (descending: boolean) => (descending ? 'DESC' : 'ASC')
  const latest = keep === 'last'
  const order = orderBy.length
    ? orderBy.map(
        ({ name, descending }) => `${keySql(shape, name)} ${turned(descending !== latest)} NULLS LAST`,
      )
    : time === undefined
      ? []
      : [`${quoted(time)} ${turned(latest)}`]
  const partition = keys.map(key => keySql(shape, key))
  const first = `SELECT * FROM ${timed ? timelyRows(input!) : input!.from} QUALIFY row_number() OVER (PARTITION BY ${partition.join(', ')} ORDER BY ${[...order, `${PLACE.order} ${turned(latest)}`].join(', ')}) = 1`
  if (!timed) return first
  const leaving =
    way === 'time'
      ? [quoted(time!), PLACE.order]
      : [quoted(finalBy(keys, shape)!), ...partition.map(key => `${key} NULLS LAST`)]
  return `SELECT ${columnList(shape.columns)}, row_number() OVER (ORDER BY ${leaving.join(', ')}) AS ${PLACE.order}, NULL::BIGINT AS ${PLACE.seen}, ${PLACE.split} FROM (${first})`
}
