/**
 * The `fitted` detector: sums of what was seen, with exponential forgetting, from which a family makes the predictive
 * distribution of the next value (`predictive/`).
 *
 * - **Profile.** An hour of the week starts from its hour of the day, that from the overall mean, each as a prior of some
 *   observations (Gelman et al., *Bayesian Data Analysis*, 3rd ed., §2.6, §5.4), as in `counts`. Normal values have a
 *   variance of their own in each hour, shrunk towards the common one (`expectation.ts`).
 * - **Forgetting.** Weights fall by 1/memory per value. The effective number of values in a mean is (Σw)²/Σw².
 * - **Robust.** A value whose normal score is beyond 3.5 is clipped to there before it is learned (`learning.ts`). If
 *   twelve keep to one side the level moves (`level-shift.ts`): by a sum for normal values, by a factor for others; the
 *   profile goes with it.
 *
 * The statistic is the normal score of the value under the predictive distribution; of a whole number, unless its own
 * distribution is believed, that of the middle of its step. What is learned does not depend on whether p-values are
 * randomised (`randomised.ts`).
 */
import { type DetectorFactory, type SeriesTraits, seriesTraits } from '../../../core/detector.ts'
import { normalLogSf } from '../../distributions/normal.ts'
import { upperPoint } from '../../special/normal-quantile.ts'
import { inUnits } from '../parts/any-size.ts'
import { specNumber, specWord } from '../parts/check-spec.ts'
import { withinCounts } from '../parts/count-range.ts'
import { f64 } from '../parts/fields.ts'
import { openLevelShift } from '../parts/level-shift.ts'
import { pooledDetector, shareAcrossKeys } from '../parts/pooled.ts'
import { type Draws, randomisedBound, randomisedTwoSided, specDraws } from '../parts/randomised.ts'
import { scoreWith } from '../parts/scorer.ts'
import { EXPECTED, PREDICTION, READY, type Statistic } from '../parts/statistic.ts'
import { openExpectation } from './expectation.ts'
import { openFittedLearning } from './learning.ts'
import { type PredictiveDistribution, predictiveDistributions } from './predictive/index.ts'
import { fittedFamilies } from './spec.ts'
import { ADDITIVE_CELL, CELL, FIT, type FittedPrediction, fitRecord, MIN_COUNT } from './state.ts'

/** No logarithm of a tail is less: twice as much need not overflow. */
const MIN_LOG = -1e300
/** Bounds are not sought beyond this score: its probability is near the least a double holds. */
const MAX_SCORE = 37

interface FittedSettings {
  /** Profiles: 0 for none, 1 for hours of the day, 2 for hours of the week within them. */
  readonly profiles: number
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
    profiles: profile === 'none' ? 0 : profile === 'hourOfDay' ? 1 : 2,
    memory,
    warmup,
    believed: calibrate === 'analytic',
    // Keys of a pool would all have the same draw.
    draws: specDraws(spec, distribution.discrete && calibrate === 'analytic' && !spec.pooled),
  })
  const detector =
    spec.pooled === true
      ? pooledDetector(shareAcrossKeys(statistic), calibrate, context)
      : scoreWith(statistic, calibrate, context)
  return distribution.discrete ? withinCounts(detector) : inUnits(detector)
}

