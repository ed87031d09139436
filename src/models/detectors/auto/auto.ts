/**
 * The `auto` detector: for a series of which nothing is known. This folder is that detector alone; it imports the parts of
 * detectors, calibration, distributions and `core`.
 *
 * Innovations of an adaptive autoregression with a calendar profile (`adaptive-autoregression.ts`), clipped at four
 * scales, feed a panel of statistics, each for something that goes wrong with series. Their scale is that of the series,
 * of the hour (`hour-of-day-scale.ts`) and of the last values (`local-volatility.ts`).
 *
 * | statistic | finds |
 * | --- | --- |
 * | innovation | spikes |
 * | means over 10 and 50 innovations | shifts, drifts, seasonal breaks |
 * | mean squares over 30 and 100, both sides | bursts, flatlines |
 * | mean product of neighbours over 50 | changes of dynamics, drifts |
 * | distance from the level | new extremes |
 * | distance from level and profile | values unusual for their hour |
 * | values that repeat the one before | stuck sensors |
 *
 * Innovations and distances have both tails of their distribution learned (`learned-statistics.ts`). Windows have their
 * normal limits, moved to what is seen (`window-statistics.ts`). Repeats have a life table (`flatline.ts`). The p-values
 * are joined by Cauchy combination, which holds for small p whatever their dependence (Liu & Xie 2020, *Journal of the
 * American Statistical Association* 115), and the distribution of the result is learned once more (`combined-score.ts`).
 *
 * The p-value is always given. Anomalies not more than 50 values apart are one event, of which only the first is marked,
 * unless a later one has one and a half times its score.
 */

import { suppressAlarms } from '../../../core/alarm-suppression.ts'
import { type Detector, type DetectorFactory, type DetectorOutput, REASONS } from '../../../core/detector.ts'
import { specNumber } from '../parts/check-spec.ts'
import { residualStatistic } from '../parts/residual-statistic.ts'
import { EXPECTED, READY } from '../parts/statistic.ts'
import { adaptiveAutoregression } from './adaptive-autoregression.ts'
import { cauchyCombination } from './cauchy-combination.ts'
import { combinedScore } from './combined-score.ts'
import { flatline } from './flatline.ts'
import { hourOfDayScale } from './hour-of-day-scale.ts'
import { learnedStatistics } from './learned-statistics.ts'
import { localVolatility } from './local-volatility.ts'
import { WARMUP } from './spec.ts'
import { windowStatistics } from './window-statistics.ts'

/** An event lasts while anomalies come; one half as high again is marked once more. */
const ONE_EVENT = { points: 50, again: 1.5, lasting: true } as const

/** Weights of two p-values in the combination, in those of others: chosen for power on simulated series. */
const INNOVATION_WEIGHT = 3
const FLATLINE_WEIGHT = 2

/** Innovations that the scale needs before the panel measures. */
const SCALE_WARMUP = 20
/** A smaller scale, relative to the values, is that of a series that stands still. */
const MIN_MOVE = 1e-8

/** Weights of a panel whose first p-value is that of the innovation, and whose last that of repeats. */
const weightsOf = (size: number): Float64Array =>
  Float64Array.from({ length: size }, (_, i) =>
    i === 0 ? INNOVATION_WEIGHT : i === size - 1 ? FLATLINE_WEIGHT : 1,
  )

/** The reasons that the places of the panel are: what is learned, windows, repeats. */
const PANEL_REASONS = (
  ['spike', 'level', 'level', 'level', 'level', 'variance', 'variance', 'dynamics', 'flatline'] as const
).map(reason => REASONS.indexOf(reason))

/** The statistic of the panel that says most. */
function writeReason(logs: Float64Array, i: number, { reason, reasonLogP }: DetectorOutput): void {
  let least = 0
  for (let s = 1; s < logs.length; s++) if (logs[s]! < logs[least]!) least = s
  reason[i] = PANEL_REASONS[least]!
  reasonLogP[i] = logs[least]!
}

