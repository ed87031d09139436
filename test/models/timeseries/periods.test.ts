import { describe, expect, it } from 'vitest'
import { arima, detectPeriod, normal, periodogram } from '../../../src/models/index.ts'
import { seeded } from '../arma/generators.ts'
import { hasReference, reference } from '../arma/reference.ts'

const noise = (seed: number, n: number) =>
  arima.withCoefficients({ ar: [0.6], ma: [0.3], mean: 4 }).simulate(seeded(seed), n)

describe('detectPeriod', () => {
  it('finds seasons and does not invent them', () => {
    const rng = seeded(16)
    const wave = Array.from(
      { length: 400 },
      (_, t) => 0.05 * t + 3 * Math.sin((2 * Math.PI * t) / 24) + rng(),
    )
    expect(detectPeriod(wave)).toBe(24)
    const spikes = Array.from({ length: 200 }, (_, t) => (t % 7 === 0 ? 5 : 0) + rng())
    expect(detectPeriod(spikes)).toBe(7)
    expect(detectPeriod(Array.from({ length: 300 }, () => rng()))).toBe(1)
  })
  it.skipIf(!hasReference)('finds the year in monthly data', () => {
    const { nottem, co2 } = reference('stl').series
    expect(detectPeriod(nottem)).toBe(12)
    expect(detectPeriod(co2)).toBe(12)
  })
  it.each([5, 7, 12, 24, 30, 52])('finds a season of %s points whatever its shape', period => {
    const rng = seeded(period)
    const gauss = normal({ mean: 0, sd: 1 })
    for (let run = 0; run < 10; run++) {
      const shape = gauss.sample(rng, period)
      const noise = gauss.sample(rng, 8 * period + 20)
      const series = noise.map((e, t) => 4 * shape[t % period]! + e)
      expect(detectPeriod(series)).toBe(period)
    }
  })
})

it('the periodogram adds up to the variance, at any length', () => {
  for (const n of [15, 16, 21]) {
    const y = noise(n, n)
    const mean = y.reduce((a, b) => a + b) / n
    const total = y.reduce((a, b) => a + (b - mean) ** 2, 0)
    const { power } = periodogram(y)
    let sum = 0
    power.forEach((value, j) => {
      sum += 2 * (j + 1) === n ? value : 2 * value
    })
    expect(sum).toBeCloseTo(total, 8)
  }
})
