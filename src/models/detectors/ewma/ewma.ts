/**
 * The `ewma` detector: each value against the exponentially weighted mean of those before it.
 *
 * level ← level + λ·(x − level), λ falling as 1/n from 1 to `smoothing`, so that the first values do not weigh more
 * than the others. The one-step prediction of simple exponential smoothing, which is an ARIMA(0, 1, 1) (Hyndman &
 * Athanasopoulos, *Forecasting: Principles and Practice*, 3rd ed., §8.1; Roberts 1959, *Technometrics* 1, for its use
 * on control charts). Missing values leave the level where it is.
 */
import type { DetectorFactory } from '../../../core/detector.ts'
import { record } from '../../../core/record.ts'
import { specNumber, specWord } from '../parts/check-spec.ts'
import { f64 } from '../parts/fields.ts'
import { type Predictor, residualStatistic } from '../parts/residual-statistic.ts'
import { scoreWith } from '../parts/scorer.ts'

const MEAN = record({ level: 'the weighted mean', count: 'values in it' })

/** Opens the `ewma` detector. @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense. */
export const openEwma: DetectorFactory = (spec, context) => {
  const smoothing = specNumber(spec, 'smoothing', 0, 1)
  const warmup = specNumber(spec, 'warmup', 10, 1e9, true)
  const calibrate = specWord(spec, 'calibrate', ['analytic', 'conformal', 'tail'])
  return scoreWith(residualStatistic(meanPredictor(smoothing), { warmup }, context), calibrate, context)
}

function meanPredictor(smoothing: number): Predictor {
  let mean: Float64Array = new Float64Array(0)
  return {
    layout: { mean: MEAN.field },
    bind(state) {
      mean = f64(state, 'mean')
    },
    expect: key =>
      mean[key * MEAN.width + MEAN.count] === 0 ? Number.NaN : mean[key * MEAN.width + MEAN.level]!,
    take(key, _timeMs, x) {
      if (Number.isNaN(x)) return
      const at = key * MEAN.width
      const count = mean[at + MEAN.count]! + 1
      mean[at + MEAN.count] = count
      mean[at + MEAN.level] =
        mean[at + MEAN.level]! + Math.max(smoothing, 1 / count) * (x - mean[at + MEAN.level]!)
    },
    skip() {},
    describe: key =>
      mean[key * MEAN.width + MEAN.count] === 0 ? {} : { level: mean[key * MEAN.width + MEAN.level]! },
    move(key, by) {
      mean[key * MEAN.width + MEAN.level] = mean[key * MEAN.width + MEAN.level]! + by
    },
  }
}
