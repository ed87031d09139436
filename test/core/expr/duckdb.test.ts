/** Where a function claims parity, DuckDB gives the same cells: edge values of every type against each other. */

import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, it } from 'vitest'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { DataError, PlanError } from '../../../src/core/errors.ts'
import { lit } from '../../../src/core/expr/builder.ts'
import { type Cell, columnFromCells } from '../../../src/core/expr/cell.ts'
import type { Expr } from '../../../src/core/expr/expr.ts'
import { interpret } from '../../../src/core/expr/interpret.ts'
import { hasParity, show, typeOf } from '../../../src/core/expr/type-of.ts'
import type { ColumnType } from '../../../src/core/types/column-type.ts'
import { sqlType } from '../../../src/sql/types.ts'
import { HOSTILE } from './random.ts'

const EDGES: Readonly<Record<string, readonly Cell[]>> = {
  bool: [true, false],
  int8: [-128, -127, -7, -1, 0, 1, 2, 127],
  int16: [-32768, -300, -1, 0, 1, 32767],
  int32: [-2147483648, -7, -1, 0, 1, 16777217, 2147483647],
  int64: [
    -(2n ** 63n),
    -(2n ** 53n) - 1n,
    -7n,
    -1n,
    0n,
    1n,
    9007199791611905n,
    2n ** 53n + 1n,
    2n ** 63n - 1n,
  ],
  uint8: [0, 1, 7, 255],
  uint16: [0, 1, 65535],
  uint32: [0, 1, 7, 4294967295],
  uint64: [0n, 1n, 7n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n],
  float32: [
    Number.NaN,
    -1.5,
    -0,
    0,
    0.10000000149011612,
    2,
    16777216,
    3.4028234663852886e38,
    Number.POSITIVE_INFINITY,
  ],
  float64: [
    Number.NaN,
    Number.NEGATIVE_INFINITY,
    -7.5,
    -1,
    -0,
    0,
    0.1,
    2.5,
    2 ** 53,
    1e300,
    Number.POSITIVE_INFINITY,
  ],
  date: [-719528, -25508, -1, 0, 59, 11481, 20000],
  'timestamp[s]': [-62135596800n, -86401n, -1n, 0n, 992066400n, 4102444799n],
  'timestamp[ms]': [-62135596800000n, -86400001n, -1n, 0n, 992066400123n, 4102444799999n],
  'timestamp[us]': [-62135596800000000n, -86400000001n, -1n, 0n, 992066400123456n, 4102444799999999n],
}

const NUMBERS = Object.keys(EDGES).filter(type => /int|float/.test(type)) as ColumnType[]
const TIMES = Object.keys(EDGES).filter(type => /date|time/.test(type)) as ColumnType[]

const a: Expr = { kind: 'column', name: 'a' }
const b: Expr = { kind: 'column', name: 'b' }
const call = (fn: string, args: Expr[], options?: Record<string, unknown>): Expr => ({
  kind: 'call',
  fn,
  args,
  ...(options && { options }),
})

function sqlLiteral(cell: Cell, type: ColumnType): string {
  if (cell === null) return `CAST(NULL AS ${sqlType(type)})`
  if (type === 'date') return `CAST(DATE '1970-01-01' + ${cell} AS DATE)`
  const units = { 'timestamp[s]': 1_000_000n, 'timestamp[ms]': 1000n, 'timestamp[us]': 1n }[type as string]
  if (units) return `CAST(make_timestamp(${BigInt(cell) * units}) AS ${sqlType(type)})`
  return `CAST('${Object.is(cell, -0) ? '-0.0' : cell}' AS ${sqlType(type)})`
}

const COMPARISONS = { eq: '=', ne: '<>', lt: '<', lte: '<=', gt: '>', gte: '>=' }
const INFIX = { add: '+', sub: '-', mul: '*', div: '/', intDiv: '//', mod: '%', ...COMPARISONS }

/** Cells of DuckDB as ours: 64-bit integers as bigints, times in units. */
function fromDuckdb(value: any): Cell {
  if (value === null || typeof value !== 'object') return value
  return value.days ?? value.seconds ?? value.millis ?? value.micros ?? value.milliseconds
}

const asBig = (cell: Cell): Cell => (typeof cell === 'number' && Number.isInteger(cell) ? BigInt(cell) : cell)

