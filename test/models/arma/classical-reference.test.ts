import { describe, expect, it } from 'vitest'
import {
  acf,
  acov,
  arima,
  armaAcf,
  armaPacf,
  burg,
  difference,
  hannanRissanen,
  innovationsMa,
  levinsonDurbin,
  pacf,
  portmanteau,
  psiWeights,
  yuleWalker,
} from '../../../src/models/index.ts'
import { hasReference, reference } from './reference.ts'

function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) {
  expect(actual.length).toBe(expected.length)
  for (let i = 0; i < expected.length; i++) {
    expect(
      Math.abs(actual[i]! - expected[i]!),
      `entry ${i}: ${actual[i]} ${expected[i]}`,
    ).toBeLessThanOrEqual(tolerance)
  }
}

const ramp = Array.from({ length: 11 }, (_, i) => i + 1)

describe('textbook numbers', () => {
  // statsmodels test_durbin_levinson.py / test_burg.py, from R's ar.yw and ar.burg without demeaning.
  it('Yule–Walker on a ramp', () =>
    close(yuleWalker(ramp, { order: 2, demean: false }).ar, [0.92318534179, -0.06166314306], 1e-9))
  it('Burg on a ramp', () =>
    close(burg(ramp, { order: 2, demean: false }).ar, [1.9669331547, -0.9892846679], 1e-9))
  it('Brockwell & Davis Example 3.3.4', () => {
    close(armaAcf({ ar: [1, -0.25], ma: [1] }, 3), [1, 0.875, 0.625, 0.40625], 1e-14)
    close(psiWeights({ ar: [1, -0.25], ma: [1] }, 4), [2, 1.75, 1.25, 0.8125], 1e-14)
  })
  it('differences lose lag × times points', () =>
    close(difference([1, 4, 9, 16, 25], { times: 2 }), [2, 2, 2], 0))
})

