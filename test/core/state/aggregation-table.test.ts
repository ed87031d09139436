import { DuckDBInstance } from '@duckdb/node-api'
import { tableFromIPC, tableToIPC } from 'apache-arrow'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../src/core/batch/batch.ts'
import { columnFrom } from '../../../src/core/batch/build.ts'
import type { Column } from '../../../src/core/batch/column.ts'
import { fromArrowTable } from '../../../src/core/batch/from-arrow.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { toArrowTable } from '../../../src/core/batch/to-arrow.ts'
import { DataError, JobError } from '../../../src/core/errors.ts'
import type { Fold } from '../../../src/core/fold.ts'
import { openFold } from '../../../src/core/folds/index.ts'
import {
  type AggregationSpec,
  AggregationTable,
  type ClosedGroups,
} from '../../../src/core/state/aggregation-table.ts'
import { compileFusedStep, fusedArgs } from '../../../src/core/state/fused-step.ts'
import { fixedPanes } from '../../../src/core/time/windows/panes.ts'
import { lastWindowEnds, singlePanes } from '../../../src/core/time/windows/time-windows.ts'
import type { ColumnType, TimestampType } from '../../../src/core/types/column-type.ts'
import { runs } from '../../effort.ts'
import { asRows } from '../folds/laws.ts'

const column = (type: ColumnType, values: readonly unknown[]): Column => columnFrom(type, values, heapArena)
const sumOf = (type: ColumnType) => openFold({ fold: 'sum', argTypes: [type] })
const count = openFold({ fold: 'count', argTypes: [] })

/** What another process would read: the rows as an Arrow IPC stream. */
const throughIpc = (batch: Batch): Batch =>
  fromArrowTable(tableFromIPC(tableToIPC(toArrowTable(batch.schema, [batch])))).batches[0]!

interface Row {
  readonly key: string | null
  readonly ms: number
  readonly value: number
}

const PER_MS = { s: 1n, ms: 1n, us: 1000n, ns: 1_000_000n } as const

function timesOf(type: ColumnType, rows: readonly Row[]): Column {
  if (type === 'date')
    return column(
      type,
      rows.map(row => new Date(row.ms)),
    )
  const unit = type.slice(10, -1) as keyof typeof PER_MS
  return column(
    type,
    rows.map(({ ms }) => (unit === 's' ? BigInt(ms / 1000) : BigInt(ms) * PER_MS[unit])),
  )
}

function step(
  table: AggregationTable,
  rows: readonly Row[],
  timeType: ColumnType,
  selection?: Uint32Array,
): void {
  table.step({
    count: selection?.length ?? rows.length,
    rows: selection,
    keyColumns: [
      column(
        'utf8',
        rows.map(row => row.key),
      ),
    ],
    timeColumn: timesOf(timeType, rows),
    argColumns: [
      [],
      [
        column(
          'int32',
          rows.map(row => row.value),
        ),
      ],
    ],
  })
}

const flat = (chunks: readonly ClosedGroups[]): unknown[] => {
  const rows = asRows(chunks) as { c0: string; c1: number; c2: number }[]
  const bounds = chunks.flatMap(({ windowStartMs, windowEndMs }) =>
    Array.from(windowStartMs, (start, i) => [start, windowEndMs[i]!] as const),
  )
  return rows.map((row, i) => [...bounds[i]!, row.c0, row.c1, row.c2])
}

function expected(rows: readonly Row[], sizeMs: number, offsetMs: number): unknown[] {
  const groups = new Map<string, { start: number; key: string | null; count: number; sum: number }>()
  for (const { key, ms, value } of rows) {
    const start = Math.floor((ms - offsetMs) / sizeMs) * sizeMs + offsetMs
    const id = JSON.stringify([start, key])
    const group = groups.get(id) ?? { start, key, count: 0, sum: 0 }
    group.count++
    group.sum += value
    groups.set(id, group)
  }
  const order = (a: string | null, b: string | null): number =>
    a === b ? 0 : a === null ? 1 : b === null ? -1 : Buffer.compare(Buffer.from(a), Buffer.from(b))
  return [...groups.values()]
    .sort((a, b) => a.start - b.start || order(a.key, b.key))
    .map(({ start, key, count: rows, sum }) => [start, start + sizeMs, key, rows, sum])
}

