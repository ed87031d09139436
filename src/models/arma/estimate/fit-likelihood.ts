/** Exact maximum likelihood: the search, then the numbers of the fit at the maximum. */
import type { ParameterLayout } from '../coefficients.ts'
import type { ArimaSpec } from '../spec.ts'
import type { CssStart } from './css-start.ts'
import { type ArimaEstimate, assemble } from './estimate.ts'
import { logLikelihoodOf } from './exact-likelihood.ts'
import type { PreparedData } from './fit-data.ts'
import { type FitProgress, openSurface, searchMaximum } from './likelihood-search.ts'
import { observedInformation, roughCovariance, standardErrors } from './observed-information.ts'
import { reflectMovingAverages } from './reflect-roots.ts'

/** Maximises the exact likelihood from the conditional estimate. */
export function fitLikelihood(
  spec: ArimaSpec,
  layout: ParameterLayout,
  data: PreparedData,
  start: CssStart,
  free: readonly number[],
  progress: ((progress: FitProgress) => void) | undefined,
): ArimaEstimate {
  const { problem, slots } = data
  const surface = openSurface(layout, data, free, progress)
  const { arma, transform } = surface
  const found = searchMaximum(surface, start)
  transform.apply(found.x, arma)
  reflectMovingAverages(layout, arma)
  const rough = roughCovariance(found.inverseHessian, transform, found.x, arma.length, free, problem.used)
  const curvature = observedInformation(surface.at, problem, arma, free, rough)
  const value = surface.at(arma)
  const n = problem.used
  const sigma2 = problem.sumOfSquares / n
  const values = new Float64Array(layout.count)
  values.set(arma)
  for (let i = 0; i < layout.count; i++) if (!Number.isNaN(layout.fixed[i]!)) values[i] = layout.fixed[i]!
  slots.forEach((slot, c) => {
    values[slot] = problem.beta[c]!
  })
  if (slots.includes(layout.armaCount) && layout.constant === 'mean') values[layout.armaCount]! += data.center
  return assemble({
    ...{ spec, layout, values, sigma2, n },
    standardErrors: standardErrors(layout, problem, slots, free, curvature, sigma2),
    logLik: logLikelihoodOf(value, n),
    ...exactResiduals(data, sigma2),
    converged: found.converged,
    iterations: found.iterations,
  })
}

/** Innovations in units of the data, one per point: NaN where missing or used up by differencing. */
function exactResiduals(data: PreparedData, sigma2: number) {
  const { problem, y, delta } = data
  const offset = problem.gaps ? 0 : delta.length
  const residuals = new Float64Array(y.length).fill(Number.NaN)
  const standardizedResiduals = new Float64Array(y.length).fill(Number.NaN)
  const k = problem.beta.length
  const sd = Math.sqrt(sigma2)
  for (let t = 0; t < problem.n; t++) {
    const f = problem.F[t]!
    if (!Number.isFinite(f)) continue
    let e = problem.whitened[0]![t]!
    for (let c = 0; c < k; c++) e -= problem.beta[c]! * problem.whitened[c + 1]![t]!
    residuals[t + offset] = e * Math.sqrt(f)
    standardizedResiduals[t + offset] = e / sd
  }
  return { residuals, standardizedResiduals }
}
