/**
 * When the model of an `arma` detector is fitted: at fixed positions of the series, and after changes that the drift monitor
 * finds. A deferred fit takes effect later: what is waited for are the parameters; level, profile, scale and filter are
 * brought up to the position at which they take effect.
 */
import { cssFit } from '../../../arma/estimate/css.ts'
import { FIT_GROWTH } from '../constants.ts'
import { cssFitInput } from '../css-fit.ts'
import { readModel, setModel } from '../innovation-filter.ts'
import { shrinkIntoRegion } from '../stationary-region.ts'
import type { Arma } from './context.ts'
import { KEY as KEY_RECORD, SLOT } from './state.ts'

// As in `score.ts`.
const KEY = KEY_RECORD

import { cleanWindow, readWindow, replayWindow } from './window.ts'

/** Of Levenberg–Marquardt: from zero, and from the last parameters. A prediction needs far less than convergence. */
const FIRST_ITERATIONS = 4
const NEXT_ITERATIONS = 2

/** Does what is due after a step of a key, whose newest point is in the slot given. */
export function finishStep(arma: Arma, key: number, newestSlot: number): void {
  const { numbers, drift, fits } = arma
  const { refitDelay } = arma.config
  const at = key * KEY.width
  if (drift !== undefined && numbers[at + KEY.fitted] === 1) {
    drift.given.position = numbers[at + KEY.position]! - 1
    drift.watch(key)
    drift.given.innovation = Number.NaN
  }
  const deferred = refitDelay !== 0
  if (deferred && refitDelay !== 'asap' && fits.isWaiting(key)) adoptFit(arma, key, newestSlot)
  const scheduled = numbers[at + KEY.nextFit]!
  const due = drift === undefined ? scheduled : drift.due(key, scheduled)
  if (numbers[at + KEY.position]! >= due && !(deferred && fits.isWaiting(key))) refit(arma, key, newestSlot)
}

/** Fits the model of a key to its window, or sets a fit off. */
function refit(arma: Arma, key: number, newestSlot: number): void {
  const { numbers, config, drift, filter } = arma
  const { css, series } = arma.window
  const at = key * KEY.width
  const position = numbers[at + KEY.position]!
  const since = drift?.since(key) ?? 0
  const observed = readWindow(arma, key, newestSlot, Math.min(position - since, config.window))
  const enough = observed >= config.minPoints
  const fresh = numbers[at + KEY.fitted] === 0 || (drift?.isFresh(key) ?? false)
  drift?.start(key, position, enough)
  if (!enough) {
    if (since === 0) tryLater(arma, key)
    return
  }
  numbers[at + KEY.nextFit] = position + Math.min(config.refitEvery, (FIT_GROWTH - 1) * position)
  cleanWindow(arma, key)
  const { length } = arma.window
  const iterations = fresh ? FIRST_ITERATIONS : NEXT_ITERATIONS
  if (fresh) css.params.fill(0)
  else readModel(filter, key, css.params)
  if (config.refitDelay !== 0) {
    const points = series.subarray(0, length)
    arma.fits.start(key, position, cssFitInput(config.p, config.q, iterations, css.params, points))
    return
  }
  if (css.params.length > 0) cssFit(css, series, length, iterations)
  finishFit(arma, key)
}

/** Lets a deferred fit take effect, when it is due. */
export function adoptFit(arma: Arma, key: number, newestSlot: number): void {
  const { numbers, config, drift } = arma
  const at = key * KEY.width
  const position = numbers[at + KEY.position]!
  const fitted = arma.fits.due(key, position)
  if (fitted === undefined) return
  const length = Math.min(position - (drift?.fittedSince(key) ?? 0), config.window)
  const observed = readWindow(arma, key, newestSlot, length)
  if (observed < config.minPoints && numbers[at + KEY.fitted] === 0) {
    // What was fitted has left the window: there is no scale to begin with.
    tryLater(arma, key)
    return
  }
  cleanWindow(arma, key)
  arma.window.css.params.set(fitted)
  finishFit(arma, key)
}

/** Schedules the next fit of a key that has too few points. */
function tryLater({ numbers, config }: Arma, key: number): void {
  const at = key * KEY.width
  const wait = Math.max(1, Math.min(config.refitEvery, Math.ceil(config.warmup / 4)))
  numbers[at + KEY.nextFit] = numbers[at + KEY.position]! + wait
}

/** Makes the fitted parameters the model of a key, and brings its filter to the end of the window. */
function finishFit(arma: Arma, key: number): void {
  const { numbers, profile, config, drift, filter, window } = arma
  const { p, q, season } = config
  const { params } = window.css
  shrinkIntoRegion(params, 0, p, 1)
  shrinkIntoRegion(params, p, q, -1)
  setModel(filter, key, params)
  replayWindow(arma, key)
  numbers[key * KEY.width + KEY.fitted] = 1
  if (drift === undefined || drift.fittedSince(key) === 0 || window.observed < config.minPoints) return
  // What came before the change says as little of the mean.
  const from = SLOT.width * key * season.slots
  for (let at = from; at < from + SLOT.width * season.slots; at += SLOT.width) {
    profile[at + SLOT.mean] = profile[at + SLOT.mean]! + window.mean
    if (season.slots === 1) profile[at + SLOT.visits] = Math.min(profile[at + SLOT.visits]!, window.observed)
  }
}
