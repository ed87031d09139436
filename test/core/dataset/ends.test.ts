import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Batch } from '../../../src/core/batch/batch.ts'
import { batchFromRows } from '../../../src/core/batch/build.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { RowChannel } from '../../../src/core/dataset/row-channel.ts'
import { count, type Dataset, lit, memory, read, replay, start, tumbling } from '../../../src/index.ts'

const letters = read.rows(
  [
    { id: 1n, letter: 'a', at: new Date('2026-01-01T00:00:00.001Z') },
    { id: 2n, letter: 'b', at: new Date('2026-01-01T01:00:00.002Z') },
    { id: 3n, letter: null, at: new Date('2026-01-01T02:00:00.003Z') },
  ],
  { id: 'int64', letter: 'utf8', at: 'timestamp' },
)

/** A source that never ends and remembers whether it was closed. */
function counter() {
  const state = { given: 0, closed: false }
  async function* numbers() {
    try {
      for (;;) yield { n: state.given++ }
    } finally {
      state.closed = true
    }
  }
  return { state, dataset: read.iterable(numbers(), { n: 'int32' }) }
}

describe('the ends of data that ends', () => {
  it('collect gives all rows', async () => {
    expect(await letters.select('id', 'letter').collect()).toEqual([
      { id: 1n, letter: 'a' },
      { id: 2n, letter: 'b' },
      { id: 3n, letter: null },
    ])
  })

  it('collect gives every digit of timestamps on request', async () => {
    expect(await letters.select('at').limit(1).collect({ timestamps: 'bigint' })).toEqual([
      { at: 1_767_225_600_001_000n },
    ])
  })

  it('rows gives them one by one', async () => {
    const seen: unknown[] = []
    for await (const { id } of letters.rows()) seen.push(id)
    expect(seen).toEqual([1n, 2n, 3n])
  })

  it('count counts, also nothing', async () => {
    expect(await letters.count()).toBe(3)
    expect(await letters.filter(r => r.id.gt(5n)).count()).toBe(0)
  })

  it('toArrow and batches give the rows, and their schema without any', async () => {
    const table = await letters.toArrow()
    expect(table.numRows).toBe(3)
    expect(table.getChild('letter')!.toJSON()).toEqual(['a', 'b', null])
    const none = await letters.filter(() => lit(false)).toArrow()
    expect(none.numRows).toBe(0)
    expect(none.schema.names).toEqual(['id', 'letter', 'at'])
    let rows = 0
    for await (const batch of letters.batches({ batchRows: 2 })) rows += batch.numRows
    expect(rows).toBe(3)
  })

  it('the same dataset can be run again', async () => {
    const later = letters.filter(r => r.id.gt(1n))
    expect(await later.collect()).toEqual(await later.collect())
  })

  it('explain tells what runs', async () => {
    expect(await letters.filter(r => r.id.gt(1n)).explain()).toContain('filter id > 1')
  })

  describe('show', () => {
    afterEach(() => vi.restoreAllMocks())

    const printed = async (print: () => Promise<void>) => {
      const log = vi.spyOn(console, 'log').mockImplementation(() => {})
      await print()
      return log.mock.calls.flat().join('\n')
    }

    it('prints a table, and says when there is more', async () => {
      expect(await printed(() => letters.drop('at').show({ limit: 2 }))).toBe(
        ['id  letter', '──  ──────', ' 1  a', ' 2  b', '… and more rows'].join('\n'),
      )
    })

    it('prints all with a limit of Infinity', async () => {
      for (const limit of [Infinity, Number.MAX_SAFE_INTEGER]) {
        const text = await printed(() => letters.select('letter').show({ limit }))
        expect(text).toBe(['letter', '──────', 'a', 'b', 'null'].join('\n'))
        vi.restoreAllMocks()
      }
    })

    it('prints all of a short one', async () => {
      expect(await printed(() => letters.select('letter').show({ limit: 3 }))).toBe(
        ['letter', '──────', 'a', 'b', 'null'].join('\n'),
      )
    })
  })
})

