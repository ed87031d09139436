/**
 * The `tail` calibrator: the distribution of a statistic, learned one value at a time, in two layers.
 *
 * **Tails.** Beyond 1.5 each side has its own distribution. The excess of g(u) over g(1.5) is taken as exponential for
 * five families g at once: log(u − 1.5 + s) for s = 1.5, 3 and 6 (Pareto tails), u (an exponential tail), and the normal
 * distribution's cumulative hazard −log Q(u). With a gamma prior on its rate, each family predicts by a Lomax
 * distribution, which carries the uncertainty of the rate. The five are averaged with weights from how well each has
 * predicted (Bayesian model averaging: Hoeting et al. 1999, *Statistical Science* 14). Every excess gives a little back to
 * the prior weights, so that a distribution that changes is followed (fixed share: Herbster & Warmuth 1998, *Machine
 * Learning* 32; peaks over threshold: Embrechts, Klüppelberg & Mikosch, *Modelling Extremal Events*, §6.5). Below 1.5 the
 * normal shape is stretched to match the shares that were counted.
 *
 * **Levels.** What the tails say is itself counted: how often was their two-sided p-value below 0.1, 0.05, …, 1e-5? Each
 * share, given the one before, is beta with the prior that the tails are right. Where there are counts they decide;
 * beyond them the last correction stays (a Pólya tree centred at the tails' distribution: Lavine 1992, *Annals of
 * Statistics* 20; counting p-values: Gneiting, Balabdaoui & Raftery 2007, *Journal of the Royal Statistical Society B*
 * 69). So when one side can hold no anomaly, as with waiting times, the other gets its share of alarms.
 *
 * Only values beyond 1.5, or with a p-value below 0.1, age the past and change how the next one is scored, until they have been
 * so few that the share beyond 1.5 has come down by half.
 *
 * State: one field; the numbers of the positive side come first.
 */
import type { StateTable } from '../../core/fold.ts'
import { record } from '../../core/record.ts'
import { millsRatio } from '../special/mills-ratio.ts'
import type { Calibrator } from './calibrator.ts'

/** Where tails begin. */
const THRESHOLD = 1.5
/** Share of a normal distribution beyond the threshold. */
const NORMAL_SHARE = 0.06680720126885807
/** Effective sample size of the prior shares. */
const SHARE_PRIOR = 30
/** The weight that the past keeps when a value changes the tails or levels. */
const KEEP = 1 - 1 / 1024
/** Larger values are learned as this one. */
const MAX = 20

/** Families: three of Pareto, by their shift s, then the exponential and the normal one. */
const SHIFT_0 = 1.5
const SHIFT_1 = 3
const SHIFT_2 = 6
const FAMILIES = 5
/** Effective number of excesses of the prior rates. */
const RATE_PRIOR = 5
/** Prior sums of excesses: RATE_PRIOR means. Pareto indices are 1 + s, the others those of a normal distribution. */
const PRIOR_SUMS = Float64Array.of(
  RATE_PRIOR / (1 + SHIFT_0),
  RATE_PRIOR / (1 + SHIFT_1),
  RATE_PRIOR / (1 + SHIFT_2),
  RATE_PRIOR * 0.4386,
  RATE_PRIOR,
)
/** Prior weights, chosen for false-alarm rates on simulated series of many distributions. */
const PRIOR_WEIGHTS = Float64Array.of(0.124, 0.124, 0.124, 0.075, 0.553)
/** The share of the weights that an excess gives back to the prior ones. */
const GIVEN_BACK = 1e-5

/** Two-sided p-values at which the tails are checked. */
const LEVELS = Float64Array.of(
  1,
  0.1,
  0.05,
  0.025,
  0.01,
  5e-3,
  2.5e-3,
  1e-3,
  5e-4,
  2.5e-4,
  1e-4,
  5e-5,
  2.5e-5,
  1e-5,
)
const DEEPEST = LEVELS.length - 1
/** Effective sample size of the prior of a level: of the first, and of the others. */
const FIRST_PRIOR = 30
const LEVEL_PRIOR = 15
/** What the prior adds to the count of each level. */
const PRIOR_COUNTS = LEVELS.map((level, j) =>
  j === 0 ? 0 : ((j === 1 ? FIRST_PRIOR : LEVEL_PRIOR) * level) / LEVELS[j - 1]!,
)
/** Smaller p-values are computed by logarithms. */
const TINY = 1e-280

/** One side of a key. */
const SIDE = record({
  beyond: 'weight of the values beyond the threshold',
  count: 'weight of the values of the side',
  bound: "bound of the side at the calibrator's alpha; 0 when unknown",
  share: 'share of values on this side, when last updated',
  tailShare: 'share of values beyond its threshold, when last updated',
  sums: ['weighted sum of excesses, by family', FAMILIES],
  weights: ['weight of each family', FAMILIES],
})
const TAILS = record({
  up: SIDE,
  down: SIDE,
  total: 'weight of all values',
  floor: 'least p-value of a value below the threshold',
  counts: ['weight of the values below each level; none for the first, which is 1', LEVELS.length],
  found: ['p-value that each level has turned out to be', LEVELS.length],
})

