/** Verbs that call functions of a user's, row by row. */

import { type ColumnType, isDecimal, isText } from '../../src/core/types/column-type.ts'
import { usable } from './expression.ts'
import { type Column, columnOf, Senseless, type Shape } from './plan.ts'
import type { Random } from './random.ts'
import { quoted } from './sql-names.ts'
import { columnList, following, items, PLACE, PLACES, type Verb, without } from './verb.ts'

const code = JSON.stringify

/** What a function makes of a value that is not null: as JavaScript over `v`, and as SQL over a column. */
interface Made {
  readonly js: string
  readonly sql: (x: string) => string
  readonly type: ColumnType
}

function madeOf(type: ColumnType): Made | undefined {
  if (isText(type)) return { js: "v + '!'", sql: x => `(${x} || '!')`, type: 'utf8' }
  if (isDecimal(type)) return { js: 'v', sql: x => x, type }
  if (type === 'bool') return { js: '!v', sql: x => `(NOT ${x})`, type }
  if (type === 'int64') return { js: '-v', sql: x => `(-${x})`, type }
  if (/^(u?int(8|16)|int32)$/.test(type))
    return { js: 'v * 2', sql: x => `(${x}::INTEGER * 2)`, type: 'int32' }
  if (type.startsWith('float'))
    return { js: '[Number.isNaN(v), null]', sql: x => `[isnan(${x}), NULL]`, type: 'list<bool>' }
  if (type === 'date') return { js: 'v', sql: x => x, type }
  if (type.startsWith('list')) return { js: 'v.length', sql: x => `len(${x})::INTEGER`, type: 'int32' }
  if (type.startsWith('struct'))
    return {
      js: '({ ...v, b: v.b === null ? null : v.b + v.b })',
      sql: x => `{'a': ${x}.a, 'b': ${x}.b || ${x}.b}`,
      type,
    }
  return undefined
}

interface MapParameters {
  readonly column: string
  readonly type: ColumnType
  readonly keep: readonly string[]
}

const MADE = 'made'

/** Columns that stay, and one that is made of one. */
function mapped({ column: of, type, keep }: MapParameters, input: Shape, made: Column): Shape {
  const from = columnOf(input, of)
  if (from.type !== type || from.approximate) throw new Senseless('another function')
  const kept = input.columns.filter(c => keep.includes(c.name))
  if (kept.length < keep.length || keep.includes(MADE)) throw new Senseless('a name twice')
  return following(
    without(input, name => keep.includes(name)),
    { columns: [...kept, { ...made, ...(from.unknown ? { unknown: true } : {}) }], nearSource: false },
  )
}

function proposed(
  random: Random,
  input: Shape,
  fits: (type: ColumnType) => boolean,
): MapParameters | undefined {
  const columns = usable(input).filter(c => fits(c.type))
  if (columns.length === 0) return undefined
  const keep = input.columns.filter(
    c => c.name !== MADE && random.chance(c.name === input.eventTime ? 0.9 : 0.6),
  )
  const { name, type } = random.pick(columns)
  return { column: name, type, keep: keep.map(c => c.name) }
}

const keptSql = (keep: readonly string[], shape: Shape): string =>
  keep.length > 0 ? `${columnList(shape.columns.filter(c => keep.includes(c.name)))}, ` : ''

export const map: Verb<MapParameters> = {
  propose: (random, input) => proposed(random, input, type => madeOf(type) !== undefined),
  shape: (parameters, [input]) =>
    mapped(parameters, input!, {
      name: MADE,
      type: madeOf(parameters.type)!.type,
      nullable: true,
      computed: true,
    }),
  code({ column: of, type, keep }) {
    const { js, type: out } = madeOf(type)!
    const value = `row[${code(of)}] === null ? null : (v => ${js})(row[${code(of)}])`
    return `.map(row => ({ ${MADE}: ${value} }), { out: { ${MADE}: ${code(out)} }, keep: ${code(keep)} })`
  },
  sql({ column: of, type, keep }, [input]) {
    const x = quoted(of)
    const { sql } = madeOf(type)!
    return `SELECT ${keptSql(keep, input!.shape)}CASE WHEN ${x} IS NOT NULL THEN ${sql(x)} END AS ${MADE}, ${PLACES} FROM ${input!.from}`
  },
}