const windowed = (sizeMs: number, offsetMs: number, codegen: AggregationSpec['codegen'] = 'always') =>
  new AggregationTable({
    keyTypes: ['utf8'],
    panes: fixedPanes(sizeMs, offsetMs),
    folds: [count, sumOf('int32')],
    ...(codegen ? { codegen } : {}),
  })

const rowsAt = (ms: fc.Arbitrary<number>) =>
  fc.array(
    fc.record({ key: fc.constantFrom('a', 'b', '', null, '__proto__', 'ü'), ms, value: fc.integer() }),
    { minLength: 1, maxLength: 60 },
  )

describe('AggregationTable with windows', () => {
  const types: [ColumnType, number, number][] = [
    ['timestamp[s]', 1000, 8.6e12],
    ['timestamp[ms]', 1, 8.6e15],
    ['timestamp[us]', 1, 8.6e15],
    ['timestamp[ns]', 1, 9.2e12],
    ['date', 86_400_000, 9e7],
  ]
  for (const [type, grainMs, max] of types) {
    const near = fc.integer({ min: -20, max: 20 }).map(n => n * grainMs)
    const far = fc.maxSafeInteger().map(n => (n % max) * grainMs)
    const sizes = fc.constantFrom(1, 7, 1000, 3_600_000, 86_400_000, 365 * 86_400_000)

    it(`puts ${type} rows where the definition does, from year -270000 to 275000`, () => {
      fc.assert(
        fc.property(
          rowsAt(fc.oneof(near, near, far).filter(ms => Math.abs(ms) <= 8.6e15)),
          sizes,
          fc.integer({ min: -5, max: 5 }),
          (rows, sizeMs, offsetMs) => {
            for (const codegen of ['always', 'never'] as const) {
              const table = windowed(sizeMs, offsetMs, codegen)
              step(table, rows, type)
              expect(flat(table.close(Number.POSITIVE_INFINITY, heapArena, 3))).toEqual(
                expected(rows, sizeMs, offsetMs),
              )
              expect(table.groupCount).toBe(0)
            }
          },
        ),
      )
    })
  }

  it('closes windows as time passes, each once, and uses their groups again', () => {
    fc.assert(
      fc.property(
        fc.array(rowsAt(fc.integer({ min: 0, max: 30 })), { minLength: 1, maxLength: 6 }),
        batches => {
          const table = windowed(10, 3)
          const closed: unknown[] = []
          const all: Row[] = []
          batches.forEach((batch, i) => {
            // Each batch is 20 ms later than the one before; nothing is late.
            const rows = batch.map(row => ({ ...row, ms: row.ms + 20 * i }))
            all.push(...rows)
            step(table, rows, 'timestamp[ms]')
            const upToMs = 20 * (i + 1)
            closed.push(...flat(table.close(upToMs, heapArena)))
            expect(table.minOpenWindowEndMs).toBeGreaterThan(upToMs)
          })
          closed.push(...flat(table.close(Number.POSITIVE_INFINITY, heapArena)))
          expect(closed).toEqual(expected(all, 10, 3))
          expect(table.minOpenWindowEndMs).toBe(Number.POSITIVE_INFINITY)
        },
      ),
    )
  })

  it('folds only the rows selected', () => {
    const rows = [1, 2, 3, 4].map(value => ({ key: 'k', ms: value, value }))
    for (const codegen of ['always', 'never'] as const) {
      const table = windowed(100, 0, codegen)
      step(table, rows, 'timestamp[us]', Uint32Array.of(1, 3))
      expect(flat(table.close(100, heapArena))).toEqual([[0, 100, 'k', 2, 6]])
    }
  })

  it('moves groups between tables through Arrow bytes, in part or whole', () => {
    fc.assert(
      fc.property(
        rowsAt(fc.integer({ min: 0, max: 30 })),
        rowsAt(fc.integer({ min: 0, max: 30 })),
        (here, there) => {
          const a = windowed(10, 0)
          const b = windowed(10, 0)
          step(a, here, 'timestamp[ms]')
          step(b, there, 'timestamp[ms]')
          const { batch, keyGroups } = b.partials()
          expect(b.groupCount).toBe(0)
          const sent = throughIpc(batch)
          const half = (side: number) =>
            Uint32Array.from(keyGroups, (group, row) => (group % 2 === side ? row + 1 : 0))
              .filter(row => row > 0)
              .map(row => row - 1)
          a.mergePartials({ ...sent, selection: half(1) })
          a.mergePartials({ ...sent, selection: half(0) })
          expect(flat(a.close(Number.POSITIVE_INFINITY, heapArena))).toEqual(
            expected([...here, ...there], 10, 0),
          )
        },
      ),
      { numRuns: runs(30) },
    )
  })

  it('takes out only windows that have ended', () => {
    const table = windowed(10, 0)
    step(
      table,
      [5, 15, 25].map(ms => ({ key: 'k', ms, value: ms })),
      'timestamp[ms]',
    )
    expect(table.partials(20).batch.length).toBe(2)
    expect(flat(table.close(Number.POSITIVE_INFINITY, heapArena))).toEqual([[20, 30, 'k', 1, 25]])
  })

  it('refuses null times, impossible times and the state of another plan', () => {
    const codes = [
      column('timestamp[ms]', [null]),
      column('timestamp[ms]', [8_640_000_000_000_001n]),
    ].flatMap(timeColumn =>
      (['always', 'never'] as const).map(codegen => {
        const table = windowed(10, 0, codegen)
        const args = [[], [column('int32', [1])]]
        try {
          table.step({ count: 1, keyColumns: [column('utf8', ['k'])], timeColumn, argColumns: args })
          return undefined
        } catch (error) {
          return error instanceof DataError ? error.code : error
        }
      }),
    )
    expect(codes).toEqual(['NULL_EVENT_TIME', 'NULL_EVENT_TIME', 'EVENT_TIME_RANGE', 'EVENT_TIME_RANGE'])
    const other = new AggregationTable({ keyTypes: ['int32'], folds: [count] })
    expect(() => other.mergePartials(windowed(1, 0).snapshot().batch)).toThrow(JobError)
  })
})

