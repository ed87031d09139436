/**
 * The `tail` calibrator: both tails of a statistic's law, learned one value at a time; one law a side.
 *
 * Beyond the threshold the excess of g(u) is taken as exponential for three families g at once: log u (Pareto tail),
 * u (exponential tail) and u²/2 (normal tail). With a gamma prior on its rate each predicts by a Lomax law, which
 * carries the uncertainty of the rate; the three are averaged with weights from how well each has predicted so far
 * (Bayesian model averaging: Hoeting et al. 1999, *Statistical Science* 14; peaks over threshold: Embrechts,
 * Klüppelberg & Mikosch, *Modelling Extremal Events*, §6.5). So a short history is judged leniently, and a normal and
 * a heavy-tailed series alike get the false alarms they asked for. Between the thresholds the normal shape is stretched
 * to meet the shares that were counted.
 *
 * State: `TAIL_WIDTH` numbers, of which those for the negative side come second.
 */
import type { StateTable } from '../../core/fold.ts'
import { millsRatio } from '../special/mills-ratio.ts'
import type { Calibrator } from './calibrator.ts'

/** Where tails begin, in scales. */
const THRESHOLD = 1.5
const HALF_SQUARE = 0.5 * THRESHOLD * THRESHOLD
const LOG_THRESHOLD = Math.log(THRESHOLD)
/** Share of a normal law beyond the threshold. */
const NORMAL_SHARE = 0.06680720126885807
/** Observations that the prior shares are worth. */
const SHARE_PRIOR = 30
/**
 * Excesses that the prior rates are worth, and the mean excess in each family: that of a normal law, but for the Pareto
 * tail that of index 2.5.
 */
const RATE_PRIOR = 4
const PRIOR_LOG = RATE_PRIOR * 0.4
const PRIOR_LINEAR = RATE_PRIOR * 0.4386
const PRIOR_SQUARE = RATE_PRIOR * 0.829
/**
 * What the past keeps of its weight at each excess. Between excesses nothing that judges changes, so that a bound,
 * once found, holds for some steps.
 */
const KEEP = 1 - 1 / 512
/** Scores stop here: the families always stay able to come back. */
const MOST_SCORE = 40
/** Larger innovations are learned from as if they were so large. */
const MOST = 20

const BEYOND = 0
const SUM_LOG = 1
const SUM_LINEAR = 2
const SUM_SQUARE = 3
const SCORE_LOG = 4
const SCORE_SQUARE = 5
/** Share of the side, and of its tail, when last updated. */
const SIDE = 6
const SHARE = 7
/** Logarithms of share times weight of each family. */
const WEIGHT_LOG = 8
const WEIGHT_LINEAR = 9
const WEIGHT_SQUARE = 10
/** Innovations of the side. */
const SIDE_COUNT = 11
/** Bound of the side at the detector's alpha; 0 when unknown. */
const BOUND = 12
const SIDE_WIDTH = 13
const TOTAL = 2 * SIDE_WIDTH

/** Numbers of state. */
export const TAIL_WIDTH = 2 * SIDE_WIDTH + 2

const STEPS = 256
/** (Q(u) − Q(1.5)) / (½ − Q(1.5)) on [0, 1.5], to be interpolated. */
const BODY = Float64Array.from({ length: STEPS + 2 }, (_, i) => {
  const u = (i * THRESHOLD) / STEPS
  const tail = (millsRatio(u) * Math.exp(-0.5 * u * u)) / Math.sqrt(2 * Math.PI)
  return (tail - NORMAL_SHARE) / (0.5 - NORMAL_SHARE)
})

/** Sets the prior: what is believed before the first innovation. */
export function resetTails(tails: Float64Array, at: number): void {
  tails.fill(0, at, at + TAIL_WIDTH)
  refresh(tails, at, at)
  refresh(tails, at, at + SIDE_WIDTH)
}

