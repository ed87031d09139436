/** The analytic gradient of the likelihood against central differences of it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parameterLayout } from '../../../src/models/arma/coefficients.ts'
import { concentratedObjective } from '../../../src/models/arma/estimate/exact-likelihood.ts'
import { expandedGradient } from '../../../src/models/arma/estimate/likelihood-gradient.ts'
import { likelihoodProblem } from '../../../src/models/arma/estimate/likelihood-problem.ts'
import {
  contractBoth,
  expandBoth,
  structuralLags,
  transformFor,
} from '../../../src/models/arma/estimate/parameter-transform.ts'
import { arimaSpec } from '../../../src/models/arma/spec.ts'
import { runs } from '../../effort.ts'
import { seeded } from './generators.ts'

const coefficients = (length: number, bound: number) =>
  fc.array(fc.double({ min: -bound, max: bound, noNaN: true }), { minLength: 0, maxLength: length })
const models = fc.record({
  // In the coordinates of the search: partial autocorrelations of tanh(x), moving averages as they are, also beyond 1.
  ar: coefficients(3, 1.5),
  ma: coefficients(3, 1.3),
  sar: coefficients(2, 1.2),
  sma: coefficients(1, 1.6),
  period: fc.constantFrom(2, 4, 7),
  length: fc.integer({ min: 20, max: 150 }),
  regressors: fc.integer({ min: 0, max: 2 }),
  seed: fc.integer({ min: 1, max: 1000 }),
})

describe('the gradient of the likelihood', () => {
  it('is that of central differences, at any coefficients', () => {
    fc.assert(
      fc.property(models, ({ ar, ma, sar, sma, period, length, regressors, seed }) => {
        const x = Float64Array.from([...ar, ...ma, ...sar, ...sma])
        fc.pre(x.length > 0)
        const spec = arimaSpec({
          order: [ar.length, 0, ma.length],
          seasonal: { order: [sar.length, 0, sma.length], period },
          constant: false,
        })
        const layout = parameterLayout(spec, 0)
        const free = Array.from(x, (_, i) => i)
        const transform = transformFor(layout, free)
        const rng = seeded(seed)
        const y = Float64Array.from({ length }, (_, t) => 3 + rng() + Math.sin(t / 3))
        const columns = [new Float64Array(length).fill(1), Float64Array.from(y, (_, t) => Math.cos(t))]
        const problem = likelihoodProblem([y, ...columns.slice(0, regressors)], {
          constantColumn: regressors > 0 ? 1 : -1,
        })
        const arma = new Float64Array(x.length)
        const at = (point: Float64Array) => {
          transform.apply(point, arma)
          return concentratedObjective(problem, ...expandBoth(layout, arma))
        }
        const { p, q, P, Q } = layout
        at(x)
        expandedGradient(problem, structuralLags(p, P, period), structuralLags(q, Q, period))
        const { phiBar, thetaBar } = problem.whitening.start
        const raw = new Float64Array(x.length)
        const gradient = new Float64Array(x.length)
        contractBoth(layout, arma, phiBar, thetaBar, raw)
        transform.pullBack(x, raw, gradient)
        const h = 1e-5
        for (const i of free) {
          const up = Float64Array.from(x, (value, j) => (j === i ? value + h : value))
          const down = Float64Array.from(x, (value, j) => (j === i ? value - h : value))
          const slope = (at(up) - at(down)) / (2 * h)
          expect(Math.abs(gradient[i]! - slope)).toBeLessThan(1e-5 * (1 + Math.abs(slope)))
        }
      }),
      { numRuns: runs(150) },
    )
  })

  it('holds where nothing is steady yet, from zero and where the steady gains are not θ', () => {
    const y = Float64Array.from({ length: 90 }, (_, t) => Math.sin(t) + ((t * 37) % 11) / 5)
    for (const theta of [[-1], [0], [2], [-0.3, 0, 0, 1.4]]) {
      const problem = likelihoodProblem([y])
      const none = new Float64Array(0)
      const ma = Float64Array.from(theta)
      const lags = Int32Array.from(theta, (_, i) => i + 1)
      concentratedObjective(problem, none, ma)
      expandedGradient(problem, new Int32Array(0), lags)
      const gradient = problem.whitening.start.thetaBar.slice()
      ma.forEach((value, i) => {
        const h = 1e-5
        ma[i] = value + h
        const up = concentratedObjective(problem, none, ma)
        ma[i] = value - h
        const down = concentratedObjective(problem, none, ma)
        ma[i] = value
        expect(gradient[i]).toBeCloseTo((up - down) / (2 * h), 6)
      })
    }
  })
})