describe('AggregationTable without windows', () => {
  it('has one group without keys, even of no rows when asked to', () => {
    const table = new AggregationTable({ keyTypes: [], folds: [count, sumOf('float64')] })
    expect(table.close(Number.POSITIVE_INFINITY, heapArena)).toEqual([])
    table.openGlobalGroup()
    expect(asRows(table.close(Number.POSITIVE_INFINITY, heapArena))).toEqual([{ c0: 0, c1: null }])
    for (const codegen of ['always', 'never'] as const) {
      const full = new AggregationTable({ keyTypes: [], folds: [count, sumOf('float64')], codegen })
      full.step({ count: 3, keyColumns: [], argColumns: [[], [column('float64', [0.1, 0.2, null])]] })
      expect(asRows(full.close(Number.POSITIVE_INFINITY, heapArena))).toEqual([{ c0: 3, c1: 0.1 + 0.2 }])
    }
  })

  it('keeps its memory when keys come and go', () => {
    const table = windowed(10, 0)
    let most = 0
    let early = 0
    for (let round = 0; round < 60; round++) {
      const rows = Array.from({ length: 3000 }, (_, i) => ({
        key: `key ${round * 3000 + i}`,
        ms: round * 10,
        value: 1,
      }))
      step(table, rows, 'timestamp[ms]')
      const closed = table.close(round * 10, heapArena)
      expect(closed.reduce((total, chunk) => total + chunk.count, 0)).toBe(round === 0 ? 0 : 3000)
      most = Math.max(most, table.stateBytes)
      if (round === 9) early = most
    }
    expect(most).toBeLessThanOrEqual(2 * early)
    expect(table.groupCount).toBe(3000)
    expect(table.close(Number.POSITIVE_INFINITY, heapArena)[0]!.count).toBe(3000)
  })

  it('takes little memory for many windows of one group each', () => {
    for (const type of ['int32', 'utf8'] as const) {
      const table = new AggregationTable({
        keyTypes: [type],
        panes: fixedPanes(1),
        folds: [count],
      })
      const length = 20_000
      const names = Array.from({ length }, (_, i) => (type === 'int32' ? i % 3000 : `key ${i % 3000}`))
      for (let batch = 0; batch < 3; batch++) {
        table.step({
          count: length,
          keyColumns: [column(type, names)],
          timeColumn: column(
            'timestamp[ms]',
            names.map((_, i) => BigInt(batch * length + i)),
          ),
          argColumns: [[]],
        })
      }
      expect(table.groupCount).toBe(60_000)
      expect(table.stateBytes / table.groupCount).toBeLessThan(600)
      const rows = asRows(table.close(Number.POSITIVE_INFINITY, heapArena)) as { c0: unknown; c1: number }[]
      expect(rows.every(({ c0, c1 }, i) => c0 === names[i % length] && c1 === 1)).toBe(true)
    }
  })

  it('finds the groups of few among very many keys, and of all of them', () => {
    const keys = Int32Array.from({ length: 200_000 }, (_, i) => i)
    const times = (ms: number, length: number): Column => ({
      type: 'timestamp[ms]' as TimestampType,
      values: new BigInt64Array(length).fill(BigInt(ms)),
    })
    const table = new AggregationTable({
      keyTypes: ['int32'],
      panes: fixedPanes(10),
      folds: [count],
    })
    const put = (ms: number, values: Int32Array) =>
      table.step({
        count: values.length,
        keyColumns: [{ type: 'int32', values }],
        timeColumn: times(ms, values.length),
        argColumns: [[]],
      })
    put(0, keys)
    const few = Int32Array.from({ length: 2000 }, (_, i) => 199_999 - i * 50)
    put(10, few)
    put(10, few)
    put(20, few)
    put(20, keys)
    const closed = table.close(Number.POSITIVE_INFINITY, heapArena)
    const rows = asRows(closed) as { c0: number; c1: number }[]
    expect(rows).toHaveLength(402_000)
    expect(rows.slice(200_000, 202_000)).toEqual(
      [...few].sort((a, b) => a - b).map(key => ({ c0: key, c1: 2 })),
    )
    const chosen = new Set(few)
    expect(rows.slice(202_000).every(({ c0, c1 }, i) => c0 === i && c1 === (chosen.has(c0) ? 2 : 1))).toBe(
      true,
    )
  })
})

