/**
 * Order selection. Differences first, then the ARMA orders of least AICc at those differences (likelihoods of
 * differently differenced series cannot be compared). Hyndman & Khandakar, *J. Statistical Software* 27 (2008).
 */

import { MillraceError, ModelError } from '../../core/errors.ts'
import { checkOptions } from '../function-options.ts'
import { checkSquares } from '../numerics/unit-scale.ts'
import { type SeriesInput, toColumns, toSeries } from '../series-input.ts'
import { endOfSeries } from './arima.ts'
import { ArimaFit } from './arima-fit.ts'
import { chooseDifferences } from './estimate/choose-differences.ts'
import type { ArimaEstimate } from './estimate/estimate.ts'
import { type ArimaFitOptions, estimateArima } from './estimate/fit.ts'
import { searchOrders } from './order-search/order-search.ts'
import { fitOptions, type SearchSpace } from './order-search/search-space.ts'

/** Options of {@link autoArima}. */
export interface AutoArimaOptions {
  /** Season length in points; 1 (the default) for none. */
  period?: number
  /** Differences to take instead of those that the tests choose. */
  d?: number
  seasonalD?: number
  /** Largest orders tried. Defaults 5, 5, 2 and 2, and no lag beyond a third of the series. */
  maxP?: number
  maxQ?: number
  maxSeasonalP?: number
  maxSeasonalQ?: number
  /** Most differences that the tests may choose. Defaults 2 and 1. */
  maxD?: number
  maxSeasonalD?: number
  /** Largest p + q + P + Q of the exhaustive search. Default 5. */
  maxOrder?: number
  /** `stepwise` walks from four starting models (default); `exhaustive` fits every order. */
  search?: 'stepwise' | 'exhaustive'
  /**
   * Compare the models by quick fits of the exact likelihood, then fit the best of them whole; the answer is what `arima`
   * fits with its order. `'auto'` (the default) does so for series of more than 60 points or with a season; `false` fits
   * every model whole, at several times the cost. With `method: 'css'` there is nothing to leave out.
   */
  approximation?: 'auto' | boolean
  /** What the chosen model has least of. Default `'aicc'`. */
  criterion?: 'aicc' | 'aic' | 'bic'
  /** Try a mean or drift. Default true. */
  constant?: boolean
  /** Regressors, known at every point. */
  xreg?: ArimaFitOptions['xreg']
  /** How each model is fitted. Default `'css-ml'`. */
  method?: ArimaFitOptions['method']
  /** Called after each model that was tried. */
  progress?: (candidate: AutoArimaCandidate) => void
}

const NAMES = [
  ...[
    'period',
    'd',
    'seasonalD',
    'maxP',
    'maxQ',
    'maxSeasonalP',
    'maxSeasonalQ',
    'maxD',
    'maxSeasonalD',
    'maxOrder',
  ],
  ...['search', 'approximation', 'criterion', 'constant', 'xreg', 'method', 'progress'],
]

/** A model the search tried. */
export interface AutoArimaCandidate {
  order: readonly [number, number, number]
  seasonal: readonly [number, number, number]
  constant: boolean
  /** Value of the criterion; Infinity when the fit failed. */
  value: number
  /** A root lies within 1 % of the unit circle: the search goes on from such a model, but never chooses it. */
  nearUnitRoot: boolean
}

/**
 * The chosen model and the way to it; made by {@link autoArima}.
 *
 * @example
 * const fit = autoArima([2.4, 2.4, 2.4, 2.2, 2.1, 1.5, 2.3, 2.3, 2.5, 2, 1.9, 1.7, 2.2, 1.8, 3.2, 3.2, 2.7, 2.2])
 * fit.candidates.length > 1 // true
 */
export class AutoArimaFit extends ArimaFit {
  /** Every model tried, in order. */
  readonly candidates: readonly AutoArimaCandidate[]

  /** @internal */
  constructor(
    estimate: ArimaEstimate,
    end: ConstructorParameters<typeof ArimaFit>[1],
    tried: AutoArimaCandidate[],
  ) {
    super(estimate, end)
    this.candidates = tried
  }
}

