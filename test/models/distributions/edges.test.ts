/** Degenerate parameters, rejected parameters, and the allocation-free tails. */
import { describe, expect, it } from 'vitest'
import { ModelError } from '../../../src/core/errors.ts'
import {
  bernoulli,
  binomial,
  distributionFromJSON,
  empirical,
  exponential,
  fisherF,
  gamma,
  geometric,
  negativeBinomial,
  negativeBinomialTails,
  normal,
  normalLogSf,
  normalLogTwoSided,
  poisson,
  poissonTails,
  studentT,
  uniform,
  weibull,
} from '../../../src/models/index.ts'
import { continuous, discrete, label, relativeError } from './families.ts'

function codeOf(f: () => unknown): string | undefined {
  try {
    f()
  } catch (error) {
    if (error instanceof ModelError && error.hint) return error.code
  }
  return undefined
}

describe('parameters', () => {
  it.each([
    ['normal sd 0', () => normal({ mean: 0, sd: 0 })],
    ['normal mean NaN', () => normal({ mean: NaN, sd: 1 })],
    ['normal misspelt', () => normal({ mu: 0, sd: 1 } as never)],
    ['normal without names', () => normal(3 as never)],
    ['gamma shape -1', () => gamma({ shape: -1, rate: 1 })],
    ['gamma scale', () => gamma({ shape: 1, scale: 1 } as never)],
    ['weibull text', () => weibull({ shape: '1', scale: 1 } as never)],
    ['uniform out of order', () => uniform({ min: 1, max: 1 })],
    ['studentT df Infinity', () => studentT({ df: Infinity })],
    ['binomial half a trial', () => binomial({ trials: 1.5, p: 0.5 })],
    ['binomial p 1.1', () => binomial({ trials: 1, p: 1.1 })],
    ['poisson rate -1', () => poisson({ rate: -1 })],
    ['negativeBinomial size 0', () => negativeBinomial({ size: 0, p: 0.5 })],
    ['negativeBinomial p and mean', () => negativeBinomial({ size: 1, p: 0.5, mean: 1 } as never)],
    ['binomial.fit without trials', () => binomial.fit([1, 2], {} as never)],
  ])('%s is rejected', (_, make) => {
    expect(codeOf(make)).toBe('DISTRIBUTION_PARAMETER')
  })

  it.each([
    ['nothing observed', () => poisson.fit([null, NaN])],
    ['an infinity', () => normal.fit([1, Infinity])],
    ['a constant', () => normal.fit([2, 2, 2])],
    ['a fraction', () => poisson.fit([0.5])],
    ['underdispersed counts', () => negativeBinomial.fit([5, 5, 5, 6])],
    ['an empty sample', () => empirical([])],
  ])('%s cannot be fitted', (_, fit) => {
    expect(codeOf(fit)).toBe('DISTRIBUTION_DATA')
  })

  it('says what it wants, what it got and what to do', () => {
    expect(() => normal({ mean: 0, sd: -1 })).toThrow(
      /normal\(\) needs a finite sd > 0, got sd = -1\n {2}HINT: /,
    )
  })

  it('an unknown name lists the known ones', () => {
    expect(codeOf(() => distributionFromJSON({ name: 'toString', parameters: {} }))).toBe(
      'DISTRIBUTION_UNKNOWN',
    )
  })
})

describe('degenerate parameters are legal', () => {
  it.each([
    ['poisson rate 0', poisson({ rate: 0 }), 0],
    ['binomial p 0', binomial({ trials: 100, p: 0 }), 0],
    ['binomial p 1', binomial({ trials: 100, p: 1 }), 100],
    ['binomial without trials', binomial({ trials: 0, p: 0.5 }), 0],
    ['bernoulli p 1', bernoulli({ p: 1 }), 1],
    ['bernoulli p 0', bernoulli({ p: 0 }), 0],
    ['geometric p 1', geometric({ p: 1 }), 0],
    ['negativeBinomial p 1', negativeBinomial({ size: 2, p: 1 }), 0],
    ['negativeBinomial mean 0', negativeBinomial({ size: 2, mean: 0 }), 0],
  ] as const)('%s is a point mass', (_, d, at) => {
    expect([d.pmf(at), d.logPmf(at), d.cdf(at), d.sf(at), d.mean, d.variance]).toEqual([1, 0, 1, 0, at, 0])
    expect([d.cdf(at - 1), d.sf(at - 1), d.pmf(at + 1), d.logPmf(at + 1)]).toEqual([0, 1, 0, -Infinity])
    expect([d.quantile(0.3), d.quantile(1), d.isf(0.3), d.isf(0)]).toEqual([at, at, at, at])
    expect([...d.sample(() => 0.5, 2)]).toEqual([at, at])
  })

  it.each([
    ['geometric p 0', geometric({ p: 0 })],
    ['negativeBinomial p 0', negativeBinomial({ size: 2, p: 0 })],
    ['exponential rate 0', exponential({ rate: 0 })],
  ] as const)('%s never comes', (_, d) => {
    expect([d.cdf(1e9), d.sf(1e9), d.logCdf(1e9), d.mean]).toEqual([0, 1, -Infinity, Infinity])
    expect(d.logSf(1e9)).toBeCloseTo(0)
    expect([d.quantile(0.5), d.isf(0.5)]).toEqual([Infinity, Infinity])
  })
})

