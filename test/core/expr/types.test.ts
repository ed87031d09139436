import { describe, expect, expectTypeOf, it } from 'vitest'
import { type Columns, columnsOf, type Expression, lit, when } from '../../../src/core/expr/builder.ts'
import type { OpenRow } from '../../../src/core/types/row.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'

const schema = schemaFrom({
  origin: 'utf8',
  delay: 'int32',
  distance: 'float64',
  total: 'int64',
  date: 'timestamp',
  late: 'bool',
})

interface Row {
  origin: string | null
  delay: number | null
  distance: number
  total: bigint | null
  date: Date
  late: boolean
}

const r = columnsOf<Row>(schema)

describe('the types of expressions', () => {
  it('carry the JavaScript value, null included', () => {
    expectTypeOf(r.delay.add(1)).toEqualTypeOf<Expression<number | null>>()
    expectTypeOf(r.distance.add(1)).toEqualTypeOf<Expression<number>>()
    expectTypeOf(r.distance.add(r.delay)).toEqualTypeOf<Expression<number | null>>()
    expectTypeOf(r.total.add(1)).toEqualTypeOf<Expression<bigint | null>>()
    expectTypeOf(r.total.div(2n)).toEqualTypeOf<Expression<number | null>>()
    expectTypeOf(r.distance.intDiv(2)).toEqualTypeOf<Expression<number | null>>()
    expectTypeOf(r.delay.gt(60)).toEqualTypeOf<Expression<boolean | null>>()
    expectTypeOf(r.distance.gt(60).and(r.late)).toEqualTypeOf<Expression<boolean>>()
    expectTypeOf(r.delay.isNull()).toEqualTypeOf<Expression<boolean>>()
    expectTypeOf(r.delay.coalesce(0)).toEqualTypeOf<Expression<number>>()
    expectTypeOf(r.delay.coalesce(r.delay)).toEqualTypeOf<Expression<number | null>>()
    expectTypeOf(r.delay.cast('int64')).toEqualTypeOf<Expression<bigint | null>>()
    expectTypeOf(r.date.truncate('hour')).toEqualTypeOf<Expression<Date>>()
    expectTypeOf(r.date.extract('hourOfWeek')).toEqualTypeOf<Expression<number>>()
    expectTypeOf(r.origin.concat('!')).toEqualTypeOf<Expression<string | null>>()
    expectTypeOf(r.origin.split(',')).toEqualTypeOf<Expression<string[] | null>>()
    expectTypeOf(r.origin.parseTimestamp('%F')).toEqualTypeOf<Expression<Date | null>>()
    expectTypeOf(r.date.add('1 month')).toEqualTypeOf<Expression<Date>>()
    expectTypeOf(r.date.add(r.delay, 'minute')).toEqualTypeOf<Expression<Date | null>>()
    expectTypeOf(r.date.diff(r.date, 'hour')).toEqualTypeOf<Expression<number>>()
    expectTypeOf(r.date.format('%F')).toEqualTypeOf<Expression<string>>()
    expectTypeOf(r.distance.format('{:.1f}')).toEqualTypeOf<Expression<string>>()
    expectTypeOf(when(r.late).then('late').otherwise('fine')).toEqualTypeOf<Expression<string>>()
    expectTypeOf(when(r.late, 'late').otherwise('fine')).toEqualTypeOf<Expression<string>>()
    expectTypeOf(when(r.late, 1).otherwiseNull()).toEqualTypeOf<Expression<number | null>>()
    expectTypeOf(when(r.late, r.delay).otherwise(0)).toEqualTypeOf<Expression<number | null>>()
    expectTypeOf(lit(1)).toEqualTypeOf<Expression<number>>()
    expectTypeOf(lit(null, 'int32')).toEqualTypeOf<Expression<number | null>>()
  })

  it('refuse what makes no sense', () => {
    const misuse = () => {
      // @ts-expect-error text is not added
      r.origin.add(1)
      // @ts-expect-error a number is not compared with text
      r.delay.gt('x')
      // @ts-expect-error nor with a column of text
      r.delay.eq(r.origin)
      // @ts-expect-error a number is not text
      r.delay.lower()
      // @ts-expect-error dates are compared with Dates
      r.date.gt(5)
      // @ts-expect-error a column that is not there
      r.nope.gt(5)
      // @ts-expect-error a number is not a condition
      r.late.and(r.delay)
      // @ts-expect-error bigints are calculated with bigints: cast first
      r.total.add(r.delay)
      // @ts-expect-error null is asked for with isNull()
      r.delay.eq(null)
      // @ts-expect-error not a unit
      r.date.truncate('fortnight')
      // @ts-expect-error not a type
      r.delay.cast('int7')
    }
    expect(misuse).toThrow()
  })

  it('let bigint columns take bigints and whole numbers', () => {
    expectTypeOf(r.total.gt(5)).toEqualTypeOf<Expression<boolean | null>>()
    expectTypeOf(r.total.gt(5n)).toEqualTypeOf<Expression<boolean | null>>()
    expectTypeOf(r.date.gte(new Date(0))).toEqualTypeOf<Expression<boolean>>()
  })

  it('leave columns of an open row unchecked, without undefined', () => {
    const open: Columns<OpenRow> = columnsOf<OpenRow>(schema)
    expectTypeOf(open.delay).toBeAny()
    expect(open.delay.gt(60).and(open.origin.eq('IAH')).expr.kind).toBe('call')
  })
})
