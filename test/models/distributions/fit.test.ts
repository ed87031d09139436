/** Maximum likelihood: the estimate is a maximum, and its standard errors are honest. */
import { describe, expect, it } from 'vitest'
import {
  bernoulli,
  beta,
  binomial,
  chiSquared,
  type Distribution,
  type DistributionFit,
  distributionFromJSON,
  empirical,
  exponential,
  fisherF,
  gamma,
  geometric,
  goodnessOfFit,
  logistic,
  lognormal,
  negativeBinomial,
  normal,
  poisson,
  studentT,
  uniform,
  weibull,
} from '../../../src/models/index.ts'
import { digamma } from '../../../src/models/special/digamma.ts'
import { seeded } from './families.ts'

const cases: {
  d: Distribution
  fit: (data: Float64Array) => DistributionFit<Distribution>
  free: string[]
}[] = [
  { d: normal({ mean: 50, sd: 5 }), fit: normal.fit, free: ['mean', 'sd'] },
  { d: lognormal({ meanLog: 2, sdLog: 0.5 }), fit: lognormal.fit, free: ['meanLog', 'sdLog'] },
  { d: exponential({ rate: 0.3 }), fit: exponential.fit, free: ['rate'] },
  { d: gamma({ shape: 2.5, rate: 3 }), fit: gamma.fit, free: ['shape', 'rate'] },
  { d: chiSquared({ df: 7 }), fit: chiSquared.fit, free: ['df'] },
  { d: beta({ alpha: 2, beta: 5 }), fit: beta.fit, free: ['alpha', 'beta'] },
  {
    d: studentT({ df: 4, location: 3, scale: 2 }),
    fit: x => studentT.fit(x, { df: 4 }),
    free: ['location', 'scale'],
  },
  {
    d: studentT({ df: 4, location: 3, scale: 2 }),
    fit: x => studentT.fit(x),
    free: ['location', 'scale', 'df'],
  },
  { d: fisherF({ df1: 5, df2: 12 }), fit: fisherF.fit, free: ['df1', 'df2'] },
  { d: weibull({ shape: 1.5, scale: 20 }), fit: weibull.fit, free: ['shape', 'scale'] },
  { d: logistic({ location: -4, scale: 0.3 }), fit: logistic.fit, free: ['location', 'scale'] },
  { d: binomial({ trials: 12, p: 0.3 }), fit: x => binomial.fit(x, { trials: 12 }), free: ['p'] },
  { d: poisson({ rate: 4 }), fit: poisson.fit, free: ['rate'] },
  { d: negativeBinomial({ size: 2.5, mean: 6 }), fit: negativeBinomial.fit, free: ['size', 'mean'] },
  { d: geometric({ p: 0.2 }), fit: geometric.fit, free: ['p'] },
  { d: bernoulli({ p: 0.3 }), fit: bernoulli.fit, free: ['p'] },
]

function logLikelihood(d: Distribution, data: Float64Array): number {
  return data.reduce((sum, x) => sum + (d.kind === 'discrete' ? d.logPmf(x) : d.logPdf(x)), 0)
}

describe.each(cases.map(c => ({ ...c, name: `${c.d.name} ${c.free}` })))(
  '$name',
  ({ d, fit: estimate, free }) => {
    const n = 1000
    const data = d.sample(seeded(3), n)
    const result = estimate(data)
    const parameters = result.distribution.parameters as Record<string, number>
    const truth = d.parameters as Record<string, number>

    it('finds a maximum of the likelihood', () => {
      expect(result.logLik).toBeCloseTo(logLikelihood(result.distribution, data), 6)
      expect(result.logLik).toBeGreaterThanOrEqual(logLikelihood(d, data))
      for (const name of free) {
        for (const factor of [0.999, 1.001]) {
          const moved = { ...parameters, [name]: parameters[name]! * factor }
          const other = distributionFromJSON({ name: d.name, parameters: moved })
          expect(logLikelihood(other, data)).toBeLessThan(result.logLik)
        }
      }
    })

    it('has standard errors that fit the curvature and the truth', () => {
      expect(Object.keys(result.standardErrors).sort()).toEqual([...free].sort())
      for (const name of free) {
        const error = result.standardErrors[name]!
        expect(Math.abs(parameters[name]! - truth[name]!)).toBeLessThan(4 * error)
        // The curvature along one parameter alone bounds the variance from below.
        const h = 0.02 * error
        const at = (v: number) =>
          logLikelihood(
            distributionFromJSON({ name: d.name, parameters: { ...parameters, [name]: v } }),
            data,
          )
        const center = parameters[name]!
        const curvature = -(at(center + h) - 2 * at(center) + at(center - h)) / (h * h)
        expect(error * Math.sqrt(curvature)).toBeGreaterThan(0.9)
        if (free.length === 1) expect(error * Math.sqrt(curvature)).toBeLessThan(1.1)
      }
    })

    it('counts parameters and observations', () => {
      const k = free.length
      expect(result.n).toBe(n)
      expect(result.distribution.fittedParameters).toBe(k)
      expect(result.aic).toBeCloseTo(2 * k - 2 * result.logLik, 8)
      expect(result.bic).toBeCloseTo(k * Math.log(n) - 2 * result.logLik, 8)
    })
  },
)

