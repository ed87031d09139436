import { describe, expect, it } from 'vitest'
import { ModelError } from '../../../src/core/errors.ts'
import { reflectMa } from '../../../src/models/arma/estimate/reflect-roots.ts'
import { ar, arima, arma, autoArima, css, ma } from '../../../src/models/index.ts'
import { isInvertible } from '../../../src/models/numerics/partial-autocorrelations.ts'
import { seeded } from './generators.ts'
import { referenceFiles } from './reference.ts'

const noise = (seed: number, n: number) =>
  arima.withCoefficients({ ar: [0.6], ma: [0.3], mean: 4 }).simulate(seeded(seed), n)

function code(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof ModelError) return error.code
    throw error
  }
  return 'no error'
}

describe('specs', () => {
  it('are plain frozen JSON', () => {
    const spec = arima({ order: [2, 0, 1], seasonal: { order: [0, 1, 1], period: 12 } })
    expect(spec).toMatchObject({
      kind: 'arima',
      order: [2, 0, 1],
      seasonal: { order: [0, 1, 1], period: 12 },
    })
    expect(spec.constant).toBe(false)
    expect(Object.isFrozen(spec)).toBe(true)
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec)
    expect(arma({ p: 2, q: 1 }).order).toEqual([2, 0, 1])
    expect(ar({ p: 2 }).order).toEqual([2, 0, 0])
    expect(ma({ q: 2 }).order).toEqual([0, 0, 2])
    expect(arma({ p: 1, q: 1, season: '1d' }).season).toBe('1d')
  })

  it('default to a constant exactly when nothing is differenced', () => {
    expect(arima({ order: [1, 0, 0] }).constant).toBe(true)
    expect(arima({ order: [1, 1, 0] }).constant).toBe(false)
    expect(arima({ order: [1, 1, 0], constant: true }).constant).toBe(true)
  })
})

describe('bad input', () => {
  const y = noise(1, 60)
  it.each([
    ['ARIMA_ORDER', () => arima(y, { order: [1, 0] })],
    ['ARIMA_ORDER', () => arma({ p: -1, q: 0 })],
    ['ARIMA_ORDER', () => arima(y, { order: [0, 0, 0], seasonal: { order: [1, 0, 0], period: 1 } })],
    ['ARIMA_CONSTANT', () => arima(y, { order: [1, 2, 0], constant: true })],
    ['ARIMA_METHOD', () => arima(y, { order: [1, 0, 0], method: 'ols' as 'ml' })],
    ['ARIMA_FIXED', () => arima(y, { order: [1, 0, 0], fixed: { ar: [0.5, 0.2] } })],
    ['SERIES_TYPE', () => arima('abc' as never, { order: [1, 0, 0] })],
    ['SERIES_TYPE', () => arima([1, 2, Number.POSITIVE_INFINITY], { order: [1, 0, 0] })],
    ['SERIES_TOO_SHORT', () => arima([1, 2], { order: [2, 0, 1] })],
    ['SERIES_TOO_SHORT', () => arima([null, null], { order: [0, 0, 0] })],
    ['SERIES_CONSTANT', () => arima([3, 3, 3, 3, 3, 3], { order: [1, 0, 0] })],
    ['XREG_SHAPE', () => arima(y, { order: [1, 0, 0], xreg: [1, 2, 3] })],
    ['XREG_MISSING', () => arima(y, { order: [1, 0, 0], xreg: Array(60).fill(Number.NaN) })],
    ['XREG_COLLINEAR', () => arima(y, { order: [1, 0, 0], xreg: Array(60).fill(1) })],
    ['NON_STATIONARY', () => arima(y, { order: [1, 0, 0], fixed: { ar: [1.2] } })],
    ['NON_STATIONARY', () => arima.withCoefficients({ ar: [1] })],
    ['ARIMA_SIGMA2', () => arima.withCoefficients({ ar: [0.5], sigma2: 0 })],
    ['FORECAST_STEPS', () => arima.withCoefficients({ ar: [0.5] }).forecast(0)],
    ['FORECAST_LEVEL', () => arima.withCoefficients({ ar: [0.5] }).forecast(1, { level: 95 })],
    ['XREG_SHAPE', () => arima.withCoefficients({ ar: [0.5], xreg: [2] }).forecast(1)],
    ['ARIMA_JSON', () => arima.fromJSON({})],
    ['ONLINE_STATE', () => arima.online.restore({} as never)],
  ])('is a ModelError %s', (expected, run) => expect(code(run)).toBe(expected))
})

