import {
  any,
  approxCountDistinct,
  approxQuantile,
  argMax,
  argMin,
  bitAnd,
  bitOr,
  collectList,
  collectSet,
  countIf,
  covar,
  entropy,
  every,
  histogram,
  join,
  median,
  mode,
  product,
  read,
  skewness,
  topK,
  weightedMean,
} from '../../src/index.ts'
import { rowsAre } from './expect.ts'
import { flights } from './flights.ts'

const byOrigin = flights.groupBy('origin')

rowsAre<{
  origin: string | null
  a: number | null
  b: number | null
  c: number | null
  d: number | null
  e: number | null
  f: number | null
}>()(
  byOrigin.agg({
    a: median('miles'),
    b: approxQuantile('delay', 0.9, { error: 0.01 }),
    c: covar('delay', r => r.miles),
    d: skewness(r => r.delay),
    e: weightedMean('delay', 'miles'),
    f: product('delay'),
  }),
)

// What is chosen has the type of its column; of integers of 64 bits, bits are bigints.
rowsAre<{
  origin: string | null
  a: string | null
  b: bigint | null
  c: string | null
  d: number | null
  e: bigint | null
}>()(
  byOrigin.agg({
    a: argMin('origin', 'delay'),
    b: argMax(r => r.miles, 'delay'),
    c: mode('origin'),
    d: bitAnd('delay'),
    e: bitOr('miles'),
  }),
)

// Counts are never null.
rowsAre<{
  origin: string | null
  a: number
  b: number
  c: boolean | null
  d: boolean | null
  e: string | null
  f: number | null
}>()(
  byOrigin.agg({
    a: approxCountDistinct('origin'),
    b: countIf(r => r.delay.gt(3)),
    c: any(r => r.delay.gt(3)),
    d: every(r => r.delay.gt(3)).where(r => r.miles.gt(3)),
    e: join('origin', ', '),
    f: entropy('origin'),
  }),
)

rowsAre<{
  origin: string | null
  a: (number | null)[] | null
  b: string[] | null
  c: bigint[] | null
  d: Map<string, number> | null
}>()(
  byOrigin.agg({
    a: collectList('delay'),
    b: collectSet('origin'),
    c: topK('miles', 3),
    d: histogram('origin'),
  }),
)

// @ts-expect-error the product of text
byOrigin.agg({ a: product('origin') })
// @ts-expect-error numbers are not put together as text
byOrigin.agg({ a: join('delay') })
// @ts-expect-error no such column
byOrigin.agg({ a: argMax('origin', 'height') })
// @ts-expect-error a number is no condition
byOrigin.agg({ a: any('delay') })
// @ts-expect-error of what share?
byOrigin.agg({ a: approxQuantile('delay') })

// Decimals are numbers to all of them.
const prices = read.rows([], { price: 'decimal(9, 2)' })
rowsAre<{ about: number | null; lean: number | null; product: number | null }>()(
  prices.agg({
    about: approxQuantile('price', 0.9),
    lean: skewness('price'),
    product: product(r => r.price),
  }),
)
