/** A hundred million events through verbs whose state is bounded by event time: memory stays where it was early on. */

import { expect, it } from 'vitest'
import { nullSink } from '../../bench/harness/null-sink.ts'
import { inReaderMemory } from '../../src/connectors/memory/reader-memory.ts'
import { type Arena, allocFloat64 } from '../../src/core/batch/slab.ts'
import type { Source } from '../../src/core/connector.ts'
import { count, type Dataset, read, start, sum, tumbling } from '../../src/index.ts'

const EVENTS = Number(process.env.EVENTS ?? 100_000_000)
const EVENTS_PER_MS = 100
/** A key is there for so many events, and does not come again. */
const EVENTS_PER_KEY = 64
const SAMPLES = 200

const schema = { at: 'timestamp[ms]', key: 'int64', x: 'float64' } as const

/** Events in order of time; 64 keys take turns, then 64 others do. */
const events: Source = {
  label: 'events',
  bounded: false,
  replayable: true,
  canOrder: false,
  canFilter: () => false,
  schema: async () => Object.entries(schema).map(([name, type]) => ({ name, type })),
  splits: async () => [{ id: 0, label: 'events', rows: EVENTS }],
  async open(_split, from, request, memory) {
    let next = from.rows
    return {
      async next() {
        const rows = Math.min(request.batchRows, EVENTS - next)
        if (rows === 0) return undefined
        const first = next
        next += rows
        return inReaderMemory(memory, arena => ({
          schema: request.schema,
          length: rows,
          columns: request.schema.map(({ name, type }) => ({
            type,
            values: valuesOf(name, first, rows, arena),
          })),
          position: { split: 0, offset: first },
        }))
      },
      async close() {},
    }
  },
}

function valuesOf(name: string, first: number, rows: number, arena: Arena): Float64Array | BigInt64Array {
  const values = allocFloat64(arena, rows)
  if (name === 'x') {
    for (let i = 0; i < rows; i++) values[i] = (first + i) % 97
    return values
  }
  const words = new Int32Array(values.buffer, values.byteOffset, 2 * rows)
  for (let i = 0; i < rows; i++) {
    const event = first + i
    const value =
      name === 'at'
        ? Math.floor(event / EVENTS_PER_MS)
        : Math.floor(event / EVENTS_PER_KEY ** 2) * EVENTS_PER_KEY + (event % EVENTS_PER_KEY)
    words[2 * i] = value
    words[2 * i + 1] = 0
  }
  return new BigInt64Array(values.buffer, values.byteOffset, rows)
}

const stream = () => read.source(events, schema).watermark('at') as Dataset<any, 'unbounded'>

const PLANS: Readonly<Record<string, (events: Dataset<any, 'unbounded'>) => Dataset<any, any>>> = {
  windows: events =>
    events
      .groupBy('key')
      .window(tumbling('1s'))
      .agg({ n: count(), total: sum('x') }),
  distinct: events => events.distinct('key', { ttl: '1s' }),
  join: events =>
    events
      .filter(r => r.x.eq(1))
      .join(
        events.filter(r => r.x.eq(2)),
        { on: 'key', within: ['-1s', '1s'] },
      ),
}

it.each(Object.keys(PLANS))('%s', async name => {
  const samples: number[] = []
  const job = await start([PLANS[name]!(stream()).write(nullSink())], {
    shards: 2,
    onProgress({ rowsIn }) {
      const sample = Math.floor((rowsIn / EVENTS) * SAMPLES)
      if (sample >= samples.length) samples.push(process.memoryUsage().rss)
    },
  })
  const { rowsIn } = await job.done
  expect(rowsIn).toBe(EVENTS * (name === 'join' ? 1 : 1))
  const fifth = (n: number) => median(samples.slice((n * samples.length) / 5, ((n + 1) * samples.length) / 5))
  expect(fifth(4) / fifth(1)).toBeLessThan(1.05)
})

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!
