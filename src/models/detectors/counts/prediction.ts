/**
 * The prediction of a count: its mean, level times profile, and the variances of what is not known of it. Notation as in
 * `counts.ts`; observations weigh from 1 for the newest down exponentially.
 */
import { type CountSettings, HOUR, HOUR_MS, LEVEL, SLOT } from './state.ts'

/** Gamma prior shape of the level. */
const LEVEL_SHAPE = 8
/** Prior of φ where counts are rare, and its information: that of half a unit either way. */
export const PRIOR_PHI = 0.2
export const PRIOR_INFORMATION = 8
/** Degrees of freedom a dispersion has at least: keeps first guesses finite. */
export const MIN_FREEDOM = 4

/** A prediction, and what it was made of. One per opened detector, filled for each value. */
export interface CountPrediction {
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
  /** Dispersion of the key, and at least 0. */
  ownPhi: number
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
  /** Places of the hour of the day and of the week in the profile. */
  hour: number
  slot: number
}

/** Fills `to` with what is expected of a key at a time. */
export type Predict = (
  level: Float64Array,
  profile: Float64Array,
  key: number,
  timeMs: number,
  x: number,
) => void

export const emptyPrediction = (): CountPrediction => ({
  mu: Number.NaN,
  wide: Number.NaN,
  mean: Number.NaN,
  factor: Number.NaN,
  levelNoise: Number.NaN,
  overall: Number.NaN,
  ownPhi: Number.NaN,
  phi: Number.NaN,
  kappa: Number.NaN,
  spread: Number.NaN,
  norm: Number.NaN,
  noise: Number.NaN,
  borrowed: Number.NaN,
  phiVariance: Number.NaN,
  hour: 0,
  slot: 0,
})

