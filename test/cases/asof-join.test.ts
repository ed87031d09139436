import { count, sum, tumbling } from '../../src/index.ts'
import { verbCase } from './verb-case.ts'

const at = (second: number) => new Date(Date.UTC(1969, 11, 31, 23, 59, second))
const trades = { at: 'timestamp[ms]', symbol: 'utf8', size: 'int32' } as const
const quotes = { at: 'timestamp[us]', symbol: 'dictionary', bid: 'float64' } as const

// Ties on both sides, keys that the other side lacks, null keys, rows out of order, times around 1970.
const traded = [
  { at: at(3), symbol: 'A', size: 1 },
  { at: at(1), symbol: 'A', size: 2 },
  { at: at(5), symbol: 'B', size: 3 },
  { at: at(5), symbol: null, size: 4 },
  { at: at(5), symbol: 'A', size: 5 },
  { at: at(9), symbol: 'C', size: 6 },
  { at: at(70), symbol: 'A', size: 7 },
  { at: at(69), symbol: 'B', size: 8 },
  { at: at(72), symbol: 'B', size: 9 },
]
const quoted = [
  { at: at(2), symbol: 'A', bid: 10 },
  { at: at(4), symbol: null, bid: 11 },
  { at: at(5), symbol: 'A', bid: 12 },
  { at: at(5), symbol: 'A', bid: 13 },
  { at: at(4), symbol: 'B', bid: 14 },
  { at: at(7), symbol: 'B', bid: 15 },
  { at: at(71), symbol: 'A', bid: 16 },
  { at: at(70), symbol: 'B', bid: 17 },
  { at: at(74), symbol: 'B', bid: 18 },
]
const inputs = [
  { schema: trades, rows: traded },
  { schema: quotes, rows: quoted },
] as const

const bids = (...found: (number | null)[]) =>
  [2, 1, 3, 4, 5, 6, 8, 7, 9].map((size, i) => ({ size, bid: found[i]! }))

verbCase('asofJoin backward: the last at or before', {
  inputs,
  query: (t, q) =>
    t
      .watermark('at', { outOfOrder: '2s' })
      .asofJoin(q.watermark('at', { outOfOrder: '2s' }), { on: 'symbol', direction: 'backward' })
      .select('size', 'bid'),
  expect: bids(null, 10, 14, null, 13, null, 15, 13, 17),
})

verbCase('asofJoin forward: the first at or after, with a tolerance', {
  inputs,
  query: (t, q) =>
    t
      .watermark('at', { outOfOrder: '2s' })
      .asofJoin(q.watermark('at', { outOfOrder: '2s' }), {
        on: 'symbol',
        direction: 'forward',
        tolerance: '2s',
      })
      .select('size', 'bid'),
  expect: bids(10, 13, 15, null, 13, null, 17, 16, 18),
})

verbCase('asofJoin nearest, of all rows, then a window of its event time', {
  inputs: [
    { schema: trades, rows: [traded, traded.slice(2, 6)] },
    { schema: quotes, rows: [quoted.slice(0, 5), quoted.slice(5)] },
  ],
  query: (t, q) =>
    t
      .watermark('at', { outOfOrder: '4s' })
      .asofJoin(q.watermark('at', { outOfOrder: '70s' }), { direction: 'nearest', tolerance: '1s' })
      .groupBy('symbol')
      .window(tumbling('10s'))
      .agg({ n: count(), bids: sum('bid') }),
  expect: 'same',
})
