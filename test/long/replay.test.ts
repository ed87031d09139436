/** Three million rows that are in order, again and again: what goes wrong once in a hundred jobs shows here. */

import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { count, mean, memory, read, replay, start, tumbling } from '../../src/index.ts'

const flights = resolve(
  createRequire(import.meta.url).resolve('vega-datasets'),
  '../../data/flights-3m.parquet',
)

it('a replay of sorted history has no late row, and its rows are the same bits every time', async () => {
  let expected: string | undefined
  for (let run = 0; run < 60; run++) {
    const sink = memory()
    const hourly = replay(read.parquet(flights, { date: 'timestamp', delay: 'int32', origin: 'utf8' }), {
      time: 'date',
    })
      .watermark('date')
      .groupBy('origin')
      .window(tumbling('1h'))
      .agg({ departures: count(), delay: mean('delay') })
      .groupBy('origin')
      .window(tumbling('7d'))
      .agg({ hours: count(), delay: mean('delay') })
    const job = await start([hourly.write(sink)], {
      shards: 1 + (run % 3),
      batchRows: 10_000 + 7919 * (run % 8),
    })
    const { rowsIn, rowsLate } = await job.done
    expect({ rowsIn, rowsLate }).toEqual({ rowsIn: 3_000_000, rowsLate: 0 })
    const rows = JSON.stringify(sink.rows())
    expected ??= rows
    expect(rows === expected, `run ${run} gives the rows of the first`).toBe(true)
  }
})
