/** What a search for the orders of an ARIMA model is told: options, checked, and plain data. */
import { ModelError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { checkOptions, flag, MAX_LAGS, oneOf, whole } from '../function-options.ts'

/** Options of `autoArima` that are plain data: what `fit` and `forecast` of a dataset take. */
export interface AutoArimaSpecOptions {
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
  /** How each model is fitted. Default `'css-ml'`. */
  method?: 'css-ml' | 'ml' | 'css'
}

/** A search as data, with the defaults filled in; made by `autoArima` without a series. */
export interface AutoArimaSpec extends Required<Omit<AutoArimaSpecOptions, 'd' | 'seasonalD'>> {
  readonly kind: 'autoArima'
  /** Null where tests choose them. */
  readonly d: number | null
  readonly seasonalD: number | null
}

const SPEC_NAMES = [
  ...['period', 'd', 'seasonalD', 'maxP', 'maxQ', 'maxSeasonalP', 'maxSeasonalQ', 'maxD', 'maxSeasonalD'],
  ...['maxOrder', 'search', 'approximation', 'criterion', 'constant', 'method'],
]

/** Differences at most: beyond two a series is noise alone. */
const MAX_DIFFERENCES = 10

/**
 * Checks the options of a search, of which it may have `others` besides, and fills in the defaults.
 *
 * @throws ModelError `ARIMA_ORDER` for a period, `ARIMA_METHOD`, `MODEL_OPTION`
 */
export function autoArimaSpec(
  options: AutoArimaSpecOptions,
  above: Function,
  others: readonly string[] = [],
): AutoArimaSpec {
  checkOptions('autoArima', options, ['kind', ...SPEC_NAMES, ...others], above)
  const atMost = (name: keyof AutoArimaSpecOptions, most: number, otherwise: number) =>
    whole(options[name] ?? otherwise, `${name} of autoArima()`, 0, most, above)
  const differences = (name: 'd' | 'seasonalD') =>
    options[name] === undefined || options[name] === null ? null : atMost(name, MAX_DIFFERENCES, 0)
  return Object.freeze({
    kind: 'autoArima',
    period: checkPeriod(options.period ?? 1, above),
    d: differences('d'),
    seasonalD: differences('seasonalD'),
    maxP: atMost('maxP', MAX_LAGS, 5),
    maxQ: atMost('maxQ', MAX_LAGS, 5),
    maxSeasonalP: atMost('maxSeasonalP', MAX_LAGS, 2),
    maxSeasonalQ: atMost('maxSeasonalQ', MAX_LAGS, 2),
    maxD: atMost('maxD', MAX_DIFFERENCES, 2),
    maxSeasonalD: atMost('maxSeasonalD', MAX_DIFFERENCES, 1),
    maxOrder: atMost('maxOrder', MAX_LAGS, 5),
    search: oneOf(options.search ?? 'stepwise', 'search of autoArima()', ['stepwise', 'exhaustive'], above),
    approximation: checkApproximation(options.approximation ?? 'auto', above),
    criterion: oneOf(options.criterion ?? 'aicc', 'criterion of autoArima()', ['aicc', 'aic', 'bic'], above),
    constant: flag(options.constant ?? true, 'constant of autoArima()', above),
    method: checkMethod(options.method ?? 'css-ml', above),
  })
}

function checkPeriod(period: number, above: Function): number {
  if (Number.isSafeInteger(period) && period >= 1) return period
  throw new ModelError('ARIMA_ORDER', `autoArima() needs a whole period ≥ 1, got ${shown(period)}`, {
    hint: 'period: 12 for monthly data; detectPeriod(series) suggests one',
    above,
  })
}

function checkApproximation(value: unknown, above: Function): 'auto' | boolean {
  if (value === 'auto' || typeof value === 'boolean') return value
  throw new ModelError(
    'MODEL_OPTION',
    `autoArima() needs approximation 'auto', true or false, got ${shown(value)}`,
    { hint: "leave it out for 'auto'", above },
  )
}

function checkMethod(value: unknown, above: Function): AutoArimaSpec['method'] {
  if (value === 'css-ml' || value === 'ml' || value === 'css') return value
  throw new ModelError('ARIMA_METHOD', `method must be 'css-ml', 'ml' or 'css', got ${shown(value)}`, {
    hint: "leave it out for 'css-ml'",
    above,
  })
}
