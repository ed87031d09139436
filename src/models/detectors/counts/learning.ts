/**
 * How a key of the `counts` detector learns from a count, after it was scored: the strain of outliers to one side, the
 * level, the profile and the dispersion.
 */
import { centralIntervalOfLog } from '../parts/negative-binomial.ts'
import { type Members, noiseVariance, rateVariance } from './between-variance.ts'
import type { CountRow, Counts } from './context.ts'
import { PRIOR_INFORMATION, PRIOR_PHI } from './prediction.ts'
import { DAY_MS, HOUR as HOUR_RECORD, LEVEL as LEVEL_RECORD, SLOT as SLOT_RECORD } from './state.ts'
import { narrowLogP } from './uncertain-dispersion.ts'

// As in `prediction.ts`.
const LEVEL = LEVEL_RECORD
const HOUR = HOUR_RECORD
const SLOT = SLOT_RECORD

/** Values after which variances between hours are learned again: a week of hours. */
const ROUND = 168
/** What a variance is taken for before it is known, and one over the squared error of that guess. */
const HOUR_PRIOR = { variance: 0.5, information: 4 }
const SLOT_PRIOR = { variance: 0.1, information: 100 }
/** Learning clips what is less likely than this. */
export const LOG_CLIP = Math.log(1e-3)
const LOG_LIKELY = Math.log(0.3)
/** What the strain keeps per observation, and from where on the level may be in question. */
const STRAIN_KEEP = 0.97
const STRAIN_ON = 3
/** In the warm-up a count is absurd beyond so many times what is expected, or what is expected where little is; few in a row are. */
const ABSURD = 100
const TYPICAL = 10
const FEW = 3
/** Beyond this the unit of the weights moves, to the other: sums that weigh so little have vanished. */
const FORGOTTEN = 2 ** 40
const REMEMBERED = 2 ** 20

/** Where a profile keeps its hours: of the day in one group, of the week in 24 groups of 7. */
const HOURS_OF_DAY: Members = { stride: HOUR.width, groups: 1, members: 24 }
const HOURS_OF_WEEK: Members = { stride: SLOT.width, groups: 24, members: 7 }

/** A key without a season has no profile. */
const NO_PROFILE = { width: 0, day: 0 }

/** The first value of a key. */
export function begin({ level }: Counts, key: number, timeMs: number): void {
  const at = key * LEVEL.width
  level[at + LEVEL.firstMs] = timeMs
  level[at + LEVEL.lastMs] = timeMs
  level[at + LEVEL.weight] = 1
  level[at + LEVEL.first] = 1
  level[at + LEVEL.hourVariance] = HOUR_PRIOR.variance
  level[at + LEVEL.slotVariance] = SLOT_PRIOR.variance
}

/** Sets what is forgotten over a step. */
function forgetOver({ settings, forgetting }: Counts, dt: number): void {
  const { halfLifeMs, levelHalfLifeMs } = settings
  forgetting.stepMs = dt
  forgetting.growth = 2 ** (dt / halfLifeMs)
  forgetting.keep = 1 / forgetting.growth
  // An hour of the day is seen again after a day, by a part of its values after less.
  forgetting.dayKeep = 2 ** (-Math.max(dt, Math.min(24 * dt, DAY_MS)) / halfLifeMs)
  forgetting.levelKeep = 2 ** (-dt / levelHalfLifeMs)
}

/** Clips an outlier, and keeps account of how long they keep to one side. */
function clip(counts: Counts): void {
  const { row, level } = counts
  const { at, x, log } = row
  row.learned = x
  row.share = 1
  if (Number.isNaN(log)) {
    clipEarly(counts)
    return
  }
  let strain = level[at + LEVEL.strain]!
  if (log < LOG_CLIP) strain = clipOutlier(counts, strain)
  else if (strain !== 0) strain = relieve(row, strain)
  if (!(row.learned >= 0 && row.learned < Number.POSITIVE_INFINITY)) {
    row.learned = x > row.mu ? row.mu : 0
  }
  level[at + LEVEL.strain] = strain
  row.strain = strain
}

/** An outlier is learned as the end of the interval, and strains. Returns the strain. */
function clipOutlier({ row, level, ends }: Counts, before: number): number {
  const { at, x, mu } = row
  const side = x > mu ? 1 : -1
  centralIntervalOfLog(mu, row.wide, narrowLogP(LOG_CLIP, row.freedom), ends)
  row.learned = side > 0 ? Math.min(x, ends[1]!) : Math.max(x, ends[0]!)
  const strain = before * side < 0 ? side : before * STRAIN_KEEP + side
  row.share = 1 / Math.abs(strain)
  if (strain === side) {
    level[at + LEVEL.strainSinceMs] = row.timeMs
    level[at + LEVEL.strainCount] = 0
    level[at + LEVEL.strainExposure] = 0
  }
  return strain
}

