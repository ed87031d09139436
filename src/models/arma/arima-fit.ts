/** A model with coefficients: fitted, given or read back. What it can do hangs on this object. */

import { type Bundle, DISPLAY, INSPECT } from '../../core/display.ts'
import { ModelError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { checkOptions, MAX_LAGS, oneOf, whole } from '../function-options.ts'
import { isArrayLike } from '../series-input.ts'
import { type ArimaCoefficients, parameterLayout, toCoefficients } from './coefficients.ts'
import { type Diagnostics, residualDiagnostics } from './diagnostics.ts'
import type { ArimaEstimate } from './estimate/estimate.ts'
import type { ArimaFitOptions } from './estimate/fit.ts'
import { type FilterState, startState } from './filter/filter-state.ts'
import { type Forecast, type ForecastOptions, forecastFrom } from './filter/forecast.ts'
import { OnlineArima } from './filter/online.ts'
import {
  isCoefficients,
  isDefinition,
  isNumbers,
  restoreState,
  type SavedState,
  saveState,
} from './filter/saved-state.ts'
import { simulateFrom } from './filter/simulate.ts'
import { fitBundle } from './fit-display.ts'
import { type FixedArimaOptions, type FixedArimaSpec, fixedArimaSpec } from './fixed-spec.ts'
import { type ArimaDefinition, type CompiledModel, compileModel } from './model.ts'
import { type ArimaSpec, arimaSpec } from './spec.ts'

/** A fitted model as JSON: numbers, residuals (null where there is none) and the state after the last point. */
export interface ArimaJson {
  kind: 'arima-fit'
  version: 1
  spec: ArimaSpec
  coefficients: ArimaCoefficients
  /** null stands for NaN inside. */
  standardErrors: unknown
  sigma2: number
  logLik: number | null
  aic: number | null
  aicc: number | null
  bic: number | null
  n: number
  parameters: number
  converged: boolean
  iterations: number
  residuals: (number | null)[]
  standardizedResiduals: (number | null)[]
  end: SavedState
}

/**
 * A model with coefficients: fitted by `arima(series, …)`, given by `arima.withCoefficients(…)` or read back by
 * `arima.fromJSON(…)`. It is plain JSON, and never changes.
 *
 * @example
 * const fit = arima.withCoefficients({ ar: [0.5], mean: 10, sigma2: 1 })
 * fit.coefficients.ar // [0.5]
 * fit.forecast(2).mean // [10, 10]: nothing was observed yet
 */
export class ArimaFit {
  readonly spec: ArimaSpec
  readonly coefficients: ArimaCoefficients
  /**
   * From the observed information; the same shape as `coefficients`. 0 for what was fixed; NaN where the likelihood is
   * flat: a coefficient on its boundary, or more coefficients than the series can tell apart.
   */
  readonly standardErrors: ArimaCoefficients
  /** Innovation variance: the maximum likelihood one, sum of squares over points used. */
  readonly sigma2: number
  readonly logLik: number
  /** −2 logLik + 2 × (coefficients + 1): σ² counts. */
  readonly aic: number
  readonly aicc: number
  readonly bic: number
  /** Points that entered the likelihood. */
  readonly n: number
  /** Estimated parameters, σ² included. */
  readonly parameters: number
  /** Innovations in units of the series, one per point; NaN where missing or used up by differencing. */
  readonly residuals: Float64Array
  /** Innovations over their own standard deviations. */
  readonly standardizedResiduals: Float64Array
  readonly converged: boolean
  /** Steps of the search. */
  readonly iterations: number
  readonly #model: CompiledModel
  readonly #endOf: () => FilterState
  #end: FilterState | undefined

  /** @internal */
  constructor(estimate: ArimaEstimate, end: (model: CompiledModel) => FilterState) {
    this.spec = estimate.spec
    this.coefficients = estimate.coefficients
    this.standardErrors = estimate.standardErrors
    this.sigma2 = estimate.sigma2
    this.logLik = estimate.logLik
    this.aic = estimate.aic
    this.aicc = estimate.aicc
    this.bic = estimate.bic
    this.n = estimate.n
    this.parameters = estimate.parameters
    this.residuals = estimate.residuals
    this.standardizedResiduals = estimate.standardizedResiduals
    this.converged = estimate.converged
    this.iterations = estimate.iterations
    this.#model = compileModel(estimate)
    this.#endOf = () => end(this.#model)
  }

  /** @internal The polynomials, shared by every online form of this model. */
  get compiled(): CompiledModel {
    return this.#model
  }

  /** [p, d, q] of the spec. */
  get order(): ArimaSpec['order'] {
    return this.spec.order
  }

  /** Seasonal order and period of the spec, or null. */
  get seasonal(): ArimaSpec['seasonal'] {
    return this.spec.seasonal
  }

  /** Spec, coefficients and σ²: all that predicting a new series needs. */
  get definition(): ArimaDefinition {
    return { spec: this.spec, coefficients: this.coefficients, sigma2: this.sigma2 }
  }

  #lastState(): FilterState {
    this.#end ??= this.#endOf()
    return this.#end
  }

  /**
   * Forecasts the `steps` points after the series. Standard errors leave out parameter uncertainty.
   *
   * @returns means, standard errors and one lower and upper bound per level, in units of the series
   * @throws ModelError `FORECAST_STEPS`, `FORECAST_LEVEL`, `XREG_SHAPE`.
   *
   * @example
   * arima([2.4, 2.4, 2.2, 2.1, 1.5, 2.3, 2.3, 2.5, 2], { order: [1, 0, 0] }).forecast(3, { level: 0.95 }).mean.length // 3
   */
  forecast(steps: number, options: ForecastOptions = {}): Forecast {
    return forecastFrom(this.#model, this.#lastState(), steps, options)
  }

  /**
   * Draws a path of `length` points. A stationary model starts from its stationary distribution; a differenced one from zero
   * differences at level 0. `from: 'end'` continues the series the model was fitted to.
   *
   * @param rng uniform numbers in [0, 1)
   *
   * @example
   * arima.withCoefficients({ ar: [0.6], sigma2: 1 }).simulate(Math.random, 100).length // 100
   */
  simulate(
    rng: () => number,
    length: number,
    options: { from?: 'start' | 'end'; xreg?: ArimaFitOptions['xreg'] } = {},
  ): Float64Array {
    const start = options.from === 'end' ? this.#lastState() : startState(this.#model)
    return simulateFrom(this.#model, start, rng, length, options.xreg)
  }

  /**
   * Ljung–Box and Jarque–Bera tests of the residuals, and their correlations.
   *
   * @example
   * arima([2.4, 2.4, 2.2, 2.1, 1.5, 2.3, 2.3, 2.5, 2, 2.2], { order: [1, 0, 0] }).diagnostics({ lag: 4 }).ljungBox.df // 3
   */
  diagnostics(options: { lag?: number } = {}): Diagnostics {
    checkOptions('diagnostics', options, ['lag'], this.diagnostics)
    const { lag } = options
    if (lag !== undefined) whole(lag, 'lag of diagnostics()', 1, MAX_LAGS, this.diagnostics)
    const { ar, ma, sar, sma } = this.coefficients
    return residualDiagnostics(this.standardizedResiduals, {
      ...options,
      fitted: ar.length + ma.length + sar.length + sma.length,
      period: this.spec.seasonal?.period ?? 1,
    })
  }

  /** For `console.log`, where it stands alone: what {@link DISPLAY} says as text. */
  [INSPECT](depth: number): string {
    return depth < 0 ? `[${this.constructor.name}]` : fitBundle(this)['text/plain']
  }

  /** For notebooks: coefficients with their standard errors, and the fit. */
  [DISPLAY](): Bundle {
    return fitBundle(this)
  }

  /**
   * The online form, before the first point of a new series; `{ from: 'end' }` continues the fitted one.
   *
   * @example
   * const online = arima.withCoefficients({ ar: [0.6], mean: 10, sigma2: 2 }).online()
   * online.update(12).mean // 10
   */
  online(options: { from?: 'start' | 'end' } = {}): OnlineArima {
    checkOptions('online', options, ['from'], this.online)
    const from = oneOf(options.from ?? 'start', 'from of online()', ['start', 'end'], this.online)
    if (from === 'start') return new OnlineArima(this.#model)
    return new OnlineArima(this.#model, this.#lastState()).clone()
  }

  /**
   * The model as a detector that does not change, with options. `detect` takes the model itself, too. It begins again
   * with each key.
   *
   * @throws ModelError `DETECTOR_OPTION` for a model with regressors, or an option that makes no sense.
   *
   * @example
   * arima.withCoefficients({ ar: [0.6] }).asDetector({ calibrate: 'tail' }).kind // 'fixed-arima'
   */
  asDetector(options: FixedArimaOptions = {}): FixedArimaSpec {
    return fixedArimaSpec(this.definition, options, this.asDetector)
  }

  /** Plain data for `JSON.stringify`; `arima.fromJSON` reads it back. */
  toJSON(): ArimaJson {
    const number = (x: number) => (Number.isFinite(x) ? x : null)
    return {
      kind: 'arima-fit',
      version: 1,
      spec: this.spec,
      coefficients: this.coefficients,
      standardErrors: this.standardErrors,
      sigma2: this.sigma2,
      logLik: number(this.logLik),
      aic: number(this.aic),
      aicc: number(this.aicc),
      bic: number(this.bic),
      n: this.n,
      parameters: this.parameters,
      converged: this.converged,
      iterations: this.iterations,
      residuals: Array.from(this.residuals, number),
      standardizedResiduals: Array.from(this.standardizedResiduals, number),
      end: saveState(this.#lastState()),
    }
  }
}

/** Coefficients of a model that is not to be fitted. */
export interface GivenCoefficients {
  ar?: readonly number[]
  ma?: readonly number[]
  sar?: readonly number[]
  sma?: readonly number[]
  /** Season length in points, when there are seasonal coefficients or differences. */
  period?: number
  /** Differences. */
  d?: number
  /** Seasonal differences. */
  seasonalD?: number
  mean?: number
  drift?: number
  xreg?: readonly number[]
  /** Innovation variance; default 1. */
  sigma2?: number
  /** Instead of `d`: only its second entry is used. */
  order?: readonly number[]
  /** Instead of `seasonalD` and `period`. */
  seasonal?: { order: readonly number[]; period: number } | null
}

/** See `arima.withCoefficients`. */
export function withCoefficients(given: GivenCoefficients): ArimaFit {
  if (given === null || typeof given !== 'object') throw badCoefficients('coefficients by name', given)
  const { ar = [], ma = [], sar = [], sma = [], xreg = [], sigma2 = 1 } = given
  const d = given.d ?? given.order?.[1] ?? 0
  const seasonalD = given.seasonalD ?? given.seasonal?.order[1] ?? 0
  const period = given.period ?? given.seasonal?.period ?? 1
  whole(d, 'd of withCoefficients()', 0, MAX_LAGS, withCoefficients)
  whole(seasonalD, 'seasonalD of withCoefficients()', 0, MAX_LAGS, withCoefficients)
  const level = given.mean ?? given.drift
  const all = { ar, ma, sar, sma, xreg, [given.drift === undefined ? 'mean' : 'drift']: [level ?? 0] }
  for (const [name, list] of Object.entries(all)) {
    const numbers = isArrayLike(list) && Array.from(list).every(c => Number.isFinite(c))
    if (!numbers) throw badCoefficients(`finite numbers in ${name}`, list)
  }
  const seasonal =
    sar.length + sma.length + seasonalD > 0 ? { order: [sar.length, seasonalD, sma.length], period } : null
  if (given.mean !== undefined && given.drift !== undefined) {
    throw new ModelError('ARIMA_CONSTANT', 'a model has a mean or a drift, got both', {
      hint: 'mean when nothing is differenced, drift when one difference is taken',
    })
  }
  const constant = given.mean !== undefined || given.drift !== undefined
  const spec = arimaSpec({ order: [ar.length, d, ma.length], seasonal, constant })
  const layout = parameterLayout(spec, xreg.length)
  if (constant && (layout.constant === 'mean') !== (given.mean !== undefined)) {
    throw new ModelError(
      'ARIMA_CONSTANT',
      `with d + D = ${d + seasonalD} the constant is a ${layout.constant}, got a ${given.mean === undefined ? 'drift' : 'mean'}`,
      {
        hint: `pass { ${layout.constant}: … }`,
      },
    )
  }
  const values = [...ar, ...ma, ...sar, ...sma, ...(constant ? [level!] : []), ...xreg]
  const nothing = new Float64Array(0)
  return new ArimaFit(
    {
      spec,
      coefficients: toCoefficients(layout, values),
      standardErrors: toCoefficients(
        layout,
        values.map(() => Number.NaN),
      ),
      sigma2,
      logLik: Number.NaN,
      aic: Number.NaN,
      aicc: Number.NaN,
      bic: Number.NaN,
      n: 0,
      parameters: values.length + 1,
      residuals: nothing,
      standardizedResiduals: nothing,
      converged: true,
      iterations: 0,
    },
    startState,
  )
}

const badCoefficients = (needs: string, got: unknown): ModelError =>
  new ModelError('ARIMA_COEFFICIENTS', `withCoefficients() needs ${needs}, got ${shown(got)}`, {
    hint: 'arima.withCoefficients({ ar: [0.6], ma: [0.3], mean: 10, sigma2: 2 })',
  })

/** See `arima.fromJSON`. */
export function fromJSON(json: unknown): ArimaFit {
  const data = json as ArimaJson
  const whole =
    isDefinition(data) &&
    data.end &&
    isCoefficients(data.standardErrors, data.spec, data.coefficients.xreg.length) &&
    [data.residuals, data.standardizedResiduals].every(isNumbers)
  if (data?.kind !== 'arima-fit' || data.version !== 1 || !whole) {
    throw new ModelError('ARIMA_JSON', `fromJSON() needs a saved model, got ${shown(json)}`, {
      hint: 'pass JSON.parse of what JSON.stringify(fit) gave',
    })
  }
  const number = (x: number | null) => x ?? Number.NaN
  const { order, seasonal, constant, method } = data.spec
  const spec = arimaSpec({ order, seasonal, constant, method })
  const layout = parameterLayout(spec, data.coefficients.xreg.length)
  const flat = (c: ArimaCoefficients) => [
    ...c.ar,
    ...c.ma,
    ...c.sar,
    ...c.sma,
    ...(layout.constant ? [c[layout.constant]!] : []),
    ...c.xreg,
  ]
  return new ArimaFit(
    {
      spec: Object.freeze({ ...spec, ...data.spec, order: spec.order, seasonal: spec.seasonal }),
      coefficients: toCoefficients(layout, flat(data.coefficients)),
      standardErrors: toCoefficients(layout, flat(data.standardErrors as ArimaCoefficients).map(number)),
      sigma2: data.sigma2,
      logLik: number(data.logLik),
      aic: number(data.aic),
      aicc: number(data.aicc),
      bic: number(data.bic),
      n: data.n,
      parameters: data.parameters,
      residuals: Float64Array.from(data.residuals, number),
      standardizedResiduals: Float64Array.from(data.standardizedResiduals, number),
      converged: data.converged,
      iterations: data.iterations,
    },
    model => restoreState(data.end, model),
  )
}
