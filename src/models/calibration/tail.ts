/**
 * The `tail` calibrator: the distribution of a statistic, learned one value at a time, in two layers.
 *
 * **Tails.** Beyond 1.5, one distribution a side. The excess of g(u) is taken as exponential for five families g at once:
 * log(u − 1.5 + s) for s = 1.5, 3 and 6 (Pareto tails, begun early or late), u (exponential tail), and the normal
 * distribution's cumulative hazard −log Q(u). With a gamma prior on its rate each predicts by a Lomax distribution, which carries the
 * uncertainty of the rate; the five are averaged with weights from how well each has predicted, every excess giving
 * back a little to the prior weights, so that a distribution that changes is followed (Bayesian model averaging: Hoeting et al.
 * 1999, *Statistical Science* 14; fixed share: Herbster & Warmuth 1998, *Machine Learning* 32; peaks over threshold:
 * Embrechts, Klüppelberg & Mikosch, *Modelling Extremal Events*, §6.5). Below 1.5 the normal shape is stretched to commonType
 * the shares that were counted.
 *
 * **Levels.** What the tails say is itself counted: how often has their two-sided p-value been below 0.1, 0.05, …,
 * 1e-5? Each share, given the one before, is beta with the prior that the tails are right, worth some counts. Where
 * there are counts they decide, and beyond them the last correction stays (a Pólya tree centred at the tails' distribution:
 * Lavine 1992, *Annals of Statistics* 20; counting p-values: Gneiting, Balabdaoui & Raftery 2007, *Journal of the Royal
 * Statistical Society B* 69). So when one side can hold no anomaly, as with waiting times, the other gets its share.
 *
 * Only what is beyond 1.5 or below 0.1, an event, changes how the next is scored; the past is aged at events.
 *
 * State: one field, the numbers of the positive side first.
 */
import type { StateTable } from '../../core/fold.ts'
import { millsRatio } from '../special/mills-ratio.ts'
import type { Calibrator } from './calibrator.ts'

/** Where tails begin. */
const THRESHOLD = 1.5
/** Share of a normal distribution beyond the threshold. */
const NORMAL_SHARE = 0.06680720126885807
/** Values that the prior shares are worth. */
const SHARE_PRIOR = 30
/** What the past keeps of its weight at each event. */
const KEEP = 1 - 1 / 1024
/** Larger values are learned from as if they were so large. */
const MAX = 20

/** Families: three of Pareto, by their shift s, then the exponential and the normal one. */
const SHIFT_0 = 1.5
const SHIFT_1 = 3
const SHIFT_2 = 6
const FAMILIES = 5
/** Excesses that the prior rates are worth. */
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
/** What an excess gives back to the prior weights. */
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
/** Values that the prior of a level is worth: of the first, and of the others. */
const FIRST_PRIOR = 30
const LEVEL_PRIOR = 15
/** What the prior of each level adds to its count. */
const PRIOR_COUNTS = LEVELS.map((level, j) =>
  j === 0 ? 0 : ((j === 1 ? FIRST_PRIOR : LEVEL_PRIOR) * level) / LEVELS[j - 1]!,
)
/** Below it p-values are worked out by logarithms. */
const TINY = 1e-280

// Places of a side.
/** Excesses. */
const BEYOND = 0
/** Values of the side. */
const SIDE_COUNT = 1
/** Bound of the side at the calibrator's alpha; 0 when unknown. */
const BOUND = 2
/** Shares when last updated: of the side, and of its tail. */
const SIDE = 3
const SHARE = 4
/** Sums of excesses and weights, by family. */
const SUMS = 5
const WEIGHTS = SUMS + FAMILIES
const SIDE_WIDTH = WEIGHTS + FAMILIES
// Places of a key.
const TOTAL = 2 * SIDE_WIDTH
/** The least p-value below the threshold. */
const FLOOR = TOTAL + 1
/** Values below each level, but for the first, which is 1; and the p-value that each level has turned out to be. */
const COUNTS = FLOOR + 1
const FOUND = COUNTS + LEVELS.length

/** Numbers of state. */
const WIDTH = FOUND + LEVELS.length

const LOG_SQRT_TWO_PI = 0.9189385332046728
const STEPS = 256
/** (Q(u) − Q(1.5)) / (½ − Q(1.5)) on [0, 1.5], to be interpolated. */
const BODY = Float64Array.from({ length: STEPS + 2 }, (_, i) => {
  const u = (i * THRESHOLD) / STEPS
  const tail = (millsRatio(u) * Math.exp(-0.5 * u * u)) / Math.sqrt(2 * Math.PI)
  return (tail - NORMAL_SHARE) / (0.5 - NORMAL_SHARE)
})
const HAZARD_THERE = -Math.log(NORMAL_SHARE)

/** Of the value last looked at: excesses, and what they are of the sums, plus 1; survival of each family. */
const excess = new Float64Array(FAMILIES)
const stretch = new Float64Array(FAMILIES)
const survival = new Float64Array(FAMILIES)
/** The value that is; its two-sided p-value by the tails. No place: something has changed since. */
let seenTails: Float64Array | undefined
let seenAt = -1
let seenU = 0
let seen = 0

