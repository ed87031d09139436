/**
 * The `arima` detector of a pool: one seasonal ARIMA model for all keys, so that a key is scored from its first values by
 * what all of them taught.
 *
 * y_t = offset + β r_t + z_t, with z of the pool's model, of innovation variance σ² of the key; r_t is 1, or the step where a
 * difference leaves a drift.
 *
 * - **Coefficients** are the pool's: `pooled-fit.ts`, over the sample of recent values of `panel-sample.ts`, at ends of
 *   instants. The first fit comes when `warmup` values had enough of their own series before them to be predicted; others
 *   at three times the number of values of the one before, until `refitEvery` instants are shorter. A `refitDelay` counts
 *   instants.
 * - **Filter.** That of each key, exact with missing values and from its start (`arma/excess-state.ts`). After a fit it goes
 *   on from where it is: what it predicted by the coefficients before fades as fast as its memory.
 * - **Level**, or drift, is the key's own: β by generalised least squares with a flat prior, which is the second column of
 *   the filter, for r (augmented Kalman filter: de Jong 1991, *Annals of Statistics* 19). Its uncertainty is part of the
 *   prediction's.
 * - **Scale** is the key's own, drawn to the pool's: σ² has the prior s₀²ν₀/χ²(ν₀) that the fit found, and squared
 *   innovations, which are independent ones, add to it (Gelman et al., *Bayesian Data Analysis*, 3rd ed., §2.6). So the distribution of
 *   a prediction is Student's with ν₀ + n degrees of freedom; from three on values are scored.
 * - **Robust.** An innovation counts up to a normal score of 3.5 for the scale; beyond 4 a value is a missing one for filter
 *   and level. Twelve to one side are a new level (`level-shift.ts`), fewer for a key that has hardly had as many.
 *
 * The statistic is the normal score, so that the statistics of old and new keys have one distribution, which the pool's calibrator
 * learns. State a key: the filter's two columns, some twelve numbers and those of the level's watch.
 */
import type { DetectorContext, DetectorFactory, DetectorSpec } from '../../../core/detector.ts'
import {
  excessState,
  excessVariance,
  observe,
  skip,
  startAfterDifferencing,
} from '../../arma/filter/excess-state.ts'
import { type GainTable, gainRow, gainTable } from '../../arma/filter/gain-table.ts'
import { type CompiledModel, compileModel } from '../../arma/model.ts'
import type { ArimaSpec } from '../../arma/spec.ts'
import { normalLogTwoSided } from '../../distributions/normal.ts'
import { standardNormalQuantile } from '../../special/normal-quantile.ts'
import { specWord } from '../parts/check-spec.ts'
import { f64 } from '../parts/fields.ts'
import { openLevelShift } from '../parts/level-shift.ts'
import { type PooledStatistic, pooledDetector } from '../parts/pooled.ts'
import { OUTLIER_Z } from '../parts/robust-scale.ts'
import { specPoints } from '../parts/span.ts'
import { EXPECTED, PREDICTION, READY } from '../parts/statistic.ts'
import { studentAt, studentScore } from '../parts/student-score.ts'
import { deferredFits, specRefitDelay } from './deferred-fits.ts'
import { type Gap, gapField } from './gap-field.ts'
import { arimaOrders, arimaRefusal } from './orders.ts'
import { panelSample } from './panel-sample.ts'
import { hasMean, pooledFitInput, pooledFitOf, pooledResults } from './pooled-fit.ts'
import type { SeasonalOrders } from './seasonal-fit.ts'

