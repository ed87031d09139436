/** Random expressions: as a user writes them, and as SQL. */

import { type ColumnType, isNumeric, isText, isTimestamp, isWide } from '../../src/core/types/column-type.ts'
import { type Column, Senseless, type Shape } from './plan.ts'
import type { Random } from './random.ts'
import { duckdbType, quoted, textLiteral } from './sql-names.ts'

/** An expression over the columns of a row. */
export interface Expression {
  /** JavaScript over `r`. */
  readonly code: string
  readonly sql: string
  readonly type: ColumnType
  readonly nullable: boolean
  /** The columns it reads, with the types they must have. */
  readonly uses: readonly (readonly [name: string, type: ColumnType])[]
}

/** @throws Senseless when the columns are not what the expression was written for */
export function checkUses({ uses }: Pick<Expression, 'uses'>, shape: Shape): void {
  for (const [name, type] of uses) {
    const column = shape.columns.find(c => c.name === name)
    if (column?.type !== type || column.approximate) throw new Senseless(`no column ${name} ${type}`)
  }
}

/** Whether SQL knows all that is read. */
export const knows = ({ uses }: Pick<Expression, 'uses'>, shape: Shape): boolean =>
  uses.every(([name]) => !shape.columns.find(c => c.name === name)!.unknown)

export const usable = (shape: Shape): readonly Column[] => shape.columns.filter(c => !c.approximate)

export function column({ name, type, nullable }: Column): Expression {
  return { code: `r[${JSON.stringify(name)}]`, sql: quoted(name), type, nullable, uses: [[name, type]] }
}

/** A value for a column, undefined when none is thought of for its columns. */
export function randomValue(random: Random, shape: Shape): Expression | undefined {
  const columns = usable(shape)
  if (columns.length === 0) return undefined
  const of = column(random.pick(columns))
  if (random.chance(0.1)) return of
  if (random.chance(0.12)) return conditional(random, shape, of)
  return computed(random, of)
}

function computed(random: Random, x: Expression): Expression | undefined {
  const { type } = x
  const make = (code: string, sql: string, of: Partial<Expression> = {}): Expression => ({
    ...x,
    code: `${x.code}${code}`,
    sql: `CAST(${sql} AS ${duckdbType(of.type ?? type)})`,
    ...of,
  })
  if (isText(type)) {
    return random.pick([
      () => make(".splitPart('a', 1)", `string_split(${x.sql}, 'a')[2]`, { type: 'utf8', nullable: true }),
      () => make('.upper()', `upper(${x.sql})`, { type: 'utf8' }),
      () => make('.lower()', `lower(${x.sql})`, { type: 'utf8' }),
      () => make(".concat('-', 'é')", `(${x.sql} || '-' || 'é')`, { type: 'utf8' }),
      () => make(".coalesce('none')", `coalesce(${x.sql}, 'none')`, { type: 'utf8', nullable: false }),
      () => make('.length()', `length(${x.sql})`, { type: 'int32' }),
      () => make(".nullIf('a')", `nullif(${x.sql}, 'a')`, { nullable: true, type: 'utf8' }),
      () => make(".startsWith('a')", `starts_with(${x.sql}, 'a')`, { type: 'bool' }),
    ])()
  }
  if (isTimestamp(type)) {
    if (type === 'timestamp[ns]') return undefined
    const unit = random.pick(['hour', 'day', 'minute'])
    return make(`.truncate('${unit}')`, `date_trunc('${unit}', ${x.sql})`)
  }
  if (type === 'bool') return make('.not()', `(NOT ${x.sql})`)
  if (isNumeric(type)) return number(random, x, make)
  return make('.isNull()', `(${x.sql} IS NULL)`, { type: 'bool', nullable: false })
}

