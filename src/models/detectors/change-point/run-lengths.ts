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
 *   values.
 *
 * The statistic is the normal score of a value under the mixture of Student distributions of all lengths *given that the segment
 * goes on*. With the change in it, no single value would be strange: a model that expects changes finds them ordinary.
 * So the p-value of a value that begins no segment is uniform, and a low one says that either a segment begins or the
 * value is an outlier.
 *
 * In that mixture weights count to the power 1.5. As they are, the lengths of one to a few values, which always have some
 * weight and whose distributions are wide, make most of its far tails, and a series without changes alarms at half of the rate 1e-4;
 * with the most probable length alone, those that soon turn out wrong alarm. The power is chosen on simulated white noise
 * (0.95 to 1.01 times the rate from 0.05 to 1e-4), and keeps to the rates on the model's own segments. What is learned of
 * lengths is untouched. (Powers of posteriors: Grünwald & van Ommen 2017, *Bayesian Analysis* 12.)
 *
 * Where segments are not believed to be normal, and a calibrator learns the distribution of the statistic, that is the score under
 * the most probable length alone: the mixture has scores of far values end near those of its wide distributions, and no tail of a
 * calibrator ends so.
 */
import type { StateTable } from '../../../core/fold.ts'
import { logGamma } from '../../special/log-gamma.ts'
import { upperPoint } from '../../special/normal-quantile.ts'
import { f64 } from '../parts/fields.ts'
import { logSum } from '../parts/predictive.ts'
import { OUTLIER_Z } from '../parts/robust-scale.ts'
import { EXPECTED, PREDICTION, READY, type Statistic } from '../parts/statistic.ts'
import { studentLogP, studentPoint } from '../parts/student.ts'

const LENGTHS = 16
/** Values that a segment remembers. */
const MEMORY = 1024
/** Observations that the prior of a mean is worth, and half the degrees of freedom of that of a variance. */
const PRIOR_WORTH = 0.02
const PRIOR_SHAPE = 2
/** Outliers to one change. */
const OUTLIERS = 2
/** Farther from the slow mean, in prior standard deviations, a value begins no segment. */
const ABSURD = 1e4
/** Power of the weights by which values are scored. */
const SHARPNESS = 1.5
/** Lengths of a smaller weight say nothing of a value's tails. */
const MIN_LOG_WEIGHT = -30
const MIN_SCALE = 1e-9
/** A bound is where its score is so near. */
const ENOUGH = 1e-9

// A key.
const SEEN = 0
const ACTIVE = 1
/** Slow mean, of so many values; and variance within segments, of so many. */
const LEVEL = 2
const LEVEL_COUNT = 3
const VARIANCE = 4
const VARIANCE_COUNT = 5
const FIRST = 6
const MIN_COUNT = 8
const RUNS = FIRST + MIN_COUNT

// A length: log weight, values learned, mean, and rate of the inverse gamma distribution.
const LOG_WEIGHT = 0
const COUNT = 1
const MEAN = 2
const RATE = 3
const RUN = 4

const WIDTH = RUNS + LENGTHS * RUN

/** log of the height of Student's density for a segment of so many values, but for its scale. */
const HEIGHT = Float64Array.from({ length: MEMORY + 1 }, (_, n) => {
  const shape = PRIOR_SHAPE + n / 2
  return logGamma(shape + 0.5) - logGamma(shape) - 0.5 * Math.log(2 * Math.PI * shape)
})

const logDensity = (n: number, t: number, scale: number): number => {
  const dof = 2 * PRIOR_SHAPE + n
  const square = t * t
  const log = square < 1e300 ? Math.log1p(square / dof) : 2 * Math.log(Math.abs(t)) - Math.log(dof)
  return HEIGHT[n]! - Math.log(scale) - 0.5 * (dof + 1) * log
}

const median = (sorted: Float64Array): number => {
  const half = sorted.length / 2
  return 0.5 * (sorted[half - 1]! + sorted[half]!)
}

/**
 * The statistic of a series cut into segments at so many changes a value.
 *
 * @param believed Whether segments are believed to be normal.
 */
