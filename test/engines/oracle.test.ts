/** Random relational plans: the threads engine against DuckDB's own SQL over the same rows. */

import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { count, countDistinct, type Dataset, max, mean, min, read, sum, tumbling } from '../../src/index.ts'
import { runs } from '../effort.ts'

const schema = { k: 'utf8', i: 'int32', f: 'float64', t: 'timestamp[us]' } as const
type Row = { k: string | null; i: number | null; f: number | null; t: Date }

const cell = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null, freq: 5 })
const row: fc.Arbitrary<Row> = fc.record({
  k: cell(fc.constantFrom('a', 'b', 'ü', "it's", '')),
  i: cell(fc.integer({ min: -50, max: 50 })),
  // Quarters: sums and means of them are exact in any order, so DuckDB's are comparable.
  f: cell(fc.integer({ min: -400, max: 400 }).map(n => n / 4)),
  t: fc.integer({ min: -5_000_000, max: 5_000_000 }).map(s => new Date(s * 1000)),
})

/** A verb as Millrace runs it and as SQL over a relation `input`. */
interface Verb {
  readonly name: string
  apply(dataset: Dataset<any, any>): Dataset<any, any>
  readonly sql: string
}

const filters: readonly Verb[] = [
  { name: 'i > 0', apply: d => d.filter(r => r.i.gt(0)), sql: 'SELECT * FROM input WHERE i > 0' },
  {
    name: 'k = a or f is null',
    apply: d => d.filter(r => r.k.eq('a').or(r.f.isNull())),
    sql: "SELECT * FROM input WHERE k = 'a' OR f IS NULL",
  },
  {
    name: 'not (k < b)',
    apply: d => d.filter(r => r.k.lt('b').not()),
    sql: "SELECT * FROM input WHERE NOT (k < 'b')",
  },
  {
    name: 'i in (…) and f <= 10',
    apply: d => d.filter(r => r.i.isIn([1, 2, 3, -7, 40]).and(r.f.lte(10))),
    sql: 'SELECT * FROM input WHERE i IN (1, 2, 3, -7, 40) AND f <= 10',
  },
]
const computes: readonly Verb[] = [
  {
    name: 'i = i * 2 - 1',
    apply: d => d.with({ i: r => r.i.mul(2).sub(1) }),
    sql: 'SELECT k, (i * 2 - 1)::INTEGER AS i, f, t FROM input',
  },
  {
    name: 'f = coalesce(f, 0) + i',
    apply: d => d.with({ f: r => r.f.coalesce(0).add(r.i) }),
    sql: 'SELECT k, i, coalesce(f, 0) + i AS f, t FROM input',
  },
  {
    name: 'k = upper(k)',
    apply: d => d.with({ k: r => r.k.upper() }),
    sql: 'SELECT upper(k) AS k, i, f, t FROM input',
  },
  {
    name: 't to the day',
    apply: d => d.with({ t: r => r.t.truncate('day') }),
    sql: "SELECT k, i, f, date_trunc('day', t)::TIMESTAMP AS t FROM input",
  },
]
const folds = {
  n: count(),
  some: count('i'),
  i: sum('i'),
  low: min('k'),
  high: max('f'),
  avg: mean('f'),
  kinds: countDistinct('i'),
} as any
const foldSql =
  'count(*)::INTEGER AS n, count(i)::INTEGER AS some, sum(i)::DOUBLE AS i, min(k) AS low, max(f) AS high, avg(f) AS avg, count(DISTINCT i)::INTEGER AS kinds'
const ends: readonly Verb[] = [
  { name: 'all', apply: d => d, sql: 'SELECT * FROM input' },
  { name: 'by k', apply: d => d.groupBy('k').agg(folds), sql: `SELECT k, ${foldSql} FROM input GROUP BY k` },
  {
    name: 'by i, k',
    apply: d => d.groupBy('i', 'k').agg({ n: count(), high: max('t') } as any),
    sql: 'SELECT i, k, count(*)::INTEGER AS n, max(t) AS high FROM input GROUP BY i, k',
  },
  { name: 'total', apply: d => d.agg(folds), sql: `SELECT ${foldSql} FROM input` },
  {
    name: 'by k and day',
    apply: d => d.watermark('t').groupBy('k').window(tumbling('1d')).agg(folds),
    sql: `SELECT k, date_trunc('day', t)::TIMESTAMP AS "windowStart", date_trunc('day', t)::TIMESTAMP + INTERVAL 1 DAY AS "windowEnd", ${foldSql} FROM input GROUP BY 1, 2, 3`,
  },
]

let instance: DuckDBInstance
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:')
})
afterAll(() => instance.closeSync())

const canonical = (rows: readonly Record<string, unknown>[]) =>
  rows.map(row => JSON.stringify(row, (_, value) => (value === 0 ? 0 : value))).sort()

async function fromDuckDB(rows: readonly Row[], verbs: readonly Verb[]): Promise<Record<string, unknown>[]> {
  const connection = await instance.connect()
  try {
    await connection.run('CREATE OR REPLACE TEMP TABLE given (k VARCHAR, i INTEGER, f DOUBLE, t TIMESTAMP)')
    for (const { k, i, f, t } of rows) {
      await connection.run('INSERT INTO given VALUES ($1, $2, $3, make_timestamp($4::BIGINT))', [
        k,
        i,
        f,
        BigInt(Number(t)) * 1000n,
      ])
    }
    const ctes = verbs.map(({ sql }, n) => `s${n} AS (${sql.replace('input', n ? `s${n - 1}` : 'given')})`)
    const reader = await connection.runAndReadAll(
      `WITH ${ctes.join(', ')} SELECT * FROM s${verbs.length - 1}`,
    )
    return reader.getRowObjectsJS() as Record<string, unknown>[]
  } finally {
    connection.closeSync()
  }
}

it('gives the rows that DuckDB gives', async () => {
  const plan = fc.tuple(
    fc.array(fc.constantFrom(...filters, ...computes), { maxLength: 4 }),
    fc.constantFrom(...ends),
    fc.constantFrom(0, 1, 2, 3),
    fc.constantFrom(1, 7, 1000),
    fc.constantFrom('rows' as const, 'partials' as const, 'windows' as const),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { maxLength: 40 }),
      plan,
      async (rows, [middle, end, shards, batchRows, exchange]) => {
        const verbs = [...middle, end]
        const dataset = verbs.reduce<Dataset<any, any>>((d, verb) => verb.apply(d), read.rows(rows, schema))
        const ours = await (dataset as Dataset<any, 'bounded'>).collect({ shards, batchRows, exchange })
        expect(canonical(ours)).toEqual(canonical(await fromDuckDB(rows, verbs)))
      },
    ),
    { numRuns: runs(150) },
  )
})
