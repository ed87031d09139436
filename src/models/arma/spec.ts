/**
 * What an ARIMA model is made of, before any data: orders, season and constant as plain frozen data. Specs travel in
 * plans as JSON; fits take the same options with a series.
 */
import { ModelError } from '../../core/errors.ts'

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

/** An ARIMA model without data: what `detect`, `fit` and `forecast` take. Plain, frozen and JSON-able. */
export interface ArimaSpec {
  readonly kind: 'arima'
  readonly order: ArimaOrder
  readonly seasonal: SeasonalOrder | null
  /** A mean when nothing is differenced, a drift when one difference is taken. */
  readonly constant: boolean
  readonly method: ArimaMethod
  /** Season as a duration (`'1d'`), to be divided by the sampling step where that is known; null when not given. */
  readonly season: string | null
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
  /** Season as a duration such as `'1d'`. */
  season?: string
}

/** Checks options and fills in the defaults. */
export function arimaSpec(options: ArimaSpecOptions = {}): ArimaSpec {
  const order = checkOrder(options.order ?? [0, 0, 0], 'order')
  let seasonal: SeasonalOrder | null = null
  if (options.seasonal) {
    const { period } = options.seasonal
    const seasonalOrder = checkOrder(options.seasonal.order, 'seasonal.order')
    const used = seasonalOrder.some(n => n > 0)
    if (used && (!Number.isInteger(period) || period < 2)) {
      throw new ModelError(
        'ARIMA_ORDER',
        `seasonal.period needs a whole number of points ≥ 2, got ${period}`,
        {
          hint: 'seasonal: { order: [0, 1, 1], period: 12 } for monthly data with a yearly season',
        },
      )
    }
    if (used) seasonal = Object.freeze({ order: seasonalOrder, period })
  }
  const differences = order[1] + (seasonal?.order[1] ?? 0)
  const constant = options.constant ?? differences === 0
  if (constant && differences > 1) {
    throw new ModelError(
      'ARIMA_CONSTANT',
      `a constant needs at most one difference, got d + D = ${differences}`,
      {
        hint: 'leave `constant` out, or difference once less',
      },
    )
  }
  const method = options.method ?? 'css-ml'
  if (method !== 'css-ml' && method !== 'ml' && method !== 'css') {
    throw new ModelError(
      'ARIMA_METHOD',
      `method must be 'css-ml', 'ml' or 'css', got ${JSON.stringify(method)}`,
      {
        hint: "leave it out for 'css-ml'",
      },
    )
  }
  return Object.freeze({ kind: 'arima', order, seasonal, constant, method, season: options.season ?? null })
}

function checkOrder(order: readonly number[], name: string): ArimaOrder {
  const good =
    order !== null &&
    typeof order === 'object' &&
    order.length === 3 &&
    Array.from(order).every(n => Number.isInteger(n) && n >= 0)
  if (!good) {
    throw new ModelError(
      'ARIMA_ORDER',
      `${name} needs three whole numbers ≥ 0, got ${JSON.stringify(order)}`,
      {
        hint: 'order: [2, 0, 1] has two autoregressive lags, no difference and one moving-average lag',
      },
    )
  }
  return Object.freeze([order[0]!, order[1]!, order[2]!]) as ArimaOrder
}

type NoOrder = Omit<ArimaSpecOptions, 'order'>

/**
 * The spec of an autoregressive model of order `p` around a mean.
 *
 * @throws ModelError `ARIMA_ORDER` when p is not a whole number ≥ 0.
 *
 * @example
 * ar({ p: 2 }).order // [2, 0, 0]
 */
export function ar(options: { p: number } & NoOrder): ArimaSpec {
  const { p, ...rest } = options
  return arimaSpec({ ...rest, order: [p, 0, 0] })
}

/**
 * The spec of a moving-average model of order `q` around a mean; MA signs are plus, and the process contains its own
 * current shock: y_t = mean + e_t + θ₁e_{t−1} + ….
 *
 * @throws ModelError `ARIMA_ORDER` when q is not a whole number ≥ 0.
 *
 * @example
 * ma({ q: 1 }).order // [0, 0, 1]
 */
export function ma(options: { q: number } & NoOrder): ArimaSpec {
  const { q, ...rest } = options
  return arimaSpec({ ...rest, order: [0, 0, q] })
}

/**
 * The spec of an ARMA(p, q) model around a mean.
 *
 * @throws ModelError `ARIMA_ORDER` when p or q is not a whole number ≥ 0.
 *
 * @example
 * arma({ p: 2, q: 1, season: '1d' }).season // '1d'
 */
export function arma(options: { p: number; q: number } & NoOrder): ArimaSpec {
  const { p, q, ...rest } = options
  return arimaSpec({ ...rest, order: [p, 0, q] })
}
