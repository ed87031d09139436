/**
 * What p-values of several statistics say together: the least of them, each divided by the share of false alarms that its
 * statistic has (Bonferroni's bound, weighted). It holds whatever their dependence, it says which statistic it was, and the
 * bounds of a value are those of its own statistic at its share of alpha.
 */
import { REASONS } from '../../../core/detector.ts'
import { SEASON_SHARE } from './season-lost.ts'
import { WINDOW_COUNT, WINDOW_REASONS, WINDOW_SHARES } from './windows.ts'

/** Places of log p-values: windows first. */
export const SEASON = WINDOW_COUNT
export const FLATLINE = WINDOW_COUNT + 1
export const GAP = WINDOW_COUNT + 2
export const PARTS = WINDOW_COUNT + 3

/** Shares of false alarms: of the value itself, and of the others in their order. They sum to 1. */
const SPIKE_SHARE = 0.7
const SHARES = [...WINDOW_SHARES, SEASON_SHARE, 0.04, 0.03]
export const LOG_SPIKE_SHARE: number = Math.log(SPIKE_SHARE)
const LOG_SHARES = Float64Array.from(SHARES, Math.log)
const SPIKE = REASONS.indexOf('spike')
const PART_REASONS = [
  ...WINDOW_REASONS,
  ...(['season', 'flatline', 'gap'] as const).map(name => REASONS.indexOf(name)),
]

/** The least of the p-values at hand, the reason that it has, and the p-value of that reason by itself. */
export interface Union {
  logP: number
  reason: number
  reasonLogP: number
}

/** What {@link join} finds where no other part has a p-value below 1. */
export function joinNone(spike: number, union: Union): void {
  union.logP = Math.min(spike - LOG_SPIKE_SHARE, 0)
  union.reason = SPIKE
  union.reasonLogP = spike
}

/** Joins the log p-value of the value itself with those of the other parts, of which NaNs do not count. */
export function join(spike: number, logs: Float64Array, union: Union): void {
  let least = spike - LOG_SPIKE_SHARE
  let reason = SPIKE
  let own = spike
  for (let part = 0; part < PARTS; part++) {
    const log = logs[part]! - LOG_SHARES[part]!
    if (log < least) {
      least = log
      reason = PART_REASONS[part]!
      own = logs[part]!
    }
  }
  union.logP = Math.min(least, 0)
  union.reason = reason
  union.reasonLogP = own
}
