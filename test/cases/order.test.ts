/** The order of rows that operators made: what first, last and limit go by, on any number of shards. */

import { count, ewma, first, last, sum, tumbling } from '../../src/index.ts'
import { verbCase } from './verb-case.ts'

const pairs = { k: 'utf8', n: 'int32' } as const

verbCase('first and last over groups go by all their keys, in canonical order, nulls last', {
  schema: pairs,
  rows: [
    { k: 'b', n: 2 },
    { k: null, n: 1 },
    { k: 'a', n: null },
    { k: 'a\u0000', n: 3 },
    { k: 'b', n: -1 },
    { k: null, n: -7 },
    { k: 'a', n: 4 },
  ],
  query: d =>
    d
      .groupBy('k', 'n')
      .agg({ rows: count() })
      .groupBy('rows')
      .agg({ firstK: first('k'), firstN: first('n'), lastK: last('k'), lastN: last('n') }),
  expect: [{ rows: 1, firstK: 'a', firstN: 4, lastK: null, lastN: 1 }],
  unbounded: false,
})

verbCase('first and last over groups by a number go by size: -0 is 0, NaN comes after every number', {
  schema: { x: 'float64' },
  rows: [1.5, 0, Number.NaN, -0, Number.NEGATIVE_INFINITY, 1e300, Number.NaN].map(x => ({ x })),
  query: d => {
    const groups = d.groupBy('x').agg({ rows: count() })
    return groups.groupBy('rows').agg({ first: first('x'), last: last('x') })
  },
  expect: [
    { rows: 1, first: Number.NEGATIVE_INFINITY, last: 1e300 },
    { rows: 2, first: 0, last: Number.NaN },
  ],
  unbounded: false,
})

verbCase('first and last over many groups of 64-bit integers and dates', {
  schema: { wide: 'int64', day: 'date' },
  rows: Array.from({ length: 60 }, (_, i) => ({
    wide: (BigInt((i * 7) % 60) - 30n) * 2n ** 56n,
    day: new Date(((i * 11) % 60) * 86_400_000 - 30 * 86_400_000),
  })),
  query: d => {
    const wide = d.groupBy('wide').agg({ rows: count() })
    return wide.groupBy('rows').agg({ least: first('wide'), greatest: last('wide') })
  },
  expect: [{ rows: 1, least: -30n * 2n ** 56n, greatest: 29n * 2n ** 56n }],
  unbounded: false,
})

verbCase('limit over groups takes the first by key, and first over what is left too', {
  schema: pairs,
  rows: Array.from({ length: 30 }, (_, i) => ({ k: `k${String((i * 7) % 30).padStart(2, '0')}`, n: i })),
  query: d => {
    const least = d.groupBy('k').agg({ total: sum('n') })
    return least.limit(7).agg({ rows: count(), first: first('k'), last: last('k') })
  },
  expect: [{ rows: 7, first: 'k00', last: 'k06' }],
  unbounded: false,
})

verbCase('explode keeps the order of parts, and of parts of parts', {
  schema: { k: 'utf8', text: 'utf8' },
  rows: [
    { k: 'a', text: 'z y;x' },
    { k: 'b', text: 'q' },
    { k: 'a', text: 'm;l k' },
    { k: 'b', text: null },
    { k: 'b', text: 'r s t' },
  ],
  query: d =>
    d
      .explode('text', { separator: ';' })
      .explode('text')
      .groupBy('k')
      .agg({ first: first('text'), last: last('text'), parts: count() }),
  expect: [
    { k: 'a', first: 'z', last: 'k', parts: 6 },
    { k: 'b', first: 'q', last: 't', parts: 4 },
  ],
  unbounded: false,
})

verbCase('explode after a grouping: the order of its rows, then that of the parts', {
  schema: { k: 'utf8', text: 'utf8' },
  rows: [
    { k: 'b', text: 'r q' },
    { k: 'c', text: 'n m' },
    { k: 'a', text: 'z y' },
  ],
  query: d => {
    const texts = d.groupBy('k').agg({ text: first('text') })
    return texts.explode('text').agg({ first: first('text'), last: last('text') })
  },
  expect: [{ first: 'z', last: 'm' }],
  unbounded: false,
})

verbCase('limit over explode ends in the middle of a row', {
  schema: { text: 'utf8' },
  rows: [{ text: 'a b c' }, { text: 'd e' }, { text: 'f' }],
  query: d => d.explode('text').limit(4),
  expect: ['a', 'b', 'c', 'd'].map(text => ({ text })),
})

verbCase('a dataset united with itself: the first input is first, the second is last', {
  schema: pairs,
  rows: Array.from({ length: 12 }, (_, i) => ({ k: 'abc'[i % 3]!, n: i })),
  query: d =>
    d
      .with({ side: () => 'left' })
      .union(d.with({ side: () => 'right' }))
      .groupBy('n')
      .agg({ first: first('side'), last: last('side') })
      .agg({ rows: count(), first: first('first'), last: last('last') }),
  expect: [{ rows: 12, first: 'left', last: 'right' }],
  unbounded: false,
})

