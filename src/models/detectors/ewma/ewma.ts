/**
 * The `ewma` detector: each value against the exponentially weighted mean of those before it.
 *
 * level ← level + λ·(x − level), λ falling as 1/n from 1 to `smoothing`, so that the first values do not weigh more
 * than the others. The one-step prediction of simple exponential smoothing, which is an ARIMA(0, 1, 1) (Hyndman &
 * Athanasopoulos, *Forecasting: Principles and Practice*, 3rd ed., §8.1; Roberts 1959, *Technometrics* 1, for its use
 * on control charts). Missing values leave the level where it is.
 */
import type { DetectorFactory } from '../../../core/detector.ts'
import { specNumber, specWord } from '../parts/check-spec.ts'
import { f64 } from '../parts/fields.ts'
import { type Predictor, residualStatistic } from '../parts/residual-statistic.ts'
import { scoreWith } from '../parts/scorer.ts'

const LEVEL = 0
const COUNT = 1
const WIDTH = 2

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
    layout: { mean: { kind: 'f64', width: WIDTH } },
    bind(state) {
      mean = f64(state, 'mean')
    },
    expect: key => (mean[key * WIDTH + COUNT] === 0 ? Number.NaN : mean[key * WIDTH + LEVEL]!),
    take(key, _timeMs, x) {
      if (Number.isNaN(x)) return
      const at = key * WIDTH
      const count = mean[at + COUNT]! + 1
      mean[at + COUNT] = count
      mean[at + LEVEL] = mean[at + LEVEL]! + Math.max(smoothing, 1 / count) * (x - mean[at + LEVEL]!)
    },
    skip() {},
    move(key, by) {
      mean[key * WIDTH + LEVEL] = mean[key * WIDTH + LEVEL]! + by
    },
  }
}
