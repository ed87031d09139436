/** Decimals, bytes, times of day and durations into DuckDB and out of it, tables and Parquet files. */

import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parquetSource } from '../../../src/connectors/duckdb/parquet.ts'
import { duckdbSink } from '../../../src/connectors/duckdb/sink.ts'
import { duckdbSource } from '../../../src/connectors/duckdb/source.ts'
import { batchFromRows } from '../../../src/core/batch/build.ts'
import { durationUnits } from '../../../src/core/batch/build-words.ts'
import type { Row } from '../../../src/core/batch/rows.ts'
import { clockText } from '../../../src/core/types/clock-time.ts'
import { type Schema, schemaFrom } from '../../../src/core/types/schema.ts'
import { dirtyArena, rowsWith } from '../../core/batch/arbitrary.ts'
import { parquetFile, scan, sql, temporaryDirectory } from './helpers.ts'

const directory = temporaryDirectory()
let files = 0
const newFile = (end = 'duckdb') => join(directory, `${files++}.${end}`)

const schema: Schema = schemaFrom({
  'decimal(3, 1)': 'decimal(3, 1)',
  'decimal(9, 4)': 'decimal(9, 4)',
  'decimal(18, 0)': 'decimal(18, 0)',
  'decimal(38, 20)': 'decimal(38, 20)',
  bytes: 'binary',
  time: 'time',
  took: 'duration',
})

async function write(path: string, of: Schema, rows: readonly Row[], select?: number[]): Promise<void> {
  const sink = duckdbSink(path, 't')
  try {
    await sink.open(of)
    await sink.begin(0)
    const batch = batchFromRows(of, rows, dirtyArena)
    await sink.write(select ? { ...batch, selection: Uint32Array.from(select) } : batch)
    await sink.commit(0)
  } finally {
    await sink.close()
  }
}

describe('scalar types', () => {
  it('written to a table are what DuckDB has, and come back the same', async () => {
    await fc.assert(
      fc.asyncProperty(rowsWith(schema, 40), async rows => {
        const path = newFile()
        const chosen = [...rows.keys()].filter(i => i % 3 !== 1)
        await write(path, schema, rows, chosen)
        const kept = chosen.map(i => rows[i]!)
        expect(await scan(duckdbSource(path, { table: 't' }))).toEqual(kept)
        const texts = await sql(path, 'SELECT CAST(COLUMNS(* EXCLUDE bytes) AS VARCHAR) FROM t')
        expect(texts).toEqual(
          kept.map(({ bytes: _, took, ...rest }) => [
            ...Object.values(rest),
            took === null ? null : clockText(BigInt(durationUnits(took as number, 1000)!), 'us'),
          ]),
        )
      }),
      { numRuns: 4 },
    )
  })

  it('of a Parquet file are read as they are', async () => {
    const path = await parquetFile(
      newFile('parquet'),
      `SELECT CAST((i - 700) / 100.0 AS DECIMAL(4, 2)) AS d4,
  CAST(i * 1000.5 AS DECIMAL(9, 1)) AS d9, CAST(i AS DECIMAL(18, 3)) AS d18, CAST(-i AS DECIMAL(30, 5)) AS d30,
  encode('b' || i) AS b, TIME '00:00:00' + to_seconds(i) AS t, to_milliseconds(i * 1000) AS took
FROM range(3000) r(i) WHERE i < 1400`,
    )
    const source = parquetSource(path)
    expect((await source.schema()).map(field => field.type)).toEqual([
      'decimal(4, 2)',
      'decimal(9, 1)',
      'decimal(18, 3)',
      'decimal(30, 5)',
      'binary',
      'time[us]',
      'duration[us]',
    ])
    const rows = await scan(source)
    expect(rows.length).toBe(1400)
    expect(rows[1]).toMatchObject({
      d4: '-6.99',
      d9: '1000.5',
      d18: '1.000',
      d30: '-1.00000',
      b: Uint8Array.of(98, 49),
      t: '00:00:01',
      took: 1000,
    })
    expect(rows.map(row => row.d4)).toEqual(rows.map((_, i) => ((i - 700) / 100).toFixed(2)))
  })

  it('that have no column type of their own are read as text, numbers or codes', async () => {
    const path = newFile()
    await sql(
      path,
      `CREATE TABLE t AS SELECT 170141183460469231731687303715884105::HUGEINT AS huge, 5::UHUGEINT AS uhuge,
  '8f7d6b1e-9d5c-4a5e-8f2a-0d2b1c3e4f50'::UUID AS id, '10101'::BIT AS bits, '10:00:00+02'::TIMETZ AS tz,
  'b'::ENUM('a', 'b') AS e, INTERVAL 25 HOURS AS i, '{"a": 1}'::JSON AS j`,
    )
    const source = duckdbSource(path, { table: 't' })
    expect(Object.fromEntries((await source.schema()).map(({ name, type }) => [name, type]))).toEqual({
      huge: 'decimal(38, 0)',
      uhuge: 'decimal(38, 0)',
      id: 'utf8',
      bits: 'utf8',
      tz: 'utf8',
      e: 'dictionary',
      i: 'duration[us]',
      j: 'utf8',
    })
    expect(await scan(source)).toEqual([
      {
        huge: '170141183460469231731687303715884105',
        uhuge: '5',
        id: '8f7d6b1e-9d5c-4a5e-8f2a-0d2b1c3e4f50',
        bits: '10101',
        tz: '10:00:00+02',
        e: 'b',
        i: 25 * 3_600_000,
        j: '{"a": 1}',
      },
    ])
    const narrowed = schemaFrom({ huge: 'float64', uhuge: 'int32' })
    expect(await scan(duckdbSource(path, { table: 't' }, { schema: narrowed }))).toEqual([
      { huge: Number('170141183460469231731687303715884105'), uhuge: 5 },
    ])
  })

  it('that do not fit are errors with the value', async () => {
    const path = newFile()
    await sql(
      path,
      `CREATE TABLE t AS SELECT 170141183460469231731687303715884105727::HUGEINT AS huge, INTERVAL 2 MONTHS AS i,
  12.345::DECIMAL(9, 3) AS d`,
    )
    const read = (types: Parameters<typeof schemaFrom>[0]) =>
      scan(duckdbSource(path, { table: 't' }, { schema: schemaFrom(types) }))
    await expect(read({ huge: 'decimal(38, 0)' })).rejects.toMatchObject({
      code: 'VALUE_TYPE',
      message: expect.stringContaining('170141183460469231731687303715884105727'),
    })
    await expect(read({ i: 'duration' })).rejects.toMatchObject({
      code: 'VALUE_TYPE',
      message: expect.stringContaining('2 months'),
    })
    await expect(read({ d: 'decimal(9, 2)' })).rejects.toMatchObject({
      code: 'VALUE_TYPE',
      message: expect.stringContaining('12.345'),
    })
    expect(await read({ d: 'decimal(20, 5)' })).toEqual([{ d: '12.34500' }])
    await expect(
      write(newFile(), schemaFrom({ took: 'duration[ns]' }), [{ took: 0.000001 }]),
    ).rejects.toMatchObject({ code: 'OVERFLOW' })
  })
})
