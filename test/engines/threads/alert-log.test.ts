import { expect, it } from 'vitest'
import { batchFromRows } from '../../../src/core/batch/build.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'
import { AlertLog } from '../../../src/engines/threads/alert-log.ts'
import type { ScoredColumns } from '../../../src/engines/threads/scored-rows.ts'

const schema = schemaFrom({
  at: 'timestamp[ms]',
  key: 'utf8',
  value: 'float64',
  expected: 'float64',
  score: 'float64',
  anomaly: 'bool',
})
const columns: ScoredColumns = {
  column: 'value',
  labels: [{ name: 'key', at: 1 }],
  ...{ time: 0, value: 2, expected: 3, lower: -1, upper: -1, score: 4, anomaly: 5, reason: -1 },
}

const batch = (
  count: number,
  row: (i: number) => { ms: number; key: string | null; anomaly: boolean | null },
) =>
  batchFromRows(
    schema,
    Array.from({ length: count }, (_, i) => {
      const { ms, key, anomaly } = row(i)
      return { at: new Date(ms), key, value: i, expected: null, score: 1, anomaly }
    }),
  )

it('keeps so many alerts, series and values, and no more', () => {
  const log = new AlertLog()
  for (let part = 0; part < 20; part++)
    log.see(
      batch(1000, i => ({ ms: part * 1000 + i, key: `k${i % 1000}`, anomaly: i % 10 === 0 })),
      'sink',
      [columns],
    )
  expect(log.alerts).toHaveLength(100)
  expect(log.alerts[0]).toMatchObject({
    number: 2000,
    series: 'value key=k990',
    timeMs: 19_990,
    sink: 'sink',
  })
  // A thousand keys: the first have their place, and those with alerts take some of them.
  expect(log.pointsOf('value key=k511')).toHaveLength(20)
  expect(log.pointsOf('value key=k990')).toHaveLength(20)
  expect(log.pointsOf('value key=k999')).toHaveLength(0)
  log.see(
    batch(500, i => ({ ms: 100_000 + i, key: 'k990', anomaly: false })),
    'sink',
    [columns],
  )
  const points = log.pointsOf('value key=k990')
  expect(points).toHaveLength(168)
  expect(points[0]).toEqual({
    timeMs: 100_332,
    value: 332,
    expected: null,
    lower: null,
    upper: null,
    anomaly: false,
  })
})

it('takes what two sinks get once, null for a null, and no null for an anomaly', () => {
  const log = new AlertLog()
  const rows = batch(3, i => ({ ms: i, key: i === 2 ? null : 'a', anomaly: i === 0 ? null : true }))
  log.see(rows, 'first', [columns])
  log.see(rows, 'second', [columns])
  expect(log.alerts.map(({ series, sink, timeMs }) => [series, sink, timeMs])).toEqual([
    ['value key=null', 'first', 2],
    ['value key=a', 'first', 1],
  ])
  expect(log.pointsOf('value key=a')).toHaveLength(2)
})

it('calls every row an alert where others have been filtered out', () => {
  const log = new AlertLog()
  log.see(
    batch(2, i => ({ ms: i, key: 'a', anomaly: false })),
    'alerts',
    [{ ...columns, anomaly: -1 }],
  )
  expect(log.alerts).toHaveLength(2)
})

it('keeps short names of long keys, each its own', () => {
  const log = new AlertLog()
  const key = (i: number) => `${'😀'.repeat(50_000)}${i}`
  log.see(
    batch(3, i => ({ ms: i, key: key(i), anomaly: true })),
    'sink',
    [columns],
  )
  const names = log.alerts.map(({ series }) => series)
  expect(new Set(names).size).toBe(3)
  for (const name of names) {
    expect([name.length <= 200, name.isWellFormed(), log.pointsOf(name).length]).toEqual([true, true, 1])
  }
})
