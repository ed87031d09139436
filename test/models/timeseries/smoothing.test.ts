/** STL and Holt–Winters against R 4.2.2 (`stl`, `HoltWinters`). */
import { describe, expect, it } from 'vitest'
import { holtWinters, stl } from '../../../src/models/index.ts'
import { hasReference, reference } from '../arma/reference.ts'

function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) {
  expect(actual.length).toBe(expected.length)
  for (let i = 0; i < expected.length; i++) {
    expect(Math.abs(actual[i]! - expected[i]!), `entry ${i}`).toBeLessThanOrEqual(tolerance)
  }
}

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

describe.skipIf(!hasReference)('smoothing agrees with R', () => {
  it('on stl of nottem and log co2', () => {
    const { cases, series } = reference('stl')
    const check = (result: ReturnType<typeof stl>, expected: any) => {
      const k = expected.seasonal12.length
      close(result.seasonal.subarray(0, k), expected.seasonal12, 1e-8)
      close(result.trend.subarray(0, k), expected.trend_first12, 1e-8)
      close(result.remainder.subarray(0, k), expected.remainder_first12, 1e-8)
    }
    check(stl(series.nottem, { period: 12 }), cases.nottem_periodic)
    check(stl(series.co2.map(Math.log), { period: 12, seasonalWindow: 21 }), cases.logco2_21)
  })

  it('on HoltWinters of co2 and AirPassengers', () => {
    const fixed = reference('hw_co2_additive_fixed')
    const { alpha, beta, gamma, SSE, coef, forecast } = fixed.expected
    const a = holtWinters(fixed.series, { period: 12, alpha, beta, gamma })
    expect(a.sse).toBeCloseTo(SSE, 7)
    expect(a.level).toBeCloseTo(coef.a, 8)
    expect(a.trend).toBeCloseTo(coef.b, 8)
    for (let i = 0; i < 12; i++) expect(a.seasonals[i]).toBeCloseTo(coef[`s${i + 1}`], 8)
    close(a.forecast(forecast.length).mean, forecast, 1e-8)
    const free = reference('hw_airpassengers_mult')
    const b = holtWinters(free.series, { period: 12, seasonal: 'multiplicative' })
    expect(b.sse).toBeLessThan(free.expected.SSE * 1.001)
    expect(Math.abs(b.alpha - free.expected.alpha)).toBeLessThan(5e-3)
    expect(Math.abs(b.beta - free.expected.beta)).toBeLessThan(5e-3)
    expect(Math.abs(b.gamma - free.expected.gamma)).toBeLessThan(5e-3)
  })
})
