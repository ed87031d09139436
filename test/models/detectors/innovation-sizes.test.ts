import { describe, expect, it } from 'vitest'
import { combinedScore } from '../../../src/models/detectors/auto/combined-score.ts'
import { hourOfDayScale } from '../../../src/models/detectors/auto/hour-of-day-scale.ts'
import { localVolatility } from '../../../src/models/detectors/auto/local-volatility.ts'
import { gaussian, HOUR_MS, START_MS, seeded, stateFor } from './simulate.ts'

/** A part of a detector with the state of one key. */
function bound<T extends { layout: object; bind(state: never): void }>(part: T): T {
  part.bind(stateFor(part as never, 1) as never)
  return part
}

describe('hourOfDayScale', () => {
  const learned = (spread: (hour: number) => number, days: number) => {
    const u = seeded(1)
    const sizes = bound(hourOfDayScale(HOUR_MS))
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
    const sizes = bound(hourOfDayScale(undefined))
    sizes.learn(5, 1)
    expect(sizes.at(0, START_MS)).toBe(1)
  })
})

describe('localVolatility', () => {
  it('is 1 where sizes do not correlate', () => {
    const u = seeded(2)
    const sizes = bound(localVolatility())
    for (let i = 0; i < 3000; i++) {
      expect(sizes.of(0)).toBe(1)
      sizes.learn(gaussian(u))
    }
  })

  it('is large within a run of large ones, where there have been others', () => {
    const u = seeded(3)
    const sizes = bound(localVolatility())
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

describe('combinedScore', () => {
  /** After a thousand scores of exponential distribution, and so many events of 30 scores of that size. */
  const logPAfter = (events: number, size: number, score: number) => {
    const u = seeded(4)
    const distribution = bound(combinedScore())
    for (let i = 0; i < 1000; i++) distribution.learn(0, -Math.log(1 - u()), 1)
    for (let e = 0; e < events; e++) {
      for (let i = 0; i < 30; i++) distribution.learn(0, size, 1)
      for (let i = 0; i < 60; i++) distribution.learn(0, -Math.log(1 - u()), 1)
    }
    return distribution.logP(0, score)
  }

  it('is right about scores of p-values that are', () => {
    for (const p of [0.5, 0.05, 0.01]) {
      expect(Math.abs(logPAfter(0, 0, -Math.log(p)) - Math.log(p))).toBeLessThan(0.35)
    }
  })

  it('takes events for up to twice as frequent where scores do not come in runs', () => {
    for (const p of [1e-3, 1e-4]) {
      const off = logPAfter(0, 0, -Math.log(p)) - Math.log(p)
      expect(off).toBeGreaterThan(-0.35)
      expect(off).toBeLessThan(Math.LN2 + 0.35)
    }
  })

  it('does not take the next event for ordinary after one, but after many', () => {
    const score = 16
    const once = logPAfter(1, score, score)
    expect(once).toBeLessThan(Math.log(1e-4))
    expect(once - logPAfter(0, 0, score)).toBeLessThan(3.5)
    expect(logPAfter(30, score, score)).toBeGreaterThan(Math.log(1e-4))
  })

  it('lets the values of an event count less and less', () => {
    const distribution = bound(combinedScore())
    expect([20, 20, 20, 1].map(score => distribution.learn(0, score, 1))).toEqual([1, 1 / 4, 1 / 9, 1])
  })
})
