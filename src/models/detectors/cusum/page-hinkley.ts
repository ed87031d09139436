/**
 * The `pageHinkley` detector: departures from the mean of all values so far, less a tolerance, summed; a value is an
 * anomaly when the sum is far above its minimum so far (Page 1954, *Biometrika* 41; Hinkley 1971, *Biometrika* 58).
 *
 * With m_t = Σ (x_i − mean_i − δ) the test looks at m_t − min m, which is a CUSUM of slack δ: it rises and falls as m
 * does, and is 0 where m has its minimum. So this is `cusum` in both directions, except for its mean: that of all values
 * since the level last moved, none forgotten. Small tolerances need it: a mean that forgets wanders, and its way would add
 * up to a shift.
 */
import type { DetectorFactory } from '../../../core/detector.ts'
import { specNumber, specWord } from '../parts/check-spec.ts'
import { specSlack } from './cusum.ts'
import { openSums } from './statistic.ts'

/** Opens the `pageHinkley` detector. @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense. */
export const openPageHinkley: DetectorFactory = (spec, context) =>
  openSums(
    {
      slack: specSlack(spec, 'delta'),
      memory: Number.POSITIVE_INFINITY,
      warmup: specNumber(spec, 'warmup', 10, 1e9, true),
      calibrate: specWord(spec, 'calibrate', ['analytic', 'conformal', 'tail']),
    },
    context,
  )
