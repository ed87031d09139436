/** `sql`: queries over datasets. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { count, lit, max, memory, read, sql, start, sum } from '../../src/index.ts'

const flights = read.rows(
  [
    { time: new Date('2026-01-01T08:00Z'), origin: 'IAH', kind: 'a', delay: 75, tags: ['x', null] },
    { time: new Date('2026-01-02T08:00Z'), origin: 'HOU', kind: 'b', delay: 5, tags: [] },
    { time: new Date('2026-01-03T08:00Z'), origin: 'IAH', kind: 'a', delay: null, tags: null },
  ],
  { time: 'timestamp[ms]', origin: 'utf8', kind: 'dictionary', delay: 'int32', tags: ['utf8'] },
)
const cities = read.rows([
  { code: 'IAH', city: 'Houston' },
  { code: 'HOU', city: "it's" },
])

describe('sql', () => {
  it('is over several datasets, results of verbs and of queries, one of them twice', async () => {
    const late = flights.filter(r => r.delay.gt(1)).rename({ origin: 'airport' })
    const joined = sql`
      SELECT a.airport, c.city, b.delay - a.delay AS off -- not a ' quote
      FROM ${late} a, ${late} b, ${cities} c WHERE c.code = a.airport AND a.delay <> b.delay ORDER BY ALL`
    expect(await joined.collect()).toEqual([
      { airport: 'HOU', city: "it's", off: 70 },
      { airport: 'IAH', city: 'Houston', off: -70 },
    ])
    const again = sql`SELECT max(off) AS off FROM ${joined}`
    expect(await again.collect()).toEqual([{ off: 70 }])
    expect(await joined.agg({ n: count(), worst: max('off') }).collect()).toEqual([{ n: 2, worst: 70 }])
  })

  it('keeps types, and takes those of a schema', async () => {
    const all = sql`SELECT * FROM ${flights} ORDER BY "time"`
    expect(await all.collect()).toEqual(await flights.collect())
    const typed = sql({ total: 'float64', origin: 'utf8' })`
      SELECT origin, sum(delay) AS total FROM ${flights} GROUP BY ALL ORDER BY ALL`
    expect(await typed.filter(r => r.total.gt(5)).collect()).toEqual([{ total: 75, origin: 'IAH' }])
  })

  it('is written to sinks with others, in one job', async () => {
    const [first, second] = [memory<{ n: number }>(), memory()]
    const query = sql<{ n: bigint }>`SELECT count(*) AS n FROM ${flights}`
    const job = await start([query.write(first), flights.agg({ total: sum('delay') }).write(second)])
    await job.done
    expect([first.rows(), second.rows()]).toEqual([[{ n: 3n }], [{ total: 80 }]])
  })

  it('binds lists, element by element', async () => {
    const origins = async (query: { collect(): Promise<{ origin: string }[]> }) =>
      (await query.collect()).map(({ origin }) => origin)
    const late = (codes: readonly (string | null)[]) =>
      sql<{
        origin: string
      }>`SELECT origin FROM ${flights} WHERE origin IN ( ${codes} ) AND delay > ${1} ORDER BY ALL`
    expect(await origins(late(['HOU', "'); DROP TABLE flights; --"]))).toEqual(['HOU'])
    expect(await origins(late(['IAH', 'HOU', null]))).toEqual(['HOU', 'IAH'])
    expect(await origins(late([]))).toEqual([])
    const others = sql<{
      origin: string
    }>`SELECT DISTINCT origin FROM ${flights} WHERE origin NOT IN (${['IAH']})`
    expect(await origins(others)).toEqual(['HOU'])
    const days = [new Date('2026-01-02T08:00Z'), new Date('2026-01-03T08:00Z')]
    expect(
      await origins(sql`SELECT origin FROM ${flights} WHERE "time" = ANY(${days}) ORDER BY ALL`),
    ).toEqual(['HOU', 'IAH'])
    expect(await sql`SELECT list_sum(${[1, 2, 3]}) AS n, len(${[]}) AS none`.collect()).toEqual([
      { n: '6', none: 0n },
    ])
  })

  const some = ['IAH', 'DFW']
  it.each([
    ['a comment before the brackets', sql`SELECT origin FROM ${flights} WHERE origin IN /* ( */ (${some})`],
    ['a name in quotes before it', sql`SELECT origin FROM ${flights} WHERE "origin"IN (${some})`],
    [
      "dollar quotes before it, and a quote of E'' that is escaped",
      sql`SELECT origin FROM ${flights} WHERE kind <> $$it's --$$ AND kind <> $a$ /* $$ $a$ AND kind <> E'\\'' AND origin IN (${some})`,
    ],
    [
      'a comment at the end, behind a semicolon',
      sql`SELECT origin FROM ${flights} WHERE origin IN (${some}); -- it's`,
    ],
    [
      'a comment in a comment',
      sql`SELECT origin FROM ${flights} WHERE origin IN /* a /* b */ ' */ (${some})`,
    ],
    [
      'comments within them',
      sql`SELECT origin FROM ${flights} WHERE origin in(/* a */ ${some} -- one ' of )
      )`,
    ],
    [
      'line breaks',
      sql`SELECT origin FROM ${flights} WHERE origin iN

        (
          ${some}
        )`,
    ],
    [
      'a text with what looks like a comment before it',
      sql`SELECT origin FROM ${flights} WHERE kind <> '/*' AND origin IN (${some})`,
    ],
    ['a set', sql`SELECT origin FROM ${flights} WHERE origin IN (${new Set(some)})`],
    ['an array of numbers', sql`SELECT origin FROM ${flights} WHERE delay IN (${Int32Array.of(75, 7)})`],
    ['one of bigints', sql`SELECT origin FROM ${flights} WHERE delay IN (${BigInt64Array.of(75n)})`],
  ])('takes a list after IN with %s', async (_what, query) => {
    for (const { origin } of await query.collect()) expect(origin).toBe('IAH')
    expect(await query.count()).toBeGreaterThan(0)
  })

  it('takes no value of an empty list', async () => {
    for (const none of [[], new Set<string>()])
      expect(await sql`SELECT * FROM ${flights} WHERE origin IN (${none})`.collect()).toEqual([])
    expect(await sql`SELECT * FROM ${flights} WHERE delay IN (${new Int32Array()})`.collect()).toEqual([])
    expect(await sql`SELECT len(${new Set([1, 2, 1])}) AS n`.collect()).toEqual([{ n: 2n }])
  })

  it('makes columns of a PIVOT of a list', async () => {
    const codes = ['HOU', 'IAH']
    const narrow = flights.select('origin', 'delay')
    const columns = [{ HOU: '5', IAH: '75' }]
    expect(await sql`PIVOT ${narrow} ON origin IN (${codes}) USING sum(delay)`.collect()).toEqual(columns)
    expect(await sql`FROM ${narrow} PIVOT (sum(delay) FOR origin IN (${codes}))`.collect()).toEqual(columns)
    for (const query of [
      sql`PIVOT ${narrow} ON origin USING sum(delay)`,
      sql`PIVOT ${narrow} ON origin IN (${[]}) USING sum(delay)`,
    ])
      await expect(query.collect()).rejects.toMatchObject({
        code: 'SQL',
        hint: expect.stringContaining('name the values of a PIVOT'),
      })
  })

  it('refuses a dataset for a list of values, and says what to write', () => {
    for (const query of [
      () => sql`SELECT * FROM ${flights} WHERE origin IN (${cities})`,
      () => sql`SELECT * FROM ${flights} WHERE origin in ( /* all */ ${cities}, 'x')`,
    ])
      expect(query).toThrow(
        expect.objectContaining({ code: 'SQL_PART', hint: expect.stringContaining('IN (SELECT code FROM') }),
      )
  })

  it('says what a list beside other values of IN is', async () => {
    const wrong = [
      sql`SELECT * FROM ${flights} WHERE delay IN (${1}, ${[5]})`,
      sql`SELECT * FROM ${flights} WHERE origin IN (${['IAH']}, 'HOU')`,
      sql`SELECT * FROM ${flights} WHERE origin = ${[]}`,
    ]
    for (const query of wrong)
      await expect(query.collect()).rejects.toMatchObject({
        code: 'SQL',
        message: expect.stringContaining('the SQL of sql takes a value for a list'),
        hint: expect.stringContaining('all that is in the brackets of IN'),
      })
    const lists = sql`SELECT origin FROM ${flights} WHERE tags IN (${['x', null]}, ${[]}) ORDER BY ALL`
    expect(await lists.collect()).toEqual([{ origin: 'HOU' }, { origin: 'IAH' }])
  })

  it('binds values, whatever they hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.double({ noNaN: true }), async (text, number) => {
        const [row] =
          await sql`SELECT ${text.replaceAll('\0', '')} AS t, ${number} AS x, ${null} AS n`.collect()
        expect(row).toEqual({ t: text.replaceAll('\0', ''), x: number, n: null })
      }),
      { numRuns: 5, examples: [["'; DROP TABLE dataset_1; --", 0.1]] },
    )
  })

  describe('computes the columns that the query reads, and no other', () => {
    const given = read.rows(
      [
        { id: 1, a: 10, s: { p: 1, q: 'x' }, 's.p': 5, 'two\nlines': 'k', bad: 'x' },
        { id: 2, a: null, s: null, 's.p': 6, 'two\nlines': 'l', bad: 'y' },
      ],
      {
        id: 'int32',
        a: 'int32',
        s: { p: 'int32', q: 'utf8' },
        's.p': 'int32',
        'two\nlines': 'utf8',
        bad: 'utf8',
      },
    )
    // Fails where it is computed.
    const rows = given.drop('two\nlines').with({ bad: r => r.bad.cast('int32') })

    it.each([
      ['of none', sql`SELECT count(*) AS n FROM ${rows}`, [{ n: 2n }]],
      [
        'in a condition and an order',
        sql`SELECT id FROM ${rows} WHERE a IS NULL OR a > ${1} ORDER BY s.p NULLS FIRST`,
        [{ id: 2 }, { id: 1 }],
      ],
      ['fields', sql`SELECT s.q FROM ${rows} ORDER BY id`, [{ q: 'x' }, { q: null }]],
      ['a name like a field', sql`SELECT "s.p" AS p FROM ${rows} ORDER BY 1`, [{ p: 5 }, { p: 6 }]],
      ['by place', sql`SELECT y FROM (SELECT * FROM ${rows}) t(x, y) ORDER BY ALL`, [{ y: 10 }, { y: null }]],
      [
        'of each of two',
        sql`
        SELECT l.a, (SELECT max(id) FROM ${rows} r WHERE r."s.p" > l."s.p") AS m FROM ${rows} l ORDER BY l.id`,
        [
          { a: 10, m: 2 },
          { a: null, m: null },
        ],
      ],
      [
        'of one that is empty when it is planned',
        sql`SELECT s FROM ${rows} WHERE a IN (SELECT a FROM ${rows})`,
        [{ s: { p: 1, q: 'x' } }],
      ],
    ])('%s', async (_what, query, expected) => {
      expect(await query.collect()).toEqual(expected)
    })

    it('all of them where a name does not tell, or a star asks for all', async () => {
      expect(
        await sql`SELECT "two
lines" AS k, s FROM ${given} WHERE id = 1`.collect(),
      ).toEqual([{ k: 'k', s: { p: 1, q: 'x' } }])
      await expect(sql`SELECT * FROM ${rows}`.collect()).rejects.toThrow('"x" is no int32')
      await expect(sql`SELECT r FROM ${rows} r`.collect()).rejects.toThrow('"x" is no int32')
      await expect(sql`SUMMARIZE ${rows}`.collect()).rejects.toThrow('"x" is no int32')
    })

    it('columns of every type are left out', async () => {
      const types = {
        ...{ a: 'bool', b: 'int8', c: 'uint64', d: 'int53', e: 'float32', f: 'decimal(38, 2)', g: 'binary' },
        ...{
          h: 'time[us]',
          i: 'duration[ms]',
          j: 'timestamp[ns]',
          k: 'timestamp[ms, Europe/Berlin]',
          l: 'date',
        },
        ...{ m: 'dictionary', n: 'list<struct<x: utf8>>', o: 'map<utf8, int32>', p: 'struct<x: dictionary>' },
      } as const
      const columns = Object.fromEntries(
        Object.entries(types).map(([name, type]) => [name, () => lit(null, type as 'utf8')]),
      )
      const all = given.select('id', 'bad').with(columns)
      expect(await sql`SELECT id FROM ${all} ORDER BY id`.collect()).toEqual([{ id: 1 }, { id: 2 }])
    })
  })

  it('leaves nothing behind, also when it fails', async () => {
    // What other processes do at the same time is not looked at.
    const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
    vi.stubEnv('TMPDIR', folder)
    onTestFinished(() => {
      vi.unstubAllEnvs()
      rmSync(folder, { recursive: true })
    })
    await sql`SELECT * FROM ${flights}`.limit(1).collect()
    await expect(sql`SELECT error(origin) FROM ${flights}`.collect()).rejects.toThrow('IAH')
    const broken = flights.map(
      () => {
        throw new Error('broken')
      },
      { out: { x: 'int32' } },
    )
    await expect(sql`SELECT * FROM ${broken}`.collect()).rejects.toThrow('broken')
    expect(readdirSync(folder)).toEqual([])
  })

  it.each([
    ['a file', sql`SELECT * FROM read_csv('/etc/hosts')`],
    ['what is no query', sql`DROP TABLE ${flights}`],
    ['several', sql`SELECT 1; SELECT 2`],
    ['what closes the bracket around it', sql`SELECT 1) t; DROP TABLE x; SELECT * FROM (SELECT 2`],
    ['a setting', sql`SET enable_external_access = true`],
    ['another file', sql`ATTACH '/tmp/other.duckdb'`],
  ])('refuses %s', async (_what, query) => {
    await expect(query.collect()).rejects.toThrow(expect.objectContaining({ code: 'SQL' }))
  })

  it('says what to do about files, and which columns there are', async () => {
    await expect(sql`FROM 'other.csv'`.collect()).rejects.toThrow('put a dataset where the file stands')
    await expect(sql`SELECT orgin FROM ${flights}`.collect()).rejects.toThrow(
      /Candidate bindings: .*"origin"/,
    )
  })

  const stream = read.iterable([{ x: 1 }], { x: 'int32' })
  it.each([
    ['UNBOUNDED', () => sql`SELECT * FROM ${stream as any}`],
    ['SQL_PART', () => sql`SELECT '${1}'`],
    ['SQL_PART', () => sql`SELECT 1 /* ${1} */`],
    ['SQL_PART', () => sql`SELECT $$ ${1} $$`],
    ['SQL_PART', () => sql`SELECT $a$ $$ ${1} $a$`],
    ['SQL_PART', () => sql`SELECT E'\\' ${1}'`],
    ['SQL_PART', () => sql`SELECT 1 /* a /* b */ ${1} */`],
    ['SQL_PART', () => sql`SELECT ${[[1]] as any}`],
    ['SQL_PART', () => sql`SELECT ${new Map([[1, 2]]) as any}`],
    ['SQL_PART', () => sql`SELECT ${Buffer.from('x')}`],
    ['SQL_PART', () => sql`SELECT ${new DataView(new ArrayBuffer(1)) as any}`],
    ['SQL_PART', () => (sql as any)('SELECT 1')],
    ['COLUMN_TYPE', () => sql({ x: 'number' as any })],
  ])('a mistake is a %s', (code, query) => {
    expect(query).toThrow(expect.objectContaining({ code }))
  })
})
