/** Verbs that make of each row one, none or several. */

import { isText } from '../../src/core/types/column-type.ts'
import { elementType, isList } from '../../src/core/types/nested-type.ts'
import { checkUses, column, type Expression, knows, randomCondition, randomValue } from './expressions.ts'
import { type Column, columnOf, Senseless, type Shape } from './plan.ts'
import { quoted, textLiteral } from './sql-names.ts'
import { columnList, following, items, PLACE, PLACES, type Verb, without } from './verb.ts'

const code = JSON.stringify

export const filter: Verb<{ test: Expression }> = {
  propose: (random, input) => ({ test: randomCondition(random, input) }),
  shape({ test }, [input]) {
    checkUses(test, input!)
    return following(input!, { known: input!.known && knows(test, input!) })
  },
  code: ({ test }) => `.filter(r => ${test.code})`,
  sql: ({ test }, [input]) => `SELECT * FROM ${input!.from} WHERE ${test.sql}`,
}

const NEW_NAMES = ['x', 'y', 'z', 'a b', 'k', 'i', 'p', 'q']

interface Named {
  readonly name: string
  readonly value: Expression
}

function computedShape(columns: readonly Named[], input: Shape): Column[] {
  if (new Set(columns.map(c => c.name)).size < columns.length) throw new Senseless('a name twice')
  return columns.map(({ name, value }): Column => {
    checkUses(value, input)
    const { type, nullable } = value
    return { name, type, nullable, computed: true, ...(knows(value, input) ? {} : { unknown: true }) }
  })
}

export const withVerb: Verb<{ columns: readonly Named[] }> = {
  propose(random, input) {
    const columns = random.some(NEW_NAMES, random.pick([1, 1, 2, 2, 6])).flatMap((fresh): Named[] => {
      const name = random.chance(0.4) ? random.pick(input.columns).name : fresh
      const value = randomValue(random, input)
      // Event time is not made null, nor a window's bounds something else.
      if (!value || name === input.eventTime || name.startsWith('window')) return []
      return [{ name, value }]
    })
    if (columns.length === 0 || new Set(columns.map(c => c.name)).size < columns.length) return undefined
    return { columns }
  },
  shape({ columns }, [input]) {
    const made = computedShape(columns, input!)
    const replaced = new Map(made.map(c => [c.name, c]))
    const all = [
      ...input!.columns.map(c => replaced.get(c.name) ?? c),
      ...made.filter(({ name }) => !input!.columns.some(c => c.name === name)),
    ]
    return following(
      without(input!, name => !replaced.has(name)),
      { columns: all },
    )
  },
  code: ({ columns }) =>
    `.with({ ${columns.map(({ name, value }) => `${code(name)}: r => ${value.code}`).join(', ')} })`,
  sql(parameters, [input]) {
    const { columns } = withVerb.shape(parameters, [input!.shape])
    const computed = new Map(parameters.columns.map(({ name, value }) => [name, value.sql]))
    return `SELECT ${items(columns.map(({ name }) => [computed.get(name) ?? quoted(name), name]))}, ${PLACES} FROM ${input!.from}`
  },
}

export const select: Verb<{ columns: readonly Named[] }> = {
  propose(random, input) {
    const kept = random.some(input.columns, random.int(1, input.columns.length))
    if (input.eventTime !== undefined && random.chance(0.8)) {
      const time = columnOf(input, input.eventTime)
      if (!kept.includes(time)) kept.push(time)
    }
    const columns = kept.map((each): Named => ({ name: each.name, value: column(each) }))
    return { columns }
  },
  shape({ columns }, [input]) {
    const kept = columns.map(({ name, value }): Column => {
      const [[from] = ['']] = value.uses
      return { ...columnOf(input!, from), name }
    })
    return following(
      without(input!, name => kept.some(c => c.name === name)),
      { columns: kept },
    )
  },
  code: ({ columns }) => `.select(${columns.map(({ name }) => code(name)).join(', ')})`,
  sql: ({ columns }, [input]) =>
    `SELECT ${items(columns.map(({ name, value }) => [value.sql, name]))}, ${PLACES} FROM ${input!.from}`,
}

export const drop: Verb<{ names: readonly string[] }> = {
  propose(random, input) {
    const others = input.columns.filter(c => c.name !== input.eventTime)
    const names = random.some(others, random.int(1, 2)).map(c => c.name)
    return names.length < input.columns.length && names.length ? { names } : undefined
  },
  shape({ names }, [input]) {
    for (const name of names) columnOf(input!, name)
    const columns = input!.columns.filter(c => !names.includes(c.name))
    if (columns.length === 0) throw new Senseless('no columns')
    return following(
      without(input!, name => !names.includes(name)),
      { columns },
    )
  },
  code: ({ names }) => `.drop(${names.map(name => code(name)).join(', ')})`,
  sql(parameters, [input]) {
    const { columns } = drop.shape(parameters, [input!.shape])
    return `SELECT ${columnList(columns)}, ${PLACES} FROM ${input!.from}`
  },
}

