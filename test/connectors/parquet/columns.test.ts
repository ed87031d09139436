/** What a file has, where DuckDB makes something else of it. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { explain } from '../../../src/connectors/duckdb/errors.ts'
import { openInstances, openScratch } from '../../../src/connectors/duckdb/instances.ts'
import { parquetSource } from '../../../src/connectors/duckdb/parquet.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { parquetFile, scan, temporaryDirectory } from '../duckdb/helpers.ts'

const directory = temporaryDirectory()
const file = (name: string) => join(directory, name)

/** A Parquet file of the query, in which a name was given other letters. */
async function renamed(name: string, sql: string, from: string, to: string): Promise<string> {
  const path = await parquetFile(file(name), sql)
  writeFileSync(path, readFileSync(path, 'latin1').replaceAll(from, to), 'latin1')
  return path
}

/** One row of one INT96 column, 2020-06-28T22:17:33.123456789, as pyarrow writes it. */
const INT96 =
  'UEFSMRUEFRgVHEwVAhUAEgAADCwVb+pi/UgAAJWFJQAVABUSFRYsFQIVEBUGFQYcAAAACSACAAAAAgEBAgAVBBksNQAYBnNjaGVtYRUCABUGJQIYAXQAFgIZHBkcJgAcFQYZNQAGEBkYAXQVAhYCFmwWdCZAJggpLBUEFQAVAgAVABUQFQIAPCkGGSYAAgAAABZsFgImCBZ0ABkcGAxBUlJPVzpzY2hlbWEYoAEvLy8vLzNBQUFBQVFBQUFBQUFBS0FBd0FCZ0FGQUFnQUNnQUFBQUFCQkFBTUFBQUFDQUFJQUFBQUJBQUlBQUFBQkFBQUFBRUFBQUFVQUFBQUVBQVVBQWdBQmdBSEFBd0FBQUFRQUJBQUFBQUFBQUVLRUFBQUFCZ0FBQUFFQUFBQUFBQUFBQUVBQUFCMEFBWUFDQUFHQUFZQUFBQUFBQU1BABggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyNi4wLjEZHBwAAAA4AQAAUEFSMQ=='

it('the path of a single file names no columns, and replaces none', async () => {
  const folder = file('year=2020/country=DE')
  mkdirSync(folder, { recursive: true })
  const path = await parquetFile(
    join(folder, 'p.parquet'),
    'SELECT * FROM (VALUES (10, 1), (20, 3)) t(v, year)',
  )
  expect(await scan(parquetSource(path))).toEqual([
    { v: 10, year: 1 },
    { v: 20, year: 3 },
  ])
})

it('columns whose names differ by case alone keep them', async () => {
  const path = await renamed(
    'case.parquet',
    'SELECT 1 AS column_q, 2 AS zolumn_r, 3 AS column_1',
    'zolumn_r',
    'COLUMN_Q',
  )
  expect(await scan(parquetSource(path))).toEqual([{ column_q: 1, COLUMN_Q: 2, column_1: 3 }])
  expect(await scan(parquetSource(path, { schema: schemaFrom({ COLUMN_Q: 'int64' }) }))).toEqual([
    { COLUMN_Q: 2n },
  ])
})

it('two columns of one name are an error, and can be left out', async () => {
  const path = await renamed('twice.parquet', 'SELECT 1 AS name_a, 2 AS name_b, 3 AS c', 'name_b', 'name_a')
  await expect(parquetSource(path).schema()).rejects.toMatchObject({ code: 'DUPLICATE_COLUMN' })
  const named = parquetSource(path, { schema: schemaFrom({ name_a: 'int32' }) })
  await expect(named.schema()).rejects.toMatchObject({ code: 'DUPLICATE_COLUMN' })
  expect(await scan(parquetSource(path, { schema: schemaFrom({ c: 'int32' }) }))).toEqual([{ c: 3 }])
})

it('bytes without an annotation are text where a schema says so, and an error where they are none', async () => {
  const path = await parquetFile(file('bytes.parquet'), "SELECT encode('zażółć') AS s, '\\xFF'::BLOB AS b")
  expect(await scan(parquetSource(path, { schema: schemaFrom({ s: 'utf8' }) }))).toEqual([{ s: 'zażółć' }])
  await expect(scan(parquetSource(path, { schema: schemaFrom({ b: 'utf8' }) }))).rejects.toMatchObject({
    name: 'DataError',
    code: 'VALUE_TYPE',
  })
})

it('INT96 is read to the microsecond, which must be said where nanoseconds are wanted', async () => {
  writeFileSync(file('int96.parquet'), Buffer.from(INT96, 'base64'))
  const source = parquetSource(file('int96.parquet'))
  expect(await source.schema()).toEqual([{ name: 't', type: 'timestamp[us]' }])
  expect((await scan(source))[0]).toEqual({ t: 1593382653123456n })
  const finer = parquetSource(file('int96.parquet'), { schema: schemaFrom({ t: 'timestamp[ns]' }) })
  await expect(finer.schema()).rejects.toMatchObject({ code: 'CAST' })
})

it('what DuckDB does not read is not called damaged', () => {
  for (const message of [
    'Invalid Input Error: Failed to read file "a": Unsupported compression codec "LZ4". Supported options are …',
    'IO Error: MAP_KEY_VALUE requires two children',
    "Invalid Input Error: File 'a' is encrypted, but 'encryption_config' was not set",
    'Invalid Error: BYTE_STREAM_SPLIT encoding is only supported for FLOAT or DOUBLE data',
  ]) {
    expect(explain(new Error(message), '"a"').code).toBe('UNSUPPORTED_FILE')
  }
})

it('a file that ends an instance of DuckDB ends no later read', async () => {
  const before = await openScratch('ranges')
  const error = explain(
    new Error('INTERNAL Error: Unsupported type for stats "NULL"\n\nStack Trace: …'),
    '"a"',
  )
  expect(error.code).toBe('DUCKDB')
  expect(error.message).not.toContain('Stack Trace')
  const after = await openScratch('ranges')
  expect(after.instance).not.toBe(before.instance)
  await before.release()
  const again = await openScratch('ranges')
  expect(again.instance).toBe(after.instance)
  await Promise.all([after.release(), again.release()])
  expect(openInstances()).toBe(0)
  expect(
    explain(new Error('FATAL Error: Failed: database has been invalidated'), '"b"', 'CORRUPT_FILE').code,
  ).toBe('DUCKDB')
})
