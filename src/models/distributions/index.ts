/**
 * Distributions: density, both tails, their logarithms, quantiles, sampling and maximum likelihood, accurate to the far
 * tails. Invariant: a distribution is immutable and is rebuilt exactly from `{ name, parameters }`; its results depend
 * on its parameters alone, never on earlier calls. May import `core/errors`, contracts of `core`, `models/special` and
 * `models/spec-options`.
 */
export * from './bernoulli.ts'
export * from './beta.ts'
export * from './binomial.ts'
export * from './chi-squared.ts'
export type {
  ContinuousDistribution,
  DiscreteDistribution,
  Distribution,
  DistributionBase,
  DistributionFit,
  DistributionJSON,
  Observations,
} from './distribution.ts'
export * from './empirical.ts'
export * from './exponential.ts'
export * from './fisher-f.ts'
export type { FixedDistributionOptions, FixedDistributionSpec } from './fixed-spec.ts'
export { distributionFromJSON } from './from-json.ts'
export { type GammaParameters, gamma } from './gamma.ts'
export * from './geometric.ts'
export * from './goodness-of-fit.ts'
export * from './logistic.ts'
export * from './lognormal.ts'
export * from './negative-binomial.ts'
export { type NormalParameters, normal, normalLogSf, normalLogTwoSided } from './normal.ts'
export * from './poisson.ts'
export * from './student-t.ts'
export * from './uniform.ts'
export * from './weibull.ts'