describe('fits', () => {
  it('hold what is fixed, in either form', () => {
    const y = noise(2, 200)
    const named = arima(y, { order: [2, 0, 2], fixed: { ar: [null, 0], ma: [0.3], mean: 4 } })
    const listed = arima(y, { order: [2, 0, 2], fixed: [null, 0, 0.3, null, 4] })
    expect(named.coefficients.ar[1]).toBe(0)
    expect(named.coefficients.ma[0]).toBe(0.3)
    expect(named.coefficients.mean).toBe(4)
    expect(named.standardErrors.mean).toBe(0)
    expect(named.parameters).toBe(3)
    expect(listed.logLik).toBe(named.logLik)
  })

  it('estimate a regression with its errors, rows or columns', () => {
    const rng = seeded(4)
    const x = Array.from({ length: 300 }, () => [rng(), rng()])
    const y = noise(5, 300).map((e, t) => e + 3 * x[t]![0]! - 2 * x[t]![1]!)
    const rows = arima(y, { order: [1, 0, 1], xreg: x })
    const columns = arima(y, { order: [1, 0, 1], xreg: [x.map(r => r[0]!), x.map(r => r[1]!)] })
    expect(columns.coefficients).toEqual(rows.coefficients)
    expect(Math.abs(rows.coefficients.xreg[0]! - 3)).toBeLessThan(4 * rows.standardErrors.xreg[0]!)
    expect(Math.abs(rows.coefficients.xreg[1]! + 2)).toBeLessThan(4 * rows.standardErrors.xreg[1]!)
    const forecast = rows.forecast(2, {
      xreg: [
        [0, 0],
        [1, 0],
      ],
    })
    const without = rows.forecast(2, {
      xreg: [
        [0, 0],
        [0, 0],
      ],
    })
    expect(forecast.mean[1]! - without.mean[1]!).toBeCloseTo(rows.coefficients.xreg[0]!, 10)
  })

  it('do not depend on the unit or origin of the data', () => {
    const y = noise(6, 150)
    const a = arima(y, { order: [1, 0, 1] })
    const b = arima(
      y.map(x => 1e6 + 1e-3 * x),
      { order: [1, 0, 1] },
    )
    expect(b.coefficients.ar[0]).toBeCloseTo(a.coefficients.ar[0]!, 4)
    expect(b.coefficients.ma[0]).toBeCloseTo(a.coefficients.ma[0]!, 4)
    expect(b.standardErrors.mean! * 1e3).toBeCloseTo(a.standardErrors.mean!, 4)
  })

  it('find a drift', () => {
    const y = arima.withCoefficients({ ma: [-0.5], d: 1, drift: 0.7 }).simulate(seeded(7), 400)
    const fit = arima(y, { order: [0, 1, 1], constant: true })
    expect(Math.abs(fit.coefficients.drift! - 0.7)).toBeLessThan(4 * fit.standardErrors.drift!)
    const { mean } = fit.forecast(3)
    expect(mean[2]! - mean[1]!).toBeCloseTo(fit.coefficients.drift!, 8)
  })

  it('give an invertible moving average, also when the optimum is on the boundary', () => {
    const y = noise(8, 120)
    const over = arima(
      y.map((x, t) => (t === 0 ? x : x - y[t - 1]!)),
      { order: [1, 0, 2] },
    )
    expect(over.coefficients.ma.every(Number.isFinite)).toBe(true)
    expect(isInvertible(over.coefficients.ma.map((c, j) => c * 0.999 ** (j + 1)))).toBe(true)
  })

  it('agree whether a gap is absent or long', () => {
    const y = Array.from(noise(9, 400), (x, t) => (t > 200 && t < 240 ? null : x))
    const fit = arima(y, { order: [1, 0, 1] })
    expect(fit.n).toBe(361)
    expect(fit.residuals[210]).toBeNaN()
    expect(Math.abs(fit.coefficients.ar[0]! - 0.6)).toBeLessThan(4 * fit.standardErrors.ar[0]!)
  })

  it('by ml, css and css-ml are close to each other', () => {
    const y = noise(10, 500)
    const [a, b, c] = (['ml', 'css', 'css-ml'] as const).map(method => arima(y, { order: [1, 0, 1], method }))
    expect(a!.logLik).toBeCloseTo(c!.logLik, 6)
    expect(b!.coefficients.ar[0]).toBeCloseTo(c!.coefficients.ar[0]!, 1)
    expect(css(y, { p: 1, q: 1 }).ar[0]).toBeCloseTo(b!.coefficients.ar[0]!, 6)
  })

  it('survive JSON', () => {
    const y = Array.from(noise(11, 100), (x, t) => (t === 50 || t >= 98 ? null : x))
    const fit = arima(y, { order: [1, 1, 1], seasonal: { order: [1, 0, 0], period: 4 } })
    const back = arima.fromJSON(JSON.parse(JSON.stringify(fit)))
    expect(back.coefficients).toEqual(fit.coefficients)
    expect(back.standardErrors).toEqual(fit.standardErrors)
    expect(back.residuals).toEqual(fit.residuals)
    expect(back.forecast(6)).toEqual(fit.forecast(6))
    expect(back.diagnostics()).toEqual(fit.diagnostics())
    const seed = () => seeded(1)
    expect(back.simulate(seed(), 5, { from: 'end' })).toEqual(fit.simulate(seed(), 5, { from: 'end' }))
  })

  it('simulate what they describe', () => {
    const y = arima.withCoefficients({ ar: [0.6], mean: 10, sigma2: 2 }).simulate(seeded(12), 20_000)
    const mean = y.reduce((a, b) => a + b) / y.length
    const variance = y.reduce((a, b) => a + (b - mean) ** 2, 0) / y.length
    expect(mean).toBeCloseTo(10, 0)
    expect(variance / (2 / 0.64)).toBeCloseTo(1, 1)
  })

  it('run a season of 288 points in O(r) memory', () => {
    const model = arima.withCoefficients({ ma: [-0.4], sma: [-0.6], d: 1, seasonalD: 1, period: 288 })
    const fit = arima(model.simulate(seeded(13), 1440), {
      order: [0, 1, 1],
      seasonal: { order: [0, 1, 1], period: 288 },
    })
    expect(Math.abs(fit.coefficients.ma[0]! + 0.4)).toBeLessThan(5 * fit.standardErrors.ma[0]!)
  })
})