/** Opens the `auto` detector. @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense. */
export const openAuto: DetectorFactory = (spec, context) => {
  const warmup = spec.warmup === undefined ? WARMUP : specNumber(spec, 'warmup', 50, 1e9, true)
  const { wants, events } = context
  // Alarms of a panel of running statistics come in runs: more of them make as many events. Measured on simulated series.
  const alpha = events ? context.alpha * (1 + 2 * Math.sqrt(context.alpha)) : context.alpha
  const logAlpha = Math.log(alpha)
  const predictor = adaptiveAutoregression(context)
  const innovations = residualStatistic(predictor, { warmup: SCALE_WARMUP }, context)
  const { prediction } = innovations
  const hourly = hourOfDayScale(context.everyMs)
  const volatility = localVolatility()
  const learned = learnedStatistics(predictor, alpha)
  const windows = windowStatistics()
  const stuck = flatline()
  const combined = combinedScore()
  const parts = [innovations, hourly, volatility, windows, stuck, combined, learned]
  // The panel: statistics with learned tails, those of windows, repeats.
  const panelSize = learned.count + windows.count + 1
  const logs = new Float64Array(panelSize)
  const weights = weightsOf(panelSize)
  const everyBound = wants.bounds === 'all'
  const anyBound = wants.bounds !== 'none'

  /** Whether the innovations of the key predicted last have a scale: those of a series that has never moved have none. */
  const hasMoved = (): boolean => {
    const expected = prediction[EXPECTED]!
    const scale = innovations.valueAt(1) - expected
    return scale > MIN_MOVE * Math.abs(expected) + 1e-300
  }

  const detector: Detector = {
    alpha,
    layout: Object.assign({}, ...parts.map(({ layout }) => layout)),
    step(state, { count, keys, timesMs, values }, output) {
      const { expected, lower, upper, logP } = output
      for (const part of parts) part.bind(state)
      for (let i = 0; i < count; i++) {
        const key = keys[i]!
        const x = values[i]!
        const timeMs = timesMs[i]!
        innovations.predict(key, timeMs)
        expected[i] = prediction[EXPECTED]!
        lower[i] = upper[i] = logP[i] = Number.NaN
        const u = innovations.measure(x)
        // In the scale of the hour, and of the moment.
        const hourScale = hourly.at(key, timeMs)
        const ofHour = u / hourScale
        const scale = hourScale * volatility.of(key)
        const measured = prediction[READY] === 1 && !Number.isNaN(x)
        const scoring = prediction[READY] === 1 && learned.seen(key) >= warmup
        const moved = hasMoved()
        let score = Number.NaN
        if (measured) {
          learned.measure(key, u / scale, x)
          if (moved) windows.take(key, u / scale, ofHour, logs, learned.count)
          else logs.fill(Number.NaN, learned.count)
          logs[panelSize - 1] = moved ? stuck.logP(key, x) : Number.NaN
          if (scoring) {
            learned.score(key, logs)
            score = -cauchyCombination(logs, panelSize, weights)
            logP[i] = combined.logP(key, score)
            if (logP[i]! < logAlpha) writeReason(logs, i, output)
          }
        }
        if (scoring && (everyBound || (anyBound && logP[i]! < logAlpha))) {
          lower[i] = innovations.valueAt(-scale * learned.critical(key, -1))
          upper[i] = innovations.valueAt(scale * learned.critical(key, 1))
        }
        let weight = innovations.learn(key, timeMs, x, u)
        if (!measured) continue
        if (scoring) weight *= combined.learn(key, score, weight)
        hourly.learn(u, weight)
        volatility.learn(ofHour)
        if (moved) windows.learn(key, weight)
        if (Number.isFinite(x)) stuck.learn(key, x)
        learned.learn(key, weight)
      }
    },
  }

  return events ? detector : suppressAlarms(detector, alpha, ONE_EVENT)
}