/** Opens it. When not `exact`, an ordinary value's log p is 0, which is on the right side of log alpha. */
export function openTail(alpha: number, exact = true): Calibrator {
  let tails: Float64Array = new Float64Array(0)

  /** Where the state of a key begins; the prior is set when it is first asked for. */
  function place(key: number): number {
    const at = key * WIDTH
    if (tails[at + SHARE] === 0) reset(tails, at)
    return at
  }

  return {
    layout: { calibrationTails: { kind: 'f64', width: WIDTH } },
    bind(state: StateTable) {
      tails = (state as unknown as { readonly calibrationTails: Float64Array }).calibrationTails
      seenAt = -1
    },
    logP(key, u) {
      const at = place(key)
      if (!exact && Math.abs(u) < THRESHOLD && alpha <= tails[at + FLOOR]!) return 0
      if (Number.isNaN(u)) return Number.NaN
      return logPOf(tails, at, u)
    },
    critical: (key, side) => boundOf(tails, place(key), side, alpha),
    learn(key, u, trust) {
      if (!Number.isNaN(u)) learn(tails, place(key), u, trust)
    },
  }
}

/** The value of a side (+1 or −1) with two-sided p-value `alpha`, as a positive number. */
function boundOf(tails: Float64Array, at: number, sign: number, alpha: number): number {
  const side = sign < 0 ? at + SIDE_WIDTH : at
  if (tails[side + BOUND] === 0) {
    tails[side + BOUND] = point(tails, at, side, alpha)
    seenAt = -1
  }
  return tails[side + BOUND]!
}

