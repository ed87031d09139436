import type { Detector, DetectorContext, DetectorInput, DetectorOutput } from '../../core/detector.ts'
import type { StateTable } from '../../core/fold.ts'
import type { CalibratorName } from '../calibration/calibrator.ts'
import { openCalibrator } from '../calibration/index.ts'
import { EXPECTED, READY, type Statistic } from './statistic.ts'

/**
 * A detector of a statistic and a calibrator: each value is predicted, measured, judged, and then learned by both.
 *
 * With `analytic` the p-value is that of the statistic's own law; `tail` and `conformal` learn the law of the statistic
 * from the statistics seen.
 */
export function judgedBy(
  statistic: Statistic,
  calibrate: CalibratorName,
  context: DetectorContext,
): Detector {
  const { alpha, wants } = context
  const { said } = statistic
  const calibrator = openCalibrator(calibrate, alpha, wants.pValues === 'all')
  const analytic = calibrate === 'analytic'
  const logAlpha = Math.log(alpha)
  const everyBound = wants.bounds === 'all'
  const anyBound = wants.bounds !== 'none'

  const bound = (key: number, side: number): number => {
    const u = calibrator.critical(key, side)
    return Number.isNaN(u) ? statistic.bound(side, alpha) : statistic.valueAt(side * u)
  }

  return {
    layout: { ...statistic.layout, ...calibrator.layout },
    step(state: StateTable, input: DetectorInput, output: DetectorOutput) {
      const { count, keys, timesMs, values } = input
      const { expected, lower, upper, logP } = output
      statistic.bind(state)
      calibrator.bind(state)
      for (let i = 0; i < count; i++) {
        const key = keys[i]!
        const timeMs = timesMs[i]!
        const x = values[i]!
        statistic.predict(key, timeMs)
        expected[i] = said[EXPECTED]!
        const ready = said[READY] === 1
        const u = statistic.measure(x)
        let log = Number.NaN
        if (ready && !Number.isNaN(x)) {
          const own = statistic.logP(u, x)
          log = analytic || Math.abs(u) === Infinity ? own : calibrator.logP(key, u, own)
        }
        logP[i] = log
        if (log < logAlpha && statistic.goesOn?.(key)) output.quiet[i] = 1
        if (ready && (everyBound || (anyBound && log < logAlpha))) {
          lower[i] = bound(key, -1)
          upper[i] = bound(key, 1)
        } else {
          lower[i] = upper[i] = Number.NaN
        }
        const trust = statistic.learn(key, timeMs, x, u)
        if (!analytic && ready && Number.isFinite(u)) calibrator.learn(key, u, trust)
      }
    },
  }
}