/** Long as a closure, for the steps inside share the prediction that they fill. */
export function openPrediction(
  { daily, weekly, profile: record }: CountSettings,
  to: CountPrediction,
): Predict {
  const width = record?.width ?? 0
  const hourAt = record?.day ?? 0
  // Places in the profile of the last time seen.
  let placedMs = Number.NaN
  let hourPlace = 0
  let slotPlace = 0

  /** Finds the hours of a time. */
  function place(key: number, timeMs: number): void {
    if (timeMs !== placedMs) {
      placedMs = timeMs
      const hours = Math.floor(timeMs / HOUR_MS)
      hourPlace = hourAt + HOUR.width * (hours - 24 * Math.floor(hours / 24))
      slotPlace = SLOT.width * (hours - 168 * Math.floor(hours / 168))
    }
    to.hour = key * width + hourPlace
    to.slot = key * width + slotPlace
  }

  /**
   * Multiplies the profile's hours into the mean; returns the relative variance of what they add. A gamma prior of
   * relative variance v and a count C of exposure E whose noise is d times Poisson's have the mean m·(d + vC)/(d + vmE);
   * its relative variance is v times what it borrows of the prior, d/(d + vC).
   */
  function profileVariance(level: Float64Array, profile: Float64Array, at: number, unit: number): number {
    const { hour, slot, kappa, phi, factor } = to
    let { mean } = to
    const hourVariance = level[at + LEVEL.hourVariance]!
    const hourWeight = unit * hourVariance
    const hourNoise = kappa * (1 + phi * (mean * factor))
    const hourKnown = hourNoise + hourWeight * profile[hour + HOUR.count]!
    mean *= hourKnown / (hourNoise + hourWeight * mean * profile[hour + HOUR.exposure]!)
    let variance = (hourVariance * hourNoise) / hourKnown
    if (weekly) {
      const slotVariance = level[at + LEVEL.slotVariance]!
      const slotWeight = unit * slotVariance
      const slotNoise = kappa * (1 + phi * mean * factor)
      const slotKnown = slotNoise + slotWeight * profile[slot + SLOT.count]!
      mean *= slotKnown / (slotNoise + slotWeight * mean * profile[slot + SLOT.exposure]!)
      const borrows = slotNoise / slotKnown
      variance = borrows * (slotVariance + borrows * variance)
    }
    to.mean = mean
    return variance
  }

  /** The dispersion of the hour, between its own and the key's. */
  function hourPhi(level: Float64Array, profile: Float64Array, at: number): number {
    const { hour, phi, mu, noise, ownPhi } = to
    to.borrowed = 1
    to.phiVariance = 0
    if (!daily || !(level[at + LEVEL.noiseVariance]! > 0)) return ownPhi
    const relative = phi + 1 / mu
    const phiVariance = level[at + LEVEL.noiseVariance]! * relative * relative
    const known = 1 / (noise + phiVariance * profile[hour + HOUR.information]!)
    const borrowed = noise * known
    to.phiVariance = phiVariance
    to.borrowed = borrowed
    return phiVariance * profile[hour + HOUR.excess]! * known + borrowed * ownPhi
  }

  return (level, profile, key, timeMs, x) => {
    const at = key * LEVEL.width
    const unit = 1 / level[at + LEVEL.weight]!
    const kappa = 0.5 + 0.5 * unit
    const total = level[at + LEVEL.total]! * unit + 0.5
    const overall =
      level[at + LEVEL.seen]! > 0
        ? total / (level[at + LEVEL.totalExposure]! * unit)
        : x > 0.5 && x < 1e300
          ? x
          : 0.5
    const ownPhi = level[at + LEVEL.information]! > 0 ? level[at + LEVEL.phi]! : PRIOR_PHI / (1 + overall)
    const phi = Math.max(ownPhi, 0)
    const levelNoise = LEVEL_SHAPE * (0.5 + 0.5 * level[at + LEVEL.first]!) * (1 + phi * overall)
    const levelKnown = levelNoise + level[at + LEVEL.count]!
    const factor = levelKnown / (levelNoise + level[at + LEVEL.exposure]!)
    const levelBorrows = levelNoise / levelKnown
    const typical = overall * factor
    // Variances of relative errors: of the level, then of the place in the profile.
    let spread = levelBorrows * (1 / LEVEL_SHAPE + (levelBorrows * kappa * (1 + phi * overall)) / total)
    to.kappa = kappa
    to.overall = overall
    to.ownPhi = ownPhi
    to.phi = phi
    to.levelNoise = levelNoise
    to.factor = factor
    to.mean = overall
    if (daily) {
      place(key, timeMs)
      spread += profileVariance(level, profile, at, unit)
    }
    to.spread = spread
    to.mu = to.mean * factor
    // Observations weigh alike at the typical count, so that an early φ which was too small has not outweighed what came
    // after.
    const typicalNoise = 1 + phi * typical
    const norm = typicalNoise * (typicalNoise * (1 + 3 * phi) + 0.5 / typical)
    to.norm = norm
    to.noise = 2 * kappa * norm
    const own = hourPhi(level, profile, at)
    to.wide = Math.max(own + spread + (own > 0 ? own * spread : 0), 0)
  }
}

/** The expected count of a key at `at`, all hours together. */
export function levelOf(level: Float64Array, at: number): number {
  const unit = 1 / level[at + LEVEL.weight]!
  const overall = (level[at + LEVEL.total]! * unit + 0.5) / (level[at + LEVEL.totalExposure]! * unit)
  const phi = Math.max(level[at + LEVEL.phi]!, 0)
  const noise = LEVEL_SHAPE * (0.5 + 0.5 * level[at + LEVEL.first]!) * (1 + phi * overall)
  return (overall * (noise + level[at + LEVEL.count]!)) / (noise + level[at + LEVEL.exposure]!)
}

/** Degrees of freedom of the variance μ + wide·μ², by the variance of `wide`. */
export function freedomOf(prediction: CountPrediction, information: number): number {
  const { mu, wide, borrowed, phiVariance, noise, norm } = prediction
  const unknown = borrowed * (phiVariance + (borrowed * noise) / (information + PRIOR_INFORMATION * norm))
  const scale = 1 / mu + wide
  return Math.max((2 * scale * scale) / unknown, MIN_FREEDOM)
}
