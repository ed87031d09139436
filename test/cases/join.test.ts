import { expect, it } from 'vitest'
import { count, first, last, max, memory, read, start, tumbling } from '../../src/index.ts'
import { script } from '../../src/testing.ts'
import { verbCase } from './verb-case.ts'

const auctions = { id: 'int32', seller: 'int32', item: 'utf8' } as const
const sales = [
  { id: 1, seller: 10, item: 'chair' },
  { id: 2, seller: 11, item: 'lamp' },
  { id: 3, seller: null, item: 'table' },
  { id: 4, seller: 10, item: 'rug' },
  { id: 5, seller: 13, item: null },
]
const persons = { id: 'int32', name: 'utf8' } as const
const people = [
  { id: 11, name: 'Ada' },
  { id: 10, name: 'Bo' },
  { id: null, name: 'nobody' },
  { id: 12, name: 'Cy' },
  { id: 10, name: 'Bo again' },
]

verbCase('join gives each pair of equal keys, in the order of the left rows, then of the right', {
  inputs: [
    { schema: auctions, rows: sales },
    { schema: persons, rows: people },
  ],
  query: (a, p) => a.join(p, { on: { seller: 'id' } }),
  expect: [
    { id: 1, seller: 10, item: 'chair', id_right: 10, name: 'Bo' },
    { id: 1, seller: 10, item: 'chair', id_right: 10, name: 'Bo again' },
    { id: 2, seller: 11, item: 'lamp', id_right: 11, name: 'Ada' },
    { id: 4, seller: 10, item: 'rug', id_right: 10, name: 'Bo' },
    { id: 4, seller: 10, item: 'rug', id_right: 10, name: 'Bo again' },
  ],
})

verbCase('join of keys of one name has them once, and a suffix on other names', {
  inputs: [
    {
      schema: { k: 'int32', t: 'utf8', x: 'int32' },
      rows: [1, 2, 3, 2].map((k, x) => ({ k, t: `${k % 2}`, x })),
    },
    {
      schema: { k: 'int64', t: 'dictionary', x: 'utf8' },
      rows: [
        { k: 2n, t: '0', x: 'two' },
        { k: 3n, t: '0', x: 'not odd' },
        { k: 1n, t: '1', x: 'one' },
      ],
    },
  ],
  query: (a, b) => a.join(b, { on: ['k', 't'], suffix: 'Name' }),
  expect: [
    { k: 1, t: '1', x: 0, xName: 'one' },
    { k: 2, t: '0', x: 1, xName: 'two' },
    { k: 2, t: '0', x: 3, xName: 'two' },
  ],
})

verbCase('join with itself', {
  schema: { id: 'int32', boss: 'int32' },
  rows: [
    { id: 1, boss: null },
    { id: 2, boss: 1 },
    { id: 3, boss: 1 },
    { id: 4, boss: 3 },
  ],
  query: d =>
    d.join(d.rename({ id: 'bossId', boss: 'above' }), { on: { boss: 'bossId' } }).select('id', 'above'),
  expect: [
    { id: 2, above: null },
    { id: 3, above: null },
    { id: 4, above: 1 },
  ],
  ordered: false,
})

verbCase('join, then a grouping by the same keys, and by others', {
  inputs: [
    { schema: auctions, rows: sales },
    { schema: persons, rows: people },
  ],
  query: (a, p) =>
    a
      .join(p, { on: { seller: 'id' } })
      .groupBy('seller')
      .agg({ n: count() })
      .join(a.groupBy('seller').agg({ sales: count() }), { on: 'seller' }),
  expect: [
    { seller: 10, n: 4, sales: 2 },
    { seller: 11, n: 1, sales: 1 },
  ],
  unbounded: false,
})

verbCase('join with nothing gives nothing', {
  inputs: [
    { schema: auctions, rows: sales },
    { schema: persons, rows: people },
  ],
  query: (a, p) =>
    a.join(
      p.filter(r => r.id.gt(100)),
      { on: { seller: 'id' } },
    ),
  expect: [],
})

