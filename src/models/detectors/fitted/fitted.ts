/**
 * The `fitted` detector: sums of what was seen, with exponential forgetting, from which a family makes the predictive
 * distribution of the next value (`predictive/`).
 *
 * - **Profile.** An hour of the week starts from its hour of the day, that from the overall mean: each is a prior worth
 *   some observations (Gelman et al., *Bayesian Data Analysis*, 3rd ed., §2.6, §5.4), as in `counts.ts`. Normal values
 *   have a spread of their own in each hour, drawn to the common one.
 * - **Forgetting.** Weights fall by 1/memory a value. A mean of so weighted values is worth (Σw)²/Σw² of them.
 * - **Robust.** A value whose normal score is beyond 3.5 is pulled to there before it is learned. If twelve keep to one
 *   side the level moves (`level-shift.ts`): by a sum for normal values, by a factor for others; the profile goes with it.
 *
 * The statistic is the normal score of the value under the predictive distribution; of a whole number, unless its own distribution is
 * believed, that of the middle of its step. What is learned does not depend on whether p-values are randomised
 * (`randomised.ts`).
 */
import type { DetectorFactory } from '../../../core/detector.ts'
import { normalLogSf } from '../../distributions/normal.ts'
import { upperPoint } from '../../special/normal-quantile.ts'
import { specNumber, specWord } from '../parts/check-spec.ts'
import { f64 } from '../parts/fields.ts'
import { openLevelShift } from '../parts/level-shift.ts'
import { pooledDetector, shareAcrossKeys } from '../parts/pooled.ts'
import { type Draws, randomisedBound, randomisedTwoSided, specDraws } from '../parts/randomised.ts'
import { OUTLIER_Z } from '../parts/robust-scale.ts'
import { scoreWith } from '../parts/scorer.ts'
import { EXPECTED, PREDICTION, READY, type Statistic } from '../parts/statistic.ts'
import { OWN_SUMS, type PredictiveDistribution, predictiveDistributions } from './predictive/index.ts'
import { fittedFamilies } from './spec.ts'

const HOUR_MS = 3_600_000

const SEEN = 0
/** What a value weighs now: grows by the inverse of the forgetting, so that old sums need no touch. */
const WEIGHT = 1
/** Weights of all values learned from. */
const COUNTED = 2
/** Sum, or logarithm of the factor, by which the level has moved; and observations it is worth, 0 before it did. */
const MOVED = 3
const MOVED_WORTH = 4
const OWN = 5
const CELLS = OWN + OWN_SUMS

// A cell: what is known of all values, of an hour of the day, of an hour of the week.
const EXPOSURE = 0
const SUM = 1
/** Squared residuals of additive distributions, and weights of them: the first value of an hour has none. */
const SQUARES = 2
const FREE = 3

/** Values that are learned from whatever they are: too few to call one of them strange. */
const MIN_COUNT = 8
/** Strange values behind a new level: what it is worth at first. */
const FIRST_WORTH = 12
/** The level a shift has left is known as well as the rest after so many values. */
const MAX_WORTH = 1024
/** Values beyond this say nothing, and their squares overflow. */
const ABSURD = 1e150
/** A key seen again after so much forgetting: the unit of its sums moves. */
const FORGOTTEN = 2 ** 40

/**
 * Prior strengths of an hour of the day and of the week: observations of an additive distribution; relative precisions of the
 * mean of others. Hours of the day differ by a lot, days of the week by a third. And for spreads.
 */
const SUM_STRENGTH = [0.25, 2] as const
const FACTOR_STRENGTH = [0.5, 8] as const
const SPREAD_STRENGTH = 4

/** No logarithm of a tail is less: twice as much need not overflow. */
const MIN_LOG = -1e300
const OUTLIER_P = 2 * Math.exp(normalLogSf(OUTLIER_Z))
/** Bounds are not sought beyond this score: its probability is near the least a double holds. */
const MAX_SCORE = 37

