/**
 * The `counts` detector: a negative binomial law for every key, learned while it judges.
 *
 * A count has mean μ = level · profile[hour of week] and variance μ + φμ².
 *
 * - **Profile.** Exposure-weighted means with exponential forgetting. An hour of the week starts from its hour of the
 *   day, that from the overall mean, each as the gamma prior of a Poisson rate (Gelman et al., *Bayesian Data
 *   Analysis*, 3rd ed., §2.6–2.7): sparse series stay with the prior, busy ones leave it after two weeks.
 * - **Level.** Recent counts over what the profile expected of them, drawn to 1 by a gamma prior.
 * - **Dispersion.** φ by weighted moments of (x − μ)² − μ (Breslow 1984, *Applied Statistics* 33), for the key and,
 *   drawn to that, for each hour of the day: late hours take in what the day has delayed. Half a standard error is
 *   added, so that a series known for a short time is judged leniently.
 * - **Uncertain mean.** A gamma-distributed mean of relative variance v gives a negative binomial again, nearly with
 *   dispersion φ + v + φv: that is the law a count is judged by.
 * - **Robust.** Counts outside the 0.999 interval are pulled to its end before they are learned from, and count less
 *   the longer they keep to one side. If they stay strange for `patience`, they are a new level.
 *
 * State a key: 16 numbers, two for each hour of the week and four for each hour of the day. Nothing is allocated after opening.
 */
import type {
  Detector,
  DetectorContext,
  DetectorInput,
  DetectorOutput,
  DetectorSpec,
} from '../../core/detector.ts'
import type { StateTable } from '../../core/fold.ts'
import { specNumber, specWord } from './check-spec.ts'
import { f64 } from './fields.ts'
import { centralInterval, logTwoSided } from './negative-binomial.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const SCALARS = 16

// Places in `level`, the numbers of a key that are not of its profile.
/** Values learned from. */
const SEEN = 0
const FIRST_MS = 1
const LAST_MS = 2
/** What an observation weighs now: grows by the inverse of the forgetting, so that old sums need no touch. */
const WEIGHT = 3
/** Recent counts, and what the profile alone expected of them. */
const LEVEL_COUNT = 4
const LEVEL_EXPOSURE = 5
/** Numerator and denominator of φ. */
const EXCESS = 6
const INFORMATION = 7
/** How long and to which side counts have been strange: signed, forgets slowly. */
const STRAIN = 8
const STRAIN_SINCE_MS = 9
const STRAIN_COUNT = 10
const STRAIN_EXPOSURE = 11
/** Weighted sums of all counts and of their levels. */
const TOTAL = 12
const TOTAL_EXPOSURE = 13

/** Gamma prior shapes, in pseudo-counts: hours of the day differ by a lot, days of the week by a third. */
const HOUR_SHAPE = 0.5
const SLOT_SHAPE = 8
const LEVEL_SHAPE = 8
/** Prior of φ and the information it is worth. */
const PRIOR_PHI = 0.5
const PRIOR_INFORMATION = 2
/** Learning clips what is less likely than this. */
const CLIP = 1e-3
const LOG_CLIP = Math.log(CLIP)
const LOG_LIKELY = Math.log(0.3)
/** What the strain keeps an observation, and what starts it. */
const STRAIN_KEEP = 0.97
const STRAIN_ON = 3
/** A key judged again after its profile has lost so much weight starts afresh. */
const FORGOTTEN = 2 ** 40

/** Standard errors of an hour's φ added to it. */
const HOURLY_LENIENCE = 0.5
/**
 * Prior standard deviation of an hour's φ around that of its key: a third of it, and the variance of a stray count or
 * two whatever the mean is.
 */
