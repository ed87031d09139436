import { describe, expect, it } from 'vitest'
import { HourOfDayScale } from '../../../src/models/detectors/auto/hour-of-day-scale.ts'
import { LocalVolatility } from '../../../src/models/detectors/auto/local-volatility.ts'
import { gaussian, HOUR_MS, START_MS, seeded, stateFor } from './simulate.ts'

/** A part of a detector with the state of one key. */
function bound<T extends { layout: object; bind(state: never): void }>(part: T): T {
  part.bind(stateFor(part as never, 1) as never)
  return part
}

describe('hourOfDayScale', () => {
  const learned = (spread: (hour: number) => number, days: number) => {
    const u = seeded(1)
    const sizes = bound(new HourOfDayScale(HOUR_MS))
    for (let i = 0; i < 24 * days; i++) {
      sizes.at(0, START_MS + i * HOUR_MS)
      sizes.learn(spread(i % 24) * gaussian(u), 1)
    }
    return Array.from({ length: 24 }, (_, hour) => sizes.at(0, START_MS + hour * HOUR_MS))
  }

  it('is 1 where hours do not differ', () => {
    expect(learned(() => 1, 60)).toEqual(new Array(24).fill(1))
  })

  it('is near the sizes of hours that do', () => {
    const spread = (hour: number) => (hour < 12 ? 0.5 : 1.5)
    learned(spread, 60).forEach((size, hour) => {
      expect(Math.abs(size / spread(hour) - 1)).toBeLessThan(0.35)
    })
  })

  it('is 1 without a known step', () => {
    const sizes = bound(new HourOfDayScale(undefined))
    sizes.learn(5, 1)
    expect(sizes.at(0, START_MS)).toBe(1)
  })
})

describe('localVolatility', () => {
  it('is 1 where sizes do not correlate', () => {
    const u = seeded(2)
    const sizes = bound(new LocalVolatility())
    for (let i = 0; i < 3000; i++) {
      expect(sizes.of(0)).toBe(1)
      sizes.learn(gaussian(u))
    }
  })

  it('is large within a run of large ones, where there have been others', () => {
    const u = seeded(3)
    const sizes = bound(new LocalVolatility())
    const found: number[] = []
    for (let i = 0; i < 3000; i++) {
      found.push(sizes.of(0))
      sizes.learn((i % 200 < 100 ? 0.5 : 1.5) * gaussian(u))
    }
    const mean = (from: number) => found.slice(from, from + 70).reduce((a, b) => a + b, 0) / 70
    // The last of runs of small ones, and of large ones.
    expect(mean(2730) / mean(2630)).toBeGreaterThan(1.8)
    expect(mean(2730) / mean(2830)).toBeGreaterThan(1.8)
  })
})
