/**
 * The `auto` detector: for a series of which nothing is known.
 *
 * Innovations of an adaptive autoregression with a calendar profile (`adaptive-autoregression.ts`), clipped at four
 * scales, feed a panel of statistics, each for something that goes wrong with series. Their scale is that of the series,
 * of the hour (`hourly-size.ts`) and of the last values (`recent-size.ts`).
 *
 * | statistic | finds |
 * | --- | --- |
 * | innovation | spikes |
 * | means over 10 and 50 innovations | shifts, drifts, seasonal breaks |
 * | mean squares over 30 and 100, both sides | bursts, flatlines |
 * | mean product of neighbours over 50 | changes of dynamics, drifts |
 * | distance from the level | new extremes |
 * | distance from level and profile | values strange for their hour |
 * | values that repeat the one before | stuck sensors |
 *
 * Innovations and distances have both tails of their distribution learned (`../calibration/tail.ts`); windows have their normal
 * limits, moved to what is seen (`innovation-windows.ts`); repeats have a life table (`flatline.ts`). The p-values are
 * joined by Cauchy combination, which holds for small p whatever their dependence (Liu & Xie 2020, *Journal of the
 * American Statistical Association* 115), and what has come of it is learned once more (`joined-distribution.ts`).
 *
 * The p-value is always given. Anomalies not more than 50 values apart are one event, of which only the first is marked,
 * unless a later one has one and a half times its score.
 */

import { suppressAlarms } from '../../../core/alarm-suppression.ts'
import type { Detector, DetectorFactory } from '../../../core/detector.ts'
import type { FieldSpec, StateTable } from '../../../core/fold.ts'
import type { Calibrator } from '../../calibration/calibrator.ts'
import { openCalibrator } from '../../calibration/index.ts'
import { specNumber } from '../parts/check-spec.ts'
import { f64 } from '../parts/fields.ts'
import { residualStatistic } from '../parts/residual-statistic.ts'
import { SCALE_MEMORY, SQRT_HALF_PI } from '../parts/robust-scale.ts'
import { EXPECTED, READY } from '../parts/statistic.ts'
import { adaptiveAutoregression } from './adaptive-autoregression.ts'
import { cauchyCombination } from './cauchy-combination.ts'
import { combinedScore } from './combined-score.ts'
import { flatline } from './flatline.ts'
import { hourOfDayScale } from './hour-of-day-scale.ts'
import { localVolatility } from './local-volatility.ts'
import { WARMUP } from './spec.ts'
import { innovationWindows } from './window-statistics.ts'

/** An event lasts while anomalies come; one half as high again is told once more. */
const ONE_EVENT = { points: 50, again: 1.5, lasting: true } as const

/** Statistics whose tails are learned, by their places; those of the windows come after them. */
const INNOVATION = 0
const FROM_LEVEL = 1
const FROM_PROFILE = 2
const LEARNED = 3

// Places in `panel`, the numbers of a key.
const SEEN = 0
/** Mean sizes of the distances from level and from profile. */
const SIZE_LEVEL = 1
const SIZE_PROFILE = 2
const WIDTH = 3

/** What two statistics count in the combination, in others: chosen for power on simulated series. */
const INNOVATION_WEIGHT = 3
const STANDSTILL_WEIGHT = 2

/** Distances are learned up to so many scales. */
const MAX = 20
/** A smaller scale, relative to the values, is that of a series that stands still. */
const MIN_SCALE = 1e-8
/** Values that hang together so closely have no distribution of their distance from a level. */
const MIN_INDEPENDENCE = 0.02

/**
 * Sizes beyond this are learned by their square root: of a series that mostly stands still, moves are that large, and
 * the tails learn nothing beyond twenty.
 */
const LARGE = 7
const compressed = (u: number): number => {
  const size = Math.abs(u)
  return size <= LARGE ? u : Math.sign(u) * Math.sqrt(LARGE * size)
}
const expanded = (size: number): number => (size <= LARGE ? size : (size * size) / LARGE)

/** A calibrator among several of a detector: its fields are numbered. */
function numbered(distribution: Calibrator, number: number): Calibrator {
  const names = Object.keys(distribution.layout)
  return {
    ...distribution,
    layout: Object.fromEntries(names.map(name => [name + number, distribution.layout[name] as FieldSpec])),
    bind: state =>
      distribution.bind(
        Object.fromEntries(names.map(name => [name, f64(state, name + number)])) as unknown as StateTable,
      ),
  }
}

/** Zero is half on either side: turned upside down, a series gets the same p-values. */
function learnSigned(distribution: Calibrator, key: number, statistic: number, trust: number): void {
  if (!Number.isFinite(statistic)) return
  if (statistic !== 0) {
    distribution.learn(key, statistic, trust)
  } else {
    distribution.learn(key, Number.MIN_VALUE, 0.5 * trust)
    distribution.learn(key, -Number.MIN_VALUE, 0.5 * trust)
  }
}

