/**
 * The `kMeansDistance` detector: how far the last few values, as a point, are from the nearest of the patterns that the
 * series has shown. `patterns.ts` has the patterns; this folder imports parts of detectors, `special` and `distributions`.
 *
 * Values are standardised by a running mean and scale (`residual-statistic.ts`), `lags` of them in a row make a point.
 * Centres are those of online k-means: a point moves the nearest by one over the number of points it has had (MacQueen
 * 1967, *Proc. 5th Berkeley Symposium* 1; Sculley 2010, *WWW '10*, with mini-batches of one point). Points farther from
 * all centres than most were become the first of them. A centre remembers about 1024 points.
 *
 * The statistic: roots of distances are standardised by their running mean and deviation, those from the nearest centre
 * shrunk towards those from all (some patterns are met more closely than others). Half of their one-sided normal tail is
 * made a score again, with the sign of the side on which the value lies from what the nearest pattern goes on with. So a
 * small distance is no anomaly, and both sides have a tail for a calibrator to learn. The distribution of such distances
 * is not known: there is no `analytic` here. The root is the power that brings distances of simulated normal noise, AR(1)
 * and t(3) values together nearest to a normal distribution, which is what the tails start from (Box & Cox 1964, *Journal
 * of the Royal Statistical Society B* 26); the cube root of a squared distance is that of Wilson & Hilferty for one centre.
 *
 * - **Missing values** are replaced by what was expected.
 * - **Robust.** So is an outlier in the points after it, unless outliers go on for longer than a point is; and the point of
 *   an outlier pulls its centre as if it were at the distance of score 3.5.
 */
import type { DetectorContext, DetectorFactory } from '../../../core/detector.ts'
import { normalLogSf } from '../../distributions/normal.ts'
import { standardNormalQuantile, upperPoint } from '../../special/normal-quantile.ts'
import { specNumber, specWord } from '../parts/check-spec.ts'
import { f64 } from '../parts/fields.ts'
import { residualStatistic } from '../parts/residual-statistic.ts'
import { OUTLIER_Z, SCALE_MEMORY } from '../parts/robust-scale.ts'
import { runningMean } from '../parts/running-mean.ts'
import { scoreWith } from '../parts/scorer.ts'
import { EXPECTED, PREDICTION, READY, type Statistic } from '../parts/statistic.ts'
import {
  endOf,
  find,
  isWarm,
  know,
  learnDistance,
  learnPoint,
  look,
  openPatterns,
  type Patterns,
  push,
  rootOf,
} from './patterns.ts'

/** Values of a pattern are at most this many scales off the mean. */
const MAX_LAG = 8
/** The weight of a point for a calibrator: it has all but one of its values in common with the next. */
const POINT_WEIGHT = 0.8

/** Opens the `kMeansDistance` detector. @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense. */
export const openKMeansDistance: DetectorFactory = (spec, context) => {
  const clusters = specNumber(spec, 'clusters', 1, 32, true)
  const lags = specNumber(spec, 'lags', 1, 16, true)
  const warmup = specNumber(spec, 'warmup', 2 * clusters * lags, 1e9, true)
  const calibrate = specWord(spec, 'calibrate', ['conformal', 'tail'])
  return scoreWith(nearestPattern(clusters, lags, warmup, context), calibrate, context)
}

