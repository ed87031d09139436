import { describe, expect, it } from 'vitest'
import type { Sink, SinkContext } from '../../../src/core/connector.ts'
import { count, type Dataset, read, start } from '../../../src/index.ts'

interface Told extends Sink {
  readonly context: SinkContext | undefined
}

/** A sink of a user's that keeps what it was told. */
function sinkThat(accepts: Sink['accepts'], keys?: readonly string[]): Told {
  let context: SinkContext | undefined
  return {
    label: 'shop',
    guarantee: 'at-most-once',
    ...(accepts ? { accepts } : {}),
    ...(keys ? { keys } : {}),
    get context() {
      return context
    },
    async open(_schema, told) {
      context = told
    },
    async begin() {},
    async write() {},
    async commit() {},
    async abort() {},
    async close() {},
  }
}

async function* noBids() {}

const bids = () =>
  read.iterable(noBids(), { item: 'utf8', bidder: 'utf8', amount: 'int32' }) as Dataset<any, 'unbounded'>
const best = () => bids().topN(1, 'amount', 'desc', { by: 'item' })

/** What a sink is told of a dataset's rows. */
async function told(dataset: Dataset<any, any>, keys?: readonly string[]) {
  const sink = sinkThat('upsert', keys)
  const job = await start(dataset.write(sink))
  await job.done
  const { job: _, ...context } = sink.context!
  return context
}

describe('the keys that an upsert sink is told', () => {
  it.each<[string, () => Dataset<any, any>, readonly string[] | undefined]>([
    ['topN(1) has those it ranks by', best, ['item']],
    ['topN(1) of all rows has none: there is one row', () => bids().topN(1, 'amount'), []],
    [
      'topN(2) has those of its input',
      () => bids().distinct('item', 'amount').topN(2, 'amount'),
      ['item', 'amount'],
    ],
    [
      'distinct has its columns',
      () =>
        bids()
          .distinct('item')
          .filter(r => r.item.ne('x')),
      ['item'],
    ],
    ['names follow', () => best().rename({ item: 'thing' }).drop('bidder'), ['thing']],
    [
      'an aggregation has its keys',
      () =>
        read
          .rows([{ k: 1, x: 1 }])
          .groupBy('k')
          .agg({ n: count() }),
      ['k'],
    ],
  ])('%s', async (_name, dataset, keys) => {
    expect((await told(dataset())).keys).toEqual(keys)
  })

  it.each<[string, () => Dataset<any, any>]>([
    ['a column that is computed anew is no key', () => best().with({ item: r => r.item.lower() })],
    ['nor one that is gone', () => best().drop('item')],
    ['a union has rows of several', () => best().union(best())],
  ])('%s', async (_name, dataset) => {
    await expect(told(dataset())).rejects.toMatchObject({
      code: 'SINK_KEYS',
      message: expect.stringContaining('topN'),
    })
  })

  it('parts of a text are several rows', async () => {
    expect((await told(bids().distinct('item').explode('item'))).keys).toBeUndefined()
  })

  it('its own keys go before those of the plan', async () => {
    expect(await told(best(), ['item', 'bidder'])).toEqual({ rows: 'changes', keys: ['item', 'bidder'] })
    expect(await told(bids(), ['bidder'])).toEqual({ rows: 'append', keys: ['bidder'] })
    expect(await told(best().drop('item'), ['bidder'])).toEqual({ rows: 'changes', keys: ['bidder'] })
  })
})

describe('a mismatch is an error of the plan', () => {
  it('that names the verb and the remedies, where rows must stay', async () => {
    await expect(
      start(
        best()
          .filter(r => r.amount.gt(1))
          .write(sinkThat(undefined)),
      ),
    ).rejects.toMatchObject({
      name: 'PlanError',
      code: 'SINK_CHANGES',
      message: expect.stringMatching(/^topN over data that does not end .* shop takes only rows that stay/),
      hint: expect.stringContaining('memory()'),
    })
  })

  it('that names the missing keys, where two rows may share those of the sink', async () => {
    await expect(told(bids().distinct('item', 'bidder'), ['item'])).resolves.toBeDefined()
    const pairs = bids().topN(3, 'amount', 'asc', { by: 'item' }).distinct('item', 'bidder')
    await expect(told(pairs, ['item'])).rejects.toMatchObject({
      code: 'SINK_KEYS',
      message: expect.stringMatching(/one row of each "item".* one of each "item", "bidder"/),
      hint: expect.stringContaining('add "bidder"'),
    })
  })

  it('and so are keys that are no columns', async () => {
    await expect(told(best(), ['thing'])).rejects.toMatchObject({ code: 'UNKNOWN_COLUMN' })
  })
})
