/**
 * The online form: one exact prediction per point, before the point is seen, in O(p + q) time and memory.
 *
 * The start is exact (Chandrasekhar gains), missing values are exact (a covariance excess of rank at most the gap's
 * length, dropped when it has died out), and in the steady state between them the filter is the plain ARMA recursion,
 * run in registers for the small models.
 */
import { ModelError } from '../../../core/errors.ts'
import { shown } from '../../../core/options.ts'
import { normalLogTwoSided } from '../../distributions/normal.ts'
import { isArrayLike, type RegressorInput, toColumns } from '../../series-input.ts'
import { type CompiledModel, compileModel, regressionAt } from '../model.ts'
import {
  advanceSteadily,
  cloneState,
  type FilterState,
  isSteady,
  predictedLevel,
  predictedVariance,
  startState,
  updateFilter,
} from './filter-state.ts'
import { type Forecast, type ForecastOptions, forecastFrom } from './forecast.ts'
import { twoSidedP } from './normal-p-value.ts'
import { isDefinition, restoreState, type SavedOnline, saveState } from './saved-state.ts'
import { steadyRun } from './steady-run.ts'

/** What is known about a point before it is seen, and how it then compares. */
export interface OnlineStep {
  /** Predictive mean. */
  mean: number
  /** Predictive variance; infinite for the first d + D·s points of a differenced model. */
  variance: number
  /** x − mean; null when x is missing. */
  innovation: number | null
  /** Two-sided p-value of the innovation; null when x is missing. */
  pValue: number | null
  /** Its natural logarithm, which does not underflow. */
  logPValue: number | null
}

/** Columns {@link OnlineArima.updateBatch} can fill; only those present are computed. NaN where a point is missing. */
export interface OnlineColumns {
  mean?: Float64Array
  variance?: Float64Array
  innovation?: Float64Array
  /** innovation / √variance */
  z?: Float64Array
  pValue?: Float64Array
  logPValue?: Float64Array
}

/**
 * The online filter of one series; made by `fit.online()` or `arima.online.restore(saved)`. It changes as it is updated.
 *
 * @example
 * const online = arima.withCoefficients({ ar: [0.5], sigma2: 1 }).online()
 * online.update(2).innovation // 2
 * online.update(2).innovation // 1
 */
export class OnlineArima {
  readonly #model: CompiledModel
  readonly #steadily: (s: FilterState, level: number) => void
  #state: FilterState
  #scratch = new Float64Array(0)

  /** @internal */
  constructor(model: CompiledModel, state: FilterState = startState(model)) {
    this.#model = model
    this.#state = state
    this.#steadily = advanceSteadily(model)
  }

  /** Points seen so far, missing ones included. */
  get length(): number {
    return this.#state.t
  }

  /**
   * Predicts the next point, compares, and takes it in. null, undefined and NaN are missing values; an infinite value
   * has p-value 0 and is then treated as missing.
   *
   * @param xreg the point's regressors, when the model has any
   *
   * @example
   * const online = arima.withCoefficients({ ar: [0.5], sigma2: 1 }).online()
   * online.update(2).mean // 0
   * online.update(2).mean // 1
   */
  update(x: number | null | undefined, xreg?: ArrayLike<number> | null): OnlineStep {
    const model = this.#model
    const state = this.#state
    const regression = regressionAt(model, state.t, xreg)
    const level = predictedLevel(model, state)
    const variance = predictedVariance(model, state) * model.sigma2
    const mean = regression + level
    if (typeof x !== 'number' || Number.isNaN(x)) {
      updateFilter(model, state, Number.NaN)
      return { mean, variance, innovation: null, pValue: null, logPValue: null }
    }
    // In this order, as in the batch loops, so that both give the same bits.
    const innovation = x - regression - level
    const z =
      Math.abs(innovation) === Number.POSITIVE_INFINITY ? innovation : innovation / Math.sqrt(variance)
    this.#take(x - regression)
    return { mean, variance, innovation, pValue: twoSidedP(z), logPValue: normalLogTwoSided(z) }
  }

