/**
 * The `arima` detector: one-step predictions of a seasonal ARIMA model, learned while it scores.
 *
 * φ(B)Φ(Bˢ)((1−B)ᵈ(1−Bˢ)ᴰ y_t − μ) = θ(B)Θ(Bˢ)e_t, so that with φ*(B) = φ(B)Φ(Bˢ)(1−B)ᵈ(1−Bˢ)ᴰ
 *
 *     ŷ_t = c + Σ φ*_i y_{t−i} + Σ θ*_j e_{t−j}
 *
 * (Box, Jenkins & Reinsel, *Time Series Analysis*, 4th ed., §5.1 and §9.2). Models without differences and seasonal lags
 * are those of `arma.ts`, one model of many keys that of `pooled-arima.ts`.
 *
 * - **Fit.** Over the last `window` points (`seasonal-fit.ts`), at fixed positions: half the warm-up, its end, and at
 *   three times the position of the one before until `refitEvery` is shorter. With a `refitDelay` it is worked out in the
 *   background (`lagged-fits.ts`), and the filter is brought up to the position at which the parameters take effect.
 * - **On drift.** With `refitOn: 'drift'` fits are set off by innovations that have changed, too, and take the points since
 *   then (`drift.ts`), as does the scale.
 * - **Prediction.** Exact, with missing values, by the filter of `arma/excess-state.ts`. Strange values are missing ones.
 *   In the window they are replaced by their predictions, and at the end of a gap by what they are in the light of the
 *   value there (conditional means of a normal distribution: ibid. §A7.1).
 * - **Level.** A new level (`level-shift.ts`) moves the whole window.
 *
 * State a key: the window, a number for each lag of the model, and while the effects of a gap last its covariance
 * factors.
 */
import type { Background, DetectorFactory } from '../../../core/detector.ts'
import { PlanError } from '../../../core/errors.ts'
import { type Duration, durationMs } from '../../../core/time/duration.ts'
import { excessState, excessVariance, observe, skip } from '../../arma/filter/excess-state.ts'
import type { ArimaSpec } from '../../arma/spec.ts'
import { specWord } from '../parts/check-spec.ts'
import { f64, u32 } from '../parts/fields.ts'
import { type Gap, gapField } from '../parts/gap-field.ts'
import { type Predictor, residualStatistic } from '../parts/residual-statistic.ts'
import { scoreWith } from '../parts/scorer.ts'
import { specPoints } from '../parts/span.ts'
import { openArma } from './arma.ts'
import { deferredFits, type RefitDelay, specRefitDelay } from './deferred-fits.ts'
import { AT, driftLags, INNOVATION, openDriftMonitor, specRefitsOnDrift } from './drift-monitor.ts'
import { arimaOrders, arimaRefusal } from './orders.ts'
import { openPooledArima } from './pooled.ts'
import { type SeasonalOrders, seasonalFit, seasonalFitInput } from './seasonal-fit.ts'

const DEFAULT_WARMUP = 336
const DEFAULT_WINDOW = 512
const DEFAULT_REFIT = 4096
/** Seasons in the default warm-up and window. */
const WARMUP_SEASONS = 4
const WINDOW_SEASONS = 8
/** Lags that a prediction may reach back. */
const MAX_REACH = 20_160
/** Gaps up to so long are filled anew at their end. */
const SMOOTHED = 64
/** A fit waits until the filter's excess variance is below it, in units of σ², but not for more steps than so many. */
const SETTLED = 0.05
const MAX_LATE = 256
const FIT_GROWTH = 3
/** Points after a change that a fit is made of, if not more are needed; and errors, beside parameters, that tell the scale. */
const FEWEST = 32
const FEWEST_ERRORS = 8
/** From so many scales on a value is missing: a large shock of the model is one that later values answer to. */
const REFUSED = 4

// Places in `arima`: then come parameters, coefficients φ* and θ*, and the filter's means.
/** Steps since the first value. */
const POSITION = 0
const FITTED = 1
const NEXT_FIT = 2
/** What the series is above the values kept. */
const OFFSET = 3
/** c. */
const CONSTANT = 4
/** Missing steps in a row, now. */
const GAP = 5
const NUMBERS = 6

