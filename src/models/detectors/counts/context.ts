/**
 * What an open `counts` detector works with: its settings, the arrays of a step, and room for the count at hand.
 *
 * The steps of a row are functions of modules, which get it, not closures over it: a detector is opened several times in a job,
 * and the compiler knows the constants of a module, but nothing that a closure holds which was made more than once.
 */
import type { CountSettings } from './state.ts'

/** The count at hand, from its prediction to what is learned of it. */
export interface CountRow {
  key: number
  /** Where the numbers of the key begin, and places of the hour of the day and of the week in the profile. */
  at: number
  hour: number
  slot: number
  timeMs: number
  x: number
  /** The expected count, and the dispersion of the distribution that a count is scored by. */
  mu: number
  wide: number
  /** The expected count at level 1: the profile's. */
  mean: number
  /** The level. */
  factor: number
  /** Pseudo-count of the level's prior. */
  levelNoise: number
  /** Mean of all counts at level 1. */
  overall: number
  /** Dispersion of the key, at least 0. */
  phi: number
  /** Σw²/Σw of the weights: what forgetting adds to noise. */
  kappa: number
  /** Relative variance of the mean. */
  spread: number
  /** The variance of a φ is `noise` = 2·kappa·norm over its denominator. */
  norm: number
  noise: number
  /** What the hour's own dispersion borrows of the key's, and its prior variance. */
  borrowed: number
  phiVariance: number
  /** log of the conservative p-value, where it was asked for; 0 for an unremarkable count. */
  log: number
  /** Degrees of freedom of the dispersion, where they were needed. */
  freedom: number
  /** What is learned of the count, and its weight. */
  learned: number
  share: number
  weight: number
  /** How long and to which side counts have been outliers. */
  strain: number
}

/** Forgetting over the last step length seen: a pure function of it, so no state. */
export interface Forgetting {
  stepMs: number
  /** What the weight of observations grows by. */
  growth: number
  /** What sums of the key, of an hour of the day, and of the level keep. */
  keep: number
  dayKeep: number
  levelKeep: number
}

/** An open detector. Its arrays are those of the step at hand, of all keys. */
export interface Counts {
  readonly settings: CountSettings
  readonly row: CountRow
  readonly forgetting: Forgetting
  /** Ends of an interval. */
  readonly ends: Float64Array
  /** `LEVEL` of each key. */
  level: Float64Array
  /** The profile of each key, if there is a season. */
  profile: Float64Array
  /** The last time seen, and its hours in a profile. */
  placedMs: number
  hourPlace: number
  slotPlace: number
}

/** What an open detector works with. Doubles from the start, so that a write allocates nothing. */
export function newCounts(settings: CountSettings): Counts {
  const none = Number.NaN
  return {
    settings,
    row: {
      ...{ key: 0, at: 0, hour: 0, slot: 0, timeMs: none, x: none },
      ...{ mu: none, wide: none, mean: none, factor: none, levelNoise: none, overall: none, phi: none },
      ...{ kappa: none, spread: none, norm: none, noise: none, borrowed: none, phiVariance: none },
      ...{ log: none, freedom: none, learned: none, share: none, weight: none, strain: none },
    },
    forgetting: { stepMs: none, growth: none, keep: none, dayKeep: none, levelKeep: none },
    ends: new Float64Array(2),
    level: new Float64Array(0),
    profile: new Float64Array(0),
    ...{ placedMs: none, hourPlace: 0, slotPlace: 0 },
  }
}
