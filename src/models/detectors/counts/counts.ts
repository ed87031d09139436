/**
 * The `counts` detector: a negative binomial distribution for every key, learned while it scores.
 *
 * A count has mean μ = level · profile[hour of week] and variance μ + φμ² (`prediction.ts`, `learning.ts`).
 *
 * - **Profile.** Exposure-weighted means with exponential forgetting. An hour of the week starts from its hour of the
 *   day, that from the overall mean, each as the gamma prior of a Poisson rate (Gelman et al., *Bayesian Data
 *   Analysis*, 3rd ed., §2.6–2.7). How far they may leave it is learned from how far they differ (`between-variance.ts`):
 *   a flat series has the mean of all its hours, a busy seasonal one leaves it after two weeks.
 * - **Level.** Recent counts over what the profile expected of them, shrunk towards 1 by a gamma prior. The first season
 *   is all profile: of one round nobody can tell a level from a season.
 * - **Dispersion.** φ by weighted moments of (x − μ)² − μ (Breslow 1984, *Applied Statistics* 33), for the key and for
 *   each hour of the day. An hour's is shrunk towards the key's as far as the noise 1 + φμ of hours does not differ beyond
 *   chance: late hours take in what the day has delayed. φ may be negative; its sum with what follows may not.
 * - **Uncertain mean.** A gamma-distributed mean of relative variance v gives a negative binomial again, nearly with
 *   dispersion φ + v + φv: that is the distribution a count is scored by.
 * - **Uncertain dispersion.** The p-value is widened as Student's distribution widens the normal one
 *   (`uncertain-dispersion.ts`).
 * - **Robust.** Counts outside the 0.999 interval are clipped to its end before they are learned from, and weigh less
 *   the longer they keep to one side. If they remain outliers for `patience`, they are a new level.
 *
 * p-values may be randomised (`randomised.ts`), which changes nothing of what is learned.
 *
 * State: 19 numbers per key, two per hour of the week and four per hour of the day. Next to nothing is allocated after
 * opening.
 */
import {
  type Detector,
  type DetectorContext,
  type DetectorOutput,
  type DetectorSpec,
  seriesTraits,
} from '../../../core/detector.ts'
import { specNumber, specWord } from '../parts/check-spec.ts'
import { withinCounts } from '../parts/count-range.ts'
import { f64 } from '../parts/fields.ts'
import { centralIntervalOfLog, isUnremarkable, logTails, logTwoSided } from '../parts/negative-binomial.ts'
import { type Draws, randomisedBound, randomisedTwoSided, specDraws } from '../parts/randomised.ts'
import { LOG_CLIP, openLearning } from './learning.ts'
import {
  type CountPrediction,
  emptyPrediction,
  freedomOf,
  levelOf,
  MIN_FREEDOM,
  openPrediction,
} from './prediction.ts'
import { type CountSettings, DAY_MS, LEVEL, profileRecord } from './state.ts'
import { narrowLogP, widenLogP, widenLogTail } from './uncertain-dispersion.ts'

const NO_PROFILE = new Float64Array(0)

/**
 * Opens the `counts` detector.
 *
 * @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense.
 */
export function openCounts(spec: DetectorSpec, context: DetectorContext): Detector {
  const season = specWord(spec, 'season', ['hourOfWeek', 'hourOfDay', 'none'])
  const settings: CountSettings = {
    daily: season !== 'none',
    weekly: season === 'hourOfWeek',
    warmupMs: specNumber(spec, 'warmupMs', 0, 1e13),
    halfLifeMs: specNumber(spec, 'halfLifeMs', 1, 1e13),
    levelHalfLifeMs: specNumber(spec, 'levelHalfLifeMs', 1, 1e13),
    patienceMs: specNumber(spec, 'patienceMs', 1, 1e13),
    profile: profileRecord(season),
  }
  const seasons = [
    ...(settings.daily ? [{ ms: DAY_MS }] : []),
    ...(settings.weekly ? [{ ms: 7 * DAY_MS }] : []),
  ]
  const draws = specDraws(spec, true)
  const prediction = emptyPrediction()
  const predict = openPrediction(settings, prediction)
  const scoring = openScoring(prediction, draws, settings.warmupMs, context)
  const learning = openLearning(settings, prediction)

  return withinCounts({
    layout: {
      level: LEVEL.field,
      ...(settings.profile && { profile: settings.profile.field }),
      ...draws?.layout,
    },
    reason: 'count',
    describe(state, key) {
      const level = f64(state, 'level')
      const at = key * LEVEL.width
      if (level[at + LEVEL.seen] === 0) return seriesTraits({ seasons })
      const mean = levelOf(level, at)
      const phi = Math.max(0, level[at + LEVEL.phi]!)
      return seriesTraits({ level: mean, scale: Math.sqrt(mean + phi * mean * mean), seasons })
    },
    step(state, { count, keys, timesMs, values }, output) {
      const { expected, lower, upper, logP } = output
      const level = f64(state, 'level')
      const profile = settings.profile ? f64(state, 'profile') : NO_PROFILE
      draws?.bind(state)
      learning.bind(level, profile)
      for (let i = 0; i < count; i++) {
        const key = keys[i]!
        const x = values[i]!
        const timeMs = timesMs[i]!
        if (level[key * LEVEL.width + LEVEL.seen] === 0) {
          expected[i] = lower[i] = upper[i] = logP[i] = Number.NaN
          if (Number.isNaN(x)) continue
          learning.begin(key, timeMs)
        }
        predict(level, profile, key, timeMs, x)
        scoring.score(level, key, timeMs, x)
        scoring.write(output, i)
        if (Number.isNaN(x)) continue
        draws?.note(key, timeMs, x)
        learning.learn(key, timeMs, x, scoring.log, scoring.freedom)
      }
    },
  })
}

