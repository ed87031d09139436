import { describe, expect, it } from 'vitest'
import { WEIGHT, weightsOf } from '../../src/core/batch/meta.ts'
import { count, memory, read, start, sum, when } from '../../src/index.ts'
import { outcome, runWhole, verbCase } from './verb-case.ts'

const log = { item: 'utf8', x: 'float64', by: 'int32' } as const
const changesLog = [
  { item: 'a', x: 1, by: 1 },
  { item: 'b', x: Number.NaN, by: 2 },
  { item: 'a', x: 1, by: -1 },
  { item: null, x: null, by: 1 },
  { item: 'a', x: 2, by: 1 },
  { item: 'c', x: -0, by: 1 },
  { item: 'b', x: Number.NaN, by: -1 },
  { item: 'd', x: 4, by: 0 },
  { item: 'c', x: 0, by: 1 },
  { item: null, x: null, by: -1 },
]
const left = [
  { item: 'b', x: Number.NaN },
  { item: 'a', x: 2 },
  { item: 'c', x: -0 },
  { item: 'c', x: -0 },
]

verbCase('rows with weights are a changelog; over bounded rows, what is left of them', {
  schema: log,
  rows: changesLog,
  query: d => d.fromChanges({ weight: 'by' }),
  expect: left,
})

verbCase('what is taken back goes through a chain of verbs', {
  schema: log,
  rows: changesLog,
  query: d =>
    d
      .fromChanges({ weight: 'by', keys: 'item' })
      .filter(r => r.item.isNotNull())
      .distinct('item')
      .topN(2, 'item', 'desc'),
  expect: [{ item: 'c' }, { item: 'b' }],
  ordered: false,
})

verbCase('changes of a changelog, summed, and a changelog of them again', {
  schema: log,
  rows: changesLog,
  query: d =>
    d
      .fromChanges({ weight: 'by' })
      .topN(1, 'x', 'desc', { by: 'item' })
      .changes({ as: 'n' })
      .fromChanges({ weight: 'n' }),
  expect: [
    { item: 'a', x: 2 },
    { item: 'b', x: Number.NaN },
    { item: 'c', x: -0 },
  ],
  ordered: false,
})

describe('changes', () => {
  it('are the old row before the new one, with nulls and weights of several', async () => {
    const schema = { item: 'utf8', x: 'float64', by: 'int32' } as const
    const { rows } = await runWhole(
      { schema, rows: changesLog, query: (d: any) => d.fromChanges({ weight: 'by' }).changes(), expect: [] },
      false,
      { batchRows: 3 },
    )
    expect(rows.map(({ row, weight }) => [row.item, row.x, row.weight, weight])).toEqual(
      changesLog.filter(({ by }) => by !== 0).map(({ item, x, by }) => [item, x, by, 1]),
    )
  })

  it('can be aggregated: what is there is the sum of what came', async () => {
    async function* bids() {
      for (const [item, amount] of [
        ['vase', 10],
        ['lamp', 7],
        ['vase', 12],
        ['vase', 11],
      ] as const)
        yield { item, amount, at: new Date(1000 * amount) }
    }
    const perItem = read
      .iterable(bids(), { item: 'utf8', amount: 'int32', at: 'timestamp[ms]' })
      .topN(1, 'amount', 'desc', { by: 'item' })
      .changes()
      .limit(100)
      .groupBy('item')
      .agg({ there: sum('weight'), changes: count() })
    expect(await perItem.collect({ batchRows: 1 })).toEqual([
      { item: 'lamp', there: 1, changes: 1 },
      { item: 'vase', there: 1, changes: 3 },
    ])
  })

  it('of rows that stay count once each, and keep their time', async () => {
    const rows = await read
      .rows([{ x: 1 }, { x: 2 }])
      .changes({ as: 'n' })
      .collect()
    expect(rows).toEqual([
      { x: 1, n: 1 },
      { x: 2, n: 1 },
    ])
    expect(() => read.rows([{ weight: 1 }]).changes()).toThrow(
      expect.objectContaining({ code: 'DUPLICATE_COLUMN' }),
    )
  })

  it('of a log of operations: deletes take back', async () => {
    const operations = read.rows([
      { id: 1, name: 'a', op: 'insert' },
      { id: 2, name: 'b', op: 'insert' },
      { id: 1, name: 'a', op: 'delete' },
    ])
    const weighted = operations.with({ weight: r => when(r.op.eq('delete'), -1).otherwise(1) })
    expect(await weighted.drop('op').fromChanges({ weight: 'weight' }).collect()).toEqual([
      { id: 2, name: 'b' },
    ])
  })

  it.each([
    [
      'null',
      [
        { x: 1, by: 1 },
        { x: 2, by: null },
      ],
      /"by" is null/,
    ],
    ['more than a weight can be', [{ x: 1, by: 2 ** 31 }], /"by" is 2147483648/],
  ])('a weight that is %s is an error of the data', async (_name, rows, message) => {
    const schema = { x: 'int32', by: 'uint32' } as const
    const of = read.rows(rows, schema).fromChanges({ weight: 'by' })
    await expect(of.collect()).rejects.toMatchObject({
      name: 'DataError',
      code: 'CHANGES_WEIGHT',
      message: expect.stringMatching(message),
    })
  })

  it('weights are whole numbers, and rows have other columns', () => {
    const rows = read.rows([{ x: 1.5, by: 1 }], { x: 'float64', by: 'int32' })
    const refused = (make: () => unknown, code: string) =>
      expect(make).toThrow(expect.objectContaining({ name: 'PlanError', code }))
    refused(() => rows.fromChanges({ weight: 'x' }), 'CHANGES_WEIGHT')
    refused(() => rows.select('by').fromChanges({ weight: 'by' }), 'NO_COLUMNS')
    refused(() => rows.fromChanges({ weight: 'by', keys: 'by' }), 'UNKNOWN_COLUMN')
    refused(() => rows.fromChanges({ weight: 'y' as 'x' }), 'UNKNOWN_COLUMN')
    refused(() => rows.fromChanges({} as never), 'OPTION')
    refused(() => rows.changes({ as: 1 as never }), 'OPTION')
  })

  it('each batch has the weights beside its rows, where some count other than once', async () => {
    async function* rows() {
      yield { x: 1, by: 1 }
      yield { x: 1, by: -1 }
    }
    const sink = memory()
    const job = await start(
      read.iterable(rows(), { x: 'int32', by: 'int32' }).fromChanges({ weight: 'by' }).write(sink),
      { batchRows: 1 },
    )
    await job.done
    expect(sink.batches.map(batch => [...weightsOf(batch)!])).toEqual([[1], [-1]])
    expect(sink.batches[0]!.meta).toHaveProperty(WEIGHT)
    expect(sink.rows()).toEqual([])
    expect(outcome([])).toEqual([])
  })
})

it('equal rows that several shards made stand where the first of them stood', async () => {
  const rows = Array.from({ length: 40 }, (_, k) => ({ k, x: (k * 7) % 20 }))
  const left = read.rows(rows, { k: 'int32', x: 'int32' })
  const back = left
    .join(left.select('k').with({ y: r => r.k.mul(2) }), { on: 'k' })
    .select('x')
    .changes()
    .fromChanges({ weight: 'weight' })
  const sink = memory<{ x: number }>()
  await (await start([back.write(sink)], { shards: 3 })).done
  expect(sink.rows().map(({ x }) => x)).toEqual(rows.slice(0, 20).flatMap(({ x }) => [x, x]))
})
