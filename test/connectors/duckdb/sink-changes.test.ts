import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openInstances } from '../../../src/connectors/duckdb/instances.ts'
import { type DuckdbSinkOptions, duckdbSink } from '../../../src/connectors/duckdb/sink.ts'
import { duckdbSource } from '../../../src/connectors/duckdb/source.ts'
import { consolidatedRows } from '../../../src/connectors/memory/consolidated.ts'
import type { Batch } from '../../../src/core/batch/batch.ts'
import { batchFromRows, type RowLike } from '../../../src/core/batch/build.ts'
import { WEIGHT, withMeta } from '../../../src/core/batch/meta.ts'
import type { SinkContext } from '../../../src/core/connector.ts'
import { type Schema, schemaFrom } from '../../../src/core/types/schema.ts'
import { count, duckdb, read, start } from '../../../src/index.ts'
import { runs } from '../../effort.ts'
import { scan, sql, temporaryDirectory } from './helpers.ts'

const directory = temporaryDirectory()
let files = 0
const newFile = () => join(directory, `changes${files++}.duckdb`)

const TABLE = 'it is "a" table; --'
const schema = schemaFrom({
  'k"; DROP': 'float64',
  $1: 'utf8',
  n: 'int32',
  c0: 'int64',
  w: 'timestamp[us, UTC]',
  rowid: 'bool',
})

type Change = { readonly row: RowLike; readonly weight: number }

const batchOf = (changes: readonly Change[], of: Schema = schema): Batch => {
  const batch = batchFromRows(
    of,
    changes.map(({ row }) => row),
  )
  const values = Int32Array.from(changes, ({ weight }) => weight)
  return withMeta(batch, { [WEIGHT]: { type: 'int32', values } })
}

/** Writes epochs, each a list of changes, from `first` on. */
async function write(
  path: string,
  epochs: readonly (readonly Change[])[],
  {
    first = 0,
    context = { rows: 'changes' },
    of = schema,
    ...options
  }: DuckdbSinkOptions & {
    first?: number
    context?: Partial<SinkContext>
    of?: Schema
  } = {},
): Promise<void> {
  const sink = duckdbSink(path, TABLE, options)
  try {
    await sink.open(of, { job: 'j', ...context })
    for (const [i, changes] of epochs.entries()) {
      await sink.begin(first + i)
      if (changes.length) {
        const batch = batchOf(changes, of)
        const { meta: _, ...plain } = batch
        await sink.write(context.rows === 'append' ? plain : batch)
      }
      await sink.commit(first + i)
    }
  } finally {
    await sink.close()
  }
}

const textOf = (row: object) =>
  JSON.stringify(Object.values(row).map(value => (value === null ? null : `${typeof value} ${value}`)))
const sorted = (rows: readonly object[]) => rows.map(textOf).sort()
const table = (path: string) => scan(duckdbSource(path, { table: TABLE }))

const cells = fc.record({
  'k"; DROP': fc.constantFrom(0, 1.5, Number.NaN, null),
  $1: fc.constantFrom('', 'é', "'; --", null),
  n: fc.constantFrom(1, null),
  c0: fc.constantFrom(2n ** 60n, null),
  w: fc.constantFrom(new Date(0), null),
  rowid: fc.constantFrom(true, null),
})

/** Changes that never take back what is not there, in epochs. */
const epochsOf = (rows: fc.Arbitrary<RowLike>) =>
  fc
    .array(fc.array(fc.tuple(rows, fc.boolean(), fc.nat()), { maxLength: 8 }), { maxLength: 4 })
    .map(drawn => {
      const there: RowLike[] = []
      return drawn.map(changes =>
        changes.map(([row, back, which]): Change => {
          if (!back || there.length === 0) {
            there.push(row)
            return { row, weight: 1 }
          }
          return { row: there.splice(which % there.length, 1)[0]!, weight: -1 }
        }),
      )
    })

