/**
 * What most detectors are made of: a statistic of each value, about standard normal for ordinary values, and its null
 * distribution. `scoreWith` makes a detector of it, with the calibrator that the spec names.
 *
 * This folder holds the parts that several detectors share. Invariant: parts know one key at a time and no detector; a row
 * costs no allocation, so that beside return values the only output is `prediction`. Parts import `core`, calibration,
 * distributions and numerics, and each other.
 */
import type { Reason, SeriesTraits } from '../../../core/detector.ts'
import type { StateLayout, StateTable } from '../../../core/fold.ts'

/** Places in {@link Statistic.prediction}: the value expected; NaN while nothing is. */
export const EXPECTED = 0
/** 1 when the value is to be scored, 0 during warm-up. */
export const READY = 1
/** Its length. */
export const PREDICTION = 2

export interface Statistic {
  /** What an anomaly is. Default: `spike`. */
  readonly reason?: Reason
  /** Zeros are the state of a key that has not been seen. */
  readonly layout: StateLayout
  /** The prediction at hand, filled by {@link predict}. */
  readonly prediction: Float64Array
  /** Points it at the arrays of a step. */
  bind(state: StateTable): void
  /** Predicts the value of `key` at `timeMs`: fills `prediction`. Steps without a row since the last are missing values. */
  predict(key: number, timeMs: number): void
  /** The signed statistic of a value under that prediction, increasing in x; ±Infinity for impossible values. */
  measure(x: number): number
  /** log of the two-sided p-value, by the null distribution, of the statistic `u` of the value `x` measured last. */
  logP(u: number, x: number): number
  /** The value whose statistic is `u`: undoes {@link measure}. */
  valueAt(u: number): number
  /** The value on a side (+1 or −1) whose p-value by the null distribution is alpha. */
  bound(side: number, alpha: number): number
  /**
   * Learns the value x of `key` at `timeMs`, after it was scored with the statistic u; both are NaN for a missing value.
   * Returns its weight for a calibrator, 0 to 1.
   */
  learn(key: number, timeMs: number, x: number, u: number): number
  /** Whether a value with p < alpha continues the event of an anomaly before it. Asked for each of those, in order. */
  continuesEvent?(key: number): boolean
  /** What is known of the series of a key: of its state alone. */
  describe?(key: number): SeriesTraits
}