function nearestPattern(
  clusters: number,
  lags: number,
  warmup: number,
  context: Pick<DetectorContext, 'everyMs'>,
): Statistic {
  const { everyMs } = context
  const inner = residualStatistic(
    runningMean(SCALE_MEMORY, () => {}),
    { warmup },
    context,
  )
  const prediction = new Float64Array(PREDICTION)
  const patterns = openPatterns(clusters, lags)
  const { KEY } = patterns
  /** The value at hand, in scales. */
  let z = 0

  return {
    layout: { ...inner.layout, patterns: KEY.field },
    reason: 'dynamics',
    describe: inner.describe!,
    prediction,
    bind(state) {
      patterns.numbers = f64(state, 'patterns')
      inner.bind(state)
    },
    predict(key, timeMs) {
      patterns.at = key * KEY.width
      look(patterns)
      if (everyMs !== undefined && patterns.known > 0) {
        const lastMs = patterns.numbers[patterns.at + KEY.lastMs]!
        const missing = Math.min(lags, Math.round((timeMs - lastMs) / everyMs) - 1)
        for (let i = 0; i < missing; i++) {
          push(patterns, patterns.next)
          look(patterns)
        }
      }
      inner.predict(key, timeMs)
      prediction[EXPECTED] = patterns.known === 0 ? inner.prediction[EXPECTED]! : inner.valueAt(patterns.next)
      prediction[READY] = inner.prediction[READY] === 1 && isWarm(patterns) ? 1 : 0
    },
    measure(x) {
      z = inner.measure(x)
      if (patterns.known === 0 || !Number.isFinite(z)) {
        return Number.isNaN(z) || !Number.isFinite(x) ? x : 0
      }
      find(patterns, z)
      know(patterns, patterns.nearest)
      const tail = normalLogSf((rootOf(patterns) - patterns.mean) / patterns.deviation)
      const u = upperPoint(tail - Math.LN2)
      return z < patterns.next ? -u : u
    },
    logP: u => Math.LN2 + normalLogSf(Math.abs(u)),
    valueAt: u => inner.valueAt(farthest(patterns, u < 0 ? -1 : 1, Math.abs(u))),
    bound: (side, alpha) => inner.valueAt(farthest(patterns, side, upperPoint(Math.log(alpha / 2)))),
    learn(key, timeMs, x, u) {
      const { numbers, at } = patterns
      numbers[at + KEY.lastMs] = timeMs
      const ready = inner.prediction[READY] === 1
      inner.learn(key, timeMs, x, z)
      if (!Number.isFinite(x) || !Number.isFinite(z)) {
        if (patterns.known > 0) push(patterns, patterns.next)
        return 0
      }
      const seen = numbers[at + KEY.seen]! + 1
      numbers[at + KEY.seen] = seen
      // Patterns in the first scales would be of another size.
      if (4 * seen < warmup || (!ready && Math.abs(z) > MAX_LAG)) return 0
      const size = isWarm(patterns) ? Math.abs(u) : 0
      const outliers = size > OUTLIER_Z ? numbers[at + KEY.outliers]! + 1 : 0
      numbers[at + KEY.outliers] = outliers
      if (patterns.known > 0) learnDistance(patterns)
      learnPoint(patterns, z, outliers > 0 ? pullOfOutlier(patterns) : 1)
      const kept = outliers === 0 || outliers > lags
      push(patterns, kept ? Math.max(-MAX_LAG, Math.min(MAX_LAG, z)) : patterns.next)
      return POINT_WEIGHT
    },
  }
}

/** The squared distance from a centre that has a score of this size. */
function squareOf(patterns: Patterns, c: number, size: number): number {
  know(patterns, c)
  const p = 2 * Math.exp(normalLogSf(size))
  return Math.max(0, patterns.mean - patterns.deviation * standardNormalQuantile(Math.min(1, p))) ** 4
}

/** How far the point found last, an outlier, pulls its centre. */
const pullOfOutlier = (patterns: Patterns): number =>
  Math.sqrt(squareOf(patterns, patterns.nearest, OUTLIER_Z) / patterns.square)

/** The farthest value on a side, in scales, that is within the distance of that score of a centre. */
function farthest(patterns: Patterns, side: number, size: number): number {
  let end = patterns.next
  for (let c = 0; c < patterns.known; c++) {
    const room = squareOf(patterns, c, size) - patterns.rests[c]!
    if (room < 0) continue
    const reach = endOf(patterns, c) + side * Math.sqrt(room)
    if (side * (reach - end) > 0) end = reach
  }
  return end
}
