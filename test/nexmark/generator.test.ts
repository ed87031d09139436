/** The streams of Nexmark: the columns are those rows, whatever is read of them, and they are as the benchmark says. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Kind, nexmarkConfig } from '../../bench/nexmark/generator/config.ts'
import { PremadeRows, streams } from '../../bench/nexmark/generator/index.ts'
import { TablePlaces } from '../../bench/nexmark/generator/places.ts'
import { type Bid, EventMaker, eventsOf } from '../../bench/nexmark/generator/rows.ts'
import { makeRows } from '../../bench/nexmark/generator/source.ts'
import { SCHEMAS } from '../../bench/nexmark/generator/tables.ts'
import { rowsOf } from '../../src/core/batch/rows.ts'
import { heapArena } from '../../src/core/batch/slab.ts'
import { schemaFrom } from '../../src/core/types/schema.ts'
import { memory } from '../../src/index.ts'

const KINDS = ['persons', 'auctions', 'bids'] as const
type Given = Parameters<typeof nexmarkConfig>[0]

/** The rows of one split, as the definition has them. */
const expected = (kind: Kind, split: number, config: Given): unknown[] =>
  [...eventsOf(nexmarkConfig(config))]
    .filter(event => event.kind === kind && event.split === split)
    .map(({ row }) => row)

const configs = fc.record({
  events: fc.constantFrom(600, 1200),
  seed: fc.constantFrom(1, -7),
  group: fc.constantFrom(1, 50, 150, 200),
  splits: fc.integer({ min: 1, max: 4 }),
  eventsPerSecond: fc.constantFrom(0.3, 500, 100_000, 10_000_000),
  text: fc.constantFrom('codes' as const, 'plain' as const),
})

