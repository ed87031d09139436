import { count } from '../../src/index.ts'
import { verbCase } from './verb-case.ts'

const bids = { item: 'utf8', price: 'float64', who: 'int32' } as const
const some = [
  { item: 'b', price: 5, who: 1 },
  { item: 'a', price: 7, who: 2 },
  { item: 'b', price: 9, who: 3 },
  { item: null, price: 1, who: 4 },
  { item: 'a', price: null, who: 5 },
  { item: 'b', price: Number.NaN, who: 6 },
  { item: 'a', price: 7, who: 7 },
  { item: 'b', price: 9, who: 8 },
  { item: 'a', price: 3, who: 9 },
  { item: null, price: -0, who: 10 },
]
const [b5, a7, b9, n1, aNull, bNaN, a7b, b9b, a3, n0] = some

verbCase('topN by key: ties in input order, keys in order, null after them', {
  schema: bids,
  rows: some,
  query: d => d.topN(2, 'price', 'asc', { by: 'item' }),
  expect: [a3!, a7!, b5!, b9!, n0!, n1!],
})

verbCase('topN, descending: NaN comes first, null last', {
  schema: bids,
  rows: some,
  query: d => d.topN(3, [['price', 'desc']], { by: ['item'] }),
  expect: [a7!, a7b!, a3!, bNaN!, b9!, b9b!, n1!, n0!],
})

verbCase('topN of all rows, by several columns', {
  schema: bids,
  rows: some,
  query: d =>
    d.topN(5, [
      ['item', 'desc'],
      ['price', 'asc'],
    ]),
  expect: [b5!, b9!, b9b!, bNaN!, a3!],
})

verbCase('topN of more rows than there are gives all, in order', {
  schema: bids,
  rows: some,
  query: d => d.topN(100, 'who', 'desc'),
  expect: [...some].reverse(),
})

verbCase('topN over several splits: ties go by the order of the splits', {
  schema: bids,
  rows: [[a7!, b9!], [a7b!, b9b!], [aNull!]],
  query: d => d.topN(1, 'price', 'desc', { by: 'item' }),
  expect: [a7!, b9!],
})

verbCase('topN after a grouping: ties go by the order of the groups', {
  schema: bids,
  rows: some,
  query: d => d.groupBy('who').agg({ n: count() }).topN(3, 'n', 'desc'),
  expect: [1, 2, 3].map(who => ({ who, n: 1 })),
  unbounded: false,
})

verbCase('topN of what is among the first: a changelog of a changelog', {
  schema: bids,
  rows: some,
  query: d => d.topN(2, 'price', 'desc', { by: 'item' }).topN(3, [['who', 'desc']]),
  expect: [n0!, a7b!, bNaN!],
})

verbCase('distinct over a changelog takes back what has no row any more', {
  schema: bids,
  rows: some,
  query: d => d.topN(2, 'price', 'asc', { by: 'item' }).distinct('price'),
  expect: [{ price: 3 }, { price: 7 }, { price: 5 }, { price: 9 }, { price: 0 }, { price: 1 }],
})

verbCase('a row that counts several times takes several of the first places', {
  schema: { k: 'int32', x: 'int32' },
  rows: [5, 3, 3, 1, 3, 0, 5, 0].map((x, k) => ({ k: k % 3, x })),
  query: d => d.topN(2, 'x', 'desc', { by: 'k' }).select('x').topN(3, 'x', 'desc'),
  expect: [{ x: 5 }, { x: 5 }, { x: 3 }],
})
