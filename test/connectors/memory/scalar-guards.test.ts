/** What is checked of one type is checked of every type like it, and of the columns that are read only. */

import * as arrow from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import { count, countWindow, read, sliding, tumbling } from '../../../src/index.ts'

const far = new arrow.Table({
  d: arrow.makeVector(arrow.makeData({ type: new arrow.DateDay(), data: Int32Array.of(2147483647, 0) })),
})

describe('dates that no Date holds', () => {
  it('are an error where rows are made, and days where times are bigints', async () => {
    await expect(read.arrow(far).collect()).rejects.toMatchObject({ code: 'DATE_RANGE' })
    expect(await read.arrow(far).collect({ timestamps: 'bigint' })).toEqual([
      { d: 2147483647n },
      { d: new Date(0) },
    ])
  })
})

describe('windows finer than the unit of event time', () => {
  const windows = async (times: bigint[], size: '500ms' | '1500ms' | '2s', type: string) => {
    const rows = await read
      .rows(
        times.map(t => ({ t })),
        { t: type as 'timestamp[s]' },
      )
      .watermark('t')
      .window(tumbling(size))
      .agg({ n: count() })
      .collect()
    return rows.map(row => [row.windowStart.getTime(), row.windowEnd.getTime(), row.n])
  }

  it('have bounds in milliseconds', async () => {
    expect(await windows([1n, 2n], '500ms', 'timestamp[s]')).toEqual([
      [1000, 1500, 1],
      [2000, 2500, 1],
    ])
    expect(await windows([0n, 1n, 2n], '1500ms', 'timestamp[s, Europe/Paris]')).toEqual([
      [0, 1500, 2],
      [1500, 3000, 1],
    ])
    expect(await windows([0n, 1n, 2n], '2s', 'timestamp[s]')).toEqual([
      [0, 2000, 2],
      [2000, 4000, 1],
    ])
  })

  it('are not those of a number of rows, or of days', async () => {
    const at = read
      .rows(
        [0n, 1n, 2n].map(t => ({ t })),
        { t: 'timestamp[s]' },
      )
      .watermark('t')
    const types = async (offset: string) => {
      const days = sliding('2 days', { every: '1 day', timeZone: 'Europe/Paris', offset: offset as '1s' })
      return (await at.window(days).agg({ n: count() }).schema()).map(({ type }) => type)
    }
    expect(await types('3s')).toEqual(['timestamp[s]', 'timestamp[s]', 'int53'])
    expect(await types('3500ms')).toEqual(['timestamp[ms]', 'timestamp[ms]', 'int53'])
    expect(
      await at
        .window(countWindow(2, { every: 1 }))
        .agg({ n: count() })
        .collect({ timestamps: 'bigint' }),
    ).toEqual([
      { windowStart: 0n, windowEnd: 1n, n: 2 },
      { windowStart: 1n, windowEnd: 2n, n: 2 },
    ])
  })
})

it('a schema over Arrow reads its columns, whatever the others are', async () => {
  const table = new arrow.Table({
    n: arrow.vectorFromArray([null, null], new arrow.Null()) as any,
    i: arrow.vectorFromArray([1, 2], new arrow.Int32()),
  })
  expect(await read.arrow(table, { i: 'int32' }).collect()).toEqual([{ i: 1 }, { i: 2 }])
  await expect(read.arrow(table).collect()).rejects.toMatchObject({ code: 'UNSUPPORTED_TYPE' })
})