const DEFAULT_WARMUP = 336
/** Values of all keys that a fit sees, and how long a segment of one key is: so many steps, or lags of the model. */
const DEFAULT_WINDOW = 16_384
const SEGMENT_STEPS = 64
const SEGMENT_REACHES = 4
const MIN_SEGMENTS = 4
const DEFAULT_SEGMENTS = 16
const DEFAULT_REFIT = 4096
const FIT_GROWTH = 3
/** Values of a series, beyond those that a prediction needs, that say something of the model: fewer have no mean of their own. */
const FEWEST = 8
/** A fit that had too few values is tried again with so many times as many. */
const FIT_AGAIN = 1.1
/** Lags that a prediction may reach back. */
const MAX_REACH = 20_160
/** From this score on a value is missing. */
const REFUSED = 4
/** Innovations that the scale remembers; values that the level does. */
const SCALE_MEMORY = 1024
const LEVEL_MEMORY = 512
/** Fewest degrees of freedom of a scale that scores. */
const MIN_FREE = 3
/** Strange values to one side that make a new level: of a key with few values, and at most. */
const LASTING = [3, 12] as const
/** The scale of a constant series, relative to its size. */
const MIN_SCALE = 1e-9
/** As in `predicted-by.ts`: a series that mostly stands still has its moves for ordinary. From so many innovations on. */
const MIN_PART = 0.6
const MAX_RAW = 50
const RAW_COUNT = 32
/** Values beyond this say nothing, and their squares overflow. */
const ABSURD = 1e150
/** Missing steps that a filter takes one by one; more change nothing but the trend. */
const MAX_STEPS = 2000

// Places of a key: then come the filter's columns, or the first values while they are collected.
/** Steps since the first value, and those that the filter has taken. */
const STEP = 0
const FILTERED = 1
const LAST_MS = 2
const OFFSET = 3
/** Sums of the level's least squares: of r², of r·y. */
const SQUARES = 4
const PRODUCTS = 5
/** Weighted sums of squared innovations and of weights; mean size of innovations, strange ones almost in full. */
const SPREAD = 6
const COUNTED = 7
const RAW = 8
/** Values that were not strange. */
const ORDINARY = 9
/** What `panel-sample.ts` has for the key. */
const HELD = 10
const COLUMNS = 11

// Places of the pool: then come the coefficients.
/** Values, those that could be predicted, and instants. */
const VALUES = 0
const USABLE = 1
const INSTANTS = 2
const FITTED = 3
/** Usable values at which the next fit is due, and the instant of the last. */
const NEXT_FIT = 4
const LAST_FIT = 5
/** s₀² and ν₀. */
const PRIOR_SQUARE = 6
const PRIOR_FREE = 7
const PARAMS = 8

/** What a spec comes to. */
interface FitConfig extends SeasonalOrders {
  readonly warmup: number
  readonly refitEvery: number
  readonly segments: number
  readonly steps: number
  /** Steps before the first that a fit can use. */
  readonly before: number
}

/**
 * Opens the `arima` detector of a pool.
 *
 * @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense, or a model too large to be learned;
 *   {@link PlanError} `DETECTOR_STEP`.
 */
export const openPooledArima: DetectorFactory = (spec, context) => {
  const orders = arimaOrders(spec)
  const { p, d, q, P, D, Q, period } = orders
  if (spec.season != null)
    throw arimaRefusal(spec, 'no season beside pooled: seasonal lags instead', spec.season)
  if (spec.refitOn === 'drift') throw arimaRefusal(spec, "refitOn 'schedule' beside pooled", spec.refitOn)
  const reach = Math.max(p + d + (P + D) * period, q + Q * period)
  if (reach > MAX_REACH) throw arimaRefusal(spec, `lags within ${MAX_REACH} steps`, reach)
  const steps = Math.max(SEGMENT_STEPS, SEGMENT_REACHES * reach)
  const window = spec.window ?? Math.max(DEFAULT_WINDOW, DEFAULT_SEGMENTS * steps)
  if (!Number.isInteger(window) || (window as number) < MIN_SEGMENTS * steps || (window as number) > 2e6) {
    throw arimaRefusal(spec, `a window of ${MIN_SEGMENTS * steps} to 2000000 values of all keys`, window)
  }
  const spanOf = (name: string, otherwise: number) =>
    spec[name] == null ? otherwise : specPoints(spec, name, context.everyMs)
  const config: FitConfig = {
    ...orders,
    warmup: spanOf('warmup', DEFAULT_WARMUP),
    refitEvery: spanOf('refitEvery', DEFAULT_REFIT),
    segments: Math.floor((window as number) / steps),
    steps,
    before: p + d + (P + D) * period + FEWEST,
  }
  return pooledDetector(
    pooledArima(config, spec, context),
    specWord(spec, 'calibrate', ['analytic', 'conformal', 'tail']),
    context,
  )
}

