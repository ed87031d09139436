import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadDuckDB } from '../../src/connectors/duckdb/load.ts'
import { bindLiterals } from '../../src/connectors/duckdb/params.ts'
import { batchFromRows, type RowLike } from '../../src/core/batch/build.ts'
import { heapArena } from '../../src/core/batch/slab.ts'
import { columnsOf, exprOf } from '../../src/core/expr/builder.ts'
import type { Expr } from '../../src/core/expr/expr.ts'
import { interpret } from '../../src/core/expr/interpret.ts'
import { literal } from '../../src/core/expr/literal.ts'
import { schemaFrom } from '../../src/core/types/schema.ts'
import { lowerExpr } from '../../src/sql/lower.ts'
import { quoteIdentifier } from '../../src/sql/quote.ts'
import { sqlType } from '../../src/sql/types.ts'
import { runs } from '../effort.ts'

const schema = schemaFrom({
  flag: 'bool',
  small: 'int8',
  n: 'int32',
  big: 'int64',
  unsigned: 'uint64',
  x: 'float64',
  y: 'float32',
  'text "s"; --': 'utf8',
  at: 'timestamp[us]',
  ms: 'timestamp[ms]',
  day: 'date',
})
const r = columnsOf<any>(schema)
const S = 'text "s"; --'

describe('quoteIdentifier', () => {
  it('doubles quotes and refuses what SQL cannot write', () => {
    expect(quoteIdentifier('a "b"; --')).toBe('"a ""b""; --"')
    expect(quoteIdentifier(`\${x}`)).toBe(`"\${x}"`)
    for (const name of ['', 'a\0b']) {
      expect(() => quoteIdentifier(name)).toThrow(expect.objectContaining({ code: 'IDENTIFIER' }))
    }
  })
})

describe('lowerExpr', () => {
  it('writes columns quoted and values as parameters, never into the text', () => {
    const lowered = lowerExpr(exprOf(r[S].eq(`it's \${x}; DROP TABLE t`).and(r.n.gt(5))), schema, {
      firstParameter: 4,
    })
    expect(lowered).toEqual({
      sql: '(("text ""s""; --" = CAST($4 AS VARCHAR)) AND ("n" > CAST($5 AS INTEGER)))',
      params: [literal(`it's \${x}; DROP TABLE t`), literal(5, 'int32')],
    })
  })

  it('leaves here what DuckDB could answer otherwise, or fail on where we would not', () => {
    for (const expr of [
      r[S].lower().eq('a'), // Unicode tables differ
      r.n.add(1).gt(5), // may overflow, on a row that another condition keeps out
      r.at.truncate('day').lt(new Date(0)), // infinity
      r.x.cast('int32').eq(1), // rounds otherwise
    ]) {
      expect(lowerExpr(exprOf(expr), schema)).toBeUndefined()
    }
  })

  it('means in DuckDB what it means here, on random rows and expressions', async () => {
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    const duckdb = await loadDuckDB()
    const columns = schema.map(({ name, type }) => `${quoteIdentifier(name)} ${sqlType(type)}`)
    await connection.run(`CREATE TABLE t (row INTEGER, ${columns.join(', ')})`)
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.array(rowOf, { minLength: 1, maxLength: 12 }),
          fc.array(test, { minLength: 4, maxLength: 8 }),
          async (rows, tests) => {
            const batch = batchFromRows(schema, rows, heapArena)
            await connection.run('DELETE FROM t')
            for (const [i, row] of rows.entries()) {
              const given = bindLiterals(duckdb, [
                literal(i, 'int32'),
                ...schema.map(({ name, type }) => literal(row[name] as number | null, type)),
              ])
              await connection.run(
                `INSERT INTO t VALUES (${given.values.map((_, k) => `$${k + 1}`).join(', ')})`,
                given.values,
                given.types,
              )
            }
            for (const expr of tests) {
              const lowered = lowerExpr(expr, schema)
              if (!lowered) continue
              const { values, types } = bindLiterals(duckdb, lowered.params)
              const found = await connection.runAndReadAll(
                `SELECT ${lowered.sql} FROM t ORDER BY row`,
                values,
                types,
              )
              const wanted = rows.map((_, i) => interpret(expr, batch, i))
              expect(
                found.getRowsJS().map(([cell]) => cell),
                lowered.sql,
              ).toEqual(wanted)
            }
          },
        ),
        { numRuns: runs(60) },
      )
    } finally {
      connection.disconnectSync()
      instance.closeSync()
    }
  })
})

