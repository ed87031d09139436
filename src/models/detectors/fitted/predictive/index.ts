/**
 * Predictive distributions by the name of their family: see `parts/predictive.ts`. A new one is a file, a line here and
 * one in `spec.ts`.
 */

import type { PredictiveDistribution } from '../../parts/predictive.ts'
import type { FittedFamily } from '../spec.ts'
import { openNegativeBinomial, openPoisson } from './counts.ts'
import { openGeometric } from './geometric.ts'
import { openLognormal, openNormal } from './normal.ts'
import { openExponential, openGamma } from './positive.ts'
import { openSuccesses } from './successes.ts'

export { OWN_SUMS, type PredictiveDistribution } from '../../parts/predictive.ts'

export const predictiveDistributions: Readonly<
  Record<FittedFamily, (trials: number) => PredictiveDistribution>
> = Object.freeze({
  bernoulli: () => openSuccesses(1),
  binomial: openSuccesses,
  exponential: openExponential,
  gamma: openGamma,
  geometric: openGeometric,
  lognormal: openLognormal,
  negativeBinomial: openNegativeBinomial,
  normal: openNormal,
  poisson: openPoisson,
})
