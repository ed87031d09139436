/**
 * What an ARIMA model is made of, before any data: orders, season and constant as plain frozen data. Specs travel in
 * plans as JSON; fits take the same options with a series.
 */
import type { DetectorSpec } from '../../core/detector.ts'
import { ModelError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { type Duration, showDuration } from '../../core/time/duration.ts'
import type { CalibratorName } from '../calibration/calibrator.ts'
import {
  calibration,
  checkNames,
  flag,
  positiveMs,
  refuse,
  type Span,
  type SpanSpec,
  span,
  whole,
} from '../spec-options.ts'

/** Non-seasonal order [p, d, q]: autoregressive lags, differences, moving-average lags. */
export type ArimaOrder = readonly [p: number, d: number, q: number]

/** Seasonal part: its own [P, D, Q] at multiples of `period` points. */
export interface SeasonalOrder {
  readonly order: ArimaOrder
  /** Season length in points: 12 for months in a year. */
  readonly period: number
}

/**
 * `css` minimises the conditional sum of squares, `ml` maximises the exact likelihood, `css-ml` does the second from
 * the first.
 */
export type ArimaMethod = 'css-ml' | 'ml' | 'css'

/** When `detect` fits a model again: at fixed positions of its series; or also as soon as its innovations have changed. */
export type RefitOn = 'schedule' | 'drift'

/**
 * An ARIMA model without data: what `detect`, `fit` and `forecast` take. Plain, frozen and JSON-able. The fields from
 * `season` on are for `detect`; where one is null, `detect` chooses.
 */
export interface ArimaSpec extends DetectorSpec {
  readonly kind: 'arima'
  readonly order: ArimaOrder
  readonly seasonal: SeasonalOrder | null
  /** A mean when nothing is differenced, a drift when one difference is taken. */
  readonly constant: boolean
  readonly method: ArimaMethod
  /** Length of a season whose profile `detect` takes off first, such as `'1d'`; null for none. */
  readonly season: Duration | null
  readonly warmup: SpanSpec | null
  readonly window: number | null
  readonly refitEvery: SpanSpec | null
  readonly refitOn: RefitOn
  readonly refitDelay: number | 'asap'
  readonly calibrate: CalibratorName
}

/** Options of a spec; every one may be left out. */
export interface ArimaSpecOptions {
  /** [p, d, q]; default [0, 0, 0]. */
  order?: readonly number[]
  /** `{ order: [P, D, Q], period }`, or null for none. */
  seasonal?: { order: readonly number[]; period: number } | null
  /** Default: true exactly when nothing is differenced. */
  constant?: boolean
  /** Default `css-ml`. */
  method?: ArimaMethod
  /**
   * For `detect`: length of a season whose profile is taken off first, such as `'1d'`; for models without differences and
   * seasonal lags. Default none.
   */
  season?: Duration | null
  /**
   * For `detect`: how much of the series passes before values are scored, as a duration or a number of points. Default
   * 336 points, and four periods at least.
   */
  warmup?: Span
  /** For `detect`: number of latest points that the model is fitted to. Default 512, and eight periods at least. */
  window?: number
  /**
   * For `detect`: longest span between two fits. Default 4096 points; after the warm-up they come at 3, 9, … times its
   * length.
   */
  refitEvery?: Span
  /**
   * For `detect`: `'drift'` also fits the model as soon as the size or the autocorrelation of its innovations has changed,
   * to the values since then, and again while they grow to a whole window. False alarms of that come about once in 25,000
   * points. Default `'schedule'`: only as `refitEvery` says.
   */
  refitOn?: RefitOn
  /**
   * For `detect`: number of points between the one that triggers a fit and the one from which it is used; meanwhile the
   * fit runs in the background, and results are repeatable. Default 0: at once, and the stream waits for it. `'asap'`: from
   * the key's first value after it is ready, which is not repeatable.
   */
  refitDelay?: number | 'asap'
  /** For `detect`: how a standardised innovation becomes a p-value. Default `'tail'`. */
  calibrate?: CalibratorName
  /**
   * For `detect`: one set of coefficients for all keys, learned from the values of all; each key has a level and a scale of
   * its own. Values of an instant are scored by what was known before it. Then `warmup` counts values of all keys,
   * `window` those that a fit sees (default 16,384, in segments of 64 or of four times the longest lag if that is more),
   * and `refitEvery` and `refitDelay` count instants. Cannot be combined with `season` or `refitOn: 'drift'`. Default
   * false: each key has coefficients of its own.
   */
  pooled?: boolean
}

/** The names of {@link ArimaSpecOptions}. */
export const ARIMA_NAMES = [
  'order',
  'seasonal',
  'constant',
  'method',
  'season',
  'warmup',
  'window',
  'refitEvery',
  'refitOn',
  'refitDelay',
  'calibrate',
  'pooled',
] as const

/** {@link arimaSpec} of a factory's options, which may have no others. */
export function arimaSpecOf(
  factory: string,
  options: object,
  own: readonly string[],
  orderOf: (options: object) => readonly number[] | undefined,
  above: Function,
): ArimaSpec {
  if (Array.isArray(options) || ArrayBuffer.isView(options)) {
    const hint = "arima(series, { order: [1, 0, 0] }) of 'millrace/models' fits a model to a series"
    refuse(`${factory}() describes a model and takes no series`, options, hint, above)
  }
  checkNames(factory, options, [...own, ...ARIMA_NAMES.slice(own.length > 0 ? 1 : 0)], above)
  return arimaSpec({ ...options, order: orderOf(options) ?? [0, 0, 0] }, factory, above)
}

/** Checks options and fills in the defaults. Errors point at the caller of `above`. */
export function arimaSpec(
  options: ArimaSpecOptions = {},
  factory = 'arima',
  above: Function = arimaSpec,
): ArimaSpec {
  const model = modelOptions(options, above)
  return Object.freeze({ kind: 'arima', ...model, ...detectOptions(options, model, factory, above) })
}

type ModelOptions = Pick<ArimaSpec, 'order' | 'seasonal' | 'constant' | 'method'>

/** The model itself: what every verb takes. */
function modelOptions(options: ArimaSpecOptions, above: Function): ModelOptions {
  const order = checkOrder(options.order ?? [0, 0, 0], 'order', above)
  const seasonal = options.seasonal ? checkSeasonal(options.seasonal, above) : null
  const differences = order[1] + (seasonal?.order[1] ?? 0)
  const constant = flag(options.constant ?? differences === 0, 'constant', above)
  if (constant && differences > 1) {
    throw new ModelError(
      'ARIMA_CONSTANT',
      `a constant needs at most one difference, got d + D = ${differences}`,
      {
        hint: 'leave `constant` out, or difference once less',
        above,
      },
    )
  }
  const method = options.method ?? 'css-ml'
  if (method !== 'css-ml' && method !== 'ml' && method !== 'css') {
    throw new ModelError('ARIMA_METHOD', `method must be 'css-ml', 'ml' or 'css', got ${shown(method)}`, {
      hint: "leave it out for 'css-ml'",
      above,
    })
  }
  return { order, seasonal, constant, method }
}

type DetectOptions = Pick<
  ArimaSpec,
  'season' | 'warmup' | 'window' | 'refitEvery' | 'refitOn' | 'refitDelay' | 'calibrate'
>

/** The options that only `detect` reads. */
function detectOptions(
  options: ArimaSpecOptions,
  { order, seasonal }: ModelOptions,
  factory: string,
  above: Function,
): DetectOptions {
  const { season, warmup, window, refitEvery, refitOn = 'schedule', refitDelay = 0 } = options
  if (refitOn !== 'schedule' && refitOn !== 'drift') {
    refuse(`${factory}() needs refitOn 'schedule' or 'drift'`, refitOn, "leave it out for 'schedule'", above)
  }
  if (season != null) positiveMs(season, `the season of ${factory}()`, above)
  const pooled = flag(options.pooled ?? false, `pooled of ${factory}()`, above)
  if (pooled && season != null) {
    const hint = 'seasonal: { order: [0, 1, 1], period: 24 }'
    refuse(`a pooled ${factory}() takes no season off`, season, hint, above)
  }
  if (pooled && refitOn === 'drift') {
    refuse(`a pooled ${factory}() is fitted on its schedule`, refitOn, 'leave refitOn out', above)
  }
  const spanOf = (value: Span | undefined, what: string) =>
    value === undefined ? null : span(value, what, above)
  return {
    season: typeof season === 'number' ? (showDuration(season) as Duration) : (season ?? null),
    warmup: spanOf(warmup, `the warmup of ${factory}()`),
    window:
      window === undefined
        ? null
        : whole(window, `the window of ${factory}()`, minWindow(order, seasonal), 1_000_000, above),
    refitEvery: spanOf(refitEvery, `refitEvery of ${factory}()`),
    refitOn,
    refitDelay:
      refitDelay === 'asap' ? refitDelay : whole(refitDelay, `refitDelay of ${factory}()`, 0, 1e9, above),
    calibrate: calibration(options.calibrate ?? 'tail', factory, above),
    ...(pooled ? { pooled } : {}),
  }
}

/** Points that a fit needs: eight per lag, and those used up by differencing. */
function minWindow(order: ArimaOrder, seasonal: SeasonalOrder | null): number {
  const lags = order[0] + order[2] + (seasonal ? seasonal.order[0] + seasonal.order[2] : 0)
  const differenced = order[1] + (seasonal ? seasonal.order[1] * seasonal.period : 0)
  return 8 * (lags + 1) + 16 + differenced
}

const SEASONAL_HINT = 'seasonal: { order: [0, 1, 1], period: 12 } for monthly data with a yearly season'

/** A seasonal part without any lag or difference is none. */
function checkSeasonal(
  { order, period }: NonNullable<ArimaSpecOptions['seasonal']>,
  above: Function,
): SeasonalOrder | null {
  const checked = checkOrder(order, 'seasonal.order', above)
  if (!checked.some(n => n > 0)) return null
  if (!Number.isInteger(period) || period < 2) {
    throw new ModelError(
      'ARIMA_ORDER',
      `seasonal.period needs a whole number of points ≥ 2, got ${shown(period)}`,
      {
        hint: SEASONAL_HINT,
        above,
      },
    )
  }
  return Object.freeze({ order: checked, period })
}

function checkOrder(order: readonly number[], name: string, above: Function): ArimaOrder {
  const good =
    order !== null &&
    typeof order === 'object' &&
    order.length === 3 &&
    Array.from(order).every(n => Number.isInteger(n) && n >= 0)
  if (!good) {
    throw new ModelError('ARIMA_ORDER', `${name} needs three whole numbers ≥ 0, got ${shown(order)}`, {
      hint:
        name === 'order'
          ? 'order: [2, 0, 1] has two autoregressive lags, no difference and one moving-average lag'
          : SEASONAL_HINT,
      above,
    })
  }
  return Object.freeze([order[0]!, order[1]!, order[2]!]) as ArimaOrder
}

type NoOrder = Omit<ArimaSpecOptions, 'order'>

/**
 * The spec of a seasonal ARIMA model. With a series in front (`millrace/models`) it is fitted at once instead.
 *
 * @throws {ModelError} `ARIMA_ORDER`, `ARIMA_CONSTANT`, `ARIMA_METHOD`; `DETECTOR_OPTION` for another option that makes
 *   no sense; {@link PlanError} `DURATION` for what is not a duration.
 *
 * @example
 * arima({ order: [0, 1, 1], seasonal: { order: [0, 1, 1], period: 24 } }).constant // false
 */
export function arima(options: ArimaSpecOptions): ArimaSpec {
  return arimaSpecOf('arima', options, [], given => (given as ArimaSpecOptions).order, arima)
}

/**
 * The spec of an autoregressive model of order `p` around a mean.
 *
 * @throws {ModelError} `ARIMA_ORDER` when p is not a whole number ≥ 0; as {@link arima}.
 *
 * @example
 * ar({ p: 2 }).order // [2, 0, 0]
 */
export function ar(options: { p: number } & NoOrder): ArimaSpec {
  return arimaSpecOf('ar', options, ['p'], given => [(given as { p: number }).p, 0, 0], ar)
}

/**
 * The spec of a moving-average model of order `q` around a mean; MA signs are plus, and the process contains its own
 * current shock: y_t = mean + e_t + θ₁e_{t−1} + ….
 *
 * @throws {ModelError} `ARIMA_ORDER` when q is not a whole number ≥ 0; as {@link arima}.
 *
 * @example
 * ma({ q: 1 }).order // [0, 0, 1]
 */
export function ma(options: { q: number } & NoOrder): ArimaSpec {
  return arimaSpecOf('ma', options, ['q'], given => [0, 0, (given as { q: number }).q], ma)
}

/**
 * The spec of an ARMA(p, q) model around a mean: for regular series such as delays, loads, temperatures.
 *
 * In `detect` it is learned while it scores: each value is compared with its one-step prediction, missing values widen
 * that and are otherwise harmless, and outliers are not learned from until they last.
 *
 * @throws {ModelError} `ARIMA_ORDER` when p or q is not a whole number ≥ 0; as {@link arima}.
 *
 * @example
 * arma({ p: 2, q: 1, season: '1d' }).season // '1d'
 */
export function arma(options: { p: number; q: number } & NoOrder): ArimaSpec {
  const orderOf = (given: object) => {
    const { p, q } = given as { p: number; q: number }
    return [p, 0, q]
  }
  return arimaSpecOf('arma', options, ['p', 'q'], orderOf, arma)
}
