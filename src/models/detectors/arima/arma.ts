/**
 * The `arma` detector: one-step predictions of an ARMA(p, q) series, learned while it scores.
 *
 * A value is level + profile[slot of the season] + z, where z is ARMA(p, q). This file is the path of a row; each idea has
 * a file in `arma/`.
 *
 * - **Fit** (`refit.ts`, `window.ts`). After the warm-up, at fixed positions of the series, by conditional sum of squares
 *   over the last `window` points (`arma/estimate/css.ts`), shrunk into the stationary and invertible region when the
 *   estimate is outside. With a `refitDelay` it is worked out in the background (`deferred-fits.ts`).
 * - **Prediction.** Exact, with missing values, by `innovation-filter.ts`: O(p + q) per value while nothing is missing.
 * - **Distribution** (`score.ts`). An innovation is divided by a running robust scale: √(π/2) times the mean absolute
 *   innovation, out of sample, so that errors of estimation are part of it, with the floor that all detectors have
 *   (`parts/robust-scale.ts`). `analytic`: Student's distribution with the degrees of freedom of that scale. `tail` and `conformal` learn its distribution, see `calibration/`; delays, loads and
 *   latencies have skewed heavy tails.
 * - **Profile** (`profile.ts`). With a season each slot has a mean, and a scale relative to that of the series.
 * - **Outliers and new levels** (`level.ts`). An outlier counts little or not at all; a run of them moves the level.
 * - **On drift.** With `refitOn: 'drift'` fits are set off by innovations that have changed, too, and take the points since
 *   then (`drift-monitor.ts`); mean and scale become those of the same points.
 * - **Regular.** With `everyMs` known, absent steps are missing values; otherwise each row is the next step.
 *
 * State per key: the window, four numbers for each slot of the season, and some forty more. A step allocates nothing.
 */
import {
  type Detector,
  type DetectorContext,
  type DetectorInput,
  type DetectorOutput,
  type DetectorSpec,
  type SeriesTraits,
  seriesTraits,
} from '../../../core/detector.ts'
import type { StateTable } from '../../../core/fold.ts'
import { openCalibrator } from '../../calibration/calibrator.ts'
import { scaleOfSizes } from '../parts/robust-scale.ts'
import { armaConfig } from './arma/config.ts'
import { type Arma, armaLayout, bindArma, newArma } from './arma/context.ts'
import { learn, learnMissing } from './arma/learn.ts'
import { adoptFit, finishStep } from './arma/refit.ts'
import { armaScoring, score } from './arma/score.ts'
import { slotAt } from './arma/season.ts'
import { KEY as KEY_RECORD, SLOT as SLOT_RECORD } from './arma/state.ts'
import { deferredFits } from './deferred-fits.ts'
import { driftLags, openDriftMonitor } from './drift-monitor.ts'

// As in `arma/score.ts`.
const KEY = KEY_RECORD
const SLOT = SLOT_RECORD

/**
 * Opens the `arma` detector.
 *
 * @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense; {@link PlanError} `DETECTOR_SEASON` when a
 *   season is no longer than two steps of the series.
 */
export function openArma(spec: DetectorSpec, context: DetectorContext): Detector {
  const config = armaConfig(spec, context)
  const { p, q, window, refitDelay } = config
  const arma = newArma(config, {
    calibrator: openCalibrator(config.calibrate, context.alpha, context.wants.pValues === 'all'),
    scoring: armaScoring(config.calibrate === 'analytic', context),
    fits: deferredFits(refitDelay, 'css', p + q, context.background),
    drift: config.onDrift
      ? openDriftMonitor(driftLags(Math.max(p, q), 1), config.minPoints, window)
      : undefined,
  })

  return {
    layout: armaLayout(arma),
    describe(state, key) {
      bindArma(arma, state)
      return describeArma(arma, key)
    },
    step(state: StateTable, input: DetectorInput, output: DetectorOutput) {
      bindArma(arma, state)
      stepRows(arma, input, output)
    },
  }
}

