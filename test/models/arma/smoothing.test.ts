/** Robust STL and Holt's linear smoothing against R 4.2.2 (`stl`, `HoltWinters`); season lengths of ragged seasons. */
import { describe, expect, it } from 'vitest'
import { detectPeriod, holtWinters, normal, stl } from '../../../src/models/index.ts'
import { seeded } from './generators.ts'

/** Quarterly earnings per share, R's JohnsonJohnson (Shumway & Stoffer, Example 1.1). */
const earnings = [
  0.71, 0.63, 0.85, 0.44, 0.61, 0.69, 0.92, 0.55, 0.72, 0.77, 0.92, 0.6, 0.83, 0.8, 1, 0.77, 0.92, 1, 1.24, 1,
  1.16, 1.3, 1.45, 1.25, 1.26, 1.38, 1.86, 1.56, 1.53, 1.59, 1.83, 1.86, 1.53, 2.07, 2.34, 2.25, 2.16, 2.43,
  2.7, 2.25, 2.79, 3.42, 3.69, 3.6, 3.6, 4.32, 4.32, 4.05, 4.86, 5.04, 5.04, 4.41, 5.58, 5.85, 6.57, 5.31,
  6.03, 6.39, 6.93, 5.85, 6.93, 7.74, 7.83, 6.12, 7.74, 8.91, 8.28, 6.84, 9.54, 10.26, 9.54, 8.73, 11.88,
  12.06, 12.15, 8.91, 14.04, 12.96, 14.85, 9.99, 16.2, 14.67, 16.02, 11.61,
]

describe('smoothing', () => {
  it('robust stl agrees with R', () => {
    const { seasonal, trend, weights } = stl(earnings.map(Math.log), {
      period: 4,
      seasonalWindow: 21,
      robust: true,
    })
    const expected = [
      -0.03556425664776, 0.002728718087111, 0.1194084878644, 2.676217906123, 2.650275083981, 2.619030577492,
      0.9808208265835, 0.9656856104921, 0.9676196623087,
    ]
    const got = [...seasonal.slice(0, 3), ...trend.slice(81), weights[0]!, weights[19]!, weights[83]!]
    got.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 11)
    })
  })

  it('robust weights come from six times the median remainder', () => {
    const rounds = { period: 4, seasonalWindow: 7, inner: 1 }
    const before = stl(earnings, { ...rounds, outer: 4 }).remainder.map(Math.abs)
    const sorted = before.toSorted()
    const scale = 3 * (sorted[41]! + sorted[42]!)
    stl(earnings, { ...rounds, outer: 5 }).weights.forEach((weight, t) => {
      const u = before[t]! / scale
      expect(weight).toBeCloseTo(u <= 0.001 ? 1 : u <= 0.999 ? (1 - u * u) ** 2 : 0, 12)
    })
  })

  it('Holt finds the valley at the edge that R finds', () => {
    const fit = holtWinters(earnings, { gamma: false })
    expect(fit.sse).toBeLessThan(81.31499126667451 * (1 + 1e-9))
    expect(fit.beta).toBeCloseTo(1, 6)
    expect(fit.alpha).toBeCloseTo(0.09100043, 5)
  })
})

describe('detectPeriod', () => {
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
