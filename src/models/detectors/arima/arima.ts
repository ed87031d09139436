/**
 * The `arima` detector: one-step predictions of a seasonal ARIMA model, learned while it scores.
 *
 * φ(B)Φ(Bˢ)((1−B)ᵈ(1−Bˢ)ᴰ y_t − μ) = θ(B)Θ(Bˢ)e_t, so that with φ*(B) = φ(B)Φ(Bˢ)(1−B)ᵈ(1−Bˢ)ᴰ
 *
 *     ŷ_t = c + Σ φ*_i y_{t−i} + Σ θ*_j e_{t−j}
 *
 * (Box, Jenkins & Reinsel, *Time Series Analysis*, 4th ed., §5.1 and §9.2). Models without differences and seasonal lags
 * are those of `arma.ts`, one model of many keys that of `pooled.ts`. This file is the path of a value; `seasonal/` has the
 * filter and the fits of a key.
 *
 * - **Fit.** Over the last `window` points (`seasonal-fit.ts`), at fixed positions: half the warm-up, its end, and at
 *   three times the position of the one before until `refitEvery` is shorter. With a `refitDelay` it is worked out in the
 *   background (`deferred-fits.ts`), and the filter is brought up to the position at which the parameters take effect.
 * - **On drift.** With `refitOn: 'drift'` fits are set off by innovations that have changed, too, and take the points since
 *   then (`drift-monitor.ts`), as does the scale.
 * - **Prediction.** Exact, with missing values, by the filter of `arma/filter/excess-state.ts`. Outliers are missing values.
 *   In the window they are replaced by their predictions, and at the end of a gap by what they are in the light of the
 *   value there (conditional means of a normal distribution: ibid. §A7.1).
 * - **Level.** A new level (`level-shift.ts`) moves the whole window.
 *
 * State per key: the window, a number for each lag of the model, and while the effects of a gap last its covariance
 * factors.
 */
import type { DetectorFactory } from '../../../core/detector.ts'
import { PlanError } from '../../../core/errors.ts'
import { type Duration, durationMs } from '../../../core/time/duration.ts'
import type { ArimaSpec } from '../../arma/spec.ts'
import { specWord } from '../parts/check-spec.ts'
import { type Predictor, residualStatistic } from '../parts/residual-statistic.ts'
import { REJECT_Z } from '../parts/robust-scale.ts'
import { scoreWith } from '../parts/scorer.ts'
import { specPoints } from '../parts/span.ts'
import { openArma } from './arma.ts'
import { DEFAULT_REFIT, DEFAULT_WARMUP, MAX_REACH } from './constants.ts'
import { specRefitDelay } from './deferred-fits.ts'
import { specRefitsOnDrift } from './drift-monitor.ts'
import { arimaOrders, arimaRefusal } from './orders.ts'
import { openPooledArima } from './pooled.ts'
import {
  bindSeasonal,
  KEY as KEY_RECORD,
  MAX_SMOOTHED,
  newSeasonalArima,
  type SeasonalArima,
  type SeasonalConfig,
  seasonalLayout,
} from './seasonal/context.ts'
import { advanceFilter, predictNext, smoothGap } from './seasonal/filter.ts'
import { adoptFit, refitWhenDue } from './seasonal/refit.ts'

// The compiler knows constants of this module; imported ones are loaded at each use.
const KEY = KEY_RECORD

const DEFAULT_WINDOW = 512
/** Seasons in the default warm-up and window. */
const WARMUP_SEASONS = 4
const WINDOW_SEASONS = 8

/**
 * Opens the `arima` detector.
 *
 * @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense, or a model too large to be learned;
 *   {@link PlanError} `DETECTOR_SEASON` for a profile beside seasonal lags or differences, `DETECTOR_STEP`.
 */
