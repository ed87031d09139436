import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concentratedObjective, logLikelihoodOf } from '../../../src/models/arma/estimate/exact-likelihood.ts'
import { difference } from '../../../src/models/arma/estimate/fit-data.ts'
import { likelihoodProblem } from '../../../src/models/arma/estimate/likelihood-problem.ts'
import { arima } from '../../../src/models/arma/index.ts'
import { differencing, expandAr, expandMa } from '../../../src/models/arma/lag-polynomial.ts'
import { runs } from '../../effort.ts'
import { autocovariances, denseLogLikelihood } from './dense-likelihood.ts'
import { seeded, stable } from './generators.ts'

const model = fc.record({
  ar: stable(3, 1),
  ma: stable(3, -1),
  sar: stable(1, 1),
  sma: stable(1, -1),
  period: fc.constantFrom(2, 4, 7),
})
const values = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 8, maxLength: 40 })
const gappy = fc.array(fc.option(fc.double({ min: -3, max: 3, noNaN: true }), { nil: Number.NaN, freq: 4 }), {
  minLength: 12,
  maxLength: 40,
})

/** Log-likelihood at the σ² that maximises it. */
function ours(
  y: Float64Array,
  phi: Float64Array,
  theta: Float64Array,
  delta: Float64Array = new Float64Array(0),
  gaps = false,
) {
  const problem = likelihoodProblem([y], { delta, gaps })
  const value = concentratedObjective(problem, phi, theta)
  return {
    logLik: logLikelihoodOf(value, problem.used),
    sigma2: problem.sumOfSquares / problem.used,
    problem,
  }
}

describe('the exact likelihood equals the dense one', () => {
  it('at random parameters', () => {
    fc.assert(
      fc.property(model, values, (m, list) => {
        const y = Float64Array.from(list)
        fc.pre(y.some(x => Math.abs(x) > 0.1))
        const phi = expandAr(m.ar, m.sar, m.period)
        const theta = expandMa(m.ma, m.sma, m.period)
        const { logLik, sigma2 } = ours(y, phi, theta)
        const dense = denseLogLikelihood(y, autocovariances(phi, theta, y.length), sigma2)
        expect(Math.abs(logLik - dense)).toBeLessThan(1e-7 * (1 + Math.abs(dense)))
      }),
      { numRuns: runs(120) },
    )
  })

  it('with missing values', () => {
    fc.assert(
      fc.property(model, gappy, (m, list) => {
        const y = Float64Array.from(list)
        fc.pre(y.some(x => Math.abs(x) > 0.1))
        const phi = expandAr(m.ar, m.sar, m.period)
        const theta = expandMa(m.ma, m.sma, m.period)
        const { logLik, sigma2 } = ours(y, phi, theta, undefined, true)
        const dense = denseLogLikelihood(y, autocovariances(phi, theta, y.length), sigma2)
        expect(Math.abs(logLik - dense)).toBeLessThan(1e-7 * (1 + Math.abs(dense)))
      }),
      { numRuns: runs(120) },
    )
  })

  it('with missing values and a coefficient whose square is no double', () => {
    const y = Float64Array.of(0, ...new Array(5).fill(Number.NaN), 0, -0.1, ...new Array(4).fill(Number.NaN))
    const phi = Float64Array.of(1.5717277847026288e-162)
    const theta = new Float64Array(0)
    const { logLik, sigma2 } = ours(y, phi, theta, undefined, true)
    const dense = denseLogLikelihood(y, autocovariances(phi, theta, y.length), sigma2)
    expect(Math.abs(logLik - dense)).toBeLessThan(1e-7 * (1 + Math.abs(dense)))
  })

  it('of a differenced series through the undifferenced filter', () => {
    fc.assert(
      fc.property(model, values, fc.constantFrom([1, 0], [2, 0], [0, 1], [1, 1]), (m, list, [d, D]) => {
        const delta = differencing(d!, D!, m.period)
        fc.pre(list.length > delta.length + 3)
        const y = Float64Array.from(list)
        const w = difference(y, delta)
        fc.pre(w.some(x => Math.abs(x) > 0.1))
        const phi = expandAr(m.ar, m.sar, m.period)
        const theta = expandMa(m.ma, m.sma, m.period)
        const plain = ours(w, phi, theta)
        const filtered = ours(y, phi, theta, delta, true)
        expect(filtered.problem.used).toBe(w.length)
        expect(Math.abs(plain.logLik - filtered.logLik)).toBeLessThan(1e-8 * (1 + Math.abs(plain.logLik)))
      }),
      { numRuns: runs(100) },
    )
  })

  it('of a random walk with gaps is that of its increments over the gaps', () => {
    const y = Float64Array.from([1, 2, Number.NaN, Number.NaN, 5, 4, Number.NaN, 6])
    const { logLik, sigma2, problem } = ours(
      y,
      new Float64Array(0),
      new Float64Array(0),
      differencing(1, 0, 1),
      true,
    )
    const steps = [
      [1, 1],
      [3, 3],
      [-1, 1],
      [2, 2],
    ] as const
    let direct = 0
    for (const [change, length] of steps) {
      direct -= 0.5 * (Math.log(2 * Math.PI * sigma2 * length) + change ** 2 / (sigma2 * length))
    }
    expect(problem.used).toBe(4)
    expect(logLik).toBeCloseTo(direct, 10)
  })

  it('keeps every direction that a long leading gap leaves to the smallest state', () => {
    const y = arima.withCoefficients({ ma: [-0.6], d: 1 }).simulate(seeded(5), 60)
    const gaps = Array.from(y, (x, t) => ((t > 20 && t < 27) || t % 13 === 5 ? null : x))
    const fit = arima(gaps, { order: [0, 1, 1] })
    for (const leading of [1, 3, 8]) {
      const later = arima([...Array(leading).fill(null), ...gaps], { order: [0, 1, 1] })
      expect(later.logLik).toBeCloseTo(fit.logLik, 5)
      expect(later.coefficients.ma[0]).toBeCloseTo(fit.coefficients.ma[0]!, 4)
    }
  })

  it('does not mind where a differenced series starts to be observed', () => {
    const y = arima
      .withCoefficients({ ma: [-0.4], sma: [-0.3], d: 1, seasonalD: 1, period: 4 })
      .simulate(seeded(3), 80)
    const shape = { order: [0, 1, 1], seasonal: { order: [0, 1, 1], period: 4 } }
    const fit = arima(y, shape)
    const later = arima([null, null, null, ...y], shape)
    expect(later.logLik).toBeCloseTo(fit.logLik, 6)
    expect(later.coefficients.ma[0]).toBeCloseTo(fit.coefficients.ma[0]!, 4)
    expect(later.forecast(5).mean[4]).toBeCloseTo(fit.forecast(5).mean[4]!, 3)
  })
})
