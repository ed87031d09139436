import { expect, it } from 'vitest'
import { argMax, memory, min, read, start } from '../../../src/index.ts'
import { scriptedSource } from '../../../src/testing.ts'

// Rows come by turns from both splits; of equal values that of the first split counts.
const splits = [
  [
    { f: 7, j: 0 },
    { f: 0, j: 5 },
    { f: 0, j: -1 },
  ],
  [{ f: -0, j: 0 }],
]

it.each([0, 2])('a row given with -0 is taken back with -0, on %i shards', async shards => {
  const schema = { f: 'float64', j: 'int32' } as const
  const source = scriptedSource(
    schema,
    splits.map(rows => [{ rows }]),
    { bounded: false },
  )
  const sink = memory<{ f: number; high: number; low: number; weight: number }>()
  const groups = read
    .source(source, schema)
    .groupBy('f')
    .agg({ high: argMax('f', 'f'), low: min('j') })
  await (await start(groups.changes().write(sink), { shards, batchRows: 1 })).done
  const counts = new Map<string, number>()
  for (const { f, high, low, weight } of sink.rows()) {
    const text = `${f} ${Object.is(high, -0) ? '-0' : high} ${low}`
    const count = (counts.get(text) ?? 0) + Number(weight)
    expect(count, text).toBeGreaterThanOrEqual(0)
    counts.set(text, count)
  }
  expect([...counts].filter(([, count]) => count > 0).map(([text]) => text)).toEqual(['7 7 0', '0 0 -1'])
})
