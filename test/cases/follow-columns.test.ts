/** What is known of rows goes with the columns it is known by, and no further. */

import { expect, it } from 'vitest'
import { count, ewma, first, last, read, sum, tumbling } from '../../src/index.ts'
import { verbCase } from './verb-case.ts'

const schema = { t: 'timestamp', k: 'utf8', n: 'int32' } as const
const rows = Array.from({ length: 12 }, (_, i) => ({
  t: new Date(i * 1000),
  k: ['a x', 'b x', 'A x', 'B y', 'c y', 'C x'][i % 6]!,
  n: i % 5,
}))
const words = ['A', 'B', 'C', 'a', 'b', 'c'].map(k => ({ k, c: 2 }))

verbCase('the parts of an exploded key are grouped anew', {
  schema,
  rows,
  query: d =>
    d
      .groupBy('k')
      .agg({ c: count() })
      .explode('k')
      .groupBy('k')
      .agg({ c: sum('c') }),
  expect: [...words, { k: 'x', c: 8 }, { k: 'y', c: 4 }],
  unbounded: false,
})

const hour = { windowStart: new Date(0), windowEnd: new Date(3_600_000) }
verbCase('the parts of an exploded key are grouped anew in windows', {
  schema,
  rows,
  query: d =>
    d
      .watermark('t')
      .groupBy('k')
      .window(tumbling('1h'))
      .agg({ c: count() })
      .explode('k', { as: 'word' })
      .groupBy('word')
      .window(tumbling('1h'))
      .agg({ c: sum('c') }),
  expect: [...words, { k: 'x', c: 8 }, { k: 'y', c: 4 }].map(({ k, c }) => ({ word: k, ...hour, c })),
})

verbCase('a key that with computes anew is grouped anew', {
  schema,
  rows,
  query: d =>
    d
      .groupBy('k')
      .agg({ c: count() })
      .with({ k: r => r.k.upper() })
      .groupBy('k')
      .agg({ c: sum('c') }),
  expect: [
    { k: 'A X', c: 4 },
    { k: 'B X', c: 2 },
    { k: 'B Y', c: 2 },
    { k: 'C X', c: 2 },
    { k: 'C Y', c: 2 },
  ],
  unbounded: false,
})

verbCase('keys that swap their names are grouped by what they hold', {
  schema: { a: 'int32', b: 'int32' },
  rows: [1, 2, 3, 4, 5, 6].map(i => ({ a: i % 2, b: i % 3 })),
  query: d =>
    d
      .groupBy('a', 'b')
      .agg({ c: count() })
      .rename({ a: 'b', b: 'a' })
      .groupBy('a')
      .agg({ c: sum('c') }),
  expect: [0, 1, 2].map(a => ({ a, c: 2 })),
  unbounded: false,
})

verbCase('groups of other keys than rows lie by keep their state, at another shard count too', {
  schema,
  rows,
  query: d =>
    d
      .groupBy('k')
      .agg({ c: count(), n: sum('n') })
      .with({ z: r => r.n.mod(2) })
      .groupBy('z', 'k')
      .agg({ c: sum('c') })
      .groupBy('k', 'z')
      .agg({ c: sum('c') }),
  expect: [
    { k: 'A x', z: 1, c: 2 },
    { k: 'B y', z: 1, c: 2 },
    { k: 'C x', z: 1, c: 2 },
    { k: 'a x', z: 1, c: 2 },
    { k: 'b x', z: 1, c: 2 },
    { k: 'c y', z: 0, c: 2 },
  ],
  unbounded: false,
})

verbCase('a window whose bounds have other names is filled, and its end is what it was', {
  schema: { t: 'timestamp', k: 'utf8' },
  rows: [0, 3].map(h => ({ t: new Date(h * 3_600_000), k: 'a' })),
  query: d =>
    d
      .watermark('t')
      .groupBy('k')
      .window(tumbling('1h'))
      .agg({ c: count() })
      .rename({ windowStart: 'from', windowEnd: 'to', k: 'key' })
      .fillGaps({ values: { c: 0 }, until: new Date(4 * 3_600_000) }),
  expect: [1, 0, 0, 1].map((c, h) => ({
    key: 'a',
    from: new Date(h * 3_600_000),
    to: new Date((h + 1) * 3_600_000),
    c,
  })),
})

verbCase('first and last go by event time, also where nothing else reads it', {
  schema: { t: 'timestamp', k: 'utf8', n: 'int32' },
  rows: [3, 1, 2, 4].map(s => ({ t: new Date(s * 1000), k: 'a', n: s })),
  query: d =>
    d
      .watermark('t', { outOfOrder: '1h' })
      .with({ twice: r => r.n.mul(2) })
      .select('twice', 't', 'n', 'k')
      .groupBy('k')
      .agg({ first: first('twice'), last: last('n') }),
  expect: [{ k: 'a', first: 2, last: 4 }],
  unbounded: false,
})

const input = () => read.rows(rows, schema)
const windowed = () => input().watermark('t').groupBy('k').window(tumbling('1h')).agg({ c: count() })

it('keys under new names are the series of detect', async () => {
  const renamed = windowed().rename({ k: 'key' }).detect('c', ewma(), { every: '1h' })
  const selected = windowed()
    .select({ windowStart: r => r.windowStart, key: r => r.k, c: r => r.c })
    .detect('c', ewma(), { every: '1h' })
  for (const d of [renamed, selected] as any[])
    expect((await d.collect()).map((row: any) => row.key).sort()).toEqual(
      [...new Set(rows.map(r => r.k))].sort(),
    )
})

it.each([
  ['computed anew', () => windowed().with({ windowStart: r => r.windowEnd })],
  ['left out', () => windowed().drop('windowStart')],
  ['not selected', () => windowed().select('k', 'c', 'windowEnd')],
])('event time that is %s is none, and neither is there a window', (_, make) => {
  expect(() => (make() as any).fillGaps({})).toThrow('fillGaps fills windows, and there is none')
  expect(() => (make() as any).detect('c', ewma(), { by: 'k' })).toThrow('detect needs event time')
})

it.each([
  ['exploded', () => windowed().explode('k')],
  ['computed anew', () => windowed().with({ k: r => r.k.upper() })],
  ['left out', () => windowed().drop('k')],
])('keys that are %s are none', (_, make) => {
  expect(() => (make() as any).fillGaps({})).toThrow('fillGaps does not know what a series is here')
})

it('explode refuses the name of another column', () => {
  expect(() => input().explode('k', { as: 'n' })).toThrow('two columns are called "n"')
})
