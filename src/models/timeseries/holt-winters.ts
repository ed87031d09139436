/**
 * Exponential smoothing with trend and season. Holt (1957); Winters, *Management Science* 6 (1960) 324–342. Start
 * values, criterion and intervals follow R's `HoltWinters`: a classical decomposition of the first two periods, and the
 * sum of squared one-step errors.
 */

import { shownAs } from '../../core/display.ts'
import { ModelError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { checkOptions } from '../function-options.ts'
import { minimize } from '../numerics/minimize.ts'
import { scaledBy, timesPowerOfTwo, unitExponent } from '../numerics/unit-scale.ts'
import { type SeriesInput, toCompleteSeries } from '../series-input.ts'
import { standardNormalQuantile } from '../special/normal-quantile.ts'
import { holtWintersBundle } from './displays.ts'
import { type HoltWintersSpec, type HoltWintersSpecOptions, holtWintersSpec } from './holt-winters-spec.ts'

/** Options of {@link holtWinters}. */
export interface HoltWintersOptions {
  /** Season length in points; needed unless `gamma` is false. */
  period?: number
  /** Smoothing of the level, in [0, 1]; estimated when left out. */
  alpha?: number
  /** Smoothing of the trend; false for no trend. */
  beta?: number | false
  /** Smoothing of the season; false for no season. Default: estimated when a period is given. */
  gamma?: number | false
  /** Default 'additive'. */
  seasonal?: 'additive' | 'multiplicative'
  /** Periods whose decomposition gives the start values. Default 2. */
  startPeriods?: number
  /** Start values instead of the decomposition's. */
  start?: { level?: number; trend?: number; seasonal?: readonly number[] }
}

/** Steps that a forecast may have. */
const MAX_FORECAST = 100_000

const NAMES = ['period', 'alpha', 'beta', 'gamma', 'seasonal', 'startPeriods', 'start']

/** A smoothed series. */
export interface HoltWintersModel {
  alpha: number
  /** 0 when there is no trend. */
  beta: number
  /** 0 when there is no season. */
  gamma: number
  seasonal: 'additive' | 'multiplicative'
  period: number
  /** Level, trend and season after the last point; `seasonals[0]` belongs to the next point. */
  level: number
  trend: number
  seasonals: number[]
  /** Sum of squared one-step errors. */
  sse: number
  /** One-step predictions, NaN for the points used to start. */
  fitted: Float64Array
  residuals: Float64Array
  /** The next `steps` points; `level` of intervals as a part of 1, default 0.8 and 0.95. */
  forecast(steps: number, options?: { level?: number | readonly number[] }): HoltWintersForecast
}

/** Forecasts of a {@link HoltWintersModel}, one per step ahead, in units of the series. */
export interface HoltWintersForecast {
  mean: number[]
  standardError: number[]
  level: number[]
  /** By level, then by step. */
  lower: number[][]
  upper: number[][]
}

/** The state before the first point that is predicted, `from`. */
interface Start {
  level: number
  trend: number
  seasonals: Float64Array
  from: number
}

/**
 * Holt–Winters smoothing; parameters left out minimise the squared one-step errors. Without a series it is a spec for
 * `detect`, with the options of `holtWinters` in `millrace`.
 *
 * @param series complete, in time order; positive for a multiplicative season
 * @throws ModelError `HOLT_WINTERS_OPTIONS` for parameters outside [0, 1] or a missing period; `HOLT_WINTERS_DOMAIN` for a
 * value of 0 or less with a multiplicative season; `SERIES_TOO_SHORT`;
 * `SERIES_MISSING`; for a spec `DETECTOR_OPTION`.
 *
 * @example
 * const sales = Array.from({ length: 24 }, (_, t) => 10 + t + [3, -1, -2, 0][t % 4]!)
 * holtWinters(sales, { period: 4 }).forecast(2).mean // [37.0000…, 34.0000…]
 */
export function holtWinters(series: SeriesInput, options?: HoltWintersOptions): HoltWintersModel
export function holtWinters(options?: HoltWintersSpecOptions): HoltWintersSpec
export function holtWinters(
  first: SeriesInput | HoltWintersSpecOptions = {},
  options?: HoltWintersOptions,
): HoltWintersModel | HoltWintersSpec {
  if (Array.isArray(first) || ArrayBuffer.isView(first) || options !== undefined) {
    return smoothed(first as SeriesInput, options ?? {})
  }
  return holtWintersSpec(first as HoltWintersSpecOptions, holtWinters)
}

function smoothed(series: SeriesInput, options: HoltWintersOptions): HoltWintersModel {
  checkOptions('holtWinters', options, NAMES, holtWinters)
  const given = toCompleteSeries(series, 'holtWinters()')
  // Squared errors of values of any size are numbers in this unit.
  const unit = unitExponent(given)
  const x = scaledBy(given, -unit)
  const seasonal = options.seasonal ?? 'additive'
  const hasSeason = options.gamma !== false && options.period !== 1 && options.period !== undefined
  const hasTrend = options.beta !== false
  check(options, hasSeason)
  const period = hasSeason ? options.period! : 1
  if (hasSeason && seasonal === 'multiplicative') checkPositive(given)
  const components: Components = { period, hasSeason, hasTrend, seasonal }
  const start = startValues(x, components, scaledStart(options, seasonal, -unit))
  const run: Run = { x, start, period, hasSeason, multiplicative: seasonal === 'multiplicative' }
  const parameters = estimate(run, [
    options.alpha,
    hasTrend ? options.beta : 0,
    hasSeason ? options.gamma : 0,
  ])
  const { level, trend, seasonals, fitted, sse } = smooth(run, parameters)
  const [alpha, beta, gamma] = parameters
  const residuals = x.map((value, t) => value - fitted[t]!)
  const end: End = {
    ...{ alpha, beta, gamma, level, trend, period, hasSeason },
    seasonals: Array.from(seasonals),
    multiplicative: run.multiplicative,
    variance: sampleVariance(residuals.subarray(start.from)),
  }
  const back = (value: number) => timesPowerOfTwo(value, unit)
  const model: HoltWintersModel = {
    ...{ alpha, beta, gamma, seasonal, period, level: back(level), trend: back(trend) },
    seasonals: run.multiplicative ? end.seasonals : end.seasonals.map(back),
    ...{
      sse: timesPowerOfTwo(sse, 2 * unit),
      fitted: scaledBy(fitted, unit),
      residuals: scaledBy(residuals, unit),
    },
    forecast: (steps, { level: wanted = [0.8, 0.95] } = {}) => {
      checkSteps(steps)
      const forecast = forecastFrom(end, steps, typeof wanted === 'number' ? [wanted] : [...wanted])
      return {
        mean: forecast.mean.map(back),
        standardError: forecast.standardError.map(back),
        level: forecast.level,
        lower: forecast.lower.map(bounds => bounds.map(back)),
        upper: forecast.upper.map(bounds => bounds.map(back)),
      }
    },
  }
  return shownAs(model, () => holtWintersBundle(model))
}

/** Start values that were given, in another unit. */
function scaledStart(
  options: HoltWintersOptions,
  seasonal: Components['seasonal'],
  by: number,
): HoltWintersOptions {
  const { start } = options
  if (start === undefined || by === 0) return options
  const scaled = (value: number) => timesPowerOfTwo(value, by)
  return {
    ...options,
    start: {
      ...start,
      ...(start.level === undefined ? {} : { level: scaled(start.level) }),
      ...(start.trend === undefined ? {} : { trend: scaled(start.trend) }),
      ...(start.seasonal === undefined || seasonal === 'multiplicative'
        ? {}
        : { seasonal: Array.from(start.seasonal, scaled) }),
    },
  }
}

/** A multiplicative season divides by values. */
function checkPositive(x: Float64Array): void {
  const at = x.findIndex(value => !(value > 0))
  if (at < 0) return
  throw new ModelError(
    'HOLT_WINTERS_DOMAIN',
    `holtWinters() with a multiplicative season needs values above 0, got ${x[at]} at ${at}`,
    { hint: "seasonal: 'additive' takes any values" },
  )
}

function checkSteps(steps: number): void {
  if (Number.isInteger(steps) && steps >= 1 && steps <= MAX_FORECAST) return
  throw new ModelError(
    'FORECAST_STEPS',
    `forecast() needs a whole number of steps from 1 to ${MAX_FORECAST}, got ${shown(steps)}`,
    {
      hint: 'forecast(12)',
    },
  )
}

/** What a smoothed series is made of besides its level. */
interface Components {
  readonly period: number
  readonly hasSeason: boolean
  readonly hasTrend: boolean
  readonly seasonal: 'additive' | 'multiplicative'
}

/** A series and how it is smoothed, but for the parameters. */
interface Run {
  readonly x: Float64Array
  readonly start: Start
  readonly period: number
  readonly hasSeason: boolean
  readonly multiplicative: boolean
}

type Parameters = [alpha: number, beta: number, gamma: number]

/** The parameters: those that are given, and the others where the sum of squares is least. */
function estimate(run: Run, given: readonly (number | false | undefined)[]): Parameters {
  const free = [0, 1, 2].filter(i => given[i] === undefined)
  const n = run.x.length - run.start.from
  const parameters = given.map(value => (value === undefined ? 0 : Number(value))) as Parameters
  const cost = (z: Float64Array) => {
    free.forEach((i, j) => {
      parameters[i] = Math.sin(z[j]!) ** 2
    })
    return 0.5 * Math.log(smooth(run, parameters).sse / n + 1e-300)
  }
  const k = free.length
  if (k === 0) return parameters
  // Squared sines keep parameters in [0, 1], bounds included; several starts because the surface has several valleys.
  let best: { value: number; x: Float64Array } | null = null
  const guesses = [
    [0.3, 0.1, 0.1],
    [0.8, 0.01, 0.5],
    [0.1, 0.01, 0.5],
    [0.5, 0.05, 0.9],
  ].map(guess => Float64Array.from(free, i => Math.asin(Math.sqrt(guess[i]!))))
  for (const from of [...guesses, bestOnGrid(cost, k)]) {
    const inverseHessian = Float64Array.from({ length: k * k }, (_, i) => (i % (k + 1) === 0 ? 0.1 : 0))
    const found = minimize(cost, { start: from, inverseHessian, weight: n })
    if (best === null || found.value < best.value - 1e-10) best = found
  }
  cost(best!.x)
  return parameters
}

/** Where a smoothed series ends: what forecasts follow from. */
interface End {
  readonly alpha: number
  readonly beta: number
  readonly gamma: number
  readonly level: number
  readonly trend: number
  readonly seasonals: number[]
  readonly period: number
  readonly hasSeason: boolean
  readonly multiplicative: boolean
  /** Variance of the one-step errors. */
  readonly variance: number
}

function forecastFrom(end: End, steps: number, levels: number[]): HoltWintersForecast {
  const { alpha, beta, gamma, seasonals, period, hasSeason, multiplicative } = end
  const mean: number[] = []
  const standardError: number[] = []
  const ratios = hasSeason && multiplicative
  let sum = 1
  for (let h = 1; h <= steps; h++) {
    const base = end.level + h * end.trend
    const phase = (h - 1) % period
    mean.push(!hasSeason ? base : multiplicative ? base * seasonals[phase]! : base + seasonals[phase]!)
    // Without ratios of seasons each step adds to what was there.
    if (ratios) sum = 1
    for (let j = ratios ? 1 : Math.max(1, h - 1); j < h; j++) {
      const psi = alpha * (1 + j * beta) + (hasSeason && j % period === 0 ? gamma * (1 - alpha) : 0)
      const ratio = ratios ? seasonals[phase]! / seasonals[(((phase - j) % period) + period) % period]! : 1
      sum += (psi * ratio) ** 2
    }
    standardError.push(Math.sqrt(end.variance * sum))
  }
  const half = levels.map(level => standardNormalQuantile(0.5 + level / 2))
  return {
    mean,
    standardError,
    level: levels,
    lower: half.map(z => mean.map((m, h) => m - z * standardError[h]!)),
    upper: half.map(z => mean.map((m, h) => m + z * standardError[h]!)),
  }
}

/** The cheapest of a coarse grid over the k free parameters, edges nearly included: valleys may end there. */
function bestOnGrid(cost: (z: Float64Array) => number, k: number): Float64Array {
  const grid = [0.01, 0.1, 0.3, 0.6, 0.97].map(value => Math.asin(Math.sqrt(value)))
  const z = new Float64Array(k)
  let best = z.slice()
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < grid.length ** k; i++) {
    for (let j = 0; j < k; j++) z[j] = grid[Math.floor(i / grid.length ** j) % grid.length]!
    const value = cost(z)
    if (value >= least) continue
    least = value
    best = z.slice()
  }
  return best
}

