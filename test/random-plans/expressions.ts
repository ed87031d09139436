/** Random expressions: as a user writes them, and as SQL. */

import {
  decimalPrecision,
  decimalScale,
  isDecimal,
  isDuration,
  isInteger,
  isNumeric,
  isText,
  isTimestamp,
  isWide,
} from '../../src/core/types/column-type.ts'
import { isList, isMap, isNested, isStruct } from '../../src/core/types/nested-type.ts'
import { callsOf, column, type Expression, type Make, usable, valued } from './expression.ts'
import { composed, listCall, mapCall, nestedTest, structCall } from './nested-expressions.ts'
import { pairCall } from './pair-expressions.ts'
import type { Shape } from './plan.ts'
import type { Random } from './random.ts'
import { textLiteral } from './sql-names.ts'
import { textCall } from './text-expressions.ts'
import { dateCall, timeCall } from './time-expressions.ts'

export { checkUses, column, type Expression, knows, usable, valued } from './expression.ts'

/** A value for a column, undefined when none is thought of for its columns. */
export function randomValue(random: Random, shape: Shape): Expression | undefined {
  const columns = valued(shape)
  if (columns.length === 0) return undefined
  const of = column(random.pick(columns))
  if (random.chance(0.1)) return of
  if (random.chance(0.12)) return conditional(random, shape, of)
  if (random.chance(0.06)) return composed(random, shape)
  return (random.chance(0.15) ? pairCall(random, shape, of) : undefined) ?? computed(random, of)
}

function computed(random: Random, x: Expression): Expression | undefined {
  const { type } = x
  const make = callsOf(x)
  // Anything has a text, but DuckDB writes what is nested with other quotes, and durations are numbers in SQL here.
  if (!isNested(type) && !isDuration(type) && random.chance(0.06))
    return make(".cast('utf8')", x.sql, { type: 'utf8' })
  if (isText(type)) return textCall(random, x, make)
  if (isTimestamp(type)) return timeCall(random, x)
  if (type === 'date') return dateCall(random, x)
  if (type === 'bool') return make('.not()', `(NOT ${x.sql})`)
  if (isNumeric(type)) return number(random, x, make)
  if (isDecimal(type)) return decimal(random, x, make)
  if (isDuration(type)) return duration(random, x, make)
  if (isMap(type)) return mapCall(random, x, make)
  if (isList(type)) return listCall(random, x, make)
  if (isStruct(type)) return structCall(random, x, make)
  return make('.isNull()', `(${x.sql} IS NULL)`, { type: 'bool', nullable: false })
}

function duration(random: Random, x: Expression, make: Make): Expression {
  const { sql } = x
  return random.pick([
    () => make(".add('1s')", `(${sql} + 1000)`),
    () => make(`.sub(${x.code}.mul(3))`, `(${sql} - ${sql} * 3)`),
    () => make('.neg()', `(-${sql})`),
    () => make('.abs()', `abs(${sql})`),
    () => make('.isNull()', `(${sql} IS NULL)`, { type: 'bool', nullable: false }),
    () => make(".gt(lit('1s', 'duration'))", `(${sql} > 1000)`, { type: 'bool' }),
    () => make(".nullIf(lit(0, 'duration[ms]'))", `nullif(${sql}, 0)`, { nullable: true }),
  ])()
}

function decimal(random: Random, x: Expression, make: Make): Expression {
  const { type, sql } = x
  if (!isDecimal(type)) return x
  const rounded = `decimal(${decimalPrecision(type)}, 1)` as const
  return random.pick([
    () => make(`.add(1).cast('${type}')`, `(${sql} + 1)`),
    () => make(`.mul(2).cast('${type}')`, `(${sql} * 2)`),
    () => make('.neg()', `(-${sql})`),
    () => make('.abs()', `abs(${sql})`),
    () => make('.isNull()', `(${sql} IS NULL)`, { type: 'bool', nullable: false }),
    () => make(".cast('float64')", sql, { type: 'float64' }),
    () => make('.nullIf(0)', `nullif(${sql}, 0)`, { nullable: true }),
    () => make('.gt(0.5)', `(${sql} > 0.5)`, { type: 'bool' }),
    ...(decimalScale(type) > 1 ? [() => make('.round(1)', `round(${sql}, 1)`, { type: rounded })] : []),
  ])()
}

