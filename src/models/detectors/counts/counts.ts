/**
 * The `counts` detector: a negative binomial distribution for every key, learned while it scores.
 *
 * A count has mean μ = level · profile[hour of week] and variance μ + φμ².
 *
 * - **Profile.** Exposure-weighted means with exponential forgetting. An hour of the week starts from its hour of the
 *   day, that from the overall mean, each as the gamma prior of a Poisson rate (Gelman et al., *Bayesian Data
 *   Analysis*, 3rd ed., §2.6–2.7). How far they may leave it is learned from how far they differ (`between-variance.ts`):
 *   a flat series has the mean of all its hours, a busy seasonal one leaves it after two weeks.
 * - **Level.** Recent counts over what the profile expected of them, drawn to 1 by a gamma prior. The first season is
 *   all profile: of one round nobody can tell a level from a season.
 * - **Dispersion.** φ by weighted moments of (x − μ)² − μ (Breslow 1984, *Applied Statistics* 33), for the key and, for
 * each hour of the day, drawn to that as far as the noise 1 + φμ of hours does not differ beyond chance: late hours take
 * in what the day has delayed. It may come out negative: only its sum with what follows is held to be none of it.
 * - **Uncertain mean.** A gamma-distributed mean of relative variance v gives a negative binomial again, nearly with
 *   dispersion φ + v + φv: that is the distribution a count is scored by.
 * - **Uncertain dispersion.** The p-value is widened as Student's distribution widens the normal one (`uncertain-dispersion.ts`).
 * - **Robust.** Counts outside the 0.999 interval are pulled to its end before they are learned from, and count less
 *   the longer they keep to one side. If they stay strange for `patience`, they are a new level.
 *
 * p-values may be randomised (`randomised.ts`), which changes nothing of what is learned.
 *
 * State a key: 19 numbers, two for each hour of the week and four for each hour of the day. Next to nothing is allocated after opening.
 */
import type {
  Detector,
  DetectorContext,
  DetectorInput,
  DetectorOutput,
  DetectorSpec,
} from '../../../core/detector.ts'
import type { StateTable } from '../../../core/fold.ts'
import { specNumber, specWord } from '../parts/check-spec.ts'
import { f64 } from '../parts/fields.ts'
import { centralIntervalOfLog, isUnremarkable, logTails, logTwoSided } from '../parts/negative-binomial.ts'
import { randomisedBound, randomisedTwoSided, specDraws } from '../parts/randomised.ts'
import { type CountPredictive, type Members, noiseVariance, rateVariance } from './between-variance.ts'
import { narrowLogP, widenLogP, widenLogTail } from './uncertain-dispersion.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Values after which variances between hours are learned anew: a week of hours. */
const ROUND = 168
const SCALARS = 19

// Places in `level`, the numbers of a key that are not of its profile.
/** Values learned from. */
const SEEN = 0
const FIRST_MS = 1
const LAST_MS = 2
/** What an observation weighs now: grows by the inverse of the forgetting, so that old sums need no touch. */
const WEIGHT = 3
/** Recent counts, what the profile alone expected of them, and what the first of them weighs by now. */
const LEVEL_COUNT = 4
const LEVEL_EXPOSURE = 5
const LEVEL_FIRST = 6
/** Numerator and denominator of φ, and φ: may be negative. */
const EXCESS = 7
const INFORMATION = 8
const PHI = 9
/** How long and to which side counts have been strange: signed, forgets slowly. */
const STRAIN = 10
const STRAIN_SINCE_MS = 11
const STRAIN_COUNT = 12
const STRAIN_EXPOSURE = 13
/** Weighted sums of all counts and of their levels. */
const TOTAL = 14
const TOTAL_EXPOSURE = 15
/**
 * Relative variances: of hours of the day around the mean, of hours of the week around them, and of the noise of an hour
 * of the day around 1 + φμ.
 */
const HOUR_VARIANCE = 16
const SLOT_VARIANCE = 17
const NOISE_VARIANCE = 18