const LOG_SQRT_TWO_PI = 0.9189385332046728
const STEPS = 256
/** (Q(u) − Q(1.5)) / (½ − Q(1.5)) on [0, 1.5], to be interpolated. */
const BODY = Float64Array.from({ length: STEPS + 2 }, (_, i) => {
  const u = (i * THRESHOLD) / STEPS
  const tail = (millsRatio(u) * Math.exp(-0.5 * u * u)) / Math.sqrt(2 * Math.PI)
  return (tail - NORMAL_SHARE) / (0.5 - NORMAL_SHARE)
})
const HAZARD_THERE = -Math.log(NORMAL_SHARE)

/** Scratch of the value last measured, by family: excess; 1 + excess / sum; survival probability. */
const excess = new Float64Array(FAMILIES)
const stretch = new Float64Array(FAMILIES)
const survival = new Float64Array(FAMILIES)
/** The value last measured, and its two-sided p-value by the tails. Place −1: the state has changed since. */
let seenTails: Float64Array | undefined
let seenAt = -1
let seenU = 0
let seen = 0

/** Opens the calibrator. When not `exact`, log p of an ordinary value is 0: on the right side of log alpha. */
export function openTail(alpha: number, exact = true): Calibrator {
  let tails: Float64Array = new Float64Array(0)

  /** Where the state of a key begins. Sets the prior of a key that has not been seen. */
  function place(key: number): number {
    const at = key * TAILS.width
    if (tails[at + SIDE.tailShare] === 0) reset(tails, at)
    return at
  }

  return {
    layout: { calibrationTails: TAILS.field },
    bind(state: StateTable) {
      tails = (state as unknown as { readonly calibrationTails: Float64Array }).calibrationTails
      seenAt = -1
    },
    logP(key, u) {
      const at = place(key)
      if (!exact && Math.abs(u) < THRESHOLD && alpha <= tails[at + TAILS.floor]!) return 0
      if (Number.isNaN(u)) return Number.NaN
      return logPOf(tails, at, u)
    },
    critical: (key, side) => boundOf(tails, place(key), side, alpha),
    learn(key, u, weight) {
      if (!Number.isNaN(u)) learn(tails, place(key), u, weight)
    },
  }
}

/** The value of a side (+1 or −1) with two-sided p-value `alpha`, as a positive number. */
function boundOf(tails: Float64Array, at: number, sign: number, alpha: number): number {
  const side = sign < 0 ? at + TAILS.down : at
  if (tails[side + SIDE.bound] === 0) {
    tails[side + SIDE.bound] = point(tails, at, side, alpha)
    seenAt = -1
  }
  return tails[side + SIDE.bound]!
}

/** Two-sided p-value by the tails alone. */
function pByTails(tails: Float64Array, at: number, u: number): number {
  if (at === seenAt && u === seenU && tails === seenTails) return seen
  const side = u < 0 ? at + TAILS.down : at
  const size = Math.abs(u)
  seen = Math.min(1, 2 * (size < THRESHOLD ? bodyShare(tails, side, size) : tailShare(tails, side, size)))
  seenAt = at
  seenU = u
  seenTails = tails
  return seen
}

/** log of the two-sided p-value of a statistic. */
function logPOf(tails: Float64Array, at: number, u: number): number {
  const p = pByTails(tails, at, u)
  return p < TINY ? logOfTiny(tails, at, u) : Math.log(corrected(tails, at, p))
}

/** Learns a value. `weight`, 0 to 1, is how much it counts. */
function learn(tails: Float64Array, at: number, u: number, weight: number): void {
  const side = u < 0 ? at + TAILS.down : at
  const size = Math.abs(u)
  tails[at + TAILS.total] = tails[at + TAILS.total]! + weight
  tails[side + SIDE.count] = tails[side + SIDE.count]! + weight
  const far = size >= THRESHOLD
  // Where nothing is far for long, as with bounded noise, the share of what is far must not stay what it was believed to be.
  if (!far && isStale(tails, at, side)) {
    update(tails, at)
    seenAt = -1
  }
  if (!far && 2 * tails[side + SIDE.tailShare]! >= LEVELS[1]!) return
  const p = pByTails(tails, at, u)
  if (!far && p >= LEVELS[1]!) return
  if (far) {
    if (size > MAX || p < TINY) tailShare(tails, side, Math.min(size, MAX))
    reweigh(tails, side, Math.min(size, MAX), weight)
  }
  age(tails, at)
  for (let j = 1; j <= DEEPEST && p < LEVELS[j]!; j++) {
    tails[at + TAILS.counts + j] = tails[at + TAILS.counts + j]! + weight
  }
  if (far) {
    tails[side + SIDE.beyond] = tails[side + SIDE.beyond]! + weight
    for (let k = 0; k < FAMILIES; k++) {
      tails[side + SIDE.sums + k] = tails[side + SIDE.sums + k]! + weight * excess[k]!
    }
  }
  update(tails, at)
  seenAt = -1
}

