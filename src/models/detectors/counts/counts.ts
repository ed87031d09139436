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
 * - **Uncertain dispersion.** The p-value (`score.ts`) is widened as Student's distribution widens the normal one
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
import { specDraws } from '../parts/randomised.ts'
import { newCounts } from './context.ts'
import { begin, learn } from './learning.ts'
import { levelOf, predict } from './prediction.ts'
import { countScoring, score } from './score.ts'
import { type CountSettings, DAY_MS, LEVEL as LEVEL_RECORD, profileRecord } from './state.ts'

// As in `prediction.ts`.
const LEVEL = LEVEL_RECORD

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
    firstSeasonMs: { hourOfWeek: 7 * DAY_MS, hourOfDay: DAY_MS, none: 0 }[season],
    profile: profileRecord(season),
  }
  const seasons = [
    ...(settings.daily ? [{ ms: DAY_MS }] : []),
    ...(settings.weekly ? [{ ms: 7 * DAY_MS }] : []),
  ]
  const counts = newCounts(settings)
  const scoring = countScoring(counts, specDraws(spec, true), context)
  const { draws } = scoring

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
      const { row } = counts
      counts.level = f64(state, 'level')
      if (settings.profile) counts.profile = f64(state, 'profile')
      draws?.bind(state)
      for (let i = 0; i < count; i++) {
        const key = keys[i]!
        const x = values[i]!
        const at = key * LEVEL.width
        if (counts.level[at + LEVEL.seen] === 0) {
          if (Number.isNaN(x)) {
            noScore(output, i)
            continue
          }
          begin(counts, key, timesMs[i]!)
        }
        row.key = key
        row.at = at
        row.timeMs = timesMs[i]!
        row.x = x
        predict(counts)
        score(counts, scoring, output, i)
        if (!Number.isNaN(x)) learn(counts)
      }
    },
  })
}

function noScore({ expected, lower, upper, logP }: DetectorOutput, i: number): void {
  expected[i] = lower[i] = upper[i] = logP[i] = Number.NaN
}