interface FittedSettings {
  readonly cells: readonly ('day' | 'week')[]
  readonly memory: number
  readonly warmup: number
  /** Whether the family is believed: then scores of whole numbers are those of their p-value. */
  readonly believed: boolean
  /** Where p-values are randomised. */
  readonly draws: Draws | undefined
}

/** Opens the `fitted` detector. @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense. */
export const openFitted: DetectorFactory = (spec, context) => {
  const family = specWord(spec, 'family', fittedFamilies)
  const profile = specWord(spec, 'profile', ['none', 'hourOfDay', 'hourOfWeek'])
  const memory = specNumber(spec, 'memory', 32, 1e6, true)
  const warmup = specNumber(spec, 'warmup', 10, 1e9, true)
  const calibrate = specWord(spec, 'calibrate', ['analytic', 'conformal', 'tail'])
  const trials = specNumber(spec, 'trials', family === 'binomial' ? 1 : 0, 1e6, true)
  const distribution = predictiveDistributions[family](trials)
  const statistic = fittedStatistic(distribution, {
    cells: profile === 'none' ? [] : profile === 'hourOfDay' ? ['day'] : ['day', 'week'],
    memory,
    warmup,
    believed: calibrate === 'analytic',
    // Keys of a pool would all have the same draw.
    draws: specDraws(spec, distribution.discrete && calibrate === 'analytic' && !spec.pooled),
  })
  return spec.pooled === true
    ? pooledDetector(shareAcrossKeys(statistic), calibrate, context)
    : scoreWith(statistic, calibrate, context)
}

