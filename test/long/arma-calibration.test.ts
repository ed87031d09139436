/**
 * Are the standard errors honest? 500 series are simulated from known coefficients and refitted; (estimate − truth)
 * over its standard error must have standard deviation 0.9–1.1.
 */
import { describe, expect, it } from 'vitest'
import { type ArimaFitOptions, arima, type GivenCoefficients } from '../../src/models/arma/index.ts'
import { seeded } from '../models/arma/generators.ts'

const cases: {
  name: string
  truth: GivenCoefficients
  options: ArimaFitOptions
  n: number
  missing?: number
}[] = [
  { name: 'AR(1)', truth: { ar: [0.6], mean: 3 }, options: { order: [1, 0, 0] }, n: 300 },
  {
    name: 'ARMA(2, 1)',
    truth: { ar: [1.2, -0.4], ma: [0.3], mean: 5 },
    options: { order: [2, 0, 1] },
    n: 800,
  },
  { name: 'MA(2)', truth: { ma: [0.6, 0.3], mean: -1 }, options: { order: [0, 0, 2] }, n: 400 },
  {
    name: 'airline',
    truth: { ma: [-0.4], sma: [-0.5], d: 1, seasonalD: 1, period: 12 },
    options: { order: [0, 1, 1], seasonal: { order: [0, 1, 1], period: 12 } },
    n: 400,
  },
  {
    name: 'ARMA(1, 1) with a tenth missing',
    truth: { ar: [0.7], ma: [0.4], mean: 1 },
    options: { order: [1, 0, 1] },
    n: 500,
    missing: 0.1,
  },
]

describe('(estimate − truth) / standard error', () => {
  for (const { name, truth, options, n, missing = 0 } of cases) {
    it(`has standard deviation 0.9–1.1 for ${name}`, () => {
      const model = arima.withCoefficients(truth)
      const rng = seeded(20_260)
      const scores = new Map<string, number[]>()
      for (let run = 0; run < 500; run++) {
        const y = Array.from(model.simulate(rng, n), x => (rng() < missing ? null : x))
        const fit = arima(y, options)
        for (const block of ['ar', 'ma', 'sma'] as const) {
          truth[block]?.forEach((value, i) => {
            const z = (fit.coefficients[block][i]! - value) / fit.standardErrors[block][i]!
            scores.set(`${block}${i + 1}`, [...(scores.get(`${block}${i + 1}`) ?? []), z])
          })
        }
        if (truth.mean !== undefined) {
          const z = (fit.coefficients.mean! - truth.mean) / fit.standardErrors.mean!
          scores.set('mean', [...(scores.get('mean') ?? []), z])
        }
      }
      for (const [coefficient, z] of scores) {
        const mean = z.reduce((a, b) => a + b) / z.length
        const sd = Math.sqrt(z.reduce((a, b) => a + (b - mean) ** 2, 0) / (z.length - 1))
        console.log(`${name} ${coefficient}: sd ${sd.toFixed(3)}, mean ${mean.toFixed(3)}`)
        expect(sd, coefficient).toBeGreaterThan(0.9)
        expect(sd, coefficient).toBeLessThan(1.1)
      }
    })
  }
})
