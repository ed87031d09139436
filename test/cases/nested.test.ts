import { count, countDistinct, first, last, max, struct, tumbling } from '../../src/index.ts'
import { verbCase } from './verb-case.ts'

const visits = {
  at: 'timestamp[ms]',
  id: 'int32',
  user: { name: 'utf8', 'home town': 'dictionary' },
  tags: ['utf8'],
  counts: 'map<utf8, int32>',
} as const

const at = (second: number) => new Date(second * 1000)
const ann = { name: 'ann', 'home town': null }
const bob = { name: 'bob', 'home town': 'Łódź' }
const rows = [
  { at: at(0), id: 1, user: ann, tags: ['a', null], counts: new Map([['x', 1]]) },
  { at: at(1), id: 2, user: null, tags: [], counts: null },
  { at: at(2), id: 3, user: bob, tags: ['a'], counts: new Map() },
  { at: at(70), id: 4, user: ann, tags: null, counts: new Map([['y', null]]) },
  { at: at(71), id: 5, user: { ...bob }, tags: ['a', null], counts: new Map([['x', 2]]) },
  { at: at(72), id: 6, user: null, tags: ['b'], counts: null },
]

verbCase('structs are keys of groups in windows; lists and maps go through their folds', {
  schema: visits,
  rows,
  query: d =>
    d
      .watermark('at')
      .groupBy('user')
      .window(tumbling('1m'))
      .agg({
        n: count(),
        tags: first('tags'),
        counts: last('counts'),
        most: max('tags'),
        d: countDistinct('tags'),
      })
      .drop('windowEnd'),
  expect: [
    {
      user: ann,
      windowStart: at(0),
      n: 1,
      tags: ['a', null],
      counts: rows[0]!.counts,
      most: ['a', null],
      d: 1,
    },
    { user: bob, windowStart: at(0), n: 1, tags: ['a'], counts: new Map(), most: ['a'], d: 1 },
    { user: null, windowStart: at(0), n: 1, tags: [], counts: null, most: [], d: 1 },
    { user: ann, windowStart: at(60), n: 1, tags: null, counts: rows[3]!.counts, most: null, d: 0 },
    {
      user: bob,
      windowStart: at(60),
      n: 1,
      tags: ['a', null],
      counts: rows[4]!.counts,
      most: ['a', null],
      d: 1,
    },
    { user: null, windowStart: at(60), n: 1, tags: ['b'], counts: null, most: ['b'], d: 1 },
  ],
})

verbCase('joins find rows by lists, and carry structs and maps along; null is no key', {
  inputs: [
    { schema: visits, rows },
    {
      schema: { tags: ['utf8'], note: { text: 'utf8', seen: 'map<int32, bool>' } },
      rows: [
        { tags: ['a', null], note: { text: 'both', seen: new Map([[1, true]]) } },
        { tags: [], note: null },
        { tags: null, note: { text: 'never', seen: null } },
      ],
    },
  ],
  query: (d, notes) => d.select('id', 'tags', 'user').join(notes, { on: 'tags', how: 'left' }),
  expect: [
    { id: 1, tags: ['a', null], user: ann, note: { text: 'both', seen: new Map([[1, true]]) } },
    { id: 2, tags: [], user: null, note: null },
    { id: 3, tags: ['a'], user: bob, note: null },
    { id: 4, tags: null, user: ann, note: null },
    { id: 5, tags: ['a', null], user: bob, note: { text: 'both', seen: new Map([[1, true]]) } },
    { id: 6, tags: ['b'], user: null, note: null },
  ],
  ordered: false,
})

verbCase('lists and maps come apart to rows, structs to columns, and distinct ones are told apart', {
  schema: visits,
  rows,
  query: d =>
    d
      .filter(r => r.user.isNotNull().and(r.tags.length().gt(0)))
      .explode('tags', { as: 'tag' })
      .explode('counts')
      .unnest('user', { prefix: 'user ' })
      .select({
        made: r => struct({ tag: r.tag, town: r['user home town'] }),
        key: r => r.key,
      })
      .distinct('made', 'key'),
  expect: [
    { made: { tag: 'a', town: null }, key: 'x' },
    { made: { tag: null, town: null }, key: 'x' },
    { made: { tag: 'a', town: 'Łódź' }, key: 'x' },
    { made: { tag: null, town: 'Łódź' }, key: 'x' },
  ],
})

verbCase('lists are ordered by their elements, null last within them and among them', {
  schema: visits,
  rows,
  query: d => d.topN(5, 'tags', 'asc').select('tags', 'counts'),
  expect: [2, 3, 1, 5, 6].map(id => rows[id - 1]!).map(({ tags, counts }) => ({ tags, counts })),
  unbounded: false,
})
