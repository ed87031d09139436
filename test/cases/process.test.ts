/** `process`: functions of rows and timers with state, through the matrix. */

import { describe, expect, it } from 'vitest'
import { memory, read, start } from '../../src/index.ts'
import { manualClock, script } from '../../src/testing.ts'
import { verbCase } from './verb-case.ts'

const url = import.meta.resolve('./process-functions.ts')
const at = (second: number) => new Date(second * 1000)
const reading = (second: number, sensor: string | null, value: number | null) => ({
  at: at(second),
  sensor,
  value,
})
const schema = { at: 'timestamp[ms]', sensor: 'utf8', value: 'int32' } as const
const out = {
  sensor: 'utf8',
  at: 'timestamp[ms]',
  n: 'int32',
  values: 'utf8',
  odd: 'int32',
  threshold: 'int32',
} as const
const made = (
  second: number,
  sensor: string | null,
  n: number,
  values: string | null,
  odd: number | null,
  threshold: number | null = null,
) => ({
  ...{ sensor, at: at(second), n, values, odd, threshold },
})

const rows = [
  reading(1, 'a', 5),
  reading(3, 'b', 2),
  reading(2, 'a', 95),
  reading(2, null, 1),
  reading(9, 'a', null),
  reading(30, 'b', 7),
  reading(28, 'b', 4),
]
const expected = [
  made(1, 'a', 1, '5', 5),
  made(2, 'a', 2, '5,95', 100),
  made(2, null, 1, '1', 1),
  made(3, 'b', 1, '2', 0),
  made(9, 'a', 3, '5,95,', 100),
  made(12, null, -1, null, null),
  made(13, 'b', -1, null, null),
  made(19, 'a', -3, null, null),
  made(28, 'b', 1, '4', 0),
  made(30, 'b', 2, '4,7', 7),
  made(40, 'b', -2, null, null),
]

verbCase('process keeps state by key, and fires timers between rows', {
  schema,
  rows,
  query: readings =>
    readings
      .watermark('at', { outOfOrder: '5s' })
      .process(url, 'readings', { by: 'sensor', out, side: { high: { sensor: 'utf8', value: 'int32' } } }),
  expect: expected,
})

verbCase('a side output of process', {
  schema,
  rows,
  query: readings =>
    readings
      .watermark('at', { outOfOrder: '5s' })
      .process(url, 'readings', { by: 'sensor', out, side: { high: { sensor: 'utf8', value: 'int32' } } })
      .side('high'),
  expect: [{ sensor: 'a', value: 95 }],
})

const thresholdOf = ({ sensor, at }: { sensor: string | null; at: Date }): number | null => {
  if (sensor === 'a') return at.getTime() >= 4_000 ? 91 : at.getTime() >= 2_000 ? 90 : null
  return sensor === 'b' && at.getTime() >= 29_000 ? 5 : null
}

verbCase('rows that are broadcast to process, in order of event time', {
  inputs: [
    { schema, rows },
    {
      schema: { since: 'timestamp[ms]', sensor: 'utf8', threshold: 'int32' },
      rows: [
        { since: at(2), sensor: 'a', threshold: 90 },
        { since: at(29), sensor: 'b', threshold: 5 },
        { since: at(4), sensor: 'a', threshold: 91 },
      ],
    },
  ],
  query: (readings, thresholds) =>
    readings.watermark('at', { outOfOrder: '5s' }).process(url, 'readings', {
      by: 'sensor',
      out,
      side: { high: { sensor: 'utf8', value: 'int32' } },
      broadcast: thresholds.watermark('since', { outOfOrder: '30s' }),
    }),
  expect: expected.map(row => ({ ...row, threshold: row.n > 0 ? thresholdOf(row) : null })),
  ordered: false,
})

verbCase('timers that set themselves again end with the data; a ttl forgets silent keys with theirs', {
  schema,
  rows: [reading(0, 'a', 1), reading(17, 'b', 1), reading(40, 'b', 1)],
  query: readings =>
    readings
      .watermark('at')
      .process(url, 'ticking', { by: 'sensor', ttl: '20s', out: { sensor: 'utf8', at: 'timestamp[ms]' } }),
  expect: [
    ...[5, 10, 15, 20].map(second => ({ sensor: 'a', at: at(second) })),
    ...[22, 27, 32, 37].map(second => ({ sensor: 'b', at: at(second) })),
    { sensor: 'b', at: at(45) },
  ],
})

