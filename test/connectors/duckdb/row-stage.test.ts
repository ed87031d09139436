import { describe, expect, it } from 'vitest'
import { RowStage } from '../../../src/connectors/duckdb/chunk-writer.ts'
import { batchFromRows } from '../../../src/core/batch/build.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'

const MIB = 2 ** 20
const POSITION = { split: 0, offset: 0 }

describe('rows staged for DuckDB', () => {
  it('take memory as they come, not for the most there may be', () => {
    const names = Array.from({ length: 5000 }, (_, i) => `c${i}`)
    const schema = schemaFrom(Object.fromEntries(names.map(name => [name, 'float64'])))
    const stage = new RowStage(schema, 61_440)
    const rows = [1, 2, 3].map(x => Object.fromEntries(names.map(name => [name, x])))
    expect(stage.append(batchFromRows(schema, rows, heapArena, POSITION), 0)).toBe(3)
    expect(stage.bytes).toBe(5000 * 8 * 64)
  })

  it('go to DuckDB chunk by chunk where tables are wide, and many at a time where they are narrow', () => {
    const wide = schemaFrom(Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`c${i}`, 'utf8'])))
    expect(new RowStage(wide, 61_440).maxRows).toBe(2048)
    expect(new RowStage(schemaFrom({ x: 'float64' }), 61_440).maxRows).toBe(61_440)
  })

  it('go to DuckDB before their texts take too much', () => {
    const schema = schemaFrom({ s: 'utf8' })
    const batch = batchFromRows(schema, Array(20_000).fill({ s: 'x'.repeat(10_000) }), heapArena, POSITION)
    const stage = new RowStage(schema, 61_440)
    let taken = 0
    while (!stage.isFull) taken += stage.append(batch, taken)
    expect(taken).toBe(8192)
    expect(stage.bytes).toBeLessThan(80 * MIB)
  })
})
