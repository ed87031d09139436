import type { Detector, DetectorContext, DetectorInput, DetectorOutput } from '../../../core/detector.ts'
import type { StateTable } from '../../../core/fold.ts'
import type { Calibrator, CalibratorName } from '../../calibration/calibrator.ts'
import { openCalibrator } from '../../calibration/index.ts'
import { EXPECTED, READY, type Statistic } from './statistic.ts'

/**
 * A detector of a statistic and a calibrator: each value is predicted, measured, scored, and then learned by both.
 *
 * With `analytic` the p-value is that of the statistic's null distribution; `tail` and `conformal` learn the distribution
 * from the statistics seen.
 */
export function scoreWith(
  statistic: Statistic,
  calibrate: CalibratorName,
  context: DetectorContext,
): Detector {
  const { prediction } = statistic
  const calibrator = openCalibrator(calibrate, context.alpha, context.wants.pValues === 'all')
  const analytic = calibrate === 'analytic'
  const score = openScorer(statistic, calibrator, analytic, context)

  return {
    layout: { ...statistic.layout, ...calibrator.layout },
    ...(statistic.reason && { reason: statistic.reason }),
    ...(statistic.describe && {
      describe(state: StateTable, key: number) {
        statistic.bind(state)
        return statistic.describe!(key)
      },
    }),
    step(state: StateTable, input: DetectorInput, output: DetectorOutput) {
      const { count, keys, timesMs, values } = input
      statistic.bind(state)
      calibrator.bind(state)
      for (let i = 0; i < count; i++) {
        const key = keys[i]!
        const timeMs = timesMs[i]!
        const x = values[i]!
        statistic.predict(key, timeMs)
        const ready = prediction[READY] === 1
        const u = score(key, key, x, i, output)
        const weight = statistic.learn(key, timeMs, x, u)
        if (!analytic && ready && Number.isFinite(u)) calibrator.learn(key, u, weight)
      }
    },
  }
}

/**
 * Scores a value by the prediction at hand: `score(key, slot, x, i, output)` fills place i of the output and returns the
 * statistic. `slot` is that of the calibrator: one for all keys when they share it.
 */
export function openScorer(
  statistic: Statistic,
  calibrator: Calibrator,
  analytic: boolean,
  { alpha, wants }: DetectorContext,
): (key: number, slot: number, x: number, i: number, output: DetectorOutput) => number {
  const { prediction } = statistic
  const logAlpha = Math.log(alpha)
  const everyBound = wants.bounds === 'all'
  const anyBound = wants.bounds !== 'none'

  const bound = (slot: number, side: number): number => {
    const u = calibrator.critical(slot, side)
    return Number.isNaN(u) ? statistic.bound(side, alpha) : statistic.valueAt(side * u)
  }

  return (key, slot, x, i, output) => {
    const { expected, lower, upper, logP, suppressed } = output
    expected[i] = prediction[EXPECTED]!
    const ready = prediction[READY] === 1
    const u = statistic.measure(x)
    let log = Number.NaN
    if (ready && !Number.isNaN(x)) {
      const own = statistic.logP(u, x)
      log = analytic || Math.abs(u) === Infinity ? own : calibrator.logP(slot, u, own)
    }
    logP[i] = log
    if (log < logAlpha && statistic.continuesEvent?.(key)) suppressed[i] = 1
    if (ready && (everyBound || (anyBound && log < logAlpha))) {
      lower[i] = bound(slot, -1)
      upper[i] = bound(slot, 1)
    } else {
      lower[i] = upper[i] = Number.NaN
    }
    return u
  }
}
