/**
 * Bayesian online detection of change points (Adams & MacKay 2007, arXiv:0710.3742) for normal segments of unknown mean
 * and variance: a weight and a normal-inverse-gamma distribution for each length that the present segment may have.
 *
 * Three additions make it fit for streams:
 *
 * - **Outliers.** A value may be one, twice as often as a segment begins, and then says nothing of its segment: one far
 *   value is no change yet, a second beside it is (the mixture of Knoblauch, Jewson & Damoulas 2018, NeurIPS 31, with
 *   an explicit component in place of their divergences).
 * - **A prior in the units of the series.** A new segment is expected around the slow mean, about seven scales wide,
 *   with about the scale that segments have had.
 * - **Bounded state.** At most 16 lengths: the least probable is merged with its neighbour. Segments remember 1024
 *   values (`segments.ts`).
 *
 * The statistic is the normal score of a value under the mixture of Student distributions of all lengths *given that the
 * segment goes on* (`mixture.ts`). With the change in it, no single value would be an outlier: a model that expects
 * changes finds them ordinary. So the p-value of a value that begins no segment is uniform, and a low one says that
 * either a segment begins or the value is an outlier.
 *
 * In that mixture weights count to the power 1.5. As they are, the lengths of one to a few values, which always have some
 * weight and whose distributions are wide, make most of its far tails, and a series without changes alarms at half of the
 * rate 1e-4; with the most probable length alone, those that soon turn out wrong alarm. The power is chosen on simulated
 * white noise (0.95 to 1.01 times the rate from 0.05 to 1e-4), and keeps to the rates on the model's own segments. What is
 * learned of lengths is untouched. (Powers of posteriors: Grünwald & van Ommen 2017, *Bayesian Analysis* 12.)
 *
 * Where segments are not believed to be normal, and a calibrator learns the distribution of the statistic, that is the
 * score under the most probable length alone: the mixture has scores of far values end near those of its wide
 * distributions, and no tail of a calibrator ends so.
 */
import { seriesTraits } from '../../../core/detector.ts'
import { upperPoint } from '../../special/normal-quantile.ts'
import { f64 } from '../parts/fields.ts'
import { logSum } from '../parts/predictive.ts'
import { MIN_COUNT } from '../parts/robust-scale.ts'
import { EXPECTED, PREDICTION, READY, type Statistic } from '../parts/statistic.ts'
import { studentPoint } from '../parts/student.ts'
import { type Mixture, openMixture } from './mixture.ts'
import {
  begin,
  COUNT,
  LENGTHS,
  LOG_WEIGHT,
  learnLevel,
  logDensity,
  MEAN,
  merge,
  minScaleOf,
  observe,
  PRIOR_COUNT,
  PRIOR_SHAPE,
  RATE,
  RUN_WIDTH,
  SEGMENTS,
  scaleWithin,
  start,
} from './segments.ts'

/** Outliers per change. */
const OUTLIERS = 2
/** Farther from the slow mean, in prior standard deviations, a value begins no segment. */
const ABSURD = 1e4

/**
 * The statistic of a series cut into segments at so many changes per value.
 *
 * @param believed Whether segments are believed to be normal.
 */
