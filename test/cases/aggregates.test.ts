/** Aggregates that go by order, keep values or sketch them: in groups, windows, frames and over changelogs. */

import {
  any,
  approxCountDistinct,
  approxQuantile,
  argMax,
  argMin,
  bitAnd,
  bitOr,
  bitXor,
  collectList,
  collectSet,
  countIf,
  covar,
  entropy,
  every,
  geometricMean,
  histogram,
  join,
  kurtosis,
  last,
  max,
  median,
  mode,
  product,
  skewness,
  topK,
  tumbling,
  weightedMean,
} from '../../src/index.ts'
import { verbCase } from './verb-case.ts'

const trips = { at: 'timestamp[ms]', who: 'utf8', km: 'float64', kind: 'int32', tag: 'utf8' } as const
const trip = (
  minute: number,
  who: string | null,
  km: number | null,
  kind: number | null,
  tag: string | null,
) => ({
  at: new Date(minute * 60_000),
  ...{ who, km, kind, tag },
})
const some = [
  trip(0, 'a', 3, 1, 'x'),
  trip(1, 'b', 1.5, 2, 'y'),
  trip(1, 'a', 3, 3, null),
  trip(12, 'b', null, 6, 'z'),
  trip(11, 'a', 8, 5, 'x'),
  trip(13, null, 2, 7, 'y'),
  trip(14, 'b', 0.25, 6, 'z'),
  trip(25, 'a', 4, null, 'w'),
  trip(25, 'a', 4, 2, 'x'),
  trip(27, 'b', 9, 12, 'y'),
]

// They are of any rows that have such columns.
const values: Record<string, any> = {
  far: argMax('tag', 'km'),
  near: argMin('kind', 'km'),
  usual: mode('tag'),
  all: collectList('tag'),
  some: collectSet('kind'),
  often: topK('tag', 2),
  times: histogram('kind'),
  tags: join('tag', '+'),
  about: approxCountDistinct('tag'),
  top: approxQuantile('km', 0.9),
  long: any<{ km: number | null }>(r => r.km.gt(5)),
  short: every<{ km: number | null }>(r => r.km.lt(5)),
}
const numbers: Record<string, any> = {
  middle: median('km'),
  together: covar('km', 'kind'),
  lean: skewness('km'),
  tails: kurtosis('kind'),
  weighted: weightedMean('km', 'kind'),
  product: product('km'),
  root: geometricMean('km').where(r => r.kind.gt(1)),
  bits: bitAnd('kind'),
  some: bitOr('kind'),
  odd: bitXor('kind'),
  variety: entropy('tag'),
  far: countIf(r => r.km.gt(3)),
}

verbCase('aggregates of values in windows', {
  schema: trips,
  rows: [some.slice(0, 5), some.slice(5)],
  query: d => d.watermark('at', { outOfOrder: '1h' }).groupBy('who').window(tumbling('20m')).agg(values),
  expect: 'same',
})

verbCase('aggregates of numbers in windows', {
  schema: trips,
  rows: some,
  query: d => d.watermark('at', { outOfOrder: '1h' }).window(tumbling('20m')).agg(numbers),
  expect: 'same',
})

verbCase('aggregates of aggregates, in groups that never close', {
  schema: trips,
  rows: some,
  query: d => {
    const { about: _, ...kept } = values
    return d
      .groupBy('who', 'tag')
      .agg({ km: max('km'), kind: last('kind') })
      .groupBy('who')
      .agg({ ...kept, ...numbers })
  },
  expect: 'same',
})

verbCase('aggregates of frames', {
  schema: trips,
  rows: some,
  query: d =>
    d
      .watermark('at', { outOfOrder: '1h' })
      .over(
        { by: 'who' },
        { texts: join('tag'), usually: mode('kind'), best: argMax('tag', 'kind'), bits: bitOr('kind') },
      )
      .over({ by: 'who', rows: [-1, 0] }, values),
  expect: 'same',
  ordered: false,
})