describe('a changelog in a DuckDB table', () => {
  it('is the rows that are left, after every epoch, whatever the rows', async () => {
    await fc.assert(
      fc.asyncProperty(epochsOf(cells), async epochs => {
        const path = newFile()
        const whole: Batch[] = []
        for (const [i, changes] of epochs.entries()) {
          await write(path, [changes], { first: i })
          if (changes.length) whole.push(batchOf(changes))
          expect(sorted(await table(path))).toEqual(sorted(consolidatedRows(whole, { timestamps: 'bigint' })))
        }
        expect(openInstances()).toBe(0)
      }),
      { numRuns: runs(6) },
    )
  })

  it('by keys: of every type, null and NaN among them, deleted and written in one epoch', async () => {
    for (const key of schema.map(({ name }) => name)) {
      const path = newFile()
      const row = (value: unknown, n: number) => ({
        'k"; DROP': n,
        $1: 'x',
        n,
        c0: 1n,
        w: null,
        rowid: null,
        [key]: value,
      })
      const values = {
        'k"; DROP': Number.NaN,
        $1: 'a',
        n: 7,
        c0: -(2n ** 60n),
        w: new Date(1),
        rowid: false,
      }[key]
      const context = { rows: 'changes', keys: [key] } as const
      await write(
        path,
        [
          [
            { row: row(null, 1), weight: 1 },
            { row: row(values, 2), weight: 1 },
          ],
          // The new row before the old one, as two shards may have it.
          [
            { row: row(values, 3), weight: 1 },
            { row: row(values, 2), weight: -1 },
          ],
          [{ row: row(null, 1), weight: -1 }],
        ],
        { context },
      )
      const left = batchFromRows(schema, [row(values, 3)])
      expect(sorted(await table(path)), key).toEqual(
        sorted(consolidatedRows([left], { timestamps: 'bigint' })),
      )
    }
  })

  it('two rows with the same keys fail the job, and nothing of the epoch is written', async () => {
    const of = schemaFrom({ k: 'int32', x: 'int32' })
    const path = newFile()
    const one = [{ row: { k: 1, x: 1 }, weight: 1 }]
    await write(path, [one], { of, keys: 'k' })
    const two = [
      { row: { k: 2, x: 1 }, weight: 1 },
      { row: { k: 2, x: 2 }, weight: 1 },
    ]
    await expect(write(path, [two], { of, keys: 'k', first: 1 })).rejects.toMatchObject({
      name: 'DataError',
      code: 'SINK_KEYS',
      message: expect.stringContaining('"k"'),
    })
    expect(await table(path)).toEqual([{ k: 1, x: 1 }])
  })

  it('an epoch that is there is not written again', async () => {
    const of = schemaFrom({ k: 'int32' })
    for (const options of [{}, { keys: 'k' }, { mode: 'append' }] as const) {
      const path = newFile()
      const epochs = [
        [{ row: { k: 1 }, weight: 1 }],
        [
          { row: { k: 1 }, weight: -1 },
          { row: { k: 2 }, weight: 1 },
        ],
      ]
      await write(path, epochs, { of, ...options })
      await write(path, [...epochs.slice(1), [{ row: { k: 3 }, weight: 1 }]], { of, ...options, first: 1 })
      expect(sorted(await table(path))).toEqual(sorted([{ k: 2 }, { k: 3 }]))
    }
  })

  it('rows that stay take the place of those with their keys, the last of an epoch, also of rows from before', async () => {
    const of = schemaFrom({ k: 'utf8', x: 'int32' })
    const path = newFile()
    await sql(path, `CREATE TABLE "it is ""a"" table; --" (k VARCHAR, x INTEGER)`)
    await sql(path, `INSERT INTO "it is ""a"" table; --" VALUES ('a', 1), ('b', 2), (NULL, 3)`)
    const rows = [
      ['a', 4],
      [null, 5],
      ['c', 6],
      ['a', 7],
    ].map(([k, x]) => ({ row: { k, x }, weight: 1 }))
    await write(path, [rows], { of, keys: ['k'], mode: 'append', context: { rows: 'append' } })
    expect(sorted(await table(path))).toEqual(
      sorted([
        { k: 'b', x: 2 },
        { k: 'a', x: 7 },
        { k: null, x: 5 },
        { k: 'c', x: 6 },
      ]),
    )
  })

  it('in a table that others write to, a changelog takes back its own rows only', async () => {
    const of = schemaFrom({ k: 'int32', x: 'int32' })
    const path = newFile()
    await sql(path, `CREATE TABLE "it is ""a"" table; --" (k INTEGER, x INTEGER)`)
    await sql(path, `INSERT INTO "it is ""a"" table; --" VALUES (1, 0)`)
    const epochs = [
      [{ row: { k: 1, x: 1 }, weight: 1 }],
      [
        { row: { k: 1, x: 1 }, weight: -1 },
        { row: { k: 1, x: 2 }, weight: 2 },
      ],
    ]
    await write(path, epochs, { of, mode: 'append', context: { rows: 'changes', keys: ['k'] } })
    expect(sorted(await table(path))).toEqual(
      sorted([
        { k: 1, x: 0 },
        { k: 1, x: 2 },
        { k: 1, x: 2 },
      ]),
    )
  })

  it('comes from a job that commits as it goes, with the keys of the plan', async () => {
    const bids = Array.from({ length: 200 }, (_, i) => ({
      item: i % 7 === 0 ? null : `i${i % 5}`,
      amount: (i * 37) % 101,
    }))
    async function* stream() {
      for (const bid of bids) yield bid
    }
    const path = newFile()
    const input = read.iterable(stream(), { item: 'utf8', amount: 'int32' })
    const best = input.topN(1, 'amount', 'desc', { by: 'item' })
    const perItem = input.groupBy('item').agg({ n: count() })
    const job = await start(
      [best.write(duckdb(path, 'best')), perItem.write(duckdb(path, 'counts', { keys: 'item' }))],
      { batchRows: 10, commitEveryMs: 5 },
    )
    await job.done
    const items = [...new Set(bids.map(({ item }) => item))]
    const of = (item: string | null) => bids.filter(bid => bid.item === item)
    expect(sorted(await scan(duckdbSource(path, { table: 'best' })))).toEqual(
      sorted(items.map(item => ({ item, amount: Math.max(...of(item).map(({ amount }) => amount)) }))),
    )
    const counts = await scan(duckdbSource(path, { table: 'counts' }))
    expect(counts.map(({ item, n }) => [item, Number(n)]).sort()).toEqual(
      items.map(item => [item, of(item).length]).sort(),
    )
  })
})
