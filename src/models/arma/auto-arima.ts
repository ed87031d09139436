/**
 * Order selection. Differences first, then the ARMA orders of least AICc at those differences (likelihoods of
 * differently differenced series cannot be compared). Hyndman & Khandakar, *J. Statistical Software* 27 (2008).
 */

import { MillraceError, ModelError } from '../../core/errors.ts'
import { checkSquares } from '../numerics/unit-scale.ts'
import { type SeriesInput, toColumns, toSeries } from '../series-input.ts'
import { endOfSeries } from './arima.ts'
import { ArimaFit } from './arima-fit.ts'
import { type AutoArimaSpec, type AutoArimaSpecOptions, autoArimaSpec } from './auto-arima-spec.ts'
import { chooseDifferences } from './estimate/choose-differences.ts'
import type { ArimaEstimate } from './estimate/estimate.ts'
import { type ArimaFitOptions, estimateArima } from './estimate/fit.ts'
import { searchOrders } from './order-search/order-search.ts'
import { fitOptions, type SearchSpace } from './order-search/search-space.ts'

/** Options of {@link autoArima} with a series. */
export interface AutoArimaOptions extends AutoArimaSpecOptions {
  /** Regressors, known at every point. */
  xreg?: ArimaFitOptions['xreg']
  /** Called after each model that was tried. */
  progress?: (candidate: AutoArimaCandidate) => void
}

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
 * Chooses and fits a seasonal ARIMA model: D by the strength of the season, d by KPSS tests, the rest by AICc. Without a
 * series, returns the frozen spec of such a search, which `fit` and `forecast` of a dataset do for each series.
 *
 * @param series values in time order; null or NaN is a missing value
 * @throws ModelError `AUTO_ARIMA` when no candidate can be fitted; `SERIES_CONSTANT` for a constant or a straight line;
 * `SERIES_TYPE`, `SERIES_SCALE`, `XREG_SHAPE`, `ARIMA_ORDER`, `ARIMA_METHOD`, `MODEL_OPTION`.
 *
 * @example
 * const rates = [2.4, 2.4, 2.4, 2.2, 2.1, 1.5, 2.3, 2.3, 2.5, 2, 1.9, 1.7, 2.2, 1.8, 3.2, 3.2, 2.7, 2.2]
 * autoArima(rates).order.length // 3
 * autoArima({ period: 12 }).kind // 'autoArima'
 */
export const autoArima: AutoArimaFunction = ((
  ...given: [first?: SeriesInput | AutoArimaSpecOptions, options?: AutoArimaOptions]
) => {
  const [first, options] = given
  if (given.length === 0 || (given.length === 1 && isOptions(first))) {
    return autoArimaSpec((first ?? {}) as AutoArimaSpecOptions, autoArima)
  }
  return searchAndFit(first as SeriesInput, options ?? {})
}) as AutoArimaFunction

/** The call signatures of {@link autoArima}. */
export interface AutoArimaFunction {
  (series: SeriesInput, options?: AutoArimaOptions): AutoArimaFit
  (options?: AutoArimaSpecOptions): AutoArimaSpec
}

/** What is no series of any sort, but may be options. */
const isOptions = (first: unknown): boolean =>
  typeof first === 'object' && first !== null && !('length' in first)

function searchAndFit(series: SeriesInput, options: AutoArimaOptions): AutoArimaFit {
  const spec = autoArimaSpec(options, autoArima, ['xreg', 'progress'])
  const y = toSeries(series, 'autoArima()')
  const columns = toColumns(options.xreg, y.length, 'autoArima()')
  for (const values of [y, ...columns]) checkSquares(values, 'autoArima()')
  const space = searchSpace(spec, y, columns)
  const { d, seasonalD } = space
  const candidates: AutoArimaCandidate[] = []
  const { best } = searchOrders(space, {
    extent: spec.search === 'exhaustive' ? spec.maxOrder : 'stepwise',
    approximate: isApproximate(spec, y.length),
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
    throw new ModelError(
      'AUTO_ARIMA',
      `autoArima() needs a model that can be fitted, got none of ${candidates.length}`,
      {
        hint: 'the series may be constant or too short: arima() with a fixed order says more',
      },
    )
  }
  return new AutoArimaFit(best.estimate, endOfSeries(y, fitOptions(space, best.orders)), candidates)
}

/** Whether a series is long enough for the season of its search. */
const isSeasonal = ({ period }: AutoArimaSpec, length: number): boolean => period > 1 && length > 2 * period

/** The differences, and the orders that a series of this length allows. */
function searchSpace(spec: AutoArimaSpec, y: Float64Array, columns: readonly Float64Array[]): SearchSpace {
  const { period, maxD, maxSeasonalD, criterion, method } = spec
  const seasonal = isSeasonal(spec, y.length)
  const { d, seasonalD } = chooseDifferences(withoutRegression(y, columns), seasonal ? period : 1, {
    d: spec.d ?? undefined,
    seasonalD: seasonal ? (spec.seasonalD ?? undefined) : 0,
    ...{ maxD, maxSeasonalD },
  })
  const third = Math.floor(y.length / 3)
  const seasons = seasonal ? Math.floor(third / period) : 0
  return {
    ...{ y, columns, period, d, seasonalD, criterion, method },
    maxP: Math.min(spec.maxP, third),
    maxQ: Math.min(spec.maxQ, third),
    maxSeasonalP: Math.min(spec.maxSeasonalP, seasons),
    maxSeasonalQ: Math.min(spec.maxSeasonalQ, seasons),
    constantAllowed: spec.constant && d + seasonalD <= 1,
  }
}

/** Series of at most this many points, without a season, are searched by whole fits. */
const SHORT = 60

function isApproximate(spec: AutoArimaSpec, length: number): boolean {
  const { approximation, method } = spec
  if (method === 'css') return false
  return approximation === 'auto' ? isSeasonal(spec, length) || length > SHORT : approximation
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