/** What a variance is taken for before it is known, and one over the squared error of that guess. */
const HOUR_VARIANCE_GUESS = 0.5
const HOUR_VARIANCE_WORTH = 4
const SLOT_VARIANCE_GUESS = 0.1
const SLOT_VARIANCE_WORTH = 100
/** Gamma prior shape of the level. */
const LEVEL_SHAPE = 8
/** Prior of φ where counts are rare, and the information it is worth: half a unit either way. */
const PRIOR_PHI = 0.2
const PRIOR_INFORMATION = 8
/** Degrees of freedom a dispersion has at least: keeps first guesses finite. */
const MIN_FREEDOM = 4
/** Learning clips what is less likely than this. */
const LOG_CLIP = Math.log(1e-3)
const LOG_LIKELY = Math.log(0.3)
/** What the strain keeps an observation, and what starts it. */
const STRAIN_KEEP = 0.97
const STRAIN_ON = 3
/** Beyond this the unit of the weights moves, to the other: sums that weigh so little have vanished. */
const FORGOTTEN = 2 ** 40
const REMEMBERED = 2 ** 20

/** Where a profile keeps its hours: of the day in one group, of the week in 24 groups of 7. */
const HOURS_OF_DAY: Members = { stride: 4, groups: 1, members: 24 }
const HOURS_OF_WEEK: Members = { stride: 2, groups: 24, members: 7 }

const SLOTS = { hourOfWeek: 168, hourOfDay: 0, none: 0 } as const

/**
 * Opens the `counts` detector.
 *
 * @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense.
 */