const hourlySpread = (phi: number, mu: number): number => 0.3 * phi + 2 / (1 + mu)

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
  const { alpha } = context
  const everyBound = context.wants.bounds === 'all'
  const anyBound = context.wants.bounds !== 'none'
  const logAlpha = Math.log(alpha)
  const weekly = season === 'hourOfWeek'
  const daily = season !== 'none'
  const hourAt = 2 * SLOTS[season]
  const width = Math.max(2, hourAt + (daily ? 96 : 0))
  const ends = new Float64Array(2)

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
      }

      // What is expected.
      const weight = level[at + WEIGHT]!
      const unit = 1 / weight
      const seen = level[at + SEEN]!
      const information = level[at + INFORMATION]! + PRIOR_INFORMATION
      let phi = (level[at + EXCESS]! + PRIOR_PHI * PRIOR_INFORMATION) / information
      if (phi < 0) phi = 0
      phi += Math.sqrt(0.5 * level[at + INFORMATION]! + 1e-12) / information
      const factor = (LEVEL_SHAPE + level[at + LEVEL_COUNT]!) / (LEVEL_SHAPE + level[at + LEVEL_EXPOSURE]!)
      let mean =
        seen > 0
          ? (level[at + TOTAL]! * unit + 0.5) / (level[at + TOTAL_EXPOSURE]! * unit)
          : x > 0.5 && x < 1e300
            ? x
            : 0.5
      let spread = (1 + phi * mean) / (level[at + TOTAL]! * unit + 0.5)
      const hours = Math.floor(timeMs / HOUR_MS)
      let hour = 0
      let slot = 0
      if (daily) {
        hour = key * width + hourAt + 4 * (hours - 24 * Math.floor(hours / 24))
        const worth = unit / (1 + phi * mean * factor)
        const known = HOUR_SHAPE + profile[hour]! * worth
        mean = known / (HOUR_SHAPE / mean + profile[hour + 1]! * worth)
        spread = 1 / known
        if (weekly) {
          slot = key * width + 2 * (hours - 168 * Math.floor(hours / 168))
          const slotWorth = unit / (1 + phi * mean * factor)
          const slotKnown = SLOT_SHAPE + profile[slot]! * slotWorth
          mean = slotKnown / (SLOT_SHAPE / mean + profile[slot + 1]! * slotWorth)
          const borrowed = SLOT_SHAPE / slotKnown
          spread = 1 / slotKnown + borrowed * borrowed * spread
        }
      }
      const mu = mean * factor
      if (daily) {
        const about = hourlySpread(phi, mu)
        const prior = 2 / (about * about)
        const own = profile[hour + 3]!
        phi = (profile[hour + 2]! + prior * phi) / (own + prior)
        phi = Math.max(phi, 0) + HOURLY_LENIENCE * Math.sqrt(2 / (own + prior))
      }
      spread += (1 + phi * mu) / (LEVEL_SHAPE + level[at + LEVEL_COUNT]!)
      const wide = phi + spread + phi * spread
      const sinceFirst = timeMs - level[at + FIRST_MS]!
      const judged = seen > 0 && sinceFirst >= warmupMs
      if (seen > 0) expected[i] = mu
      const careful = seen > 0 && 2 * sinceFirst >= warmupMs
      const missing = Number.isNaN(x)
      const log = (careful || judged) && !missing ? logTwoSided(x, mu, wide) : Number.NaN
      logP[i] = judged ? log : Number.NaN
      if (judged && (everyBound || (anyBound && log < logAlpha))) {
        centralInterval(mu, wide, alpha, ends)
        lower[i] = ends[0]!
        upper[i] = ends[1]!
      } else {
        lower[i] = upper[i] = Number.NaN
      }
      if (missing) continue

      // What is learned, after it was judged.
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
      let strain = level[at + STRAIN]!
      if (log < LOG_CLIP) {
        const side = x > mu ? 1 : -1
        centralInterval(mu, wide, CLIP, ends)
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
      let levelExposure = level[at + LEVEL_EXPOSURE]! * levelKeep + trust * mean
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
          level[at + STRAIN] = 0
        }
      }
      level[at + LEVEL_COUNT] = levelCount
      level[at + LEVEL_EXPOSURE] = levelExposure
      let now = weight * growth
      if (now > FORGOTTEN) {
        // The unit of the sums moves; sums too old to matter vanish in it.
        const unitNow = 1 / now
        for (let j = key * width; j < (key + 1) * width; j++) profile[j] = profile[j]! * unitNow
        level[at + TOTAL] = level[at + TOTAL]! * unitNow
        level[at + TOTAL_EXPOSURE] = level[at + TOTAL_EXPOSURE]! * unitNow
        now = 1
      }
      const exposure = (trust * now * (LEVEL_SHAPE + levelCount)) / (LEVEL_SHAPE + levelExposure)
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
        const wider = 1 + phi * mu
        const share = trust / (wider * wider + 0.5 / mu)
        const excess = share * (miss * miss - mu - spread * mu * mu)
        const worth = share * mu * mu
        level[at + EXCESS] = level[at + EXCESS]! * keep + excess
        level[at + INFORMATION] = level[at + INFORMATION]! * keep + worth
        if (daily) {
          profile[hour + 2] = profile[hour + 2]! * dayKeep + excess
          profile[hour + 3] = profile[hour + 3]! * dayKeep + worth
        }
      }
      level[at + WEIGHT] = now
      level[at + LAST_MS] = level[at + LAST_MS]! + dt
      level[at + SEEN] = seen + 1
    }
  }

  return {
    layout: {
      level: { kind: 'f64', width: SCALARS },
      profile: { kind: 'f64', width },
    },
    step,
  }
}
