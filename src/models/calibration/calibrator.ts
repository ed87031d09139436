/**
 * Calibrators: what makes p-values of a detector's statistic.
 *
 * A detector yields a statistic with its distribution; a calibrator says how far that distribution is believed. `analytic` takes it as
 * it is, `conformal` ranks the statistic among those before it, `tail` learns both tails of its distribution. State is a field
 * or two of the detector's own, one slot a key; a slot of zeros is a key that has not been seen.
 *
 * Invariant: what is learned of a key depends on its statistics alone, never on what was asked between them.
 * May import `core` and the other models.
 */
import type { FieldSpec, StateTable } from '../../core/fold.ts'
import { openAnalytic } from './analytic.ts'
import { openConformal } from './conformal.ts'
import { openTail } from './tail.ts'

/** A calibrator by name. */
export type CalibratorName = 'analytic' | 'conformal' | 'tail'

/**
 * Makes p-values of a detector's statistic: a signed number, about standard normal for what is ordinary. One per opened
 * detector, state per key.
 */
export interface Calibrator {
  /** Fields to be added to the detector's own. Their names begin with `calibration`; none for `analytic`. */
  readonly layout: Readonly<Record<string, FieldSpec>>
  /** Points it at the arrays of a step: called at the start of each. */
  bind(state: StateTable): void
  /** log of the two-sided p-value of statistic u of key, whose log p by its own distribution is `own`. NaN: no score yet. */
  logP(key: number, u: number, own: number): number
  /**
   * The statistic on a side (+1 or −1), as a positive number, whose p-value is alpha: beyond it p < alpha. NaN when the
   * statistic's own distribution says (analytic), Infinity when no statistic is strange enough (conformal before 1/alpha points).
   */
  critical(key: number, side: number): number
  /** Learns u, after it was scored; trust, 0 to 1, is what it counts. */
  learn(key: number, u: number, trust: number): void
}

const calibrators: Readonly<Record<CalibratorName, (alpha: number, exact: boolean) => Calibrator>> = {
  analytic: openAnalytic,
  conformal: openConformal,
  tail: openTail,
}

/** The names there are, for messages. */
export const calibratorNames = Object.keys(calibrators) as readonly CalibratorName[]

/**
 * Opens a calibrator that alarms at rate alpha. When not `exact`, `logP` of what is ordinary need only be on the right
 * side of log alpha; what is learned is the same.
 *
 * @example
 * openCalibrator('analytic', 1e-3).logP(0, 2.5, -4.4) // -4.4
 */
export const openCalibrator = (name: CalibratorName, alpha: number, exact = true): Calibrator =>
  calibrators[name](alpha, exact)
