/**
 * How a key of the `counts` detector learns from a count, after it was scored: the strain of outliers to one side, the
 * level, the profile and the dispersion.
 */
import { centralIntervalOfLog } from '../parts/negative-binomial.ts'
import { type Members, noiseVariance, rateVariance } from './between-variance.ts'
import { type CountPrediction, PRIOR_INFORMATION, PRIOR_PHI } from './prediction.ts'
import { type CountSettings, DAY_MS, HOUR, LEVEL, SLOT } from './state.ts'
import { narrowLogP } from './uncertain-dispersion.ts'

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

export interface CountLearning {
  /** Points it at the arrays of a step. */
  bind(level: Float64Array, profile: Float64Array): void
  /** The first value of a key. */
  begin(key: number, timeMs: number): void
  /**
   * Learns x from the prediction at hand.
   *
   * @param log log of its conservative p-value
   * @param freedom degrees of freedom of the dispersion, where `log` is below {@link LOG_CLIP}
   */
  learn(key: number, timeMs: number, x: number, log: number, freedom: number): void
}

/** Long as a closure, for the steps inside share the arrays and the count at hand; each step is short. */
export function openLearning(settings: CountSettings, now: CountPrediction): CountLearning {
  const { daily, weekly, warmupMs, halfLifeMs, levelHalfLifeMs, patienceMs, profile: record } = settings
  const width = record?.width ?? 0
  const hourAt = record?.day ?? 0
  /** The first season, in which the level is 1. */
  const seasonMs = weekly ? 7 * DAY_MS : daily ? DAY_MS : 0
  const ends = new Float64Array(2)
  let level: Float64Array = new Float64Array(0)
  let profile: Float64Array = new Float64Array(0)

  // Forgetting over the last step length seen: a pure function of it, so no state.
  let stepMs = Number.NaN
  let growth = 1
  let levelKeep = 1
  let keep = 1
  let dayKeep = 1
  /** What is learned of the count at hand, and its weight. */
  let learned = 0
  let share = 1

  function forgetOver(dt: number): void {
    if (dt === stepMs) return
    stepMs = dt
    growth = 2 ** (dt / halfLifeMs)
    keep = 1 / growth
    // An hour of the day is seen again after a day, by a part of its values after less.
    dayKeep = 2 ** (-Math.max(dt, Math.min(24 * dt, DAY_MS)) / halfLifeMs)
    levelKeep = 2 ** (-dt / levelHalfLifeMs)
  }

  /** Clips an outlier, and keeps account of how long they keep to one side. Returns the strain. */
  function clip(at: number, timeMs: number, x: number, log: number, freedom: number): number {
    const { mu, wide } = now
    let strain = level[at + LEVEL.strain]!
    learned = x
    share = 1
    if (Number.isNaN(log)) return clipEarly(at, x)
    if (log < LOG_CLIP) {
      const side = x > mu ? 1 : -1
      centralIntervalOfLog(mu, wide, narrowLogP(LOG_CLIP, freedom), ends)
      learned = side > 0 ? Math.min(x, ends[1]!) : Math.max(x, ends[0]!)
      strain = strain * side < 0 ? side : strain * STRAIN_KEEP + side
      share = 1 / Math.abs(strain)
      if (strain === side) {
        level[at + LEVEL.strainSinceMs] = timeMs
        level[at + LEVEL.strainCount] = 0
        level[at + LEVEL.strainExposure] = 0
      }
    } else if (strain !== 0) {
      // Against a new level speaks only what is ordinary where an outlier could have shown. What is nearly an outlier on
      // the same side waits with the outliers.
      const same = x > mu === strain > 0
      if (same && log < LOG_LIKELY) {
        share = 1 / Math.max(1, Math.abs(strain))
      } else if (strain > 0 ? mu > 1 : -Math.log1p(wide * mu) < wide * LOG_CLIP) {
        strain = Math.abs(strain) > 2 ? strain - 2 * Math.sign(strain) : 0
      }
    }
    if (!(learned >= 0 && learned < Number.POSITIVE_INFINITY)) learned = x > mu ? mu : 0
    level[at + LEVEL.strain] = strain
    return strain
  }

  /**
   * In the warm-up nobody knows an outlier, but one that is absurd: it is learned as what was expected, unless it is the third
   * in a row. Until then the strain is how many there were.
   */
  function clipEarly(at: number, x: number): number {
    const { mu } = now
    const absurd = level[at + LEVEL.seen]! > 0 && x > ABSURD * (mu + TYPICAL)
    const run = absurd ? level[at + LEVEL.strain]! + 1 : 0
    if (absurd && run < FEW) learned = mu
    if (!(learned >= 0 && learned < Number.POSITIVE_INFINITY)) learned = x > mu ? mu : 0
    level[at + LEVEL.strain] = run < FEW ? run : 0
    return 0
  }

  /** The recent counts, or those of a strain that has lasted. */
  function learnLevel(at: number, timeMs: number, x: number, strain: number): void {
    const { mean } = now
    const sinceFirst = timeMs - level[at + LEVEL.firstMs]!
    let count = level[at + LEVEL.count]! * levelKeep + share * learned
    let exposure = level[at + LEVEL.exposure]! * levelKeep + share * (sinceFirst < seasonMs ? learned : mean)
    let first = level[at + LEVEL.first]! * levelKeep
    if (strain !== 0) {
      // One absurd count must not be the new level by itself; many may climb to it.
      const exposed = level[at + LEVEL.strainExposure]!
      const limit = exposed > 0 ? 4 * mean * (level[at + LEVEL.strainCount]! / exposed) : 0
      const most = Math.max(limit, 2 * learned)
      level[at + LEVEL.strainCount] = level[at + LEVEL.strainCount]! + (x < 0 ? 0 : Math.min(x, most))
      level[at + LEVEL.strainExposure] = level[at + LEVEL.strainExposure]! + mean
      if (Math.abs(strain) >= STRAIN_ON && timeMs - level[at + LEVEL.strainSinceMs]! >= patienceMs) {
        count = level[at + LEVEL.strainCount]!
        exposure = level[at + LEVEL.strainExposure]!
        first = 1
        level[at + LEVEL.strain] = 0
      }
    }
    level[at + LEVEL.count] = count
    level[at + LEVEL.exposure] = exposure
    level[at + LEVEL.first] = first
  }

  /** The weight of this observation. Where it has grown large, the unit of the sums moves. */
  function nextWeight(key: number, at: number): number {
    const weight = level[at + LEVEL.weight]! * growth
    if (!(weight > FORGOTTEN)) return weight
    // After a gap so long that nothing old counts, the first count weighs 1 again.
    const then = growth > REMEMBERED ? 1 : REMEMBERED
    const scaled = then / weight
    const hoursAt = key * width + hourAt
    for (let j = key * width; j < hoursAt; j++) profile[j] = profile[j]! * scaled
    for (let j = hoursAt; daily && j < (key + 1) * width; j += HOUR.width) {
      profile[j + HOUR.count] = profile[j + HOUR.count]! * scaled
      profile[j + HOUR.exposure] = profile[j + HOUR.exposure]! * scaled
    }
    level[at + LEVEL.total] = level[at + LEVEL.total]! * scaled
    level[at + LEVEL.totalExposure] = level[at + LEVEL.totalExposure]! * scaled
    return then
  }

  function learnProfile(at: number, weight: number): void {
    const { hour, slot, levelNoise } = now
    const exposure =
      (share * weight * (levelNoise + level[at + LEVEL.count]!)) / (levelNoise + level[at + LEVEL.exposure]!)
    const amount = share * weight * learned
    level[at + LEVEL.total] = level[at + LEVEL.total]! + amount
    level[at + LEVEL.totalExposure] = level[at + LEVEL.totalExposure]! + exposure
    if (!daily) return
    profile[hour + HOUR.count] = profile[hour + HOUR.count]! + amount
    profile[hour + HOUR.exposure] = profile[hour + HOUR.exposure]! + exposure
    if (!weekly) return
    profile[slot + SLOT.count] = profile[slot + SLOT.count]! + amount
    profile[slot + SLOT.exposure] = profile[slot + SLOT.exposure]! + exposure
  }

  function learnDispersion(at: number): void {
    const { mu, phi, spread, norm, overall, hour } = now
    const miss = learned - mu
    const around = phi + spread + phi * spread
    const wider = 1 + around * mu
    const part = (share * norm * mu) / (wider * (wider * (1 + 3 * around) * mu + 0.5))
    const excess = part * (miss * miss - mu - spread * mu * mu)
    const known = part * mu * mu
    const sum = level[at + LEVEL.excess]! * keep + excess
    const information = level[at + LEVEL.information]! * keep + known
    level[at + LEVEL.excess] = sum
    level[at + LEVEL.information] = information
    // Where counts are large, φ is small until seen: its effect φμ, not φ, is what nothing is known of.
    const more = PRIOR_INFORMATION * norm
    level[at + LEVEL.phi] = (sum + (PRIOR_PHI * more) / (1 + overall)) / (information + more)
    if (!daily) return
    profile[hour + HOUR.excess] = profile[hour + HOUR.excess]! * dayKeep + excess
    profile[hour + HOUR.information] = profile[hour + HOUR.information]! * dayKeep + known
  }

  /** Learns how far the hours of a key differ. Once in {@link ROUND} values, so that it costs next to nothing. */
  function learnVariances(key: number, at: number, weight: number): void {
    const { kappa, phi, factor, noise } = now
    const from = key * width
    const hours = from + hourAt
    const distribution = { unit: 1 / weight, kappa, phi, level: factor }
    level[at + LEVEL.hourVariance] = rateVariance(profile, hours, HOURS_OF_DAY, distribution, HOUR_PRIOR)
    if (weekly) {
      level[at + LEVEL.slotVariance] = rateVariance(profile, from, HOURS_OF_WEEK, distribution, SLOT_PRIOR)
    }
    const ofAll = { phi: level[at + LEVEL.phi]!, scale: noise, level: factor }
    level[at + LEVEL.noiseVariance] = noiseVariance(profile, hours, HOURS_OF_DAY, ofAll)
  }

  return {
    bind(levels, profiles) {
      level = levels
      profile = profiles
    },
    begin(key, timeMs) {
      const at = key * LEVEL.width
      level[at + LEVEL.firstMs] = timeMs
      level[at + LEVEL.lastMs] = timeMs
      level[at + LEVEL.weight] = 1
      level[at + LEVEL.first] = 1
      level[at + LEVEL.hourVariance] = HOUR_PRIOR.variance
      level[at + LEVEL.slotVariance] = SLOT_PRIOR.variance
    },
    learn(key, timeMs, x, log, freedom) {
      const at = key * LEVEL.width
      const seen = level[at + LEVEL.seen]!
      const careful = seen > 0 && 2 * (timeMs - level[at + LEVEL.firstMs]!) >= warmupMs
      const dt = Math.max(0, timeMs - level[at + LEVEL.lastMs]!)
      forgetOver(dt)
      const strain = clip(at, timeMs, x, log, freedom)
      learnLevel(at, timeMs, x, strain)
      const weight = nextWeight(key, at)
      learnProfile(at, weight)
      if (careful) learnDispersion(at)
      level[at + LEVEL.weight] = weight
      level[at + LEVEL.lastMs] = level[at + LEVEL.lastMs]! + dt
      level[at + LEVEL.seen] = seen + 1
      // Whole numbers are divided several times faster than doubles.
      if (daily && careful && ((seen + 1) >>> 0) % ROUND === 0) learnVariances(key, at, weight)
    },
  }
}