describe('AggregationTable over changes', () => {
  const folds = [
    openFold({ fold: 'sum', argTypes: ['int32'] }, { changes: true }),
    openFold({ fold: 'max', argTypes: ['utf8'] }, { changes: true }),
  ]
  const changes = (codegen: 'always' | 'never', panes?: AggregationSpec['panes']) =>
    new AggregationTable({
      folds,
      keyTypes: panes ? ['utf8'] : [],
      ...(panes && { panes }),
      changes: true,
      codegen,
    })
  const take = (table: AggregationTable, rows: readonly (Row & { weight: number })[], keyed: boolean) => {
    const values = rows.map(row => row.value)
    table.step({
      count: rows.length,
      keyColumns: keyed
        ? [
            column(
              'utf8',
              rows.map(row => row.key),
            ),
          ]
        : [],
      timeColumn: timesOf('timestamp[ms]', rows),
      argColumns: [[column('int32', values)], [column('utf8', values.map(String))]],
      weights: Int32Array.from(rows, row => row.weight),
    })
  }

  it.each(['always', 'never'] as const)('closes only groups that have rows (loops: %s)', codegen => {
    const table = changes(codegen, fixedPanes(10))
    const row = (key: string, ms: number, value: number, weight: number) => ({ key, ms, value, weight })
    take(table, [row('a', 1, 5, 1), row('b', 2, 7, 1), row('b', 12, 8, 2), row('c', 3, 1, -1)], true)
    take(table, [row('a', 1, 5, -1), row('c', 3, 1, 1), row('b', 12, 8, -1), row('a', 4, 0, 1)], true)
    take(table, [row('a', 4, 0, -1)], true)
    expect(flat(table.close(Number.POSITIVE_INFINITY, heapArena))).toEqual([
      [0, 10, 'b', 7, '7'],
      [10, 20, 'b', 8, '8'],
    ])
    expect(table.groupCount).toBe(0)
  })

  it.each(['always', 'never'] as const)('has one group without keys, of no rows too (loops: %s)', codegen => {
    const table = changes(codegen)
    take(table, [{ key: 'a', ms: 0, value: 5, weight: 3 }], false)
    take(table, [{ key: 'a', ms: 0, value: 5, weight: -3 }], false)
    expect(asRows(table.close(Number.POSITIVE_INFINITY, heapArena))).toEqual([{ c0: null, c1: null }])
  })
})

