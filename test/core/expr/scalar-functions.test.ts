/** Rounding, signs, extremes and conditions over decimals, durations and times of day: as DuckDB has them. */

import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { columnsOf, lit, when } from '../../../src/core/expr/builder.ts'
import type { Cell } from '../../../src/core/expr/cell.ts'
import { textOfCell } from '../../../src/core/expr/text-of-cell.ts'
import { parseCell } from '../../../src/core/expr/text-to-cell.ts'
import { typeOf } from '../../../src/core/expr/type-of.ts'
import { parseClockDuration } from '../../../src/core/types/clock-time.ts'
import { type ColumnType, decimalPrecision, isDecimal } from '../../../src/core/types/column-type.ts'
import { maxUnits } from '../../../src/core/types/decimal.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { sqlType } from '../../../src/sql/types.ts'
import { codeOf, each, type Types } from './each.ts'

/** `SEED=2 npx vitest run …` tries other values. */
const SEED = Number(process.env.SEED ?? 1)

interface Case {
  readonly types: readonly [ColumnType, ColumnType]
  readonly ours: (r: any) => any
  /** Over the columns x and y. */
  readonly theirs: string
}

const UNARY: readonly (readonly [(r: any) => any, string])[] = [
  ...[0, 1, 2, 5, 12].map(n => [(r: any) => r.x.round(n), `round(x, ${n})`] as const),
  [r => r.x.floor(), 'floor(x)'],
  [r => r.x.ceil(), 'ceil(x)'],
  [r => r.x.trunc(), 'trunc(x)'],
]
const SIGNS: readonly (readonly [(r: any) => any, string])[] = [
  [r => r.x.abs(), 'abs(x)'],
  [r => r.x.sign(), 'sign(x)'],
]
/** Of two values that can be null; DuckDB's extremes leave nulls out. */
const PAIRS: readonly (readonly [(r: any) => any, string])[] = [
  [r => r.x.neg(), '-x'],
  [r => r.x.greatest(r.y), 'if(x IS NULL OR y IS NULL, NULL, greatest(x, y))'],
  [r => r.x.least(r.y), 'if(x IS NULL OR y IS NULL, NULL, least(x, y))'],
  [r => r.x.clamp(r.y, r.y), 'if(x IS NULL OR y IS NULL, NULL, least(greatest(x, y), y))'],
  [r => r.x.between(r.y, r.x), 'x BETWEEN y AND x'],
  [r => r.x.in([r.y, r.x]), 'x IN (y, x)'],
  [r => r.x.nullIf(r.y), 'nullif(x, y)'],
  [r => r.x.fillNull(r.y), 'coalesce(x, y)'],
  [r => when(r.x.lt(r.y), r.x).otherwise(r.y), 'CASE WHEN x < y THEN x ELSE y END'],
]

const DECIMALS: readonly ColumnType[] = [
  'decimal(4, 2)',
  'decimal(3, 2)',
  'decimal(18, 3)',
  'decimal(20, 0)',
  'decimal(38, 10)',
]
const DURATION = 'duration[us]' as const

const CASES: readonly Case[] = [
  ...DECIMALS.flatMap(x =>
    [...UNARY, ...SIGNS].map(([ours, theirs]): Case => ({ types: [x, x], ours, theirs })),
  ),
  ...(
    [
      ['decimal(4, 2)', 'decimal(18, 3)'],
      ['decimal(18, 3)', 'decimal(18, 3)'],
      ['decimal(38, 2)', 'decimal(4, 2)'],
      ['decimal(4, 2)', 'int32'],
      [DURATION, DURATION],
    ] as const
  ).flatMap(types => PAIRS.map(([ours, theirs]): Case => ({ types, ours, theirs }))),
  ...(['add', 'sub'] as const).map(
    (fn): Case => ({
      types: ['time[us]', DURATION],
      ours: r => r.x[fn](r.y),
      theirs: fn === 'add' ? 'x + y' : 'x - y',
    }),
  ),
]

function randomCell(type: ColumnType): fc.Arbitrary<Cell> {
  if (type === 'int32') return fc.integer({ min: -99, max: 99 })
  if (type === 'time[us]') return fc.bigInt(0n, 86_400_000_000n)
  const most = isDecimal(type) ? maxUnits(decimalPrecision(type)) : 2n ** 52n
  return fc.oneof(
    fc.bigInt(-most, most),
    fc.bigInt(-60n, 60n).map(n => n * (most > 100_000n ? 50n : 1n)),
    fc.constantFrom(most, -most, 0n),
  )
}
const cells = ([x, y]: Case['types']) =>
  fc.sample(
    fc
      .tuple(fc.option(randomCell(x), { freq: 6 }), fc.option(randomCell(y), { freq: 6 }), fc.nat(5))
      // Equal values are what half of these functions are about.
      .map(([a, b, n]): readonly [Cell, Cell] => [a, n === 0 && x === y ? a : b]),
    { numRuns: 16, seed: SEED },
  )

