/** Queries in SQL over a dataset that ends, which DuckDB computes. */

import { isDuration } from '../../src/core/types/column-type.ts'
import { checkUses, type Expression, knows, randomCondition, randomValue } from './expressions.ts'
import { type Column, Senseless } from './plan.ts'

import { columnList, items, PLACES, type Verb, without } from './verb.ts'

const code = JSON.stringify
/** The computed column. */
const NAME = 'found'

interface QueryParameters {
  readonly columns: readonly Pick<Column, 'name' | 'type'>[]
  readonly test: Expression
  readonly value: Expression
}

const selected = ({ columns, value }: QueryParameters): string =>
  `${columnList(columns)}, ${items([[value.sql, NAME]])}`

export const query: Verb<QueryParameters> = {
  propose(random, input) {
    const value = randomValue(random, input)
    if (!value || !input.bounded || input.streamed) return undefined
    const columns = input.columns.map(({ name, type }) => ({ name, type }))
    return { columns, test: randomCondition(random, input), value }
  },
  shape({ columns, test, value }, [input]) {
    if (!input!.bounded || input!.streamed || input!.changes)
      throw new Senseless('a query of what does not end')
    const same = columns.every(({ name, type }, i) => {
      const column = input!.columns[i]
      return column?.name === name && column.type === type
    })
    if (!same || columns.length !== input!.columns.length || columns.some(({ name }) => name === NAME))
      throw new Senseless('other columns')
    // They are INTERVALs there, in microseconds.
    if ([...columns, value].some(({ type }) => isDuration(type)))
      throw new Senseless('durations are numbers in SQL')
    checkUses(test, input!)
    checkUses(value, input!)
    const found: Column = {
      ...{ name: NAME, type: value.type, nullable: value.nullable, computed: true },
      ...(knows(value, input!) ? {} : { unknown: true }),
    }
    const { eventTime: _, keys: __, ...rest } = without(input!, () => false)
    const { hasLate: ___, ...shape } = rest
    return {
      ...shape,
      columns: [...input!.columns.map(plain), plain(found)],
      lateness: false,
      sequenced: true,
      known: input!.known && knows(test, input!),
      nearSource: false,
    }
  },
  code(parameters) {
    const { columns, test, value } = parameters
    const schema = [...columns, { name: NAME, type: value.type }].map(plain)
    const typed = schema.map(({ name, type }) => `${code(name)}: ${code(type)}`).join(', ')
    const parts = [`SELECT ${selected(parameters)} FROM `, ` WHERE ${test.sql}`]
    return `.pipe(d => sql({ ${typed} })(Object.assign(${code(parts)}, { raw: ${code(parts)} }), d))`
  },
  sql: (parameters, [input]) =>
    `SELECT ${selected(parameters)}, ${PLACES} FROM ${input!.from} WHERE ${parameters.test.sql}`,
}

/** DuckDB has texts without dictionaries. */
const plain = <C extends Pick<Column, 'type'>>(column: C): C =>
  column.type === 'dictionary' ? { ...column, type: 'utf8' as const } : column

/** Whether a job over it cannot go on from a snapshot. */
export const startsAnew = (verb: string): boolean => verb === 'query'
