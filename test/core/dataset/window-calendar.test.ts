import { expect, it } from 'vitest'
import { count, read, tumbling } from '../../../src/index.ts'

it('days of a time zone, of 23 hours when clocks are put forward', async () => {
  const hours = Array.from({ length: 72 }, (_, h) => ({ at: new Date(Date.UTC(2024, 2, 30, h - 1)) }))
  const days = await read
    .rows(hours, { at: 'timestamp' })
    .watermark('at')
    .window(tumbling('1 day', { timeZone: 'Europe/Paris' }))
    .agg({ n: count() })
    .collect()
  expect(days.map(({ n }) => n)).toEqual([24, 23, 24, 1])
})
