/**
 * The `arma` detector: one-step predictions of an ARMA(p, q) series, learned while it scores.
 *
 * A value is level + profile[slot of the season] + z, where z is ARMA(p, q).
 *
 * - **Fit.** After the warm-up, at fixed positions of the series, by conditional sum of squares over the last `window`
 *   points (`arma/css.ts`), drawn inside the stationary and invertible region when the estimate is not there. With a `refitDelay` it is worked
 *   out in the background (`lagged-fits.ts`): what is waited for are the parameters; level, profile and filter are brought
 *   up to the position at which they take effect.
 * - **Prediction.** Exact, with missing values, by `innovation-filter.ts`: O(p + q) a value while nothing is missing.
 * - **Distribution.** An innovation is divided by a running robust scale (√(π/2) times the mean absolute innovation, out of
 *   sample, so that errors of estimation are part of it). `analytic`: Student's distribution with the degrees of freedom of that
 *   scale. `tail` and `conformal` learn its distribution, see `calibration/`; delays, loads and latencies have skewed heavy tails.
 * - **Roughness.** With a season, each slot has its own scale relative to that of the series.
 * - **Robust.** An innovation beyond 3.5 scales enters prediction and profile with falling weight, beyond 7 not at all:
 *   it is then like a missing value (Hampel's three-part redescending idea). Twelve such values to one side, hardly
 *   interrupted, are a new level: their median. Three in a
 *   row back at the level before bring that back, so that the end of a storm is not an anomaly for long.
 * - **On drift.** With `refitOn: 'drift'` fits are set off by innovations that have changed, too, and take the points since
 *   then (`drift.ts`); mean and scale become those of the same points.
 * - **Regular.** With `everyMs` known, absent steps are missing values; otherwise each row is the next step.
 *
 * State a key: the window, four numbers for each slot of the season, and some forty more. A step allocates nothing.
 */
import type {
  Detector,
  DetectorContext,
  DetectorInput,
  DetectorOutput,
  DetectorSpec,
} from '../../../core/detector.ts'
import { PlanError } from '../../../core/errors.ts'
import type { FieldSpec, StateTable } from '../../../core/fold.ts'
import { cssFit, cssWorkspace } from '../../arma/estimate/css.ts'
import { calibratorNames, openCalibrator } from '../../calibration/calibrator.ts'
import { standardNormalQuantile } from '../../special/normal-quantile.ts'
import { specNumber, specWord } from '../parts/check-spec.ts'
import { f64, u32 } from '../parts/fields.ts'
import { specPoints } from '../parts/span.ts'
import { studentLogP, studentPoint } from '../parts/student.ts'
import { cssFitInput } from './css-fit.ts'
import { deferredFits, specRefitDelay } from './deferred-fits.ts'
import { AT, driftLags, INNOVATION, openDriftMonitor, specRefitsOnDrift } from './drift-monitor.ts'
import {
  advance,
  advanceUncertain,
  filterOrder,
  movingAverage,
  shrinkIntoRegion,
  writeGains,
} from './innovation-filter.ts'

// Places in `numbers`.
/** Steps of the series so far, missing ones included, from the first value on. */
const POSITION = 0
const LAST_MS = 1
/** 1 once fitted. */
const FITTED = 2
/** Position of the next fit. */
const NEXT_FIT = 3
const LEVEL = 4
/** 1 while the excess covariance of the filter is not 0. */
const UNCERTAIN = 5
/** Weighted sums of absolute innovations and of weights. */
const ABSOLUTE = 6
const COUNTED = 7
/** Strange values in a row, signed by their side, less those that interrupted them; and how many there were. */
const RUN = 8
const RUN_COUNT = 9
/** How far the level last moved (0 when it may not go back), and strange values in a row that are back where it was. */
const MOVED = 10
const RETURNED = 11
const NUMBERS = 12

