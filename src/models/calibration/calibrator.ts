/**
 * Calibrators: they turn a detector's statistic into a p-value.
 *
 * A detector yields a statistic with its null distribution. A calibrator says how far that distribution is believed:
 * `analytic` takes it as it is, `conformal` ranks the statistic among those before it, `tail` learns both tails. The state
 * is a field of the detector's own; zeros are a key that has not been seen.
 *
 * Invariant: what is learned of a key depends on its statistics alone, never on what was asked between them.
 * May import `core`, `special` and `numerics`, and the options of specs.
 */
import type { FieldSpec, StateTable } from '../../core/fold.ts'
import type { CalibratorName } from '../spec-options.ts'
import { openAnalytic } from './analytic.ts'
import { openConformal } from './conformal.ts'
import { openTail } from './tail.ts'

export type { CalibratorName }

/**
 * Turns a detector's statistic, a signed number that is about standard normal for ordinary values, into a p-value. There
 * is one per opened detector, with state per key.
 */
export interface Calibrator {
  /** Fields to be added to the detector's own. Their names begin with `calibration`; none for `analytic`. */
  readonly layout: Readonly<Record<string, FieldSpec>>
  /** Points it at the arrays of a step: called at the start of each. */
  bind(state: StateTable): void
  /** log of the two-sided p-value of a statistic u of a key; `own` is log p by its null distribution. NaN: no score yet. */
  logP(key: number, u: number, own: number): number
  /**
   * The size of the statistic on a side (+1 or −1) whose p-value is alpha: beyond it p < alpha. NaN when the null
   * distribution says it (analytic), Infinity when no size is large enough (conformal before 1/alpha points).
   */
  critical(key: number, side: number): number
  /** Learns u, after it was scored. `weight`, 0 to 1, is how much it counts. */
  learn(key: number, u: number, weight: number): void
}

const calibrators: Readonly<Record<CalibratorName, (alpha: number, exact: boolean) => Calibrator>> = {
  analytic: openAnalytic,
  conformal: openConformal,
  tail: openTail,
}

/** All names, for messages. */
export const calibratorNames = Object.keys(calibrators) as readonly CalibratorName[]

/**
 * Opens a calibrator whose p-values are below alpha at rate alpha. When not `exact`, `logP` of ordinary statistics is only
 * on the right side of log alpha; what is learned is the same.
 *
 * @example
 * openCalibrator('analytic', 1e-3).logP(0, 2.5, -4.4) // -4.4
 */
export const openCalibrator = (name: CalibratorName, alpha: number, exact = true): Calibrator =>
  calibrators[name](alpha, exact)
