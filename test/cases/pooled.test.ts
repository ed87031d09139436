import { describe, expect, it } from 'vitest'
import { fitted, read } from '../../src/index.ts'
import { HOUR_MS } from '../models/detectors/simulate.ts'

const columns = { at: 'timestamp[ms]', key: 'utf8', x: 'float64' } as const
const rows = Array.from({ length: 40 }, (_, i) => ({
  at: new Date(Math.floor(i / 4) * HOUR_MS),
  key: `k${i % 4}`,
  x: (i * 7) % 5,
}))
const pool = fitted('normal', { pooled: true, warmup: 10 })

describe('a pooled detector', () => {
  it('runs on one shard, and explain says so', async () => {
    const many = Array.from({ length: 100 }, () => rows).flat()
    const scored = read.rows(many, columns).watermark('at').detect('x', pool, { by: 'key' })
    const text = await scored.explain()
    expect(text).toMatch(/detect "x" with fitted, pooled over keys, at alpha 0.001 by "key"/)
    expect(text).not.toMatch(/not repeatable/)
  })

  it('has no order of arrival', () => {
    const input = read.rows(rows, columns).watermark('at')
    expect(() => input.detect('x', pool, { by: 'key', order: 'arrival' })).toThrow(
      expect.objectContaining({ code: 'DETECT_ORDER' }),
    )
  })

  it('scores a key by what others taught', async () => {
    const late = { at: new Date(12 * HOUR_MS), key: 'new', x: 60 }
    const scored = await read
      .rows([...rows, late], columns)
      .watermark('at')
      .detect('x', pool, { by: 'key' })
      .filter(r => r.anomaly)
      .select('key', 'x')
      .collect()
    expect(scored).toEqual([{ key: 'new', x: 60 }])
  })
})