export function runLengths(hazard: number, warmup: number, believed: boolean): Statistic {
  const prediction = new Float64Array(PREDICTION)
  const mixture = openMixture(LENGTHS)
  const learnRuns = runLearner(hazard, mixture)
  let numbers: Float64Array = new Float64Array(0)
  let at = 0

  return {
    layout: { runs: SEGMENTS.field },
    reason: 'level',
    prediction,
    bind(state) {
      numbers = f64(state, 'runs')
    },
    predict(key) {
      at = key * SEGMENTS.width
      const seen = numbers[at + SEGMENTS.seen]!
      mixture.active = numbers[at + SEGMENTS.active]!
      if (mixture.active === 0) {
        prediction[EXPECTED] = seen > 0 ? numbers[at + SEGMENTS.first + seen - 1]! : Number.NaN
        prediction[READY] = 0
        return
      }
      fill(mixture, numbers, at)
      prediction[EXPECTED] = mixture.means[mixture.best]!
      prediction[READY] = seen >= warmup ? 1 : 0
    },
    describe(key) {
      const of = key * SEGMENTS.width
      const active = numbers[of + SEGMENTS.active]!
      if (active === 0) return seriesTraits()
      let best = of + SEGMENTS.runs
      for (let i = 1, run = best; i < active; i++) {
        run += RUN_WIDTH
        if (numbers[run + LOG_WEIGHT]! > numbers[best + LOG_WEIGHT]!) best = run
      }
      return seriesTraits({ level: numbers[best + MEAN]!, scale: scaleWithin(numbers, of) })
    },
    measure(x) {
      if (mixture.active === 0 || Number.isNaN(x)) return Number.isFinite(x) ? 0 : x
      if (!Number.isFinite(x)) {
        mixture.logTwoSided = -Infinity
        return x
      }
      return believed ? mixture.score(x) : mixture.scoreOfBest(x)
    },
    logP: () => mixture.logTwoSided,
    valueAt(u) {
      if (believed) return mixture.solve(u)
      const { best, means, scales, dofs } = mixture
      const far = scales[best]! * studentPoint(Math.abs(u), dofs[best]!)
      return means[best]! + (u < 0 ? -far : far)
    },
    bound: (side, alpha) => mixture.solve(side * upperPoint(Math.log(alpha / 2))),
    learn(_key, _timeMs, x, u) {
      if (!Number.isFinite(x) || !Number.isFinite(u)) return 0
      const seen = numbers[at + SEGMENTS.seen]!
      if (mixture.active === 0) {
        // Squares of differences must not overflow.
        if (Math.abs(x) > 1e150) return 0
        numbers[at + SEGMENTS.first + seen] = x
        numbers[at + SEGMENTS.seen] = seen + 1
        if (seen + 1 === MIN_COUNT) start(numbers, at)
        return 0
      }
      numbers[at + SEGMENTS.seen] = seen + 1
      return learnRuns(numbers, at, x)
    },
  }
}

/** Fills the mixture with the runs of a key at `at`. */
function fill(mixture: Mixture, numbers: Float64Array, at: number): void {
  const { active, weights, means, scales, dofs } = mixture
  const least = minScaleOf(numbers, at)
  let best = 0
  for (let i = 0; i < active; i++) {
    const run = at + SEGMENTS.runs + i * RUN_WIDTH
    const n = numbers[run + COUNT]!
    const spread = numbers[run + RATE]! * (1 + 1 / (PRIOR_COUNT + n))
    weights[i] = numbers[run + LOG_WEIGHT]!
    means[i] = numbers[run + MEAN]!
    scales[i] = Math.max(Math.sqrt(spread / (PRIOR_SHAPE + n / 2)), least)
    dofs[i] = 2 * PRIOR_SHAPE + n
    if (weights[i]! > weights[best]!) best = i
  }
  mixture.best = best
  mixture.sharpen()
}

/** Learns a value in all runs of a key at `at`, by the mixture that predicted it, and begins one. Returns its weight. */
function runLearner(
  hazard: number,
  mixture: Mixture,
): (numbers: Float64Array, at: number, x: number) => number {
  const { means, scales } = mixture
  const outliers = Math.min(0.1, OUTLIERS * hazard)
  const logStay = Math.log1p(-hazard)
  const logChange = Math.log(hazard)
  const logOutlier = Math.log(outliers)
  const logOrdinary = Math.log1p(-outliers)

  return (numbers, at, x) => {
    const { active, best } = mixture
    const runs = at + SEGMENTS.runs
    const wide = scaleWithin(numbers, at) * Math.sqrt(1 + 1 / PRIOR_COUNT)
    const far = (x - numbers[at + SEGMENTS.level]!) / wide
    if (Math.abs(far) > ABSURD) return 0
    const logNew = logDensity(0, far, wide)
    const outlier = logOutlier + logNew
    let total = logChange + logNew
    for (let i = 0; i < active; i++) {
      const run = runs + i * RUN_WIDTH
      const t = (x - means[i]!) / scales[i]!
      const own = logOrdinary + logDensity(numbers[run + COUNT]!, t, scales[i]!)
      const log = numbers[run + LOG_WEIGHT]! + logStay + logSum(own, outlier)
      numbers[run + LOG_WEIGHT] = log
      total = logSum(total, log)
      if (own > outlier) observe(numbers, run, x)
    }
    let kept = active
    if (active === LENGTHS) {
      merge(numbers, at, active)
      kept--
    }
    const fresh = runs + kept * RUN_WIDTH
    begin(numbers, at, fresh, logChange + logNew)
    observe(numbers, fresh, x)
    mixture.active = kept + 1
    numbers[at + SEGMENTS.active] = kept + 1
    for (let run = runs; run <= fresh; run += RUN_WIDTH) {
      numbers[run + LOG_WEIGHT] = numbers[run + LOG_WEIGHT]! - total
    }
    learnLevel(numbers, at, x, (x - means[best]!) / scales[best]!, scales[best]!)
    return 1
  }
}
