/** Conditional least squares for the differenced regression model: the start of maximum likelihood, or the fit. */
import type { ParameterLayout } from '../coefficients.ts'
import { cssFit } from './css.ts'
import { type CssWorkspace, cssWorkspace } from './css-workspace.ts'

/** Where the search over the ARMA coefficients starts. */
export interface CssStart {
  workspace: CssWorkspace
  /** ar, ma, sar, sma. */
  arma: Float64Array
  /** One per free regression column. */
  beta: Float64Array
}

/**
 * @param w differenced, centred series (NaN = missing)
 * @param columns differenced columns of the free regression coefficients
 * @param maxIterations fewer of them for a start that need not be the conditional minimum itself
 */
export function cssStart(
  layout: ParameterLayout,
  w: Float64Array,
  columns: readonly Float64Array[],
  maxIterations?: number,
): CssStart {
  const { p, q, P, Q, period, armaCount, fixed } = layout
  const workspace = cssWorkspace({
    capacity: w.length,
    p,
    q,
    seasonalP: P,
    seasonalQ: Q,
    period,
    constant: false,
    regressors: columns.length,
  })
  columns.forEach((column, c) => {
    workspace.columns[c]!.set(column)
  })
  for (let i = 0; i < armaCount; i++) {
    if (Number.isNaN(fixed[i]!)) continue
    workspace.params[i] = fixed[i]!
    workspace.free[i] = 0
  }
  cssFit(workspace, w, w.length, maxIterations)
  return { workspace, arma: workspace.params.slice(0, armaCount), beta: workspace.params.slice(armaCount) }
}