/** What a spec comes to. */
interface FitConfig extends SeasonalOrders {
  readonly warmup: number
  readonly window: number
  readonly refitEvery: number
  readonly lag: RefitDelay
  readonly onDrift: boolean
}

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
  const config: FitConfig = {
    ...orders,
    warmup: spanOf('warmup', Math.max(DEFAULT_WARMUP, WARMUP_SEASONS * period)),
    window: window as number,
    refitEvery: spanOf('refitEvery', DEFAULT_REFIT),
    lag: specRefitDelay(spec),
    onDrift: specRefitsOnDrift(spec),
  }
  return scoreWith(
    residualStatistic(
      arimaPredictor(config, least, context.background),
      { warmup: config.warmup, refuse: REFUSED },
      context,
    ),
    calibrate,
    context,
  )
}

/** @param least points that make a fit */
function arimaPredictor(config: FitConfig, least: number, background: Background | undefined): Predictor {
  const { period, warmup, window, refitEvery, lag, onDrift } = config
  const fit = seasonalFit(config, window)
  const { arLags, maLags, series, params } = fit
  const m = Math.max(arLags.at(-1) ?? 0, maLags.at(-1) ?? 0)
  const count = params.length
  const AR = NUMBERS + count
  const MA = AR + arLags.length
  const MEANS = MA + maLags.length
  const width = MEANS + m
  const firstFit = Math.max(least, Math.ceil(warmup / 2))
  const fits = deferredFits(lag, 'seasonal', count + 1, background)
  const drift = onDrift
    ? openDriftMonitor(driftLags(Math.max(config.p, config.q), period), Math.max(FEWEST, least), window)
    : undefined
  const rescaled = { errors: 0, meanSize: 0 }

  const work = excessState(m, 1)
  const means = work.means[0]!
  const phi = new Float64Array(m)
  const theta = new Float64Array(m)
  const psi = new Float64Array(SMOOTHED + 2)
  const one = new Float64Array(1)
  let numbers: Float64Array = new Float64Array(0)
  let past: Float64Array = new Float64Array(0)
  let gaps: (Gap | undefined)[] = []
  /** Where values of the window are predictions. */
  let filled: Uint32Array = new Uint32Array(0)
  /** What is expected of the step, less {@link OFFSET}, and the variance of its error beyond σ², in units of it. */
  let expected = Number.NaN
  let more = 0

  const look = (key: number): void => {
    const at = key * width
    expected = Number.NaN
    more = 0
    if (numbers[at + FITTED] === 0) return
    expected = numbers[at + MEANS]!
    const gap = gaps[key]
    if (gap === undefined) return
    work.excess = gap.excess
    more = excessVariance(work)
  }

  /** Moves the filter of a key over the step that was looked at; x is less the offset, NaN for a missing value. */
  const filter = (key: number, x: number): void => {
    const at = key * width
    const first = at + MEANS
    const gap = gaps[key]
    if (gap === undefined && !Number.isNaN(x)) {
      const v = x - expected
      numbers.copyWithin(first, first + 1, first + m)
      numbers[first + m - 1] = 0
      for (let i = 0; i < arLags.length; i++) {
        const place = first + arLags[i]! - 1
        numbers[place] = numbers[place]! + numbers[at + AR + i]! * x
      }
      for (let j = 0; j < maLags.length; j++) {
        const place = first + maLags[j]! - 1
        numbers[place] = numbers[place]! + numbers[at + MA + j]! * v
      }
      numbers[first] = numbers[first]! + numbers[at + CONSTANT]!
      return
    }
    for (let i = 0; i < arLags.length; i++) phi[arLags[i]! - 1] = numbers[at + AR + i]!
    for (let j = 0; j < maLags.length; j++) theta[maLags[j]! - 1] = numbers[at + MA + j]!
    means.set(numbers.subarray(first, first + m))
    work.excess = gap?.excess ?? []
    one[0] = x
    if (Number.isNaN(x)) skip(work, phi, theta, 1)
    else observe(work, phi, theta, 1, one)
    numbers.set(means, first)
    numbers[first] = numbers[first]! + numbers[at + CONSTANT]!
    gaps[key] = work.excess.length > 0 ? { excess: work.excess, diffuse: [] } : undefined
  }

  /**
   * Brings the replaced values of a gap of k, at its end, to what they are in the light of the next one, which was v
   * off: cov(error of the i-th, v)/var(v)·v, where the errors are Σ ψ_{i−l} e_l.
   */
  const smooth = (key: number, k: number, v: number): void => {
    const at = key * width
    const position = numbers[at + POSITION]!
    psi.fill(0)
    psi[0] = 1
    for (let j = 0; j < maLags.length; j++) if (maLags[j]! <= k) psi[maLags[j]!] = numbers[at + MA + j]!
    let variance = 1
    for (let h = 1; h <= k; h++) {
      for (let i = 0; i < arLags.length && arLags[i]! <= h; i++) {
        psi[h] = psi[h]! + numbers[at + AR + i]! * psi[h - arLags[i]!]!
      }
      variance += psi[h]! * psi[h]!
    }
    for (let i = 1; i <= k; i++) {
      let covariance = 0
      for (let l = 1; l <= i; l++) covariance += psi[i - l]! * psi[k + 1 - l]!
      const place = key * window + ((position - k - 1 + i) % window)
      past[place] = past[place]! + (covariance / variance) * v
    }
  }

  /** Takes the step that was looked at; NaN for a missing value. */
  const step = (key: number, x: number): void => {
    const at = key * width
    const position = numbers[at + POSITION]!
    const place = key * window + (position % window)
    if (numbers[at + FITTED] === 0) past[place] = x
    else {
      const own = x - numbers[at + OFFSET]!
      const missing = Number.isNaN(x)
      const gap = numbers[at + GAP]!
      if (!missing && gap > 0 && gap <= SMOOTHED) smooth(key, gap, own - expected)
      numbers[at + GAP] = missing ? gap + 1 : 0
      past[place] = missing ? expected : own
      if (drift !== undefined) filled[place] = missing ? 1 : 0
      filter(key, own)
      if (drift !== undefined) {
        drift.given[AT] = position
        drift.watch(key)
        drift.given[INNOVATION] = Number.NaN
      }
    }
    if (numbers[at + NEXT_FIT] === 0) numbers[at + NEXT_FIT] = firstFit
    numbers[at + POSITION] = position + 1
    if (lag !== 0 && fits.isWaiting(key)) {
      if (lag !== 'asap') adopt(key)
      if (fits.isWaiting(key)) return
    }
    const scheduled = numbers[at + NEXT_FIT]!
    const due = drift === undefined ? scheduled : drift.due(key, scheduled)
    if (position + 1 >= due) {
      look(key)
      // In the midst of a gap the filter knows more than the window.
      const late = position + 1 - due
      if (more <= SETTLED || late >= MAX_LATE) refit(key)
    }
  }

  /** Fits the model of a key to its window, or sets a fit off. */
  const refit = (key: number): void => {
    const at = key * width
    const position = numbers[at + POSITION]!
    const length = Math.min(position - (drift?.since(key) ?? 0), window)
    const first = numbers[at + FITTED] === 0
    const observed = readWindow(key, length, 0)
    const fresh = first || (drift?.isFresh(key) ?? false)
    drift?.start(key, position, true)
    const next = position < warmup ? warmup : position + Math.min(refitEvery, (FIT_GROWTH - 1) * position)
    if (first && 2 * observed < least) {
      numbers[at + NEXT_FIT] = position + Math.max(1, Math.ceil(warmup / 4))
      return
    }
    numbers[at + NEXT_FIT] = next
    if (first) {
      // Numbers kept are small: the precision of a large level is not lost in differences.
      numbers[at + OFFSET] = series[0]!
      takeOff(series[0]!, length)
    }
    for (let i = 0; i < count; i++) params[i] = fresh ? 0 : numbers[at + NUMBERS + i]!
    if (lag !== 0) {
      fits.start(key, position, seasonalFitInput(config, first, params, series.subarray(0, length)))
      return
    }
    fit.learn(length, first)
    finish(key, length)
  }

  /** Lets a fit take effect, when it is due. */
  const adopt = (key: number): void => {
    const at = key * width
    const position = numbers[at + POSITION]!
    const fitted = fits.due(key, position)
    if (fitted === undefined) return
    const length = Math.min(position - (drift?.fittedSince(key) ?? 0), window)
    const first = numbers[at + FITTED] === 0
    const offset = numbers[at + OFFSET]!
    const observed = readWindow(key, length, first ? offset : 0)
    if (first && 2 * observed < least) {
      numbers[at + NEXT_FIT] = position + Math.max(1, Math.ceil(warmup / 4))
      return
    }
    fit.adopt(fitted)
    if (first) {
      takeOff(offset, length)
      fit.clean(length)
    }
    finish(key, length)
  }

  /**
   * The window into `series`, and how many points of it are there. Those missing are only before the first fit: they are
   * those a season, or a point, before; `otherwise` where the window begins with one.
   */
  const readWindow = (key: number, length: number, otherwise: number): number => {
    const ring = key * window
    const position = numbers[key * width + POSITION]!
    let observed = 0
    for (let i = 0; i < length; i++) {
      const x = past[ring + ((position - length + i) % window)]!
      series[i] = x
      if (!Number.isNaN(x)) observed++
      // A season before is nearer than the last one.
      else if (i > 0) series[i] = period > 1 && i >= period ? series[i - period]! : series[i - 1]!
      else series[i] = otherwise
    }
    return observed
  }

  const takeOff = (offset: number, length: number): void => {
    for (let i = 0; i < length; i++) series[i] = series[i]! - offset
  }

  /** Makes what was fitted the model of a key, and brings its filter to the end of the window. */
  const finish = (key: number, length: number): void => {
    const at = key * width
    const ring = key * window
    const position = numbers[at + POSITION]!
    numbers.set(params, at + NUMBERS)
    numbers.set(fit.ar, at + AR)
    numbers.set(fit.ma, at + MA)
    numbers[at + CONSTANT] = fit.constant
    for (let i = 0; i < length; i++) past[ring + ((position - length + i) % window)] = series[i]!
    numbers[at + FITTED] = 1
    fit.score(length)
    means.fill(0)
    for (let i = 0; i < arLags.length; i++) {
      const lag = arLags[i]!
      for (let h = 1; h <= lag; h++) means[lag - h] = means[lag - h]! + fit.ar[i]! * series[length - h]!
    }
    for (let j = 0; j < maLags.length; j++) {
      const lag = maLags[j]!
      for (let h = 1; h <= lag; h++) means[lag - h] = means[lag - h]! + fit.ma[j]! * fit.errors[length - h]!
    }
    means[0] = means[0]! + fit.constant
    numbers.set(means, at + MEANS)
    if (drift === undefined) return
    const { errors } = fit
    let size = 0
    let observed = 0
    for (let i = 0; i < length; i++) {
      if (i < (arLags.at(-1) ?? 0) || filled[ring + ((position - length + i) % window)] === 1) {
        errors[i] = Number.NaN
      } else {
        size += Math.abs(errors[i]!)
        observed++
      }
    }
    drift.begin(key, errors, length)
    // In-sample innovations are too small by the parameters fitted.
    const free = observed - count - 1
    if (drift.fittedSince(key) === 0 || free < count + FEWEST_ERRORS) return
    rescaled.errors = free
    rescaled.meanSize = (size / observed) * Math.sqrt(observed / free)
  }

  return {
    layout: {
      arima: { kind: 'f64', width },
      past: { kind: 'f64', width: window },
      gaps: gapField,
      ...fits.layout,
      ...(drift === undefined ? {} : { ...drift.layout, filled: { kind: 'u32', width: window } as const }),
    },
    bind(state) {
      numbers = f64(state, 'arima')
      past = f64(state, 'past')
      gaps = (state as unknown as { gaps: (Gap | undefined)[] }).gaps
      fits.bind(state)
      if (drift === undefined) return
      drift.bind(state)
      filled = u32(state, 'filled')
    },
    expect(key) {
      if (lag === 'asap' && fits.isWaiting(key)) adopt(key)
      look(key)
      return expected + numbers[key * width + OFFSET]!
    },
    spread: () => Math.sqrt(1 + more),
    take(key, _timeMs, x) {
      step(key, x)
    },
    skip(key, steps) {
      // After a whole window of predictions more of them change nothing but the place in the season.
      const most = steps <= window ? steps : window + ((steps - window) % period)
      for (let i = 0; i < most; i++) {
        look(key)
        step(key, Number.NaN)
      }
    },
    move(key, by) {
      const at = key * width
      if (numbers[at + FITTED] === 1) numbers[at + OFFSET] = numbers[at + OFFSET]! + by
    },
    ...(drift === undefined
      ? {}
      : {
          watch: (_key: number, u: number) => {
            drift.given[INNOVATION] = u
          },
          rescaled,
        }),
  }
}
