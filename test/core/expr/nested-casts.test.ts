/** Casts of lists, structs and maps, beside DuckDB's. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { read, sql, when } from '../../../src/index.ts'

const SCHEMA = {
  i: 'int32',
  l: ['utf8'],
  n: ['float64'],
  s: { a: 'int32', 'b c': 'utf8' },
  m: 'map<utf8, int32>',
  deep: [{ a: ['int32'], at: 'timestamp' }],
} as const

const opt = <T>(of: fc.Arbitrary<T>) => fc.option(of, { freq: 6 })
const text = fc.oneof(
  fc.constantFrom(
    '',
    'null',
    'NULL',
    ' ',
    ' a',
    'a ',
    'a b',
    "it's",
    '\\',
    "\\'",
    '"',
    '[1]',
    '{a: 1}',
    'a=b',
    'ż🦀',
  ),
  fc.string({ unit: fc.constantFrom(...'ab ,:=(){}[]\'"\\-'), maxLength: 6 }),
)
const small = fc.integer({ min: -300, max: 300 })
const row = fc.record({
  l: opt(fc.array(opt(text), { maxLength: 4 })),
  n: opt(fc.array(opt(fc.constantFrom(0, 1.5, -2.5, 1e20, 3)), { maxLength: 4 })),
  s: opt(fc.record({ a: opt(small), 'b c': opt(text) })),
  m: opt(fc.array(fc.tuple(text, opt(small)), { maxLength: 3 }).map(entries => new Map(entries))),
  deep: opt(
    fc.array(
      opt(
        fc.record({
          a: opt(fc.array(opt(small), { maxLength: 2 })),
          at: fc.constant(new Date('2024-02-03T04:05Z')),
        }),
      ),
      { maxLength: 3 },
    ),
  ),
})
const rows = fc.sample(row, { numRuns: 400, seed: 11 }).map((one, i) => ({ i, ...one }))
const dataset = read.rows(rows, SCHEMA)

/** What DuckDB makes of the rows. */
const inDuckdb = (columns: string) =>
  sql(Object.assign([`SELECT i, ${columns} FROM `, ' ORDER BY i'], { raw: [] }) as never, dataset).collect()

const TARGETS = {
  l: { type: ['int32'], duckdb: 'INTEGER[]' },
  n: { type: ['int8'], duckdb: 'TINYINT[]' },
  s: {
    type: { 'b c': 'utf8', a: 'int8', new: 'date' },
    duckdb: 'STRUCT("b c" VARCHAR, a TINYINT, "new" DATE)',
  },
  m: { type: 'map<utf8, utf8>', duckdb: 'MAP(VARCHAR, VARCHAR)' },
  deep: { type: [{ at: 'date', a: ['utf8'] }], duckdb: 'STRUCT("at" DATE, a VARCHAR[])[]' },
} as const
const NAMES = Object.keys(TARGETS) as (keyof typeof TARGETS)[]

describe('casts of nested values, as DuckDB has them', () => {
  it('to text, and from that text back', async () => {
    const texts = dataset.select(
      Object.fromEntries([
        ['i', (r: any) => r.i],
        ...NAMES.map(name => [name, (r: any) => r[name].cast('utf8')]),
      ]),
    )
    const columns = NAMES.map(name => `CAST(${name} AS VARCHAR) AS ${name}`).join(', ')
    const theirs = await inDuckdb(columns)
    const ours = await texts.collect()
    expect(ours).toEqual(theirs)
    const back = read.rows(ours, { i: 'int32', l: 'utf8', n: 'utf8', s: 'utf8', m: 'utf8', deep: 'utf8' })
    const again = await back
      .cast({ l: SCHEMA.l, n: SCHEMA.n, s: SCHEMA.s, m: SCHEMA.m, deep: SCHEMA.deep } as never)
      .collect()
    expect(again).toEqual(rows)
  })

  it('to others of their kind: null for what does not fit within', async () => {
    const ours = await dataset
      .select(
        Object.fromEntries([
          ['i', (r: any) => r.i],
          ...NAMES.map(name => [name, (r: any) => r[name].tryCast(TARGETS[name].type)]),
        ]),
      )
      .collect()
    const columns = NAMES.map(name => `TRY_CAST(${name} AS ${TARGETS[name].duckdb}) AS ${name}`).join(', ')
    const theirs = await inDuckdb(columns)
    expect(ours).toEqual(theirs)
  })
})

describe('casts of nested values', () => {
  const one = async (type: unknown, value: unknown, cast: (v: any) => unknown) =>
    (
      await read
        .rows([{ v: value }, { v: null }], { v: type } as never)
        .select({ v: (r: any) => cast(r.v) } as never)
        .collect()
    ).map((row: any) => row.v)

  it('fail with the value within, and its type', async () => {
    await expect(one(['int32'], [1, 300], v => v.cast(['int8']))).rejects.toMatchObject({
      code: 'OVERFLOW',
      message: expect.stringContaining('300 does not fit int8'),
    })
    await expect(one('utf8', '[1, x]', v => v.cast(['int8']))).rejects.toMatchObject({
      code: 'CAST',
      message: expect.stringContaining('"x" is no int8'),
    })
    await expect(one('utf8', '[1', v => v.cast(['int8']))).rejects.toMatchObject({ code: 'CAST' })
    expect(await one('utf8', '[1', v => v.tryCast(['int8']))).toEqual([null, null])
    expect(await one('utf8', '[1, x]', v => v.tryCast(['int8']))).toEqual([[1, null], null])
  })

  it('leave out what lists hold that are null', async () => {
    const lists = read
      .rows(
        [
          { a: 1, v: [300] },
          { a: 2, v: [1] },
        ],
        { a: 'int32', v: ['int32'] },
      )
      .with({ v: (r: any) => when(r.a.gt(1), r.v).otherwiseNull() } as never)
    expect(await lists.cast({ v: ['int8'] } as never).collect()).toEqual([
      { a: 1, v: null },
      { a: 2, v: [1] },
    ])
  })

  it('of maps whose keys become alike or null are none', async () => {
    const map = new Map([
      ['1', 'x'],
      ['1.0', 'y'],
    ])
    await expect(one('map<utf8, utf8>', map, v => v.cast('map<float64, utf8>'))).rejects.toMatchObject({
      code: 'OVERFLOW',
    })
    expect(await one('map<utf8, utf8>', map, v => v.tryCast('map<float64, utf8>'))).toEqual([null, null])
    expect(await one('map<utf8, utf8>', map, v => v.tryCast('map<int32, utf8>'))).toEqual([null, null])
  })

  it('that there are not are refused', async () => {
    for (const [from, to] of [
      ['int32', ['int32']],
      [['int32'], { a: 'int32' }],
      [{ a: 'int32' }, { b: 'int32' }],
    ] as const)
      await expect(one(from, null, v => v.cast(to))).rejects.toMatchObject({ code: 'CAST' })
  })
})
