import { DuckDBInstance } from '@duckdb/node-api'
import { expect, it } from 'vitest'
import { closeChunk, openChunk } from '../../../src/connectors/duckdb/chunk.ts'
import { loadDuckDB } from '../../../src/connectors/duckdb/load.ts'
import { PlainText } from '../../../src/connectors/duckdb/text-cells.ts'

it('a chunk that is closed holds no memory, and what DuckDB has of it is untouched', async () => {
  const { raw } = await loadDuckDB()
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    const result = await connection.run('SELECT CAST(nullif(i, 1) AS INTEGER) FROM range(5) r(i)')
    const chunk = await result.fetchChunk()
    const read = () => openChunk(raw, chunk!.chunk, 5, [4])
    const first = read()
    const bytes = first.columns.map(({ data, validity }) => [data.length, validity?.length])
    expect(bytes).toEqual([[20, 8]])
    closeChunk(first)
    expect(
      first.columns.map(({ data, validity }) => [data.buffer.byteLength, validity!.buffer.byteLength]),
    ).toEqual([[0, 0]])
    const again = new Int32Array(read().columns[0]!.data.buffer)
    expect([again[0], again[2], again[3], again[4]]).toEqual([0, 2, 3, 4])
  } finally {
    connection.disconnectSync()
    instance.closeSync()
  }
})

it('refuses more text in a column than its offsets can count', async () => {
  const { raw } = await loadDuckDB()
  const text = new PlainText(raw)
  text.begin(2)
  // Two strings of a GiB: a word each that says so, and no more.
  const cells = Int32Array.of(2 ** 30, 0, 0, 0, 2 ** 30, 0, 0, 0)
  expect(() => text.append(new Uint8Array(cells.buffer), undefined, 0, 2, 0)).toThrow(
    expect.objectContaining({ code: 'TEXT_SIZE' }),
  )
})