/** Of the module, not of an opened detector: the compiler knows nothing of what a closure holds that was made more than once. */
function stepRows(arma: Arma, { count, keys, timesMs, values }: DetectorInput, output: DetectorOutput): void {
  const { numbers, past, row, fits } = arma
  const { window, refitDelay } = arma.config
  const { slots, irregular } = arma.config.season
  const asap = refitDelay === 'asap'
  for (let i = 0; i < count; i++) {
    const key = keys[i]!
    const y = values[i]!
    const at = key * KEY.width
    if (asap && fits.isWaiting(key)) {
      adoptFit(arma, key, slotAt(arma.config.season, numbers[at + KEY.lastMs]!))
    }
    if (!arrive(arma, key, timesMs[i]!, Number.isNaN(y))) {
      noScore(output, i)
      continue
    }
    const slot = slotAt(arma.config.season, timesMs[i]!)
    const position = numbers[at + KEY.position]!
    const place = key * window + position - window * Math.floor(position / window)
    if (irregular) arma.pastSlots[place] = slot
    if (numbers[at + KEY.fitted] === 0) {
      noScore(output, i)
      past[place] = Number.isFinite(y) ? y - numbers[at + KEY.level]! : Number.NaN
    } else {
      row.key = key
      row.at = at
      row.slotAt = SLOT.width * (key * slots + slot)
      row.place = place
      score(arma, y, i, output)
      learn(arma, y)
    }
    numbers[at + KEY.position] = position + 1
    finishStep(arma, key, slot)
  }
}

/** What is known of a key: its level once there are values, and its scale once there is a model. */
function describeArma({ numbers, config }: Arma, key: number): SeriesTraits {
  const at = key * KEY.width
  const { ms, slots } = config.season
  const seasons = slots > 1 ? [{ ms }] : []
  if (numbers[at + KEY.fitted] === 0) return seriesTraits({ seasons })
  const level = numbers[at + KEY.level]!
  const sizes = numbers[at + KEY.absolute]!
  const scale = scaleOfSizes(sizes, numbers[at + KEY.counted]!, level, numbers[at + KEY.meanSize]!)
  return seriesTraits({ level, scale, seasons })
}

function noScore({ expected, lower, upper, logP }: DetectorOutput, i: number): void {
  expected[i] = lower[i] = upper[i] = logP[i] = Number.NaN
}

/** Takes note of a row's time, and of steps that had no row. False while a key has had nothing but missing values. */
function arrive(arma: Arma, key: number, timeMs: number, missing: boolean): boolean {
  const { numbers } = arma
  const { everyMs, warmup } = arma.config
  const at = key * KEY.width
  if (numbers[at + KEY.position] === 0) {
    if (missing) return false
    numbers[at + KEY.nextFit] = warmup
    numbers[at + KEY.lastMs] = timeMs
  } else if (everyMs !== undefined) {
    const dt = timeMs - numbers[at + KEY.lastMs]!
    if (dt > 1.5 * everyMs) skip(arma, key, Math.round(dt / everyMs) - 1, everyMs)
    numbers[at + KEY.lastMs] = timeMs
  }
  return true
}

/** Takes the steps that had no row for missing values. */
function skip(arma: Arma, key: number, steps: number, everyMs: number): void {
  const { numbers, past } = arma
  const { window, season } = arma.config
  const at = key * KEY.width
  const lastMs = numbers[at + KEY.lastMs]!
  // After a whole window the prediction is the level: more steps change nothing.
  const most = Math.min(steps, window)
  for (let j = 0; j < most; j++) {
    const position = numbers[at + KEY.position]!
    past[key * window + (position % window)] = Number.NaN
    if (numbers[at + KEY.fitted] === 1) learnMissing(arma, key)
    numbers[at + KEY.position] = position + 1
    finishStep(arma, key, slotAt(season, lastMs + (j + 1) * everyMs))
  }
}
