/**
 * Positive values: exponential, and gamma where they are more or less regular.
 *
 * A gamma distribution of shape k whose rate has a gamma posterior predicts by k/a times Fisher's ratio, or, as its odds, by a
 * beta distribution: x/(x + n·m) has I(k, k·n) (Aitchison & Dunsmore, *Statistical Prediction Analysis*, §2.4). For k = 1 this is
 * Lomax's distribution, (1 + x/(n·m))^(−n). Exact for a known shape under the prior 1/rate, also as a frequency.
 *
 * The shape of a gamma distribution is estimated from log m − mean log x (Thom 1958, *Monthly Weather Review* 86; its bias by
 * Shenton & Bowman 1972), and integrated over a lognormal posterior by three points of Gauss and Hermite: an approximation.
 */
import { digamma, trigamma } from '../../../special/digamma.ts'
import { betaTails } from '../../../special/incomplete-beta.ts'
import {
  invertTail,
  logComplement,
  logSum,
  type PredictiveDistribution,
  twoSidedOf,
} from '../../parts/predictive.ts'

const MIN_MEAN = 1e-300

/** What is common: values up to 0 are impossible, unless nothing else was ever seen. */
const impossible = (x: number, mean: number, out: Float64Array): boolean => {
  if (x > 0 && x < Infinity) return false
  const none = x === 0 && mean <= MIN_MEAN
  out[0] = x > 0 || none ? 0 : -Infinity
  out[1] = x > 0 ? -Infinity : 0
  return true
}

export const openExponential = (): PredictiveDistribution => {
  let n = 1
  let m = 1
  const distribution: PredictiveDistribution = {
    discrete: false,
    additive: false,
    logarithmic: false,
    most: Infinity,
    priorSum: 0,
    priorWorth: 0,
    look() {},
    relativeVariance: () => 1,
    set(mean, worth) {
      m = Math.max(mean, MIN_MEAN)
      n = worth
    },
    tails(x, out) {
      if (impossible(x, m, out)) return
      out[1] = -n * Math.log1p(x / m / n)
      out[0] = logComplement(out[1]!)
    },
    logTwoSided: x => twoSidedOf(distribution, x),
    bound(side, alpha) {
      const logAbove = side > 0 ? Math.log(alpha / 2) : Math.log1p(-alpha / 2)
      return m * n * Math.expm1(-logAbove / n)
    },
    note() {},
  }
  return distribution
}

const WEIGHT = 0
const RATIO = 1
const LOG_RATIO = 2
/** Values of one's own that the prior of a shape of 1 is worth. */
const PRIOR = 2
/** −digamma(1): what log 1 − mean log x is for shape 1. */
const EULER = 0.5772156649015329
const MAX_SHAPE = 1e9

const POINTS = [-Math.sqrt(3), 0, Math.sqrt(3)] as const
const LOG_WEIGHTS = [Math.log(1 / 6), Math.log(2 / 3), Math.log(1 / 6)] as const

export const openGamma = (): PredictiveDistribution => {
  const ends = new Float64Array(2)
  const parts = new Float64Array(2)
  const shapes = new Float64Array(3)
  let shape = 1
  let n = 1
  let m = 1
  const distribution: PredictiveDistribution = {
    discrete: false,
    additive: false,
    logarithmic: false,
    most: Infinity,
    priorSum: 0,
    priorWorth: 0,
    look(sums, at, unit) {
      const own = sums[at + WEIGHT]! * unit
      const count = own + PRIOR
      const ratio = (sums[at + RATIO]! * unit + PRIOR) / count
      const s = Math.log(ratio) - (sums[at + LOG_RATIO]! * unit - PRIOR * EULER) / count
      let k = s > 1e-12 ? (3 - s + Math.sqrt((s - 3) * (s - 3) + 24 * s)) / (12 * s) : MAX_SHAPE
      // That is within 1.5 %; a step of Newton leaves nothing of it. For regular values it is exact.
      if (k < 1e4) k -= (Math.log(k) - digamma(k) - s) / (1 / k - trigamma(k))
      k = Math.min(k * Math.max(1 - 3 / count, 0.2) + 2 / (3 * count), MAX_SHAPE)
      shape = k
      // Information of log k, the mean being orthogonal to it.
      const information = k > 1e4 ? 0.5 : k * (k * trigamma(k) - 1)
      const sd = 1 / Math.sqrt(count * information)
      for (let i = 0; i < 3; i++) shapes[i] = k * Math.exp(POINTS[i]! * Math.min(sd, 1))
    },
    relativeVariance: () => 1 / shape,
    set(mean, worth) {
      m = Math.max(mean, MIN_MEAN)
      n = worth
    },
    tails(x, out) {
      if (impossible(x, m, out)) return
      const ratio = x / m
      if (ratio === Infinity) {
        out[0] = 0
        out[1] = -Infinity
        return
      }
      const sum = ratio + n
      const place = n * ((ratio - 1) / sum)
      out[0] = -Infinity
      out[1] = -Infinity
      for (let i = 0; i < 3; i++) {
        const k = shapes[i]!
        betaTails(k, k * n, ratio / sum, n / sum, k * place, parts, true)
        out[0] = logSum(out[0]!, LOG_WEIGHTS[i]! + parts[0]!)
        out[1] = logSum(out[1]!, LOG_WEIGHTS[i]! + parts[1]!)
      }
      out[0] = Math.min(0, out[0]!)
      out[1] = Math.min(0, out[1]!)
    },
    logTwoSided: x => twoSidedOf(distribution, x),
    bound(side, alpha) {
      return invertTail(side, m, Math.log(alpha / 2), x => {
        distribution.tails(x, ends)
        return ends[side > 0 ? 1 : 0]!
      })
    },
    note(sums, at, weight, x) {
      // An uncertain mean of relative variance v adds ½v to log E(x/m) − E log(x/m).
      const ratio = x / m
      if (!(ratio > 1e-300 && ratio < 1e300)) return
      sums[at + WEIGHT] = sums[at + WEIGHT]! + weight
      sums[at + RATIO] = sums[at + RATIO]! + weight * ratio
      sums[at + LOG_RATIO] = sums[at + LOG_RATIO]! + weight * (Math.log(ratio) + 0.5 / (shape * n))
    },
  }
  return distribution
}
