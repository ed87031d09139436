/**
 * Distributions against numbers computed elsewhere: the shared reference file (mpmath at 60 digits, with published
 * points of R and scipy) where it is present, and a few copied numbers that are checked always.
 */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  beta,
  binomial,
  chiSquared,
  type Distribution,
  exponential,
  fisherF,
  gamma,
  logistic,
  lognormal,
  negativeBinomial,
  normal,
  poisson,
  studentT,
  uniform,
  weibull,
} from '../../../src/models/index.ts'
import { relativeError } from './families.ts'

type Numbers = Record<string, number>
interface Point {
  dist: string
  params: Numbers
  fn: string
  x: number
  expected: number
  rel_tol: number
}

const build: Record<string, (p: any) => Distribution> = {
  normal: (p: Numbers) => normal({ mean: p.mu!, sd: p.sigma! }),
  lognormal: (p: Numbers) => lognormal({ meanLog: p.mulog!, sdLog: p.sigmalog! }),
  exponential: p => exponential(p),
  gamma: (p: Numbers) => gamma({ shape: p.shape!, rate: 1 / p.scale! }),
  chisquare: p => chiSquared(p),
  beta: (p: Numbers) => beta({ alpha: p.a!, beta: p.b! }),
  t: p => studentT(p),
  f: p => fisherF(p),
  weibull: p => weibull(p),
  logistic: p => logistic(p),
  uniform: p => uniform(p),
  binomial: (p: Numbers) => binomial({ trials: p.n!, p: p.p! }),
  poisson: (p: Numbers) => poisson({ rate: p.lambda! }),
  negative_binomial: (p: Numbers) => negativeBinomial({ size: p.r!, p: p.p! }),
}
const methods: Record<string, string> = {
  logpdf: 'logPdf',
  logpmf: 'logPmf',
  logcdf: 'logCdf',
  logsf: 'logSf',
}

const file = new URL('../../../../shared/reference/distributions.json', import.meta.url)
const present = existsSync(file)
if (!present)
  console.warn('skipped: the shared reference numbers (distributions.json) are not on this machine')

describe.skipIf(!present)('shared reference numbers', () => {
  const points: Point[] = present ? JSON.parse(readFileSync(file, 'utf8')).points : []
  it.each(points)('$dist $fn($x) $params', ({ dist, params, fn, x, expected, rel_tol }) => {
    const d = build[dist]!(params) as unknown as Record<string, (x: number) => number>
    expect(relativeError(d[methods[fn] ?? fn]!(x), expected)).toBeLessThanOrEqual(Math.min(rel_tol, 1e-13))
  })
})

/** Source: mpmath 1.3 at 50 digits from the defining integrals and sums, arguments taken as exact doubles. */
const copied: [string, number, number][] = [
  ['normal pdf, sd 5 not variance 25 as sd', normal({ mean: 50, sd: 5 }).pdf(60), 0.010798193302637612],
  ['Poisson pmf at 3 of rate 2', poisson({ rate: 2 }).pmf(3), 0.18044704431548358],
  ['normal cdf(-37.5)', normal({ mean: 0, sd: 1 }).cdf(-37.5), 4.605353009581955e-308],
  ['normal logCdf(-1e4)', normal({ mean: 0, sd: 1 }).logCdf(-1e4), -50000010.12927891],
  ['gamma sf far out', gamma({ shape: 3, rate: 1 }).sf(245), 1.1986691517151729e-102],
  ['gamma sf, large shape', gamma({ shape: 1e5, rate: 1 }).sf(101000), 0.0008084215129255907],
  ['gamma logCdf close to 0', gamma({ shape: 7, rate: 1 }).logCdf(80), -7.096510270453943e-27],
  ['chi-squared quantile', chiSquared({ df: 13 }).quantile(2e-77), 1.0106330688195198e-11],
  ['beta cdf, unequal parameters', beta({ alpha: 1000, beta: 1e6 }).cdf(0.001), 0.5168114550311734],
  ['beta isf', beta({ alpha: 101, beta: 99900 }).isf(1e-11), 0.001836058693052951],
  ['t sf, many df', studentT({ df: 1e4 }).sf(12), 2.9898898039056625e-33],
  ['F sf', fisherF({ df1: 3, df2: 20 }).sf(30), 1.3345705379913502e-7],
  ['lognormal isf', lognormal({ meanLog: 0, sdLog: 0.954 }).isf(5e-20), 5830.5020828128445],
  [
    'lognormal sf, narrow',
    lognormal({ meanLog: 10, sdLog: 0.01 }).sf(29732.618852891414),
    4.9067139271484114e-198,
  ],
  ['binomial pmf, a million trials', binomial({ trials: 1e6, p: 0.1234 }).pmf(123456), 0.001195287459548696],
  ['binomial cdf', binomial({ trials: 1000, p: 0.5 }).cdf(300), 8.832839003975068e-38],
  ['Poisson logPmf of a subnormal rate', poisson({ rate: 3e-308 }).logPmf(10), -7096.080376108055],
  ['Poisson sf', poisson({ rate: 100 }).sf(200), 4.626179470195773e-19],
  ['negative binomial cdf', negativeBinomial({ size: 0.9, p: 0.5 }).cdf(3), 0.9469453470715192],
]

describe('copied reference numbers', () => {
  it.each(copied)('%s', (_, got, expected) => {
    expect(relativeError(got, expected)).toBeLessThan(1e-13)
  })
  it('a narrow Weibull density does not multiply the rounding of x/scale', () => {
    expect(
      relativeError(weibull({ shape: 935.5, scale: 331277.9 }).pdf(331147.7), 0.0009787076711950983),
    ).toBeLessThan(5e-15)
  })
  it('discrete quantiles are exact', () => {
    expect(binomial({ trials: 50, p: 0.01 }).quantile(0.999)).toBe(4)
    expect(binomial({ trials: 1000, p: 0.1 }).isf(1e-12)).toBe(173)
    expect(poisson({ rate: 12 }).quantile(0.999999)).toBe(32)
    expect(poisson({ rate: 0.6 }).quantile(0.5)).toBe(0)
  })
})
