/**
 * The two passes over the data that conditional least squares is made of: residuals, and their derivatives. The derivative
 * columns obey the recursion of the residuals,
 *
 *     ∂e_t/∂φ_i = −z_{t−i} − Σ θ_j ∂e_{t−j}/∂φ_i,   ∂e_t/∂θ_j = −e_{t−j} − Σ θ_l ∂e_{t−l}/∂θ_j.
 *
 * A missing value (NaN) takes its own prediction, so its residual is 0 and it is not counted.
 */
import { autoregress, feedBack } from '../filter/steady-filter.ts'
import { type CssFactors, type CssWorkspace, cssConditioning } from './css-workspace.ts'

/** Multiplies the factors out into lags and coefficients; returns the number of terms. */
function expand(
  params: Float64Array,
  { plainAt, plain, seasonalAt, seasonal, period, sign }: CssFactors,
  lag: Int32Array,
  coef: Float64Array,
): number {
  let terms = 0
  for (let J = 0; J <= seasonal; J++) {
    for (let j = 0; j <= plain; j++) {
      if (J + j === 0) continue
      const a = j === 0 ? 1 : params[plainAt + j - 1]!
      const b = J === 0 ? 1 : params[seasonalAt + J - 1]!
      const c = j > 0 && J > 0 ? sign * a * b : a * b
      if (c === 0) continue
      lag[terms] = j + J * period
      coef[terms++] = c
    }
  }
  return terms
}

/**
 * The residual recursion over `values` at `params`: fills `residuals`, `counted` and the expanded polynomials of the
 * workspace; returns the sum of squares, infinite when the recursion explodes.
 */
export function residualPass(
  workspace: CssWorkspace,
  params: Float64Array,
  values: ArrayLike<number>,
  length: number,
): number {
  const { p, q, seasonalP, seasonalQ, scratch, residuals: e } = workspace
  const { z, arLag, arCoef, maLag, maCoef } = scratch
  const arTerms = expand(params, scratch.arFactors, arLag, arCoef)
  const maTerms = expand(params, scratch.maFactors, maLag, maCoef)
  scratch.arTerms = arTerms
  scratch.maTerms = maTerms
  let at = p + q + seasonalP + seasonalQ
  const mean = workspace.constant ? params[at++]! : 0
  for (let t = 0; t < length; t++) z[t] = values[t]! - mean
  for (let c = 0; c < workspace.regressors; c++) {
    const column = workspace.columns[c]!
    const beta = params[at + c]!
    for (let t = 0; t < length; t++) z[t] = z[t]! - beta * column[t]!
  }
  const start = Math.min(cssConditioning(workspace), length)
  let sum = 0
  let counted = 0
  for (let t = 0; t < start; t++) {
    e[t] = 0
    if (Number.isNaN(z[t]!)) z[t] = 0
  }
  let gaps = false
  for (let t = start; t < length; t++) if (Number.isNaN(z[t]!)) gaps = true
  if (!gaps) {
    autoregress(z, e, start, length, arLag, arCoef, arTerms)
    feedBackFrom(e, start, length, maLag, maCoef, maTerms)
    for (let t = start; t < length; t++) sum += e[t]! * e[t]!
    workspace.counted = length - start
    return Number.isNaN(sum) ? Number.POSITIVE_INFINITY : sum
  }
  for (let t = start; t < length; t++) {
    let prediction = 0
    for (let i = 0; i < arTerms; i++) prediction += arCoef[i]! * z[t - arLag[i]!]!
    for (let j = 0; j < maTerms; j++) {
      const s = t - maLag[j]!
      if (s >= start) prediction += maCoef[j]! * e[s]!
    }
    const x = z[t]!
    if (!Number.isNaN(x)) {
      const residual = x - prediction
      e[t] = residual
      sum += residual * residual
      counted++
    } else {
      z[t] = prediction
      e[t] = 0
    }
  }
  workspace.counted = counted
  return Number.isNaN(sum) ? Number.POSITIVE_INFINITY : sum
}

