/**
 * The `kMeansDistance` detector: how far the last few values, as a point, are from the nearest of the patterns that the
 * series has shown.
 *
 * Values are standardised by a running mean and scale (`predicted-by.ts`), `lags` of them in a row make a point. Centres
 * are those of online k-means: a point moves the nearest by one over the number of points it has had (MacQueen 1967,
 * *Proc. 5th Berkeley Symposium* 1; Sculley 2010, *WWW '10*, whose mini-batch is here one point). Points
 * farther from all centres than most were become the first of them. A centre remembers about 1024 points.
 *
 * The statistic: roots of distances are standardised by their running mean and deviation, those of the nearest centre
 * drawn to those of all (some patterns are met more closely than others), their one-sided normal tail halved and made a
 * score again, with the sign of the side on which the value lies from what the nearest pattern goes on with. So a small
 * distance is no anomaly, and both sides have a tail for a calibrator to learn. The distribution of such distances is not known:
 * there is no `analytic` here. The root is the power that brings distances of simulated normal noise, AR(1) and t(3)
 * values together nearest to a normal distribution, which is what the tails start from (Box & Cox 1964, *Journal of the Royal
 * Statistical Society B* 26); the cube root of a squared distance is that of Wilson & Hilferty for one centre.
 *
 * - **Missing values** are taken for what was expected.
 * - **Robust.** A strange value too, in the points after it, unless such values go on for longer than a point is; and a
 *   strange point pulls its centre as if it were at the distance of score 3.5.
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

/** Least deviation of roots of distances, relative to their mean, and least such mean: a constant series has none. */
const MIN_DEVIATION = 0.025
const MIN_LEVEL = 1e-3
/** No value of a pattern is more scales off the mean. */
const MAX_LAG = 8
/** Distances before their deviation is known. */
const MIN_COUNT = 30
/** Distances from a centre that those from all are worth. */
const COMMON_WORTH = 100
/** What a point counts for a calibrator: it has all but one of its values in common with the next. */
const POINT_WORTH = 0.8