describe('AggregationTable and DuckDB', () => {
  it('agree on random groupings', async () => {
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    try {
      await connection.run(`
        create table t as select
          (hash(i) % 7)::int as k1,
          case when hash(i, 1) % 5 = 0 then null else 'text ''' || (hash(i, 2) % 11)::varchar end as k2,
          case when hash(i, 3) % 9 = 0 then null else (hash(i, 4) % 4000)::int - 2000 end as v,
          case hash(i, 5) % 23 when 0 then 'nan'::double when 1 then null
            else (hash(i, 6) % 1000)::double / 8 - 60 end as x
        from range(5000) r(i)`)
      const source = (await connection.runAndReadAll('select k1, k2, v, x from t')).getRows()
      const wanted = await connection.runAndReadAll(`
        select k1, k2, count(*)::int, count(v)::int, sum(v)::int, avg(v), min(v), max(v), min(x), max(x),
          count(distinct v)::int, sum(x)
        from t group by k1, k2 order by k1, k2 nulls last`)
      const of = (c: number, type: ColumnType) =>
        column(
          type,
          source.map(row => row[c]),
        )
      const [k1, k2, v, x] = [of(0, 'int32'), of(1, 'utf8'), of(2, 'int32'), of(3, 'float64')]
      const aggregates: [string, Column[]][] = [
        ['count', []],
        ['count', [v]],
        ['sum', [v]],
        ['mean', [v]],
        ['min', [v]],
        ['max', [v]],
        ['min', [x]],
        ['max', [x]],
        ['countDistinct', [v]],
        ['sum', [x]],
      ]
      for (const codegen of ['always', 'never'] as const) {
        const folds = aggregates.map(([fold, args]) =>
          openFold({ fold, argTypes: args.map(arg => arg.type) }),
        )
        const table = new AggregationTable({ keyTypes: ['int32', 'utf8'], folds, codegen })
        table.step({ count: 5000, keyColumns: [k1, k2], argColumns: aggregates.map(([, args]) => args) })
        const rows = asRows(table.close(Number.POSITIVE_INFINITY, heapArena)) as Record<string, unknown>[]
        expect(rows.map(row => Object.values(row))).toEqual(wanted.getRows())
      }
    } finally {
      connection.closeSync()
      instance.closeSync()
    }
  })
})