export const rename: Verb<{ names: readonly (readonly [string, string])[] }> = {
  propose(random, input) {
    const [a, b] = random.some(input.columns, 2)
    if (a && b && random.chance(0.3))
      return {
        names: [
          [a.name, b.name],
          [b.name, a.name],
        ],
      }
    // Not a name that another is but for its case: those are one to DuckDB.
    const name = random.pick(['renamed', 'u', 'V2'])
    if (input.columns.some(c => c.name === name)) return undefined
    return { names: [[a!.name, name]] }
  },
  shape({ names }, [input]) {
    for (const [old] of names) columnOf(input!, old)
    const to = new Map(names)
    const named = (name: string) => to.get(name) ?? name
    const columns = input!.columns.map(c => ({ ...c, name: named(c.name) }))
    if (new Set(columns.map(c => c.name)).size < columns.length) throw new Senseless('a name twice')
    return following(input!, {
      columns,
      ...(input!.eventTime === undefined ? {} : { eventTime: named(input!.eventTime) }),
      ...(input!.keys ? { keys: input!.keys.map(named) } : {}),
      ...(input!.windowEnd === undefined ? {} : { windowEnd: named(input!.windowEnd) }),
    })
  },
  code: ({ names }) => `.rename({ ${names.map(([a, b]) => `${code(a)}: ${code(b)}`).join(', ')} })`,
  sql(parameters, [input]) {
    const { columns } = rename.shape(parameters, [input!.shape])
    return `SELECT ${items(columns.map(({ name }, i) => [quoted(input!.shape.columns[i]!.name), name]))}, ${PLACES} FROM ${input!.from}`
  },
}

interface ExplodeParameters {
  readonly column: string
  /** Of a text; lists have none. */
  readonly separator?: string
  readonly as: string
}

export const explode: Verb<ExplodeParameters> = {
  propose(random, input) {
    const columns = input.columns.filter(c => (isText(c.type) || isList(c.type)) && !c.unknown)
    if (columns.length === 0) return undefined
    const { name, type } = random.pick(columns)
    const as = random.chance(0.7) || input.columns.some(c => c.name === 'part') ? name : 'part'
    return { column: name, as, ...(isText(type) ? { separator: random.pick([' ', ' ', 'a', '🦀']) } : {}) }
  },
  shape(parameters, [input]) {
    const { column: name, separator, as } = parameters
    const of = columnOf(input!, name)
    const { type } = of
    if (separator === undefined ? !isList(type) : !isText(type)) throw new Senseless('other parts')
    if (input!.changes) throw new Senseless('explode of a changelog')
    const part = isList(type)
      ? { type: elementType(type), nullable: true }
      : { type: 'utf8' as const, nullable: false }
    const columns = input!.columns.map((c): Column => (c === of ? { ...c, ...part, name: as } : c))
    if (new Set(columns.map(c => c.name)).size < columns.length) throw new Senseless('a name twice')
    return following(explodedKeys(input!, name, as), {
      columns,
      nearSource: false,
      atMost: input!.atMost * 3,
    })
  },
  code({ column: name, separator, as }) {
    const by = separator === undefined ? '' : `separator: ${code(separator)}, `
    return `.explode(${code(name)}, { ${by}as: ${code(as)} })`
  },
  sql({ column: name, separator, as }, [input]) {
    const { columns } = input!.shape
    const list =
      separator === undefined ? quoted(name) : `string_split(${quoted(name)}, ${textLiteral(separator)})`
    const parts = `SELECT *, ${list} AS "~parts" FROM ${input!.from} WHERE ${quoted(name)} IS NOT NULL`
    const numbered = `SELECT *, unnest(range(1, len("~parts") + 1)) AS "~i" FROM (${parts})`
    const selected = columns.map((c): [string, string] =>
      c.name === name ? ['"~parts"["~i"]', as] : [quoted(c.name), c.name],
    )
    return `SELECT ${items(selected)}, row_number() OVER (ORDER BY ${PLACE.order}, "~i") AS ${PLACE.order}, ${PLACE.seen}, ${PLACE.split} FROM (${numbered})`
  },
}

/** A key that was split is no key any more. */
const explodedKeys = (input: Shape, name: string, as: string): Shape =>
  without(input, kept => kept !== name && kept !== as)
