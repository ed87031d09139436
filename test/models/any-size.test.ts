/** Functions of `millrace/models` of series of any size: results follow the unit, or an error names the sizes they know. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as models from '../../src/models/index.ts'
import { gaussian, seeded } from './detectors/simulate.ts'

const { acf, acov, correlation, detectPeriod, holtWinters, pacf, periodogram, portmanteau, stl } = models
const u = seeded(4)
const series = Array.from({ length: 60 }, (_, i) => 20 + (i % 12) + 0.05 * i + gaussian(u))
const other = Array.from({ length: 60 }, (_, i) => (i % 5) + gaussian(u))

/** What comes out, each with the power of the unit that it is in. */
type Results = readonly (readonly [value: number, power: 0 | 1 | 2])[]
const values = (of: ArrayLike<number>, power: 0 | 1 | 2): Results => Array.from(of, x => [x, power] as const)
const scaled = (by: number, of = series) => of.map(x => x * 2 ** by)

const atAnySize: Readonly<Record<string, (by: number) => Results>> = {
  acf: by => values(acf(scaled(by), 5), 0),
  acov: by => values(acov(scaled(by), 5), 2),
  pacf: by => values(pacf(scaled(by), 5), 0),
  correlation: by => [[correlation(scaled(by), scaled(-by, other)).estimate, 0]],
  detectPeriod: by => [[detectPeriod(scaled(by)), 0]],
  periodogram: by => values(periodogram(scaled(by)).power.subarray(0, 9), 2),
  portmanteau: by => [[portmanteau(scaled(by), { lag: 4 }).statistic, 0]],
  stl: by => values(stl(scaled(by), { period: 12 }).trend, 1),
  'holtWinters, additive': by => {
    const { alpha, level, sse, forecast } = holtWinters(scaled(by), { period: 12 })
    return [[alpha, 0], [level, 1], [sse, 2], ...values(forecast(3).standardError, 1)]
  },
  'holtWinters, multiplicative': by => {
    const model = holtWinters(scaled(by), { period: 12, seasonal: 'multiplicative' })
    return [...values(model.seasonals, 0), ...values(model.forecast(3).mean, 1)]
  },
  'normal.fit': by => [[models.normal.fit(scaled(by)).distribution.quantile(0.9), 1]],
  'gamma.fit': by => [[models.gamma.fit(scaled(by)).distribution.quantile(0.9), 1]],
}

describe.each(Object.entries(atAnySize))('%s', (_, of) => {
  it('follows the unit of the series', () => {
    const plain = of(0)
    fc.assert(
      fc.property(fc.integer({ min: -1000, max: 1010 }), by => {
        of(by).forEach(([found, power], i) => {
          let wanted = plain[i]![0]
          for (let n = 0; n < power; n++) wanted *= 2 ** by
          if (wanted === found) return
          expect(Math.abs(found - wanted)).toBeLessThanOrEqual(
            1e-6 * (Math.abs(wanted) + (power === 0 ? 1 : 0)),
          )
        })
      }),
      { numRuns: 3 },
    )
  })
})

const withVariance: Readonly<Record<string, (x: number[]) => unknown>> = {
  arima: x => models.arima(x, { order: [1, 1, 0] }),
  autoArima: x => models.autoArima(x, { maxP: 1, maxQ: 1 }),
  burg: x => models.burg(x, 2),
  css: x => models.css(x, { p: 1 }),
  hannanRissanen: x => models.hannanRissanen(x, { p: 1, q: 1 }),
  innovationsMa: x => models.innovationsMa(x, 1),
  kMeans: x => models.kMeans(x, { clusters: 3 }),
  linearRegression: x => models.linearRegression(other, x),
  yuleWalker: x => models.yuleWalker(x, 2),
}

it.each(Object.entries(withVariance))('%s says which sizes it knows', (_, of) => {
  for (const by of [-470, 460]) expect(() => of(scaled(by))).not.toThrow()
  for (const by of [-1000, -500, 600, 1010])
    expect(() => of(scaled(by))).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/SERIES_SCALE|POINTS/) }),
    )
})

it('a multiplicative season refuses zeros', () => {
  const sales = series.map((x, i) => (i % 12 === 5 ? 0 : x))
  expect(() => holtWinters(sales, { period: 12, seasonal: 'multiplicative' })).toThrow(
    expect.objectContaining({ code: 'HOLT_WINTERS_DOMAIN' }),
  )
  expect(holtWinters(sales, { period: 12 }).forecast(1).mean[0]).toBeGreaterThan(0)
})

it('forecasts have a whole number of steps', () => {
  const model = holtWinters(series, { period: 12 })
  const fit = models.arima.withCoefficients({ ar: [0.5] })
  for (const steps of [0, -1, 1.5, Number.NaN, Infinity, 1e12]) {
    expect(() => model.forecast(steps)).toThrow(expect.objectContaining({ code: 'FORECAST_STEPS' }))
    expect(() => fit.online().forecast(steps)).toThrow(expect.objectContaining({ code: 'FORECAST_STEPS' }))
  }
})
