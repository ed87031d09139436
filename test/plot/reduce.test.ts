import fc from 'fast-check'
import { expect, it } from 'vitest'
import { niceStep, numberAxis, timeAxis } from '../../src/plot/axes.ts'
import type { Point } from '../../src/plot/chart.ts'
import { reduced } from '../../src/plot/reduce.ts'
import { ticksOf } from '../../src/plot/render/layout.ts'

const PIXELS = 40

it('fewer points have the ends, the extremes of every column of pixels, and whole columns of gaps', () => {
  const value = fc.option(fc.integer({ min: -1000, max: 1000 }), { nil: null, freq: 4 })
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 2000 }), fc.boolean(), (ys, longGap) => {
      const points = ys.map((y, x): Point => [x, longGap && x > 400 && x < 700 ? null : y])
      const kept = reduced(points, 0, points.length - 1, PIXELS)
      if (points.length <= 4 * PIXELS) {
        expect(kept).toBe(points)
        return
      }
      expect(kept.length).toBeLessThanOrEqual(4 * PIXELS)
      const columns = (of: readonly Point[]) => {
        const found = new Map<number, { min: number; max: number; first: number; last: number } | null>()
        for (const [x, y] of of) {
          const column = Math.min(PIXELS - 1, Math.floor((x / (points.length - 1)) * PIXELS))
          const has = found.get(column)
          if (y === null) found.set(column, has ?? null)
          else if (has)
            found.set(column, { ...has, min: Math.min(has.min, y), max: Math.max(has.max, y), last: y })
          else found.set(column, { min: y, max: y, first: y, last: y })
        }
        return found
      }
      expect(columns(kept)).toEqual(columns(points))
      expect(kept.map(([x]) => x)).toEqual(kept.map(([x]) => x).sort((a, b) => a - b))
    }),
  )
})

it('axes of numbers hold all values, between round ends, with a legible number of ticks', () => {
  const double = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e200, max: 1e200 })
  fc.assert(
    fc.property(double, double, fc.integer({ min: 1, max: 12 }), fc.boolean(), (a, b, steps, zero) => {
      const [min, max] = [Math.min(a, b), Math.max(a, b)]
      const axis = numberAxis({ min, max }, { title: '', steps, zero })
      const slack = Math.max(axis.max, -axis.min) * 1e-9
      expect(axis.min).toBeLessThanOrEqual(min + slack)
      expect(axis.max).toBeGreaterThanOrEqual(max - slack)
      expect(axis.max).toBeGreaterThan(axis.min)
      if (zero) expect(axis.min * axis.max).toBeLessThanOrEqual(0)
      const ticks = ticksOf(axis)
      expect(ticks.length).toBeLessThanOrEqual(steps + 3)
      for (const tick of ticks) expect(Number.isFinite(tick)).toBe(true)
    }),
  )
})

it('steps are 1, 2, 2.5 or 5 times a power of ten', () => {
  for (const rough of [1e-12, 0.0003, 0.9, 1, 1.01, 2.2, 2.6, 4, 7, 999, 1e15]) {
    const step = niceStep(rough)
    expect(step).toBeGreaterThanOrEqual(rough * (1 - 1e-9))
    expect(step).toBeLessThanOrEqual(rough * 2.5)
    expect(String(step).replace(/e.*|[.0]/g, '')).toMatch(/^(1|2|25|5)$/)
  }
})

it.each([
  ['2024-01-01T00:00:00Z', '2024-01-01T00:00:10Z', 8, '2024-01-01T00:00:02.000Z'],
  ['2024-01-01T00:10:00Z', '2024-01-01T09:00:00Z', 6, '2024-01-01T04:00:00.000Z'],
  ['2024-01-03T00:00:00Z', '2024-02-20T00:00:00Z', 8, '2024-01-15T00:00:00.000Z'],
  ['2019-03-10T00:00:00Z', '2021-02-01T00:00:00Z', 8, '2019-07-01T00:00:00.000Z'],
  ['1890-01-01T00:00:00Z', '2024-01-01T00:00:00Z', 8, '1920-01-01T00:00:00.000Z'],
])('ticks of times from %s to %s lie where the calendar has its parts', (from, to, most, second) => {
  const { ticks } = timeAxis({ min: Date.parse(from), max: Date.parse(to) }, '', most)
  expect(ticks!.length).toBeGreaterThan(2)
  expect(ticks!.length).toBeLessThanOrEqual(most + 1)
  expect(ticks!.map(at => new Date(at).toISOString())).toContain(second)
})
