/** Fits of values that nobody would fit on purpose end soon, with finite parameters or a clear error. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ModelError } from '../../../src/core/errors.ts'
import {
  bernoulli,
  beta,
  binomial,
  chiSquared,
  type Distribution,
  type DistributionFit,
  empirical,
  exponential,
  fisherF,
  gamma,
  geometric,
  logistic,
  lognormal,
  negativeBinomial,
  normal,
  poisson,
  studentT,
  uniform,
  weibull,
} from '../../../src/models/index.ts'
import { seeded } from './families.ts'

type Fit = (data: number[]) => DistributionFit<Distribution>

const fits: Readonly<Record<string, Fit>> = {
  bernoulli: bernoulli.fit,
  beta: beta.fit,
  'binomial of 60': data => binomial.fit(data, { trials: 60 }),
  'binomial of 2^53 − 1': data => binomial.fit(data, { trials: Number.MAX_SAFE_INTEGER }),
  chiSquared: chiSquared.fit,
  empirical: empirical.fit,
  exponential: exponential.fit,
  fisherF: fisherF.fit,
  gamma: gamma.fit,
  geometric: geometric.fit,
  logistic: logistic.fit,
  lognormal: lognormal.fit,
  negativeBinomial: negativeBinomial.fit,
  normal: normal.fit,
  poisson: poisson.fit,
  studentT: data => studentT.fit(data),
  'studentT, df 3': data => studentT.fit(data, { df: 3 }),
  uniform: uniform.fit,
  weibull: weibull.fit,
}
/** Where standard errors may be NaN: the estimate may be at the edge of the parameters. */
const edged = ['studentT', 'fisherF', 'negativeBinomial']

const extremes = [0, 1, 0.5, 5e-324, 1e-323, 1e-300, 1e-148, 1e-12, 1 - 2 ** -53, 1 + 2 ** -52, 2, 3, 50]
const far = [1e15, 2 ** 53, 1e148, 1e300, 1.7e308, -1, -1e-300, -1e300, -1.7e308]
const value = fc.oneof(
  fc.constantFrom(...extremes),
  fc.constantFrom(...extremes, ...far),
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.nat(100),
)
/** Few values, constants, two values, and one among many. */
const data = fc.oneof(
  fc.array(value, { maxLength: 8 }),
  fc.tuple(value, fc.integer({ min: 1, max: 40 })).map(([x, n]) => new Array<number>(n).fill(x)),
  fc
    .tuple(value, value, fc.integer({ min: 1, max: 40 }))
    .map(([x, y, n]) => [y, ...new Array<number>(n).fill(x)]),
  fc
    .tuple(value, fc.array(fc.nat(3), { minLength: 2, maxLength: 6 }))
    .map(([x, ks]) => ks.map(k => x * (1 + k))),
)

function check(estimate: Fit, values: number[], mayBeNaN: boolean): void {
  let found: DistributionFit<Distribution>
  try {
    found = estimate(values)
  } catch (error) {
    expect(error).toBeInstanceOf(ModelError)
    expect((error as ModelError).code).toBe('DISTRIBUTION_DATA')
    expect((error as ModelError).hint).toBeTruthy()
    return
  }
  for (const p of Object.values(found.distribution.parameters)) {
    if (typeof p === 'number') expect(Number.isFinite(p)).toBe(true)
  }
  expect(Number.isFinite(found.logLik)).toBe(true)
  if (!mayBeNaN) for (const e of Object.values(found.standardErrors)) expect(e).not.toBeNaN()
}

describe.each(Object.entries(fits))('%s', (name, estimate) => {
  it('has finite parameters and likelihood, or says what is wrong', () => {
    fc.assert(
      fc.property(data, values => check(estimate, values, edged.includes(name))),
      { numRuns: 150, seed: 7 },
    )
  })

  it('refuses nothing at all', () => {
    expect(() => estimate([])).toThrow(ModelError)
    expect(() => estimate([Number.NaN])).toThrow(ModelError)
  })
})

describe('a change of unit by powers of two changes the fit by as much', () => {
  const u = seeded(5)
  const values = Array.from({ length: 60 }, () => 0.1 + 5 * u() * u())
  it.each([2 ** -1000, 2 ** -500, 2 ** 500, 2 ** 1000])('%d', unit => {
    const scaled = values.map(x => x * unit)
    const near = (a: number, b: number) => expect(a / b).toBeCloseTo(1, 9)
    const [n, m] = [normal.fit(values), normal.fit(scaled)].map(fit => fit.distribution.parameters)
    near(m!.sd, n!.sd * unit)
    near(m!.mean, n!.mean * unit)
    const [g, h] = [gamma.fit(values), gamma.fit(scaled)]
    near(h.distribution.parameters.shape, g.distribution.parameters.shape)
    near(
      h.standardErrors.rate! / h.distribution.parameters.rate,
      g.standardErrors.rate! / g.distribution.parameters.rate,
    )
    near(
      logistic.fit(scaled).distribution.parameters.scale,
      logistic.fit(values).distribution.parameters.scale * unit,
    )
    near(
      studentT.fit(scaled, { df: 4 }).distribution.parameters.scale!,
      studentT.fit(values, { df: 4 }).distribution.parameters.scale! * unit,
    )
    near(weibull.fit(scaled).distribution.parameters.shape, weibull.fit(values).distribution.parameters.shape)
  })
})

describe('beta.fit', () => {
  it.each([1e-12, 1e-100, 1e-148, 1e-290])('of values near %d is the fit of a gamma distribution', unit => {
    // For small x the density is x^(α−1)·e^(−βx) to all digits.
    const values = [1, 3, 2, 9, 4].map(x => x * unit)
    const { distribution, standardErrors } = beta.fit(values)
    const { parameters } = gamma.fit(values).distribution
    expect(distribution.parameters.alpha / parameters.shape).toBeCloseTo(1, 9)
    expect(distribution.parameters.beta / parameters.rate).toBeCloseTo(1, 9)
    expect(standardErrors.beta! / gamma.fit(values).standardErrors.rate!).toBeCloseTo(1, 6)
  })

  it.each([1e-3, 1e-5, 1e-7])('of values within %d of one another is a maximum', width => {
    const values = [0.1, 0.7, 0.4, 0.9, 0.2, 0.3].map(x => 0.3 + width * x)
    const { distribution, logLik, standardErrors } = beta.fit(values)
    const at = (factor: number) => {
      const { alpha, beta: b } = distribution.parameters
      const scaled = beta({ alpha: alpha * factor, beta: b * factor })
      return values.reduce((sum, x) => sum + scaled.logPdf(x), 0)
    }
    expect(at(1.01)).toBeLessThan(logLik)
    expect(at(0.99)).toBeLessThan(logLik)
    expect(standardErrors.alpha! / distribution.parameters.alpha).toBeCloseTo(Math.sqrt(2 / 6), 3)
  })
})

describe('studentT.fit', () => {
  it('refuses values of which too many are equal: the scale would be 0', () => {
    const values = [...new Array<number>(30).fill(2), 1, 3, 4, 5]
    expect(() => studentT.fit(values, { df: 3 })).toThrow('share of equal values')
    expect(() => studentT.fit(values)).toThrow(ModelError)
    expect(studentT.fit(values, { df: 20 }).distribution.parameters.scale).toBeGreaterThan(0)
  })
})
