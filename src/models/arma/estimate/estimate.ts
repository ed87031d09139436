/** The numbers of a fit and how they are put together from an estimator's results. */
import { type ArimaCoefficients, type ParameterLayout, toCoefficients } from '../coefficients.ts'
import type { ArimaSpec } from '../spec.ts'

/** The numbers of a fit. */
export interface ArimaEstimate {
  spec: ArimaSpec
  coefficients: ArimaCoefficients
  standardErrors: ArimaCoefficients
  sigma2: number
  logLik: number
  aic: number
  aicc: number
  bic: number
  /** Points that entered the likelihood. */
  n: number
  /** Estimated coefficients, sigma2 included. */
  parameters: number
  residuals: Float64Array
  standardizedResiduals: Float64Array
  converged: boolean
  iterations: number
}

/** Coefficients that are held. */
export function countFixed(layout: ParameterLayout): number {
  let held = 0
  for (const value of layout.fixed) if (!Number.isNaN(value)) held++
  return held
}

/** Positions of the ARMA coefficients that are estimated. */
export function freeIndices(layout: ParameterLayout): number[] {
  const free: number[] = []
  for (let i = 0; i < layout.armaCount; i++) if (Number.isNaN(layout.fixed[i]!)) free.push(i)
  return free
}

/** What an estimator found, in the parameter order. */
export interface Estimated
  extends Pick<
    ArimaEstimate,
    'spec' | 'sigma2' | 'logLik' | 'n' | 'residuals' | 'standardizedResiduals' | 'converged' | 'iterations'
  > {
  layout: ParameterLayout
  values: Float64Array
  standardErrors: Float64Array
}

/** Information criteria of `parameters` estimated from `n` points. */
export function criteria(
  logLik: number,
  parameters: number,
  n: number,
): Pick<ArimaEstimate, 'aic' | 'aicc' | 'bic'> {
  const aic = -2 * logLik + 2 * parameters
  return {
    aic,
    aicc:
      n > parameters + 1
        ? aic + (2 * parameters * (parameters + 1)) / (n - parameters - 1)
        : Number.POSITIVE_INFINITY,
    bic: -2 * logLik + parameters * Math.log(n),
  }
}

/** Fills in the public shapes and the information criteria. */
export function assemble({ layout, values, standardErrors, ...found }: Estimated): ArimaEstimate {
  const { logLik, n } = found
  const parameters = layout.count - countFixed(layout) + 1
  return {
    spec: found.spec,
    coefficients: toCoefficients(layout, values),
    standardErrors: toCoefficients(layout, standardErrors),
    sigma2: found.sigma2,
    logLik,
    ...criteria(logLik, parameters, n),
    n,
    parameters,
    residuals: found.residuals,
    standardizedResiduals: found.standardizedResiduals,
    converged: found.converged,
    iterations: found.iterations,
  }
}
