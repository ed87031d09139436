/** Saves that write what changed, of plans with several blocks of state: each snapshot stands for itself. */

import { describe, expect, it } from 'vitest'
import { collectSink } from '../../../src/connectors/memory/collect.ts'
import {
  count,
  type Dataset,
  ewma,
  fitted,
  type JobSnapshot,
  read,
  start,
  tumbling,
} from '../../../src/index.ts'
import { scriptedSource } from '../../../src/testing/scripted-source.ts'
import { expectRows } from './expect-rows.ts'

const KEYS = 1100
/** Of two blocks of state. */
const BUSY = [3, 4, 500, 1050, 1051, 1099]
const schema = { at: 'timestamp[ms]', key: 'int32', x: 'float64' } as const

/** A row of every key; then those of few keys, first of all of these and then of one after another. */
const ROWS = Array.from({ length: KEYS + 300 }, (_, i) => {
  const busy = i < KEYS + 200 ? i : Math.floor(i / 20)
  const key = i < KEYS ? i : BUSY[busy % BUSY.length]!
  // Out of order by up to four seconds.
  return { at: new Date(1000 * (i + ((i * 7) % 5) - 2)), key, x: ((i * 31) % 17) + (i % 40 === 0 ? 90 : 0) }
})
/** Where snapshots are taken. */
const STOPS = [KEYS, KEYS + 120, KEYS + 200, KEYS + 212, KEYS + 218] as const

type Rows = Dataset<any, any>

const plans: Record<string, { of: (rows: Rows) => Rows; bounded?: true }> = {
  'detect as rows arrive': {
    of: rows => rows.detect('x', ewma({ warmup: 10 }), { by: ['key'], order: 'arrival', every: '1s' }),
  },
  'detect in order of time': {
    of: rows => rows.watermark('at', { outOfOrder: '5s' }).detect('x', ewma({ warmup: 10 }), { by: ['key'] }),
  },
  'detect in a pool': {
    of: rows =>
      rows
        .watermark('at', { outOfOrder: '5s' })
        .detect('x', fitted('normal', { pooled: true, warmup: 30 }), { by: ['key'] }),
  },
  'agg in windows': {
    of: rows =>
      rows.watermark('at', { outOfOrder: '5s' }).groupBy('key').window(tumbling('1h')).agg({ n: count() }),
  },
  distinct: { of: rows => rows.distinct('key') },
  'distinct with a ttl': {
    of: rows => rows.watermark('at', { outOfOrder: '5s' }).distinct('key', { ttl: '10s' }),
  },
  // Half of the keys and more are forgotten between snapshots, which gives the others new numbers.
  'distinct with a ttl, of keys that go': {
    of: rows => rows.watermark('at', { outOfOrder: '5s' }).distinct('key', 'at', { ttl: '100s' }),
  },
  'watermark of rows that were made': {
    of: rows =>
      rows
        .watermark('at', { outOfOrder: '5s' })
        .groupBy('key')
        .window(tumbling('10s'))
        .agg({ n: count() })
        .watermark('windowStart', { outOfOrder: '3s' })
        .groupBy('n')
        .window(tumbling('20s'))
        .agg({ keys: count() }),
  },
  'topN of rows that end': { of: rows => rows.topN(3, 'x', 'desc', { by: 'key' }), bounded: true },
}

describe('snapshots one after another', () => {
  for (const [name, { of, bounded = false }] of Object.entries(plans))
    it(`stand each for itself: ${name}`, { timeout: 60_000 }, async () => {
      const datasetOf = (scripts: Parameters<typeof scriptedSource>[1]) =>
        of(read.source(scriptedSource(schema, scripts, { bounded }), schema) as Rows)
      const whole = collectSink()
      await (await start([datasetOf([[{ rows: ROWS }]]).write(whole)], { shards: 0, batchRows: 100 })).done
      const expected = whole.rows()

      const resumed = STOPS.map(() => Promise.withResolvers<void>())
      const script = STOPS.flatMap((stop, i) => [
        { rows: ROWS.slice(i === 0 ? 0 : STOPS[i - 1]!, stop) },
        { until: resumed[i]!.promise },
      ])
      const sink = collectSink()
      const source = read.source(
        scriptedSource(schema, [[...script, { rows: ROWS.slice(STOPS.at(-1)!) }]], { bounded }),
        schema,
      ) as Rows
      const arrived = STOPS.map(stop => expectRows(stop))
      const job = await start([of(source).write(sink), ...arrived.map(arrival => source.write(arrival))], {
        shards: 1,
        batchRows: 500,
      })
      const taken: { snapshot: JobSnapshot; rows: readonly unknown[] }[] = []
      for (const [i, arrival] of arrived.entries()) {
        await arrival.reached
        taken.push({ snapshot: await job.snapshot(), rows: sink.rows() })
        resumed[i]!.resolve()
      }
      await job.done
      expect(sink.rows()).toEqual(expected)
      for (const { snapshot, rows: head } of taken) {
        const rest = collectSink()
        const again = read.source(scriptedSource(schema, [[{ rows: ROWS }]], { bounded }), schema) as Rows
        const goesOn = await start([of(again).write(rest), ...STOPS.map(() => again.write(expectRows(1)))], {
          shards: 2,
          batchRows: 700,
          restore: snapshot,
        })
        await goesOn.done
        expect([...head, ...rest.rows()]).toEqual(expected)
      }
    })
})