function pooledArima(config: FitConfig, spec: DetectorSpec, context: DetectorContext): PooledStatistic {
  const { p, d, q, P, D, Q, period, warmup, refitEvery, before } = config
  const { everyMs } = context
  const count = p + q + P + Q
  const delta = d + D * period
  const m = Math.max(p + P * period + delta, q + Q * period)
  const levelled = hasMean(config)
  const columns = levelled ? 2 : 1
  const room = columns * Math.max(m, delta)
  const width = COLUMNS + room
  const leastUsable = 16 + 8 * (count + 1)
  const lag = specRefitDelay(spec)
  const fits = deferredFits(lag, 'pooled', pooledResults(config), context.background)
  const sample = panelSample(config.segments, config.steps)
  const shift = openLevelShift()
  const prediction = new Float64Array(PREDICTION)

  const work = excessState(m, columns)
  const observed = new Float64Array(columns)
  const params = new Float64Array(count)
  let model: CompiledModel | undefined
  let table: GainTable | undefined
  /** Whether the last gains of the table are the coefficients themselves. */
  let steady = false
  let numbers: Float64Array = new Float64Array(0)
  let ordinals: Float64Array = new Float64Array(0)
  let gaps: (Gap | undefined)[] = []
  let pool: Float64Array = new Float64Array(0)

  // The prediction at hand.
  let expected = Number.NaN
  let scale = Number.MIN_VALUE
  let free = MIN_FREE
  /** Variance of the filter's innovation, and the prediction's, in units of σ². */
  let variance = 1
  let total = 1
  /** What the filter expects of y less the offset, and what is left of r. */
  let filtered = Number.NaN
  let rest = 0

  /** r of a step of the filter. */
  const regressor = (step: number): number => (delta === 0 ? 1 : D > 0 ? step / period : step)

  /** Predicts the next step of a key. */
  const look = (key: number): void => {
    const at = key * width
    expected = Number.NaN
    const step = numbers[at + FILTERED]!
    if (table === undefined || step < delta) return
    const gap = gaps[key]
    // The table may grow, and be another array after.
    const row = gainRow(table, step - delta)
    variance = m === 0 ? 1 : table.F[row]!
    if (gap !== undefined) {
      work.excess = gap.excess
      work.diffuse = gap.diffuse
      variance += excessVariance(work)
    }
    filtered = m === 0 ? 0 : numbers[at + COLUMNS]!
    total = variance
    let level = 0
    if (levelled) {
      rest = regressor(step) - (m === 0 ? 0 : numbers[at + COLUMNS + m]!)
      const squares = numbers[at + SQUARES]!
      if (squares === 0) return
      level = (rest * numbers[at + PRODUCTS]!) / squares
      total += (rest * rest) / squares
    }
    if (total === Infinity) return
    expected = numbers[at + OFFSET]! + filtered + level
    const counted = numbers[at + COUNTED]!
    const own = counted / (1 - (0.5 * counted) / SCALE_MEMORY)
    const prior = pool[PRIOR_FREE]!
    free = prior + own
    const square =
      (prior * pool[PRIOR_SQUARE]! + (counted > 0 ? (own * numbers[at + SPREAD]!) / counted : 0)) / free
    const raw = counted >= RAW_COUNT ? MIN_PART * numbers[at + RAW]! : 0
    const least = Math.max(MIN_SCALE * Math.abs(expected), raw, Number.MIN_VALUE)
    scale = Math.max(Math.sqrt(square), least) * Math.sqrt(total)
    free = Math.max(free, MIN_FREE)
    prediction[READY] = prior + own >= MIN_FREE ? 1 : 0
  }

  /** Moves the filter and the level of a key over a step, of which y is less the offset; NaN for a missing value. */
  const filter = (key: number, y: number): void => {
    const at = key * width
    const step = numbers[at + FILTERED]!
    numbers[at + FILTERED] = step + 1
    if (step < delta) {
      numbers[at + COLUMNS + step] = y
      if (levelled) numbers[at + COLUMNS + delta + step] = regressor(step)
      if (step + 1 === delta) begin(key)
      return
    }
    const missing = Number.isNaN(y)
    if (levelled && !missing && variance < Infinity) {
      const keep = 1 - 1 / LEVEL_MEMORY
      numbers[at + SQUARES] = keep * numbers[at + SQUARES]! + (rest * rest) / variance
      numbers[at + PRODUCTS] = keep * numbers[at + PRODUCTS]! + (rest * (y - filtered)) / variance
    }
    if (m === 0) return
    const row = gainRow(table!, step - delta)
    steady ||= table!.F[table!.steadyFrom] === 1
    if (steady && row === table!.steadyFrom && gaps[key] === undefined && !missing) {
      advance(at + COLUMNS, y, y - filtered)
      if (levelled) advance(at + COLUMNS + m, regressor(step), rest)
      return
    }
    load(key)
    if (missing) skip(work, model!.full, table!.rows[row]!, table!.F[row]!)
    else {
      observed[0] = y
      if (levelled) observed[1] = regressor(step)
      observe(work, model!.full, table!.rows[row]!, table!.F[row]!, observed)
    }
    store(key)
  }

  /** Moves a column of means, with steady gains, over a value that was v off. */
  const advance = (first: number, value: number, v: number): void => {
    const { fullSparse, thetaSparse } = model!
    if (m > 8) numbers.copyWithin(first, first + 1, first + m)
    else for (let i = 1; i < m; i++) numbers[first + i - 1] = numbers[first + i]!
    numbers[first + m - 1] = 0
    for (let i = 0; i < fullSparse.lags.length; i++) {
      const place = first + fullSparse.lags[i]! - 1
      numbers[place] = numbers[place]! + fullSparse.coefficients[i]! * value
    }
    for (let i = 0; i < thetaSparse.lags.length; i++) {
      const place = first + thetaSparse.lags[i]! - 1
      numbers[place] = numbers[place]! + thetaSparse.coefficients[i]! * v
    }
  }

  /** Turns the first values of a differenced series into the filter's state. */
  const begin = (key: number): void => {
    const from = key * width + COLUMNS
    const first = Array.from({ length: columns }, (_, c) =>
      numbers.slice(from + c * delta, from + (c + 1) * delta),
    )
    const start = startAfterDifferencing(m, model!.delta, model!.full, first)
    for (let c = 0; c < columns; c++) work.means[c]!.set(start.means[c]!)
    work.excess = start.excess
    work.diffuse = start.diffuse
    numbers.fill(0, from, from + room)
    store(key)
  }

  const load = (key: number): void => {
    const from = key * width + COLUMNS
    for (let c = 0; c < columns; c++) {
      const means = work.means[c]!
      for (let i = 0; i < m; i++) means[i] = numbers[from + c * m + i]!
    }
    const gap = gaps[key]
    work.excess = gap === undefined ? [] : gap.excess
    work.diffuse = gap === undefined ? [] : gap.diffuse
  }
  const store = (key: number): void => {
    const from = key * width + COLUMNS
    for (let c = 0; c < columns; c++) numbers.set(work.means[c]!, from + c * m)
    const felt = work.excess.length + work.diffuse.length > 0
    if (felt || gaps[key] !== undefined) {
      gaps[key] = felt ? { excess: work.excess, diffuse: work.diffuse } : undefined
    }
  }

  /** What the value taken last counts for a calibrator. */
  let trusted = 0
  /** Takes a step of a key whose filter runs, as it was looked at. Returns what the sample may have of it. */
  const take = (key: number, x: number, u: number): number => {
    const at = key * width
    trusted = 0
    const y = x - numbers[at + OFFSET]!
    if (!(Math.abs(x) < ABSURD)) {
      filter(key, Number.NaN)
      return Number.NaN
    }
    if (Number.isNaN(expected)) {
      filter(key, y)
      numbers[at + ORDINARY] = numbers[at + ORDINARY]! + 1
      return y
    }
    const ordinary = numbers[at + ORDINARY]!
    const lasting = Math.max(LASTING[0], Math.min(LASTING[1], ordinary))
    const by = shift.watch(key, u, x - expected, scale, lasting)
    trusted = shift.weight(key)
    const miss = x - expected
    const size = Math.abs(miss) / Math.sqrt(total)
    const raw = numbers[at + RAW]!
    const counted = numbers[at + COUNTED]!
    const taken = raw > 0 ? Math.min(size, MAX_RAW * raw) : size
    numbers[at + RAW] = raw + Math.max(1 / SCALE_MEMORY, 1 / (counted + 1)) * (taken - raw)
    const counts = Math.abs(u) > OUTLIER_Z ? studentAt(OUTLIER_Z, free) * (scale / Math.sqrt(total)) : size
    const keep = 1 - 1 / SCALE_MEMORY
    numbers[at + SPREAD] = keep * numbers[at + SPREAD]! + trusted * counts * counts
    numbers[at + COUNTED] = keep * counted + trusted
    if (by !== 0) {
      numbers[at + OFFSET] = numbers[at + OFFSET]! + by
      filter(key, y - by)
      return y - by
    }
    if (Math.abs(u) > REFUSED) {
      filter(key, Number.NaN)
      return Number.NaN
    }
    numbers[at + ORDINARY] = ordinary + 1
    filter(key, y)
    return y
  }

  const measure = (x: number): number => {
    if (Number.isNaN(expected)) return Number.isFinite(x) ? 0 : x
    return studentScore((x - expected) / scale, free)
  }

  /** Starts the filter of a key at what the sample has of it. */
  const start = (key: number): void => {
    const at = key * width
    const offset = numbers[at + OFFSET]!
    for (const y of sample.history(ordinals[key]! - 1)) {
      look(key)
      take(key, offset + y, measure(offset + y))
    }
    numbers[at + ORDINARY] = Math.max(1, numbers[at + ORDINARY]!)
  }

  /** A fit's results become the model. */
  const adopt = (fitted: Float64Array): void => {
    if (Number.isNaN(fitted[count]!)) return
    pool[FITTED] = 1
    pool[PRIOR_SQUARE] = fitted[count]!
    pool[PRIOR_FREE] = fitted[count + 1]!
    pool.set(fitted.subarray(0, count), PARAMS)
    compile()
  }

  /** Makes the coefficients of the pool ready to run, if they are not. */
  const compile = (): void => {
    if (pool[FITTED] === 0) {
      model = table = undefined
      return
    }
    const same = model !== undefined && params.every((value, i) => value === pool[PARAMS + i])
    if (same) return
    params.set(pool.subarray(PARAMS, PARAMS + count))
    const part = (from: number, length: number) => Array.from(params.subarray(from, from + length))
    model = compileModel({
      spec: { order: [p, d, q], seasonal: { order: [P, D, Q], period } } as unknown as ArimaSpec,
      coefficients: {
        ...{ ar: part(0, p), ma: part(p, q), sar: part(p + q, P), sma: part(p + q + P, Q), xreg: [] },
      },
      sigma2: 1,
    })
    table = gainTable(model)
    steady = false
  }

  return {
    layout: { series: { kind: 'f64', width }, gaps: gapField, ...shift.layout },
    pool: { fit: { kind: 'f64', width: PARAMS + count }, ...sample.layout, ...fits.layout },
    prediction,
    bind(state) {
      numbers = f64(state, 'series')
      ordinals = f64(state, 'ordinal')
      gaps = (state as unknown as { gaps: (Gap | undefined)[] }).gaps
      shift.bind(state)
    },
    bindPool(state) {
      pool = f64(state, 'fit')
      sample.bind(state)
      fits.bind(state)
      compile()
    },
    predict(key, timeMs) {
      const at = key * width
      prediction[READY] = 0
      expected = Number.NaN
      if (numbers[at + STEP]! > 0) {
        if (model !== undefined && numbers[at + FILTERED] === 0) start(key)
        if (everyMs !== undefined) {
          const steps = Math.round((timeMs - numbers[at + LAST_MS]!) / everyMs) - 1
          if (steps > 0) {
            numbers[at + LAST_MS] = numbers[at + LAST_MS]! + steps * everyMs
            numbers[at + STEP] = numbers[at + STEP]! + steps
            if (model !== undefined) {
              const most = MAX_STEPS + delta
              for (let i = Math.min(steps, most); i > 0; i--) {
                look(key)
                filter(key, Number.NaN)
              }
              if (steps > most) numbers[at + FILTERED] = numbers[at + FILTERED]! + steps - most
            }
          }
        }
        prediction[READY] = 0
        look(key)
      }
      prediction[EXPECTED] = expected
      if (Number.isNaN(expected)) prediction[READY] = 0
    },
    measure,
    logP: u => normalLogTwoSided(u),
    valueAt: u => expected + studentAt(u, free) * scale,
    bound: (side, alpha) => expected + side * studentAt(-standardNormalQuantile(alpha / 2), free) * scale,
    learn(key, timeMs, x, u) {
      const at = key * width
      const step = numbers[at + STEP]!
      if (step === 0) {
        if (!(Math.abs(x) < ABSURD)) return 0
        numbers[at + OFFSET] = x
      }
      let kept = Math.abs(x) < ABSURD ? x - numbers[at + OFFSET]! : Number.NaN
      if (model !== undefined) {
        // The first step of the filter has no prediction behind it.
        if (numbers[at + FILTERED] === 0) look(key)
        kept = take(key, x, u)
      } else trusted = 0
      numbers[at + LAST_MS] = timeMs
      numbers[at + STEP] = step + 1
      pool[VALUES] = pool[VALUES]! + 1
      if (!Number.isNaN(kept) && step >= before) pool[USABLE] = pool[USABLE]! + 1
      numbers[at + HELD] = sample.add(ordinals[key]! - 1, numbers[at + HELD]!, step, kept, pool[VALUES]!)
      return trusted
    },
    close() {
      sample.close()
      const instants = pool[INSTANTS]! + 1
      pool[INSTANTS] = instants
      if (lag !== 0 && fits.isWaiting(0)) {
        const fitted = fits.due(0, instants)
        if (fitted === undefined) return
        adopt(fitted)
      }
      const usable = pool[USABLE]!
      const aged = pool[FITTED] === 1 && instants - pool[LAST_FIT]! >= refitEvery
      if (!aged && usable < Math.max(warmup, pool[NEXT_FIT]!)) return
      const { segments, beyond } = sample.longer(before)
      if (beyond < leastUsable) {
        pool[NEXT_FIT] = Math.ceil(FIT_AGAIN * usable) + 1
        pool[LAST_FIT] = instants
        return
      }
      pool[NEXT_FIT] = FIT_GROWTH * usable
      pool[LAST_FIT] = instants
      const input = pooledFitInput(config, pool.subarray(PARAMS, PARAMS + count), segments)
      if (lag !== 0) fits.start(0, instants, input)
      else adopt(pooledFitOf(input))
    },
  }
}