verbCase('a union of unions keeps the order of all its inputs', {
  schema: { n: 'int32' },
  rows: Array.from({ length: 9 }, (_, n) => ({ n })),
  query: d => {
    const side = (name: string) => d.with({ side: () => name })
    const inner = side('1').union(side('2'))
    return inner
      .filter(r => r.n.gte(0))
      .union(
        side('3')
          .union(side('4'))
          .filter(r => r.n.gte(0)),
      )
      .groupBy('n')
      .agg({ first: first('side'), last: last('side') })
      .groupBy('first', 'last')
      .agg({ rows: count() })
  },
  expect: [{ first: '1', last: '4', rows: 9 }],
  unbounded: false,
})

const at = (minute: number) => new Date(Date.UTC(2001, 0, 1, 0, minute))

verbCase('panes of one time are in the order of their keys, in every exchange', {
  schema: { at: 'timestamp', k: 'utf8', n: 'int32' },
  rows: Array.from({ length: 48 }, (_, i) => ({ at: at(i), k: ['b', null, 'a', 'c'][i % 4]!, n: i % 3 })),
  query: d =>
    d
      .watermark('at')
      .groupBy('k', 'n')
      .window(tumbling('12m'))
      .agg({ rows: count() })
      .groupBy()
      .window(tumbling('24m'))
      .agg({ firstK: first('k'), firstN: first('n'), lastK: last('k'), lastN: last('n'), rows: sum('rows') }),
  expect: [0, 24].map(from => ({
    windowStart: at(from),
    windowEnd: at(from + 24),
    firstK: 'a',
    firstN: 0,
    lastK: null,
    lastN: 2,
    rows: 24,
  })),
})

verbCase('orderBy is the order of what follows: of first and last, and of a union and a limit after it', {
  schema: pairs,
  rows: Array.from({ length: 20 }, (_, i) => ({ k: 'ab'[i % 2]!, n: (i * 7) % 20 })),
  query: d => {
    const falling = d.orderBy('n', 'desc')
    return falling
      .groupBy('k')
      .agg({ first: first('n'), last: last('n') })
      .union(
        falling
          .filter(r => r.n.lt(9))
          .limit(3)
          .groupBy('k')
          .agg({ first: first('n'), last: last('n') }),
      )
      .orderBy('k')
  },
  expect: [
    { k: 'a', first: 18, last: 0 },
    { k: 'a', first: 8, last: 6 },
    { k: 'b', first: 19, last: 1 },
    { k: 'b', first: 7, last: 7 },
  ],
  unbounded: false,
})

verbCase('orderBy keeps ties of a union in the order of its inputs', {
  schema: pairs,
  rows: Array.from({ length: 8 }, (_, i) => ({ k: 'x', n: i })),
  query: d =>
    d
      .union(d.with({ k: r => r.k.upper() }))
      .orderBy('k')
      .with({ tie: r => r.n.mul(0) })
      .orderBy('tie', 'desc'),
  expect: ['X', 'x'].flatMap(k => Array.from({ length: 8 }, (_, n) => ({ k, n, tie: 0 }))),
  unbounded: false,
})

verbCase('scored rows of one time are in the order that they had in their source', {
  schema: { at: 'timestamp', k: 'utf8', n: 'float64' },
  rows: [0, 1].map(split =>
    Array.from({ length: 24 }, (_, i) => ({
      at: at(4 * Math.floor(i / 4)),
      k: 'ab'[i % 2]!,
      n: 100 * split + i,
    })),
  ),
  query: d =>
    d
      .watermark('at')
      .detect('n', ewma(), { by: ['k'] })
      .groupBy()
      .window(tumbling('12m'))
      .agg({ first: first('n'), last: last('n'), rows: count() }),
  expect: [0, 12].map(from => ({
    windowStart: at(from),
    windowEnd: at(from + 12),
    first: from,
    last: 100 + from + 11,
    rows: 24,
  })),
  ordered: true,
})

verbCase('gaps are filled among the rows of finer groups without mixing them up', {
  schema: { at: 'timestamp', k: 'utf8', n: 'int32' },
  rows: Array.from({ length: 60 }, (_, i) => ({ at: at(i), k: 'ab'[i % 2]!, n: (i * 7) % 5 })).filter(
    ({ at, k }) => k === 'a' || at.getUTCMinutes() % 20 < 10,
  ),
  query: d =>
    d
      .watermark('at')
      .groupBy('k', 'n')
      .window(tumbling('10m'))
      .agg({ rows: count() })
      .fillGaps({ by: ['k'], values: { rows: 0 }, until: at(60) }),
  expect: 'same',
  ordered: true,
})
