/** What the tests of all distributions share: instances of every family and a seeded generator. */
import {
  bernoulli,
  beta,
  binomial,
  type ContinuousDistribution,
  chiSquared,
  type DiscreteDistribution,
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

/** Uniform numbers in [0, 1), the same on every run. */
export function seeded(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export const continuous: ContinuousDistribution[] = [
  normal({ mean: 50, sd: 5 }),
  lognormal({ meanLog: 2, sdLog: 0.5 }),
  exponential({ rate: 0.3 }),
  gamma({ shape: 0.05, rate: 2 }),
  gamma({ shape: 2.5, rate: 1 }),
  gamma({ shape: 1e4, rate: 3 }),
  chiSquared({ df: 7 }),
  beta({ alpha: 0.1, beta: 300 }),
  beta({ alpha: 2, beta: 3 }),
  beta({ alpha: 5000, beta: 0.5 }),
  studentT({ df: 0.5 }),
  studentT({ df: 3, location: -2, scale: 4 }),
  studentT({ df: 1e6 }),
  fisherF({ df1: 3, df2: 20 }),
  weibull({ shape: 1.5, scale: 2 }),
  logistic({ location: 1, scale: 0.2 }),
  uniform({ min: 0.2, max: 2 }),
]

export const discrete: DiscreteDistribution[] = [
  binomial({ trials: 10, p: 0.3 }),
  binomial({ trials: 1_000_000, p: 1e-5 }),
  binomial({ trials: 1_000_001, p: 0.5 }),
  poisson({ rate: 3 }),
  poisson({ rate: 4321.5 }),
  negativeBinomial({ size: 0.3, p: 0.02 }),
  negativeBinomial({ size: 5, mean: 10 }),
  negativeBinomial({ size: 1e5, mean: 100 }),
  geometric({ p: 0.25 }),
  bernoulli({ p: 0.3 }),
]

/** A name for the test's title. */
export function label(d: { name: string; parameters: object }): string {
  return `${d.name}${JSON.stringify(d.parameters)}`
}

/** |a − b| relative to b. */
export function relativeError(a: number, b: number): number {
  return a === b ? 0 : Math.abs(a - b) / Math.abs(b)
}
