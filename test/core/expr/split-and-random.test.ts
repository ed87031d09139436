/** Functions that give lists, or go by the places of rows. */

import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, it } from 'vitest'
import { random, read } from '../../../src/index.ts'
import { codeOf } from './each.ts'

describe('split', () => {
  it('cuts texts at every separator, as DuckDB does, plain or coded, whatever is selected', async () => {
    const texts = ['a, b', '', ', ', 'x', 'ü, , é', null, 'a,b, ']
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    const wanted = []
    for (const text of texts) {
      const [row] = (
        await connection.runAndReadAll("SELECT string_split($1::VARCHAR, ', ')", [text as string])
      ).getRows()
      wanted.push((row![0] as { items: unknown[] } | null)?.items ?? null)
    }
    connection.closeSync()
    instance.closeSync()
    expect(wanted).toEqual([['a', 'b'], [''], ['', ''], ['x'], ['ü', '', 'é'], null, ['a,b', '']])
    for (const type of ['utf8', 'dictionary'] as const) {
      const rows = read.rows(
        texts.map((t, i) => ({ t, i })),
        { t: type, i: 'int32' },
      )
      expect((await rows.select({ x: r => r.t.split(', ') }).collect()).map(({ x }) => x)).toEqual(wanted)
      const some = await rows
        .filter(r => r.i.mod(2).eq(0))
        .select({ x: r => r.t.split(', ').at(0) })
        .collect()
      expect(some.map(({ x }) => x)).toEqual(['a', '', 'ü', 'a,b'])
    }
    expect(codeOf({ t: 'utf8' }, { t: [] }, r => r.t.split(''))).toBe('ARGUMENT_TYPE')
  })
})

describe('random', () => {
  const rows = read.rows(
    Array.from({ length: 2000 }, (_, i) => ({ i })),
    { i: 'int32' },
  )

  it('is the same for a row however the data is cut, and after rows are left out', async () => {
    const drawn = rows.with({ x: () => random(7), y: () => random(8) })
    const all = await drawn.collect()
    expect(await drawn.collect({ shards: 2, batchRows: 300 })).toEqual(all)
    const half = await rows
      .filter(r => r.i.mod(2).eq(1))
      .with({ x: () => random(7) })
      .filter(() => random(7).lt(0.5))
      .collect()
    expect(half).toEqual(all.filter(({ i, x }) => i! % 2 === 1 && x < 0.5).map(({ i, x }) => ({ i, x })))
    expect(all.every(({ x }) => x >= 0 && x < 1)).toBe(true)
    expect(all.some(({ x, y }) => x === y)).toBe(false)
  })

  it('is spread evenly', async () => {
    const all = await rows.select({ x: () => random(1) }).collect()
    const tenths = Array(10).fill(0)
    for (const { x } of all) tenths[Math.floor(x * 10)]++
    // Chi-squared with 9 degrees of freedom is above 27.9 once in a thousand.
    const chi = tenths.reduce((sum, n) => sum + (n - 200) ** 2 / 200, 0)
    expect(chi).toBeLessThan(27.9)
    expect(codeOf({ t: 'utf8' }, { t: [] }, () => random(-1))).toBe('OPTION')
  })
})