describe('fitAsync', () => {
  const y = noise(14, 300)
  it('gives the same fit, reports progress and takes abort', async () => {
    const seen: number[] = []
    const fit = await arima.fitAsync(y, { order: [1, 0, 1], progress: p => seen.push(p.logLik) })
    expect(fit.coefficients).toEqual(arima(y, { order: [1, 0, 1] }).coefficients)
    expect(fit.forecast(2)).toEqual(arima(y, { order: [1, 0, 1] }).forecast(2))
    expect(seen.length).toBeGreaterThan(0)
  })

  it('rejects with the reason of the signal, before and during', async () => {
    const reason = new Error('enough')
    await expect(arima.fitAsync(y, { order: [1, 0, 1], signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    )
    const controller = new AbortController()
    const running = arima.fitAsync(y, { order: [1, 0, 1], signal: controller.signal })
    controller.abort(reason)
    await expect(running).rejects.toBe(reason)
  })

  it('passes model errors on', async () => {
    await expect(arima.fitAsync([1, 1, 1, 1, 1, 1], { order: [1, 0, 0] })).rejects.toMatchObject({
      code: 'SERIES_CONSTANT',
      name: 'ModelError',
    })
  })
})

describe('autoArima', () => {
  for (const file of referenceFiles(/^auto_.*\.json$/)) {
    it(`is as good as forecast::auto.arima on ${file.file}`, () => {
      const fit = autoArima(file.series, { period: file.frequency })
      expect(fit.order[1]).toBe(file.expected.order[1])
      expect(fit.seasonal?.order[1] ?? 0).toBe(file.expected.order[4] ?? 0)
      expect(fit.aicc).toBeLessThan(file.expected.aicc + 0.01)
      expect(fit.candidates.length).toBeGreaterThan(5)
    })
  }
  it('answers with what arima fits with that order, quick or not', () => {
    for (const seed of [21, 22]) {
      const y = arima
        .withCoefficients({ ar: [0.5], ma: [0.4], sma: [-0.5], d: 1, seasonalD: 1, period: 4 })
        .simulate(seeded(seed), 90)
      const quick = autoArima(y, { period: 4 })
      const whole = autoArima(y, { period: 4, approximation: false })
      // The criteria of the two answers differ by no more than this on simulated series.
      expect(Math.abs(quick.aicc - whole.aicc)).toBeLessThan(2)
      const { order, seasonal, constant } = quick.spec
      expect(quick.logLik).toBe(arima(y, { order, seasonal, constant }).logLik)
      expect(autoArima(y, { period: 4 }).aicc).toBe(quick.aicc)
      for (const fit of [quick, whole]) {
        const own = fit.candidates.find(
          c =>
            c.order.join() === fit.order.join() &&
            c.seasonal.join() === fit.seasonal?.order.join() &&
            c.constant === fit.spec.constant,
        )
        expect(own?.nearUnitRoot).toBe(false)
      }
    }
  })
  it('goes on from models near the unit circle, and does not choose one', () => {
    // Over-differenced: moving averages at −1.
    const y = noise(16, 150)
    const fit = autoArima(y, { d: 1, approximation: false })
    const least = fit.candidates.reduce((a, b) => (b.value < a.value ? b : a))
    expect(least.nearUnitRoot).toBe(true)
    expect(least.value).toBeLessThan(fit.aicc)
    expect(code(() => autoArima(y, { approximation: 'yes' as never }))).toBe('MODEL_OPTION')
  })
  it('searches every order when asked', () => {
    const y = noise(15, 120)
    const stepwise = autoArima(y, { maxP: 2, maxQ: 2 })
    const all = autoArima(y, { maxP: 2, maxQ: 2, search: 'exhaustive' })
    expect(all.aicc).toBeLessThanOrEqual(stepwise.aicc + 1e-6)
    expect(all.candidates.length).toBe(2 * 9)
  })
})

it('reflects roots into the invertible representation with the same autocorrelations', () => {
  expect(reflectMa([2])[0]).toBeCloseTo(0.5, 12)
  // (1 + 2z)(1 + 0.5z) becomes (1 + 0.5z)².
  const two = reflectMa([2.5, 1])
  expect(two[0]).toBeCloseTo(1, 6)
  expect(two[1]).toBeCloseTo(0.25, 6)
})
