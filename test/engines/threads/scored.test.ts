import { expect, it } from 'vitest'
import { ewma, memory, read, start } from '../../../src/index.ts'

it.each([0, 1, 2, 3])('a job tells how many values each detect scored, on %i shards', async shards => {
  const rows = Array.from({ length: 300 }, (_, i) => ({
    at: new Date(i * 1000),
    key: `k${i % 3}`,
    x: i % 50 === 0 ? null : Math.sin(i),
    y: Math.cos(i),
  }))
  const input = read
    .rows(rows, { at: 'timestamp[ms]', key: 'utf8', x: 'float64', y: 'float64' })
    .watermark('at')
  const sinks = [memory(), memory()] as const
  const x = input.detect('x', ewma({ warmup: 20 }), { by: 'key' })
  const y = input.detect('y', ewma({ warmup: 20 }), { by: [], as: 'y' })
  const job = await start([x.write(sinks[0]), y.write(sinks[1])], { shards })
  const { scored } = await job.done
  const scoredRows = (sink: (typeof sinks)[number], column: string) =>
    sink.rows().filter(row => row[column] !== null).length
  expect(scored).toEqual([
    { column: 'x', as: '', values: scoredRows(sinks[0], 'pValue') },
    { column: 'y', as: 'y', values: scoredRows(sinks[1], 'yPValue') },
  ])
  expect(scored.every(({ values }) => values > 200)).toBe(true)
})
