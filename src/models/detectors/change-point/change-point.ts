/**
 * The `changePoint` detector: a series cut into segments of constant level and scale, and each value scored as one more
 * of its segment (Adams & MacKay 2007, arXiv:0710.3742; `run-lengths.ts` has the model).
 */
import type { DetectorFactory } from '../../../core/detector.ts'
import { specNumber, specWord } from '../parts/check-spec.ts'
import { scoreWith } from '../parts/scorer.ts'
import { runLengths } from './run-lengths.ts'

/** Opens the `changePoint` detector. @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense. */
export const openChangePoint: DetectorFactory = (spec, context) => {
  const hazard = specNumber(spec, 'hazard', Number.MIN_VALUE, 0.5)
  const warmup = specNumber(spec, 'warmup', 10, 1e9, true)
  const calibrate = specWord(spec, 'calibrate', ['analytic', 'conformal', 'tail'])
  return scoreWith(runLengths(hazard, warmup, calibrate === 'analytic'), calibrate, context)
}
