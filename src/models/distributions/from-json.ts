/** The registry of families: rebuilds a distribution from plain data. A new family adds one line here. */
import { ModelError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { bernoulli } from './bernoulli.ts'
import { beta } from './beta.ts'
import { binomial } from './binomial.ts'
import { chiSquared } from './chi-squared.ts'
import type { Distribution, DistributionFit, Observations } from './distribution.ts'
import { empirical } from './empirical.ts'
import { exponential } from './exponential.ts'
import { fisherF } from './fisher-f.ts'
import { gamma } from './gamma.ts'
import { geometric } from './geometric.ts'
import { logistic } from './logistic.ts'
import { lognormal } from './lognormal.ts'
import { negativeBinomial } from './negative-binomial.ts'
import { normal } from './normal.ts'
import { poisson } from './poisson.ts'
import { studentT } from './student-t.ts'
import { uniform } from './uniform.ts'
import { weibull } from './weibull.ts'

interface Family {
  (parameters: any): Distribution
  fit(data: Observations, options?: any): DistributionFit<Distribution>
}

const FAMILIES: Readonly<Record<string, Family>> = {
  normal,
  lognormal,
  exponential,
  gamma,
  chiSquared,
  beta,
  studentT,
  fisherF,
  weibull,
  logistic,
  uniform,
  binomial,
  poisson,
  negativeBinomial,
  geometric,
  bernoulli,
  empirical,
}

function family(name: string): Family {
  if (Object.hasOwn(FAMILIES, name)) return FAMILIES[name]!
  throw new ModelError(
    'DISTRIBUTION_UNKNOWN',
    `distributionFromJSON() needs the name of a distribution, got ${shown(name)}`,
    {
      hint: `names: ${Object.keys(FAMILIES).join(', ')}`,
    },
  )
}

/**
 * Rebuilds a distribution from what `toJSON` gave.
 *
 * @param json `name`, the factory's name, and `parameters`, its argument.
 * @throws ModelError `DISTRIBUTION_UNKNOWN` for an unknown name, `DISTRIBUTION_PARAMETER` for bad parameters.
 * @example
 * import { distributionFromJSON, poisson } from 'millrace/models'
 * const text = JSON.stringify(poisson({ rate: 3 }))
 * console.log(text) // {"name":"poisson","parameters":{"rate":3}}
 * console.log(distributionFromJSON(JSON.parse(text)).mean) // 3
 */
export function distributionFromJSON(json: { name: string; parameters: object }): Distribution {
  if (typeof json !== 'object' || json === null || typeof json.name !== 'string')
    throw new ModelError(
      'DISTRIBUTION_UNKNOWN',
      `distributionFromJSON() needs { name, parameters }, got ${shown(json)}`,
      {
        hint: 'pass JSON.parse(JSON.stringify(distribution))',
      },
    )
  return family(json.name)(json.parameters)
}

/** Fits the family of this name. @throws ModelError `DISTRIBUTION_UNKNOWN`, `DISTRIBUTION_DATA` */
export const fitFamily = (name: string, data: Observations): DistributionFit<Distribution> =>
  family(name).fit(data)

/** Fits the family of `d` to other data, holding fixed what its own fit held fixed. */
export function refit(d: Distribution, data: Observations): Distribution {
  const parameters = d.parameters as { trials?: number; df?: number }
  const options =
    d.name === 'binomial'
      ? { trials: parameters.trials }
      : d.name === 'studentT' && d.fittedParameters < 3
        ? { df: parameters.df }
        : undefined
  return family(d.name).fit(data, options).distribution
}