describe('fits', () => {
  it('leave missing values out', () => {
    const fit = normal.fit([1, null, 2, NaN, undefined, 3])
    expect([fit.n, fit.distribution.mean]).toEqual([3, 2])
  })
  it('divide the normal variance by n', () => {
    expect(normal.fit([1, 2, 3, 4]).distribution.variance).toBeCloseTo(1.25, 14)
  })
  it('take the extremes of a uniform sample', () => {
    expect(uniform.fit([0.3, 0.9, 0.5]).distribution.parameters).toEqual({ min: 0.3, max: 0.9 })
  })
  it('of a gamma distribution end where values lie sixty powers of ten apart', () => {
    const { parameters } = gamma.fit([1, 1e-30, 1e30, 2]).distribution
    // log shape − ψ(shape) = log mean − mean log, by hand.
    const gap = Math.log(1e30 / 4) - Math.log(2) / 4
    expect(Math.log(parameters.shape) - digamma(parameters.shape)).toBeCloseTo(gap, 10)
    expect(parameters.shape / parameters.rate / 1e30).toBeCloseTo(0.25, 12)
  })
  it('of nothing but zeros have rate 0', () => {
    expect(poisson.fit([0, 0]).distribution.cdf(0)).toBe(1)
  })
  it('keep the empirical distribution', () => {
    expect(empirical.fit([1, 1, 2]).logLik).toBeCloseTo(2 * Math.log(2 / 3) + Math.log(1 / 3), 12)
  })
})

describe('goodnessOfFit', () => {
  it('refuses the name of a distribution, and a family', () => {
    for (const given of ['normal', normal, undefined]) {
      expect(() => goodnessOfFit([1, 2], given as never)).toThrow(
        'goodnessOfFit() takes a distribution or a fit',
      )
    }
  })

  const data = normal({ mean: 10, sd: 2 }).sample(seeded(11), 150)

  it('accepts the truth and rejects another family', () => {
    const right = goodnessOfFit(data, normal({ mean: 10, sd: 2 }))
    expect(right.parametersFitted).toBe(false)
    expect(right.kolmogorovSmirnov.pValue).toBeGreaterThan(0.05)
    expect(right.andersonDarling!.pValue).toBeGreaterThan(0.05)
    expect(right.chiSquared!.pValue).toBeGreaterThan(0.01)
    const wrong = goodnessOfFit(data, exponential({ rate: 0.1 }))
    expect(wrong.kolmogorovSmirnov.pValue).toBeLessThan(1e-10)
    expect(wrong.andersonDarling!.pValue).toBeLessThan(1e-10)
    expect(wrong.chiSquared!.pValue).toBeLessThan(1e-10)
  })

  it('says that parameters were fitted, and corrects for it', () => {
    const fit = normal.fit(data)
    const corrected = goodnessOfFit(data, fit)
    const naive = goodnessOfFit(data, fit.distribution, { fittedParameters: 0 })
    expect([corrected.parametersFitted, corrected.fittedParameters]).toEqual([true, 2])
    expect(corrected.kolmogorovSmirnov.method).toBe('simulated')
    expect(corrected.kolmogorovSmirnov.pValue).toBeLessThan(naive.kolmogorovSmirnov.pValue)
    expect(corrected.andersonDarling!.pValue).toBeLessThan(naive.andersonDarling!.pValue)
    expect(corrected.chiSquared!.df).toBe(naive.chiSquared!.df - 2)
    expect(goodnessOfFit(data, fit)).toEqual(corrected)
  })

  it('matches the published points for a fitted normal distribution', () => {
    // D'Agostino & Stephens (1986), table 4.7: A²(1 + 0.75/n + 2.25/n²) = 0.752 has p = 0.05. A sample of that size is
    // searched among shifted quantiles, so only the simulated p-value is random.
    const n = 100
    const sample = (bend: number) =>
      Float64Array.from({ length: n }, (_, i) => {
        const z = normal({ mean: 0, sd: 1 }).quantile((i + 0.5) / n)
        return z + bend * z * z
      })
    let low = 0
    let high = 0.5
    for (let i = 0; i < 30; i++) {
      const middle = (low + high) / 2
      const fit = normal.fit(sample(middle))
      const a2 = goodnessOfFit(sample(middle), fit.distribution, { fittedParameters: 0 }).andersonDarling!
        .statistic
      if (a2 * (1 + 0.75 / n + 2.25 / n ** 2) < 0.752) low = middle
      else high = middle
    }
    const { andersonDarling } = goodnessOfFit(sample(low), normal.fit(sample(low)))
    expect(Math.abs(andersonDarling!.pValue - 0.05)).toBeLessThan(0.03)
  })

  it('tests counts by chi-squared and simulation', () => {
    const counts = poisson({ rate: 4 }).sample(seeded(5), 300)
    const right = goodnessOfFit(counts, poisson.fit(counts), { simulations: 199 })
    expect(right.andersonDarling).toBeNull()
    expect(right.kolmogorovSmirnov.pValue).toBeGreaterThan(0.05)
    expect(right.chiSquared!.pValue).toBeGreaterThan(0.01)
    const wrong = goodnessOfFit(counts, geometric.fit(counts), { simulations: 199 })
    expect(wrong.kolmogorovSmirnov.pValue).toBeLessThan(0.01)
    expect(wrong.chiSquared!.pValue).toBeLessThan(1e-6)
  })

  it('leaves chi-squared out when the data are too few', () => {
    expect(goodnessOfFit([1, 2, 3], normal({ mean: 2, sd: 1 })).chiSquared).toBeNull()
  })
})