const text = fc.oneof(
  fc.constantFrom('', 'a', 'ab', 'b', 'ä', '\0', "it's", 'a\0b', '🦀'),
  fc.string({ maxLength: 4 }),
)
const double = fc.oneof(
  fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, -1.5, 2, 100, 2 ** 53),
  fc.double(),
)
const int32 = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer())
const int64 = fc.oneof(fc.bigInt(-3n, 3n), fc.constantFrom(2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n))
const uint64 = fc.oneof(fc.bigInt(0n, 3n), fc.constantFrom(2n ** 63n, 2n ** 64n - 1n))
const micros = fc.oneof(fc.constantFrom(0n, -1n, 86_400_000_000n, 999n), fc.bigInt(-(2n ** 55n), 2n ** 55n))
const date = fc.integer({ min: -40_000, max: 40_000 }).map(days => new Date(days * 86_400_000))
const orNull = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null, freq: 4 })

const rowOf: fc.Arbitrary<RowLike> = fc.record({
  flag: orNull(fc.boolean()),
  small: orNull(fc.integer({ min: -128, max: 127 })),
  n: orNull(int32),
  big: orNull(int64),
  unsigned: orNull(uint64),
  x: orNull(double),
  y: orNull(double.map(Math.fround)),
  [S]: orNull(text),
  at: orNull(micros),
  ms: orNull(micros.map(value => value / 1000n)),
  day: orNull(date),
})

const column = (name: string): Expr => ({ kind: 'column', name })
const call = (fn: string, ...args: Expr[]): Expr => ({ kind: 'call', fn, args })
const comparisonName = fc.constantFrom('eq', 'ne', 'lt', 'lte', 'gt', 'gte')

const number: fc.Arbitrary<Expr> = fc.oneof(
  fc.constantFrom('small', 'n', 'big', 'x', 'y').map(column),
  int32.map(value => literal(value, 'int32')),
  double.map(value => literal(value, 'float64')),
  fc
    .tuple(fc.constantFrom('add', 'sub', 'mul', 'div', 'mod'), fc.constantFrom('x', 'y'), double)
    .map(([fn, name, value]) => call(fn, column(name), literal(value, 'float64'))),
  fc.constantFrom('neg', 'abs').map(fn => call(fn, column('x'))),
  fc.constant(call('length', column(S))),
  fc
    .constantFrom('float64', 'bool', 'int64')
    .map((type): Expr => ({ kind: 'call', fn: 'cast', args: [column('n')], options: { type } }))
    .filter(expr => expr.kind === 'call' && expr.options!.type !== 'bool'),
)
const whole = fc.oneof(
  fc.constantFrom('small', 'n', 'big', 'unsigned').map(column),
  int64.map(value => literal(value, 'int64')),
  uint64.map(value => literal(value, 'uint64')),
)
const words = fc.oneof(
  fc.constant(column(S)),
  text.map(value => literal(value)),
  text.map(value => call('concat', column(S), literal(value))),
)
const time = fc.oneof(
  fc.constantFrom('at', 'ms', 'day').map(column),
  micros.map(value => literal(value, 'timestamp[us]')),
)

const simple: fc.Arbitrary<Expr> = fc.oneof(
  fc.tuple(comparisonName, number, number).map(([fn, a, b]) => call(fn, a, b)),
  fc.tuple(comparisonName, whole, whole).map(([fn, a, b]) => call(fn, a, b)),
  fc.tuple(comparisonName, words, words).map(([fn, a, b]) => call(fn, a, b)),
  fc.tuple(comparisonName, time, time).map(([fn, a, b]) => call(fn, a, b)),
  fc
    .tuple(fc.constantFrom('startsWith', 'endsWith', 'contains'), words, words)
    .map(([fn, a, b]) => call(fn, a, b)),
  fc.tuple(number, number, number).map(([a, b, c]) => call('and', call('gte', a, b), call('lte', a, c))),
  fc.tuple(words, fc.array(words, { maxLength: 3 })).map(([a, items]) => call('isIn', a, ...items)),
  fc.constantFrom(...schema.map(({ name }) => name)).map(name => call('isNull', column(name))),
  fc.constantFrom(...schema.map(({ name }) => name)).map(name => call('isNotNull', column(name))),
  fc.constantFrom('x', 'y', 'n').map(name => call('isNaN', column(name))),
  fc.constant(column('flag')),
)
const { test } = fc.letrec<{ test: Expr }>(tie => ({
  test: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    simple,
    fc.tuple(fc.constantFrom('and', 'or'), tie('test'), tie('test')).map(([fn, a, b]) => call(fn, a, b)),
    tie('test').map(a => call('not', a)),
    fc.tuple(tie('test'), tie('test'), tie('test')).map(([a, b, c]) => call('when', a, b, c)),
    fc.tuple(tie('test'), tie('test')).map(([a, b]) => call('coalesce', a, b)),
  ),
}))