export function openCounts(spec: DetectorSpec, context: DetectorContext): Detector {
  const season = specWord(spec, 'season', ['hourOfWeek', 'hourOfDay', 'none'])
  const warmupMs = specNumber(spec, 'warmupMs', 0, 1e13)
  const halfLifeMs = specNumber(spec, 'halfLifeMs', 1, 1e13)
  const levelHalfLifeMs = specNumber(spec, 'levelHalfLifeMs', 1, 1e13)
  const patienceMs = specNumber(spec, 'patienceMs', 1, 1e13)
  const draws = specDraws(spec, true)
  const { alpha } = context
  const logAlpha = Math.log(alpha)
  // Where only strange p-values are read, common counts need none.
  const everyLog = context.wants.pValues === 'all' || logAlpha > LOG_CLIP
  const everyBound = context.wants.bounds === 'all'
  const anyBound = context.wants.bounds !== 'none'
  const weekly = season === 'hourOfWeek'
  const daily = season !== 'none'
  const hourAt = 2 * SLOTS[season]
  const width = Math.max(2, hourAt + (daily ? 96 : 0))
  /** The first season, in which the level is 1. */
  const seasonMs = weekly ? 7 * DAY_MS : daily ? DAY_MS : 0
  const ends = new Float64Array(2)
  /** The distribution of the count at hand, which p-values are randomised by. */
  const distribution = {
    mu: 1,
    wide: 0,
    freedom: 1,
    tails(x: number, out: Float64Array) {
      logTails(x, distribution.mu, distribution.wide, out)
      out[0] = widenLogTail(out[0]!, distribution.freedom)
      out[1] = widenLogTail(out[1]!, distribution.freedom)
    },
  }

  // Places in the profile of the last time seen.
  let placedMs = Number.NaN
  let hourPlace = 0
  let slotPlace = 0
  // Forgetting over the last step length seen: a pure function of it, so no state.
  let stepMs = Number.NaN
  let growth = 1
  let levelKeep = 1
  let keep = 1
  let dayKeep = 1

  function step(state: StateTable, input: DetectorInput, output: DetectorOutput): void {
    const level = f64(state, 'level')
    const profile = f64(state, 'profile')
    const { count, keys, timesMs, values } = input
    const { expected, lower, upper, logP } = output
    draws?.bind(state)
    for (let i = 0; i < count; i++) {
      const key = keys[i]!
      const x = values[i]!
      const timeMs = timesMs[i]!
      const at = key * SCALARS
      if (level[at + SEEN] === 0) {
        expected[i] = lower[i] = upper[i] = logP[i] = Number.NaN
        if (Number.isNaN(x)) continue
        level[at + FIRST_MS] = timeMs
        level[at + LAST_MS] = timeMs
        level[at + WEIGHT] = 1
        level[at + LEVEL_FIRST] = 1
        level[at + HOUR_VARIANCE] = HOUR_VARIANCE_GUESS
        level[at + SLOT_VARIANCE] = SLOT_VARIANCE_GUESS
      }

      // What is expected. `kappa` is Σw²/Σw of weights that fall from 1 exponentially: what forgetting adds to noise.
      const weight = level[at + WEIGHT]!
      const unit = 1 / weight
      const kappa = 0.5 + 0.5 * unit
      const seen = level[at + SEEN]!
      const sinceFirst = timeMs - level[at + FIRST_MS]!
      const total = level[at + TOTAL]! * unit + 0.5
      const overall = seen > 0 ? total / (level[at + TOTAL_EXPOSURE]! * unit) : x > 0.5 && x < 1e300 ? x : 0.5
      const ownPhi = level[at + INFORMATION]! > 0 ? level[at + PHI]! : PRIOR_PHI / (1 + overall)
      const phi = Math.max(ownPhi, 0)
      // A gamma prior of relative variance v and a count C of exposure E whose noise is d times Poisson's have the mean
      // m·(d + vC)/(d + vmE); its relative variance is v times what it borrows of the prior, d/(d + vC).
      const levelNoise = LEVEL_SHAPE * (0.5 + 0.5 * level[at + LEVEL_FIRST]!) * (1 + phi * overall)
      const levelKnown = levelNoise + level[at + LEVEL_COUNT]!
      const factor = levelKnown / (levelNoise + level[at + LEVEL_EXPOSURE]!)
      const levelBorrows = levelNoise / levelKnown
      const typical = overall * factor
      // Variances of relative errors: of the level, then of the place in the profile.
      let spread = levelBorrows * (1 / LEVEL_SHAPE + (levelBorrows * kappa * (1 + phi * overall)) / total)
      let mean = overall
      let hour = 0
      let slot = 0
      if (daily) {
        if (timeMs !== placedMs) {
          placedMs = timeMs
          const hours = Math.floor(timeMs / HOUR_MS)
          hourPlace = hourAt + 4 * (hours - 24 * Math.floor(hours / 24))
          slotPlace = 2 * (hours - 168 * Math.floor(hours / 168))
        }
        hour = key * width + hourPlace
        const hourVariance = level[at + HOUR_VARIANCE]!
        const hourWorth = unit * hourVariance
        const hourNoise = kappa * (1 + phi * typical)
        const hourKnown = hourNoise + hourWorth * profile[hour]!
        mean *= hourKnown / (hourNoise + hourWorth * mean * profile[hour + 1]!)
        let variance = (hourVariance * hourNoise) / hourKnown
        if (weekly) {
          slot = key * width + slotPlace
          const slotVariance = level[at + SLOT_VARIANCE]!
          const slotWorth = unit * slotVariance
          const slotNoise = kappa * (1 + phi * mean * factor)
          const slotKnown = slotNoise + slotWorth * profile[slot]!
          mean *= slotKnown / (slotNoise + slotWorth * mean * profile[slot + 1]!)
          const borrows = slotNoise / slotKnown
          variance = borrows * (slotVariance + borrows * variance)
        }
        spread += variance
      }
      const mu = mean * factor
      // The variance of a φ is 2·kappa·norm over its denominator: observations weigh alike at the typical count, so
      // that an early φ which was too small has not outweighed what came after.
      const typicalNoise = 1 + phi * typical
      const norm = typicalNoise * (typicalNoise * (1 + 3 * phi) + 0.5 / typical)
      const noise = 2 * kappa * norm
      let hourPhi = ownPhi
      let borrowed = 1
      let phiVariance = 0
      if (daily && level[at + NOISE_VARIANCE]! > 0) {
        const relative = phi + 1 / mu
        phiVariance = level[at + NOISE_VARIANCE]! * relative * relative
        const known = 1 / (noise + phiVariance * profile[hour + 3]!)
        borrowed = noise * known
        hourPhi = phiVariance * profile[hour + 2]! * known + borrowed * ownPhi
      }
      const wide = Math.max(hourPhi + spread + (hourPhi > 0 ? hourPhi * spread : 0), 0)
      const scored = seen > 0 && sinceFirst >= warmupMs
      if (seen > 0) expected[i] = mu
      const careful = seen > 0 && 2 * sinceFirst >= warmupMs
      const missing = Number.isNaN(x)
      const strained = level[at + STRAIN]!
      const asked = (careful || scored) && !missing
      // Of a common count only a strained key asks more, and only on the side of its strain.
      const exact = (everyLog && scored) || (strained !== 0 && x > mu === strained > 0)
      const common = !exact && isUnremarkable(x, mu, wide)
      let log = asked ? 0 : Number.NaN
      let freedom = MIN_FREEDOM
      if ((asked && !common) || (scored && (everyBound || draws))) {
        // Degrees of freedom of the variance μ + wide·μ², by the variance of wide.
        const unknown =
          borrowed *
          (phiVariance + (borrowed * noise) / (level[at + INFORMATION]! + PRIOR_INFORMATION * norm))
        const scale = 1 / mu + wide
        freedom = Math.max((2 * scale * scale) / unknown, MIN_FREEDOM)
        if (asked && !common) log = widenLogP(logTwoSided(x, mu, wide), freedom)
      }
      let own = scored ? log : Number.NaN
      let v = 0
      if (draws && scored) {
        v = draws.draw(key, timeMs)
        distribution.mu = mu
        distribution.wide = wide
        distribution.freedom = freedom
        // No randomised p-value is below that of the next count.
        const ordinary = !everyLog && isUnremarkable(x > mu ? x + 1 : x - 1, mu, wide)
        if (!missing) own = ordinary ? 0 : randomisedTwoSided(distribution, x, v)
      }
      logP[i] = own
      if (scored && (everyBound || (anyBound && own < logAlpha))) {
        centralIntervalOfLog(mu, wide, narrowLogP(logAlpha, freedom), ends)
        lower[i] = draws ? randomisedBound(distribution, ends[0]!, -1, v, logAlpha) : ends[0]!
        upper[i] = draws ? randomisedBound(distribution, ends[1]!, 1, v, logAlpha) : ends[1]!
      } else {
        lower[i] = upper[i] = Number.NaN
      }
      if (missing) continue

      // What is learned, after it was scored.
      draws?.note(key, timeMs, x)
      const dt = Math.max(0, timeMs - level[at + LAST_MS]!)
      if (dt !== stepMs) {
        stepMs = dt
        growth = 2 ** (dt / halfLifeMs)
        keep = 1 / growth
        // An hour of the day is seen again after a day, by a part of its values after less.
        dayKeep = 2 ** (-Math.max(dt, Math.min(24 * dt, DAY_MS)) / halfLifeMs)
        levelKeep = 2 ** (-dt / levelHalfLifeMs)
      }
      let learned = x
      let trust = 1
      let strain = strained
      if (log < LOG_CLIP) {
        const side = x > mu ? 1 : -1
        centralIntervalOfLog(mu, wide, narrowLogP(LOG_CLIP, freedom), ends)
        learned = side > 0 ? Math.min(x, ends[1]!) : Math.max(x, ends[0]!)
        strain = strain * side < 0 ? side : strain * STRAIN_KEEP + side
        trust = 1 / Math.abs(strain)
        if (strain === side) {
          level[at + STRAIN_SINCE_MS] = timeMs
          level[at + STRAIN_COUNT] = 0
          level[at + STRAIN_EXPOSURE] = 0
        }
      } else if (strain !== 0) {
        // Against a new level speaks only what is ordinary where a strange count could have shown. What is near
        // strange on the same side waits with the strange.
        const same = x > mu === strain > 0
        if (same && log < LOG_LIKELY) {
          trust = 1 / Math.max(1, Math.abs(strain))
        } else if (strain > 0 ? mu > 1 : -Math.log1p(wide * mu) < wide * LOG_CLIP) {
          strain = Math.abs(strain) > 2 ? strain - 2 * Math.sign(strain) : 0
        }
      }
      if (!(learned >= 0 && learned < Number.POSITIVE_INFINITY)) learned = x > mu ? mu : 0
      level[at + STRAIN] = strain
      let levelCount = level[at + LEVEL_COUNT]! * levelKeep + trust * learned
      let levelExposure =
        level[at + LEVEL_EXPOSURE]! * levelKeep + trust * (sinceFirst < seasonMs ? learned : mean)
      let levelFirst = level[at + LEVEL_FIRST]! * levelKeep
      if (strain !== 0) {
        // One absurd count must not be the new level by itself; many may climb to it.
        const exposed = level[at + STRAIN_EXPOSURE]!
        const limit = exposed > 0 ? 4 * mean * (level[at + STRAIN_COUNT]! / exposed) : 0
        const most = Math.max(limit, 2 * learned)
        level[at + STRAIN_COUNT] = level[at + STRAIN_COUNT]! + (x < 0 ? 0 : Math.min(x, most))
        level[at + STRAIN_EXPOSURE] = level[at + STRAIN_EXPOSURE]! + mean
        if (Math.abs(strain) >= STRAIN_ON && timeMs - level[at + STRAIN_SINCE_MS]! >= patienceMs) {
          levelCount = level[at + STRAIN_COUNT]!
          levelExposure = level[at + STRAIN_EXPOSURE]!
          levelFirst = 1
          level[at + STRAIN] = 0
        }
      }
      level[at + LEVEL_COUNT] = levelCount
      level[at + LEVEL_EXPOSURE] = levelExposure
      level[at + LEVEL_FIRST] = levelFirst
      let now = weight * growth
      if (now > FORGOTTEN) {
        // The unit of the sums moves. After a gap so long that nothing old counts, the first count weighs 1 again.
        const then = growth > REMEMBERED ? 1 : REMEMBERED
        const scaled = then / now
        const hoursAt = key * width + hourAt
        for (let j = key * width; j < hoursAt; j++) profile[j] = profile[j]! * scaled
        for (let j = hoursAt; daily && j < (key + 1) * width; j += 4) {
          profile[j] = profile[j]! * scaled
          profile[j + 1] = profile[j + 1]! * scaled
        }
        level[at + TOTAL] = level[at + TOTAL]! * scaled
        level[at + TOTAL_EXPOSURE] = level[at + TOTAL_EXPOSURE]! * scaled
        now = then
      }
      const exposure = (trust * now * (levelNoise + levelCount)) / (levelNoise + levelExposure)
      const amount = trust * now * learned
      level[at + TOTAL] = level[at + TOTAL]! + amount
      level[at + TOTAL_EXPOSURE] = level[at + TOTAL_EXPOSURE]! + exposure
      if (daily) {
        profile[hour] = profile[hour]! + amount
        profile[hour + 1] = profile[hour + 1]! + exposure
        if (weekly) {
          profile[slot] = profile[slot]! + amount
          profile[slot + 1] = profile[slot + 1]! + exposure
        }
      }
      if (careful) {
        const miss = learned - mu
        const around = phi + spread + phi * spread
        const wider = 1 + around * mu
        const share = (trust * norm * mu) / (wider * (wider * (1 + 3 * around) * mu + 0.5))
        const excess = share * (miss * miss - mu - spread * mu * mu)
        const worth = share * mu * mu
        const sum = level[at + EXCESS]! * keep + excess
        const information = level[at + INFORMATION]! * keep + worth
        level[at + EXCESS] = sum
        level[at + INFORMATION] = information
        // Where counts are large, φ is small until seen: its effect φμ, not φ, is what nothing is known of.
        const more = PRIOR_INFORMATION * norm
        level[at + PHI] = (sum + (PRIOR_PHI * more) / (1 + overall)) / (information + more)
        if (daily) {
          profile[hour + 2] = profile[hour + 2]! * dayKeep + excess
          profile[hour + 3] = profile[hour + 3]! * dayKeep + worth
        }
      }
      level[at + WEIGHT] = now
      level[at + LAST_MS] = level[at + LAST_MS]! + dt
      level[at + SEEN] = seen + 1
      // Whole numbers are divided several times faster than doubles.
      if (daily && careful && ((seen + 1) >>> 0) % ROUND === 0) {
        const distribution = { unit: 1 / now, kappa, phi, level: factor }
        learnVariances(level, at, profile, key * width, distribution, noise)
      }
    }
  }

  /** Learns how far the hours of a key differ. Once in {@link ROUND} values, so that it costs next to nothing. */
  function learnVariances(
    level: Float64Array,
    at: number,
    profile: Float64Array,
    from: number,
    distribution: CountPredictive,
    scale: number,
  ): void {
    const hours = from + hourAt
    level[at + HOUR_VARIANCE] = rateVariance(
      profile,
      hours,
      HOURS_OF_DAY,
      distribution,
      HOUR_VARIANCE_GUESS,
      HOUR_VARIANCE_WORTH,
    )
    if (weekly) {
      level[at + SLOT_VARIANCE] = rateVariance(
        profile,
        from,
        HOURS_OF_WEEK,
        distribution,
        SLOT_VARIANCE_GUESS,
        SLOT_VARIANCE_WORTH,
      )
    }
    level[at + NOISE_VARIANCE] = noiseVariance(
      profile,
      hours,
      HOURS_OF_DAY,
      level[at + PHI]!,
      scale,
      distribution.level,
    )
  }

  return {
    layout: {
      level: { kind: 'f64', width: SCALARS },
      profile: { kind: 'f64', width },
      ...draws?.layout,
    },
    step,
  }
}