const SQRT_HALF_PI = Math.sqrt(Math.PI / 2)
/** An innovation is taken in full up to here, and not at all from there on, in scales. */
const FULL = 3.5
const NONE = 7
/** Strange values in a row that make a new level. */
const LASTING = 12
/** And in a row that bring back the level before. */
const BACK = 3
const SCALE_KEEP = 1 - 1 / 1024
/** Visits of a slot, or points of a series without season, that its mean remembers. */
const SLOT_MEMORY = 40
const LEVEL_MEMORY = 512
/** Numbers a slot: mean, its visits, sum of sizes of innovations in scales, their number. */
const SLOT_WIDTH = 4
const ROUGH_KEEP = 1 - 1 / 80
/** Innovations that the prior of a slot's roughness, 1, is worth. */
const ROUGH_PRIOR = 30
const MAX_SLOTS = 1024
/** Each fit comes at three times the position of the one before, until `refitEvery` is shorter. */
const FIT_GROWTH = 3
/** Of Levenberg–Marquardt: from zero, and from the last parameters. Far less than converged would do for a prediction. */
const FIRST_ITERATIONS = 4
const NEXT_ITERATIONS = 2

/**
 * Opens the `arma` detector.
 *
 * @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense; {@link PlanError} `DETECTOR_SEASON` when a
 *   season is no longer than two steps of the series.
 */