/** Opens the `auto` detector. @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense. */
export const openAuto: DetectorFactory = (spec, context) => {
  const warmup = spec.warmup === undefined ? WARMUP : specNumber(spec, 'warmup', 50, 1e9, true)
  const { wants, events } = context
  // Of a panel of running statistics alarms come in runs: more of them make as many events. Measured on simulated series.
  const alpha = events ? context.alpha * (1 + 2 * Math.sqrt(context.alpha)) : context.alpha
  const logAlpha = Math.log(alpha)
  const predictor = adaptiveAutoregression(context)
  const innovations = residualStatistic(predictor, { warmup: 20 }, context)
  const { prediction } = innovations
  const hourly = hourOfDayScale(context.everyMs)
  const recent = localVolatility()
  const windows = innovationWindows()
  const distribution = combinedScore()
  const distributions = Array.from({ length: LEARNED }, (_, s) => numbered(openCalibrator('tail', alpha), s))
  const statistics = new Float64Array(LEARNED)
  const stuck = flatline()
  const panelSize = LEARNED + windows.count + 1
  const logs = new Float64Array(panelSize)
  const weights = new Float64Array(panelSize).fill(1)
  weights[INNOVATION] = INNOVATION_WEIGHT
  weights[panelSize - 1] = STANDSTILL_WEIGHT
  const everyBound = wants.bounds === 'all'
  const anyBound = wants.bounds !== 'none'

  const detector: Detector = {
    alpha,
    layout: {
      ...innovations.layout,
      ...hourly.layout,
      ...recent.layout,
      ...windows.layout,
      ...stuck.layout,
      ...distribution.layout,
      panel: { kind: 'f64', width: WIDTH },
      ...Object.assign({}, ...distributions.map(distribution => distribution.layout)),
    },
    step(state, { count, keys, timesMs, values }, { expected, lower, upper, logP }) {
      const panel = f64(state, 'panel')
      innovations.bind(state)
      hourly.bind(state)
      recent.bind(state)
      windows.bind(state)
      stuck.bind(state)
      distribution.bind(state)
      for (const distribution of distributions) distribution.bind(state)
      for (let i = 0; i < count; i++) {
        const key = keys[i]!
        const x = values[i]!
        const timeMs = timesMs[i]!
        const at = key * WIDTH
        innovations.predict(key, timeMs)
        expected[i] = prediction[EXPECTED]!
        lower[i] = upper[i] = logP[i] = Number.NaN
        const u = innovations.measure(x)
        // In the scale of the hour, and of the moment.
        const hourSize = hourly.at(key, timeMs)
        const ofHour = u / hourSize
        const size = hourSize * recent.of(key)
        const seen = panel[at + SEEN]!
        const measured = prediction[READY] === 1 && !Number.isNaN(x)
        const scoring = prediction[READY] === 1 && seen >= warmup
        const moved = hasMoved()
        let score = Number.NaN
        if (measured) {
          measure(panel, at, u / size, x)
          if (moved) windows.take(key, u / size, ofHour, logs, LEARNED)
          else logs.fill(Number.NaN, LEARNED)
          logs[panelSize - 1] = moved ? stuck.logP(key, x) : Number.NaN
          if (scoring) {
            for (let s = 0; s < LEARNED; s++)
              logs[s] = distributions[s]!.logP(key, statistics[s]!, Number.NaN)
            score = -cauchyCombination(logs, panelSize, weights)
            logP[i] = distribution.logP(key, score)
          }
          panel[at + SEEN] = seen + 1
        }
        if (scoring && (everyBound || (anyBound && logP[i]! < logAlpha))) {
          lower[i] = innovations.valueAt(-size * expanded(distributions[INNOVATION]!.critical(key, -1)))
          upper[i] = innovations.valueAt(size * expanded(distributions[INNOVATION]!.critical(key, 1)))
        }
        let trust = innovations.learn(key, timeMs, x, u)
        if (!measured) continue
        if (scoring) trust *= distribution.learn(key, score, trust)
        hourly.learn(u, trust)
        recent.learn(ofHour)
        if (moved) windows.learn(key, trust)
        if (Number.isFinite(x)) stuck.learn(key, x)
        for (let s = 0; s < LEARNED; s++) {
          const worth = s === INNOVATION ? 1 : predictor.independence()
          learnSigned(distributions[s]!, key, statistics[s]!, trust * worth)
        }
      }
    },
  }

  /** Whether the innovations of the key predicted last have a scale: those of a series that has never moved have none. */
  function hasMoved(): boolean {
    const expected = prediction[EXPECTED]!
    const scale = innovations.valueAt(1) - expected
    return scale > MIN_SCALE * Math.abs(expected) + 1e-300
  }

  function measure(panel: Float64Array, at: number, u: number, x: number): void {
    statistics[INNOVATION] = compressed(u)
    const seen = panel[at + SEEN]!
    distance(panel, at + SIZE_LEVEL, seen, predictor.fromLevel(x), FROM_LEVEL)
    distance(panel, at + SIZE_PROFILE, seen, predictor.fromProfile(x), FROM_PROFILE)
  }

  /** A distance in units of its own mean size. */
  function distance(panel: Float64Array, place: number, seen: number, d: number, statistic: number): void {
    const size = panel[place]!
    const apart = predictor.independence() >= MIN_INDEPENDENCE
    statistics[statistic] = apart ? compressed(size > 0 ? d / (SQRT_HALF_PI * size) : 0) : Number.NaN
    const taken = size > 0 ? Math.min(Math.abs(d), MAX * size) : Math.abs(d)
    if (Number.isFinite(taken)) {
      panel[place] = size + Math.max(1 / SCALE_MEMORY, 1 / (seen + 1)) * (taken - size)
    }
  }

  return events ? detector : suppressAlarms(detector, alpha, ONE_EVENT)
}
