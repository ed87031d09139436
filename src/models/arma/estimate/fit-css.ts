/** Conditional least squares as the final estimate, in R's conventions. */
import { ModelError } from '../../../core/errors.ts'
import { invertPositive } from '../../numerics/cholesky.ts'
import { isStationary } from '../../numerics/partial-autocorrelations.ts'
import type { ParameterLayout } from '../coefficients.ts'
import type { ArimaSpec } from '../spec.ts'
import { cssObjective } from './css.ts'
import type { CssStart } from './css-start.ts'
import { type ArimaEstimate, assemble } from './estimate.ts'
import type { PreparedData } from './fit-data.ts'
import { expandBoth } from './parameter-transform.ts'

/** The estimate that belongs to a finished conditional fit. */
export function finishCss(
  spec: ArimaSpec,
  layout: ParameterLayout,
  data: PreparedData,
  start: CssStart,
  free: readonly number[],
): ArimaEstimate {
  const { workspace } = start
  const [phi] = expandBoth(layout, start.arma)
  if (!isStationary(phi)) {
    throw new ModelError(
      'NON_STATIONARY',
      'conditional least squares found an autoregression that is not stationary',
      {
        hint: "difference the series (order: [p, 1, q]), or use method: 'ml'",
      },
    )
  }
  const n = data.observed
  const { sigma2 } = workspace
  const logLik = -0.5 * n * (Math.log(sigma2) + 1 + Math.log(2 * Math.PI))
  const values = new Float64Array(layout.count)
  values.set(start.arma)
  for (let i = 0; i < layout.count; i++) if (!Number.isNaN(layout.fixed[i]!)) values[i] = layout.fixed[i]!
  data.slots.forEach((slot, c) => {
    values[slot] = start.beta[c]!
  })
  const nd = data.delta.length
  const residuals = new Float64Array(data.y.length)
  residuals.set(workspace.residuals, nd)
  for (let t = 0; t < data.y.length; t++)
    if (t >= nd && Number.isNaN(data.w[t - nd]!)) residuals[t] = Number.NaN
  const standardizedResiduals = residuals.map(e => e / Math.sqrt(sigma2))
  const standardErrors = cssErrors(layout, workspace, data, free, n)
  if (data.slots.includes(layout.armaCount) && layout.constant === 'mean')
    values[layout.armaCount]! += data.center
  const { converged, iterations } = workspace
  return assemble({
    ...{ spec, layout, values, standardErrors, sigma2, logLik, n },
    ...{ residuals, standardizedResiduals, converged, iterations },
  })
}

/** Numerical Hessian of ½ log(sum of squares) over every free parameter, in the spirit of R's `arima`. */
export function cssErrors(
  layout: ParameterLayout,
  workspace: CssStart['workspace'],
  data: PreparedData,
  free: readonly number[],
  n: number,
): Float64Array {
  const errors = new Float64Array(layout.count)
  const { params, scratch } = workspace
  const all = params.length
  const index = [...free, ...data.slots.map((_, c) => layout.armaCount + c)]
  const slots = [...free, ...data.slots]
  const k = index.length
  const f = () => 0.5 * Math.log(cssObjective(workspace, data.w, data.w.length) / workspace.counted)
  const center = params.slice()
  const base = f()
  const h = index.map(i => 0.01 * Math.sqrt(workspace.sumOfSquares / (scratch.normal[i * all + i]! || 1) / n))
  const hessian = new Float64Array(k * k)
  const shifted = (moves: readonly (readonly [number, number])[]) => {
    params.set(center)
    for (const [a, sign] of moves) params[index[a]!]! += sign * h[a]!
    return f()
  }
  const up = index.map((_, a) => shifted([[a, 1]]))
  const down = index.map((_, a) => shifted([[a, -1]]))
  for (let a = 0; a < k; a++) {
    hessian[a * k + a] = (n * (up[a]! + down[a]! - 2 * base)) / (h[a]! * h[a]!)
    for (let b = 0; b < a; b++) {
      const plus = shifted([
        [a, 1],
        [b, 1],
      ])
      const minus = shifted([
        [a, -1],
        [b, -1],
      ])
      const mixed =
        (n * (plus + minus + 2 * base - up[a]! - down[a]! - up[b]! - down[b]!)) / (2 * h[a]! * h[b]!)
      hessian[a * k + b] = mixed
      hessian[b * k + a] = mixed
    }
  }
  params.set(center)
  f()
  const covariance = invertPositive(hessian, k)
  slots.forEach((slot, a) => {
    errors[slot] = covariance ? Math.sqrt(covariance[a * k + a]!) : Number.NaN
  })
  return errors
}