const sqlValue = (value: Cell, type: ColumnType): string =>
  `CAST(${value === null ? 'NULL' : `'${textOfCell(value, type)}'`} AS ${sqlType(type)})`

async function ask(sql: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowsJS() as unknown[][]
  } finally {
    connection.disconnectSync()
    instance.closeSync()
  }
}

it('functions of decimals, durations and times have the types and values that DuckDB gives', async () => {
  const cases = CASES.map(one => ({ ...one, rows: cells(one.types) }))
  const selects = cases.map(({ types: [x, y], theirs, rows }, c) => {
    const values = rows.map(([a, b], i) => `(${i}, ${sqlValue(a, x)}, ${sqlValue(b, y)})`)
    return `SELECT ${c} AS c, i, typeof(${theirs}), CAST(${theirs} AS VARCHAR) FROM (VALUES ${values}) v(i, x, y)`
  })
  const rows = await ask(`${selects.join(' UNION ALL ')} ORDER BY c, i`)
  for (const [c, { types, ours, theirs, rows: given }] of cases.entries()) {
    const columns: Types = { x: types[0], y: types[1] }
    const type = typeOf(ours(columnsOf(schemaFrom(columns))).expr, schemaFrom(columns))
    const wanted = rows.filter(row => row[0] === c)
    const about = `${theirs} of ${types.join(' and ')}`
    expect(`${about}: ${sqlType(type)}`).toBe(`${about}: ${wanted[0]![2]}`)
    const told = each(columns, { x: given.map(([x]) => x), y: given.map(([, y]) => y) }, ours).map(cell =>
      cell === null ? null : textOfCell(cell, type),
    )
    const shown = (result: unknown, i: number) =>
      `${about}, ${given[i]!.map((cell, k) => (cell === null ? null : textOfCell(cell, types[k]!)))}: ${result}`
    expect(told.map(shown)).toEqual(wanted.map(row => row[3]).map(shown))
  }
})

describe('rounding of decimals', () => {
  const types = { x: 'decimal(4, 2)', n: 'decimal(4, 0)' } as const
  const rounded = (units: bigint, digits: number) =>
    each(types, { x: [units], n: [0n] }, r => r.x.round(digits))[0]

  it('goes to tens and hundreds, halves away from zero', () => {
    expect([9995n, -9995n, 5000n, 4999n].map(x => rounded(x, -2))).toEqual([100n, -100n, 100n, 0n])
    expect([500n, -500n, 499n].map(x => rounded(x, -1))).toEqual([10n, -10n, 0n])
    expect(rounded(9999n, -3)).toBe(0n)
    expect(rounded(9999n, -300)).toBe(0n)
    expect(each(types, { x: [0n], n: [4996n] }, r => r.n.round(-1))).toEqual([5000n])
    expect(codeOf(types, { x: [0n], n: [9996n] }, r => r.n.round(-1))).toBe('OVERFLOW')
    expect(each(types, { x: [225n], n: [2n] }, r => r.x.sqrt().add(r.x.pow(r.n)))).toEqual([6.5625])
  })
})

