import { describe, expect, it } from 'vitest'
import {
  cusumDistribution,
  cusumLimit,
  cusumRunLength,
} from '../../../src/models/detectors/cusum/run-length.ts'
import { cusum, pageHinkley } from '../../../src/models/detectors/index.ts'
import { detectors } from './all-detectors.ts'
import { context, gaussian, hourly, score, seeded } from './simulate.ts'

const bare = { wants: { bounds: 'none', pValues: 'all' } } as const

describe('the run length of two sums', () => {
  // Montgomery, Introduction to Statistical Quality Control, 6th ed., table 9.3 (k = 1/2) and table 9.4, the latter
  // from Hawkins 1993, J. Quality Technology 25; Hawkins & Olwell 1998 have the same.
  it.each([
    [0.5, 4, 168],
    [0.5, 5, 465],
    [0.25, 8.01, 370],
    [0.75, 3.34, 370],
    [1, 2.52, 370],
    [1.25, 1.99, 370],
    [1.5, 1.61, 370],
  ])('for slack %d and limit %d is %d', (slack, limit, published) => {
    // Limits of the second table are rounded to 0.01, which is 2 k · 0.005 and a little more in the logarithm.
    expect(Math.abs(Math.log(cusumRunLength(slack, limit) / published))).toBeLessThan(0.003 + 0.012 * slack)
  })

  it('is undone by the limit, but for the way back to 0', () => {
    for (const [slack, every] of [
      [0.5, 1000],
      [0.2, 100],
      [2, 1e5],
    ] as const) {
      const limit = cusumLimit(slack, every)
      const back = (0.5 * (limit + 0.5826)) / slack
      expect((cusumRunLength(slack, limit) + back) / every).toBeCloseTo(1, 4)
    }
  })
})

describe('the long-run distribution of a sum', () => {
  it('is met by a simulated one', () => {
    const u = seeded(3)
    const { logTail } = cusumDistribution(0.5)
    const levels = [1, 2, 4, 6]
    const counts = levels.map(() => 0)
    let sum = 0
    const N = 400_000
    for (let i = 0; i < N; i++) {
      sum = Math.max(0, sum + gaussian(u) - 0.5)
      for (let j = 0; j < levels.length; j++) if (sum >= levels[j]!) counts[j]!++
    }
    // Sums are alike for about 1/k² steps: standard errors are some four times those of independent ones.
    levels.forEach((level, j) => {
      const p = Math.exp(logTail(level))
      expect(Math.abs(counts[j]! / N - p)).toBeLessThan(4 * 4 * Math.sqrt((p * (1 - p)) / N))
    })
  })

  it('falls by 2k a unit far out, without a step where the table ends', () => {
    for (const slack of [0.1, 0.5, 2]) {
      const { logTail, point } = cusumDistribution(slack)
      for (let x = 8 / slack; x < 14 / slack; x += 0.25) {
        expect((logTail(x) - logTail(x + 1)) / (2 * slack)).toBeCloseTo(1, 2)
      }
      for (const x of [0.3, 2, 9, 40]) expect(point(logTail(x))).toBeCloseTo(x, 9)
    }
  })
})

interface Rate {
  readonly mean: number
  readonly error: number
}

/** Alarms a value over alpha, or events, of normal series. */
function rates(
  spec: ReturnType<typeof cusum> | ReturnType<typeof pageHinkley>,
  alpha: number,
  events: boolean,
): Rate {
  const found: number[] = []
  for (let s = 0; s < 40; s++) {
    const u = seeded(31 * s + 7)
    const values = Float64Array.from({ length: 2000 }, () => 5 + 3 * gaussian(u))
    const detector = detectors[spec.kind]!(spec, context({ ...bare, alpha, events }))
    const { logP, suppressed } = score(detector, hourly(values))
    const level = Math.log(detector.alpha ?? alpha)
    const alarms = logP.filter((log, i) => log < level && suppressed[i] === 0).length
    found.push(alarms / logP.filter(log => !Number.isNaN(log)).length / alpha)
  }
  const mean = found.reduce((a, b) => a + b) / found.length
  const variance = found.reduce((a, b) => a + (b - mean) ** 2, 0) / (found.length - 1)
  return { mean, error: Math.sqrt(variance / found.length) }
}

describe('on normal series', () => {
  it.each([
    ['cusum', cusum(), 0.01, false],
    ['cusum, events', cusum(), 0.01, true],
    ['cusum of large shifts, events', cusum({ slack: 1.5 }), 0.01, true],
    ['pageHinkley, events', pageHinkley(), 0.01, true],
  ] as const)('%s comes at its rate', (_, spec, alpha, events) => {
    const { mean, error } = rates(spec, alpha, events)
    expect(error).toBeLessThan(0.15)
    expect(mean).toBeGreaterThan(0.9 - 3.9 * error)
    expect(mean).toBeLessThan(1.1 + 3.9 * error)
  })
})

describe('a shift of one standard deviation', () => {
  const u = seeded(12)
  const values = Float64Array.from({ length: 1400 }, (_, i) => gaussian(u) + (i < 1200 ? 0 : 1))

  it.each([
    ['cusum', cusum()],
    ['pageHinkley', pageHinkley({ delta: 0.5 })],
  ] as const)('is found by %s within a few values, as one event', (_, spec) => {
    const detector = detectors[spec.kind]!(spec, context({ ...bare, alpha: 1e-3, events: true }))
    const { logP, suppressed } = score(detector, hourly(values))
    const events: number[] = []
    logP.forEach((log, i) => {
      if (log < Math.log(detector.alpha!) && suppressed[i] === 0) events.push(i)
    })
    const found = events.filter(i => i >= 1200)
    // Montgomery's table 9.3: 10.4 values on average for the limit 5, which is about that of one event in 1000 here.
    expect(found[0]! - 1200).toBeLessThan(30)
    expect(found.length).toBe(1)
    expect(events.length - found.length).toBeLessThan(6)
  })

  it('moves no value far enough to show by itself', () => {
    const size = values.subarray(1200).map(Math.abs)
    expect(Math.max(...size)).toBeLessThan(4.5)
  })
})
