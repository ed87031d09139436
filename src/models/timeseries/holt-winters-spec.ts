/** Holt–Winters smoothing without a series: plain data, for `detect`. */
import type { CalibratorName } from '../calibration/calibrator.ts'
import {
  between,
  calibration,
  checkNames,
  refuse,
  type Span,
  type SpanSpec,
  span,
  whole,
} from '../spec-options.ts'

/** What {@link holtWinters} takes without a series. */
export interface HoltWintersSpecOptions {
  /** Length of a season: a duration, `'1d'`, which needs a series with a known step; or a number of points. Default none. */
  season?: Span
  /** Whether the level has a slope. Default false. */
  trend?: boolean
  /** Damping of the slope: the part of it that remains after a step, 0 to 1. Default 1: no damping. */
  damped?: number
  /** Weight of a new value in the level, 0 to 1. Default 0.1. */
  alpha?: number
  /** Weight of a change of the level in the slope, 0 to 1. Default 0.01. */
  beta?: number
  /** Weight of a new value in its place of the season, 0 to 1. Default 0.1. */
  gamma?: number
  /** Number of values before the first one is scored. Default three seasons, and 100 at least. */
  warmup?: number
  /** How a standardised innovation becomes a p-value. Default `'tail'`. */
  calibrate?: CalibratorName
}

/** The plain data of {@link holtWinters} without a series. */
export interface HoltWintersSpec {
  readonly kind: 'holtWinters'
  readonly season: SpanSpec | null
  readonly trend: boolean
  readonly damped: number
  readonly alpha: number
  readonly beta: number
  readonly gamma: number
  /** null: three seasons, and 100 at least. */
  readonly warmup: number | null
  readonly calibrate: CalibratorName
  readonly [parameter: string]: unknown
}

const NAMES = ['season', 'trend', 'damped', 'alpha', 'beta', 'gamma', 'warmup', 'calibrate'] as const

/**
 * Additive exponential smoothing with trend and season: each value against level, slope and season as they were before
 * it. With a series in front (`millrace/models`) it is smoothed at once instead.
 *
 * @throws {ModelError} `DETECTOR_OPTION` for an option that makes no sense; {@link PlanError} `DURATION` for what is
 *   not a duration.
 * @example
 * holtWinters({ season: '1d', trend: true }).gamma // 0.1
 */
export function holtWinters(options: HoltWintersSpecOptions = {}): HoltWintersSpec {
  return holtWintersSpec(options, holtWinters)
}

/** {@link holtWinters} with errors that point at the caller of `above`. */
export function holtWintersSpec(options: HoltWintersSpecOptions, above: Function): HoltWintersSpec {
  checkNames('holtWinters', options, NAMES, above)
  const { season, trend = false, damped = 1, warmup } = options
  const weight = (name: 'alpha' | 'beta' | 'gamma', otherwise: number) =>
    between(options[name] ?? otherwise, `the ${name} of holtWinters()`, 0, 1, above)
  if (typeof trend !== 'boolean') {
    refuse('the trend of holtWinters() is true or false', trend, 'leave it out for none', above)
  }
  return Object.freeze({
    kind: 'holtWinters',
    season: season === undefined ? null : span(season, 'the season of holtWinters()', above),
    trend,
    damped: damped === 1 ? 1 : between(damped, 'the damped of holtWinters()', 0, 1, above),
    alpha: weight('alpha', 0.1),
    beta: weight('beta', 0.01),
    gamma: weight('gamma', 0.1),
    warmup: warmup === undefined ? null : whole(warmup, 'the warmup of holtWinters()', 10, 1e9, above),
    calibrate: calibration(options.calibrate ?? 'tail', 'holtWinters', above),
  })
}
