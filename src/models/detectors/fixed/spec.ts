/**
 * Models that are known before the stream begins: fitted on bounded history, or named. Only their definition goes into
 * the plan.
 */
import type { DetectorSpec } from '../../../core/detector.ts'
import type { ArimaFit, ArimaJson } from '../../arma/arima-fit.ts'
import type { ArimaDefinition } from '../../arma/model.ts'
import type { CalibratorName } from '../../calibration/calibrator.ts'
import type { Distribution, DistributionFit, DistributionJSON } from '../../distributions/distribution.ts'
import { calibration, checkNames, type RandomisedSpec, randomisation, refuse } from '../../spec-options.ts'

/** What {@link given} takes beside the model. */
export interface GivenOptions {
  /** How a statistic becomes a p-value. Default `'analytic'`: by the model. */
  calibrate?: CalibratorName
  /**
   * Whether p-values of whole numbers are randomised, so that they are uniform, rather than conservative. Needs a distribution of
   * whole numbers (not `empirical`) and `calibrate: 'analytic'`. Default false.
   */
  randomised?: boolean
  /** Chooses the random numbers, 0 to 2³² − 1. Default 0. */
  seed?: number
}

/** The plain data of {@link given} with an ARIMA model. */
export interface FixedArimaSpec extends DetectorSpec {
  readonly kind: 'fixed-arima'
  /** Orders, coefficients and σ². */
  readonly model: ArimaDefinition
  readonly calibrate: CalibratorName
}

/** The plain data of {@link given} with a distribution. */
export interface FixedDistributionSpec extends DetectorSpec, RandomisedSpec {
  readonly kind: 'fixed-distribution'
  readonly distribution: DistributionJSON
  readonly calibrate: CalibratorName
}

/** Distributions of whole numbers, whose p-values can be randomised. */
const wholeDistributions: readonly string[] = [
  'bernoulli',
  'binomial',
  'geometric',
  'negativeBinomial',
  'poisson',
]

const HINT = 'given(arima(history, { order: [1, 0, 0] })), given(poisson({ rate: 3 })), or their JSON'

/**
 * A detector of a model that is known: each value against the one-step prediction of a fitted ARIMA model, or against a
 * distribution. The model is the same for every key and does not change.
 *
 * An ARIMA model starts anew with each key. It has no regressors.
 *
 * @param model what `arima(series, …)`, `arima.withCoefficients(…)`, a distribution or its `fit` gave; or its JSON
 * @throws {ModelError} `DETECTOR_OPTION` for what is no such model, one with regressors, or an option that makes no
 *   sense.
 * @example
 * given({ name: 'poisson', parameters: { rate: 3 } }).kind // 'fixed-distribution'
 */
export function given(model: ArimaFit | ArimaJson | ArimaDefinition, options?: GivenOptions): FixedArimaSpec
export function given(
  model: Distribution | DistributionFit<Distribution> | DistributionJSON,
  options?: GivenOptions,
): FixedDistributionSpec
export function given(
  model:
    | ArimaFit
    | ArimaJson
    | ArimaDefinition
    | Distribution
    | DistributionFit<Distribution>
    | DistributionJSON,
  options: GivenOptions = {},
): FixedArimaSpec | FixedDistributionSpec {
  checkNames('given', options, ['calibrate', 'randomised', 'seed'], given)
  const calibrate = calibration(options.calibrate ?? 'analytic', 'given', given)
  const randomised = randomisation(options, 'given', given)
  if (randomised.randomised && calibrate !== 'analytic') {
    refuse('p-values are randomised where the model is believed', calibrate, "calibrate: 'analytic'", given)
  }
  const known = model as Partial<ArimaDefinition & DistributionJSON & { distribution: Distribution }>
  if (known === null || typeof known !== 'object') refuse('given() takes a model', model, HINT, given)
  if (known.spec?.kind === 'arima' && known.coefficients && typeof known.sigma2 === 'number') {
    const { spec, coefficients, sigma2 } = known
    if (coefficients.xreg?.length > 0) {
      refuse(
        'given() takes models without regressors',
        coefficients.xreg.length,
        'fit it without xreg',
        given,
      )
    }
    if (randomised.randomised) {
      refuse(
        'only p-values of whole numbers are randomised',
        'arima',
        `distributions: ${wholeDistributions.join(', ')}`,
        given,
      )
    }
    return Object.freeze({ kind: 'fixed-arima', model: plain({ spec, coefficients, sigma2 }), calibrate })
  }
  const { name, parameters } = known.distribution ?? known
  if (typeof name !== 'string' || typeof parameters !== 'object') {
    refuse('given() takes a model', model, HINT, given)
  }
  if (randomised.randomised && !wholeDistributions.includes(name as string)) {
    refuse(
      'only p-values of whole numbers are randomised',
      name,
      `distributions: ${wholeDistributions.join(', ')}`,
      given,
    )
  }
  return Object.freeze({
    kind: 'fixed-distribution',
    distribution: plain({ name, parameters }) as DistributionJSON,
    calibrate,
    ...randomised,
  })
}

/** A copy without behaviour, frozen. */
function plain<T extends object>(data: T): T {
  const frozen = (value: unknown): unknown => {
    if (value !== null && typeof value === 'object') Object.values(value).forEach(frozen)
    return Object.freeze(value)
  }
  return frozen(JSON.parse(JSON.stringify(data))) as T
}
