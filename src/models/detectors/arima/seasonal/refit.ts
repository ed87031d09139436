/**
 * When the model of an `arima` detector is fitted, and how a fit takes effect: at fixed positions of the series, after
 * changes that the drift monitor finds, and with a delay when it is worked out in the background.
 */
import { FIT_GROWTH } from '../constants.ts'
import type { DriftMonitor } from '../drift-monitor.ts'
import { adoptParameters, cleanWindow, learnWindow, scoreWindow, seasonalFitInput } from '../seasonal-fit.ts'
import { KEY, type SeasonalArima } from './context.ts'
import { predictNext, restartFilter } from './filter.ts'

/** A fit waits until the filter's excess variance is below this, in units of σ², but not for more steps than {@link MAX_LATE}. */
const SETTLED = 0.05
const MAX_LATE = 256
/** Errors, beside as many as parameters, that tell the scale after a change. */
const MIN_ERRORS = 8

/** Fits the model of a key, or lets a fit take effect, when it is due after a step. */
export function refitWhenDue(arima: SeasonalArima, key: number): void {
  const { numbers, fits, drift, next } = arima
  const { refitDelay } = arima.config
  const at = key * KEY.width
  if (refitDelay !== 0 && fits.isWaiting(key)) {
    if (refitDelay !== 'asap') adoptFit(arima, key)
    if (fits.isWaiting(key)) return
  }
  const position = numbers[at + KEY.position]!
  const scheduled = numbers[at + KEY.nextFit]!
  const due = drift === undefined ? scheduled : drift.due(key, scheduled)
  if (position < due) return
  predictNext(arima, key)
  // In the midst of a gap the filter knows more than the window.
  if (next.excess <= SETTLED || position - due >= MAX_LATE) refit(arima, key)
}

/** Fits the model of a key to its window, or sets a fit off. */
function refit(arima: SeasonalArima, key: number): void {
  const { config, numbers, fit, drift } = arima
  const { warmup, window, minPoints, refitEvery } = config
  const { series, params } = fit
  const at = key * KEY.width
  const position = numbers[at + KEY.position]!
  const length = Math.min(position - (drift?.since(key) ?? 0), window)
  const first = numbers[at + KEY.fitted] === 0
  const observed = readWindow(arima, key, length, 0)
  const fresh = first || (drift?.isFresh(key) ?? false)
  drift?.start(key, position, true)
  if (first && 2 * observed < minPoints) {
    tryLater(arima, key)
    return
  }
  numbers[at + KEY.nextFit] =
    position < warmup ? warmup : position + Math.min(refitEvery, (FIT_GROWTH - 1) * position)
  if (first) {
    // Numbers kept are small: the precision of a large level is not lost in differences.
    numbers[at + KEY.offset] = series[0]!
    subtract(series, series[0]!, length)
  }
  const paramsAt = key * params.length
  for (let i = 0; i < params.length; i++) params[i] = fresh ? 0 : arima.params[paramsAt + i]!
  if (config.refitDelay !== 0) {
    const input = seasonalFitInput(config, first, params, series.subarray(0, length))
    arima.fits.start(key, position, input)
    return
  }
  learnWindow(fit, length, first)
  finishFit(arima, key, length)
}

/** Lets a deferred fit take effect, when it is due. */
export function adoptFit(arima: SeasonalArima, key: number): void {
  const { config, numbers, fit, drift } = arima
  const at = key * KEY.width
  const position = numbers[at + KEY.position]!
  const fitted = arima.fits.due(key, position)
  if (fitted === undefined) return
  const length = Math.min(position - (drift?.fittedSince(key) ?? 0), config.window)
  const first = numbers[at + KEY.fitted] === 0
  const offset = numbers[at + KEY.offset]!
  const observed = readWindow(arima, key, length, first ? offset : 0)
  if (first && 2 * observed < config.minPoints) {
    tryLater(arima, key)
    return
  }
  adoptParameters(fit, fitted)
  if (first) {
    subtract(fit.series, offset, length)
    cleanWindow(fit, length)
  }
  finishFit(arima, key, length)
}

/** Schedules the next fit of a key that has too few points. */
function tryLater({ numbers, config }: SeasonalArima, key: number): void {
  const at = key * KEY.width
  numbers[at + KEY.nextFit] = numbers[at + KEY.position]! + Math.max(1, Math.ceil(config.warmup / 4))
}

/**
 * Reads the last `length` points of a key into the fit's series. Returns how many are not missing: they may only be before
 * the first fit. A missing one is the point a season, or a step, before; `otherwise` where the window begins with one.
 */
function readWindow(
  { numbers, past, config, fit }: SeasonalArima,
  key: number,
  length: number,
  otherwise: number,
): number {
  const { window, period } = config
  const { series } = fit
  const ring = key * window
  const position = numbers[key * KEY.width + KEY.position]!
  let observed = 0
  for (let i = 0; i < length; i++) {
    const x = past[ring + ((position - length + i) % window)]!
    series[i] = x
    if (!Number.isNaN(x)) observed++
    // A season before is nearer than the last point.
    else if (i > 0) series[i] = period > 1 && i >= period ? series[i - period]! : series[i - 1]!
    else series[i] = otherwise
  }
  return observed
}

function subtract(series: Float64Array, offset: number, length: number): void {
  for (let i = 0; i < length; i++) series[i] = series[i]! - offset
}

/** Makes what was fitted the model of a key, and brings its filter to the end of the window. */
function finishFit(arima: SeasonalArima, key: number, length: number): void {
  const { numbers, past, fit, drift } = arima
  const { window } = arima.config
  const at = key * KEY.width
  const position = numbers[at + KEY.position]!
  arima.params.set(fit.params, key * fit.params.length)
  arima.ar.set(fit.ar, key * fit.ar.length)
  arima.ma.set(fit.ma, key * fit.ma.length)
  for (let i = 0; i < length; i++) past[key * window + ((position - length + i) % window)] = fit.series[i]!
  numbers[at + KEY.fitted] = 1
  scoreWindow(fit, length)
  restartFilter(arima, key, length)
  if (drift !== undefined) restartMonitor(arima, drift, key, length)
}

/** Starts the drift monitor at the errors of a fit; after a change their size is the scale. */
function restartMonitor(arima: SeasonalArima, drift: DriftMonitor, key: number, length: number): void {
  const { numbers, filled, fit, rescaled } = arima
  const { window } = arima.config
  const { errors, arLags, params } = fit
  const position = numbers[key * KEY.width + KEY.position]!
  const reach = arLags.at(-1) ?? 0
  let size = 0
  let observed = 0
  for (let i = 0; i < length; i++) {
    if (i < reach || filled[key * window + ((position - length + i) % window)] === 1) {
      errors[i] = Number.NaN
    } else {
      size += Math.abs(errors[i]!)
      observed++
    }
  }
  drift.begin(key, errors, length)
  // In-sample innovations are too small by the parameters fitted.
  const free = observed - params.length - 1
  if (drift.fittedSince(key) === 0 || free < params.length + MIN_ERRORS) return
  rescaled.errors = free
  rescaled.meanSize = (size / observed) * Math.sqrt(observed / free)
}