function refresh(tails: Float64Array, at: number, side: number): void {
  const total = tails[at + TOTAL]! + SHARE_PRIOR
  const share = (tails[side + BEYOND]! + SHARE_PRIOR * NORMAL_SHARE) / total
  tails[side + SHARE] = share
  tails[side + SIDE] = (tails[side + SIDE_COUNT]! + SHARE_PRIOR * 0.5) / total
  const log = Math.exp(tails[side + SCORE_LOG]!)
  const square = Math.exp(tails[side + SCORE_SQUARE]!)
  const logSum = Math.log(share / (log + 1 + square))
  tails[side + WEIGHT_LOG] = logSum + tails[side + SCORE_LOG]!
  tails[side + WEIGHT_LINEAR] = logSum
  tails[side + WEIGHT_SQUARE] = logSum + tails[side + SCORE_SQUARE]!
  tails[side + BOUND] = 0
}

/** log P(U > u) of a side, for u at or beyond the threshold. */
function logTail(tails: Float64Array, side: number, u: number): number {
  const shape = tails[side + BEYOND]! + RATE_PRIOR
  const a =
    tails[side + WEIGHT_LOG]! -
    shape * Math.log1p((Math.log(u) - LOG_THRESHOLD) / (PRIOR_LOG + tails[side + SUM_LOG]!))
  const b =
    tails[side + WEIGHT_LINEAR]! -
    shape * Math.log1p((u - THRESHOLD) / (PRIOR_LINEAR + tails[side + SUM_LINEAR]!))
  const c =
    tails[side + WEIGHT_SQUARE]! -
    shape * Math.log1p((0.5 * u * u - HALF_SQUARE) / (PRIOR_SQUARE + tails[side + SUM_SQUARE]!))
  const most = a > b ? Math.max(a, c) : Math.max(b, c)
  if (most === -Infinity) return most
  return most + Math.log(Math.exp(a - most) + Math.exp(b - most) + Math.exp(c - most))
}

/**
 * log of the two-sided p-value of a standardised innovation.
 *
 * @example
 * const tails = new Float64Array(TAIL_WIDTH)
 * resetTails(tails, 0)
 * tailLogP(tails, 0, 0) // 0
 */
export function tailLogP(tails: Float64Array, at: number, u: number): number {
  const side = u < 0 ? at + SIDE_WIDTH : at
  const size = Math.abs(u)
  if (size >= THRESHOLD) {
    const log = Math.LN2 + logTail(tails, side, size)
    return Math.min(log, 0)
  }
  const place = size * (STEPS / THRESHOLD)
  const index = place | 0
  const low = BODY[index]!
  const shape = low + (place - index) * (BODY[index + 1]! - low)
  const share = tails[side + SHARE]!
  const tail = share + (tails[side + SIDE]! - share) * shape
  return tail < 0.5 ? Math.log(2 * tail) : 0
}

/** The innovation of a side (+1 or −1) with two-sided p-value `alpha`, as a positive number. */
export function tailBound(tails: Float64Array, at: number, sign: number, alpha: number): number {
  const side = sign < 0 ? at + SIDE_WIDTH : at
  const known = tails[side + BOUND]!
  if (known > 0) return known
  const level = Math.log(alpha / 2)
  let low = 0
  let high = THRESHOLD
  const inTail = alpha / 2 <= tails[side + SHARE]!
  if (inTail) {
    low = THRESHOLD
    while (high < 1e300 && logTail(tails, side, high) > level) {
      low = high
      high *= 2
    }
  }
  // Illinois false position on the logarithm, which is nearly straight in log u.
  let bound = high
  if (inTail) {
    let x0 = Math.log(low)
    let x1 = Math.log(high)
    let f0 = logTail(tails, side, low) - level
    let f1 = logTail(tails, side, high) - level
    for (let i = 0; i < 60 && x1 - x0 > 1e-13; i++) {
      const x = f0 === f1 ? 0.5 * (x0 + x1) : x0 + (f0 / (f0 - f1)) * (x1 - x0)
      const f = logTail(tails, side, Math.exp(x)) - level
      if (f > 0) {
        x0 = x
        f0 = f
        f1 *= 0.5
      } else {
        x1 = x
        f1 = f
        f0 *= 0.5
      }
      if (Math.abs(f) < 1e-11) break
    }
    bound = Math.exp(x1)
  } else {
    for (let i = 0; i < 50; i++) {
      const middle = 0.5 * (low + high)
      if (tailLogP(tails, at, sign * middle) > level + Math.LN2) low = middle
      else high = middle
    }
    bound = high
  }
  tails[side + BOUND] = bound
  return bound
}