/**
 * Against a new level speaks only what is ordinary where an outlier could have shown. What is nearly an outlier on the
 * same side waits with the outliers. Returns the strain.
 */
function relieve(row: CountRow, strain: number): number {
  const { mu, wide } = row
  const same = row.x > mu === strain > 0
  if (same && row.log < LOG_LIKELY) {
    row.share = 1 / Math.max(1, Math.abs(strain))
  } else if (strain > 0 ? mu > 1 : -Math.log1p(wide * mu) < wide * LOG_CLIP) {
    return Math.abs(strain) > 2 ? strain - 2 * Math.sign(strain) : 0
  }
  return strain
}

/**
 * In the warm-up nobody knows an outlier, but one that is absurd: it is learned as what was expected, unless it is the third
 * in a row. Until then the strain is how many there were.
 */
function clipEarly({ row, level }: Counts): void {
  const { at, x, mu } = row
  const absurd = level[at + LEVEL.seen]! > 0 && x > ABSURD * (mu + TYPICAL)
  const run = absurd ? level[at + LEVEL.strain]! + 1 : 0
  const kept = absurd && run < FEW ? mu : x
  row.learned = kept >= 0 && kept < Number.POSITIVE_INFINITY ? kept : x > mu ? mu : 0
  level[at + LEVEL.strain] = run < FEW ? run : 0
  row.strain = 0
}

/** The recent counts, or those of a strain that has lasted. */
function learnLevel(counts: Counts): void {
  const { row, level } = counts
  const { at, mean, learned, share } = row
  const { levelKeep } = counts.forgetting
  const sinceFirst = row.timeMs - level[at + LEVEL.firstMs]!
  level[at + LEVEL.count] = level[at + LEVEL.count]! * levelKeep + share * learned
  level[at + LEVEL.exposure] =
    level[at + LEVEL.exposure]! * levelKeep +
    share * (sinceFirst < counts.settings.firstSeasonMs ? learned : mean)
  level[at + LEVEL.first] = level[at + LEVEL.first]! * levelKeep
  if (row.strain !== 0) learnStrain(counts)
}

/** What is to be the level, if the strain lasts. */
function learnStrain({ row, level, settings }: Counts): void {
  const { at, x, mean } = row
  // One absurd count must not be the new level by itself; many may climb to it.
  const exposed = level[at + LEVEL.strainExposure]!
  const limit = exposed > 0 ? 4 * mean * (level[at + LEVEL.strainCount]! / exposed) : 0
  const most = Math.max(limit, 2 * row.learned)
  level[at + LEVEL.strainCount] = level[at + LEVEL.strainCount]! + (x < 0 ? 0 : Math.min(x, most))
  level[at + LEVEL.strainExposure] = level[at + LEVEL.strainExposure]! + mean
  if (Math.abs(row.strain) < STRAIN_ON) return
  if (!(row.timeMs - level[at + LEVEL.strainSinceMs]! >= settings.patienceMs)) return
  level[at + LEVEL.count] = level[at + LEVEL.strainCount]!
  level[at + LEVEL.exposure] = level[at + LEVEL.strainExposure]!
  level[at + LEVEL.first] = 1
  level[at + LEVEL.strain] = 0
}

/** The weight of an observation. Where it has grown large, the unit of the sums moves. */
function takeWeight(counts: Counts): void {
  const { row, level } = counts
  const { at } = row
  const weight = level[at + LEVEL.weight]! * counts.forgetting.growth
  row.weight = weight > FORGOTTEN ? moveUnit(counts, weight) : weight
}

/** Moves the unit of the sums of a key. Returns what an observation weighs then. */
function moveUnit({ row, level, profile, settings, forgetting }: Counts, weight: number): number {
  const { key, at } = row
  const { width, day: hourAt } = settings.profile ?? NO_PROFILE
  // After a gap so long that nothing old counts, the first count weighs 1 again.
  const then = forgetting.growth > REMEMBERED ? 1 : REMEMBERED
  const scaled = then / weight
  const hoursAt = key * width + hourAt
  for (let j = key * width; j < hoursAt; j++) profile[j] = profile[j]! * scaled
  for (let j = hoursAt; settings.daily && j < (key + 1) * width; j += HOUR.width) {
    profile[j + HOUR.count] = profile[j + HOUR.count]! * scaled
    profile[j + HOUR.exposure] = profile[j + HOUR.exposure]! * scaled
  }
  level[at + LEVEL.total] = level[at + LEVEL.total]! * scaled
  level[at + LEVEL.totalExposure] = level[at + LEVEL.totalExposure]! * scaled
  return then
}