/** What a call gives here on every pair of cells; an error shows as null, as DuckDB's TRY has it. */
function here(
  expr: Expr,
  pairs: readonly (readonly [Cell, Cell])[],
  types: readonly [ColumnType, ColumnType],
): Cell[] {
  const schema = [
    { name: 'a', type: types[0] },
    { name: 'b', type: types[1] },
  ]
  const columns = [0, 1].map(k =>
    columnFromCells(
      types[k]!,
      pairs.map(pair => pair[k]!),
      i => i,
      pairs.length,
      heapArena,
    ),
  )
  const batch = { schema, length: pairs.length, columns, position: { split: 0, offset: 0 } }
  return pairs.map((_, row) => {
    try {
      return interpret(expr, batch, row)
    } catch (error) {
      if (error instanceof DataError) return null
      throw error
    }
  })
}

async function withDuckdb(
  use: (
    check: (
      expr: Expr,
      sql: string,
      types: readonly [ColumnType, ColumnType],
      exactType?: boolean,
    ) => Promise<boolean>,
    ask: (sql: string, values?: any) => Promise<Cell[][]>,
  ) => Promise<void>,
): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const ask = async (sql: string, values?: any) =>
    (await connection.runAndReadAll(sql, values)).getRows().map(row => row.map(fromDuckdb))
  try {
    await use(async (expr, sql, types, exactType = false) => {
      const schema = [
        { name: 'a', type: types[0] },
        { name: 'b', type: types[1] },
      ]
      let type: ColumnType
      try {
        type = typeOf(expr, schema)
      } catch (error) {
        if (error instanceof PlanError) return false
        throw error
      }
      if (!hasParity(expr, schema, 'duckdb')) return false
      const [as, bs] = types.map(name => [...EDGES[name]!, null]) as [Cell[], Cell[]]
      const pairs = as.flatMap(x => bs.map(y => [x, y] as const))
      const values = pairs.map(
        ([x, y], i) => `(${i}, ${sqlLiteral(x, types[0])}, ${sqlLiteral(y, types[1])})`,
      )
      const rows = await ask(
        `SELECT TRY(CAST(${sql} AS ${sqlType(type)})), typeof(${sql}) FROM (VALUES ${values.join(', ')}) t(i, a, b) ORDER BY i`,
      )
      const label = `${show(expr)} of ${types.join(' and ')}`
      expect(
        rows.map(([cell]) => asBig(cell!)),
        label,
      ).toEqual(here(expr, pairs, types).map(asBig))
      if (exactType) expect(rows[0]![1], label).toBe(sqlType(type))
      return true
    }, ask)
  } finally {
    connection.disconnectSync()
    instance.closeSync()
  }
}

