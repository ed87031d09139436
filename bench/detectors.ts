/**
 * The detectors that `bench:nab`, `bench:power` and the calibration tests score: one line each.
 *
 * A line holds for every file and every series: nothing in it may depend on the data it is scored with, and none of it
 * is chosen by a score on NAB (see docs/benchmarks.md).
 */

import type { SuppressionRule } from '../src/core/alarm-suppression.ts'
import type { DetectorSpec } from '../src/core/detector.ts'
import {
  arima,
  arma,
  auto,
  changePoint,
  counts,
  cusum,
  ewma,
  fitted,
  holtWinters,
  kMeansDistance,
  pageHinkley,
  robustZ,
  seasonalNaive,
} from '../src/models/detectors/index.ts'

export interface BenchDetector {
  readonly name: string
  readonly spec: DetectorSpec
  /** The false-alarm rate it is opened with. Default {@link HEADLINE_ALPHA}. */
  readonly alpha?: number
  /**
   * Opened for a rate of events rather than of values: anomalies close together are one by this rule. For detectors
   * that have such a rule of their own too, so that other thresholds can be tried with it.
   */
  readonly events?: SuppressionRule
  /** Not asked about series that are no counts by the power suite. */
  readonly countsOnly?: true
}

/** What `auto` by itself takes for one event. */
export const ONE_EVENT: SuppressionRule = { points: 50, again: 1.5, lasting: true }

/** One false alarm in ten thousand values: the rate at which the power suite compares detectors. */
export const HEADLINE_ALPHA = 1e-4

export const DETECTORS: readonly BenchDetector[] = [
  { name: 'counts', spec: counts({ season: 'none', warmup: '1d' }), countsOnly: true },
  { name: 'auto', spec: auto(), events: ONE_EVENT },
  { name: 'arma', spec: arma({ p: 2, q: 1 }) },
  { name: 'ewma', spec: ewma() },
  { name: 'seasonalNaive by day', spec: seasonalNaive({ season: '1d' }) },
  { name: 'holtWinters by day', spec: holtWinters({ season: '1d' }) },
  { name: 'robustZ by day', spec: robustZ({ season: '1d' }) },
  { name: 'fitted poisson', spec: fitted('poisson'), countsOnly: true },
  { name: 'fitted normal', spec: fitted('normal') },
  { name: 'cusum', spec: cusum() },
  { name: 'pageHinkley', spec: pageHinkley() },
  { name: 'changePoint', spec: changePoint() },
  { name: 'kMeansDistance', spec: kMeansDistance() },
  { name: 'arima(0, 1, 1)', spec: arima({ order: [0, 1, 1] }) },
]
