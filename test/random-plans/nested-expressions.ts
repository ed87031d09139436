/** Functions of lists and structs. */

import { type ColumnType, isText } from '../../src/core/types/column-type.ts'
import { isMap } from '../../src/core/types/nested-type.ts'
import { callsOf, column, type Expression, type Make, usable } from './expression.ts'
import type { Shape } from './plan.ts'
import type { Random } from './random.ts'

/** The struct that sources have; fields are `a` and `b`. */
export const STRUCT = 'struct<a: int32, b: utf8>'

/** The map that sources have. Maps are no keys and have no order. */
export const MAP = 'map<utf8, int32>'

/** A value of a list's elements, as JavaScript and as SQL. */
const VALUES: Partial<Record<string, readonly [code: string, sql: string]>> = {
  bool: ['true', 'true'],
  int32: ['1', '1'],
  utf8: ["'a'", "'a'"],
}

/** A call of a method of a list of int32, of utf8 or of bool. */
export function listCall(random: Random, x: Expression, make: Make): Expression {
  const element = x.type.slice('list<'.length, -1) as ColumnType
  const [code, value] = VALUES[element]!
  const { sql } = x
  const nonNull = `list_filter(${sql}, lambda e: e IS NOT NULL)`
  const found = `coalesce(list_position(${sql}, ${value}), 0) - 1`
  const once = `list_sort(list_distinct(${sql}), 'ASC', 'NULLS LAST')`
  const ofAny: (() => Expression)[] = [
    () => make('.length()', `len(${sql})`, { type: 'int32' }),
    () => make('.at(0)', `${sql}[1]`, { type: element, nullable: true }),
    () => make('.at(-1)', `${sql}[-1]`, { type: element, nullable: true }),
    () => make(`.contains(${code})`, `list_contains(${sql}, ${value})`, { type: 'bool' }),
    () => make(`.indexOf(${code})`, `CASE WHEN ${sql} IS NOT NULL THEN ${found} END`, { type: 'int32' }),
    () => make('.slice(0, 2)', `${sql}[1:2]`),
    () => make('.slice(1)', `${sql}[2:]`),
    () => make(`.concat(${x.code})`, `(${sql} || ${sql})`),
    () => make('.reverse()', `list_reverse(${sql})`),
    () => make('.sort()', `list_sort(${sql}, 'ASC', 'NULLS LAST')`),
    () => make('.sort({ descending: true })', `list_sort(${sql}, 'DESC', 'NULLS LAST')`),
    () =>
      make(
        '.distinct().sort()',
        `CASE WHEN len(${nonNull}) < len(${sql}) THEN list_append(${once}, NULL) ELSE ${once} END`,
      ),
    () => make('.isNull()', `(${sql} IS NULL)`, { type: 'bool', nullable: false }),
    () => make('.count()', `list_count(${sql})`, { type: 'int32' }),
  ]
  const ofNumbers: (() => Expression)[] = [
    () => make('.sum()', `list_sum(${sql})`, { type: 'int53', nullable: true }),
    () => make('.min()', `list_min(${sql})`, { type: 'int32', nullable: true }),
    () => make('.max()', `list_max(${sql})`, { type: 'int32', nullable: true }),
  ]
  const ofTexts = [
    () =>
      make(
        ".join('-')",
        `CASE WHEN ${sql} IS NOT NULL THEN coalesce(array_to_string(${nonNull}, '-'), '') END`,
        { type: 'utf8' },
      ),
  ]
  return random.pick([
    ...ofAny,
    ...(element === 'int32' ? ofNumbers : []),
    ...(element === 'utf8' ? ofTexts : []),
  ])()
}

/** A field, or whether there is a struct. */
export function structCall(random: Random, { sql }: Expression, make: Make): Expression {
  return random.pick([
    () => make(".field('a')", `struct_extract(${sql}, 'a')`, { type: 'int32', nullable: true }),
    () => make('.b', `struct_extract(${sql}, 'b')`, { type: 'utf8', nullable: true }),
    () => make('.isNotNull()', `(${sql} IS NOT NULL)`, { type: 'bool', nullable: false }),
  ])()
}

/** A value, a part of a map, or whether there is one. */
export function mapCall(random: Random, { sql }: Expression, make: Make): Expression {
  return random.pick([
    () => make(".get('a')", `${sql}['a']`, { type: 'int32', nullable: true }),
    () => make('.length()', `cardinality(${sql})`, { type: 'int32' }),
    () => make('.keys()', `map_keys(${sql})`, { type: 'list<utf8>' }),
    () => make('.values()', `map_values(${sql})`, { type: 'list<int32>' }),
    () => make('.isNull()', `(${sql} IS NULL)`, { type: 'bool', nullable: false }),
  ])()
}

/** A list or a struct of columns; undefined where there are none for it. */
export function composed(random: Random, shape: Shape): Expression | undefined {
  const numbers = usable(shape).filter(c => c.type === 'int32')
  const texts = usable(shape).filter(c => isText(c.type) && c.type === 'utf8')
  if (numbers.length === 0) return undefined
  const [a, b] = [column(random.pick(numbers)), column(random.pick(numbers))]
  const uses = [...a.uses, ...b.uses]
  if (texts.length === 0 || random.chance(0.5)) {
    const of = { type: 'list<int32>', nullable: false, uses } as const
    return { ...callsOf(a)('', `[${a.sql}, ${b.sql}]`, of), code: `list(${a.code}, ${b.code})` }
  }
  const text = column(random.pick(texts))
  const of = { type: STRUCT, nullable: false, uses: [...a.uses, ...text.uses] } as const
  return {
    ...callsOf(a)('', `{'a': ${a.sql}, 'b': ${text.sql}}`, of),
    code: `struct({ a: ${a.code}, b: ${text.code} })`,
  }
}

/** A condition of a list or a struct: its code behind the value, and its SQL. */
export function nestedTest(random: Random, x: Expression): readonly [code: string, sql: string] {
  const { type, sql } = x
  if (isMap(type)) return [".get('a').gt(0)", `${sql}['a'] > 0`]
  if (type.startsWith('struct'))
    return random.pick([
      [".field('a').gt(0)", `struct_extract(${sql}, 'a') > 0`],
      [`.lte(${x.code})`, `${sql} <= ${sql}`],
    ] as const)
  return random.pick([
    ['.length().gt(1)', `len(${sql}) > 1`],
    [`.eq(${x.code}.reverse())`, `${sql} = list_reverse(${sql})`],
    [`.lt(${x.code}.concat(${x.code}))`, `${sql} < (${sql} || ${sql})`],
  ] as const)
}
