import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ArimaFit,
  arima,
  keyedOnline,
  type OnlineArima,
  type OnlineStep,
} from '../../../src/models/arma/index.ts'
import { runs } from '../../effort.ts'
import { anyModel, seeded } from './generators.ts'

const gappy = fc.array(fc.option(fc.double({ min: -5, max: 5, noNaN: true }), { freq: 6 }), {
  minLength: 1,
  maxLength: 60,
})

function trace(online: OnlineArima, values: readonly (number | null)[]) {
  return values.map(x => online.update(x))
}

/** JSON has no −0. */
function positive(step: OnlineStep): OnlineStep {
  return { ...step, mean: step.mean + 0, innovation: step.innovation === null ? null : step.innovation + 0 }
}

describe('online', () => {
  it('gives the same bits however the series is cut', () => {
    fc.assert(
      fc.property(anyModel, gappy, fc.integer({ min: 1, max: 17 }), (model, values, size) => {
        const fit = arima.withCoefficients(model)
        const whole = trace(fit.online(), values)
        const online = fit.online()
        for (let at = 0; at < values.length; at += size) {
          const part = values.slice(at, at + size)
          const n = part.length
          const out = {
            mean: new Float64Array(n),
            variance: new Float64Array(n),
            innovation: new Float64Array(n),
            z: new Float64Array(n),
            pValue: new Float64Array(n),
            logPValue: new Float64Array(n),
          }
          online.updateBatch(part, out)
          part.forEach((_, i) => {
            const step = whole[at + i]!
            expect(out.mean[i]).toBe(step.mean)
            expect(out.variance[i]).toBe(step.variance)
            expect(out.innovation[i]).toBe(step.innovation ?? Number.NaN)
            expect(out.pValue[i]).toBe(step.pValue ?? Number.NaN)
            expect(out.logPValue[i]).toBe(step.logPValue ?? Number.NaN)
          })
        }
      }),
      { numRuns: runs(150) },
    )
  })

  it('goes on from a save exactly as if it had not stopped', () => {
    fc.assert(
      fc.property(anyModel, gappy, fc.nat(60), (model, values, cut) => {
        const fit = arima.withCoefficients(model)
        const whole = trace(fit.online(), values)
        const before = fit.online()
        trace(before, values.slice(0, cut))
        const after = arima.online.restore(JSON.parse(JSON.stringify(before.save())))
        expect(trace(after, values.slice(cut)).map(positive)).toEqual(whole.slice(cut).map(positive))
      }),
      { numRuns: runs(100) },
    )
  })

  it('keyed filters equal one filter per key, also after a save', () => {
    const keys = fc.array(fc.constantFrom<number | string>(0, 3, 'a', 90_000_000), {
      minLength: 60,
      maxLength: 60,
    })
    fc.assert(
      fc.property(anyModel, gappy, keys, fc.nat(60), (model, values, names, cut) => {
        const fit = arima.withCoefficients(model)
        const single = new Map<number | string, OnlineArima>()
        let keyed = keyedOnline(fit)
        values.forEach((x, i) => {
          const key = names[i]!
          if (!single.has(key)) single.set(key, fit.online())
          if (i === cut) keyed = keyedOnline(JSON.parse(JSON.stringify(keyed.save())))
          const a = single.get(key)!.update(x)
          const out = keyed.updateBatch([key], [x], {
            mean: new Float64Array(1),
            variance: new Float64Array(1),
            z: new Float64Array(1),
            pValue: new Float64Array(1),
          })
          // JSON has no −0.
          expect(out.mean![0]! + 0).toBe(a.mean + 0)
          expect(out.variance![0]).toBe(a.variance)
          expect(out.pValue![0]).toBe(a.pValue ?? Number.NaN)
        })
      }),
      { numRuns: runs(100) },
    )
  })

  it('takes integer keys through the fast loop to the same numbers', () => {
    const fit = arima.withCoefficients({ ar: [1.2, -0.4], ma: [0.3], mean: 5, sigma2: 2 })
    const rng = seeded(5)
    const n = 4000
    const keys = Int32Array.from({ length: n }, () => Math.floor(rng() * 7))
    const values = Float64Array.from({ length: n }, () => (rng() < 0.02 ? Number.NaN : 10 * rng()))
    const out = keyedOnline(fit).updateBatch(keys, values, {
      mean: new Float64Array(n),
      pValue: new Float64Array(n),
    })
    const single = Array.from({ length: 7 }, () => fit.online())
    values.forEach((x, i) => {
      const step = single[keys[i]!]!.update(x)
      expect(out.mean![i]).toBe(step.mean)
      expect(out.pValue![i]).toBe(step.pValue ?? Number.NaN)
    })
  })

  it('needs at most 64 bytes per key for an ARMA(2, 1)', () => {
    expect(
      keyedOnline(arima.withCoefficients({ ar: [0.5, 0.1], ma: [0.3] })).bytesPerKey,
    ).toBeLessThanOrEqual(64)
  })

  it('says nothing about a missing point, and everything is possible while differencing starts', () => {
    const online = arima.withCoefficients({ ma: [-0.4], d: 1, seasonalD: 1, period: 4, sma: [-0.5] }).online()
    for (let t = 0; t < 5; t++) expect(online.update(t).variance).toBe(Number.POSITIVE_INFINITY)
    expect(online.update(5).variance).toBeLessThan(10)
    expect(online.update(null)).toMatchObject({ innovation: null, pValue: null })
  })

  it('survives infinite values', () => {
    const fit: ArimaFit = arima.withCoefficients({ ar: [0.5], ma: [0.2] })
    const a = fit.online()
    const b = fit.online()
    for (const x of [1, 2, Number.POSITIVE_INFINITY, 0.5]) a.update(x)
    for (const x of [1, 2, null, 0.5]) b.update(x)
    expect(a.update(1)).toEqual(b.update(1))
    expect(fit.online().update(Number.NEGATIVE_INFINITY).pValue).toBe(0)
  })

  it('keeps its digits near a double unit root', () => {
    // Roots 1/0.99 twice. Conditional normal distributions from exact autocovariances, mpmath with 60 digits.
    const values = [1436.388, 1451, 1466.236, null, 1498.135, 1514.451, 1529.404, 1542.319, 1555.164]
    const expected = [
      [0, 565328.2193397335],
      [1436.31610039989, 56.594535174116906],
      [1465.3058501531132, 1.2455826123629983],
      [1481.3955594280906, 1.049290711415982],
      [1496.1053040676195, 7.343639305035216],
      [1513.8314662038779, 1.6988350945596915],
      [1530.4732072693032, 1.1028403370046957],
      [1543.4217432848175, 1.023312607807765],
      [1554.2839490369308, 1.005695377841994],
    ] as const
    const online = arima.withCoefficients({ ar: [1.98, -0.9801], ma: [0.5] }).online()
    values.forEach((x, t) => {
      const step = online.update(x)
      const [mean, variance] = expected[t]!
      expect(Math.abs(step.mean - mean)).toBeLessThan(1e-11 * Math.max(1, mean))
      expect(Math.abs(step.variance / variance - 1)).toBeLessThan(1e-12)
    })
  })

  it('keeps the p-value of an 80-sigma point', () => {
    const step = arima.withCoefficients({ sigma2: 1 }).online().update(80)
    expect(step.pValue).toBe(0)
    // mpmath: log(erfc(80/sqrt(2)))
    expect(step.logPValue).toBeCloseTo(-3204.608, 3)
  })

  it('continues a fitted series from its end', () => {
    const y = arima.withCoefficients({ ar: [0.6], mean: 3 }).simulate(seeded(1), 80)
    const fit = arima(y, { order: [1, 0, 0] })
    const online = fit.online({ from: 'end' })
    expect(online.forecast(3)).toEqual(fit.forecast(3))
    expect(online.update(3).mean).toBe(fit.forecast(1).mean[0])
    expect(arima.fromJSON(JSON.parse(JSON.stringify(fit))).forecast(4)).toEqual(fit.forecast(4))
  })
})
