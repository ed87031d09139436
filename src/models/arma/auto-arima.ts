/**
 * Order selection. Differences first, then the ARMA orders of least AICc at those differences (likelihoods of
 * differently differenced series cannot be compared). Hyndman & Khandakar, *J. Statistical Software* 27 (2008).
 */

import { MillraceError, ModelError } from '../../core/errors.ts'
import { checkOptions } from '../function-options.ts'
import { isStationary } from '../numerics/partial-autocorrelations.ts'
import { type SeriesInput, toColumns, toSeries } from '../series-input.ts'
import { endOfSeries } from './arima.ts'
import { ArimaFit } from './arima-fit.ts'
import { chooseDifferences } from './estimate/choose-differences.ts'
import type { ArimaEstimate } from './estimate/estimate.ts'
import { type ArimaFitOptions, estimateArima } from './estimate/fit.ts'
import { expandAr, expandMa } from './lag-polynomial.ts'

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
  ...['search', 'criterion', 'constant', 'xreg', 'method', 'progress'],
]

/** A model the search tried. */
export interface AutoArimaCandidate {
  order: readonly [number, number, number]
  seasonal: readonly [number, number, number]
  constant: boolean
  /** Value of the criterion; Infinity when the fit failed or a root lies within 1 % of the unit circle. */
  value: number
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
 * `SERIES_TYPE`, `XREG_SHAPE`, `ARIMA_ORDER`.
 *
 * @example
 * const rates = [2.4, 2.4, 2.4, 2.2, 2.1, 1.5, 2.3, 2.3, 2.5, 2, 1.9, 1.7, 2.2, 1.8, 3.2, 3.2, 2.7, 2.2]
 * autoArima(rates).order.length // 3
 */
export function autoArima(series: SeriesInput, options: AutoArimaOptions = {}): AutoArimaFit {
  checkOptions('autoArima', options, NAMES, autoArima)
  const y = toSeries(series, 'autoArima()')
  const columns = toColumns(options.xreg, y.length, 'autoArima()')
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
  const search = openSearch({
    ...{ y, columns, period, d, seasonalD },
    maxP: Math.min(options.maxP ?? 5, third),
    maxQ: Math.min(options.maxQ ?? 5, third),
    maxSeasonalP: seasonal ? Math.min(options.maxSeasonalP ?? 2, Math.floor(third / period)) : 0,
    maxSeasonalQ: seasonal ? Math.min(options.maxSeasonalQ ?? 2, Math.floor(third / period)) : 0,
    constantAllowed: (options.constant ?? true) && d + seasonalD <= 1,
    criterion: options.criterion ?? 'aicc',
    method: options.method,
    progress: options.progress,
  })
  if (options.search === 'exhaustive') searchAll(search, options.maxOrder ?? 5)
  else searchStepwise(search)
  const { best, candidates } = search
  if (best === null) {
    throw new ModelError('AUTO_ARIMA', `autoArima() could fit none of ${candidates.length} models`, {
      hint: 'the series may be constant or too short: arima() with a fixed order says more',
    })
  }
  return new AutoArimaFit(best.estimate, endOfSeries(y, best.options), candidates)
}

type Orders = readonly [p: number, q: number, P: number, Q: number, constant: boolean]

/** What all models of a search have in common, and its bounds. */
interface SearchSpace {
  readonly y: Float64Array
  readonly columns: readonly Float64Array[]
  readonly period: number
  readonly d: number
  readonly seasonalD: number
  readonly maxP: number
  readonly maxQ: number
  readonly maxSeasonalP: number
  readonly maxSeasonalQ: number
  readonly constantAllowed: boolean
  readonly criterion: 'aicc' | 'aic' | 'bic'
  readonly method: AutoArimaOptions['method']
  readonly progress: AutoArimaOptions['progress']
}

interface Best {
  readonly orders: Orders
  readonly value: number
  readonly estimate: ArimaEstimate
  readonly options: ArimaFitOptions
}

interface Search {
  readonly space: SearchSpace
  readonly candidates: AutoArimaCandidate[]
  readonly best: Best | null
  /** Fits a model; true when it is the best so far. Models out of bounds or tried before are not fitted. */
  attempt(...orders: Orders): boolean
}

function openSearch(space: SearchSpace): Search {
  const { y, columns, period, d, seasonalD, criterion, method } = space
  const tried = new Set<string>()
  const candidates: AutoArimaCandidate[] = []
  let best: Best | null = null

  return {
    space,
    candidates,
    get best() {
      return best
    },
    attempt(p, q, P, Q, constant) {
      if (p < 0 || q < 0 || P < 0 || Q < 0 || p > space.maxP || q > space.maxQ) return false
      if (P > space.maxSeasonalP || Q > space.maxSeasonalQ) return false
      if (constant && !space.constantAllowed) return false
      const key = `${p},${q},${P},${Q},${constant}`
      if (tried.has(key)) return false
      const options: ArimaFitOptions = {
        order: [p, d, q],
        seasonal: P + Q + seasonalD > 0 ? { order: [P, seasonalD, Q], period } : null,
        constant,
        ...(method ? { method } : {}),
        ...(columns.length > 0 ? { xreg: columns } : {}),
      }
      let value = Number.POSITIVE_INFINITY
      let estimate: ArimaEstimate | null = null
      try {
        estimate = estimateArima(y, options)
        if (awayFromUnitRoots(estimate)) value = estimate[criterion]
      } catch (error) {
        // Nothing random is left beside a constant: a model without one would only misstate that.
        const exact = constant && error instanceof MillraceError && error.code === 'SERIES_CONSTANT'
        if (exact || !(error instanceof MillraceError)) throw error
      }
      if (Number.isNaN(value)) value = Number.POSITIVE_INFINITY
      tried.add(key)
      const candidate: AutoArimaCandidate = { order: [p, d, q], seasonal: [P, seasonalD, Q], constant, value }
      candidates.push(candidate)
      space.progress?.(candidate)
      if (estimate === null || !(value < (best?.value ?? Number.POSITIVE_INFINITY))) return false
      best = { orders: [p, q, P, Q, constant], value, estimate, options }
      return true
    },
  }
}

/** Every order whose sum is at most `maxOrder`. */
function searchAll({ space, attempt }: Search, maxOrder: number): void {
  const { maxP, maxQ, maxSeasonalP, maxSeasonalQ } = space
  for (const constant of space.constantAllowed ? [true, false] : [false]) {
    for (let P = 0; P <= maxSeasonalP; P++) {
      for (let Q = 0; Q <= maxSeasonalQ; Q++) {
        for (let p = 0; p <= maxP; p++) {
          for (let q = 0; q <= maxQ; q++) if (p + q + P + Q <= maxOrder) attempt(p, q, P, Q, constant)
        }
      }
    }
  }
}

/** Four starting models, then from neighbour to better neighbour. */
function searchStepwise(search: Search): void {
  const { space, candidates, attempt } = search
  const { constantAllowed } = space
  const [p, q] = [Math.min(1, space.maxP), Math.min(1, space.maxQ)]
  const [P, Q] = [Math.min(1, space.maxSeasonalP), Math.min(1, space.maxSeasonalQ)]
  attempt(Math.min(2, space.maxP), Math.min(2, space.maxQ), P, Q, constantAllowed)
  attempt(0, 0, 0, 0, constantAllowed)
  attempt(p, 0, P, 0, constantAllowed)
  attempt(0, q, 0, Q, constantAllowed)
  if (constantAllowed) attempt(0, 0, 0, 0, false)
  for (let improved = true; improved && candidates.length < MAX_STEPWISE; ) {
    const [p, q, P, Q, constant] = search.best?.orders ?? [0, 0, 0, 0, false]
    improved =
      NEIGHBOURS.some(([dp, dq, dP, dQ]) => attempt(p + dp, q + dq, P + dP, Q + dQ, constant)) ||
      attempt(p, q, P, Q, !constant)
  }
}

/** Models after which the walk stops. */
const MAX_STEPWISE = 150

/** Steps of the walk in (p, q, P, Q): seasonal orders first, as in the paper. */
const NEIGHBOURS: readonly (readonly [number, number, number, number])[] = [
  [0, 0, -1, 0],
  [0, 0, 0, -1],
  [0, 0, 1, 0],
  [0, 0, 0, 1],
  [0, 0, -1, -1],
  [0, 0, -1, 1],
  [0, 0, 1, -1],
  [0, 0, 1, 1],
  [-1, 0, 0, 0],
  [0, -1, 0, 0],
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [-1, -1, 0, 0],
  [-1, 1, 0, 0],
  [1, -1, 0, 0],
  [1, 1, 0, 0],
]

/** Roots of modulus above 1.01 on both sides: nearer ones mean a missing difference or a cancelled factor. */
function awayFromUnitRoots(estimate: ArimaEstimate): boolean {
  const { ar, ma, sar, sma } = estimate.coefficients
  const period = estimate.spec.seasonal?.period ?? 1
  const scaled = (polynomial: Float64Array, sign: number) =>
    polynomial.map((c, j) => sign * c * 1.01 ** (j + 1))
  return (
    isStationary(scaled(expandAr(ar, sar, period), 1)) && isStationary(scaled(expandMa(ma, sma, period), -1))
  )
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
