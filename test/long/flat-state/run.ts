/**
 * Runs one plan over half as many events, until code and heaps have the size they need, and then over so many, of which it
 * prints what memory the process held at 200 moments, in bytes: `run.ts windows 100000000`. Sixty-four keys take turns, then sixty-four others do, and none comes again: what is kept of them all grows.
 */

import { nullSink } from '../../../bench/harness/null-sink.ts'
import { inReaderMemory } from '../../../src/connectors/memory/reader-memory.ts'
import { type Arena, allocFloat64 } from '../../../src/core/batch/slab.ts'
import type { Source } from '../../../src/core/connector.ts'
import { count, type Dataset, read, session, sliding, start, sum, tumbling } from '../../../src/index.ts'

const [name = 'windows', events = '100000000'] = process.argv.slice(2)
const WARM_UP = Number(events) / 2
const EVENTS = WARM_UP + Number(events)
const EVENTS_PER_MS = 100
const EVENTS_PER_KEY = 64
const SAMPLES = 200

const schema = { at: 'timestamp[ms]', key: 'int64', x: 'float64' } as const

/** Events in order of time. */
const source: Source & { readonly bounded: false } = {
  label: 'events',
  bounded: false,
  replayable: true,
  canOrder: false,
  canFilter: () => false,
  schema: async () => Object.entries(schema).map(([column, type]) => ({ name: column, type })),
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
          columns: request.schema.map(field => ({
            type: field.type,
            values: valuesOf(field.name, first, rows, arena),
          })),
          position: { split: 0, offset: first },
        }))
      },
      async close() {},
    }
  },
}

function valuesOf(column: string, first: number, rows: number, arena: Arena): Float64Array | BigInt64Array {
  const values = allocFloat64(arena, rows)
  if (column === 'x') {
    for (let i = 0; i < rows; i++) values[i] = (first + i) % 97
    return values
  }
  const words = new Int32Array(values.buffer, values.byteOffset, 2 * rows)
  for (let i = 0; i < rows; i++) {
    words[2 * i] = column === 'at' ? Math.floor((first + i) / EVENTS_PER_MS) : keyOf(first + i)
    words[2 * i + 1] = 0
  }
  return new BigInt64Array(values.buffer, values.byteOffset, rows)
}

const keyOf = (event: number): number =>
  Math.floor(event / EVENTS_PER_KEY ** 2) * EVENTS_PER_KEY + (event % EVENTS_PER_KEY)

type Stream = Dataset<{ at: Date | null; key: bigint | null; x: number | null }, 'unbounded'>

const PLANS: Readonly<Record<string, (stream: Stream) => Dataset<any, any>>> = {
  windows: stream =>
    stream
      .groupBy('key')
      .window(tumbling('1s'))
      .agg({ n: count(), total: sum('x') }),
  sliding: stream =>
    stream
      .groupBy('key')
      .window(sliding('4s', { every: '1s' }))
      .agg({ n: count() }),
  sessions: stream => stream.groupBy('key').window(session('100ms')).agg({ n: count() }),
  distinct: stream => stream.distinct('key', { ttl: '1s' }),
  aggregation: stream => stream.groupBy('key').agg({ n: count() }, { ttl: '1s' }).changes(),
  join: stream =>
    stream
      .filter(r => r.x.eq(1))
      .join(
        stream.filter(r => r.x.eq(2)),
        { on: 'key', within: ['-1s', '1s'] },
      ),
  process: stream =>
    stream
      .filter(r => r.x.lt(4))
      .process(new URL('functions.ts', import.meta.url).href, 'counted', {
        by: 'key',
        ttl: '1s',
        out: { n: 'int32' },
      }),
}

const samples: number[] = []
const stream: Stream = read.source(source, schema).watermark('at')
const job = await start([PLANS[name]!(stream).write(nullSink())], {
  shards: 2,
  onProgress({ rowsIn }) {
    const share = (rowsIn - WARM_UP) / (EVENTS - WARM_UP)
    if (share >= 0 && Math.floor(share * SAMPLES) >= samples.length) samples.push(process.memoryUsage().rss)
  },
})
const { rowsIn, rowsOut } = await job.done
console.log(JSON.stringify({ rowsIn, rowsOut, samples }))