function fittedStatistic(
  distribution: PredictiveDistribution,
  { profiles, memory, warmup, believed, draws }: FittedSettings,
): Statistic {
  const { additive, discrete, logarithmic } = distribution
  const state = fitRecord(additive, profiles)
  const { width } = state
  const shift = openLevelShift()
  const prediction = new Float64Array(PREDICTION)
  const hand: FittedPrediction = {
    known: false,
    mean: Number.NaN,
    seenCount: Number.NaN,
    fresh: false,
    logTwoSided: Number.NaN,
    places: new Int32Array(1 + profiles),
  }
  const { find, expect } = openExpectation(distribution, hand, width, memory)
  const { learn } = openFittedLearning(distribution, hand, shift, find, { width, memory })
  const measure = openMeasure(distribution, hand, believed)
  let numbers: Float64Array = new Float64Array(0)
  /** What p-values are randomised by. */
  let v = 0

  return {
    layout: { fit: state.field, ...shift.layout, ...draws?.layout },
    prediction,
    bind(table) {
      numbers = f64(table, 'fit')
      shift.bind(table)
      draws?.bind(table)
    },
    predict(key, timeMs) {
      if (draws) v = draws.draw(key, timeMs)
      const seen = numbers[key * width + FIT.seen]!
      if (seen === 0) {
        hand.known = false
        hand.mean = prediction[EXPECTED] = Number.NaN
        prediction[READY] = 0
        return
      }
      expect(numbers, key, timeMs)
      prediction[EXPECTED] = logarithmic ? Math.exp(hand.mean) : Math.min(hand.mean, distribution.most)
      prediction[READY] = seen >= warmup && hand.known ? 1 : 0
    },
    describe: key => describeFit(distribution, numbers, key * width, profiles),
    measure,
    logP: (_u, x) => (draws ? randomisedTwoSided(distribution, x, v) : hand.logTwoSided),
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
      return learn(numbers, key, timeMs, x, u)
    },
  }
}

/** Mean and standard deviation over all hours, by the sums of a key at `at`; the hours that have means of their own. */
function describeFit(
  distribution: PredictiveDistribution,
  numbers: Float64Array,
  at: number,
  profiles: number,
): SeriesTraits {
  const seasons = SEASONS.slice(0, profiles)
  if (numbers[at + FIT.seen]! < MIN_COUNT) return seriesTraits({ seasons })
  const { additive, logarithmic } = distribution
  const all = at + FIT.width
  distribution.look(numbers, at + FIT.own, 1 / numbers[at + FIT.weight]!)
  const moved = numbers[at + FIT.moved]!
  const mean = numbers[all + CELL.sum]! / numbers[all + CELL.exposure]!
  const level = additive ? mean + moved : mean * Math.exp(moved)
  if (!additive) {
    return seriesTraits({ level, scale: level * Math.sqrt(distribution.relativeVariance(level)), seasons })
  }
  const variance = numbers[all + ADDITIVE_CELL.squares]! / numbers[all + ADDITIVE_CELL.free]!
  if (!logarithmic) return seriesTraits({ level, scale: Math.sqrt(variance), seasons })
  const middle = Math.exp(level + variance / 2)
  return seriesTraits({ level: middle, scale: middle * Math.sqrt(Math.expm1(variance)), seasons })
}

const DAY_MS = 86_400_000
const SEASONS = [{ ms: DAY_MS }, { ms: 7 * DAY_MS }] as const

/**
 * The score of a value under the distribution that is set; sets its p-value.
 *
 * @param believed Whether the family is believed: then scores of whole numbers are those of their p-value.
 */
function openMeasure(
  distribution: PredictiveDistribution,
  hand: FittedPrediction,
  believed: boolean,
): (x: number) => number {
  const { discrete } = distribution
  const tails = new Float64Array(2)
  const beside = new Float64Array(2)

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

  return x => {
    if (!hand.known || Number.isNaN(x)) return Number.isFinite(x) ? 0 : x
    if (believed && discrete) {
      const logTwoSided = distribution.logTwoSided(x)
      hand.logTwoSided = logTwoSided
      if (logTwoSided === -Infinity) return x > hand.mean ? Infinity : -Infinity
      // The score is learned from only where it is an outlier's.
      const u = logTwoSided > -4 ? 0 : upperPoint(logTwoSided - Math.LN2)
      return x > hand.mean ? u : -u
    }
    distribution.tails(x, tails)
    hand.logTwoSided = Math.min(0, Math.LN2 + Math.min(tails[0]!, tails[1]!))
    return score(x)
  }
}