  #take(level: number): void {
    const finite = Math.abs(level) < Number.POSITIVE_INFINITY
    if (finite && isSteady(this.#model, this.#state)) this.#steadily(this.#state, level)
    else updateFilter(this.#model, this.#state, finite ? level : Number.NaN)
  }

  /**
   * Takes in many points at once, filling the columns that `out` has; without `out`, `innovation`, `z` and `pValue`.
   * Gives exactly what `update` would, however the series is cut.
   *
   * @param values NaN is a missing value
   * @returns `out`
   *
   * @example
   * const online = arima.withCoefficients({ ar: [0.5], sigma2: 1 }).online()
   * online.updateBatch([2, 2, NaN, 0], { innovation: new Float64Array(4) }).innovation // [2, 1, NaN, -0.5]
   */
  updateBatch(
    values: ArrayLike<number | null>,
    out: OnlineColumns = {},
    options: { xreg?: RegressorInput | null } = {},
  ): OnlineColumns {
    checkColumn(values)
    const n = values.length
    const model = this.#model
    if (!(out.mean || out.variance || out.innovation || out.z || out.pValue || out.logPValue)) {
      out.innovation = new Float64Array(n)
      out.z = new Float64Array(n)
      out.pValue = new Float64Array(n)
    }
    for (const [name, column] of Object.entries(out)) {
      if (column && column.length < n) {
        throw new ModelError(
          'COLUMN_LENGTH',
          `out.${name} holds ${column.length} values, the batch has ${n}`,
          {
            hint: 'allocate every output column at least as long as the batch',
          },
        )
      }
    }
    const columns = toColumns(options.xreg, n, 'updateBatch()')
    const plain = model.drift === 0 && model.xreg.length === 0
    const x = values instanceof Float64Array ? values : toDoubles(values)
    const innovation = out.innovation ?? this.#scratchOf(n)
    const row = new Float64Array(columns.length)
    let at = 0
    while (at < n) {
      if (plain && isSteady(model, this.#state)) {
        const to = steadyRun(model, this.#state, x, innovation, out.mean ?? null, at, n)
        if (to > at) {
          finishRun(model, innovation, out, at, to)
          at = to
          continue
        }
      }
      for (let c = 0; c < row.length; c++) row[c] = columns[c]![at]!
      const step = this.update(x[at]!, row)
      innovation[at] = step.innovation ?? Number.NaN
      if (out.mean) out.mean[at] = step.mean
      if (out.variance) out.variance[at] = step.variance
      if (out.z) out.z[at] = standardised(step)
      if (out.pValue) out.pValue[at] = step.pValue ?? Number.NaN
      if (out.logPValue) out.logPValue[at] = step.logPValue ?? Number.NaN
      at++
    }
    return out
  }

  #scratchOf(n: number): Float64Array {
    if (this.#scratch.length < n) this.#scratch = new Float64Array(n)
    return this.#scratch
  }

  /**
   * Forecasts from the last point seen.
   *
   * @example
   * const online = arima.withCoefficients({ ar: [0.5], sigma2: 1 }).online()
   * online.update(2)
   * online.forecast(2).mean // [1, 0.5]
   */
  forecast(steps: number, options: ForecastOptions = {}): Forecast {
    return forecastFrom(this.#model, this.#state, steps, options)
  }

  /**
   * The whole state as JSON; `arima.online.restore` goes on exactly where it was taken.
   *
   * @example
   * arima.withCoefficients({ ar: [0.5] }).online().save().t // 0
   */
  save(): SavedOnline {
    return { kind: 'arima-online', version: 1, model: this.#model.definition, ...saveState(this.#state) }
  }

  /** The same as {@link save}: an online filter is JSON. */
  toJSON(): SavedOnline {
    return this.save()
  }

  /** An independent copy at the same point. */
  clone(): OnlineArima {
    return new OnlineArima(this.#model, cloneState(this.#state))
  }
}

/**
 * Goes on from a saved online filter.
 *
 * @throws ModelError `ONLINE_STATE` when the argument is not what `save()` gave.
 *
 * @example
 * const online = arima.withCoefficients({ ar: [0.5], sigma2: 1 }).online()
 * online.update(2)
 * restoreOnline(JSON.parse(JSON.stringify(online.save()))).update(0).mean // 1
 */
export function restoreOnline(saved: SavedOnline): OnlineArima {
  if (saved?.kind !== 'arima-online' || saved.version !== 1 || !isDefinition(saved.model)) {
    throw new ModelError('ONLINE_STATE', `restore() needs a saved online model, got ${shown(saved)}`, {
      hint: 'pass what online.save() returned, after JSON if you like',
    })
  }
  const model = compileModel(saved.model)
  return new OnlineArima(model, restoreState(saved, model))
}

/** @throws ModelError `SERIES_TYPE` for what is no column of a batch */
export function checkColumn(column: unknown): void {
  if (isArrayLike(column)) return
  throw new ModelError('SERIES_TYPE', `updateBatch() needs arrays, got ${shown(column)}`, {
    hint: 'one value a point, and in the keyed form one key a point',
  })
}

function toDoubles(values: ArrayLike<number | null>): Float64Array {
  const out = new Float64Array(values.length)
  for (let i = 0; i < out.length; i++) {
    const x = values[i]
    out[i] = typeof x === 'number' ? x : Number.NaN
  }
  return out
}

function standardised(step: OnlineStep): number {
  if (step.innovation === null) return Number.NaN
  return Math.abs(step.innovation) === Number.POSITIVE_INFINITY
    ? step.innovation
    : step.innovation / Math.sqrt(step.variance)
}

/** Derives the other columns of a steady run from its innovations. */
function finishRun(
  model: CompiledModel,
  innovation: Float64Array,
  out: OnlineColumns,
  from: number,
  to: number,
): void {
  const { sd } = model
  const { variance, z, pValue, logPValue } = out
  if (z) for (let t = from; t < to; t++) z[t] = innovation[t]! / sd
  if (pValue) for (let t = from; t < to; t++) pValue[t] = twoSidedP(innovation[t]! / sd)
  if (logPValue) for (let t = from; t < to; t++) logPValue[t] = normalLogTwoSided(innovation[t]! / sd)
  if (variance) variance.fill(model.sigma2, from, to)
}