/** Learns an innovation. `trust`, between 0 and 1, is what it counts. */
export function learnTail(tails: Float64Array, at: number, u: number, trust: number): void {
  const side = u < 0 ? at + SIDE_WIDTH : at
  const other = u < 0 ? at : at + SIDE_WIDTH
  tails[at + TOTAL] = tails[at + TOTAL]! + trust
  tails[side + SIDE_COUNT] = tails[side + SIDE_COUNT]! + trust
  let size = Math.abs(u)
  if (size < THRESHOLD) return
  if (size > MOST) size = MOST
  tails[at + TOTAL] = tails[at + TOTAL]! * KEEP
  tails[side + SIDE_COUNT] = tails[side + SIDE_COUNT]! * KEEP
  tails[other + SIDE_COUNT] = tails[other + SIDE_COUNT]! * KEEP
  for (let j = 0; j <= SUM_SQUARE; j++) {
    tails[side + j] = tails[side + j]! * KEEP
    tails[other + j] = tails[other + j]! * KEEP
  }
  const shape = tails[side + BEYOND]! + RATE_PRIOR
  const sumLog = PRIOR_LOG + tails[side + SUM_LOG]!
  const sumLinear = PRIOR_LINEAR + tails[side + SUM_LINEAR]!
  const sumSquare = PRIOR_SQUARE + tails[side + SUM_SQUARE]!
  const log = Math.log(size) - LOG_THRESHOLD
  const linear = size - THRESHOLD
  const square = 0.5 * size * size - HALF_SQUARE
  // Log predictive densities in u, less that of the linear family.
  const base = -(shape + 1) * Math.log1p(linear / sumLinear) - Math.log(sumLinear)
  const scoreLog = -(shape + 1) * Math.log1p(log / sumLog) - Math.log(sumLog * size) - base
  const scoreSquare = -(shape + 1) * Math.log1p(square / sumSquare) - Math.log(sumSquare / size) - base
  tails[side + SCORE_LOG] = limited(tails[side + SCORE_LOG]! * KEEP + trust * scoreLog)
  tails[side + SCORE_SQUARE] = limited(tails[side + SCORE_SQUARE]! * KEEP + trust * scoreSquare)
  tails[side + BEYOND] = tails[side + BEYOND]! + trust
  tails[side + SUM_LOG] = tails[side + SUM_LOG]! + trust * log
  tails[side + SUM_LINEAR] = tails[side + SUM_LINEAR]! + trust * linear
  tails[side + SUM_SQUARE] = tails[side + SUM_SQUARE]! + trust * square
  refresh(tails, at, at)
  refresh(tails, at, at + SIDE_WIDTH)
}

const limited = (score: number): number => (score > MOST_SCORE ? MOST_SCORE : Math.max(score, -MOST_SCORE))

export function openTail(alpha: number): Calibrator {
  let tails: Float64Array = new Float64Array(0)

  /** Where the tails of a key begin; the prior is set when it is first asked for. */
  function place(key: number): number {
    const at = key * TAIL_WIDTH
    if (tails[at + SHARE] === 0) resetTails(tails, at)
    return at
  }

  return {
    layout: { calibrationTails: { kind: 'f64', width: TAIL_WIDTH } },
    bind(state: StateTable) {
      tails = (state as unknown as { readonly calibrationTails: Float64Array }).calibrationTails
    },
    logP: (key, u) => (Number.isNaN(u) ? Number.NaN : tailLogP(tails, place(key), u)),
    critical: (key, side) => tailBound(tails, place(key), side, alpha),
    learn(key, u, trust) {
      if (!Number.isNaN(u)) learnTail(tails, place(key), u, trust)
    },
  }
}
