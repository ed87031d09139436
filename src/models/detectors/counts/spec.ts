/** What users write for the `counts` detector: plain data, which `counts.ts` opens. */
import type { DetectorSpec } from '../../../core/detector.ts'
import { type Duration, durationMs } from '../../../core/time/duration.ts'
import { checkNames, positiveMs, type RandomisedSpec, randomisation, refuse } from '../../spec-options.ts'

/** A season of the count model: each hour of the week, each hour of the day (both UTC), or none. */
export type CountSeason = 'hourOfWeek' | 'hourOfDay' | 'none'

/** What {@link counts} takes. */
export interface CountsOptions {
  /** Default `'hourOfWeek'`: 168 expected counts. */
  season?: CountSeason
  /** How long a key must have been seen before it is scored. Default `'2w'` with `hourOfWeek`, else `'1w'`. */
  warmup?: Duration
  /** The time after which what was learned of profile and dispersion counts half. Default `'8w'`. */
  halfLife?: Duration
  /** The same for the level, the factor common to all hours. Default `'1w'`. */
  levelHalfLife?: Duration
  /** Counts that are outliers to one side for this long are a new level, no longer anomalies. Default `'3d'`. */
  patience?: Duration
  /** Whether p-values are randomised, so that they are uniform, rather than conservative. Default false. */
  randomised?: boolean
  /** Chooses the random numbers, 0 to 2³² − 1. Default 0. */
  seed?: number
}

/** The plain data of {@link counts}. */
export interface CountsSpec extends DetectorSpec, RandomisedSpec {
  readonly kind: 'counts'
  readonly season: CountSeason
  readonly warmupMs: number
  readonly halfLifeMs: number
  readonly levelHalfLifeMs: number
  readonly patienceMs: number
}

/**
 * A negative binomial model of counts, learned while they are scored: for departures, requests, clicks per hour.
 *
 * The expected count is a profile over the hours of the week times a level that drifts slowly. Dispersion is learned
 * from the residuals. Outliers are clipped before they are learned from. Missing values are skipped.
 *
 * @throws {ModelError} `DETECTOR_OPTION` for an option that makes no sense; {@link PlanError} `DURATION` for what is
 *   not a duration.
 * @example
 * counts().season // 'hourOfWeek'
 */
export function counts(options: CountsOptions = {}): CountsSpec {
  checkNames(
    'counts',
    options,
    ['season', 'warmup', 'halfLife', 'levelHalfLife', 'patience', 'randomised', 'seed'],
    counts,
  )
  const season = options.season ?? 'hourOfWeek'
  if (season !== 'hourOfWeek' && season !== 'hourOfDay' && season !== 'none') {
    refuse(
      "counts() needs a season of 'hourOfWeek', 'hourOfDay' or 'none'",
      season,
      'leave it out for hourOfWeek',
      counts,
    )
  }
  return Object.freeze({
    kind: 'counts',
    season,
    warmupMs: durationMs(
      options.warmup ?? (season === 'hourOfWeek' ? '2w' : '1w'),
      'the warmup of counts()',
      counts,
    ),
    halfLifeMs: positiveMs(options.halfLife ?? '8w', 'the halfLife of counts()', counts),
    levelHalfLifeMs: positiveMs(options.levelHalfLife ?? '1w', 'the levelHalfLife of counts()', counts),
    patienceMs: positiveMs(options.patience ?? '3d', 'the patience of counts()', counts),
    ...randomisation(options, 'counts', counts),
  })
}