describe('generated loops', () => {
  const hostile = fc.constantFrom('', 'a', '\0', '__proto__', "'; drop", 'longer than eight bytes', 'ü')
  const keyTypes: [ColumnType, fc.Arbitrary<unknown>][] = [
    ['bool', fc.boolean()],
    ['int8', fc.integer({ min: -128, max: 127 })],
    ['int32', fc.oneof(fc.integer({ min: -20, max: 20 }), fc.integer())],
    ['uint32', fc.oneof(fc.nat(20), fc.nat({ max: 2 ** 32 - 1 }))],
    ['int64', fc.bigInt({ min: -3n, max: 3n })],
    ['float64', fc.constantFrom(0, -0, 1.5, Number.NaN)],
    ['date', fc.integer({ min: -9, max: 9 }).map(days => new Date(days * 86_400_000))],
    ['utf8', hostile],
    ['dictionary', hostile],
  ]
  for (const [type, value] of keyTypes) {
    it(`find the same groups of ${type} keys as passes without them, with nulls, selections and growth`, () => {
      const row = fc.tuple(value, fc.boolean(), fc.integer({ min: -50, max: 50 }))
      const batch = fc.tuple(fc.array(row, { minLength: 1, maxLength: 50 }), fc.boolean(), fc.boolean())
      fc.assert(
        fc.property(fc.array(batch, { minLength: 1, maxLength: 4 }), fc.boolean(), (batches, inWindows) => {
          const run = (codegen: 'always' | 'never') => {
            const table = new AggregationTable({
              keyTypes: [type],
              ...(inWindows ? { panes: fixedPanes(10) } : {}),
              folds: [count, openFold({ fold: 'max', argTypes: ['float32'] })],
              codegen,
            })
            for (const [rows, nulls, selects] of batches) {
              const selection = Uint32Array.from(
                rows.flatMap(([, chosen], i) => (chosen || !selects ? [i] : [])),
              )
              table.step({
                count: selection.length,
                rows: selects ? selection : undefined,
                keyColumns: [
                  column(
                    type,
                    rows.map(([key], i) => (nulls && i % 3 === 0 ? null : key)),
                  ),
                ],
                timeColumn: column(
                  'timestamp[us]',
                  rows.map(([, , time]) => BigInt(time) * 1000n),
                ),
                argColumns: [
                  [],
                  [
                    column(
                      'float32',
                      rows.map(([, , time]) => (nulls && time % 5 === 0 ? null : time)),
                    ),
                  ],
                ],
              })
            }
            return asRows(table.close(Number.POSITIVE_INFINITY, heapArena))
          }
          expect(run('always')).toEqual(run('never'))
        }),
        { numRuns: runs(60) },
      )
    })
  }

  it('hold nothing of the data: only fragments of ours, numbers and indices', async () => {
    const folds = [count, ...['sum', 'min'].map(fold => openFold({ fold, argTypes: ['float64'] }))]
    const sources: string[] = []
    const values = column('float64', [1, null])
    const { args } = fusedArgs(folds, [[], [values], [values]])
    const layout = { selected: true, keys: 'lookup', times: 'words32', args, keepGroups: false } as const
    compileFusedStep(folds, layout, 'Float64Array Uint8Array', source => sources.push(source))
    await expect(sources[0]).toMatchFileSnapshot('./goldens/fused-step.txt')
  })

  it('refuse field names that are not identifiers', () => {
    const fold = { ...count, layout: { 'x];alert(1)//': { kind: 'f64' } } } as unknown as Fold
    const table = new AggregationTable({ keyTypes: [], folds: [fold], codegen: 'always' })
    expect(() => table.step({ count: 1, keyColumns: [], argColumns: [[]] })).toThrow(TypeError)
  })

  it('take rows by filter: each fold those that pass its own, in groups of all rows', () => {
    const cell = fc.record({
      key: fc.integer({ min: 0, max: 3 }),
      x: fc.option(fc.integer({ min: -9, max: 9 })),
      passes: fc.tuple(fc.boolean(), fc.boolean()),
      weight: fc.constantFrom(1, 1, 2),
    })
    const names = ['count', 'sum', 'min', 'last', 'countDistinct'] as const
    fc.assert(
      fc.property(
        fc.array(cell, { minLength: 1 }),
        fc.boolean(),
        fc.boolean(),
        (rows, selected, weighted) => {
          const length = rows.length
          const bits = [0, 1].map(f => {
            const passing = new Uint8Array((length + 7) >> 3)
            rows.forEach(({ passes }, i) => {
              if (passes[f]) passing[i >> 3]! |= 1 << (i & 7)
            })
            return passing
          })
          const chosen = Uint32Array.from(rows.keys()).filter(i => !selected || i % 3 !== 0)
          const order = (of: Uint32Array) => ({
            timeMs: new Float64Array(of.length),
            split: 0,
            offset: Float64Array.from(of),
          })
          const keyColumn = column(
            'int32',
            rows.map(({ key }) => key),
          )
          const x = column(
            'int32',
            rows.map(row => row.x),
          )
          const folds = names.map(fold => openFold({ fold, argTypes: fold === 'count' ? [] : ['int32'] }))
          const argColumns = names.map(fold => (fold === 'count' ? [] : [x]))
          const run = (codegen: AggregationSpec['codegen'], of: Uint32Array, passing?: Uint8Array[]) => {
            const table = new AggregationTable({ keyTypes: ['int32'], folds, ...(codegen && { codegen }) })
            table.step({
              count: of.length,
              rows: of,
              keyColumns: [keyColumn],
              argColumns,
              order: order(of),
              ...(passing ? { passing } : {}),
              ...(weighted ? { weights: Int32Array.from(of, i => rows[i]!.weight) } : {}),
            })
            return asRows(table.close(Number.POSITIVE_INFINITY, heapArena)) as Record<string, unknown>[]
          }
          const passing = names.map((_, f) => bits[f % 2]!)
          const got = run('always', chosen, passing)
          expect(run('never', chosen, passing)).toEqual(got)
          const apart = [0, 1].map(f =>
            run(
              'never',
              chosen.filter(i => rows[i]!.passes[f]!),
            ),
          )
          const empty: Record<string, unknown> = { c1: 0, c2: null, c3: null, c4: null, c5: 0 }
          expect(got).toEqual(
            [...new Set(Array.from(chosen, i => rows[i]!.key))].sort().map(key => {
              const of = apart.map(groups => groups.find(({ c0 }) => c0 === key) ?? empty)
              return Object.fromEntries([
                ['c0', key],
                ...names.map((_, f) => [`c${f + 1}`, of[f % 2]![`c${f + 1}`]]),
              ])
            }),
          )
        },
      ),
      { numRuns: runs(100) },
    )
  })

  it('grow past the first blocks of groups', () => {
    const length = 150_000
    const keys = Int32Array.from({ length }, (_, i) => (i * 7919) % 70_001)
    for (const codegen of ['always', 'never'] as const) {
      const table = new AggregationTable({ keyTypes: ['int32'], folds: [count, sumOf('int32')], codegen })
      const key: Column = { type: 'int32', values: keys }
      table.step({ count: length, keyColumns: [key], argColumns: [[], [key]] })
      const rows = asRows(table.close(Number.POSITIVE_INFINITY, heapArena)) as {
        c0: number
        c1: number
        c2: number
      }[]
      expect(rows).toHaveLength(70_001)
      expect(rows.every(({ c0, c1, c2 }, i) => c0 === i && c2 === c0 * c1)).toBe(true)
    }
  })
})

describe('lastWindowEnds', () => {
  it('gives the exclusive end of each window', () => {
    const ends = new Float64Array(4)
    lastWindowEnds(
      singlePanes(fixedPanes(10)),
      column('timestamp[ms]', [-1n, 0n, 9n, 10n]),
      4,
      undefined,
      ends,
    )
    expect([...ends]).toEqual([0, 10, 10, 20])
  })
})
