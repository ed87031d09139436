import { describe, expect, it } from 'vitest'
import { type ArimaCoefficients, type ArimaFitOptions, arima } from '../../../src/models/arma/index.ts'
import { referenceFiles } from './reference.ts'

function coefficient(c: ArimaCoefficients, name: string): number {
  const part = /^(ar|ma|sar|sma)(\d+)$/.exec(name)
  if (part) return c[part[1] as 'ar'][Number(part[2]) - 1]!
  return name === 'drift' ? c.drift! : c.mean!
}

function optionsOf(file: Record<string, any>): { series: (number | null)[]; options: ArimaFitOptions } {
  const sparse = file.file.includes('ma1and4')
  return {
    series: file.transform ? file.series.map(Math.log) : file.series,
    options: {
      order: sparse ? [1, 1, 4] : file.order,
      seasonal: file.seasonal ? { order: file.seasonal.slice(0, 3), period: file.seasonal[3] } : null,
      constant: file.include_constant !== false,
      ...(sparse ? { fixed: { ma: [null, 0, 0, null] } } : {}),
      ...(file.method.startsWith('CSS') ? { method: 'css' as const } : {}),
    },
  }
}

describe('arima agrees with R', () => {
  const files = referenceFiles(/^(arima|css)_.*\.json$/)
  it.skipIf(files.length === 0)('has files to agree with', () => expect(files.length).toBeGreaterThan(10))
  for (const file of files) {
    const { series, options } = optionsOf(file)
    it(`on ${file.file}`, () => {
      const fit = arima(series, options)
      const { expected, tolerance } = file
      const logLik = expected.loglik ?? expected.part_loglik
      expect(fit.converged).toBe(true)
      expect(fit.logLik).toBeGreaterThanOrEqual(logLik - 1e-6 * Math.abs(logLik))
      expect(fit.logLik).toBeLessThan(logLik + 0.005)
      expect(Math.abs(fit.sigma2 / expected.sigma2 - 1)).toBeLessThan(2e-3)
      for (const [name, value] of Object.entries<number>(expected.coef)) {
        const allowed = 1.5 * (tolerance.coef_abs[name] ?? tolerance.coef_abs)
        expect(Math.abs(coefficient(fit.coefficients, name) - value), name).toBeLessThan(allowed)
        const se = (expected.se ?? expected.se_r)?.[name]
        if (se)
          expect(Math.abs(coefficient(fit.standardErrors, name) / se - 1), `se of ${name}`).toBeLessThan(0.02)
      }
      if (expected.bic) {
        expect(fit.aic).toBeCloseTo(expected.aic, 2)
        expect(fit.bic).toBeCloseTo(expected.bic, 2)
      }
      const { forecast_mean: mean, forecast_se: se } = expected
      if (!mean) return
      const forecast = fit.forecast(mean.length)
      for (let h = 0; h < mean.length; h++) {
        expect(Math.abs(forecast.mean[h]! - mean[h]) / se[h], `mean ${h}`).toBeLessThan(0.02)
        expect(Math.abs(forecast.standardError[h]! / se[h] - 1), `se ${h}`).toBeLessThan(0.005)
      }
      for (let i = 0; i < (expected.resid_first10?.length ?? 0); i++) {
        expect(Math.abs(fit.residuals[i]! - expected.resid_first10[i])).toBeLessThan(1e-4)
      }
    })
  }
})

// lh: R's data set, LakeHuron-like checks that run without the reference folder. Values from R 4.2.2
// arima(lh, order = c(1,0,0)) and arima(lh, order = c(3,0,0)), as printed in R's own example output.
const lh = [
  2.4, 2.4, 2.4, 2.2, 2.1, 1.5, 2.3, 2.3, 2.5, 2.0, 1.9, 1.7, 2.2, 1.8, 3.2, 3.2, 2.7, 2.2, 2.2, 1.9, 1.9,
  1.8, 2.7, 3.0, 2.3, 2.0, 2.0, 2.9, 2.9, 2.7, 2.7, 2.3, 2.6, 2.4, 1.8, 1.7, 1.5, 1.4, 2.1, 3.3, 3.5, 3.5,
  3.1, 2.6, 2.1, 3.4, 3.0, 2.9,
]

it('reproduces R on lh without any file', () => {
  const one = arima(lh, { order: [1, 0, 0] })
  expect(one.coefficients.ar[0]).toBeCloseTo(0.5739, 3)
  expect(one.coefficients.mean).toBeCloseTo(2.4133, 3)
  expect(one.standardErrors.ar[0]).toBeCloseTo(0.1161, 3)
  expect(one.standardErrors.mean).toBeCloseTo(0.1466, 3)
  expect(one.sigma2).toBeCloseTo(0.1975, 4)
  expect(one.logLik).toBeCloseTo(-29.38, 2)
  const three = arima(lh, { order: [3, 0, 0] })
  expect(three.logLik).toBeCloseTo(-27.09, 2)
  expect(three.aic).toBeCloseTo(64.18, 2)
})
