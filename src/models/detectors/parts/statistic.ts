/**
 * What most detectors are made of: a statistic of each value, about standard normal for what is ordinary, and its distribution.
 * `scoreWith` makes a detector of it, with the calibrator that the spec names.
 *
 * All of it works on one key at a time, with `said` as its only output beside return values, so that a row costs no
 * allocation.
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'

/** Places in {@link Statistic.said}. */
export const EXPECTED = 0
/** 1 when the value is to be scored, 0 during warm-up. */
export const READY = 1
export const PREDICTION = 2

export interface Statistic {
  /** Zeros are the state of a key that has not been seen. */
  readonly layout: StateLayout
  /** What {@link predict} says of the next value. */
  readonly prediction: Float64Array
  /** Points it at the arrays of a step. */
  bind(state: StateTable): void
  /** Predicts the value of `key` at `timeMs`: fills `said`. NaN is "nothing is expected yet". Steps that had no row since the last are taken for missing values. */
  predict(key: number, timeMs: number): void
  /** The signed statistic of a value under that prediction; ±Infinity for what is impossible. Increases with x. */
  measure(x: number): number
  /** log of the two-sided p-value, by its own distribution, of the statistic `u` of the value `x` measured last. */
  logP(u: number, x: number): number
  /** The value whose statistic is `u`: undoes {@link measure}. */
  valueAt(u: number): number
  /** The value on a side (+1 or −1) whose p-value by its own distribution is alpha. */
  bound(side: number, alpha: number): number
  /**
   * Learns the value of `key` at `timeMs`, after it was scored; both are NaN for a missing value. Returns what it
   * counts for a calibrator, 0 to 1.
   */
  learn(key: number, timeMs: number, x: number, u: number): number
  /** Whether a value with p < alpha goes on with an anomaly before it. Asked for each of those, in order. */
  continuesEvent?(key: number): boolean
}
