import { describe, expect, it } from 'vitest'
import { arima, type OnlineStep } from '../../../src/models/arma/index.ts'
import { referenceFiles } from './reference.ts'

describe('the online form is the exact filter', () => {
  const files = referenceFiles(/^stream_.*\.json$/)
  for (const file of files) {
    const { params, expected, series, tolerance } = file
    const fit = arima.withCoefficients({
      ar: params.ar,
      ma: params.ma,
      mean: params.mean,
      sigma2: params.sigma2,
    })
    const check = (steps: OnlineStep[]) => {
      let logLik = 0
      steps.forEach((step, t) => {
        expect(Math.abs(step.mean - expected.pred_mean[t]), `mean ${t}`).toBeLessThan(tolerance.pred_mean_abs)
        expect(Math.abs(step.variance / expected.pred_var[t] - 1), `variance ${t}`).toBeLessThan(1e-9)
        if (series[t] === null) {
          expect(step.pValue).toBeNull()
          return
        }
        const z = step.innovation! / Math.sqrt(step.variance)
        expect(Math.abs(z - expected.std_innovation[t]), `z ${t}`).toBeLessThan(1e-8)
        const p = expected.p_value_two_sided[t]
        // The file's p-value belongs to the file's z: a shift of z by 1e-9 moves log p by |z| times that.
        const allowed = 1e-9 * (1 + Math.abs(z))
        expect(Math.abs(step.pValue! / p - 1), `p ${t}: ${step.pValue} ${p}`).toBeLessThan(allowed)
        expect(step.logPValue).toBeCloseTo(Math.log(p), 7)
        logLik -= 0.5 * (Math.log(2 * Math.PI * step.variance) + z * z)
      })
      expect(Math.abs(logLik - expected.loglik)).toBeLessThan(tolerance.loglik_abs)
    }
    it(`${file.file}, point by point`, () => {
      const online = fit.online()
      check(series.map((x: number | null) => online.update(x)))
      const next = online.forecast(5)
      for (let h = 0; h < 5; h++) {
        expect(Math.abs(next.mean[h]! - expected.next5_mean[h])).toBeLessThan(1e-8)
        expect(Math.abs(next.standardError[h]! / expected.next5_se[h] - 1)).toBeLessThan(1e-9)
      }
    })
  }
  it.skipIf(files.length === 0)('has files to agree with', () => expect(files.length).toBeGreaterThan(3))
})
