/** Columns to rows, fields to columns, and totals. */

import { isText } from '../../src/core/types/column-type.ts'
import { isStruct, structFields } from '../../src/core/types/nested-type.ts'
import { usable } from './expressions.ts'
import { type Column, columnOf, Senseless, type Shape } from './plan.ts'
import { quoted, textLiteral } from './sql-names.ts'
import { following, items, keySql, PLACE, PLACES, type Verb, without } from './verb.ts'

const code = JSON.stringify

interface UnpivotParameters {
  readonly on: readonly string[]
  readonly nulls: 'keep' | 'drop'
}

export const unpivot: Verb<UnpivotParameters> = {
  propose(random, input) {
    const columns = input.columns.filter(c => c.name !== input.eventTime && !c.name.startsWith('window'))
    if (columns.length === 0) return undefined
    const { type } = random.pick(columns)
    const same = columns.filter(c => c.type === type || (isText(c.type) && isText(type)))
    const on = random.some(same, random.int(1, 2)).map(({ name }) => name)
    return { on, nulls: random.pick(['keep', 'drop'] as const) }
  },
  shape({ on, nulls }, [input]) {
    if (on.length === 0) throw new Senseless('unpivot of nothing')
    const of = on.map(name => columnOf(input!, name))
    const [first] = of
    const type = isText(first!.type) ? 'utf8' : first!.type
    if (of.some(c => c.type !== first!.type && !(isText(c.type) && type === 'utf8')))
      throw new Senseless('unpivot of several types')
    if (input!.columns.some(c => ['name', 'value'].includes(c.name) && !on.includes(c.name)))
      throw new Senseless('a name twice')
    const value: Column = {
      ...{ name: 'value', type, nullable: nulls === 'keep' && of.some(c => c.nullable), computed: true },
      ...(of.some(c => c.approximate) ? { approximate: true } : {}),
      ...(of.some(c => c.unknown) ? { unknown: true } : {}),
    }
    if (nulls === 'drop' && value.unknown) throw new Senseless('which rows there are is not known')
    return following(
      without(input!, name => !on.includes(name)),
      {
        columns: [
          ...input!.columns.filter(c => !on.includes(c.name)),
          { name: 'name', type: 'utf8', nullable: false, computed: true },
          value,
        ],
        nearSource: false,
        atMost: input!.atMost * on.length,
      },
    )
  },
  code: ({ on, nulls }) => `.unpivot({ on: ${code(on)}${nulls === 'drop' ? `, nulls: 'drop'` : ''} })`,
  sql({ on, nulls }, [input]) {
    const kept = input!.shape.columns.filter(c => !on.includes(c.name))
    const parts = on.map((name, i) => {
      const list = items([
        ...kept.map((c): [string, string] => [quoted(c.name), c.name]),
        [textLiteral(name), 'name'],
        [quoted(name), 'value'],
      ])
      const where = nulls === 'drop' ? ` WHERE ${quoted(name)} IS NOT NULL` : ''
      return `SELECT ${list}, ${PLACE.order} AS "~row", ${i} AS "~i", ${PLACE.seen}, ${PLACE.split} FROM ${input!.from}${where}`
    })
    return `SELECT * EXCLUDE ("~row", "~i"), row_number() OVER (ORDER BY "~row", "~i") AS ${PLACE.order} FROM (${parts.join(' UNION ALL ')})`
  },
}

interface TotalsParameters {
  readonly verb: 'rollup' | 'cube'
  readonly keys: readonly string[]
  readonly of: string
}

const keysOf = ({ keys }: TotalsParameters, input: Shape): Column[] => keys.map(key => columnOf(input, key))