/** Two-sided p-value by the tails alone. */
function pByTails(tails: Float64Array, at: number, u: number): number {
  if (at === seenAt && u === seenU && tails === seenTails) return seen
  const side = u < 0 ? at + SIDE_WIDTH : at
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

/** Learns a value. `trust`, between 0 and 1, is what it counts. */
function learn(tails: Float64Array, at: number, u: number, trust: number): void {
  const side = u < 0 ? at + SIDE_WIDTH : at
  const size = Math.abs(u)
  tails[at + TOTAL] = tails[at + TOTAL]! + trust
  tails[side + SIDE_COUNT] = tails[side + SIDE_COUNT]! + trust
  const far = size >= THRESHOLD
  if (!far && 2 * tails[side + SHARE]! >= LEVELS[1]!) return
  const p = pByTails(tails, at, u)
  if (!far && p >= LEVELS[1]!) return
  if (far) {
    if (size > MAX || p < TINY) tailShare(tails, side, Math.min(size, MAX))
    reweigh(tails, side, Math.min(size, MAX), trust)
  }
  age(tails, at)
  for (let j = 1; j <= DEEPEST && p < LEVELS[j]!; j++) {
    tails[at + COUNTS + j] = tails[at + COUNTS + j]! + trust
  }
  if (far) {
    tails[side + BEYOND] = tails[side + BEYOND]! + trust
    for (let k = 0; k < FAMILIES; k++) {
      tails[side + SUMS + k] = tails[side + SUMS + k]! + trust * excess[k]!
    }
  }
  update(tails, at)
  seenAt = -1
}

/** Sets the prior: what is believed before the first value. */
function reset(tails: Float64Array, at: number): void {
  tails.fill(0, at, at + WIDTH)
  tails.set(PRIOR_WEIGHTS, at + WEIGHTS)
  tails.set(PRIOR_WEIGHTS, at + SIDE_WIDTH + WEIGHTS)
  update(tails, at)
}

function age(tails: Float64Array, at: number): void {
  tails[at + TOTAL] = tails[at + TOTAL]! * KEEP
  for (let j = 1; j <= DEEPEST; j++) tails[at + COUNTS + j] = tails[at + COUNTS + j]! * KEEP
  for (let side = at; side <= at + SIDE_WIDTH; side += SIDE_WIDTH) {
    tails[side + BEYOND] = tails[side + BEYOND]! * KEEP
    tails[side + SIDE_COUNT] = tails[side + SIDE_COUNT]! * KEEP
    for (let k = side + SUMS; k < side + SUMS + FAMILIES; k++) tails[k] = tails[k]! * KEEP
  }
}

/** Brings what scores up to date with what was counted. */
function update(tails: Float64Array, at: number): void {
  const total = tails[at + TOTAL]!
  for (let side = at; side <= at + SIDE_WIDTH; side += SIDE_WIDTH) {
    tails[side + SIDE] = (tails[side + SIDE_COUNT]! + SHARE_PRIOR * 0.5) / (total + SHARE_PRIOR)
    tails[side + SHARE] = (tails[side + BEYOND]! + SHARE_PRIOR * NORMAL_SHARE) / (total + SHARE_PRIOR)
    tails[side + BOUND] = 0
  }
  let found = 1
  let before = total
  let prior = FIRST_PRIOR
  tails[at + FOUND] = 1
  for (let j = 1; j <= DEEPEST; j++) {
    const count = tails[at + COUNTS + j]!
    found *= (count + PRIOR_COUNTS[j]!) / (before + prior)
    tails[at + FOUND + j] = found
    before = count
    prior = LEVEL_PRIOR
  }
  const least = 2 * Math.min(tails[at + SHARE]!, tails[at + SIDE_WIDTH + SHARE]!)
  tails[at + FLOOR] = corrected(tails, at, Math.min(1, least))
}

/** P(U > u) of a side, for u below the threshold. */
function bodyShare(tails: Float64Array, side: number, u: number): number {
  const place = u * (STEPS / THRESHOLD)
  const index = place | 0
  const low = BODY[index]!
  const shape = low + (place - index) * (BODY[index + 1]! - low)
  const share = tails[side + SHARE]!
  return share + (tails[side + SIDE]! - share) * shape
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

/** P(U > u) of a side, for u at or beyond the threshold; leaves its parts in the scratch. */
function tailShare(tails: Float64Array, side: number, u: number): number {
  const shape = tails[side + BEYOND]! + RATE_PRIOR
  measure(u)
  let sum = 0
  for (let k = 0; k < FAMILIES; k++) {
    const stretched = 1 + excess[k]! / (PRIOR_SUMS[k]! + tails[side + SUMS + k]!)
    stretch[k] = stretched
    survival[k] = Math.exp(-shape * Math.log(stretched))
    sum += tails[side + WEIGHTS + k]! * survival[k]!
  }
  return tails[side + SHARE]! * sum
}

/** log P(U > u) where that underflows. */
function logTailShare(tails: Float64Array, side: number, u: number): number {
  const shape = tails[side + BEYOND]! + RATE_PRIOR
  measure(u)
  let most = -Infinity
  for (let k = 0; k < FAMILIES; k++) {
    const sum = PRIOR_SUMS[k]! + tails[side + SUMS + k]!
    const log = Math.log(tails[side + WEIGHTS + k]!) - shape * Math.log1p(excess[k]! / sum)
    stretch[k] = log
    if (log > most) most = log
  }
  if (most === -Infinity) return most
  let sum = 0
  for (let k = 0; k < FAMILIES; k++) sum += Math.exp(stretch[k]! - most)
  return Math.log(tails[side + SHARE]!) + most + Math.log(sum)
}

/** What a p-value of the tails has turned out to be: linear between levels, in proportion beyond the deepest. */
function corrected(tails: Float64Array, at: number, p: number): number {
  const found = at + FOUND
  if (p <= LEVELS[DEEPEST]!) return p * (tails[found + DEEPEST]! / LEVELS[DEEPEST]!)
  let j = 1
  while (p < LEVELS[j]!) j++
  const low = LEVELS[j]!
  const least = tails[found + j]!
  return least + ((p - low) / (LEVELS[j - 1]! - low)) * (tails[found + j - 1]! - least)
}

/** The inverse of {@link corrected}. */
function uncorrected(tails: Float64Array, at: number, p: number): number {
  const found = at + FOUND
  if (p <= tails[found + DEEPEST]!) return p * (LEVELS[DEEPEST]! / tails[found + DEEPEST]!)
  let j = 1
  while (p < tails[found + j]!) j++
  const low = tails[found + j]!
  const least = LEVELS[j]!
  return least + ((p - low) / (tails[found + j - 1]! - low)) * (LEVELS[j - 1]! - least)
}

/** log p of a value whose p-value underflows. */
function logOfTiny(tails: Float64Array, at: number, u: number): number {
  const log = logTailShare(tails, u < 0 ? at + SIDE_WIDTH : at, Math.abs(u))
  return Math.LN2 + log + Math.log(tails[at + FOUND + DEEPEST]! / LEVELS[DEEPEST]!)
}

/** Gives families the weights that they have after an excess, of which the scratch knows. */
function reweigh(tails: Float64Array, side: number, u: number, trust: number): void {
  const shape = tails[side + BEYOND]! + RATE_PRIOR
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
    const rate = shape / ((PRIOR_SUMS[k]! + tails[side + SUMS + k]!) * stretch[k]!)
    const density = survival[k]! * rate * slope
    survival[k] = tails[side + WEIGHTS + k]! * (trust === 1 ? density : density ** trust)
    sum += survival[k]!
  }
  if (!(sum > 0)) return
  for (let k = 0; k < FAMILIES; k++) {
    tails[side + WEIGHTS + k] = (1 - GIVEN_BACK) * (survival[k]! / sum) + GIVEN_BACK * PRIOR_WEIGHTS[k]!
  }
}

/** The value of a side, as a positive number, whose p-value is alpha. */
function point(tails: Float64Array, at: number, side: number, alpha: number): number {
  const level = 0.5 * uncorrected(tails, at, alpha)
  if (level > tails[side + SHARE]!) {
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