describe.skipIf(!hasReference)('reference files', () => {
  it.each(['acf_AirPassengers', 'acf_presidents'])('%s', name => {
    const { series, expected } = reference(name)
    const maxLag = expected.acov.length - 1
    close(acov(series, { maxLag }), expected.acov, 1e-10)
    close(acf(series, { maxLag }), expected.acf, 1e-12)
    close(pacf(series, { maxLag: expected.pacf.length }), expected.pacf, 1e-12)
  })

  it('theoretical acf, pacf and psi', () => {
    for (const c of Object.values<any>(reference('theory_arma_acf_pacf_psi').cases)) {
      const model = {
        ar: c.ar.filter((x: unknown) => x !== null),
        ma: c.ma.filter((x: unknown) => x !== null),
      }
      close(armaAcf(model, c.acf.length - 1), c.acf, 1e-12)
      close(armaPacf(model, c.pacf.length), c.pacf, 1e-11)
      close(psiWeights(model, c.psi.length), c.psi, 1e-12)
    }
  })

  it.each(['ar_lakehuron_yw2', 'ar_lh_yw_order4', 'ar_sunspotyear_yw'])('%s', name => {
    const { series, expected, order } = reference(name)
    const n = series.length
    const fixed = yuleWalker(series, { order: order[0] })
    close(fixed.ar, expected.ar, 1e-8)
    expect(fixed.mean).toBeCloseTo(expected.mean, 9)
    expect((fixed.sigma2 * n) / (n - order[0] - 1)).toBeCloseTo(expected.var_pred, 7)
    const chosen = yuleWalker(series, { maxOrder: expected.aic_diff.length - 1 })
    close(chosen.aicDifference, expected.aic_diff, 1e-7)
    close(chosen.partials, expected.partialacf, 1e-10)
  })

  it('ar_lakehuron_burg10', () => {
    const { series, expected } = reference('ar_lakehuron_burg10')
    const fit = burg(series, { order: 10 })
    close(fit.ar, expected.ar, 1e-8)
    close(fit.partials, expected.partialacf, 1e-10)
    close(fit.aicDifference, expected.aic_diff, 1e-7)
    expect(fit.recursionSigma2).toBeCloseTo(expected.var_pred, 8)
  })

  it('Brockwell & Davis: Dow Jones and Lake Huron', () => {
    const dow = reference('bd_dowj_burg_ar1')
    const fit = burg(difference(dow.series), 1)
    close(fit.ar, dow.expected.ar, 1e-4)
    expect(fit.sigma2).toBeCloseTo(dow.expected.sigma2, 4)
    const lake = reference('bd_lake_burg_ar2')
    const two = burg(lake.series, 2)
    close(two.ar, lake.expected.ar, 1e-4)
    expect(two.sigma2).toBeCloseTo(lake.expected.sigma2, 4)
    const yw = reference('bd_lake_yw_ar5_itsmr')
    const five = yuleWalker(yw.series, 5)
    close(five.ar, yw.expected.ar, 1e-9)
    // itsmr reports the mean squared standardised innovation at the Yule–Walker coefficients.
    const centred = yw.series.map((x: number) => x - five.mean)
    const held = arima(centred, { order: [5, 0, 0], constant: false, fixed: { ar: [...five.ar] } })
    expect(held.sigma2).toBeCloseTo(yw.expected.innovations_sigma2, 8)
    const { orders } = levinsonDurbin(acov(yw.series, { maxLag: 5 }))
    for (const [k, row] of Object.entries<number[]>(yw.expected.dl)) close(orders[Number(k) - 1]!, row, 1e-9)
    const ia = reference('bd_lake_innovations_ma10_itsmr')
    const ten = innovationsMa(ia.series, 10)
    close(ten.ma, ia.expected.ma, 1e-9)
    const heldMa = arima(centred, { order: [0, 0, 10], constant: false, fixed: { ma: [...ten.ma] } })
    expect(heldMa.sigma2).toBeCloseTo(ia.expected.innovations_sigma2, 8)
    // ITSF (2nd ed.) Example 5.1.7: no third step, long autoregression of order 22.
    const hr = hannanRissanen(lake.series, { p: 1, q: 1, initialArOrder: 22, unbiased: false })
    close(hr.ar, [0.6961], 1e-4)
    close(hr.ma, [0.3788], 1e-4)
  })

  it('ar_lh_mle by exact likelihood', () => {
    const { series, expected } = reference('ar_lh_mle')
    const fit = arima(series, { order: [3, 0, 0] })
    close(fit.coefficients.ar, expected.ar, 1e-3)
  })

  it('portmanteau tests', () => {
    const { cases, series } = reference('portmanteau_box_tests')
    const run = (name: string, key: string) => {
      const c = cases[name]
      const test = portmanteau(series[key], {
        lag: c.lag,
        fitted: c.fitdf,
        type: c.type === 'Box-Pierce' ? 'box-pierce' : 'ljung-box',
      })
      expect(test.statistic).toBeCloseTo(c.statistic, 10)
      expect(test.pValue).toBeCloseTo(c.p, 10)
    }
    run('lh_1_bp', 'lh')
    run('lh_10_lb', 'lh')
    run('lakehuron_10_lb', 'LakeHuron')
    run('lakehuron_ar2_resid_10_lb_fitdf2', 'lakehuron_ar2_resid')
  })

  // R 4.2.2: ar(presidents, na.action = na.pass), whose n.obs is 114 and var.pred inflated.
  it('Yule–Walker counts the points that are there', () => {
    const estimate = yuleWalker(reference('acf_presidents').series)
    expect(estimate.n).toBe(114)
    expect(estimate.order).toBe(3)
    close(estimate.aicDifference.slice(0, 5), [102.53467351, 2.78133782, 1.40991003, 0, 1.65155827], 1e-8)
    close(estimate.ar, [0.666511927097, 0.28009274544, -0.171664119538], 1e-11)
    expect((estimate.sigma2 * 114) / 110).toBeCloseTo(96.6908213488, 9)
  })
})