/** Whether the share of a side beyond its threshold has come down by half since it was updated. */
const isStale = (tails: Float64Array, at: number, side: number): boolean =>
  2 * (tails[side + SIDE.beyond]! + SHARE_PRIOR * NORMAL_SHARE) <
  tails[side + SIDE.tailShare]! * (tails[at + TAILS.total]! + SHARE_PRIOR)

/** Sets the prior: what is believed before the first value. */
function reset(tails: Float64Array, at: number): void {
  tails.fill(0, at, at + TAILS.width)
  tails.set(PRIOR_WEIGHTS, at + TAILS.up + SIDE.weights)
  tails.set(PRIOR_WEIGHTS, at + TAILS.down + SIDE.weights)
  update(tails, at)
}

function age(tails: Float64Array, at: number): void {
  tails[at + TAILS.total] = tails[at + TAILS.total]! * KEEP
  for (let j = 1; j <= DEEPEST; j++) tails[at + TAILS.counts + j] = tails[at + TAILS.counts + j]! * KEEP
  for (let side = at; side <= at + TAILS.down; side += SIDE.width) {
    tails[side + SIDE.beyond] = tails[side + SIDE.beyond]! * KEEP
    tails[side + SIDE.count] = tails[side + SIDE.count]! * KEEP
    for (let k = side + SIDE.sums; k < side + SIDE.sums + FAMILIES; k++) tails[k] = tails[k]! * KEEP
  }
}

/** Updates what scoring reads from the counts. */
function update(tails: Float64Array, at: number): void {
  const total = tails[at + TAILS.total]!
  for (let side = at; side <= at + TAILS.down; side += SIDE.width) {
    tails[side + SIDE.share] = (tails[side + SIDE.count]! + SHARE_PRIOR * 0.5) / (total + SHARE_PRIOR)
    tails[side + SIDE.tailShare] =
      (tails[side + SIDE.beyond]! + SHARE_PRIOR * NORMAL_SHARE) / (total + SHARE_PRIOR)
    tails[side + SIDE.bound] = 0
  }
  let found = 1
  let before = total
  let prior = FIRST_PRIOR
  tails[at + TAILS.found] = 1
  for (let j = 1; j <= DEEPEST; j++) {
    const count = tails[at + TAILS.counts + j]!
    found *= (count + PRIOR_COUNTS[j]!) / (before + prior)
    tails[at + TAILS.found + j] = found
    before = count
    prior = LEVEL_PRIOR
  }
  const least = 2 * Math.min(tails[at + TAILS.up + SIDE.tailShare]!, tails[at + TAILS.down + SIDE.tailShare]!)
  tails[at + TAILS.floor] = corrected(tails, at, Math.min(1, least))
}

/** P(U > u) of a side, for u below the threshold. */
function bodyShare(tails: Float64Array, side: number, u: number): number {
  const place = u * (STEPS / THRESHOLD)
  const index = place | 0
  const low = BODY[index]!
  const shape = low + (place - index) * (BODY[index + 1]! - low)
  const share = tails[side + SIDE.tailShare]!
  return share + (tails[side + SIDE.share]! - share) * shape
}

/** Excesses of u in each family. */
function measure(u: number): void {
  const x = u - THRESHOLD
  excess[0] = Math.log(1 + x / SHIFT_0)
  excess[1] = Math.log(1 + x / SHIFT_1)
  excess[2] = Math.log(1 + x / SHIFT_2)
  excess[3] = x
  excess[4] = 0.5 * u * u + LOG_SQRT_TWO_PI - Math.log(millsRatio(u)) - HAZARD_THERE
}

/** P(U > u) of a side, for u at or beyond the threshold; fills the scratch. */
function tailShare(tails: Float64Array, side: number, u: number): number {
  const shape = tails[side + SIDE.beyond]! + RATE_PRIOR
  measure(u)
  let sum = 0
  for (let k = 0; k < FAMILIES; k++) {
    const stretched = 1 + excess[k]! / (PRIOR_SUMS[k]! + tails[side + SIDE.sums + k]!)
    stretch[k] = stretched
    survival[k] = Math.exp(-shape * Math.log(stretched))
    sum += tails[side + SIDE.weights + k]! * survival[k]!
  }
  return tails[side + SIDE.tailShare]! * sum
}