function learnProfile({ row, level, profile, settings }: Counts): void {
  const { at, hour, slot, share, weight, levelNoise } = row
  const exposure =
    (share * weight * (levelNoise + level[at + LEVEL.count]!)) / (levelNoise + level[at + LEVEL.exposure]!)
  const amount = share * weight * row.learned
  level[at + LEVEL.total] = level[at + LEVEL.total]! + amount
  level[at + LEVEL.totalExposure] = level[at + LEVEL.totalExposure]! + exposure
  if (settings.daily !== true) return
  profile[hour + HOUR.count] = profile[hour + HOUR.count]! + amount
  profile[hour + HOUR.exposure] = profile[hour + HOUR.exposure]! + exposure
  if (settings.weekly !== true) return
  profile[slot + SLOT.count] = profile[slot + SLOT.count]! + amount
  profile[slot + SLOT.exposure] = profile[slot + SLOT.exposure]! + exposure
}

function learnDispersion({ row, level, profile, settings, forgetting }: Counts): void {
  const { at, hour, mu, phi, spread, norm } = row
  const { keep, dayKeep } = forgetting
  const miss = row.learned - mu
  const around = phi + spread + phi * spread
  const wider = 1 + around * mu
  const part = (row.share * norm * mu) / (wider * (wider * (1 + 3 * around) * mu + 0.5))
  const excess = part * (miss * miss - mu - spread * mu * mu)
  const known = part * mu * mu
  const sum = level[at + LEVEL.excess]! * keep + excess
  const information = level[at + LEVEL.information]! * keep + known
  level[at + LEVEL.excess] = sum
  level[at + LEVEL.information] = information
  // Where counts are large, φ is small until seen: its effect φμ, not φ, is what nothing is known of.
  const more = PRIOR_INFORMATION * norm
  level[at + LEVEL.phi] = (sum + (PRIOR_PHI * more) / (1 + row.overall)) / (information + more)
  if (settings.daily !== true) return
  profile[hour + HOUR.excess] = profile[hour + HOUR.excess]! * dayKeep + excess
  profile[hour + HOUR.information] = profile[hour + HOUR.information]! * dayKeep + known
}

/** Learns how far the hours of a key differ. Once in {@link ROUND} values, so that it costs next to nothing. */
function learnVariances({ row, level, profile, settings }: Counts): void {
  const { key, at, kappa, phi, factor } = row
  const { width, day: hourAt } = settings.profile!
  const from = key * width
  const hours = from + hourAt
  const distribution = { unit: 1 / row.weight, kappa, phi, level: factor }
  level[at + LEVEL.hourVariance] = rateVariance(profile, hours, HOURS_OF_DAY, distribution, HOUR_PRIOR)
  if (settings.weekly === true) {
    level[at + LEVEL.slotVariance] = rateVariance(profile, from, HOURS_OF_WEEK, distribution, SLOT_PRIOR)
  }
  const ofAll = { phi: level[at + LEVEL.phi]!, scale: row.noise, level: factor }
  level[at + LEVEL.noiseVariance] = noiseVariance(profile, hours, HOURS_OF_DAY, ofAll)
}

/** Learns the count at hand, which was scored. */
export function learn(counts: Counts): void {
  const { row, level, settings } = counts
  const { at } = row
  const timeMs = row.timeMs
  const seen = level[at + LEVEL.seen]!
  const careful = seen > 0 && 2 * (timeMs - level[at + LEVEL.firstMs]!) >= settings.warmupMs
  const dt = Math.max(0, timeMs - level[at + LEVEL.lastMs]!)
  if (dt !== counts.forgetting.stepMs) forgetOver(counts, dt)
  clip(counts)
  learnLevel(counts)
  takeWeight(counts)
  learnProfile(counts)
  if (careful) learnDispersion(counts)
  level[at + LEVEL.weight] = row.weight
  level[at + LEVEL.lastMs] = level[at + LEVEL.lastMs]! + dt
  level[at + LEVEL.seen] = seen + 1
  // Whole numbers are divided several times faster than doubles.
  if (settings.daily === true && careful && ((seen + 1) >>> 0) % ROUND === 0) learnVariances(counts)
}
