/**
 * What users write: detectors as plain frozen data, checked here so that the error points at the user's line. Nothing
 * heavy is imported: the models themselves are opened in the shards by `registry.ts`.
 */
import type { DetectorSpec } from '../../core/detector.ts'
import { type Duration, durationMs } from '../../core/time/duration.ts'
import { checkNames, positiveMs, refuse, type Stretch, type StretchSpec, stretch } from './options.ts'

/** A season of the count model: each hour of the week, each hour of the day (both UTC), or none. */
export type CountSeason = 'hourOfWeek' | 'hourOfDay' | 'none'

/** What {@link counts} takes. */
export interface CountsOptions {
  /** Default `'hourOfWeek'`: 168 expected counts. */
  season?: CountSeason
  /** Nothing is judged before a key has been seen for so long. Default `'2w'` with `hourOfWeek`, else `'1w'`. */
  warmup?: Duration
  /** After so long, what was learned of profile and dispersion counts half. Default `'8w'`. */
  halfLife?: Duration
  /** The same for the level, the factor common to all hours. Default `'1w'`. */
  levelHalfLife?: Duration
  /** Counts strange for so long in the same direction are a new level, no longer an anomaly. Default `'3d'`. */
  patience?: Duration
}

/** The plain data of {@link counts}. */
export interface CountsSpec extends DetectorSpec {
  readonly kind: 'counts'
  readonly season: CountSeason
  readonly warmupMs: number
  readonly halfLifeMs: number
  readonly levelHalfLifeMs: number
  readonly patienceMs: number
}

/**
 * A negative binomial model of counts, learned while they are judged: for departures, requests, clicks an hour.
 *
 * The expected count is a profile over the hours of the week times a level that drifts slowly. Dispersion is learned
 * from the residuals. What is strange is clipped before it is learned from. Missing values are skipped.
 *
 * @throws {ModelError} `DETECTOR_OPTION` for an option that makes no sense; {@link PlanError} `DURATION` for what is
 *   not a duration.
 * @example
 * counts().season // 'hourOfWeek'
 */
export function counts(options: CountsOptions = {}): CountsSpec {
  checkNames('counts', options, ['season', 'warmup', 'halfLife', 'levelHalfLife', 'patience'], counts)
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
  })
}

/**
 * `analytic`: Student's law, for innovations that are about normal. `tail`: tails learned from the innovations.
 * `conformal`: their ranks.
 */
export type ArmaCalibration = 'analytic' | 'conformal' | 'tail'

/** What {@link arma} takes. */
export interface ArmaOptions {
  /** Autoregressive lags, 0 to 16. */
  p: number
  /** Moving-average lags, 0 to 16. */
  q: number
  /** Length of a season whose profile is taken off first, such as `'1d'`. */
  season?: Duration
  /** Nothing is judged before so much of the series. Default 336 points. */
  warmup?: Stretch
  /** Points the model is fitted to: the last so many. Default 512. */
  window?: number
  /** Longest stretch between two fits. Default 4096 points; after the warm-up, fits come at 3, 9, … times its length. */
  refitEvery?: Stretch
  /** How a standardised innovation becomes a p-value. Default `'tail'`. */
  calibrate?: ArmaCalibration
}

/** The plain data of {@link arma}. */
export interface ArmaDetectorSpec extends DetectorSpec {
  readonly kind: 'arma'
  readonly p: number
  readonly q: number
  readonly seasonMs: number | null
  readonly warmup: StretchSpec
  readonly window: number
  readonly refitEvery: StretchSpec
  readonly calibrate: ArmaCalibration
}

function order(value: unknown, name: string): number {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 16) return value as number
  return refuse(`arma() needs a whole ${name} from 0 to 16`, value, 'arma({ p: 2, q: 1 })', arma)
}

/**
 * An ARMA(p, q) model of a regular series, learned while it is judged: for delays, loads, temperatures.
 *
 * Each value is compared with its one-step prediction. Parameters are fitted by conditional sum of squares to the last
 * `window` points, at fixed positions of the series. Missing values widen the prediction and are otherwise harmless.
 * What is strange is not learned from until it lasts: then it is a new level.
 *
 * @throws {ModelError} `DETECTOR_OPTION` for an option that makes no sense; {@link PlanError} `DURATION` for what is
 *   not a duration.
 * @example
 * arma({ p: 2, q: 1, season: '1d' }).seasonMs // 86400000
 */
export function arma(options: ArmaOptions): ArmaDetectorSpec {
  checkNames('arma', options, ['p', 'q', 'season', 'warmup', 'window', 'refitEvery', 'calibrate'], arma)
  const p = order(options.p, 'p')
  const q = order(options.q, 'q')
  const window = options.window ?? 512
  const least = 8 * (p + q + 1) + 16
  if (!Number.isSafeInteger(window) || window < least || window > 1_000_000) {
    refuse(
      `arma({ p: ${p}, q: ${q} }) needs a window of ${least} to 1000000 points`,
      window,
      'window: 512',
      arma,
    )
  }
  const calibrate = options.calibrate ?? 'tail'
  if (calibrate !== 'analytic' && calibrate !== 'conformal' && calibrate !== 'tail') {
    refuse(
      "arma() calibrates by 'analytic', 'conformal' or 'tail'",
      calibrate,
      "leave it out for 'tail'",
      arma,
    )
  }
  return Object.freeze({
    kind: 'arma',
    p,
    q,
    seasonMs: options.season === undefined ? null : positiveMs(options.season, 'the season of arma()', arma),
    warmup: stretch(options.warmup ?? 336, 'the warmup of arma()', arma),
    window,
    refitEvery: stretch(options.refitEvery ?? 4096, 'refitEvery of arma()', arma),
    calibrate,
  })
}