function number(
  random: Random,
  x: Expression,
  make: (code: string, sql: string, of?: Partial<Expression>) => Expression,
): Expression {
  const { type } = x
  const float = type.startsWith('float')
  const zero = type === 'int64' || type === 'uint64' ? '0n' : '0'
  return random.pick([
    () => (type === 'int8' ? make('.abs()', `abs(${x.sql})`) : make('.add(1)', `(${x.sql} + 1)`)),
    () =>
      float
        ? make('.mul(0.5)', `(${x.sql}::DOUBLE * 0.5::DOUBLE)`)
        : make('.mod(2)', `(${x.sql} % 2)`, { nullable: true }),
    () => make(`.coalesce(${zero})`, `coalesce(${x.sql}, 0)`, { nullable: false }),
    () => make('.isNull()', `(${x.sql} IS NULL)`, { type: 'bool', nullable: false }),
    () => make('.gt(1)', `(${x.sql} > 1)`, { type: 'bool' }),
    () =>
      isWide(type) ? make('.abs()', `abs(${x.sql})`) : make(".cast('float64')", x.sql, { type: 'float64' }),
    () => make(`.nullIf(${zero})`, `nullif(${x.sql}, 0)`, { nullable: true }),
  ])()
}

function conditional(random: Random, shape: Shape, x: Expression): Expression {
  const test = randomCondition(random, shape, 1)
  return {
    ...x,
    code: `when(${test.code}, ${x.code}).otherwiseNull()`,
    sql: `CASE WHEN ${test.sql} THEN ${x.sql} END`,
    type: x.type === 'dictionary' ? 'utf8' : x.type,
    nullable: true,
    uses: [...x.uses, ...test.uses],
  }
}

/** A condition for `filter`. */
export function randomCondition(random: Random, shape: Shape, depth = 2): Expression {
  if (depth > 0 && random.chance(0.3)) {
    const a = randomCondition(random, shape, depth - 1)
    const b = randomCondition(random, shape, depth - 1)
    const word = random.pick(['and', 'or'])
    return {
      ...a,
      code: `${a.code}.${word}(${b.code})`,
      sql: `(${a.sql} ${word.toUpperCase()} ${b.sql})`,
      uses: [...a.uses, ...b.uses],
    }
  }
  if (depth > 0 && random.chance(0.15)) {
    const a = randomCondition(random, shape, depth - 1)
    return { ...a, code: `${a.code}.not()`, sql: `(NOT ${a.sql})` }
  }
  const columns = usable(shape)
  if (columns.length === 0) return { code: 'lit(true)', sql: 'true', type: 'bool', nullable: false, uses: [] }
  return comparison(random, column(random.pick(columns)))
}

function comparison(random: Random, x: Expression): Expression {
  const test = (code: string, sql: string): Expression => ({
    ...x,
    type: 'bool',
    code: `${x.code}${code}`,
    sql: `(${sql})`,
  })
  if (random.chance(0.15)) return test('.isNotNull()', `${x.sql} IS NOT NULL`)
  if (random.chance(0.05)) return test('.isNull()', `${x.sql} IS NULL`)
  const { type } = x
  if (isText(type)) {
    const text = random.pick(['a', 'b', 'ü', "it's", '', '🦀'])
    return random.pick([
      () => test(`.ne(${JSON.stringify(text)})`, `${x.sql} <> ${textLiteral(text)}`),
      () => test(`.gte(${JSON.stringify(text)})`, `${x.sql} >= ${textLiteral(text)}`),
      () => test(".isIn(['a', 'b', ''])", `${x.sql} IN ('a', 'b', '')`),
      () => test(".contains('a')", `contains(${x.sql}, 'a')`),
    ])()
  }
  if (type === 'bool') return test('', x.sql)
  if (isNumeric(type)) {
    const n = random.int(0, 3)
    return random.pick([
      () =>
        test(
          `.gt(${n - 2 < 0 && type.startsWith('uint') ? 0 : n - 2})`,
          `${x.sql} > ${n - 2 < 0 && type.startsWith('uint') ? 0 : n - 2}`,
        ),
      () => test(`.lte(${n})`, `${x.sql} <= ${n}`),
      () => test(`.ne(${n})`, `${x.sql} <> ${n}`),
      () => test('.between(0, 2)', `${x.sql} BETWEEN 0 AND 2`),
    ])()
  }
  const second = random.pick([-3600, 0, 946_684_800 + 7200])
  const iso = new Date(second * 1000).toISOString()
  if (type === 'timestamp[ns]') return test('.isNotNull()', `${x.sql} IS NOT NULL`)
  return test(`.gte(new Date(${second * 1000}))`, `${x.sql}::TIMESTAMP >= TIMESTAMP '${iso.slice(0, 19)}'`)
}