describe('DuckDB agrees', () => {
  it('on arithmetic and comparison of any two numbers, and on the type of the result', async () => {
    let checked = 0
    await withDuckdb(async check => {
      for (const left of NUMBERS) {
        for (const right of NUMBERS) {
          for (const [fn, operator] of Object.entries(INFIX)) {
            if (await check(call(fn, [a, b]), `a ${operator} b`, [left, right], true)) checked++
          }
        }
      }
    })
    expect(checked).toBeGreaterThan(800)
  })

  it('on signs, casts, nulls and conditionals of numbers', async () => {
    await withDuckdb(async check => {
      for (const type of NUMBERS) {
        const pair = [type, type] as const
        await check(call('neg', [a]), '(- a)', pair, true)
        await check(call('abs', [a]), 'abs(a)', pair, true)
        await check(call('isNaN', [a]), 'isnan(CAST(a AS DOUBLE))', pair)
        await check(call('nullIf', [a, b]), 'nullif(a, b)', pair)
        await check(call('between', [a, b, a]), 'a BETWEEN b AND a', pair)
        await check(call('isIn', [a, b, b]), 'a IN (b, b)', pair)
        await check(call('sign', [a]), 'sign(a)', pair, true)
        for (const fn of /float/.test(type) ? ['floor', 'ceil', 'trunc', 'round'] : [])
          await check(call(fn, [a]), `${fn}(a)`, pair, true)
        await check(call('isFinite', [a]), 'isfinite(a)', pair)
        await check(call('bitAnd', [a, b]), 'a & b', pair, true)
        await check(call('bitOr', [a, b]), 'a | b', pair, true)
        for (const target of [...NUMBERS, 'bool' as const]) {
          await check(call('cast', [a], { type: target }), `CAST(a AS ${sqlType(target)})`, pair)
          if (target === 'bool') continue
          const mixed = [type, target] as const
          await check(call('coalesce', [a, b]), 'coalesce(a, b)', mixed, true)
          await check(
            call('when', [call('isNull', [b]), a, b]),
            'CASE WHEN b IS NULL THEN a ELSE b END',
            mixed,
          )
        }
      }
      for (const target of NUMBERS) {
        await check(call('cast', [a], { type: target }), `CAST(a AS ${sqlType(target)})`, ['bool', 'bool'])
      }
    })
  })

  it('on three-valued logic', async () => {
    await withDuckdb(async check => {
      const pair = ['bool', 'bool'] as const
      expect(await check(call('and', [a, b]), 'a AND b', pair)).toBe(true)
      expect(await check(call('or', [a, b]), 'a OR b', pair)).toBe(true)
      expect(await check(call('not', [a]), 'NOT a', pair)).toBe(true)
      for (const [fn, operator] of Object.entries(COMPARISONS)) {
        expect(await check(call(fn, [a, b]), `a ${operator} b`, pair)).toBe(true)
      }
    })
  })

  it('on dates and timestamps before and after 1970', async () => {
    const parts = {
      year: 'year(a)',
      month: 'month(a)',
      day: 'day(a)',
      hour: 'hour(a)',
      minute: 'minute(a)',
      second: 'second(a)',
      quarter: 'quarter(a)',
      week: 'week(a)',
      isoYear: 'isoyear(a)',
      dayOfYear: 'dayofyear(a)',
      dayOfWeek: 'isodow(a)',
      hourOfWeek: '(isodow(a) - 1) * 24 + hour(a)',
      millisecond: 'millisecond(a) % 1000',
      microsecond: 'microsecond(a) % 1000000',
      epochMs: 'epoch_ms(a)',
    }
    await withDuckdb(async check => {
      for (const type of TIMES) {
        const pair = [type, type] as const
        for (const unit of ['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year']) {
          expect(await check(call('truncate', [a], { unit }), `date_trunc('${unit}', a)`, pair)).toBe(true)
        }
        for (const [part, sql] of Object.entries(parts)) {
          const cutsOtherwise = part === 'epochMs' && type === 'timestamp[us]'
          expect(await check(call('extract', [a], { part }), sql, pair)).toBe(!cutsOtherwise)
        }
        for (const other of TIMES) {
          for (const [fn, operator] of Object.entries(COMPARISONS)) {
            await check(call(fn, [a, b]), `a ${operator} b`, [type, other])
          }
        }
      }
    })
  })

  it('on text: order, prefixes, length, joining', async () => {
    const texts = [...HOSTILE, 'é', 'e\u0301', '\ud7ff', '\u{10ffff}', null]
    const fields = [
      { name: 'a', type: 'utf8' as const },
      { name: 'b', type: 'utf8' as const },
    ]
    const functions = {
      ...COMPARISONS,
      concat: '||',
      startsWith: 'starts_with',
      endsWith: 'ends_with',
      contains: 'contains',
    }
    await withDuckdb(async (_check, ask) => {
      await ask('CREATE TABLE texts (i INTEGER, s VARCHAR)')
      for (const [i, text] of texts.entries()) await ask('INSERT INTO texts VALUES ($1, $2)', [i, text])
      const pairs = texts.flatMap(x => texts.map(y => [x, y] as const))
      for (const [fn, name] of Object.entries(functions)) {
        const expr = call(fn, [a, b])
        expect(hasParity(expr, fields, 'duckdb')).toBe(true)
        const sql = /\w/.test(name) ? `${name}(x.s, y.s)` : `x.s ${name} y.s`
        const rows = await ask(`SELECT ${sql} FROM texts x, texts y ORDER BY x.i, y.i`)
        expect(
          rows.map(([cell]) => cell),
          fn,
        ).toEqual(here(expr, pairs, ['utf8', 'utf8']))
      }
      for (const separator of texts.filter(text => text)) {
        for (const part of [0, 1, 2]) {
          const expr = call('splitPart', [a, lit(separator!).expr], { part })
          expect(hasParity(expr, fields, 'duckdb')).toBe(true)
          const sql = `string_split(x.s || $1 || y.s, $1)[${part + 1}]`
          const rows = await ask(`SELECT ${sql} FROM texts x, texts y ORDER BY x.i, y.i`, [separator])
          const joined = pairs.map(([x, y]) => [
            x === null || y === null ? null : `${x}${separator}${y}`,
            null,
          ])
          expect(
            rows.map(([cell]) => cell),
            show(expr),
          ).toEqual(here(expr, joined as [Cell, Cell][], ['utf8', 'utf8']))
        }
      }
      const lengths = await ask('SELECT length(s) FROM texts ORDER BY i')
      const expected = here(
        call('length', [a]),
        texts.map(x => [x, x] as const),
        ['utf8', 'utf8'],
      )
      expect(lengths.map(([cell]) => cell)).toEqual(expected.map(asBig))
    })
  })
})