describe('durations', () => {
  const types = { took: DURATION, at: 'time[ms]', n: 'int32' } as const
  const row = { took: [5_400_000_000n], at: [82_800_000n], n: [3] }
  const first = (expression: (r: any) => any) => each(types, row, expression)[0]

  it('have a remainder and a sign, and no digits after a point', () => {
    expect(first(r => r.took.mod('1h'))).toBe(1_800_000_000n)
    expect(first(r => r.took.neg().mod(60_000 * 35))).toBe(-1_200_000_000n)
    expect(first(r => r.took.mod(lit(0, 'duration')))).toBe(null)
    expect(first(r => r.took.sub('2h').sign())).toBe(-1)
    for (const fn of ['round', 'floor', 'ceil', 'trunc'])
      expect(codeOf(types, row, r => r.took[fn]())).toBe('ARGUMENT_TYPE')
    expect(first(r => r.took.div(lit('1h', 'duration')).round(1))).toBe(1.5)
  })

  it('are given as text, milliseconds and numbers of units', () => {
    expect(first(r => r.took.add('30m'))).toBe(7_200_000_000n)
    expect(first(r => r.took.sub(400_000))).toBe(5_000_000_000n)
    expect(first(r => r.took.add(r.n, 'minute'))).toBe(5_580_000_000n)
    expect(first(r => r.took.add(1, '2 days'))).toBe(178_200_000_000n)
    expect(first(r => r.took.between('1h', '2h'))).toBe(true)
    expect(first(r => r.took.in(['90m', 1]))).toBe(true)
    expect(first(r => r.took.clamp('2h', '3h'))).toBe(7_200_000_000n)
    expect(first(r => r.took.nullIf('90 minutes'))).toBe(null)
    expect(first(r => r.took.greatest('2h', 1000))).toBe(7_200_000_000n)
    expect(codeOf(types, row, r => r.took.add(r.n, 'month'))).toBe('TIME_UNIT')
    expect(codeOf(types, row, r => r.took.add('1 month'))).toBe('ARGUMENT_TYPE')
    expect(codeOf(types, row, r => r.took.add(r.n))).toBe('ARGUMENT_TYPE')
  })

  it('are read from the text that they are written as, however long', () => {
    for (const units of [2n ** 63n - 1n, -(2n ** 63n), 3600n * 10n ** 9n]) {
      const text = textOfCell(units, 'duration[s]')
      expect(parseCell(text, 'duration[s]')).toBe(units)
      expect(parseClockDuration(text, 's')).toBe(units)
    }
    expect(parseCell('2562047788015216:00:00', 'duration[s]')).toBe(undefined)
  })

  it('are told from times of day, which have hours and what is shorter', () => {
    const clocks = { at: 'time[us]' } as const
    const at = { at: [49_530_250_001n, null, 0n, 86_399_999_999n, 86_400_000_000n] }
    const parts = (part: string) => each(clocks, at, (r: any) => r.at.extract(part))
    expect(parts('hour')).toEqual([13, null, 0, 23, 24])
    expect(parts('minute')).toEqual([45, null, 0, 59, 0])
    expect(parts('second')).toEqual([30, null, 0, 59, 0])
    expect(parts('millisecond')).toEqual([250, null, 0, 999, 0])
    expect(parts('microsecond')).toEqual([250_001, null, 0, 999_999, 0])
    expect(codeOf(clocks, at, (r: any) => r.at.extract('year'))).toBe('TIME_UNIT')
    expect(codeOf(clocks, at, (r: any) => r.at.extract('hour', 'Europe/Paris'))).toBe('TIME_ZONE')
  })

  it('move times of day, which begin anew at midnight', () => {
    const clock = (expression: (r: any) => any) => textOfCell(first(expression)!, 'time[us]')
    expect(clock(r => r.at.add(r.took))).toBe('00:30:00')
    expect(clock(r => r.took.add(r.at))).toBe('00:30:00')
    expect(clock(r => r.at.sub('47h'))).toBe('00:00:00')
    expect(clock(r => r.at.add(r.n, 'hour'))).toBe('02:00:00')
    expect(codeOf(types, row, r => r.took.sub(r.at))).toBe('ARGUMENT_TYPE')
    expect(each(types, { ...row, took: [2n ** 62n] }, r => r.at.add(r.took))).toEqual([
      (82_800_000_000n + 2n ** 62n) % 86_400_000_000n,
    ])
  })
})

describe('64-bit values that doubles just hold', () => {
  // Alone in a batch: beside values that doubles do not hold the loop computes with BigInts.
  it.each([-(2n ** 53n), 2n ** 53n, 1n - 2n ** 53n, 2n ** 53n - 1n])(
    '%s is itself wherever cells are computed',
    x => {
      const of = (expression: (r: any) => any, type: ColumnType = 'int64') =>
        each({ x: type }, { x: [x] }, expression)[0]
      expect(of(r => r.x.cast('utf8'))).toBe(String(x))
      expect(of(r => r.x.cast('utf8'), 'decimal(38, 0)')).toBe(String(x))
      expect(of(r => r.x.tryCast('int32'))).toBe(null)
      expect(of(r => r.x.tryCast('int53'))).toBe(x < 2n ** 53n && x > -(2n ** 53n) ? Number(x) : null)
      expect(of(r => r.x.format('{}'))).toBe(String(x))
      expect(of(r => r.x.fromEpoch('us').format('%s'))).toBe(
        String((x - (((x % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n),
      )
    },
  )
})
