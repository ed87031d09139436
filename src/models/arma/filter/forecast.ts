/**
 * Multi-step forecasts: the mean path by the model's recursion, the variance from psi weights once gains are steady,
 * else by propagating one covariance column per step. Parameter uncertainty is not included, as in R's `predict`.
 * Brockwell & Davis §9.5; Durbin & Koopman §4.11.
 */

import { ModelError } from '../../../core/errors.ts'
import { shown } from '../../../core/options.ts'
import { checkOptions } from '../../function-options.ts'
import { type RegressorInput, toColumns } from '../../series-input.ts'
import { standardNormalQuantile } from '../../special/normal-quantile.ts'
import { advanceGains, type CompiledModel, regressionAt } from '../model.ts'
import { cloneState, type FilterState } from './filter-state.ts'
import { psiOf } from './gains.ts'

/** Options of a forecast. */
export interface ForecastOptions {
  /** Coverage of the intervals; default [0.8, 0.95]. */
  level?: number | readonly number[]
  /** Regressors of the forecast points, needed when the model has any. */
  xreg?: RegressorInput | null
}

/** Predictive means and intervals of the next points, in units of the series. */
export interface Forecast {
  mean: number[]
  standardError: number[]
  level: number[]
  /** One array per level, one value per step. */
  lower: number[][]
  upper: number[][]
}

/** Steps that a forecast may have. */
const MAX_STEPS = 1_000_000

/** Forecasts `steps` points after the state; the state is left alone. */
export function forecastFrom(
  model: CompiledModel,
  from: FilterState,
  steps: number,
  options: ForecastOptions = {},
): Forecast {
  checkOptions('forecast', options, ['level', 'xreg'])
  if (!Number.isInteger(steps) || steps < 1 || steps > MAX_STEPS) {
    throw new ModelError(
      'FORECAST_STEPS',
      `forecast() needs a whole number of steps from 1 to ${MAX_STEPS}, got ${shown(steps)}`,
      {
        hint: 'forecast(12) predicts the next twelve points',
      },
    )
  }
  const { level: asked = [0.8, 0.95] } = options
  const levels = Array.isArray(asked) ? [...asked] : [asked]
  for (const level of levels) {
    if (!(typeof level === 'number' && level > 0 && level < 1)) {
      throw new ModelError('FORECAST_LEVEL', `a level must lie between 0 and 1, got ${shown(level)}`, {
        hint: 'level: [0.8, 0.95]',
      })
    }
  }
  const columns = toColumns(options.xreg, steps, 'forecast()')
  if (columns.length > model.xreg.length) {
    throw new ModelError(
      'XREG_SHAPE',
      `this model has ${model.xreg.length} regressors, got ${columns.length}`,
      { hint: 'forecast(h, { xreg }) takes the regressors that the model was fitted with' },
    )
  }
  const mean = forecastMeans(model, from, steps)
  for (let h = 0; h < steps; h++) {
    mean[h]! += regressionAt(
      model,
      from.t + h,
      columns.map(column => column[h]!),
    )
  }
  const standardError = Array.from(forecastVariances(model, from, steps), v => Math.sqrt(v * model.sigma2))
  const half = levels.map(level => standardNormalQuantile(0.5 + level / 2))
  return {
    mean: Array.from(mean),
    standardError,
    level: levels,
    lower: half.map(z => standardError.map((se, h) => mean[h]! - z * se)),
    upper: half.map(z => standardError.map((se, h) => mean[h]! + z * se)),
  }
}

function forecastMeans(model: CompiledModel, from: FilterState, steps: number): Float64Array {
  const { m, fullSparse } = model
  const out = new Float64Array(steps)
  if (from.t < model.delta.length || m === 0) return out
  const path = propagate(from.state.means[0]!, fullSparse, m, steps)
  return path.subarray(0, steps)
}

/** The first elements of T⁰x, T¹x, …, T^{steps−1}x, in place of the shifting vector. */
function propagate(x: Float64Array, ar: CompiledModel['fullSparse'], m: number, steps: number): Float64Array {
  const path = new Float64Array(steps + m)
  path.set(x.subarray(0, m))
  for (let h = 0; h < steps; h++) {
    const value = path[h]!
    if (value === 0) continue
    for (let i = 0; i < ar.lags.length; i++) path[h + ar.lags[i]!]! += ar.coefficients[i]! * value
  }
  return path
}

/** Predictive variances over σ². */
function forecastVariances(model: CompiledModel, from: FilterState, steps: number): Float64Array {
  const { m, full, fullSparse } = model
  const out = new Float64Array(steps)
  if (from.t < model.delta.length) return out.fill(Number.POSITIVE_INFINITY)
  for (const column of from.state.excess) {
    const path = propagate(column, fullSparse, m, steps)
    for (let h = 0; h < steps; h++) out[h]! += path[h]! * path[h]!
  }
  const { gains } = cloneState(from)
  if (gains.steady) {
    const psi = psiOf(
      full,
      gains.H.map(h => h / gains.F),
      steps,
    )
    let sum = 0
    for (let h = 0; h < steps; h++) {
      sum += psi[h]! * psi[h]!
      out[h]! += gains.F * sum
    }
  } else {
    const column = new Float64Array(m)
    for (let s = 0; s < steps; s++) {
      const root = Math.sqrt(gains.F)
      out[s]! += gains.F
      column.fill(0)
      for (let i = 0; i < full.length; i++) column[i] = full[i]! * root
      for (let i = 0; i < gains.H.length; i++) column[i]! += gains.H[i]! / root
      const path = propagate(column, fullSparse, m, steps - s - 1)
      for (let h = s + 1; h < steps; h++) out[h]! += path[h - s - 1]! ** 2
      advanceGains(model, gains)
    }
  }
  for (const column of from.state.diffuse) {
    const path = propagate(column, fullSparse, m, steps)
    for (let h = 0; h < steps; h++) if (Math.abs(path[h]!) > 1e-9) out[h] = Number.POSITIVE_INFINITY
  }
  return out
}