// A key, before its lagged values and centres.
/** Points since the last centre was made. */
const POINTS = 0
const LAST_MS = 1
/** Strange values in a row. */
const STRAIN = 2
/** Roots of distances: number, mean, variance. */
const COUNT = 3
const LEVEL = 4
const VARIANCE = 5
/** Centres there are. */
const CENTRES = 6
/** Values learned. */
const SEEN = 7
const LAGGED = 8

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
  const past = lags - 1
  const centresAt = LAGGED + past
  /** A centre: number of its points, the centre, and roots of their distances as above. */
  const centreWidth = 4 + lags
  const ownAt = 1 + lags
  const width = centresAt + clusters * centreWidth
  /** Squared distance of the past values from each centre. */
  const rests = new Float64Array(clusters)
  let patterns: Float64Array = new Float64Array(0)
  let at = 0
  /** Centres there are. */
  let known = 0
  /** What is expected, in scales. */
  let next = 0
  // Mean and deviation of roots of distances from a centre.
  let level = 0
  let deviation = 1
  // The value at hand, in scales; its nearest centre, and the squared distance from that.
  let z = 0
  let nearest = 0
  let square = 0

  const centre = (c: number): number => at + centresAt + c * centreWidth

  function look(): void {
    known = patterns[at + CENTRES]!
    let least = Infinity
    let most = 0
    next = 0
    for (let c = 0; c < known; c++) {
      const from = centre(c) + 1
      let sum = 0
      for (let j = 0; j < past; j++) {
        const miss = patterns[at + LAGGED + j]! - patterns[from + j]!
        sum += miss * miss
      }
      rests[c] = sum
      // Of equally near patterns the most frequent: a single value has no past to be near in.
      if (sum < least || (sum === least && patterns[from - 1]! > most)) {
        least = sum
        most = patterns[from - 1]!
        next = patterns[from + past]!
      }
    }
  }

  /** A value becomes the newest of the past. */
  function push(value: number): void {
    if (past === 0) return
    patterns.copyWithin(at + LAGGED, at + LAGGED + 1, at + LAGGED + past)
    patterns[at + LAGGED + past - 1] = value
  }

  function find(): void {
    square = Infinity
    for (let c = 0; c < known; c++) {
      const miss = z - patterns[centre(c) + lags]!
      const distance = rests[c]! + miss * miss
      if (distance < square) {
        square = distance
        nearest = c
      }
    }
  }

  const root = (): number => Math.sqrt(Math.sqrt(square))

  /** Sets `level` and `deviation` to those of a centre. */
  function know(c: number): void {
    const own = centre(c) + ownAt
    const common = COMMON_WORTH / (COMMON_WORTH + patterns[own]!)
    level = common * patterns[at + LEVEL]! + (1 - common) * patterns[own + 1]!
    const variance = common * patterns[at + VARIANCE]! + (1 - common) * patterns[own + 2]!
    deviation = Math.max(MIN_DEVIATION * Math.max(level, MIN_LEVEL), Math.sqrt(variance))
  }

  /** The distance from a centre, squared, that has a score of this size. */
  function squareOf(c: number, size: number): number {
    know(c)
    const p = 2 * Math.exp(normalLogSf(size))
    return Math.max(0, level - deviation * standardNormalQuantile(Math.min(1, p))) ** 4
  }

  /** The farthest value on a side that is within the distance of that score of a centre. */
  function farthest(side: number, size: number): number {
    let end = next
    for (let c = 0; c < known; c++) {
      const room = squareOf(c, size) - rests[c]!
      if (room < 0) continue
      const reach = patterns[centre(c) + lags]! + side * Math.sqrt(room)
      if (side * (reach - end) > 0) end = reach
    }
    return inner.valueAt(end)
  }

  /** Whether a point is one more centre, while there are too few. */
  function begins(): boolean {
    const points = patterns[at + POINTS]! + 1
    const far = known === 0 || root() > patterns[at + LEVEL]! || points === 2 * lags
    patterns[at + POINTS] = far ? 0 : points
    return far
  }

  function learnPoint(size: number): void {
    if (known < clusters && begins()) {
      const to = centre(known)
      patterns[to] = 1
      for (let j = 0; j < past; j++) patterns[to + 1 + j] = patterns[at + LAGGED + j]!
      patterns[to + lags] = z
      patterns[at + CENTRES] = known + 1
      // Distances from too few centres say nothing of those to come.
      if (known + 1 === clusters) {
        patterns.fill(0, at + COUNT, at + VARIANCE + 1)
        for (let c = 0; c < clusters; c++) patterns.fill(0, centre(c) + ownAt, centre(c) + centreWidth)
      }
      return
    }
    const to = centre(nearest)
    const count = Math.min(patterns[to]! + 1, SCALE_MEMORY)
    patterns[to] = count
    const pull = size > OUTLIER_Z ? Math.sqrt(squareOf(nearest, OUTLIER_Z) / square) : 1
    const step = pull / count
    for (let j = 0; j < past; j++) {
      patterns[to + 1 + j] =
        patterns[to + 1 + j]! + step * (patterns[at + LAGGED + j]! - patterns[to + 1 + j]!)
    }
    patterns[to + lags] = patterns[to + lags]! + step * (z - patterns[to + lags]!)
  }

  /** A value joins the number, mean and variance at a place. */
  function join(to: number, value: number): void {
    const count = Math.min(patterns[to]! + 1, SCALE_MEMORY)
    const miss = value - patterns[to + 1]!
    patterns[to] = count
    patterns[to + 1] = patterns[to + 1]! + miss / count
    patterns[to + 2] = patterns[to + 2]! + ((miss * miss * (count - 1)) / count - patterns[to + 2]!) / count
  }

  function learnDistance(): void {
    const reach = patterns[at + COUNT]! < MIN_COUNT ? Infinity : OUTLIER_Z
    const { sqrt, max, min } = Math
    know(nearest)
    const own = max(level - reach * deviation, min(level + reach * deviation, root()))
    const mean = patterns[at + LEVEL]!
    const all = max(MIN_DEVIATION * max(mean, MIN_LEVEL), sqrt(patterns[at + VARIANCE]!))
    join(centre(nearest) + ownAt, own)
    join(at + COUNT, max(mean - reach * all, min(mean + reach * all, root())))
  }

  return {
    layout: { ...inner.layout, patterns: { kind: 'f64', width } },
    prediction,
    bind(state) {
      patterns = f64(state, 'patterns')
      inner.bind(state)
    },
    predict(key, timeMs) {
      at = key * width
      look()
      const lastMs = patterns[at + LAST_MS]!
      if (everyMs !== undefined && known > 0) {
        const missing = Math.min(lags, Math.round((timeMs - lastMs) / everyMs) - 1)
        for (let i = 0; i < missing; i++) {
          push(next)
          look()
        }
      }
      inner.predict(key, timeMs)
      prediction[EXPECTED] = known === 0 ? inner.prediction[EXPECTED]! : inner.valueAt(next)
      prediction[READY] =
        inner.prediction[READY] === 1 && known === clusters && patterns[at + COUNT]! >= MIN_COUNT ? 1 : 0
    },
    measure(x) {
      z = inner.measure(x)
      if (known === 0 || !Number.isFinite(z)) return Number.isNaN(z) || !Number.isFinite(x) ? x : 0
      find()
      know(nearest)
      const tail = normalLogSf((root() - level) / deviation)
      const u = upperPoint(tail - Math.LN2)
      return z < next ? -u : u
    },
    logP: u => Math.LN2 + normalLogSf(Math.abs(u)),
    valueAt: u => farthest(u < 0 ? -1 : 1, Math.abs(u)),
    bound: (side, alpha) => farthest(side, upperPoint(Math.log(alpha / 2))),
    learn(key, timeMs, x, u) {
      patterns[at + LAST_MS] = timeMs
      const ready = inner.prediction[READY] === 1
      inner.learn(key, timeMs, x, z)
      if (!Number.isFinite(x) || !Number.isFinite(z)) {
        if (known > 0) push(next)
        return 0
      }
      const seen = patterns[at + SEEN]! + 1
      patterns[at + SEEN] = seen
      // Patterns of the first scales would be of another size.
      if (4 * seen < warmup || (!ready && Math.abs(z) > MAX_LAG)) return 0
      const warm = known === clusters && patterns[at + COUNT]! >= MIN_COUNT
      const size = warm ? Math.abs(u) : 0
      const strain = size > OUTLIER_Z ? patterns[at + STRAIN]! + 1 : 0
      patterns[at + STRAIN] = strain
      if (known > 0) learnDistance()
      learnPoint(size)
      push(strain === 0 || strain > lags ? Math.max(-MAX_LAG, Math.min(MAX_LAG, z)) : next)
      return POINT_WORTH
    },
  }
}