export function openArma(spec: DetectorSpec, context: DetectorContext): Detector {
  const { alpha, everyMs } = context
  const everyBound = context.wants.bounds === 'all'
  const anyBound = context.wants.bounds !== 'none'
  const logAlpha = Math.log(alpha)
  const p = specNumber(spec, 'p', 0, 16, true)
  const q = specNumber(spec, 'q', 0, 16, true)
  const window = specNumber(spec, 'window', 16, 1_000_000, true)
  const calibrate = specWord(spec, 'calibrate', calibratorNames)
  const seasonMs = spec.seasonMs == null ? 0 : specNumber(spec, 'seasonMs', 1, 1e13)
  const warmup = specPoints(spec, 'warmup', everyMs)
  const refitEvery = specPoints(spec, 'refitEvery', everyMs)
  const lag = specRefitDelay(spec)
  const lagged = lag !== 0
  if (seasonMs > 0 && everyMs !== undefined && seasonMs < 2 * everyMs) {
    throw new PlanError(
      'DETECTOR_SEASON',
      `a season of ${seasonMs} ms has less than two steps of ${everyMs} ms`,
      { hint: 'take a longer season, or none' },
    )
  }
  const slots =
    seasonMs === 0 ? 1 : everyMs === undefined ? 24 : Math.min(MAX_SLOTS, Math.ceil(seasonMs / everyMs))
  const slotMs = seasonMs === 0 ? 1 : seasonMs / slots
  const memory = seasonMs === 0 ? LEVEL_MEMORY : SLOT_MEMORY
  const m = filterOrder(p, q)
  const modelWidth = p + m
  const exact = context.wants.pValues === 'all'
  const calibrator = openCalibrator(calibrate, alpha, exact)
  const analytic = calibrate === 'analytic'
  const least = Math.max(32, 6 * (p + q + 1))
  const normalPoint = -standardNormalQuantile(alpha / 2)
  // Without a step length a window must remember the slots of its points.
  const rememberSlots = seasonMs > 0 && everyMs === undefined

  const fit = cssWorkspace({ capacity: window, p, q, constant: false })
  const fits = deferredFits(lag, 'css', p + q, context.background)
  const drift = specRefitsOnDrift(spec)
    ? openDriftMonitor(driftLags(Math.max(p, q), 1), least, window)
    : undefined
  const series = new Float64Array(window)
  const scratch = new Float64Array(window)
  const slotOf = new Uint32Array(window)
  const sizes = new Float64Array(2 * slots)

  const layout: Record<string, FieldSpec> = {
    numbers: { kind: 'f64', width: NUMBERS },
    model: { kind: 'f64', width: modelWidth },
    filter: { kind: 'f64', width: m },
    excess: { kind: 'f64', width: m * m },
    profile: { kind: 'f64', width: SLOT_WIDTH * slots },
    window: { kind: 'f64', width: window },
    /** Distances of the last strange values from level and profile. */
    strays: { kind: 'f64', width: LASTING },
    ...calibrator.layout,
    ...(rememberSlots ? { windowSlots: { kind: 'u32', width: window } as const } : {}),
    ...fits.layout,
    ...drift?.layout,
  }

  const slotAt = (timeMs: number): number => {
    if (slots === 1) return 0
    const slot = Math.floor((timeMs - seasonMs * Math.floor(timeMs / seasonMs)) / slotMs)
    return slot < slots ? slot : slots - 1
  }

  function step(state: StateTable, input: DetectorInput, output: DetectorOutput): void {
    const numbers = f64(state, 'numbers')
    const model = f64(state, 'model')
    const filter = f64(state, 'filter')
    const excess = f64(state, 'excess')
    const profile = f64(state, 'profile')
    const past = f64(state, 'window')
    const strays = f64(state, 'strays')
    calibrator.bind(state)
    fits.bind(state)
    drift?.bind(state)
    const { count, keys, timesMs, values } = input
    const { expected, lower, upper, logP } = output
    for (let i = 0; i < count; i++) {
      const key = keys[i]!
      const y = values[i]!
      const timeMs = timesMs[i]!
      const at = key * NUMBERS
      const missing = Number.isNaN(y)
      if (lag === 'asap' && fits.isWaiting(key)) adopt(state, key, slotAt(numbers[at + LAST_MS]!))
      if (numbers[at + POSITION] === 0) {
        if (missing) {
          expected[i] = lower[i] = upper[i] = logP[i] = Number.NaN
          continue
        }
        numbers[at + NEXT_FIT] = warmup
        numbers[at + LAST_MS] = timeMs
      } else if (everyMs !== undefined) {
        const dt = timeMs - numbers[at + LAST_MS]!
        if (dt > 1.5 * everyMs) skip(state, key, Math.round(dt / everyMs) - 1)
        numbers[at + LAST_MS] = timeMs
      }
      const slot = slotAt(timeMs)
      const position = numbers[at + POSITION]!
      const place = key * window + position - window * Math.floor(position / window)
      if (rememberSlots) u32(state, 'windowSlots')[place] = slot
      if (numbers[at + FITTED] === 0) {
        expected[i] = lower[i] = upper[i] = logP[i] = Number.NaN
        past[place] = Number.isFinite(y) ? y - numbers[at + LEVEL]! : Number.NaN
      } else {
        const slotPlace = SLOT_WIDTH * (key * slots + slot)
        const filterAt = key * m
        const excessAt = filterAt * m
        const level = numbers[at + LEVEL]!
        const base = level + profile[slotPlace]!
        const uncertain = numbers[at + UNCERTAIN] === 1
        const predicted = base + filter[filterAt]!
        const counted = numbers[at + COUNTED]!
        const unit = scaleOf(numbers[at + ABSOLUTE]! / counted, predicted)
        const spread = uncertain ? Math.sqrt(1 + excess[excessAt]!) : 1
        const rough = slots === 1 ? 1 : roughness(profile, slotPlace)
        const scale = unit * spread * rough
        expected[i] = predicted
        const dof = analytic ? degrees(counted, slots === 1 ? 0 : profile[slotPlace + 3]!) : 0
        let seen = 0
        let miss = 0
        let u = 0
        let log = Number.NaN
        if (!missing) {
          miss = y - predicted
          u = miss / scale
          // Student's distribution has no thinner tails than the normal one.
          log = !analytic
            ? calibrator.logP(key, u, Number.NaN)
            : !exact && Math.abs(u) < normalPoint
              ? 0
              : studentLogP(u, dof)
        }
        logP[i] = log
        if (everyBound || (anyBound && log < logAlpha)) {
          const own = analytic ? studentPoint(normalPoint, dof) : 0
          lower[i] = predicted - scale * (analytic ? own : calibrator.critical(key, -1))
          upper[i] = predicted + scale * (analytic ? own : calibrator.critical(key, 1))
        } else {
          lower[i] = upper[i] = Number.NaN
        }
        if (!missing) {
          const size = Math.abs(u)
          let run = numbers[at + RUN]!
          let trust = 1
          if (size <= FULL) {
            seen = 1
            numbers[at + RETURNED] = 0
            if (run !== 0) run = Math.abs(run) > 2 ? run - 2 * Math.sign(run) : 0
          } else {
            const side = u > 0 ? 1 : -1
            // Within a run it is the level that is in question: no half measures.
            seen = size < NONE && run * side <= 0 ? (NONE - size) / (NONE - FULL) : 0
            if (Number.isFinite(y)) {
              if (run * side <= 0) {
                run = 0
                numbers[at + RUN_COUNT] = 0
              }
              run += side
              const members = numbers[at + RUN_COUNT]!
              strays[key * LASTING + (members % LASTING)] = y - base
              numbers[at + RUN_COUNT] = members + 1
              trust = 1 / Math.abs(run)
              const moved = numbers[at + MOVED]!
              const back = moved !== 0 && Math.abs(y - base + moved) < FULL * scale
              numbers[at + RETURNED] = back ? numbers[at + RETURNED]! + 1 : 0
            }
          }
          if (run >= LASTING || run <= -LASTING) {
            for (let j = 0; j < LASTING; j++) scratch[j] = strays[key * LASTING + j]!
            move(numbers, filter, at, filterAt, median(LASTING))
            numbers[at + MOVED] = numbers[at + LEVEL]! - level
            run = 0
            miss = 0
          } else if (numbers[at + RETURNED] === BACK) {
            move(numbers, filter, at, filterAt, -numbers[at + MOVED]!)
            run = 0
            miss = 0
          }
          numbers[at + RUN] = run
          // Within a run it is the level that is in question, not the model.
          if (drift !== undefined && run <= 1 && run >= -1 && Number.isFinite(y)) drift.given[INNOVATION] = u
          // Ordinary innovations teach scale, calibrator and profile; strange ones a little of the first two.
          const counts = Math.min(size, FULL)
          numbers[at + ABSOLUTE] = numbers[at + ABSOLUTE]! * SCALE_KEEP + trust * counts * unit
          numbers[at + COUNTED] = counted * SCALE_KEEP + trust
          if (!analytic) calibrator.learn(key, u, trust)
          if (slots > 1) {
            profile[slotPlace + 2] =
              profile[slotPlace + 2]! * ROUGH_KEEP + trust * counts * rough * SQRT_HALF_PI
            profile[slotPlace + 3] = profile[slotPlace + 3]! * ROUGH_KEEP + trust
          }
          if (seen > 0) {
            const visits = profile[slotPlace + 1]!
            profile[slotPlace] = profile[slotPlace]! + (seen * (y - base)) / (visits + 1)
            if (visits < memory) profile[slotPlace + 1] = visits + 1
          }
        }
        if (seen === 0) miss = 0
        past[place] = seen > 0 ? predicted + seen * miss - level : Number.NaN
        if (seen === 1 && !uncertain) {
          advance(filter, filterAt, m, model, key * modelWidth, p, miss)
        } else {
          const left = advanceUncertain(
            filter,
            filterAt,
            excess,
            excessAt,
            m,
            model,
            key * modelWidth,
            p,
            miss,
            seen,
          )
          numbers[at + UNCERTAIN] = left ? 1 : 0
        }
      }
      numbers[at + POSITION] = position + 1
      turn(state, key, slot)
    }
  }

  /** Moves the level of a key; what was predicted from the old one is void. */
  function move(numbers: Float64Array, filter: Float64Array, at: number, filterAt: number, by: number): void {
    numbers[at + LEVEL] = numbers[at + LEVEL]! + by
    numbers[at + MOVED] = 0
    numbers[at + RETURNED] = 0
    for (let j = 0; j < m; j++) filter[filterAt + j] = 0
  }

  /** Takes the steps that had no row for missing values. */
  function skip(state: StateTable, key: number, steps: number): void {
    const numbers = f64(state, 'numbers')
    const past = f64(state, 'window')
    const at = key * NUMBERS
    // After so many the window is empty and the prediction is the level: more change nothing.
    const most = Math.min(steps, window)
    for (let j = 0; j < most; j++) {
      const position = numbers[at + POSITION]!
      past[key * window + (position % window)] = Number.NaN
      if (numbers[at + FITTED] === 1) {
        const left = advanceUncertain(
          f64(state, 'filter'),
          key * m,
          f64(state, 'excess'),
          key * m * m,
          m,
          f64(state, 'model'),
          key * modelWidth,
          p,
          0,
          0,
        )
        numbers[at + UNCERTAIN] = left ? 1 : 0
      }
      numbers[at + POSITION] = position + 1
      turn(state, key, slotAt(numbers[at + LAST_MS]! + (j + 1) * everyMs!))
    }
  }

  /** Does what is due at a position of a key, whose newest point is in the slot given. */
  function turn(state: StateTable, key: number, newestSlot: number): void {
    const numbers = f64(state, 'numbers')
    const at = key * NUMBERS
    if (drift !== undefined && numbers[at + FITTED] === 1) {
      drift.given[AT] = numbers[at + POSITION]! - 1
      drift.watch(key)
      drift.given[INNOVATION] = Number.NaN
    }
    if (lagged && lag !== 'asap' && fits.isWaiting(key)) adopt(state, key, newestSlot)
    const due = drift === undefined ? numbers[at + NEXT_FIT]! : drift.due(key, numbers[at + NEXT_FIT]!)
    if (numbers[at + POSITION]! >= due && !(lagged && fits.isWaiting(key))) {
      refit(state, key, newestSlot)
    }
  }

  /** Fits the model of a key to its window, or sets a fit off. */
  function refit(state: StateTable, key: number, newestSlot: number): void {
    const numbers = f64(state, 'numbers')
    const at = key * NUMBERS
    const position = numbers[at + POSITION]!
    const fitted = numbers[at + FITTED] === 1
    const since = drift?.since(key) ?? 0
    const length = Math.min(position - since, window)
    const observed = readWindow(state, key, newestSlot, length)
    const fresh = drift?.isFresh(key) ?? false
    drift?.start(key, position, observed >= least)
    if (observed < least && since === 0) {
      numbers[at + NEXT_FIT] = position + Math.max(1, Math.min(refitEvery, Math.ceil(warmup / 4)))
      return
    }
    if (observed < least) return
    numbers[at + NEXT_FIT] = position + Math.min(refitEvery, (FIT_GROWTH - 1) * position)
    const mean = prepare(state, key, length, observed)

    const model = f64(state, 'model')
    const modelAt = key * modelWidth
    const { params } = fit
    const go = fitted && !fresh
    for (let j = 0; j < p; j++) params[j] = go ? model[modelAt + j]! : 0
    for (let j = 0; j < q; j++) params[p + j] = go ? movingAverage(model, modelAt, p, j + 1) : 0
    const iterations = go ? NEXT_ITERATIONS : FIRST_ITERATIONS
    if (lagged) {
      fits.start(key, position, cssFitInput(p, q, iterations, params, series.subarray(0, length)))
      return
    }
    if (p + q > 0) cssFit(fit, series, length, iterations)
    finish(state, key, length, observed, mean)
  }

  /** Lets a fit take effect, when it is due. */
  function adopt(state: StateTable, key: number, newestSlot: number): void {
    const numbers = f64(state, 'numbers')
    const at = key * NUMBERS
    const position = numbers[at + POSITION]!
    const fitted = fits.due(key, position)
    if (fitted === undefined) return
    const length = Math.min(position - (drift?.fittedSince(key) ?? 0), window)
    const observed = readWindow(state, key, newestSlot, length)
    if (observed < least && numbers[at + FITTED] === 0) {
      // What was fitted has left the window: there is no scale to begin with.
      numbers[at + NEXT_FIT] = position + Math.max(1, Math.min(refitEvery, Math.ceil(warmup / 4)))
      return
    }
    const mean = prepare(state, key, length, observed)
    fit.params.set(fitted)
    finish(state, key, length, observed, mean)
  }

  /** The window into `series`, and what is there of it into `scratch`: how many points that is. */
  function readWindow(state: StateTable, key: number, newestSlot: number, length: number): number {
    const past = f64(state, 'window')
    const position = f64(state, 'numbers')[key * NUMBERS + POSITION]!
    let place = (position - length) % window
    let slot = (((newestSlot - (length - 1)) % slots) + slots) % slots
    let observed = 0
    for (let j = 0; j < length; j++) {
      const value = past[key * window + place]!
      series[j] = value
      if (!Number.isNaN(value)) scratch[observed++] = value
      slotOf[j] = rememberSlots ? u32(state, 'windowSlots')[key * window + place]! : slot
      if (++place === window) place = 0
      if (++slot === slots) slot = 0
    }
    return observed
  }

  /** Takes profile and mean off the window, and pulls its strays in. Returns the mean. */
  function prepare(state: StateTable, key: number, length: number, observed: number): number {
    const numbers = f64(state, 'numbers')
    const profile = f64(state, 'profile')
    if (numbers[key * NUMBERS + FITTED] === 0) {
      startProfile(numbers, profile, f64(state, 'window'), key, length, observed)
    }
    let mean = 0
    for (let j = 0; j < length; j++) {
      const z = series[j]! - profile[SLOT_WIDTH * (key * slots + slotOf[j]!)]!
      series[j] = z
      if (!Number.isNaN(z)) mean += z
    }
    mean /= observed
    let kept = 0
    for (let j = 0; j < length; j++) {
      series[j] = series[j]! - mean
      if (!Number.isNaN(series[j]!)) scratch[kept++] = Math.abs(series[j]!)
    }
    const limit = 5 * 1.4826 * median(kept)
    if (limit > 0) {
      for (let j = 0; j < length; j++) {
        const z = series[j]!
        series[j] = z > limit ? limit : Math.max(z, -limit)
      }
    }
    return mean
  }

  /** Makes the parameters fitted the model of a key, and brings its filter to the end of the window. */
  function finish(state: StateTable, key: number, length: number, observed: number, mean: number): void {
    const numbers = f64(state, 'numbers')
    const model = f64(state, 'model')
    const at = key * NUMBERS
    const modelAt = key * modelWidth
    const first = numbers[at + FITTED] === 0
    const { params } = fit
    shrinkIntoRegion(params, 0, p, 1)
    shrinkIntoRegion(params, p, q, -1)
    for (let j = 0; j < p; j++) model[modelAt + j] = params[j]!
    writeGains(model, modelAt, p, params, p, q, modelAt + p, m)
    runWindow(state, key, length, observed, first)
    numbers[at + FITTED] = 1
    if (drift === undefined || drift.fittedSince(key) === 0 || observed < least) return
    // What came before the change says as little of the mean.
    const profile = f64(state, 'profile')
    for (let place = SLOT_WIDTH * key * slots; place < SLOT_WIDTH * (key + 1) * slots; place += SLOT_WIDTH) {
      profile[place] = profile[place]! + mean
      if (slots === 1) profile[place + 1] = Math.min(profile[place + 1]!, observed)
    }
  }

  /** The first level and profile: means of a window whose strays are pulled in. */
  function startProfile(
    numbers: Float64Array,
    profile: Float64Array,
    past: Float64Array,
    key: number,
    length: number,
    observed: number,
  ): void {
    const centre = median(observed)
    for (let j = 0; j < observed; j++) scratch[j] = Math.abs(scratch[j]! - centre)
    const reach = 5 * 1.4826 * median(observed)
    const at = key * NUMBERS
    let mean = 0
    for (let j = 0; j < length; j++) {
      let value = series[j]!
      if (Number.isNaN(value)) continue
      if (reach > 0) value = Math.max(centre - reach, Math.min(centre + reach, value))
      series[j] = value
      mean += value / observed
    }
    numbers[at + LEVEL] = numbers[at + LEVEL]! + mean
    for (let j = 0; j < window; j++) past[key * window + j] = past[key * window + j]! - mean
    const from = SLOT_WIDTH * key * slots
    profile.fill(0, from, from + SLOT_WIDTH * slots)
    for (let j = 0; j < length; j++) {
      series[j] = series[j]! - mean
      if (Number.isNaN(series[j]!)) continue
      const place = from + SLOT_WIDTH * slotOf[j]!
      profile[place] = profile[place]! + series[j]!
      profile[place + 1] = profile[place + 1]! + 1
    }
    for (let slot = 0; slot < slots; slot++) {
      const place = from + SLOT_WIDTH * slot
      const visits = profile[place + 1]!
      // A slot seen once or twice is drawn to the level.
      profile[place] = profile[place]! / (visits + 1)
      profile[place + 1] = Math.min(visits, memory)
    }
  }

  /** Brings the filter to the end of the window; the first time, scale and calibrator too. */
  function runWindow(state: StateTable, key: number, length: number, observed: number, start: boolean): void {
    const numbers = f64(state, 'numbers')
    const model = f64(state, 'model')
    const filter = f64(state, 'filter')
    const excess = f64(state, 'excess')
    const at = key * NUMBERS
    const filterAt = key * m
    const excessAt = filterAt * m
    const modelAt = key * modelWidth
    filter.fill(0, filterAt, filterAt + m)
    for (let a = 0; a < m; a++) {
      for (let b = 0; b < m; b++) {
        excess[excessAt + a * m + b] = model[modelAt + p + a]! * model[modelAt + p + b]!
      }
    }
    let uncertain = true
    let absolute = 0
    sizes.fill(0)
    for (let j = 0; j < length; j++) {
      const z = series[j]!
      const missing = Number.isNaN(z)
      const miss = missing ? 0 : z - filter[filterAt]!
      const error = Math.abs(miss) / (uncertain ? Math.sqrt(1 + excess[excessAt]!) : 1)
      absolute += error
      if (!missing) {
        sizes[2 * slotOf[j]!] = sizes[2 * slotOf[j]!]! + error
        sizes[2 * slotOf[j]! + 1] = sizes[2 * slotOf[j]! + 1]! + 1
      }
      scratch[j] = missing ? Number.NaN : miss < 0 ? -error : error
      if (uncertain || missing) {
        uncertain = advanceUncertain(
          filter,
          filterAt,
          excess,
          excessAt,
          m,
          model,
          modelAt,
          p,
          miss,
          missing ? 0 : 1,
        )
      } else {
        advance(filter, filterAt, m, model, modelAt, p, miss)
      }
    }
    numbers[at + UNCERTAIN] = uncertain ? 1 : 0
    if (!start && drift === undefined) return
    const mean = absolute / observed
    const profile = f64(state, 'profile')
    if (start && slots > 1 && mean > 0) {
      for (let slot = 0; slot < slots; slot++) {
        const place = SLOT_WIDTH * (key * slots + slot)
        profile[place + 2] = sizes[2 * slot]! / mean
        profile[place + 3] = sizes[2 * slot + 1]!
      }
    }
    if (slots > 1 && mean > 0) {
      absolute = 0
      for (let j = 0; j < length; j++) {
        if (Number.isNaN(scratch[j]!)) continue
        scratch[j] = scratch[j]! / roughness(profile, SLOT_WIDTH * (key * slots + slotOf[j]!))
        absolute += Math.abs(scratch[j]!)
      }
    }
    drift?.begin(key, scratch, length)
    if (!start && (drift?.fittedSince(key) === 0 || observed < least)) return
    // In-sample innovations are too small by the parameters fitted, at most half of them.
    const parameters = Math.min(observed / 2, p + q + (start ? slots : 1))
    numbers[at + COUNTED] = observed - parameters
    numbers[at + ABSOLUTE] =
      (absolute / observed) * Math.sqrt(observed / (observed - parameters)) * (observed - parameters)
    if (analytic || !start) return
    const unit = scaleOf(absolute / observed, numbers[at + LEVEL]!)
    for (let j = 0; j < length; j++) {
      if (!Number.isNaN(scratch[j]!)) calibrator.learn(key, scratch[j]! / unit, 1)
    }
  }

  /** The lower median of `scratch[0..length)`, which is put in another order (Hoare's selection). */
  function median(length: number): number {
    const wanted = (length - 1) >> 1
    let low = 0
    let high = length - 1
    while (low < high) {
      const pivot = scratch[(low + high) >> 1]!
      let i = low
      let j = high
      while (i <= j) {
        while (scratch[i]! < pivot) i++
        while (scratch[j]! > pivot) j--
        if (i <= j) {
          const swap = scratch[i]!
          scratch[i] = scratch[j]!
          scratch[j] = swap
          i++
          j--
        }
      }
      if (wanted <= j) high = j
      else if (wanted >= i) low = i
      else break
    }
    return scratch[wanted]!
  }

  return { layout, step }
}

/** What innovations in a slot are larger than elsewhere: few flights at night make rough means. */
function roughness(profile: Float64Array, slotPlace: number): number {
  return (ROUGH_PRIOR + profile[slotPlace + 2]!) / (ROUGH_PRIOR + profile[slotPlace + 3]!)
}

/**
 * Degrees of freedom of the scale of an innovation: half the inverse of its relative variance. Sizes of normal ones have
 * the relative variance π/2 − 1; those a slot remembers have fallen by half in weight when it has seen 80.
 */
function degrees(counted: number, visits: number): number {
  const rough = visits / (ROUGH_PRIOR + visits) ** 2
  return 1 / (1 / (1.7 * counted) + (Math.PI - 2) * rough * (1 - (visits * (1 - ROUGH_KEEP)) / 2))
}

/** The scale of innovations from their mean size; a constant series has a tiny one rather than none. */
function scaleOf(meanAbsolute: number, size: number): number {
  const scale = SQRT_HALF_PI * meanAbsolute
  const least = 1e-12 * (1 + Math.abs(size))
  return Math.max(scale, least)
}
