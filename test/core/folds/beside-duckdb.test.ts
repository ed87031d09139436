/** Aggregates beside those that DuckDB has, over random rows. */

import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  any,
  argMax,
  argMin,
  bitAnd,
  bitOr,
  bitXor,
  covar,
  entropy,
  every,
  geometricMean,
  join,
  kurtosis,
  median,
  mode,
  product,
  read,
  skewness,
  weightedMean,
} from '../../../src/index.ts'

let instance: DuckDBInstance
beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:')
})
afterAll(() => instance.closeSync())

const SQL = `
  covar_samp(x, i) AS covar, skewness(x) AS skew, kurtosis(x) AS kurt, CASE WHEN count(t) > 0 THEN entropy(t) END AS entropy,
  product(i) AS product, geomean(abs(i) + 1) AS geo, median(i)::DOUBLE AS median,
  sum(x * abs(i)) / sum(CASE WHEN x IS NOT NULL THEN abs(i) END) AS weighted,
  bit_and(i) AS band, bit_or(i) AS bor, bit_xor(i) AS bxor, bool_or(b) AS some, bool_and(b) AS every,
  arg_min(t, i ORDER BY n) AS low, arg_max(t, i ORDER BY n) AS high, arg_max(i, t ORDER BY n) AS last,
  string_agg(t, '; ' ORDER BY n) AS texts, skewness(x) FILTER (WHERE i > 0) AS up,
  (SELECT min(t) FROM (SELECT t, count(*) AS c FROM r WHERE t IS NOT NULL GROUP BY t)
   WHERE c = (SELECT max(c) FROM (SELECT count(*) AS c FROM r WHERE t IS NOT NULL GROUP BY t))) AS mode`

const cell = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null, freq: 6 })
const rowsOf = fc.array(
  fc.record({
    x: cell(fc.integer({ min: -400, max: 400 }).map(n => n / 8)),
    i: cell(fc.integer({ min: -20, max: 20 })),
    t: cell(fc.constantFrom('a', 'b', 'c', '', 'ü')),
    b: cell(fc.boolean()),
  }),
  { maxLength: 30 },
)

const close = (found: unknown, wanted: unknown): boolean => {
  if (typeof found !== 'number' || typeof wanted !== 'number') return Object.is(found, wanted)
  if (Number.isNaN(found) || Number.isNaN(wanted)) return Number.isNaN(found) && Number.isNaN(wanted)
  return found === wanted || Math.abs(found - wanted) <= 1e-9 * Math.max(1, Math.abs(wanted))
}

it('they agree', async () => {
  const connection = await instance.connect()
  await fc.assert(
    fc.asyncProperty(rowsOf, async rows => {
      const list = rows.map(
        ({ x, i, t, b }, n) => `(${n}, ${x}, ${i}, ${t === null ? 'NULL' : `'${t}'`}, ${b})`,
      )
      const values = list.length > 0 ? list.join(', ') : '(0, NULL, NULL, NULL, NULL)'
      const answer = await connection.runAndReadAll(
        `WITH r AS (SELECT n::INT AS n, x::DOUBLE AS x, i::INT AS i, t::VARCHAR AS t, b::BOOL AS b
         FROM (VALUES ${values}) v(n, x, i, t, b) ${list.length > 0 ? '' : 'WHERE false'}) SELECT ${SQL} FROM r`,
      )
      const [wanted] = answer.getRowObjects()
      const [found] = await read
        .rows(rows, { x: 'float64', i: 'int32', t: 'utf8', b: 'bool' })
        .agg({
          covar: covar('x', 'i'),
          skew: skewness('x'),
          kurt: kurtosis('x'),
          entropy: entropy('t'),
          product: product('i'),
          geo: geometricMean(r => r.i.abs().add(1)),
          median: median('i'),
          weighted: weightedMean('x', r => r.i.abs()),
          band: bitAnd('i'),
          bor: bitOr('i'),
          bxor: bitXor('i'),
          some: any('b'),
          every: every('b'),
          low: argMin('t', 'i'),
          high: argMax('t', 'i'),
          last: argMax('i', 't'),
          texts: join('t', '; '),
          up: skewness('x').where(r => r.i.gt(0)),
          mode: mode('t'),
        })
        .collect({ shards: 0 })
      for (const [name, value] of Object.entries(found!))
        expect(close(value, wanted![name]), `${name}: ${value}, DuckDB ${wanted![name]}`).toBe(true)
    }),
    { numRuns: 60 },
  )
  connection.disconnectSync()
})
