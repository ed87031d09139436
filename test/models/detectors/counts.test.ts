import { describe, expect, it } from 'vitest'
import type { DetectorWants } from '../../../src/core/detector.ts'
import { openCounts } from '../../../src/models/detectors/counts/counts.ts'
import { counts } from '../../../src/models/detectors/counts/spec.ts'
import { type Kind, kinds, pooled, type Rates, ratesOf, simulated, WEEK } from './count-series.ts'
import { alarms, context, countNumber, hourly, score, seeded, stateFor } from './simulate.ts'

const profileOf = (i: number): number => {
  const day = Math.floor(i / 24) % 7
  return (i % 24 < 6 ? 0.05 : 1 + 0.5 * Math.sin(i % 24)) * (day > 4 ? 0.6 : 1)
}

describe('on series of its own class, ten weeks known, alarms are as frequent as under the true distribution', () => {
  const all = kinds([0.5, 3, 20, 60], [0, 0.1])
  const series = (kind: Kind, seed: number) => simulated(kind, 14, 1000 * seed + 7)

  it.each([0.05, 0.01, 1e-3])('at alpha %d', alpha => {
    const rates: Rates[] = all.flatMap((kind, k) =>
      [0, 1].map(n =>
        ratesOf(series(kind, 2 * k + n), kind.phi, alpha, { fromWeek: 10, toWeek: 14, stride: 1 }),
      ),
    )
    const { alarms: found, expected, ideal } = pooled(rates)
    // What is learned from a series errs for all its values: the spread of the series' rates is not binomial.
    const between = rates.reduce((sum, rate) => sum + (rate.expected - rate.ideal) ** 2, 0)
    expect(Math.abs(found - ideal)).toBeLessThan(3.9 * Math.sqrt(ideal + between))
    expect(expected / ideal).toBeGreaterThan(0.8)
    expect(expected / ideal).toBeLessThan(1.25)
  })
})

describe('common counts are not scored exactly where only anomalies are read', () => {
  const u = seeded(31)
  const level = [0.3, 2, 12, 80, 400]
  // Storms, gaps, absurd and broken counts on series of all sizes.
  const rows = hourly(
    Float64Array.from({ length: 9 * WEEK }, (_, i) => {
      const kind = u()
      const mean = level[Math.floor(i / 300) % 5]! * profileOf(i)
      if (kind < 0.01) return Number.NaN
      if (kind < 0.02) return 4000 * u()
      if (kind < 0.03) return -1
      return countNumber(u, mean * (i % 500 < 40 ? 6 : 1), 0.1)
    }),
  )
  const run = (alpha: number, pValues: DetectorWants['pValues']) => {
    const detector = openCounts(
      counts({ warmup: '3d', patience: '12h' }),
      context({ alpha, wants: { bounds: 'none', pValues } }),
    )
    const state = stateFor(detector, 1)
    return { output: score(detector, rows, [], state), state }
  }

  it.each([0.2, 1e-3, 1e-6])('what is learned is the same to the bit, alpha %d', alpha => {
    const exact = run(alpha, 'all')
    for (const pValues of ['anomalies', 'none'] as const) {
      const { output, state } = run(alpha, pValues)
      expect(state).toEqual(exact.state)
      expect(output.expected).toEqual(exact.output.expected)
      const alarmed = exact.output.logP.map(log =>
        log < Math.log(alpha) ? log : Number.isNaN(log) ? log : 0,
      )
      expect(output.logP.map(log => (log < Math.log(alpha) ? log : Number.isNaN(log) ? log : 0))).toEqual(
        alarmed,
      )
    }
  })
})

describe('a storm', () => {
  const weeks = 10
  const u = seeded(5)
  const values = Float64Array.from({ length: weeks * WEEK }, (_, i) =>
    countNumber(u, 20 * profileOf(i), 0.02),
  )
  const struck = Float64Array.from(values)
  const start = 8 * WEEK
  struck.fill(0, start, start + 40)
  const calm = score(openCounts(counts(), context()), hourly(values))
  const stormy = score(openCounts(counts(), context()), hourly(struck))

  it('is seen', () => {
    const day = stormy.logP.subarray(start + 6, start + 24)
    expect(alarms(day, 1e-4).alarms).toBeGreaterThan(12)
  })

  it('hardly moves what is expected afterwards', () => {
    for (let i = start + 40; i < values.length; i++) {
      const [after, before] = [stormy.expected[i]!, calm.expected[i]!]
      expect(Math.abs(after - before)).toBeLessThan(0.12 * before + 0.4)
    }
  })

  it('hardly widens the bounds afterwards', () => {
    let wide = 0
    let narrow = 0
    for (let i = start + 40; i < values.length; i++) {
      wide += stormy.upper[i]! - stormy.lower[i]!
      narrow += calm.upper[i]! - calm.lower[i]!
    }
    expect(wide / narrow).toBeLessThan(1.15)
  })

  it('leaves no alarms behind', () => {
    const left = (output: typeof calm) => alarms(output.logP.subarray(start + 40), 1e-4).alarms
    expect(left(stormy)).toBeLessThanOrEqual(left(calm) + 1)
  })
})

it.each([2.5, 0.3])('a lasting level %d times the old one is expected within five days', ratio => {
  const u = seeded(8)
  const start = 8 * WEEK
  const values = Float64Array.from({ length: 10 * WEEK }, (_, i) =>
    countNumber(u, 20 * profileOf(i) * (i < start ? 1 : ratio), 0.02),
  )
  const { expected, logP } = score(openCounts(counts(), context()), hourly(values))
  expect(alarms(logP.subarray(start, start + 24), 1e-3).alarms).toBeGreaterThan(8)
  const from = start + 120
  let prediction = 0
  let true_ = 0
  for (let i = from; i < values.length; i++) {
    prediction += expected[i]!
    true_ += 20 * profileOf(i) * ratio
  }
  expect(Math.abs(prediction / true_ - 1)).toBeLessThan(0.12)
  expect(alarms(logP.subarray(from), 1e-3).alarms).toBeLessThan(5)
})

it('learns the hours of the week', () => {
  const u = seeded(3)
  const values = Float64Array.from({ length: 20 * WEEK }, (_, i) => countNumber(u, 40 * profileOf(i), 0))
  const { expected } = score(openCounts(counts(), context()), hourly(values))
  for (let i = 19 * WEEK; i < 20 * WEEK; i++) {
    const truth = 40 * profileOf(i)
    expect(Math.abs(expected[i]! - truth)).toBeLessThan(4 * Math.sqrt(truth / 12) + 1)
  }
})

it('scores nothing before the warm-up has passed', () => {
  const { logP } = score(
    openCounts(counts({ warmup: '3d' }), context()),
    hourly(new Float64Array(100).fill(4)),
  )
  expect(logP.findIndex(log => !Number.isNaN(log))).toBe(72)
})

it('scores the impossibly rare without underflow', () => {
  const values = new Float64Array(20 * WEEK).fill(3)
  values[19 * WEEK] = 1e6
  const { logP } = score(openCounts(counts(), context()), hourly(values))
  expect(logP[19 * WEEK]).toBeLessThan(-1000)
  expect(Number.isFinite(logP[19 * WEEK])).toBe(true)
})
