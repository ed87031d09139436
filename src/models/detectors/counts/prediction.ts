/**
 * The prediction of a count: its mean, level times profile, and the variances of what is not known of it. Notation as in
 * `counts.ts`; observations weigh from 1 for the newest down exponentially.
 */
import type { CountRow, Counts } from './context.ts'
import { HOUR_MS, HOUR as HOUR_RECORD, LEVEL as LEVEL_RECORD, SLOT as SLOT_RECORD } from './state.ts'

/** Gamma prior shape of the level. */
const LEVEL_SHAPE = 8
/** Prior of φ where counts are rare, and its information: that of half a unit either way. */
export const PRIOR_PHI = 0.2
export const PRIOR_INFORMATION = 8
/** Degrees of freedom a dispersion has at least: keeps first guesses finite. */
export const MIN_FREEDOM = 4

// The compiler knows constants of this module; imported ones are loaded at each use.
const LEVEL = LEVEL_RECORD
const HOUR = HOUR_RECORD
const SLOT = SLOT_RECORD

/** Finds the hours of the time at hand. */
function place(counts: Counts): void {
  const { row } = counts
  const { profile: record } = counts.settings
  if (record === undefined) return
  if (row.timeMs !== counts.placedMs) {
    counts.placedMs = row.timeMs
    const hours = Math.floor(row.timeMs / HOUR_MS)
    counts.hourPlace = record.day + HOUR.width * (hours - 24 * Math.floor(hours / 24))
    counts.slotPlace = SLOT.width * (hours - 168 * Math.floor(hours / 168))
  }
  row.hour = row.key * record.width + counts.hourPlace
  row.slot = row.key * record.width + counts.slotPlace
}

/**
 * Multiplies the profile's hours into the mean, and adds the relative variance of what they add. A gamma prior of
 * relative variance v and a count C of exposure E whose noise is d times Poisson's have the mean m·(d + vC)/(d + vmE);
 * its relative variance is v times what it borrows of the prior, d/(d + vC).
 */
function takeProfile({ row, level, profile, settings }: Counts, unit: number): void {
  const { at, hour, slot, kappa, phi, factor } = row
  let { mean } = row
  const hourVariance = level[at + LEVEL.hourVariance]!
  const hourWeight = unit * hourVariance
  const hourNoise = kappa * (1 + phi * (mean * factor))
  const hourKnown = hourNoise + hourWeight * profile[hour + HOUR.count]!
  mean *= hourKnown / (hourNoise + hourWeight * mean * profile[hour + HOUR.exposure]!)
  let variance = (hourVariance * hourNoise) / hourKnown
  if (settings.weekly === true) {
    const slotVariance = level[at + LEVEL.slotVariance]!
    const slotWeight = unit * slotVariance
    const slotNoise = kappa * (1 + phi * mean * factor)
    const slotKnown = slotNoise + slotWeight * profile[slot + SLOT.count]!
    mean *= slotKnown / (slotNoise + slotWeight * mean * profile[slot + SLOT.exposure]!)
    const borrows = slotNoise / slotKnown
    variance = borrows * (slotVariance + borrows * variance)
  }
  row.mean = mean
  row.spread += variance
}

/** The dispersion of the count at hand, between the hour's own and the key's, and with the uncertainty of the mean. */
function takeDispersion({ row, level, profile, settings }: Counts, ownPhi: number): void {
  const { at, noise, spread } = row
  let own = ownPhi
  let borrowed = 1
  let phiVariance = 0
  if (settings.daily === true && level[at + LEVEL.noiseVariance]! > 0) {
    const { hour } = row
    const relative = row.phi + 1 / row.mu
    phiVariance = level[at + LEVEL.noiseVariance]! * relative * relative
    const known = 1 / (noise + phiVariance * profile[hour + HOUR.information]!)
    borrowed = noise * known
    own = phiVariance * profile[hour + HOUR.excess]! * known + borrowed * ownPhi
  }
  row.borrowed = borrowed
  row.phiVariance = phiVariance
  row.wide = Math.max(own + spread + (own > 0 ? own * spread : 0), 0)
}

/** Predicts the count at hand, which is read where it is the first of its key. */
export function predict(counts: Counts): void {
  const { row, level } = counts
  const { at, x } = row
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
  row.kappa = kappa
  row.overall = overall
  row.phi = phi
  row.levelNoise = levelNoise
  row.factor = factor
  row.mean = overall
  // Variances of relative errors: of the level, then of the place in the profile.
  row.spread = levelBorrows * (1 / LEVEL_SHAPE + (levelBorrows * kappa * (1 + phi * overall)) / total)
  if (counts.settings.daily === true) {
    place(counts)
    takeProfile(counts, unit)
  }
  row.mu = row.mean * factor
  // Observations weigh alike at the typical count, so that an early φ which was too small has not outweighed what came
  // after.
  const typicalNoise = 1 + phi * typical
  const norm = typicalNoise * (typicalNoise * (1 + 3 * phi) + 0.5 / typical)
  row.norm = norm
  row.noise = 2 * kappa * norm
  takeDispersion(counts, ownPhi)
}

/** The expected count of a key at `at`, all hours together. */
export function levelOf(level: Float64Array, at: number): number {
  const unit = 1 / level[at + LEVEL.weight]!
  const overall = (level[at + LEVEL.total]! * unit + 0.5) / (level[at + LEVEL.totalExposure]! * unit)
  const phi = Math.max(level[at + LEVEL.phi]!, 0)
  const noise = LEVEL_SHAPE * (0.5 + 0.5 * level[at + LEVEL.first]!) * (1 + phi * overall)
  return (overall * (noise + level[at + LEVEL.count]!)) / (noise + level[at + LEVEL.exposure]!)
}

/** Degrees of freedom of the variance μ + wide·μ² of the count at hand, by the variance of `wide`. */
export function freedomOf(
  { mu, wide, borrowed, phiVariance, noise, norm }: CountRow,
  information: number,
): number {
  const unknown = borrowed * (phiVariance + (borrowed * noise) / (information + PRIOR_INFORMATION * norm))
  const scale = 1 / mu + wide
  return Math.max((2 * scale * scale) / unknown, MIN_FREEDOM)
}