describe('tails without allocation', () => {
  const out = new Float64Array(2)
  const both = (d: { logCdf(x: number): number; logSf(x: number): number }, k: number) => [
    d.logCdf(k),
    k === 0 ? 0 : d.logSf(k - 1),
  ]
  const counts = [0, 1, 2, 7, 20, 21, 64, 65, 99, 130, 400, 3000]

  it('poissonTails equals the distribution', () => {
    for (const rate of [1e-3, 0.5, 3, 20, 100, 3000]) {
      const d = poisson({ rate })
      for (const k of counts) {
        poissonTails(k, rate, out)
        const [below, above] = both(d, k) as [number, number]
        expect(Math.abs(out[0]! - below)).toBeLessThan(1e-12 * Math.max(1, Math.abs(below)))
        expect(Math.abs(out[1]! - above)).toBeLessThan(1e-12 * Math.max(1, Math.abs(above)))
      }
    }
  })

  it('negativeBinomialTails equals the distribution', () => {
    for (const size of [0.3, 5, 1e4]) {
      for (const mean of [1e-3, 0.5, 10, 100]) {
        const d = negativeBinomial({ size, mean })
        for (const k of counts) {
          negativeBinomialTails(k, size, mean, out)
          const [below, above] = both(d, k) as [number, number]
          expect(Math.abs(out[0]! - below)).toBeLessThan(1e-12 * Math.max(1, Math.abs(below)))
          expect(Math.abs(out[1]! - above)).toBeLessThan(1e-12 * Math.max(1, Math.abs(above)))
        }
      }
    }
  })

  it('odd arguments have an answer', () => {
    const ask = (tails: (x: number) => void, x: number) => {
      tails(x)
      return [...out]
    }
    for (const tails of [
      (x: number) => poissonTails(x, 3, out),
      (x: number) => negativeBinomialTails(x, 2, 3, out),
    ]) {
      expect(ask(tails, NaN)).toEqual([NaN, NaN])
      expect(ask(tails, -1)).toEqual([-Infinity, 0])
      expect(ask(tails, Infinity)).toEqual([0, -Infinity])
    }
    expect(ask(x => poissonTails(x, 0, out), 2)).toEqual([0, -Infinity])
    expect(ask(x => negativeBinomialTails(x, 2, 0, out), 0)).toEqual([0, 0])
    poissonTails(2.5, 3, out)
    expect(out[1]).toBeCloseTo(poisson({ rate: 3 }).logSf(2), 14)
  })

  it('normalLogSf and normalLogTwoSided do not underflow', () => {
    // Source: mpmath 1.3, log(erfc(z/√2)/2) at 50 digits.
    expect(relativeError(normalLogSf(10), -53.23128515051247)).toBeLessThan(1e-15)
    expect(relativeError(normalLogSf(1e4), -50000010.12927891)).toBeLessThan(1e-15)
    expect(normalLogTwoSided(0)).toBeCloseTo(0, 15)
    expect(normalLogTwoSided(-18)).toBe(normalLogTwoSided(18))
    expect(relativeError(normalLogTwoSided(18), normalLogSf(18) + Math.LN2)).toBeLessThan(1e-15)
    expect([normalLogSf(NaN), normalLogTwoSided(NaN)]).toEqual([NaN, NaN])
    expect([normalLogSf(Infinity), normalLogTwoSided(-Infinity)]).toEqual([-Infinity, -Infinity])
  })
})