export const openArima: DetectorFactory = (spec, context) => {
  if (spec.pooled === true) return openPooledArima(spec, context)
  const { season } = spec as unknown as ArimaSpec
  const orders = arimaOrders(spec)
  const { p, d, q, P, D, Q, period } = orders
  const calibrate = specWord(spec, 'calibrate', ['analytic', 'conformal', 'tail'])
  if (d + P + D + Q === 0) {
    const pure = {
      kind: 'arma',
      p,
      q,
      seasonMs: season == null ? null : durationMs(season as Duration, 'the season of arma()'),
      warmup: spec.warmup ?? { points: DEFAULT_WARMUP },
      window: spec.window ?? DEFAULT_WINDOW,
      refitEvery: spec.refitEvery ?? { points: DEFAULT_REFIT },
      refitDelay: spec.refitDelay ?? 0,
      refitOn: spec.refitOn ?? 'schedule',
      calibrate,
    }
    return openArma(pure, context)
  }
  if (season != null) {
    throw new PlanError(
      'DETECTOR_SEASON',
      `the arima detector takes no profile of ${JSON.stringify(season)} off a model with differences or seasonal lags`,
      { hint: 'seasonal: { order: [0, 1, 1], period: 24 } learns the season itself; leave season out' },
    )
  }
  const { everyMs } = context
  const window = spec.window ?? Math.max(DEFAULT_WINDOW, WINDOW_SEASONS * period)
  const reach = Math.max(p + d + (P + D) * period, q + Q * period)
  const least = reach + 8 * (p + q + P + Q + 1) + 16
  if (reach > MAX_REACH) throw arimaRefusal(spec, `lags within ${MAX_REACH} points`, reach)
  if (!Number.isInteger(window) || (window as number) < least || (window as number) > 1e6) {
    throw arimaRefusal(spec, `a window of ${least} to 1000000 points`, window)
  }
  const spanOf = (name: string, otherwise: number) =>
    spec[name] == null ? otherwise : specPoints(spec, name, everyMs)
  const config: SeasonalConfig = {
    ...orders,
    warmup: spanOf('warmup', Math.max(DEFAULT_WARMUP, WARMUP_SEASONS * period)),
    window: window as number,
    minPoints: least,
    refitEvery: spanOf('refitEvery', DEFAULT_REFIT),
    refitDelay: specRefitDelay(spec),
    onDrift: specRefitsOnDrift(spec),
  }
  return scoreWith(
    residualStatistic(
      seasonalPredictor(newSeasonalArima(config, context.background)),
      { warmup: config.warmup, refuse: REJECT_Z },
      context,
    ),
    calibrate,
    context,
  )
}

/** One-step predictions by a model of each key's own. */
function seasonalPredictor(arima: SeasonalArima): Predictor {
  const { config, next, fits, drift, rescaled } = arima
  const { window, period, refitDelay } = config
  return {
    layout: seasonalLayout(arima),
    bind: state => bindSeasonal(arima, state),
    expect(key) {
      if (refitDelay === 'asap' && fits.isWaiting(key)) adoptFit(arima, key)
      predictNext(arima, key)
      return next.expected + arima.numbers[key * KEY.width + KEY.offset]!
    },
    describe: () => (period > 1 ? { seasons: [{ steps: period }] } : {}),
    spread: () => Math.sqrt(1 + next.excess),
    take: (key, _timeMs, x) => take(arima, key, x),
    skip(key, steps) {
      // After a whole window of predictions more of them change nothing but the place in the season.
      const most = steps <= window ? steps : window + ((steps - window) % period)
      for (let i = 0; i < most; i++) {
        predictNext(arima, key)
        take(arima, key, Number.NaN)
      }
    },
    move(key, by) {
      const { numbers } = arima
      const at = key * KEY.width
      if (numbers[at + KEY.fitted] === 1) numbers[at + KEY.offset] = numbers[at + KEY.offset]! + by
    },
    ...(drift && {
      watch: (_key: number, u: number) => {
        drift.given.innovation = u
      },
      rescaled,
    }),
  }
}

/** Takes the value of the step that was predicted; NaN for a missing one. */
function take(arima: SeasonalArima, key: number, x: number): void {
  const { numbers, past, drift, next } = arima
  const { window, minPoints, warmup } = arima.config
  const at = key * KEY.width
  const position = numbers[at + KEY.position]!
  const place = key * window + (position % window)
  if (numbers[at + KEY.fitted] === 0) past[place] = x
  else {
    const own = x - numbers[at + KEY.offset]!
    const missing = Number.isNaN(x)
    const gap = numbers[at + KEY.gap]!
    if (!missing && gap > 0 && gap <= MAX_SMOOTHED) smoothGap(arima, key, gap, own - next.expected)
    numbers[at + KEY.gap] = missing ? gap + 1 : 0
    past[place] = missing ? next.expected : own
    if (drift !== undefined) arima.filled[place] = missing ? 1 : 0
    advanceFilter(arima, key, own)
    if (drift !== undefined) {
      drift.given.position = position
      drift.watch(key)
      drift.given.innovation = Number.NaN
    }
  }
  // The first fit comes after half the warm-up.
  if (numbers[at + KEY.nextFit] === 0) numbers[at + KEY.nextFit] = Math.max(minPoints, Math.ceil(warmup / 2))
  numbers[at + KEY.position] = position + 1
  refitWhenDue(arima, key)
}