verbCase('join over several splits, left out columns and all', {
  inputs: [
    { schema: auctions, rows: [sales, sales.slice(0, 2)] },
    { schema: persons, rows: [people.slice(0, 2), people.slice(2)] },
  ],
  query: (a, p) => a.join(p, { on: { seller: 'id' } }).select('name', 'id'),
  expect: [
    { name: 'Bo', id: 1 },
    { name: 'Bo again', id: 1 },
    { name: 'Ada', id: 2 },
    { name: 'Bo', id: 4 },
    { name: 'Bo again', id: 4 },
    { name: 'Bo', id: 1 },
    { name: 'Bo again', id: 1 },
    { name: 'Ada', id: 2 },
  ],
})

const at = (minute: number) => new Date(Date.UTC(2001, 0, 1, 0, minute))
const clicks = { at: 'timestamp[ms]', who: 'utf8' } as const

verbCase('join within a time pairs what is near in event time', {
  inputs: [
    {
      schema: clicks,
      rows: [0, 3, 20, 19, 41].map(minute => ({ at: at(minute), who: 'a' })),
    },
    {
      schema: { ...clicks, what: 'int32' },
      rows: [10, 9, 30, 31, 52].map((minute, what) => ({ at: at(minute), who: 'a', what })),
    },
  ],
  query: (a, b) =>
    a
      .watermark('at', { outOfOrder: '1m' })
      .join(b.watermark('at', { outOfOrder: '1m' }), { on: 'who', within: '10m' })
      .select('at', 'what'),
  expect: [
    { at: at(0), what: 0 },
    { at: at(0), what: 1 },
    { at: at(3), what: 0 },
    { at: at(3), what: 1 },
    { at: at(20), what: 0 },
    { at: at(20), what: 2 },
    { at: at(19), what: 0 },
    { at: at(19), what: 1 },
    { at: at(41), what: 3 },
  ],
})

const minutes = (list: readonly number[], who: (i: number) => string | null) =>
  list.map((minute, i) => ({ at: at(minute), who: who(i), what: i }))
const meetings = [
  {
    schema: { ...clicks, what: 'int32' },
    rows: [
      minutes([0, 3, 20, 19, 41], i => (i === 3 ? null : 'a')),
      minutes([1, 2, 18, 44], i => 'ab'[i % 2]!),
    ],
  },
  { schema: { ...clicks, what: 'int32' }, rows: minutes([10, 9, 30, 31, 52, 5, 50], i => 'aab'[i % 3]!) },
] as const

verbCase('windows behind a join within a time', {
  inputs: meetings,
  query: (a, b) =>
    a
      .watermark('at', { outOfOrder: '30m' })
      .join(b.watermark('at', { outOfOrder: '50m' }), {
        on: 'who',
        how: 'left',
        within: ['-3m', '11m'],
        where: (l, r) => l.what.add(r.what).ne(1),
      })
      .groupBy('who')
      .window(tumbling('10m'))
      .agg({ n: count(), latest: max('what') }),
  expect: 'same',
})

verbCase('full join at equal event times, and windows behind it', {
  inputs: meetings,
  query: (a, b) =>
    a
      .watermark('at', { outOfOrder: '30m' })
      .groupBy('who')
      .window(tumbling('5m'))
      .agg({ left: count() })
      .join(
        b
          .watermark('at', { outOfOrder: '50m' })
          .groupBy('who')
          .window(tumbling('5m'))
          .agg({ right: count() }),
        { on: ['who', 'windowStart', 'windowEnd'], how: 'full' },
      )
      .groupBy()
      .window(tumbling('10m'))
      .agg({ rows: count(), left: count('left'), right: count('right'), end: max('windowEnd') }),
  expect: 'same',
})

verbCase('full join of changelogs, with a condition, and what is behind it', {
  inputs: [
    {
      schema: { k: 'int32', x: 'int32' },
      rows: [4, 7, 1, 9, 2, 7, 8].map((x, i) => ({ k: i === 2 ? null : i % 3, x })),
    },
    {
      schema: { k: 'int64', y: 'float64' },
      rows: [3, 1, 6, 2, 5].map((y, i) => ({ k: i === 1 ? null : BigInt(i % 2), y })),
    },
  ],
  query: (a, b) =>
    a
      .topN(2, 'x', 'desc', { by: 'k' })
      .join(b.topN(1, 'y', 'asc', { by: 'k' }), { on: 'k', how: 'full', where: (l, r) => l.x.gt(r.y.add(4)) })
      .groupBy('k')
      .agg({ n: count(), most: max('x') }),
  expect: 'same',
})