function check(options: HoltWintersOptions, hasSeason: boolean): void {
  const { alpha, beta, gamma, period } = options
  for (const [name, value] of Object.entries({ alpha, beta, gamma })) {
    if (value === undefined || value === false) continue
    if (!(typeof value === 'number' && value >= 0 && value <= 1)) {
      throw new ModelError('HOLT_WINTERS_OPTIONS', `${name} must lie in [0, 1], got ${shown(value)}`, {
        hint: 'leave it out to have it estimated',
      })
    }
  }
  if (
    (typeof gamma === 'number' && !hasSeason) ||
    (period !== undefined && (!Number.isInteger(period) || period < 1))
  ) {
    throw new ModelError('HOLT_WINTERS_OPTIONS', `a season needs a whole period ≥ 2, got ${shown(period)}`, {
      hint: 'holtWinters(series, { period: 12 }), or gamma: false for no season',
    })
  }
}

/** The state that smoothing starts from: given, or of the first points. */
function startValues(
  x: Float64Array,
  { period, hasSeason, hasTrend, seasonal }: Components,
  options: HoltWintersOptions,
): Start {
  const periods = options.startPeriods ?? 2
  const needed = hasSeason ? Math.max(2, periods) * period : hasTrend ? 3 : 2
  if (x.length < needed) {
    throw new ModelError(
      'SERIES_TOO_SHORT',
      `holtWinters() needs at least ${needed} points, got ${x.length}`,
      {
        hint: 'two full periods are needed to start a season',
      },
    )
  }
  const { start } = options
  if (!hasSeason) {
    return {
      level: start?.level ?? (hasTrend ? x[1]! : x[0]!),
      trend: start?.trend ?? (hasTrend ? x[1]! - x[0]! : 0),
      seasonals: new Float64Array(1),
      from: hasTrend ? 2 : 1,
    }
  }
  const { trend, figure } = decompose(x.subarray(0, periods * period), period, seasonal)
  const k = trend.length
  const center = (k + 1) / 2
  const average = trend.reduce((a, b) => a + b, 0) / k
  let slope = 0
  let spread = 0
  for (let i = 0; i < k; i++) {
    slope += (i + 1 - center) * (trend[i]! - average)
    spread += (i + 1 - center) ** 2
  }
  slope = spread > 0 ? slope / spread : 0
  return {
    level: start?.level ?? average - slope * center,
    trend: hasTrend ? (start?.trend ?? slope) : 0,
    seasonals: Float64Array.from(start?.seasonal ?? figure),
    from: period,
  }
}

