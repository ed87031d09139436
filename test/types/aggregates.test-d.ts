import {
  approxQuantile,
  type ClockText,
  corr,
  count,
  countDistinct,
  type DecimalText,
  type DurationMs,
  first,
  last,
  max,
  mean,
  median,
  min,
  quantile,
  read,
  stddev,
  sum,
  variance,
} from '../../src/index.ts'
import { rowsAre } from './expect.ts'
import { flights } from './flights.ts'

const byOrigin = flights.groupBy('origin')

// The callback's row is the dataset's.
rowsAre<{
  origin: string | null
  rows: number
  delays: number
  delay: number | null
  delayByName: number | null
  miles: number | null
}>()(
  byOrigin.agg({
    rows: count(),
    delays: count('delay'),
    delay: mean(r => r.delay.add(1)),
    delayByName: mean('delay'),
    miles: mean('miles'),
  }),
)

// Moments are numbers, whatever they are of.
rowsAre<{ origin: string | null; a: number | null; b: number | null; c: number | null }>()(
  byOrigin.agg({ a: variance('delay'), b: stddev(r => r.miles), c: corr('delay', r => r.miles.add(1)) }),
)
// A quantile of bigints is a number as well.
rowsAre<{ origin: string | null; a: number | null; b: number | null }>()(
  byOrigin.agg({ a: quantile('delay', 0.5), b: quantile(r => r.miles, 0.9) }),
)
// Between times are times, between durations are durations.
const spans = read.rows([], { at: 'timestamp', day: 'date', clock: 'time', took: 'duration' })
rowsAre<{
  at: Date | null
  day: Date | null
  clock: ClockText | null
  took: DurationMs | null
  spread: DurationMs | null
  worst: DurationMs | null
}>()(
  spans.agg({
    at: mean('at'),
    day: median(r => r.day),
    clock: quantile('clock', 0.9),
    took: median('took'),
    spread: stddev('took'),
    worst: approxQuantile(r => r.took, 0.99),
  }),
)
// A quantile of decimals is one of them, their mean a number.
const prices = read.rows([], { price: 'decimal(9, 2)' })
rowsAre<{ mean: number | null; median: DecimalText | null; top: DecimalText | null }>()(
  prices.agg({ mean: mean('price'), median: median('price'), top: quantile(r => r.price, 0.9) }),
)
// @ts-expect-error squares of durations
spans.agg({ a: stddev('at') })
// @ts-expect-error a quantile of what share?
byOrigin.agg({ a: quantile('delay') })
// @ts-expect-error the quantile of text
byOrigin.agg({ a: quantile('origin', 0.5) })
// @ts-expect-error the variance of text
byOrigin.agg({ a: variance('origin') })
// @ts-expect-error a correlation takes two columns
byOrigin.agg({ a: corr('delay') })
// @ts-expect-error the second is text
byOrigin.agg({ a: corr('delay', 'origin') })

// Sums of bigints are bigints; a group may have no value to sum.
rowsAre<{ origin: string | null; a: number | null; b: bigint | null; c: number | null; d: bigint | null }>()(
  byOrigin.agg({ a: sum('delay'), b: sum('miles'), c: sum(r => r.delay.mul(2)), d: sum(r => r.miles) }),
)

// Extremes and ends have the column's type.
rowsAre<{
  origin: string | null
  a: number | null
  b: string | null
  c: Date | null
  d: bigint | null
  e: boolean | null
  f: number
}>()(
  byOrigin.agg({
    a: min('delay'),
    b: max(r => r.origin),
    c: first('date'),
    d: last(r => r.miles),
    e: max('late'),
    f: countDistinct('origin'),
  }),
)

// A filtered aggregate gives what it gives without: its row is any, since it is not called with the dataset's.
rowsAre<{ origin: string | null; late: number; delay: any; kinds: number }>()(
  byOrigin.agg({
    late: count().where(r => r.delay.gt(15)),
    delay: mean('delay')
      .where(r => r.late)
      .where(r => r.delay.gt(0)),
    kinds: countDistinct('origin').where(r => r.delay.lt(5)),
  }),
)
// @ts-expect-error a callback, not a value
byOrigin.agg({ n: count().where(true) })
// @ts-expect-error JavaScript compares no columns
byOrigin.agg({ n: count().where(r => r.delay > 15) })

// Without keys: one row.
rowsAre<{ n: number; worst: number | null }>()(flights.agg({ n: count(), worst: max('delay') }))
rowsAre<{ n: number }>()(flights.groupBy().agg({ n: count() }))

// Several keys.
rowsAre<{ origin: string | null; late: boolean | null; n: number }>()(
  flights.groupBy('origin', 'late').agg({ n: count() }),
)
// Results are columns like any other.
byOrigin
  .agg({ n: count() })
  .filter(r => r.n.gt(1))
  .orderBy('n', 'desc')

// @ts-expect-error the mean of text
byOrigin.agg({ m: mean('origin') })
// @ts-expect-error the mean of text, computed
byOrigin.agg({ m: mean(r => r.origin) })
// @ts-expect-error the sum of dates
byOrigin.agg({ m: sum('date') })
// @ts-expect-error no such column
byOrigin.agg({ m: min('dealy') })
// @ts-expect-error no such column, computed
byOrigin.agg({ m: min(r => r.dealy) })
// @ts-expect-error no such key
flights.groupBy('orign')
// @ts-expect-error an aggregate, not a number
byOrigin.agg({ m: 5 })

// Rows show their types; what some lack can be null.
rowsAre<{ city: string; delay: number | null; at: Date }>()(
  read.rows([
    { city: 'Houston', delay: 5, at: new Date(0) },
    { city: 'Austin', delay: null, at: new Date(0) },
  ]),
)
rowsAre<{ city: string; delay: number | null }>()(
  read.rows([{ city: 'Houston', delay: 5 }, { city: 'Austin' }]),
)
read.rows([{ x: 1 }, { x: null }]).agg({ m: mean(r => r.x) })
