/**
 * The `cusum` detector: sums of small departures to one side, which no single value would show (Page 1954, *Biometrika*
 * 41; Hawkins & Olwell, *Cumulative Sum Charts and Charting for Quality Improvement*, 1998).
 *
 * The mean behind it remembers about 1024 values. `statistic.ts` has the sums, `run-length.ts` their distribution. This folder
 * is CUSUM and Page–Hinkley, two settings of one statistic; it imports parts of detectors, `special` and `distributions`.
 */
import type { DetectorFactory, DetectorSpec } from '../../../core/detector.ts'
import { specNumber, specWord } from '../parts/check-spec.ts'
import { MAX_SLACK, MIN_SLACK } from './spec.ts'
import { openSums } from './statistic.ts'

/** Values that the mean remembers: a change slower than this is no shift. */
const MEMORY = 1024

/** A slack of a spec. @throws {ModelError} `DETECTOR_SPEC` when it is out of range. */
export const specSlack = (spec: DetectorSpec, name: string): number =>
  specNumber(spec, name, MIN_SLACK, MAX_SLACK)

/** Opens the `cusum` detector. @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense. */
export const openCusum: DetectorFactory = (spec, context) =>
  openSums(
    {
      slack: specSlack(spec, 'slack'),
      memory: MEMORY,
      warmup: specNumber(spec, 'warmup', 10, 1e9, true),
      calibrate: specWord(spec, 'calibrate', ['analytic', 'conformal', 'tail']),
    },
    context,
  )
