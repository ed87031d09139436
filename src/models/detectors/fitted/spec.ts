/**
 * What users write for the `fitted` detector: a family of distributions by its factory or its name. The families
 * themselves are not loaded here; `fitted.ts` opens the spec.
 */
import type { DetectorSpec } from '../../../core/detector.ts'
import type { CalibratorName } from '../../calibration/calibrator.ts'
import {
  calibration,
  checkNames,
  flag,
  type RandomisedSpec,
  randomisation,
  refuse,
  whole,
} from '../../spec-options.ts'

/** Families that `fitted` learns online. */
export const fittedFamilies = [
  'bernoulli',
  'binomial',
  'exponential',
  'gamma',
  'geometric',
  'lognormal',
  'negativeBinomial',
  'normal',
  'poisson',
] as const

/** The name of a family that `fitted` learns online. */
export type FittedFamily = (typeof fittedFamilies)[number]

/** A factory of distributions, such as `poisson` of `millrace/models`: what counts is its name. */
export interface FamilyFactory {
  readonly name: string
  fit(...data: any[]): unknown
}

/** A profile that values follow: a distribution of its own for each hour of the day, or of the week (both UTC). */
export type FittedProfile = 'hourOfDay' | 'hourOfWeek'

/** What {@link fitted} takes. */
export interface FittedOptions {
  /** Hours that differ. Default: all values have one distribution. */
  profile?: FittedProfile
  /**
   * Effective number of past values: older ones are forgotten. Default 1024; 2048 by hour of day, 4096 by hour of week; 64
   * times that for a pool, whose values they then are.
   */
  memory?: number
  /** Values before the first score. Default 30; 168 by hour of day, 336 by hour of week. */
  warmup?: number
  /** How the statistic becomes a p-value. Default `'analytic'`: the family is believed. */
  calibrate?: CalibratorName
  /** Trials of each value: needed for `binomial`, and for no other family. */
  trials?: number
  /**
   * One distribution for all keys, learned from the values of all: values of an instant are scored by what was known
   * before it. Then `memory` and `warmup` count the values of all keys. Default false: each key has a distribution of its
   * own.
   */
  pooled?: boolean
  /**
   * Whether p-values of whole numbers are randomised, so that they are uniform, rather than conservative. Needs a family
   * of whole numbers and `calibrate: 'analytic'`. Default false.
   */
  randomised?: boolean
  /** Chooses the random numbers, 0 to 2³² − 1. Default 0. */
  seed?: number
}

/** The plain data of {@link fitted}. */
export interface FittedSpec extends DetectorSpec, RandomisedSpec {
  readonly kind: 'fitted'
  readonly family: FittedFamily
  readonly profile: FittedProfile | 'none'
  readonly memory: number
  readonly warmup: number
  readonly calibrate: CalibratorName
  /** 0 where the family has no trials. */
  readonly trials: number
}

const wholeFamilies: readonly FittedFamily[] = [
  'bernoulli',
  'binomial',
  'geometric',
  'negativeBinomial',
  'poisson',
]

const MEMORY = { none: 1024, hourOfDay: 2048, hourOfWeek: 4096 } as const
/** A pool's memory in those of a key. */
const POOL_MEMORY = 64
const WARMUP = { none: 30, hourOfDay: 168, hourOfWeek: 336 } as const

/**
 * A distribution learned while it scores: each value against the predictive distribution of its family, which includes
 * the uncertainty of the parameters.
 *
 * @param family A factory of `millrace/models` (`poisson`), or its name (`'poisson'`).
 * @throws {ModelError} `DETECTOR_OPTION` for a family that cannot be learned online, and options that make no sense.
 * @example
 * fitted('poisson', { profile: 'hourOfDay' }).family // 'poisson'
 */
export function fitted(family: FittedFamily | FamilyFactory, options: FittedOptions = {}): FittedSpec {
  const named =
    typeof family === 'function' && typeof (family as { fit?: unknown }).fit === 'function'
      ? (family as FamilyFactory).name
      : family
  if (!fittedFamilies.includes(named as FittedFamily)) {
    refuse(
      'fitted() needs a family of distributions it can learn',
      named,
      `families: ${fittedFamilies.join(', ')}`,
      fitted,
    )
  }
  checkNames(
    'fitted',
    options,
    ['profile', 'memory', 'warmup', 'calibrate', 'trials', 'pooled', 'randomised', 'seed'],
    fitted,
  )
  const profile = options.profile ?? 'none'
  if (!Object.hasOwn(MEMORY, profile)) {
    refuse("the profile of fitted() is 'hourOfDay' or 'hourOfWeek'", profile, 'leave it out for none', fitted)
  }
  if (named !== 'binomial' && options.trials !== undefined) {
    refuse('only binomial values have trials', options.trials, "fitted('binomial', { trials: 100 })", fitted)
  }
  if (named === 'binomial' && options.trials === undefined) {
    refuse(
      "fitted('binomial') needs its trials",
      undefined,
      "fitted('binomial', { trials: 100 }): the number of trials behind each value",
      fitted,
    )
  }
  const calibrate = calibration(options.calibrate ?? 'analytic', 'fitted', fitted)
  const randomised = randomisation(options, 'fitted', fitted)
  if (randomised.randomised && !wholeFamilies.includes(named as FittedFamily)) {
    refuse(
      'only p-values of whole numbers are randomised',
      named,
      `families: ${wholeFamilies.join(', ')}`,
      fitted,
    )
  }
  if (randomised.randomised && calibrate !== 'analytic') {
    refuse('p-values are randomised where the family is believed', calibrate, "calibrate: 'analytic'", fitted)
  }
  const pooled = flag(options.pooled ?? false, 'pooled of fitted()', fitted)
  if (randomised.randomised && pooled) {
    refuse('p-values of a pool are not randomised', true, 'leave out pooled, or randomised', fitted)
  }
  const memory = options.memory ?? MEMORY[profile] * (pooled ? POOL_MEMORY : 1)
  return Object.freeze({
    kind: 'fitted',
    family: named as FittedFamily,
    profile,
    memory: whole(memory, 'the memory of fitted()', 32, 1e6, fitted),
    warmup: whole(options.warmup ?? WARMUP[profile], 'the warmup of fitted()', 10, 1e9, fitted),
    calibrate,
    trials:
      named === 'binomial' ? whole(options.trials, 'the number of trials of fitted()', 1, 1e6, fitted) : 0,
    ...(pooled ? { pooled } : {}),
    ...randomised,
  })
}