export function runLengths(hazard: number, warmup: number, believed: boolean): Statistic {
  const prediction = new Float64Array(PREDICTION)
  const firsts = new Float64Array(MIN_COUNT)
  const means = new Float64Array(LENGTHS)
  const scales = new Float64Array(LENGTHS)
  /** Logarithms of the weights by which a value is scored. */
  const weights = new Float64Array(LENGTHS)
  const logStay = Math.log1p(-hazard)
  const logChange = Math.log(hazard)
  const outliers = Math.min(0.1, OUTLIERS * hazard)
  const logOutlier = Math.log(outliers)
  const logOrdinary = Math.log1p(-outliers)
  let numbers: Float64Array = new Float64Array(0)
  let at = 0
  let active = 0
  /** The most probable length. */
  let best = 0
  let logTwoSided = 0

  const leastScale = (): number => Math.max(MIN_SCALE * Math.abs(numbers[at + LEVEL]!), 1e-150)

  /** A run takes in a value. */
  function observe(run: number, x: number): void {
    let n = numbers[run + COUNT]!
    let rate = numbers[run + RATE]!
    if (n === MEMORY) {
      n--
      rate *= 1 - 0.5 / (PRIOR_SHAPE + MEMORY / 2)
    }
    const worth = PRIOR_WORTH + n
    const miss = x - numbers[run + MEAN]!
    numbers[run + MEAN] = numbers[run + MEAN]! + miss / (worth + 1)
    numbers[run + RATE] = rate + (0.5 * worth * miss * miss) / (worth + 1)
    numbers[run + COUNT] = n + 1
  }

  /** Begins a run that has seen nothing. */
  function begin(run: number, logWeight: number): void {
    const scale = Math.max(Math.sqrt(numbers[at + VARIANCE]!), leastScale())
    numbers[run + LOG_WEIGHT] = logWeight
    numbers[run + COUNT] = 0
    numbers[run + MEAN] = numbers[at + LEVEL]!
    numbers[run + RATE] = PRIOR_SHAPE * scale * scale
  }

  /** The first values make level, scale and the first run. */
  function start(): void {
    firsts.set(numbers.subarray(at + FIRST, at + FIRST + MIN_COUNT))
    firsts.sort()
    const level = median(firsts)
    numbers[at + LEVEL] = level
    numbers[at + LEVEL_COUNT] = MIN_COUNT
    let sizes = 0
    for (let i = 0; i < MIN_COUNT; i++) {
      firsts[i] = Math.abs(firsts[i]! - level)
      sizes += firsts[i]!
    }
    firsts.sort()
    // Medians of normal sizes are 0.6745 of their standard deviation, means 0.7979.
    const scale = median(firsts) / 0.6744897502 || sizes / MIN_COUNT / 0.7978845608
    numbers[at + VARIANCE] = Math.max(scale, leastScale()) ** 2
    numbers[at + VARIANCE_COUNT] = MIN_COUNT
    begin(at + RUNS, 0)
    for (let i = 0; i < MIN_COUNT; i++) {
      const x = numbers[at + FIRST + i]!
      if (Math.abs(x - level) <= OUTLIER_Z * scale) observe(at + RUNS, x)
    }
    numbers[at + ACTIVE] = 1
  }

  const dofOf = (i: number): number => 2 * PRIOR_SHAPE + numbers[at + RUNS + i * RUN + COUNT]!

  /** The score of x under the mixture; sets its p-value. */
  function scoreOf(x: number): number {
    let lower = -Infinity
    let upper = -Infinity
    for (let i = 0; i < active; i++) {
      const weight = weights[i]!
      if (weight < MIN_LOG_WEIGHT) continue
      const t = (x - means[i]!) / scales[i]!
      const tail = studentLogP(t, dofOf(i)) - Math.LN2
      const rest = Math.log1p(-Math.exp(tail))
      lower = logSum(lower, weight + (t < 0 ? tail : rest))
      upper = logSum(upper, weight + (t < 0 ? rest : tail))
    }
    const less = Math.min(lower, upper, -Math.LN2)
    logTwoSided = less + Math.LN2
    return upper < lower ? upperPoint(less) : -upperPoint(less)
  }

  /** The score of x under the most probable length. */
  function scoreOfBest(x: number): number {
    const t = (x - means[best]!) / scales[best]!
    logTwoSided = studentLogP(t, dofOf(best))
    const u = upperPoint(logTwoSided - Math.LN2)
    return t < 0 ? -u : u
  }

  /**
   * The value of a score under the mixture: false position on the score, which is nearly straight near the mean; bisection every third
   * step, of the logarithm of the distance far out.
   */
  function solve(u: number): number {
    if (!Number.isFinite(u)) return u
    const side = u < 0 ? -1 : 1
    const middle = means[best]!
    // Mostly the most probable length is nearly all of it, and a few secants from its point will do.
    let x = middle + side * scales[best]! * studentPoint(Math.abs(u), dofOf(best))
    let f = scoreOf(x) - u
    let move = -f * scales[best]!
    for (let i = 0; i < 8 && Math.abs(f) > ENOUGH && Math.abs(move) < 4 * scales[best]!; i++) {
      x += move
      const next = scoreOf(x) - u
      move *= next / (f - next)
      f = next
    }
    if (Math.abs(f) <= ENOUGH) return x
    // Distances from the mean towards the side.
    let near = 0
    let fNear = scoreOf(middle) - u
    let step = scales[best]! * (1 + Math.abs(u))
    while (side * fNear > 0) {
      near -= step
      step *= 4
      fNear = scoreOf(middle + side * near) - u
    }
    let far = near + scales[best]! * (1 + Math.abs(u))
    let fFar = scoreOf(middle + side * far) - u
    for (let grow = 2; side * fFar < 0; grow *= grow) {
      near = far
      fNear = fFar
      far = near > 0 ? near * grow : near + step * grow
      if (!Number.isFinite(middle + side * far)) return side * Infinity
      fFar = scoreOf(middle + side * far) - u
    }
    for (let i = 0; i < 100 && far - near > 1e-9 * (scales[best]! + Math.abs(near)); i++) {
      let distance = near + (fNear / (fNear - fFar)) * (far - near)
      if (near > 0 && far > 4 * near) distance = Math.sqrt(near) * Math.sqrt(far)
      else if (i % 3 === 2) distance = 0.5 * (near + far)
      f = scoreOf(middle + side * distance) - u
      if (Math.abs(f) <= ENOUGH) return middle + side * distance
      if (side * f > 0) {
        far = distance
        fFar = f
        fNear *= 0.5
      } else {
        near = distance
        fNear = f
        fFar *= 0.5
      }
    }
    return middle + side * 0.5 * (near + far)
  }

  /** The least probable length, the newest aside, goes into its neighbour: the more probable of both is kept. */
  function merge(): void {
    let least = 0
    for (let i = 1; i < active - 1; i++) {
      if (numbers[at + RUNS + i * RUN + LOG_WEIGHT]! < numbers[at + RUNS + least * RUN + LOG_WEIGHT]!)
        least = i
    }
    const gone = at + RUNS + least * RUN
    const heir = least === 0 ? gone + RUN : gone - RUN
    numbers[heir + LOG_WEIGHT] = logSum(numbers[heir + LOG_WEIGHT]!, numbers[gone + LOG_WEIGHT]!)
    numbers.copyWithin(gone, gone + RUN, at + RUNS + active * RUN)
    active--
  }

  return {
    layout: { runs: { kind: 'f64', width: WIDTH } },
    prediction,
    bind(state: StateTable) {
      numbers = f64(state, 'runs')
    },
    predict(key) {
      at = key * WIDTH
      active = numbers[at + ACTIVE]!
      prediction[EXPECTED] = Number.NaN
      prediction[READY] = 0
      const seen = numbers[at + SEEN]!
      if (active === 0) {
        if (seen > 0) prediction[EXPECTED] = numbers[at + FIRST + seen - 1]!
        return
      }
      best = 0
      for (let i = 0; i < active; i++) {
        const run = at + RUNS + i * RUN
        const n = numbers[run + COUNT]!
        const worth = PRIOR_WORTH + n
        weights[i] = numbers[run + LOG_WEIGHT]!
        means[i] = numbers[run + MEAN]!
        scales[i] = Math.max(
          Math.sqrt((numbers[run + RATE]! * (1 + 1 / worth)) / (PRIOR_SHAPE + n / 2)),
          leastScale(),
        )
        if (weights[i]! > weights[best]!) best = i
      }
      let total = -Infinity
      for (let i = 0; i < active; i++) {
        weights[i] = SHARPNESS * weights[i]!
        total = logSum(total, weights[i]!)
      }
      for (let i = 0; i < active; i++) weights[i] = weights[i]! - total
      prediction[EXPECTED] = means[best]!
      prediction[READY] = seen >= warmup ? 1 : 0
    },
    measure(x) {
      if (active === 0 || Number.isNaN(x)) return Number.isFinite(x) ? 0 : x
      if (!Number.isFinite(x)) {
        logTwoSided = -Infinity
        return x
      }
      return believed ? scoreOf(x) : scoreOfBest(x)
    },
    logP: () => logTwoSided,
    valueAt(u) {
      if (believed) return solve(u)
      const far = scales[best]! * studentPoint(Math.abs(u), dofOf(best))
      return means[best]! + (u < 0 ? -far : far)
    },
    bound: (side, alpha) => solve(side * upperPoint(Math.log(alpha / 2))),
    learn(_key, _timeMs, x, u) {
      if (!Number.isFinite(x) || !Number.isFinite(u)) return 0
      const seen = numbers[at + SEEN]!
      if (active === 0) {
        // Squares of differences must not overflow.
        if (Math.abs(x) > 1e150) return 0
        numbers[at + FIRST + seen] = x
        numbers[at + SEEN] = seen + 1
        if (seen + 1 === MIN_COUNT) start()
        return 0
      }
      numbers[at + SEEN] = seen + 1
      const level = numbers[at + LEVEL]!
      const scale = Math.max(Math.sqrt(numbers[at + VARIANCE]!), leastScale())
      const wide = scale * Math.sqrt(1 + 1 / PRIOR_WORTH)
      const far = (x - level) / wide
      if (Math.abs(far) > ABSURD) return 0
      const logNew = logDensity(0, far, wide)
      let total = logChange + logNew
      const away = (x - means[best]!) / scales[best]!
      for (let i = 0; i < active; i++) {
        const run = at + RUNS + i * RUN
        const own = logOrdinary + logDensity(numbers[run + COUNT]!, (x - means[i]!) / scales[i]!, scales[i]!)
        const other = logOutlier + logNew
        const log = numbers[run + LOG_WEIGHT]! + logStay + logSum(own, other)
        numbers[run + LOG_WEIGHT] = log
        total = logSum(total, log)
        if (own > other) observe(run, x)
      }
      if (active === LENGTHS) merge()
      const fresh = at + RUNS + active * RUN
      begin(fresh, logChange + logNew)
      observe(fresh, x)
      active++
      numbers[at + ACTIVE] = active
      for (let run = at + RUNS; run <= fresh; run += RUN) {
        numbers[run + LOG_WEIGHT] = numbers[run + LOG_WEIGHT]! - total
      }
      if (Math.abs(away) <= OUTLIER_Z) {
        const count = Math.min(numbers[at + VARIANCE_COUNT]! + 1, MEMORY)
        const square = (away * scales[best]!) ** 2
        numbers[at + VARIANCE_COUNT] = count
        numbers[at + VARIANCE] = numbers[at + VARIANCE]! + (square - numbers[at + VARIANCE]!) / count
      }
      const count = Math.min(numbers[at + LEVEL_COUNT]! + 1, MEMORY)
      const reach = 3 * wide
      numbers[at + LEVEL_COUNT] = count
      numbers[at + LEVEL] = level + Math.max(-reach, Math.min(reach, x - level)) / count
      return 1
    },
  }
}