describe('the events of Nexmark', () => {
  it('are the same in columns, from any row of any split, in batches of any size', () => {
    fc.assert(
      fc.property(
        configs,
        fc.constantFrom(...KINDS),
        fc.nat(3),
        fc.nat(),
        fc.nat(),
        (given, kind, s, a, b) => {
          const config = nexmarkConfig(given)
          const split = s % config.splits
          const places = new TablePlaces(kind, config)
          const rows = expected(kind, split, config)
          expect(places.rowsOf(split)).toBe(rows.length)
          if (rows.length === 0) return
          const start = a % rows.length
          const count = 1 + (b % (rows.length - start))
          const batch = makeRows(
            { kind, config, places },
            split,
            start,
            count,
            schemaFrom(SCHEMAS[kind]),
            heapArena,
          )
          expect(batch.position).toEqual({ split, offset: start })
          expect(rowsOf(batch)).toEqual(rows.slice(start, start + count))
        },
      ),
      { numRuns: 25 },
    )
  })

  it('come whole through a job, made before or as it runs', async () => {
    const config = nexmarkConfig({ events: 600, group: 150, splits: 2 })
    const all = [0, 1].flatMap(split => expected('bids', split, config)) as Bid[]
    const text = (row: Bid) => `${row.auction} ${row.price} ${row.extra} ${row.channel}`
    for (const made of [undefined, new PremadeRows(config)]) {
      for (const bounded of [true, false]) {
        const { bids } = streams(config, { bounded, ...(made && { made }) })
        const query = bids.select('auction', 'price', 'extra', 'channel')
        await query.explain({ batchRows: 70 })
        made?.make()
        const sink = memory()
        const job = await query.write(sink).start({ batchRows: 70, shards: 0 })
        await job.done
        expect((sink.rows() as unknown as Bid[]).map(text).sort()).toEqual(all.map(text).sort())
      }
    }
  })

  it('do not depend on those before them', () => {
    const config = nexmarkConfig({ events: 5000 })
    const all = [...eventsOf(config)]
    for (const n of [0, 1, 3, 4, 49, 50, 777, 4999]) {
      const { kind, row } = new EventMaker(config).event(n)
      expect(all[n]).toMatchObject({ kind, row })
    }
    expect(new EventMaker(nexmarkConfig({ seed: 2 })).event(4)).not.toEqual(all[4])
  })

  it('are out of order within groups only, and all are there', () => {
    const config = nexmarkConfig({ events: 2000, group: 1000 })
    const times = [...eventsOf(config)].map(({ row }) => row.dateTime.getTime())
    const inOrder = [...eventsOf({ ...config, group: 1 })].map(({ row }) => row.dateTime.getTime())
    expect(times).not.toEqual(inOrder)
    for (const half of [0, 1000]) {
      const group = times.slice(half, half + 1000)
      expect(group.sort((a, b) => a - b)).toEqual(inOrder.slice(half, half + 1000))
    }
  })

  it('have the shares of the benchmark', () => {
    const config = nexmarkConfig({ events: 25_000 })
    const events = [...eventsOf(config)]
    const of = <K extends Kind>(kind: K) =>
      events.flatMap((event, n) => (event.kind === kind ? [{ n, row: event.row as any }] : []))
    const [persons, auctions, bids] = [of('persons'), of('auctions'), of('bids')]
    expect([persons.length, auctions.length, bids.length]).toEqual([500, 1500, 23_000])
    expect(persons.map(({ row }) => row.id)).toEqual(persons.map((_, i) => 1000 + i))
    expect(auctions.map(({ row }) => row.id)).toEqual(auctions.map((_, i) => 1000 + i))
    const share = (rows: readonly { n: number; row: any }[], test: (row: any, n: number) => boolean) =>
      rows.filter(({ row, n }) => test(row, n)).length / rows.length
    const hotPerson = (n: number) => 1000 + Math.floor(n / 5000) * 100
    // Some that are not hot happen to draw the same.
    expect(share(auctions, ({ seller }, n) => seller === hotPerson(n))).toBeCloseTo(0.75, 1)
    expect(share(bids, ({ bidder }, n) => bidder === hotPerson(n) + 1)).toBeCloseTo(0.75, 1)
    const lastAuction = (n: number) => Math.floor(n / 50) * 3 + 2
    const hotAuction = (n: number) => 1000 + Math.floor(lastAuction(n) / 100) * 100
    expect(share(bids, ({ auction }, n) => auction === hotAuction(n))).toBeCloseTo(0.5, 1)
    const cold = bids.filter(({ row, n }) => row.auction !== hotAuction(n) && n > 2000)
    const ahead = cold.map(({ row, n }) => row.auction - 1000 - lastAuction(n))
    expect([Math.min(...ahead), Math.max(...ahead)]).toEqual([-100, 10])
    expect(share(bids, ({ channel }) => !channel.startsWith('channel-'))).toBeCloseTo(0.5, 1)
    const others = bids.filter(({ row }) => row.channel.startsWith('channel-'))
    expect(share(others, ({ url }) => url.includes('channel_id='))).toBeCloseTo(0.9, 1)
    expect(share(bids, ({ price }) => price < 10_000)).toBeCloseTo(1 / 3, 1)
    expect(Math.min(...bids.map(({ row }) => row.price))).toBeGreaterThanOrEqual(100)
    expect(new Set(auctions.map(({ row }) => row.category)).size).toBe(5)
    for (const { row } of auctions) {
      expect(row.reserve).toBeGreaterThan(row.initialBid)
      const lifeMs = row.expires.getTime() - row.dateTime.getTime()
      expect(lifeMs > 0 && lifeMs <= 6664).toBe(true)
    }
    const meanSize = (rows: readonly { row: any }[], size: (row: any) => number) =>
      rows.reduce((sum, { row }) => sum + size(row), 0) / rows.length
    const textSize = (row: any) =>
      Object.values(row)
        .filter(v => typeof v === 'string')
        .join('').length
    expect(Math.round(meanSize(persons, row => 8 + textSize(row)) / 10)).toBe(20)
    expect(Math.round(meanSize(auctions, row => 8 + 5 * 8 + textSize(row)) / 10)).toBe(50)
    expect(Math.round(meanSize(bids, ({ extra }) => 4 * 8 + extra.length) / 10)).toBe(10)
  })
})