/**
 * Chooses and fits a seasonal ARIMA model: D by the strength of the season, d by KPSS tests, the rest by AICc.
 *
 * @param series values in time order; null or NaN is a missing value
 * @throws ModelError `AUTO_ARIMA` when no candidate can be fitted; `SERIES_CONSTANT` for a constant or a straight line;
 * `SERIES_TYPE`, `SERIES_SCALE`, `XREG_SHAPE`, `ARIMA_ORDER`.
 *
 * @example
 * const rates = [2.4, 2.4, 2.4, 2.2, 2.1, 1.5, 2.3, 2.3, 2.5, 2, 1.9, 1.7, 2.2, 1.8, 3.2, 3.2, 2.7, 2.2]
 * autoArima(rates).order.length // 3
 */
export function autoArima(series: SeriesInput, options: AutoArimaOptions = {}): AutoArimaFit {
  checkOptions('autoArima', options, NAMES, autoArima)
  const y = toSeries(series, 'autoArima()')
  const columns = toColumns(options.xreg, y.length, 'autoArima()')
  for (const values of [y, ...columns]) checkSquares(values, 'autoArima()')
  const period = options.period ?? 1
  if (!Number.isInteger(period) || period < 1) {
    throw new ModelError('ARIMA_ORDER', `autoArima() needs a whole period ≥ 1, got ${period}`, {
      hint: 'period: 12 for monthly data; detectPeriod(series) suggests one',
    })
  }
  const seasonal = period > 1 && y.length > 2 * period
  const { d, seasonalD } = chooseDifferences(withoutRegression(y, columns), seasonal ? period : 1, {
    d: options.d,
    seasonalD: seasonal ? options.seasonalD : 0,
    maxD: options.maxD ?? 2,
    maxSeasonalD: options.maxSeasonalD ?? 1,
  })
  const third = Math.floor(y.length / 3)
  const space: SearchSpace = {
    ...{ y, columns, period, d, seasonalD },
    maxP: Math.min(options.maxP ?? 5, third),
    maxQ: Math.min(options.maxQ ?? 5, third),
    maxSeasonalP: seasonal ? Math.min(options.maxSeasonalP ?? 2, Math.floor(third / period)) : 0,
    maxSeasonalQ: seasonal ? Math.min(options.maxSeasonalQ ?? 2, Math.floor(third / period)) : 0,
    constantAllowed: (options.constant ?? true) && d + seasonalD <= 1,
    criterion: options.criterion ?? 'aicc',
    method: options.method,
  }
  const candidates: AutoArimaCandidate[] = []
  const { best } = searchOrders(space, {
    extent: options.search === 'exhaustive' ? (options.maxOrder ?? 5) : 'stepwise',
    approximate: isApproximate(options, y.length, seasonal),
    onTried: ({ orders: [p, q, P, Q, constant], value, nearUnitRoot }) => {
      const candidate: AutoArimaCandidate = {
        order: [p, d, q],
        seasonal: [P, seasonalD, Q],
        ...{ constant, value, nearUnitRoot },
      }
      candidates.push(candidate)
      options.progress?.(candidate)
    },
  })
  if (best === null) {
    throw new ModelError('AUTO_ARIMA', `autoArima() could fit none of ${candidates.length} models`, {
      hint: 'the series may be constant or too short: arima() with a fixed order says more',
    })
  }
  return new AutoArimaFit(best.estimate, endOfSeries(y, fitOptions(space, best.orders)), candidates)
}

/** Series of at most this many points, without a season, are searched by whole fits. */
const SHORT = 60

function isApproximate(
  { approximation = 'auto', method }: AutoArimaOptions,
  length: number,
  seasonal: boolean,
): boolean {
  if (approximation !== 'auto' && typeof approximation !== 'boolean') {
    throw new ModelError(
      'MODEL_OPTION',
      `autoArima() needs approximation 'auto', true or false, got ${JSON.stringify(approximation)}`,
      { hint: "leave it out for 'auto'", above: autoArima },
    )
  }
  if (method === 'css') return false
  return approximation === 'auto' ? seasonal || length > SHORT : approximation
}

/** Residuals of ordinary least squares on the regressors, for the choice of differences only. */
function withoutRegression(y: Float64Array, columns: readonly Float64Array[]): Float64Array {
  if (columns.length === 0) return y
  try {
    const { coefficients } = estimateArima(y, { order: [0, 0, 0], xreg: columns, constant: true })
    return y.map((value, t) =>
      columns.reduce((rest, column, c) => rest - coefficients.xreg[c]! * column[t]!, value),
    )
  } catch (error) {
    if (error instanceof MillraceError) return y
    throw error
  }
}
