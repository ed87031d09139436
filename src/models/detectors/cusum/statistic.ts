/**
 * Two sums of standardised innovations, one a direction, less a slack each time and never below 0 (Page 1954,
 * *Biometrika* 41): s⁺ ← max(0, s⁺ + z − k), s⁻ ← max(0, s⁻ − z − k).
 *
 * Innovations are those of a running mean, in units of a running scale (`residual-statistic.ts`), z their normal scores.
 * The p-value is that of the larger sum in the long run (`run-length.ts`); the statistic is its normal score, with the sign
 * of the sum.
 *
 * An alarm leaves the sums as they are: the p-value of a value does not depend on alpha, and alarms come in runs while a
 * sum is high. With `events`, runs come at rate alpha: a run lasts until its sum is back at 0.
 *
 * So that one value is not remembered for long, innovations are clipped at 3.5, and sums where p is 1e-8. Sums start at 0
 * again when the level has moved for good (`level-shift.ts`).
 */
import type { Detector, DetectorContext } from '../../../core/detector.ts'
import { record } from '../../../core/record.ts'
import type { CalibratorName } from '../../calibration/calibrator.ts'
import { normalLogSf } from '../../distributions/normal.ts'
import { upperPoint } from '../../special/normal-quantile.ts'
import { f64 } from '../parts/fields.ts'
import { residualStatistic } from '../parts/residual-statistic.ts'
import { clipOutlier } from '../parts/robust-scale.ts'
import { runningMean } from '../parts/running-mean.ts'
import { scoreWith } from '../parts/scorer.ts'
import { READY, type Statistic } from '../parts/statistic.ts'
import { cusumDistribution, cusumLimit } from './run-length.ts'

const SUMS = record({
  up: 'sum of departures upwards, in standard deviations',
  down: 'and downwards',
  run: 'the direction of the run of alarms, 0 outside runs',
})

/** No score is 0: a calibrator would take it for one of the upper side. */
const MIN_SCORE = 1e-9
/** log of the tail at which a sum stops growing. */
const LOG_MOST = Math.log(0.5e-8)

interface CusumSettings {
  /** In standard deviations. */
  readonly slack: number
  /** Values that the mean remembers. */
  readonly memory: number
  readonly warmup: number
  readonly calibrate: CalibratorName
}

/** A detector of two sums. */
export function openSums(
  { slack, memory, warmup, calibrate }: CusumSettings,
  context: DetectorContext,
): Detector {
  const statistic = cusumStatistic(slack, memory, warmup, context)
  if (!context.events)
    return scoreWith({ ...statistic, continuesEvent: undefined } as Statistic, calibrate, context)
  const limit = cusumLimit(slack, 1 / context.alpha)
  const alpha = Math.min(1, 2 * Math.exp(cusumDistribution(slack).logTail(limit)))
  return { ...scoreWith(statistic, calibrate, { ...context, alpha }), alpha }
}

function cusumStatistic(
  slack: number,
  memory: number,
  warmup: number,
  context: Pick<DetectorContext, 'everyMs'>,
): Statistic {
  const distribution = cusumDistribution(slack)
  const most = distribution.point(LOG_MOST)
  let sums: Float64Array = new Float64Array(0)
  const inner = residualStatistic(
    runningMean(memory, key => sums.fill(0, key * SUMS.width, (key + 1) * SUMS.width)),
    { warmup },
    context,
  )
  // Of the value at hand: the sums before it, its innovation in scales, and its normal score.
  let up = 0
  let down = 0
  let t = 0
  let z = 0
  let logTwoSided = 0

  /** The value that takes the sum of a side to `sum`. */
  function valueWith(side: number, sum: number): number {
    const score = side * (sum + slack - (side > 0 ? up : down))
    return inner.bound(score < 0 ? -1 : 1, 2 * Math.exp(normalLogSf(Math.abs(score))))
  }

  return {
    layout: { ...inner.layout, sums: SUMS.field },
    reason: 'level',
    describe: inner.describe!,
    prediction: inner.prediction,
    bind(state) {
      sums = f64(state, 'sums')
      inner.bind(state)
    },
    predict(key, timeMs) {
      inner.predict(key, timeMs)
      up = sums[key * SUMS.width + SUMS.up]!
      down = sums[key * SUMS.width + SUMS.down]!
    },
    measure(x) {
      t = inner.measure(x)
      z = Number.isNaN(t) ? t : Math.sign(t) * upperPoint(inner.logP(t, x) - Math.LN2)
      if (inner.prediction[READY] === 0) return Number.isFinite(z) ? 0 : z
      const high = Math.max(0, up + z - slack)
      const low = Math.max(0, down - z - slack)
      logTwoSided = Math.min(0, Math.LN2 + distribution.logTail(Math.max(high, low)))
      // Where both sums are 0 the side is that of the value.
      const u = Math.max(upperPoint(logTwoSided - Math.LN2), MIN_SCORE)
      return high > low || (high === low && z > 0) ? u : -u
    },
    logP: () => logTwoSided,
    valueAt: u => valueWith(u < 0 ? -1 : 1, distribution.point(normalLogSf(Math.abs(u)))),
    bound: (side, alpha) => valueWith(side, distribution.point(Math.log(alpha / 2))),
    continuesEvent(key) {
      const at = key * SUMS.width
      const side = up + z > down - z ? 1 : -1
      const before = sums[at + SUMS.run]!
      sums[at + SUMS.run] = side
      return before === side
    },
    learn(key, timeMs, x) {
      const ready = inner.prediction[READY] === 1
      const at = key * SUMS.width
      if (ready && Number.isFinite(z)) {
        const clipped = clipOutlier(z)
        const high = Math.min(most, Math.max(0, up + clipped - slack))
        const low = Math.min(most, Math.max(0, down - clipped - slack))
        sums[at + SUMS.up] = high
        sums[at + SUMS.down] = low
        if (sums[at + SUMS.run] === 1 ? high === 0 : low === 0) sums[at + SUMS.run] = 0
      }
      // A move of the level clears the sums.
      return inner.learn(key, timeMs, x, t)
    },
  }
}
