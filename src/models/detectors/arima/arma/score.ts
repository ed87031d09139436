/** Predictions of the `arma` detector, and the p-values and bounds of the values that come. */
import type { DetectorContext, DetectorOutput } from '../../../../core/detector.ts'
import { standardNormalQuantile } from '../../../special/normal-quantile.ts'
import { scaleDof, scaleOfSizes } from '../../parts/robust-scale.ts'
import { studentLogP, studentPoint } from '../../parts/student.ts'
import type { Arma } from './context.ts'
import { slotScale, slotScaleVariance } from './profile.ts'
import { KEY as KEY_RECORD, SLOT as SLOT_RECORD } from './state.ts'

// The compiler knows constants of this module; imported ones are loaded at each use, which costs some 5 % of a step.
const KEY = KEY_RECORD
const SLOT = SLOT_RECORD

/** What is asked of each score. */
export interface ArmaScoring {
  /** Whether p-values are those of Student's distribution rather than a calibrator's. */
  readonly analytic: boolean
  /** Whether p-values of ordinary values are wanted, too. */
  readonly exact: boolean
  /** Bounds of all values, or of any. */
  readonly everyBound: boolean
  readonly anyBound: boolean
  readonly logAlpha: number
  /** The z that a normal variable exceeds on either side with probability alpha. */
  readonly normalPoint: number
}

export function armaScoring(analytic: boolean, { alpha, wants }: DetectorContext): ArmaScoring {
  return {
    analytic,
    exact: wants.pValues === 'all',
    everyBound: wants.bounds === 'all',
    anyBound: wants.bounds !== 'none',
    logAlpha: Math.log(alpha),
    normalPoint: -standardNormalQuantile(alpha / 2),
  }
}

/** Predicts the value of `arma.row`, and scores it: y, NaN for a missing one, into place i of the output. */
export function score(arma: Arma, y: number, i: number, output: DetectorOutput): void {
  const { numbers, profile, filter, row, calibrator } = arma
  const { analytic, exact, everyBound, anyBound, logAlpha, normalPoint } = arma.scoring
  const { slots } = arma.config.season
  const { key, at, slotAt } = row
  const { m } = filter
  const counted = numbers[at + KEY.counted]!
  const uncertain = numbers[at + KEY.uncertain] === 1
  const base = numbers[at + KEY.level]! + profile[slotAt + SLOT.mean]!
  const expected = base + filter.means[key * m]!
  const unit = scaleOfSizes(numbers[at + KEY.absolute]!, counted, expected, numbers[at + KEY.meanSize]!)
  const spread = uncertain ? Math.sqrt(1 + filter.excess[key * m * m]!) : 1
  const rough = slots === 1 ? 1 : slotScale(profile, slotAt)
  const scale = unit * spread * rough
  const dof = analytic ? degrees(counted, slots === 1 ? 0 : profile[slotAt + SLOT.counted]!) : 0
  row.base = base
  row.expected = expected
  row.unit = unit
  row.slotScale = rough
  row.scale = scale
  row.uncertain = uncertain
  let log = Number.NaN
  if (!Number.isNaN(y)) {
    const error = y - expected
    const u = error / scale
    row.error = error
    row.u = u
    // Student's distribution has no thinner tails than the normal one.
    log = !analytic
      ? calibrator.logP(key, u, Number.NaN)
      : !exact && Math.abs(u) < normalPoint
        ? 0
        : studentLogP(u, dof)
  }
  output.expected[i] = expected
  output.logP[i] = log
  if (everyBound || (anyBound && log < logAlpha)) {
    const own = analytic ? studentPoint(normalPoint, dof) : 0
    output.lower[i] = expected - scale * (analytic ? own : calibrator.critical(key, -1))
    output.upper[i] = expected + scale * (analytic ? own : calibrator.critical(key, 1))
  } else {
    output.lower[i] = output.upper[i] = Number.NaN
  }
}

/** Degrees of freedom of the scale of an innovation, of the series and of its slot together. */
const degrees = (counted: number, visits: number): number =>
  1 / (1 / scaleDof(counted) + slotScaleVariance(visits))
