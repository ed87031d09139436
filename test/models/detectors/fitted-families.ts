/** Families that `fitted` learns, a distribution of each, and how often its values leave the learned bounds. */
import type { FittedFamily, FittedOptions, fitted } from '../../../src/models/detectors/index.ts'
import {
  binomial,
  type Distribution,
  exponential,
  gamma,
  geometric,
  lognormal,
  negativeBinomial,
  normal,
  poisson,
} from '../../../src/models/distributions/index.ts'
import { detectors } from './all-detectors.ts'
import { context, hourly, score, seeded } from './simulate.ts'

export const families: readonly { family: FittedFamily; truth: Distribution; options?: FittedOptions }[] = [
  { family: 'normal', truth: normal({ mean: 3, sd: 2 }) },
  { family: 'lognormal', truth: lognormal({ meanLog: 1, sdLog: 0.7 }) },
  { family: 'exponential', truth: exponential({ rate: 0.25 }) },
  { family: 'gamma', truth: gamma({ shape: 3.5, rate: 0.5 }) },
  { family: 'poisson', truth: poisson({ rate: 7 }) },
  { family: 'negativeBinomial', truth: negativeBinomial({ size: 4, mean: 12 }) },
  { family: 'geometric', truth: geometric({ p: 0.1 }) },
  { family: 'binomial', truth: binomial({ trials: 40, p: 0.3 }), options: { trials: 40 } },
]

/**
 * The probability, under the true distribution, that a value is outside the bounds of the step: its mean is the rate of
 * alarms, with far less noise than counted alarms have.
 */
export function trueRate(
  truth: Distribution,
  spec: ReturnType<typeof fitted>,
  alpha: number,
  series: number,
  length: number,
) {
  let sum = 0
  let steps = 0
  for (let s = 0; s < series; s++) {
    const values = truth.sample(seeded(41 * s + 3), length)
    const { lower, upper, logP } = score(detectors.fitted!(spec, context({ alpha })), hourly(values))
    for (let i = 0; i < length; i += 7) {
      if (Number.isNaN(logP[i]!)) continue
      steps++
      sum += truth.sf(upper[i]!) + truth.cdf(truth.kind === 'discrete' ? lower[i]! - 1 : lower[i]!)
    }
  }
  return sum / steps
}