/** log P(U > u) where that underflows. */
function logTailShare(tails: Float64Array, side: number, u: number): number {
  const shape = tails[side + SIDE.beyond]! + RATE_PRIOR
  measure(u)
  let most = -Infinity
  for (let k = 0; k < FAMILIES; k++) {
    const sum = PRIOR_SUMS[k]! + tails[side + SIDE.sums + k]!
    const log = Math.log(tails[side + SIDE.weights + k]!) - shape * Math.log1p(excess[k]! / sum)
    stretch[k] = log
    if (log > most) most = log
  }
  if (most === -Infinity) return most
  let sum = 0
  for (let k = 0; k < FAMILIES; k++) sum += Math.exp(stretch[k]! - most)
  return Math.log(tails[side + SIDE.tailShare]!) + most + Math.log(sum)
}

/** The p-value that a p-value of the tails has turned out to be: linear between levels, proportional beyond the deepest. */
function corrected(tails: Float64Array, at: number, p: number): number {
  const found = at + TAILS.found
  if (p <= LEVELS[DEEPEST]!) return p * (tails[found + DEEPEST]! / LEVELS[DEEPEST]!)
  let j = 1
  while (p < LEVELS[j]!) j++
  const low = LEVELS[j]!
  const least = tails[found + j]!
  return least + ((p - low) / (LEVELS[j - 1]! - low)) * (tails[found + j - 1]! - least)
}

/** The inverse of {@link corrected}. */
function uncorrected(tails: Float64Array, at: number, p: number): number {
  const found = at + TAILS.found
  if (p <= tails[found + DEEPEST]!) return p * (LEVELS[DEEPEST]! / tails[found + DEEPEST]!)
  let j = 1
  while (p < tails[found + j]!) j++
  const low = tails[found + j]!
  const least = LEVELS[j]!
  return least + ((p - low) / (tails[found + j - 1]! - low)) * (LEVELS[j - 1]! - least)
}

/** log p of a value whose p-value underflows. */
function logOfTiny(tails: Float64Array, at: number, u: number): number {
  const log = logTailShare(tails, u < 0 ? at + TAILS.down : at, Math.abs(u))
  return Math.LN2 + log + Math.log(tails[at + TAILS.found + DEEPEST]! / LEVELS[DEEPEST]!)
}

/** Updates the weights of the families by the excess in the scratch. */
function reweigh(tails: Float64Array, side: number, u: number, weight: number): void {
  const shape = tails[side + SIDE.beyond]! + RATE_PRIOR
  const x = u - THRESHOLD
  let sum = 0
  for (let k = 0; k < FAMILIES; k++) {
    const slope =
      k === 0
        ? 1 / (SHIFT_0 + x)
        : k === 1
          ? 1 / (SHIFT_1 + x)
          : k === 2
            ? 1 / (SHIFT_2 + x)
            : k === 3
              ? 1
              : 1 / millsRatio(u)
    const rate = shape / ((PRIOR_SUMS[k]! + tails[side + SIDE.sums + k]!) * stretch[k]!)
    const density = survival[k]! * rate * slope
    survival[k] = tails[side + SIDE.weights + k]! * (weight === 1 ? density : density ** weight)
    sum += survival[k]!
  }
  if (!(sum > 0)) return
  for (let k = 0; k < FAMILIES; k++) {
    tails[side + SIDE.weights + k] = (1 - GIVEN_BACK) * (survival[k]! / sum) + GIVEN_BACK * PRIOR_WEIGHTS[k]!
  }
}

/** The value of a side, as a positive number, whose p-value is alpha. */
function point(tails: Float64Array, at: number, side: number, alpha: number): number {
  const level = 0.5 * uncorrected(tails, at, alpha)
  if (level > tails[side + SIDE.tailShare]!) {
    let low = 0
    let high = THRESHOLD
    for (let i = 0; i < 50; i++) {
      const middle = 0.5 * (low + high)
      if (bodyShare(tails, side, middle) > level) low = middle
      else high = middle
    }
    return high
  }
  const logLevel = Math.log(level)
  let low = THRESHOLD
  let high = 2 * THRESHOLD
  while (high < 1e300 && logTailShare(tails, side, high) > logLevel) {
    low = high
    high *= 2
  }
  // Illinois false position on the logarithm, which is nearly straight in log u.
  let x0 = Math.log(low)
  let x1 = Math.log(high)
  let f0 = logTailShare(tails, side, low) - logLevel
  let f1 = logTailShare(tails, side, high) - logLevel
  for (let i = 0; i < 60 && x1 - x0 > 1e-13; i++) {
    const x = f0 === f1 ? 0.5 * (x0 + x1) : x0 + (f0 / (f0 - f1)) * (x1 - x0)
    const f = logTailShare(tails, side, Math.exp(x)) - logLevel
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
  return Math.exp(x1)
}