/** Fills `scratch.jacobian` at the parameters of the last residual pass. */
export function jacobianPass(workspace: CssWorkspace, length: number): void {
  const { p, q, seasonalP, seasonalQ, period, scratch, residuals: e, params } = workspace
  const { z, jacobian } = scratch
  const start = Math.min(cssConditioning(workspace), length)
  const sarAt = p + q
  const smaAt = sarAt + seasonalP
  let zSeasonal = z
  let zPlain = z
  let eSeasonal = e
  let ePlain = e
  if (seasonalP > 0) {
    zSeasonal = scratch.zSeasonal
    zPlain = scratch.zPlain
    for (let t = 0; t < length; t++) {
      let a = z[t]!
      for (let J = 1; J <= seasonalP; J++) {
        if (t >= J * period) a -= params[sarAt + J - 1]! * z[t - J * period]!
      }
      zSeasonal[t] = a
      let b = z[t]!
      for (let j = 1; j <= p; j++) if (t >= j) b -= params[j - 1]! * z[t - j]!
      zPlain[t] = b
    }
  }
  if (seasonalQ > 0) {
    eSeasonal = scratch.eSeasonal
    ePlain = scratch.ePlain
    for (let t = 0; t < length; t++) {
      let a = e[t]!
      for (let J = 1; J <= seasonalQ; J++) {
        if (t >= J * period) a += params[smaAt + J - 1]! * e[t - J * period]!
      }
      eSeasonal[t] = a
      let b = e[t]!
      for (let j = 1; j <= q; j++) if (t >= j) b += params[p + j - 1]! * e[t - j]!
      ePlain[t] = b
    }
  }
  for (let j = 0; j < p; j++) filterColumn(workspace, zSeasonal, j + 1, jacobian[j]!, start, length)
  for (let j = 0; j < q; j++) filterColumn(workspace, eSeasonal, j + 1, jacobian[p + j]!, start, length)
  for (let J = 0; J < seasonalP; J++) {
    filterColumn(workspace, zPlain, (J + 1) * period, jacobian[sarAt + J]!, start, length)
  }
  for (let J = 0; J < seasonalQ; J++) {
    filterColumn(workspace, ePlain, (J + 1) * period, jacobian[smaAt + J]!, start, length)
  }
  let at = smaAt + seasonalQ
  if (workspace.constant) regressionColumn(workspace, null, jacobian[at++]!, start, length)
  for (let c = 0; c < workspace.regressors; c++) {
    regressionColumn(workspace, workspace.columns[c]!, jacobian[at + c]!, start, length)
  }
}

/** out_t = −source_{t−lag} − Σ θ_j out_{t−j} from `start` on; missing points add no column entry of their own. */
function filterColumn(
  workspace: CssWorkspace,
  source: Float64Array,
  lag: number,
  out: Float64Array,
  start: number,
  length: number,
): void {
  const { maLag, maCoef, maTerms } = workspace.scratch
  out.fill(0, 0, start)
  const first = Math.max(start, lag)
  for (let t = start; t < Math.min(first, length); t++) out[t] = 0
  for (let t = first; t < length; t++) out[t] = -source[t - lag]!
  feedBackFrom(out, start, length, maLag, maCoef, maTerms)
}

/** `feedBack` with zeros before `start`. */
function feedBackFrom(
  out: Float64Array,
  start: number,
  length: number,
  lags: Int32Array,
  c: Float64Array,
  terms: number,
): void {
  let reach = 0
  for (let j = 0; j < terms; j++) reach = Math.max(reach, lags[j]!)
  const settled = Math.min(length, start + reach)
  for (let t = start; t < settled; t++) {
    let x = out[t]!
    for (let j = 0; j < terms; j++) {
      const s = t - lags[j]!
      if (s >= start) x -= c[j]! * out[s]!
    }
    out[t] = x
  }
  feedBack(out, settled, length, lags, c, terms)
}

/** The derivative with respect to a regression coefficient: −φ(B) x / θ(B); `null` is the constant column. */
function regressionColumn(
  workspace: CssWorkspace,
  column: Float64Array | null,
  out: Float64Array,
  start: number,
  length: number,
): void {
  const { arLag, arCoef, arTerms, maLag, maCoef, maTerms } = workspace.scratch
  for (let t = 0; t < start; t++) out[t] = 0
  if (column === null) {
    let x = -1
    for (let i = 0; i < arTerms; i++) x += arCoef[i]!
    out.fill(x, start, length)
  } else {
    autoregress(column, out, start, length, arLag, arCoef, arTerms)
    for (let t = start; t < length; t++) out[t] = -out[t]!
  }
  feedBackFrom(out, start, length, maLag, maCoef, maTerms)
}