/** The score of the count at hand. */
interface CountScoring {
  /** log of its conservative p-value, where it was asked for; 0 for an unremarkable count. */
  log: number
  /** Degrees of freedom of the dispersion, where they were needed. */
  freedom: number
  score(level: Float64Array, key: number, timeMs: number, x: number): void
  /** Writes row i of the output. */
  write(output: DetectorOutput, i: number): void
}

function openScoring(
  prediction: CountPrediction,
  draws: Draws | undefined,
  warmupMs: number,
  { alpha, wants }: DetectorContext,
): CountScoring {
  const logAlpha = Math.log(alpha)
  // Where only the p-values of anomalies are read, unremarkable counts need none.
  const everyLog = wants.pValues === 'all' || logAlpha > LOG_CLIP
  const everyBound = wants.bounds === 'all'
  const anyBound = wants.bounds !== 'none'
  const ends = new Float64Array(2)
  /** The distribution of the count at hand, which p-values are randomised by. */
  const distribution = {
    tails(x: number, out: Float64Array) {
      logTails(x, prediction.mu, prediction.wide, out)
      out[0] = widenLogTail(out[0]!, scoring.freedom)
      out[1] = widenLogTail(out[1]!, scoring.freedom)
    },
  }
  /** Whether the key is known at all, and long enough to be scored; log p as it is given; what randomises it. */
  let known = false
  let scored = false
  let own = Number.NaN
  let v = 0

  /** The randomised p-value; no smaller than that of the next count. */
  const randomised = (x: number): number => {
    const { mu, wide } = prediction
    const ordinary = !everyLog && isUnremarkable(x > mu ? x + 1 : x - 1, mu, wide)
    return ordinary ? 0 : randomisedTwoSided(distribution, x, v)
  }

  const scoring: CountScoring = {
    log: Number.NaN,
    freedom: MIN_FREEDOM,
    score(level, key, timeMs, x) {
      const at = key * LEVEL.width
      const { mu, wide } = prediction
      const sinceFirst = timeMs - level[at + LEVEL.firstMs]!
      const strain = level[at + LEVEL.strain]!
      const missing = Number.isNaN(x)
      known = level[at + LEVEL.seen]! > 0
      scored = known && sinceFirst >= warmupMs
      const asked = known && 2 * sinceFirst >= warmupMs && !missing
      // Of an unremarkable count only a strained key asks more, and only on the side of its strain.
      const exact = (everyLog && scored) || (strain !== 0 && x > mu === strain > 0)
      const unremarkable = !exact && isUnremarkable(x, mu, wide)
      scoring.log = asked ? 0 : Number.NaN
      scoring.freedom = MIN_FREEDOM
      if ((asked && !unremarkable) || (scored && (everyBound || draws))) {
        scoring.freedom = freedomOf(prediction, level[at + LEVEL.information]!)
        if (asked && !unremarkable) scoring.log = widenLogP(logTwoSided(x, mu, wide), scoring.freedom)
      }
      own = scored ? scoring.log : Number.NaN
      if (!draws || !scored) return
      v = draws.draw(key, timeMs)
      if (!missing) own = randomised(x)
    },
    write({ expected, lower, upper, logP }, i) {
      const { mu, wide } = prediction
      if (known) expected[i] = mu
      logP[i] = own
      if (scored && (everyBound || (anyBound && own < logAlpha))) {
        centralIntervalOfLog(mu, wide, narrowLogP(logAlpha, scoring.freedom), ends)
        lower[i] = draws ? randomisedBound(distribution, ends[0]!, -1, v, logAlpha) : ends[0]!
        upper[i] = draws ? randomisedBound(distribution, ends[1]!, 1, v, logAlpha) : ends[1]!
      } else {
        lower[i] = upper[i] = Number.NaN
      }
    },
  }
  return scoring
}
