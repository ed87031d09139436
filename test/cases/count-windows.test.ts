/** Windows of a number of rows, against their definition: the rows of a key in order, cut into windows. */

import { describe, expect, it } from 'vitest'
import { count, countWindow, first, last, read, sum, tumbling } from '../../src/index.ts'
import { verbCase } from './verb-case.ts'

const schema = { at: 'timestamp[us]', key: 'utf8', x: 'int32' } as const

type Row = { readonly at: bigint; readonly key: string | null; readonly x: number }

// In μs, around 1970, several at one time; steps back within the allowance of 1 ms, and one of 2.5 ms.
const times = [
  -4000, -4000, -3999, -3200, -3900, -2500, -2501, -1000, -1700, -1000, 0, 250, 3, 900, 1800, -700, 1000,
  1000, 2900, 2950, 2999, 5000, 4100, 4999, 6000,
]
const rows: Row[] = times.map((at, x) => ({ at: BigInt(at), key: x % 6 === 4 ? null : x % 3 ? 'a' : 'b', x }))

const msOf = (us: bigint): number => Math.floor(Number(us) / 1000)

let latest = Number.NEGATIVE_INFINITY
const late = rows.filter(({ at }) => {
  const passed = latest - 1
  latest = Math.max(latest, msOf(at))
  return msOf(at) < passed
})
const timely = rows.filter(row => !late.includes(row))

const inOrder = (rows: readonly Row[]): Row[] => [...rows].sort((a, b) => Number(a.at - b.at) || a.x - b.x)

/** The windows of rows that are in order, in the order of their last rows. */
function windows(rows: readonly Row[], size: number, every: number) {
  const byKey = Map.groupBy(rows, ({ key }) => key)
  const all = [...byKey.values()].flatMap(own =>
    own.flatMap((_, start) =>
      start % every === 0 && start + size <= own.length ? [own.slice(start, start + size)] : [],
    ),
  )
  const place = new Map(rows.map((row, i) => [row, i]))
  return all.sort((a, b) => place.get(a.at(-1)!)! - place.get(b.at(-1)!)!)
}

const asDate = (us: bigint): Date => new Date(msOf(us))

const summed = (of: readonly Row[]) => ({
  n: of.length,
  total: of.reduce((total, { x }) => total + x, 0),
  first: of[0]!.x,
  last: of.at(-1)!.x,
})
const aggregates = { n: count(), total: sum('x'), first: first('x'), last: last('x') } as const

const timed = (rows: readonly Row[]) =>
  windows(inOrder(rows), 3, 2).map(of => ({
    key: of[0]!.key,
    windowStart: asDate(of[0]!.at),
    windowEnd: asDate(of.at(-1)!.at),
    ...summed(of),
  }))

describe('countWindow', () => {
  it('has late rows and windows to tell of', () => {
    expect(late.length).toBeGreaterThan(0)
    expect(timed(timely).length).toBeGreaterThan(5)
    expect(timed(timely)).not.toEqual(timed(rows))
  })

  it('gives bounds to the last digit', async () => {
    const pairs = read.rows(rows, schema).watermark('at').window(countWindow(25)).agg({ n: count() })
    expect(await pairs.collect({ timestamps: 'bigint' })).toEqual([
      { windowStart: -4000n, windowEnd: 6000n, n: 25 },
    ])
    const two = read.rows(rows, schema).watermark('at').window(countWindow(2)).agg({ n: count() }).limit(2)
    expect((await two.collect({ timestamps: 'bigint' }))[1]).toMatchObject({
      windowStart: -3999n,
      windowEnd: -3900n,
    })
  })

  it('refuses what it cannot do', () => {
    const data = read.rows(rows, schema).watermark('at')
    expect(() => countWindow(0)).toThrow(expect.objectContaining({ code: 'WINDOW_SIZE' }))
    expect(() => countWindow(2.5)).toThrow(expect.objectContaining({ code: 'WINDOW_SIZE' }))
    expect(() => countWindow(2, { every: 3 })).toThrow(expect.objectContaining({ code: 'WINDOW_SIZE' }))
    expect(() => data.window(countWindow(2), { emit: 'onChange' }).agg({ n: count() })).toThrow(
      expect.objectContaining({ code: 'EMIT' }),
    )
    expect(() => data.window(countWindow(2), { allowedLateness: '1s' }).agg({ n: count() })).toThrow(
      expect.objectContaining({ code: 'EMIT' }),
    )
  })
})

verbCase('windows of three rows, every two, in order of event time', {
  schema,
  rows,
  query: d =>
    d
      .watermark('at', { outOfOrder: '1ms' })
      .groupBy('key')
      .window(countWindow(3, { every: 2 }))
      .agg(aggregates),
  expect: timed(rows),
  unbounded: timed(timely),
})

const firsts = windows(
  rows.map(row => ({ ...row, key: '' })),
  4,
  4,
).map(([first]) => ({ x: first!.x }))

verbCase('windows of rows without event time, in the order of rows; and late rows of those with it', {
  schema,
  rows,
  query: d => {
    const counted = d.window(countWindow(4)).agg({ x: first('x') })
    const pairs = d.watermark('at', { outOfOrder: '1ms' }).window(countWindow(2)).agg(aggregates)
    return counted.select('x').union(pairs.late().select('x'))
  },
  expect: firsts,
  unbounded: [...firsts, ...late.map(({ x }) => ({ x }))],
  ordered: false,
})

verbCase('windows of time over windows of rows', {
  schema,
  rows,
  query: d =>
    d
      .watermark('at', { outOfOrder: '1ms' })
      .groupBy('key')
      .window(countWindow(3, { every: 2 }))
      .agg(aggregates)
      .window(tumbling('2ms'))
      .agg({ windows: count(), last: last('total') }),
  expect: 'same',
  unbounded: overTime(timed(timely)),
})

function overTime(given: ReturnType<typeof timed>) {
  const start = ({ windowEnd }: { windowEnd: Date }) => Math.floor(windowEnd.getTime() / 2) * 2
  return [...Map.groupBy(given, start)].map(([ms, of]) => ({
    windowStart: new Date(ms),
    windowEnd: new Date(ms + 2),
    windows: of.length,
    last: of.at(-1)!.total,
  }))
}