describe('iteration', () => {
  it('of a stream that never ends can be left, and the source is closed', async () => {
    const { state, dataset } = counter()
    const seen: unknown[] = []
    for await (const { n } of dataset.filter(r => r.n.mod(2).eq(0))) {
      seen.push(n)
      if (seen.length === 3) break
    }
    expect(seen).toEqual([0, 2, 4])
    expect(state.closed).toBe(true)
  })

  it('reads no faster than rows are taken', async () => {
    const { state, dataset } = counter()
    const rows = dataset.batches({ batchRows: 10 })
    await rows.next()
    const before = state.given
    for (let turn = 0; turn < 200; turn++) await new Promise(resolve => setImmediate(resolve))
    const ahead = state.given
    for (let turn = 0; turn < 200; turn++) await new Promise(resolve => setImmediate(resolve))
    expect(state.given).toBe(ahead)
    expect(before).toBeLessThanOrEqual(ahead)
    await rows.return()
    expect(state.closed).toBe(true)
  })

  it('throws what the source throws', async () => {
    async function* broken() {
      yield { n: 1 }
      throw new Error('the line went dead')
    }
    const seen: unknown[] = []
    const failing = async () => {
      for await (const row of read.iterable(broken(), { n: 'int32' })) seen.push(row)
    }
    await expect(failing()).rejects.toThrow()
  })

  it('of a limited stream ends', async () => {
    const { state, dataset } = counter()
    expect(await dataset.limit(3).collect()).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }])
    expect(state.closed).toBe(true)
  })

  it('never started costs nothing', () => {
    const { state, dataset } = counter()
    dataset[Symbol.asyncIterator]()
    expect(state.given).toBe(0)
  })

  it('can be aborted from outside', async () => {
    const { state, dataset } = counter()
    const abort = new AbortController()
    const reading = async () => {
      for await (const _ of dataset.batches({ signal: abort.signal })) abort.abort()
    }
    await expect(reading()).rejects.toMatchObject({ code: 'ABORTED' })
    expect(state.closed).toBe(true)
  })
})

describe('one job, several sinks', () => {
  it('writes each dataset where it belongs, late rows too', async () => {
    const hourly = replay(letters, { time: 'at' }).watermark('at').window(tumbling('1h')).agg({ n: count() })
    const sinks = [memory(), memory(), memory()]
    const job = await start([
      hourly.write(sinks[0]!),
      hourly.filter(r => r.n.gt(1)).write(sinks[1]!),
      hourly.late().write(sinks[2]!),
    ])
    await job.done
    expect(sinks.map(sink => sink.rows().length)).toEqual([3, 0, 0])
    expect(sinks[0]!.rows()[0]).toEqual({
      windowStart: new Date('2026-01-01T00:00:00Z'),
      windowEnd: new Date('2026-01-01T01:00:00Z'),
      n: 1,
    })
  })

  it('the same windows come from the bounded dataset', async () => {
    const windows = (of: typeof letters | Dataset<any, 'unbounded'>) =>
      (of as typeof letters).watermark('at').window(tumbling('1h')).agg({ n: count() })
    const streamed: unknown[] = []
    for await (const row of windows(replay(letters, { time: 'at' }))) streamed.push(row)
    expect(await windows(letters).collect()).toEqual(streamed)
  })
})

describe('a channel', () => {
  const batchOf = (n: number): Batch =>
    batchFromRows([{ name: 'n', type: 'int32' }], [{ n }], heapArena, { split: 0, offset: 0 })

  it('holds the writer until the batch is taken', async () => {
    const channel = new RowChannel('test')
    const events: string[] = []
    const written = channel.write(batchOf(1)).then(() => events.push('written'))
    await new Promise(resolve => setImmediate(resolve))
    events.push('taking')
    expect((await channel.take())!.length).toBe(1)
    await written
    expect(events).toEqual(['taking', 'written'])
  })

  it('gives what waits before the end, but not after a failure', async () => {
    const ended = new RowChannel('test')
    void ended.write(batchOf(1))
    ended.settle({})
    expect(await ended.take()).toBeDefined()
    expect(await ended.take()).toBeUndefined()
    const failed = new RowChannel('test')
    void failed.write(batchOf(1))
    failed.settle({ error: new Error('no') })
    await expect(failed.take()).rejects.toThrow('no')
  })

  it('lets writers go once it drains', async () => {
    const channel = new RowChannel('test')
    const written = channel.write(batchOf(1))
    channel.drain()
    await written
    await channel.write(batchOf(2))
  })
})