function fittedStatistic(
  distribution: PredictiveDistribution,
  { cells, memory, warmup, believed, draws }: FittedSettings,
): Statistic {
  const shift = openLevelShift()
  const prediction = new Float64Array(PREDICTION)
  const tails = new Float64Array(2)
  const beside = new Float64Array(2)
  const { additive, discrete, logarithmic } = distribution
  const strengths = additive ? SUM_STRENGTH : FACTOR_STRENGTH
  const cellWidth = additive ? 4 : 2
  const width = CELLS + cellWidth * (1 + (cells.length > 0 ? 24 : 0) + (cells.length > 1 ? 168 : 0))
  const growth = memory / (memory - 1)
  /** Where the cells of the value at hand are: all, hour of day, hour of week. */
  const places = new Int32Array(1 + cells.length)
  let numbers: Float64Array = new Float64Array(0)

  // The prediction at hand.
  let known = false
  let mean = Number.NaN
  let worth = 1
  /** Observations behind the mean of the last cell that has any; 0 where no value of the hour was seen. */
  let seenWorth = 0
  /** Whether the hour of the week has not been seen. */
  let fresh = false
  /** log p of the value measured last. */
  let logTwoSided = 0
  /** What p-values are randomised by. */
  let v = 0

  const find = (key: number, timeMs: number): void => {
    const at = key * width + CELLS
    places[0] = at
    if (cells.length === 0) return
    const hours = Math.floor(timeMs / HOUR_MS)
    places[1] = at + cellWidth * (1 + hours - 24 * Math.floor(hours / 24))
    if (cells.length > 1) places[2] = at + cellWidth * (25 + hours - 168 * Math.floor(hours / 168))
  }

  /** How far x is from what was expected, as levels move. */
  const distance = (x: number): number => {
    if (additive) return (logarithmic ? Math.log(x) : x) - mean
    const half = discrete ? 0.5 : 0
    return Math.log((x + half) / (mean + half))
  }

  /** The normal score of x, from the tails at hand. */
  function score(x: number): number {
    if (tails[0] === -Infinity || tails[1] === -Infinity) return tails[0]! < tails[1]! ? -Infinity : Infinity
    const lower = Math.max(tails[0]!, MIN_LOG)
    const upper = Math.max(tails[1]!, MIN_LOG)
    if (!discrete) return upper < lower ? upperPoint(upper) : -upperPoint(lower)
    // The middle of the step: half of P(X = x) belongs to either side.
    const above = upper < lower
    distribution.tails(above ? Math.floor(x) + 1 : Math.ceil(x) - 1, beside)
    const near = above ? upper : lower
    const far = above ? beside[1]! : beside[0]!
    const middle = near - Math.LN2 + Math.log1p(far < near ? Math.exp(far - near) : 1)
    const u = upperPoint(Math.min(middle, -Math.LN2))
    return above ? u : -u
  }

  const measure = (x: number): number => {
    if (!known || Number.isNaN(x)) return Number.isFinite(x) ? 0 : x
    if (believed && discrete) {
      logTwoSided = distribution.logTwoSided(x)
      if (logTwoSided === -Infinity) return x > mean ? Infinity : -Infinity
      // The score is learned from only where it is strange.
      const u = logTwoSided > -4 ? 0 : upperPoint(logTwoSided - Math.LN2)
      return x > mean ? u : -u
    }
    distribution.tails(x, tails)
    logTwoSided = Math.min(0, Math.LN2 + Math.min(tails[0]!, tails[1]!))
    return score(x)
  }

  return {
    layout: { fit: { kind: 'f64', width }, ...shift.layout, ...draws?.layout },
    prediction,
    bind(state) {
      numbers = f64(state, 'fit')
      shift.bind(state)
      draws?.bind(state)
    },
    predict(key, timeMs) {
      if (draws) v = draws.draw(key, timeMs)
      const at = key * width
      const seen = numbers[at + SEEN]!
      known = false
      mean = Number.NaN
      prediction[EXPECTED] = Number.NaN
      prediction[READY] = 0
      if (seen === 0) return
      find(key, timeMs)
      const unit = 1 / numbers[at + WEIGHT]!
      // Observations in a unit of weight.
      const real = (2 - 1 / memory) / (2 - (numbers[at + COUNTED]! * unit) / memory)
      const exposure = real * unit
      const all = places[0]!
      distribution.look(numbers, at + OWN, unit)
      worth = exposure * numbers[all + EXPOSURE]! + distribution.priorWorth
      mean = (exposure * numbers[all + SUM]! + distribution.priorSum) / worth
      let variance = 0
      let freedom = 0
      if (additive) {
        freedom = exposure * numbers[all + FREE]!
        if (freedom > 0) variance = numbers[all + SQUARES]! / numbers[all + FREE]!
      }
      seenWorth = worth
      fresh = false
      for (let i = 1; i < places.length; i++) {
        const cell = places[i]!
        const own = exposure * numbers[cell + EXPOSURE]!
        const prior = strengths[i - 1]! * distribution.relativeVariance(mean)
        mean = (prior * mean + exposure * numbers[cell + SUM]!) / (prior + own)
        const borrowed = prior / (prior + own)
        worth = 1 / (1 / (prior + own) + (borrowed * borrowed) / worth)
        fresh = own === 0
        if (!fresh) seenWorth = worth
        else if (i === 1) seenWorth = 0
        if (!additive) continue
        const free = exposure * numbers[cell + FREE]!
        if (free === 0) continue
        const share = SPREAD_STRENGTH / (SPREAD_STRENGTH + free)
        variance = share * variance + (exposure * numbers[cell + SQUARES]!) / (SPREAD_STRENGTH + free)
        freedom = 1 / ((share * share) / freedom + ((1 - share) * (1 - share)) / free)
      }
      const movedWorth = numbers[at + MOVED_WORTH]!
      if (movedWorth > 0) {
        const moved = numbers[at + MOVED]!
        mean = additive ? mean + moved : mean * Math.exp(moved)
        worth = 1 / (1 / worth + 1 / movedWorth)
      }
      known = numbers[at + COUNTED]! * unit > MIN_COUNT - 0.5 && (!additive || freedom > MIN_COUNT - 1.5)
      if (known || !additive) distribution.set(mean, worth, variance, Math.max(freedom, 1))
      prediction[EXPECTED] = logarithmic ? Math.exp(mean) : Math.min(mean, distribution.most)
      prediction[READY] = seen >= warmup && known ? 1 : 0
    },
    measure,
    logP: (_u, x) => (draws ? randomisedTwoSided(distribution, x, v) : logTwoSided),
    valueAt(u) {
      // Positive distributions have no least value, and 0 is not one of theirs.
      if (!Number.isFinite(u))
        return u > 0 ? distribution.most : discrete ? 0 : logarithmic || !additive ? Number.MIN_VALUE : u
      const side = u > 0 ? 1 : -1
      const near = distribution.bound(side, 2 * Math.exp(normalLogSf(Math.min(Math.abs(u), MAX_SCORE))))
      // The middle of a step may be beyond u where its inner end is not.
      return discrete && side * (measure(near) - u) > 0 ? near - side : near
    },
    bound(side, alpha) {
      const end = distribution.bound(side, alpha)
      return draws ? randomisedBound(distribution, end, side, v, Math.log(alpha)) : end
    },
    learn(key, timeMs, x, u) {
      if (Number.isNaN(x)) return 0
      draws?.note(key, timeMs, x)
      const at = key * width
      const seen = numbers[at + SEEN]!
      let value = logarithmic ? Math.log(x) : x
      const possible = additive
        ? Math.abs(value) < ABSURD
        : x >= 0 && x <= distribution.most && (discrete || x < ABSURD) && x < 1e300
      let trust = 1
      if (known) {
        if (!Number.isFinite(u)) return 0
        const size = Math.abs(u)
        const stray = distance(x)
        const by = shift.watch(key, u, stray, Math.abs(stray / u))
        trust = shift.weight(key)
        if (by !== 0) {
          numbers[at + MOVED] = numbers[at + MOVED]! + by
          numbers[at + MOVED_WORTH] = FIRST_WORTH
          numbers[at + SEEN] = seen + 1
          return trust
        }
        if (size > OUTLIER_Z) {
          const end = distribution.bound(u > 0 ? 1 : -1, OUTLIER_P)
          value = logarithmic ? Math.log(end) : end
          if (!Number.isFinite(value)) return trust
        }
      } else if (!possible) return 0
      if (seen === 0) {
        numbers[at + WEIGHT] = 1
        find(key, timeMs)
      }
      const weight = numbers[at + WEIGHT]!
      const added = weight * trust
      const moved = numbers[at + MOVED]!
      const residual = seen > 0 ? value - mean : 0
      // How far the first value of an hour is off says little of the spread. The first of an hour of the week is measured
      // by its hour of the day, as if weeks were not.
      const spreads = seen > 0 && seenWorth > 0
      for (let i = 0; i < places.length; i++) {
        const cell = places[i]!
        numbers[cell + EXPOSURE] = numbers[cell + EXPOSURE]! + (additive ? added : added * Math.exp(moved))
        numbers[cell + SUM] = numbers[cell + SUM]! + added * (additive ? value - moved : value)
        if (!additive || !spreads) continue
        numbers[cell + SQUARES] =
          numbers[cell + SQUARES]! + (added * residual * residual) / (1 + 1 / seenWorth)
        numbers[cell + FREE] = numbers[cell + FREE]! + added
      }
      if (spreads && !fresh && !additive) distribution.note(numbers, at + OWN, added, value)
      const movedWorth = numbers[at + MOVED_WORTH]!
      if (movedWorth > 0 && (additive || mean > 0)) {
        const now = Math.min(movedWorth + trust, MAX_WORTH)
        const step = additive ? residual : Math.log1p(((value / mean - 1) * trust) / now)
        numbers[at + MOVED] = moved + (additive ? (step * trust) / now : step)
        numbers[at + MOVED_WORTH] = now
      }
      numbers[at + COUNTED] = numbers[at + COUNTED]! + added
      numbers[at + SEEN] = seen + 1
      let next = weight * growth
      if (next > FORGOTTEN) {
        const unit = 1 / next
        numbers[at + COUNTED] = numbers[at + COUNTED]! * unit
        for (let j = at + OWN; j < at + width; j++) numbers[j] = numbers[j]! * unit
        next = 1
      }
      numbers[at + WEIGHT] = next
      return trust
    },
  }
}