describe('what goes wrong', () => {
  const run = (name: string, options: object = {}) =>
    read
      .rows([reading(1, 'a\u202e', 3)], schema)
      .watermark('at')
      .process(url, name, { by: 'sensor', out: { sensor: 'utf8' }, ...options } as any)
      .collect({ shards: 1 })
  it.each([
    [
      'throwing',
      'FUNCTION_FAILED',
      /throwing of process-functions.ts threw RangeError: three is\\ntoo much at .*process-functions.ts:\d+/,
    ],
    ['misspelt', 'FUNCTION_RESULT', /"sensr"/],
    ['promising', 'FUNCTION_FAILED', /promise/],
    ['notOne', 'FUNCTION_EXPORT', /not a process function.* but a number/],
  ])('%s: %s', async (name, code, message) => {
    await expect(run(name)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })
  it('is said when the plan is built', () => {
    const rows = read.rows([reading(1, 'a', 3)], schema)
    const refused = (options: any, code: string) =>
      expect(() => rows.watermark('at').process(url, 'readings', options)).toThrow(
        expect.objectContaining({ code }),
      )
    refused({ out: {} }, 'NO_COLUMNS')
    refused({ out, side: { out } }, 'OPTION')
    refused({ out, by: 'sensr' }, 'UNKNOWN_COLUMN')
    refused({ out, order: 'any' }, 'OPTION')
    expect(() => rows.process(url, 'readings', { out })).toThrow(
      expect.objectContaining({ code: 'NO_EVENT_TIME' }),
    )
    const processed = rows
      .watermark('at')
      .process(url, 'readings', { out, side: { high: { sensor: 'utf8' } } })
    expect(() => processed.side('low' as 'high')).toThrow(expect.objectContaining({ code: 'PROCESS_SIDE' }))
  })
  it('a snapshot says what it cannot keep', async () => {
    const rows = script(
      schema,
      [{ rows: [reading(1, 'a', 3), reading(2, 'a', 3)] }, { until: new Promise(() => {}) }],
      { bounded: false },
    )
    const job = await start(
      rows
        .watermark('at')
        .process(url, 'keeping', { out: { sensor: 'utf8' } })
        .write(memory()),
      { shards: 1 },
    )
    while (job.progress.rowsIn < 2) await new Promise(resolve => setImmediate(resolve))
    await expect(job.snapshot()).rejects.toMatchObject({ code: 'STATE_VALUE' })
    await expect(job.done).rejects.toMatchObject({ code: 'STATE_VALUE' })
  })
})

it('clock timers fire by the clock, and a clockLog repeats them', async () => {
  const clock = manualClock(at(100))
  const key = { key: 'utf8' } as const
  const options = {
    by: 'key',
    order: 'arrival',
    clock: '1s',
    out: { key: 'utf8', at: 'timestamp[ms]' },
  } as const
  const clockUrl = import.meta.resolve('./clock-function.ts')
  const steps = [
    { rows: [{ key: 'a' }] },
    { until: () => clock.advance('3s') },
    { rows: [{ key: 'b' }] },
    { until: () => clock.advance('20s') },
  ]
  const live = memory()
  const job = await start(
    script(key, steps, { bounded: false }).process(clockUrl, 'after5s', options).write(live),
    { clock, shards: 2 },
  )
  await job.done
  expect(live.rows()).toEqual([
    { key: 'a', at: at(105) },
    { key: 'b', at: at(108) },
  ])
  const again = memory()
  const rows = script(key, [{ rows: [{ key: 'a' }, { key: 'b' }] }], { bounded: false })
  await (
    await start(rows.process(clockUrl, 'after5s', options).write(again), {
      clockLog: job.clockLog,
      shards: 1,
    })
  ).done
  expect(again.rows()).toEqual(live.rows())
})