/** Classical decomposition: centred moving average, then phase means. */
function decompose(x: Float64Array, period: number, kind: 'additive' | 'multiplicative') {
  const even = period % 2 === 0
  const reach = Math.floor(period / 2)
  const trend = new Float64Array(x.length - 2 * reach)
  const sums = new Float64Array(period)
  const counts = new Float64Array(period)
  for (let i = 0; i < trend.length; i++) {
    let sum = 0
    for (let j = 0; j <= 2 * reach; j++) sum += (even && (j === 0 || j === 2 * reach) ? 0.5 : 1) * x[i + j]!
    trend[i] = sum / period
    const t = i + reach
    sums[t % period]! += kind === 'additive' ? x[t]! - trend[i]! : x[t]! / trend[i]!
    counts[t % period]!++
  }
  const figure = sums.map((sum, phase) => sum / counts[phase]!)
  const average = figure.reduce((a, b) => a + b, 0) / period
  return { trend, figure: figure.map(value => (kind === 'additive' ? value - average : value / average)) }
}

/** One pass over the series from its start values. */
function smooth(
  { x, start, period, hasSeason, multiplicative }: Run,
  [alpha, beta, gamma]: Readonly<Parameters>,
) {
  let { level, trend } = start
  const cycle = start.seasonals.slice()
  const fitted = new Float64Array(x.length).fill(Number.NaN)
  let sse = 0
  for (let t = start.from; t < x.length; t++) {
    const phase = (t - start.from) % period
    const season = hasSeason ? cycle[phase]! : multiplicative ? 1 : 0
    const base = level + trend
    const prediction = multiplicative ? base * season : base + season
    fitted[t] = prediction
    const value = x[t]!
    const error = value - prediction
    sse += error * error
    const next = alpha * (multiplicative ? value / season : value - season) + (1 - alpha) * base
    trend = beta * (next - level) + (1 - beta) * trend
    level = next
    if (hasSeason)
      cycle[phase] = gamma * (multiplicative ? value / level : value - level) + (1 - gamma) * season
  }
  const shift = (x.length - start.from) % period
  const seasonals = hasSeason ? cycle.map((_, i) => cycle[(i + shift) % period]!) : new Float64Array(0)
  return { level, trend, seasonals, fitted, sse: Number.isNaN(sse) ? Number.POSITIVE_INFINITY : sse }
}

function sampleVariance(x: Float64Array): number {
  let mean = 0
  for (const value of x) mean += value
  mean /= x.length
  let sum = 0
  for (const value of x) sum += (value - mean) ** 2
  return sum / (x.length - 1)
}