/** `rollup` and `cube`, of counts. */
export const totals: Verb<TotalsParameters> = {
  propose(random, input) {
    const keys = random.some(usable(input), random.int(1, 2)).map(c => c.name)
    if (keys.length === 0 || keys.some(key => ['n', 'g'].includes(key))) return undefined
    return { verb: random.pick(['rollup', 'cube'] as const), keys, of: random.pick(usable(input)).name }
  },
  shape(parameters, [input]) {
    const keys = keysOf(parameters, input!)
    const of = columnOf(input!, parameters.of)
    if (keys.length === 0 || keys.some(c => c.approximate)) throw new Senseless('a key that is rounded')
    if (keys.some(c => ['n', 'g'].includes(c.name))) throw new Senseless('a name twice')
    const changes = !input!.bounded
    return {
      columns: [
        ...keys.map(c => ({
          ...c,
          type: c.type === 'dictionary' ? ('utf8' as const) : c.type,
          nullable: true,
        })),
        { name: 'g', type: 'int32', nullable: false },
        { name: 'n', type: 'int53', nullable: false, ...(of.unknown ? { unknown: true } : {}) },
      ],
      bounded: input!.bounded,
      keys: [...keys.map(c => c.name), 'g'],
      lateness: false,
      sequenced: !changes,
      known: input!.known && !keys.some(c => c.unknown),
      nearSource: false,
      streamed: input!.streamed,
      atMost: input!.atMost * 4 + 1,
      ...(changes ? { changes } : {}),
    }
  },
  code: ({ verb, keys, of }) =>
    `.${verb}(${keys.map(key => code(key)).join(', ')}, { grouping: 'g' }).agg({ n: count(${code(of)}) })`,
  sql({ verb, keys, of }, [input]) {
    const names = keys.map((_, i) => `"~k${i}"`)
    const rows = `SELECT ${items(keys.map((key, i): [string, string] => [keySql(input!.shape, key), `~k${i}`]))}, ${quoted(of)} AS "~of" FROM ${input!.from}`
    const grouped = `SELECT ${names.join(', ')}, grouping(${names.join(', ')}) AS "~g", count("~of") AS "~n" FROM (${rows}) GROUP BY ${verb.toUpperCase()} (${names.join(', ')}) HAVING count(*) > 0`
    const list = items([
      ...keys.map((key, i): [string, string] => [names[i]!, key]),
      ['"~g"::INTEGER', 'g'],
      ['"~n"', 'n'],
    ])
    const order = [...names.map(name => `${name} NULLS LAST`), '"~g"'].join(', ')
    return `SELECT ${list}, row_number() OVER (ORDER BY ${order}) AS ${PLACE.order}, NULL::BIGINT AS ${PLACE.seen}, '' AS ${PLACE.split} FROM (${grouped})`
  },
}

interface UnnestParameters {
  readonly column: string
  readonly prefix: string
}

/** The fields of a struct as columns. */
export const unnest: Verb<UnnestParameters> = {
  propose(random, input) {
    const structs = input.columns.filter(c => c.type.startsWith('struct'))
    if (structs.length === 0) return undefined
    return { column: random.pick(structs).name, prefix: random.pick(['', 'of ']) }
  },
  shape(parameters, [input]) {
    const columns = input!.columns.flatMap((c): Column[] => {
      if (c.name !== parameters.column) return [c]
      if (!isStruct(c.type)) throw new Senseless('no struct')
      return structFields(c.type).map(({ name, type }) => ({
        ...c,
        name: parameters.prefix + name,
        type,
        nullable: true,
        computed: true,
      }))
    })
    if (columns.length === input!.columns.length) throw new Senseless('no struct')
    if (new Set(columns.map(c => c.name)).size < columns.length) throw new Senseless('a name twice')
    return following(
      without(input!, name => name !== parameters.column),
      { columns, nearSource: false },
    )
  },
  code: ({ column, prefix }) => `.unnest(${JSON.stringify(column)}, { prefix: ${JSON.stringify(prefix)} })`,
  sql({ column, prefix }, [input]) {
    const list = input!.shape.columns.flatMap((c): [string, string][] => {
      if (c.name !== column || !isStruct(c.type)) return [[quoted(c.name), c.name]]
      return structFields(c.type).map(({ name }) => [
        `struct_extract(${quoted(c.name)}, '${name}')`,
        prefix + name,
      ])
    })
    return `SELECT ${items(list)}, ${PLACES} FROM ${input!.from}`
  },
}