describe('at the ends of the doubles', () => {
  // Source: mpmath 1.3 at 50 digits (400 for the F distribution), arguments taken as exact doubles.
  const tiny = fisherF({ df1: 0.4, df2: 5 })
  const far = weibull({ shape: 0.01, scale: 1e100 })
  it.each([
    ['gamma cdf', gamma({ shape: 0.002, rate: 0.001 }).cdf(1e-315), 0.2314727843697751],
    ['gamma sf', gamma({ shape: 0.002, rate: 0.001 }).sf(1e-315), 0.7685272156302249],
    ['F pdf', tiny.pdf(1e-320), 1.5273315552495528e255],
    ['F logSf', tiny.logSf(1e-320), -7.636572758732029e-65],
    ['exponential logCdf', exponential({ rate: 1e-8 }).logCdf(1e-320), -755.2479216349262],
    ['uniform logCdf', uniform({ min: 0, max: 1e6 }).logCdf(1e-320), -750.6427514489382],
    ['Weibull cdf', far.cdf(1e-300), 9.999500016666248e-5],
    ['Weibull logPdf', far.logPdf(1e-300), 676.9599173402494],
  ])('%s keeps its digits', (_, got, expected) => {
    expect(relativeError(got, expected)).toBeLessThan(1e-13)
  })

  it('quantiles keep their digits where rate·x underflows', () => {
    // The lower tail is (rate·x)^½/Γ(3/2) to the last digit.
    const d = gamma({ shape: 0.5, rate: 1e-200 })
    expect(relativeError(d.quantile(1e-170), (Math.PI / 4) * 1e-140)).toBeLessThan(1e-12)
    expect(gamma({ shape: 1e-9, rate: 1e-110 }).isf(0.5)).toBe(0)
  })

  it('a probability of success too small to be seen beside 1 needs no table', () => {
    const d = negativeBinomial({ size: 3, p: 1e-18 })
    // Gamma in the limit: mean 3e18, median 2.6740603137e18 (mpmath: gammainc(3, 0, x) = 1).
    expect(relativeError(d.quantile(0.5), 2.674060313723561e18)).toBeLessThan(1e-12)
    expect(d.cdf(1e300)).toBe(1)
  })

  it('huge arguments have an answer', () => {
    for (const d of [
      ...continuous,
      ...discrete,
      gamma({ shape: 2, rate: 1 }),
      weibull({ shape: 3, scale: 2 }),
      negativeBinomial({ size: 2, p: 0.5 }),
    ]) {
      for (const x of [1e20, 1e160, 1e308]) {
        const density = d.kind === 'continuous' ? d.pdf(x) : d.pmf(x)
        expect(density, label(d)).toBeLessThan(1e-9)
        if (d.name === 'studentT' || d.name === 'fisherF') continue
        expect([d.cdf(x), d.sf(x), d.logCdf(x)], label(d)).toEqual([1, 0, 0])
      }
    }
  })

  it('a certain event has logarithm 0, not −0', () => {
    for (const d of [...continuous, ...discrete]) {
      expect([d.logCdf(Infinity), d.logSf(-Infinity)], label(d)).toEqual([0, 0])
      expect([d.logCdf(Number.MAX_VALUE) <= 0, Object.is(d.logCdf(Number.MAX_VALUE), -0)]).toEqual([
        true,
        false,
      ])
    }
    expect([weibull({ shape: 1, scale: 2 }).quantile(0), bernoulli({ p: 0 }).logCdf(0)]).toEqual([0, 0])
  })

  it('a generator that repeats itself does not trap a sampler', () => {
    for (const u of [0, 0.5, 1 - 2 ** -53])
      for (const d of [...continuous, ...discrete]) {
        const [first, second] = d.sample(() => u, 2)
        expect(first, label(d)).toBe(second)
        expect(first).not.toBeNaN()
      }
  })
})

describe('huge parameters', () => {
  it('quantiles beyond 2^53 terminate', () => {
    const d = geometric({ p: 1e-300 })
    // biome-ignore lint/correctness/noPrecisionLoss: mpmath's digits, the nearest double is meant
    expect(relativeError(d.quantile(0.3), 3.5667494393873237e299)).toBeLessThan(1e-12)
    expect(poisson({ rate: 1e12 }).quantile(0.3)).toBe(999999475599)
  })
})
