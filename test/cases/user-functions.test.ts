import { count, lit, sum, tumbling, udaf, udf } from '../../src/index.ts'
import { verbCase } from './verb-case.ts'

const shop = new URL('../core/user-functions/shop.ts', import.meta.url)

const score = udf(shop, 'score', { in: ['float64', 'utf8'], out: 'float64' })
const next = udf(shop, 'next', { in: ['int64'], out: 'int64' })
const nameOf = udf(shop, 'nameOf', { in: ['dictionary'], out: 'utf8', nulls: 'pass' })
const hourLater = udf(shop, 'hourLater', { in: ['timestamp'], out: 'timestamp[ms]' })
const isLate = udf(shop, 'isLate', { in: ['int32'], out: 'bool' })
const checked = udf(shop, 'checked', { in: ['float64', 'utf8'], out: 'float64', onError: 'null' })

declare const label: string

const at = (minute: number) => new Date(Date.UTC(2001, 0, 1, 6, minute))

verbCase('functions of a module, of each kind of value, wherever there are expressions', {
  schema: { at: 'timestamp', origin: 'utf8', delay: 'int32', price: 'float64', n: 'int64' },
  rows: [
    { at: at(5), origin: 'IAH', delay: 20, price: 1.5, n: 2n ** 60n },
    { at: at(6), origin: 'A', delay: 16, price: -1, n: 1n },
    { at: at(7), origin: null, delay: 30, price: 2, n: null },
    { at: at(8), origin: 'DFW', delay: 5, price: 3, n: 4n },
    { at: at(9), origin: 'ORD', delay: null, price: 3, n: 4n },
    { at: at(10), origin: 'ÖÄ', delay: 17, price: null, n: -5n },
    { at: at(11), origin: 'HOU', delay: 99, price: 0, n: 6n },
  ],
  query: d =>
    d
      .filter(r => isLate(r.delay))
      .select({
        s: r => score(r.price, r.origin).add(1),
        n: r => next(r.n),
        name: r => nameOf(r.origin).concat('!'),
        later: r => hourLater(r.at),
        guarded: r => checked(r.price, r.origin),
        literal: r => score(r.delay, lit('xy')),
      }),
  expect: [
    { s: 5.5, n: 2n ** 60n + 1n, name: 'IAH✈!', later: at(65), guarded: 1.5, literal: 40 },
    { s: 0, n: 2n, name: 'A✈!', later: at(66), guarded: null, literal: 32 },
    { s: null, n: null, name: 'nowhere!', later: at(67), guarded: null, literal: 60 },
    { s: null, n: -4n, name: 'ÖÄ✈!', later: at(70), guarded: null, literal: 34 },
    { s: 1, n: 7n, name: 'HOU✈!', later: at(71), guarded: null, literal: 198 },
  ],
})

verbCase('functions of a module in the arguments of aggregates', {
  schema: { k: 'utf8', price: 'float64' },
  rows: [
    { k: 'a', price: 1 },
    { k: 'bb', price: 2 },
    { k: 'a', price: 3 },
  ],
  query: d => d.groupBy('k').agg({ s: sum(r => score(r.price, r.k)) }),
  expect: [
    { k: 'a', s: 4 },
    { k: 'bb', s: 4 },
  ],
  unbounded: false,
})

const visits = {
  schema: { at: 'timestamp', id: 'int32', code: 'utf8', skip: 'float64' },
  rows: Array.from({ length: 12 }, (_, id) => ({
    at: at(id),
    id,
    code: id === 3 || id === 10 ? null : 'abc'.slice(0, 1 + (id % 3)),
    skip: null,
  })),
} as const

verbCase(
  'map and flatMap by functions that are given themselves; event time and keys go along with columns that stay',
  {
    ...visits,
    query: d =>
      d
        .watermark('at')
        .filter(r => r.id.ne(4))
        .flatMap(r => [...(r.code ?? '')].map(letter => ({ letter, at: null })).reverse(), {
          out: { letter: 'utf8' },
          keep: ['at', 'id'],
        })
        .map(({ letter, id }) => ({ text: label + letter + id, half: id! / 2, none: undefined }), {
          out: { text: 'dictionary', half: 'float64', none: 'bool' },
          keep: ['at'],
          using: { label: '#' },
        })
        .groupBy('text')
        .window(tumbling('10m'))
        .agg({ half: sum('half'), n: count(), none: count('none') }),
    expect: 'same',
  },
)

verbCase('map by an asynchronous function of a module: rows in their order, those that fail left out', {
  ...visits,
  query: d =>
    d
      .map(
        { url: shop, export: 'lookUp' },
        {
          out: { city: 'utf8', twice: 'int64' },
          keep: ['id'],
          onError: 'skip',
          concurrency: 3,
          timeout: '1h',
        },
      )
      .filter(r => r.id.lt(11)),
  expect: [0, 1, 2, 4, 5, 6, 7, 8, 9].map(id => ({
    id,
    city: `city of ${'abc'.slice(0, 1 + (id % 3))}`,
    twice: BigInt(2 * id),
  })),
})

const mode = udaf(shop, 'mode', { in: ['utf8', 'int32'], out: 'utf8', retract: true })
const spread = udaf(shop, 'spread', { in: ['float64'], out: 'float64' })

verbCase('aggregates of a module: merged between shards and in snapshots, where a condition holds', {
  ...visits,
  query: d =>
    d
      .with({ third: r => r.id.mod(3) })
      .watermark('at')
      .groupBy('third')
      .window(tumbling('6m'))
      .agg({
        mode: mode('code', 'id'),
        spread: spread(r => r.id.cast('float64')),
        none: spread('skip'),
        some: spread(r => r.id.cast('float64')).where(r => r.id.gt(3)),
      }),
  expect: 'same',
})

verbCase('an aggregate of a module over a changelog takes rows back', {
  schema: { k: 'utf8', v: 'utf8', n: 'int32' },
  rows: [
    { k: 'a', v: 'x', n: 1 },
    { k: 'b', v: 'y', n: 5 },
    { k: 'a', v: 'z', n: 9 },
    { k: 'c', v: 'x', n: 3 },
  ],
  query: d => d.topN(2, 'n', 'desc').agg({ mode: mode('v', 'n') }),
  expect: [{ mode: 'z' }],
})

verbCase('an aggregate of a module over frames of rows', {
  schema: { k: 'utf8', n: 'float64' },
  rows: [
    { k: 'a', n: 1 },
    { k: 'b', n: 5 },
    { k: 'a', n: 4 },
    { k: 'a', n: 9 },
  ],
  query: d => d.over({ by: 'k', orderBy: 'n', rows: [-1, 0] }, { s: spread('n') }).orderBy(['k'], ['n']),
  expect: [
    { k: 'a', n: 1, s: 0 },
    { k: 'a', n: 4, s: 3 },
    { k: 'a', n: 9, s: 5 },
    { k: 'b', n: 5, s: 0 },
  ],
  unbounded: false,
})
