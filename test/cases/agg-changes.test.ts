import {
  corr,
  count,
  countDistinct,
  first,
  last,
  max,
  mean,
  min,
  quantile,
  stddev,
  sum,
  variance,
} from '../../src/index.ts'
import { verbCase } from './verb-case.ts'

const bids = { item: 'utf8', kind: 'int32', price: 'float64', who: 'int64' } as const
const some = [
  { item: 'b', kind: 1, price: 5, who: 1n },
  { item: 'a', kind: 2, price: 7, who: 2n },
  { item: 'b', kind: 1, price: 9, who: 3n },
  { item: null, kind: 2, price: 1, who: 4n },
  { item: 'a', kind: 2, price: null, who: 5n },
  { item: 'b', kind: 1, price: Number.NaN, who: 6n },
  { item: 'a', kind: 2, price: 7, who: 2n },
  { item: 'c', kind: null, price: -0, who: 8n },
  { item: 'a', kind: 2, price: 3, who: 9n },
  { item: null, kind: 2, price: 0.1, who: 10n },
]

verbCase('agg of a stream: the row of each group is what it is over the rows so far', {
  schema: bids,
  rows: some,
  query: d =>
    d.groupBy('item').agg({
      n: count(),
      prices: count('price'),
      low: min('price'),
      high: max('item'),
      total: sum('who'),
      average: mean('price'),
      spread: variance('kind'),
      early: first('price'),
      late: last('who'),
      people: countDistinct('who'),
      middle: quantile('who', 0.5),
      together: corr('kind', 'who'),
      cheap: count().where(r => r.price.lt(6)),
      lateCheap: last('who').where(r => r.price.lt(6)),
    }),
  expect: 'same',
})

verbCase('aggregates of aggregates of a stream take back what has changed', {
  schema: bids,
  rows: some,
  query: d =>
    d
      .groupBy('kind', 'item')
      .agg({ best: max('price'), n: count() })
      .groupBy('kind')
      .agg({
        best: mean('best'),
        low: min('best'),
        items: countDistinct('item'),
        early: first('n'),
        late: last('item'),
        spread: stddev('n'),
        middle: quantile('n', 0.5),
        often: countDistinct('item').where(r => r.n.gt(2)),
        bestOften: max('best').where(r => r.n.gt(2)),
      }),
  expect: 'same',
})

verbCase('groups lie, and are saved, by the keys by which the rows of a join lie', {
  schema: bids,
  rows: some,
  query: d =>
    d
      .join(d.select({ who: r => r.who, other: r => r.kind }), { on: 'who' })
      .groupBy('kind', 'who')
      .agg({ n: count(), best: max('price'), item: last('item') })
      .groupBy('item', 'who', 'n')
      .agg({ best: min('best') }),
  expect: 'same',
})

verbCase('a group that loses its last row is taken back', {
  schema: bids,
  rows: some,
  // Each bid moves the only row to another price: its group is gone then.
  query: d =>
    d
      .topN(1, 'who', 'desc', { by: 'kind' })
      .groupBy('price')
      .agg({ n: count(), who: max('who') })
      .filter(r => r.n.gt(0)),
  expect: [
    { price: 0, n: 1, who: 8n },
    { price: 0.1, n: 1, who: 10n },
    { price: Number.NaN, n: 1, who: 6n },
  ],
})

verbCase('the group of all rows of a stream, and of what it comes to', {
  schema: bids,
  rows: some,
  query: d => {
    const all = d.filter(r => r.price.gt(4)).agg({ n: count(), low: min('price'), last: last('who') })
    const none = d.filter(r => r.price.lt(-1)).agg({ n: count(), low: min('price'), last: last('who') })
    return all.union(none).agg({ rows: count(), n: sum('n'), low: max('low'), first: max('last') })
  },
  expect: [{ rows: 2, n: 5, low: 5, first: 2n }],
})