/** The parts of a text; nothing of null, and nothing of a text that begins with a space. */
export const flatMap: Verb<MapParameters> = {
  propose: (random, input) => (input.changes ? undefined : proposed(random, input, isText)),
  shape(parameters, [input]) {
    if (input!.changes || !isText(parameters.type)) throw new Senseless('flatMap of a changelog')
    const shape = mapped(parameters, input!, { name: MADE, type: 'utf8', nullable: false, computed: true })
    return { ...shape, atMost: shape.atMost * 3 }
  },
  code({ column: of, keep }) {
    const v = `row[${code(of)}]`
    return `.flatMap(row => ${v} === null || ${v}.startsWith(' ') ? null : ${v}.split('b').map(${MADE} => ({ ${MADE} })), { out: { ${MADE}: 'utf8' }, keep: ${code(keep)} })`
  },
  sql({ column: of, keep }, [input]) {
    const x = quoted(of)
    const parts = `SELECT *, string_split(${x}, 'b') AS "~parts" FROM ${input!.from} WHERE NOT starts_with(${x}, ' ')`
    const numbered = `SELECT *, unnest(range(1, len("~parts") + 1)) AS "~i" FROM (${parts})`
    return `SELECT ${keptSql(keep, input!.shape)}"~parts"["~i"] AS ${MADE}, row_number() OVER (ORDER BY ${PLACE.order}, "~i") AS ${PLACE.order}, ${PLACE.seen}, ${PLACE.split} FROM (${numbered})`
  },
}

interface LookupParameters {
  readonly column: string
  readonly how: 'inner' | 'left'
  readonly cached: boolean
}

/** Two rows are found for one value, one for another, and none for the rest. */
const tableOf = (type: ColumnType): readonly [twice: string, once: string] =>
  isText(type) ? ["'a'", "'ü'"] : ['1', '0']

const isLookedUp = (type: ColumnType): boolean => isText(type) || /^(u?int(8|16)|int32|int53)$/.test(type)

export const lookupJoin: Verb<LookupParameters> = {
  propose(random, input) {
    const columns = usable(input).filter(c => isLookedUp(c.type))
    if (columns.length === 0 || input.changes) return undefined
    return {
      column: random.pick(columns).name,
      how: random.pick(['inner', 'left'] as const),
      cached: random.chance(0.5),
    }
  },
  shape({ column: of, how }, [input]) {
    const key = columnOf(input!, of)
    if (input!.changes || !isLookedUp(key.type) || key.approximate) throw new Senseless('nothing to look up')
    if (input!.columns.some(c => c.name === 'found')) throw new Senseless('a name twice')
    const found: Column = { name: 'found', type: 'int32', nullable: how === 'left', computed: true }
    return following(input!, {
      columns: [...input!.columns, found],
      known: input!.known && !key.unknown,
      nearSource: false,
      atMost: input!.atMost * 2,
    })
  },
  code({ column: of, how, cached }) {
    const v = `row[${code(of)}]`
    const table = `[1, 'a'].includes(${v}) ? [{ found: 1 }, { found: 2 }] : [0, 'ü'].includes(${v}) ? { found: 3 } : null`
    const cache = cached ? ", cache: { rows: 2, ttl: '1h' }" : ''
    return `.lookupJoin(row => ${table}, { in: ${code(of)}, out: { found: 'int32' }, how: ${code(how)}${cache} })`
  },
  sql({ column: of, how }, [input]) {
    const { columns } = input!.shape
    const [twice, once] = tableOf(columnOf(input!.shape, of).type)
    const table = `(VALUES (${twice}, 1, 0), (${twice}, 2, 1), (${once}, 3, 0)) AS tbl("~key", "found", "~i")`
    const kept = items(columns.map(({ name }): [string, string] => [`lft.${quoted(name)}`, name]))
    return `SELECT ${kept}, tbl."found", row_number() OVER (ORDER BY lft.${PLACE.order}, tbl."~i") AS ${PLACE.order}, lft.${PLACE.seen}, lft.${PLACE.split} FROM ${input!.from} lft ${how.toUpperCase()} JOIN ${table} ON lft.${quoted(of)} = tbl."~key"`
  },
}