function number(random: Random, x: Expression, make: Make): Expression {
  const { type, sql } = x
  const float = type.startsWith('float')
  const zero = type === 'int64' || type === 'uint64' ? '0n' : '0'
  const whole = [
    () => make('.mod(2)', `(${sql} % 2)`, { nullable: true }),
    () => make('.intDiv(2)', `(${sql} // 2)`, { nullable: true }),
    () => make('.clamp(0, 2)', `least(greatest(${sql}, 0), 2) + 0 * ${sql}`),
    ...(type === 'int32'
      ? [() => make(".fromEpoch('s')", `make_timestamp(${sql}::BIGINT * 1000000)`, { type: 'timestamp[s]' })]
      : []),
    ...(isInteger(type) ? [() => make('.div(4)', `(${sql}::DOUBLE / 4)`, { type: 'float64' })] : []),
    () => make('.isIn([0, 2])', `(${sql} IN (0, 2))`, { type: 'bool' }),
  ]
  const fraction = [
    () => make('.mul(0.5)', `(${sql}::DOUBLE * 0.5::DOUBLE)`),
    () => make('.floor()', `floor(${sql})`),
    () => make('.ceil()', `ceil(${sql})`),
    () => make('.trunc()', `trunc(${sql})`),
    () => make('.neg()', `(-${sql})`),
    () => make('.sign()', `sign(${sql})`),
    () => make('.isNaN()', `isnan(${sql})`, { type: 'bool' }),
    () => make('.isFinite()', `isfinite(${sql})`, { type: 'bool' }),
    () => make('.round(1)', `round(${sql}::DOUBLE, 1)`),
    () => make(".tryCast('int32')", `TRY_CAST(${sql} AS INTEGER)`, { type: 'int32', nullable: true }),
  ]
  return random.pick([
    () => (type === 'int8' ? make('.abs()', `abs(${sql})`) : make('.add(1)', `(${sql} + 1)`)),
    () => random.pick(float ? fraction : whole)(),
    () => random.pick(float ? fraction : whole)(),
    () => make(`.coalesce(${zero})`, `coalesce(${sql}, 0)`, { nullable: false }),
    () => make('.isNull()', `(${sql} IS NULL)`, { type: 'bool', nullable: false }),
    () => make('.gt(1)', `(${sql} > 1)`, { type: 'bool' }),
    () => (isWide(type) ? make('.abs()', `abs(${sql})`) : make(".cast('float64')", sql, { type: 'float64' })),
    () => make(`.nullIf(${zero})`, `nullif(${sql}, 0)`, { nullable: true }),
    () => make(".tryCast('int8')", `TRY_CAST(${sql} AS TINYINT)`, { type: 'int8', nullable: true }),
    ...(isWide(type) || float
      ? []
      : [() => make(".cast('decimal(18, 2)')", sql, { type: 'decimal(18, 2)' as const })]),
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
  if (isNested(type)) return test(...nestedTest(random, x))
  if (isDuration(type)) return test(".gte(lit(0, 'duration[ms]'))", `${x.sql} >= 0`)
  if (isDecimal(type))
    return random.pick([
      () => test('.gt(0)', `${x.sql} > 0`),
      () => test('.lte(0.25)', `${x.sql} <= 0.25`),
      () => test('.between(-1, 1)', `${x.sql} BETWEEN -1 AND 1`),
    ])()
  const second = random.pick([-3600, 0, 946_684_800 + 7200])
  const iso = new Date(second * 1000).toISOString()
  if (type === 'timestamp[ns]') return test('.isNotNull()', `${x.sql} IS NOT NULL`)
  return test(`.gte(new Date(${second * 1000}))`, `${x.sql}::TIMESTAMP >= TIMESTAMP '${iso.slice(0, 19)}'`)
}