const table = read.rows(people, { id: 'int64', name: 'utf8' } as const)

verbCase('joins with a table that every shard has', {
  schema: auctions,
  rows: [sales, sales.slice(0, 2)],
  query: a =>
    a
      .join(table, { on: { seller: 'id' }, how: 'left', broadcast: true })
      .join(
        table.filter(r => r.name.eq('Bo')),
        { on: { seller: 'id' }, how: 'anti', broadcast: true },
      )
      .topN(2, 'id', 'desc', { by: 'name' }),
  expect: 'same',
})

verbCase('join of a changelog takes back the pairs of rows that are taken back', {
  inputs: [
    { schema: { k: 'int32', x: 'int32' }, rows: [4, 7, 1, 9, 2, 7, 8].map((x, i) => ({ k: i % 2, x })) },
    { schema: { k: 'int32', y: 'int32' }, rows: [3, 1, 6, 2].map((y, i) => ({ k: i % 2, y })) },
  ],
  query: (a, b) => a.topN(2, 'x', 'desc', { by: 'k' }).join(b.topN(1, 'y', 'asc', { by: 'k' }), { on: 'k' }),
  expect: [
    { k: 0, x: 8, y: 3 },
    { k: 0, x: 4, y: 3 },
    { k: 1, x: 9, y: 1 },
    { k: 1, x: 7, y: 1 },
  ],
})

// Some rows of the first join meet several, others one: their places are to compare all the same, on whatever shards.
const numbered = {
  schema: { u: 'int32', n: 'int32', t: 'utf8' },
  rows: [-1, -2, -2, 0, 1, -2, 3, 0].map((u, n) => ({ u, n, t: `${n},${n % 3}` })),
} as const

verbCase('join after join', {
  ...numbered,
  query: d => d.select('u').join(d, { on: 'u' }).join(d.select('u'), { on: 'u' }),
  expect: 'same',
  unbounded: false,
})

verbCase('join after join and explode, both ways', {
  ...numbered,
  query: d =>
    d
      .explode('t', { separator: ',', as: 'part' })
      .join(d.select('u', 't'), { on: 'u' })
      .explode('t', { separator: ',', as: 'other' })
      .join(d.select('u'), { on: 'u' }),
  expect: 'same',
  unbounded: false,
})

verbCase('distinct, topN and agg after two joins', {
  ...numbered,
  query: d => {
    const twice = d
      .join(d.rename({ n: 'm' }).select('u', 'm'), { on: 'u' })
      .join(d.rename({ n: 'l' }).select('u', 'l'), { on: 'u' })
    return twice
      .topN(5, 'u', 'desc', { by: 'u' })
      .select('u', 'n', 'm')
      .union(twice.distinct('u', 'n', 'm'))
      .groupBy('u')
      .agg({ rows: count(), first: first('n'), last: last('m') })
  },
  expect: 'same',
  unbounded: false,
})

verbCase('join of a union of what was joined and what was not', {
  ...numbered,
  query: d => {
    const joined = d.select('u').join(d.select('u', 'n'), { on: 'u' })
    return joined.union(d.select('u', 'n'), joined).join(d.rename({ n: 'm' }).select('u', 'm'), { on: 'u' })
  },
  expect: 'same',
  unbounded: false,
})

it('changes that come in several batches of one step keep the order in which they were made', async () => {
  const stream = (rows: { k: number }[]) => script({ k: 'int32' }, [{ rows }], { bounded: false })
  const some = stream([{ k: 1 }, { k: 2 }])
  const counts = some.union(some).groupBy('k').agg({ n: count() })
  const alone = counts.join(stream([]), { on: 'k', how: 'anti' })
  const [before, after] = [memory(), memory()]
  const job = await start([counts.changes().write(before), alone.changes().write(after)], { shards: 0 })
  await job.done
  expect(before.rows().map(({ n, weight }) => [n, weight])).toContainEqual([1, -1])
  expect(after.rows()).toEqual(before.rows())
})
