/**
 * What comes next, of a series without its season: two simple predictors, of which the one with the smaller recent errors
 * speaks.
 *
 * **About a level**: a level with a slow drift (Holt's exponential smoothing, critically damped), and an autoregression of
 * what is left. **From the last value**: it, a drift, and an autoregression of differences; for what has no level to return
 * to. Autoregressions are Yule–Walker's, by exponentially weighted lagged products (Brockwell & Davis, §8.1), of order 6 at
 * most, without the partial autocorrelations at the end that are less than two standard errors from 0.
 *
 * Both learn what is within three scales of the prediction, and the prediction in place of an outlier. Where the next value
 * goes on from an outlier as the autoregression says that it would, the outlier was part of the series after all.
 */
import { record } from '../../../core/record.ts'
import type { Moment } from './moment.ts'

const ORDER = 6
/** Values that each of these remembers. */
const LEVEL_MEMORY = 160
const PRODUCT_MEMORY = 600
const DRIFT_MEMORY = 250
const SIZE_MEMORY = 600
export const REFIT = 32
const MAX_PARTIAL = 0.9995
const MAX_GAP = 64
/** An error counts up to so many scales in the scale; the mean size of normal errors that are cut off there. */
const SIZE_CLIP = 2.5
const CLIPPED_MEAN = 0.79388
/** Values are learned up to so many scales off; beyond {@link REFUSE} they are not learned at all. */
const LEARN_CLIP = 3
export const REFUSE = 4.5
/** The other predictor takes over when its errors are smaller by this factor. */
const BETTER = 0.97

const AR = record({
  past: ['last deviations, newest first', ORDER],
  products: ['weighted mean products of deviations with themselves and those before, from lag 0', ORDER + 1],
  coefficients: ['autoregressive coefficients', ORDER],
  predicted: 'the value predicted last',
  size: 'mean size of errors, each up to 2.5 scales',
})
export const PREDICTOR = record({
  count: 'values learned since the start, or the last lasting change of level',
  products: 'values in the products',
  sizes: 'values in the sizes',
  level: 'level',
  drift: 'drift of the level per step',
  last: 'last value',
  step: 'mean difference',
  chosen: '0: about the level, 1: from the last value',
  gap: 'steps without a value, just before',
  outlier: 'how far the last value was off, where it was not learned; otherwise 0',
  about: AR,
  from: AR,
})

const ABOUT = PREDICTOR.about
const FROM = PREDICTOR.from
const P = PREDICTOR
const A = AR

/** Begins a key at a level, with a drift per step and a scale. */
export function begin(s: Float64Array, at: number, level: number, drift: number, scale: number): void {
  s.fill(0, at, at + P.width)
  s[at + P.level] = level
  s[at + P.drift] = drift
  s[at + P.last] = level
  s[at + P.step] = drift
  s[at + P.count] = 8
  s[at + P.sizes] = 8
  for (const ar of [ABOUT, FROM]) s[at + ar + A.size] = scale * CLIPPED_MEAN
}

function sumOf(s: Float64Array, ar: number): number {
  const past = ar + A.past
  const coefficients = ar + A.coefficients
  let sum = 0
  for (let k = 0; k < ORDER; k++) sum += s[coefficients + k]! * s[past + k]!
  return sum
}

/** Predicts the next value: {@link predictedOf}. */
export function predict(s: Float64Array, at: number): void {
  const about = s[at + P.level]! + s[at + P.drift]! + sumOf(s, at + ABOUT)
  const from = s[at + P.last]! + s[at + P.step]! + sumOf(s, at + FROM)
  s[at + ABOUT + A.predicted] = about
  s[at + FROM + A.predicted] = from
}

/** The value predicted last, by the predictor that speaks. */
export const predictedOf = (s: Float64Array, at: number): number =>
  s[at + (s[at + P.chosen] === 0 ? ABOUT : FROM) + A.predicted]!

/** The scale of ordinary errors of the predictor that speaks. */
export const scaleOf = (s: Float64Array, at: number): number =>
  s[at + (s[at + P.chosen] === 0 ? ABOUT : FROM) + A.size]! / CLIPPED_MEAN

/** Level and trend of the predictor that speaks, and its scale. */
export function describe(s: Float64Array, at: number): { level: number; trend: number; scale: number } {
  const about = s[at + P.chosen] === 0
  return {
    level: s[at + (about ? P.level : P.last)]!,
    trend: s[at + (about ? P.drift : P.step)]!,
    scale: scaleOf(s, at),
  }
}

/** Standard deviation of deviations from the level. */
export const deviationScale = (s: Float64Array, at: number): number => Math.sqrt(s[at + ABOUT + A.products]!)

/** The scale of the error after steps without a value, in that of an ordinary one. */
export function spread(s: Float64Array, at: number, scale: number): number {
  const gap = s[at + P.gap]!
  if (gap === 0) return 1
  const walk = Math.sqrt(1 + gap)
  if (s[at + P.chosen] !== 0) return walk
  return Math.min(walk, Math.max(1, deviationScale(s, at) / scale))
}

/**
 * Whether x goes on from the outlier before it: nearer to what follows from the outlier than to what was predicted without.
 * Then the outlier is taken into both pasts, and the prediction is made again.
 */
export function goesOn(s: Float64Array, at: number, { y: x, predicted }: Moment): boolean {
  const off = s[at + P.outlier]!
  if (off === 0) return false
  const chosen = s[at + P.chosen]!
  const carried = (chosen === 0 ? s[at + ABOUT + A.coefficients]! : 1 + s[at + FROM + A.coefficients]!) * off
  if (!(Math.abs(x - predicted - carried) < 0.5 * Math.abs(x - predicted))) return false
  s[at + ABOUT + A.past] = s[at + ABOUT + A.past]! + off
  s[at + FROM + A.past] = s[at + FROM + A.past]! + off
  s[at + P.last] = s[at + P.last]! + off
  s[at + P.outlier] = 0
  return true
}

/** The weight of the last of so many values, in a mean that remembers `memory` of them. */
const weightOf = (count: number, memory: number): number => (count < memory ? 1 / count : 1 / memory)

const clip = (x: number, most: number): number => (x > most ? most : Math.max(x, -most))

/** Learns a value that was predicted; NaN is none. */
export function learn(s: Float64Array, at: number, now: Moment): void {
  const x = now.y
  if (Number.isNaN(x)) {
    pass(s, at)
    return
  }
  const chosen = predictedOf(s, at)
  const scale = now.scale
  const error = x - chosen
  const refused = !(Math.abs(error) <= REFUSE * scale)
  s[at + P.gap] = 0
  s[at + P.outlier] = refused && Number.isFinite(error) ? error : 0
  learnSizes(s, at, now)
  take(s, at, refused ? chosen : chosen + clip(error, LEARN_CLIP * scale), refused)
}

/** Passes over a step without a value, as predicted. */
export function pass(s: Float64Array, at: number): void {
  s[at + P.gap] = s[at + P.gap]! + 1
  s[at + P.outlier] = 0
  take(s, at, predictedOf(s, at), true)
}

/** Takes y for the value, from which nothing is learned if the value was refused. */
function take(s: Float64Array, at: number, y: number, refused: boolean): void {
  const d = y - s[at + P.level]! - s[at + P.drift]!
  const step = y - s[at + P.last]! - s[at + P.step]!
  if (refused) {
    s[at + P.level] = s[at + P.level]! + s[at + P.drift]!
    push(s, at + ABOUT + A.past, d)
    push(s, at + FROM + A.past, step)
  } else {
    const count = s[at + P.count]! + 1
    const weight = weightOf(s[at + P.products]! + 1, PRODUCT_MEMORY)
    s[at + P.count] = count
    s[at + P.products] = s[at + P.products]! + 1
    learnPast(s, at + ABOUT, d, weight)
    learnPast(s, at + FROM, step, weight)
    const gain = weightOf(count, LEVEL_MEMORY)
    s[at + P.level] = s[at + P.level]! + s[at + P.drift]! + gain * d
    s[at + P.drift] = s[at + P.drift]! + (0.25 / (LEVEL_MEMORY * LEVEL_MEMORY)) * d
    s[at + P.step] = s[at + P.step]! + weightOf(count + 20, DRIFT_MEMORY) * step
  }
  s[at + P.last] = y
}

/** Learns the sizes of both predictors' errors, and which of them speaks. */
function learnSizes(s: Float64Array, at: number, { y: x, floor }: Moment): void {
  const count = s[at + P.sizes]! + 1
  s[at + P.sizes] = count
  const weight = weightOf(count, SIZE_MEMORY)
  const about = nextSize(s, at + ABOUT, x, weight, floor)
  const from = nextSize(s, at + FROM, x, weight, floor)
  if (s[at + P.chosen] === 0 ? from < BETTER * about : about < BETTER * from) {
    s[at + P.chosen] = 1 - s[at + P.chosen]!
  }
}

function nextSize(s: Float64Array, ar: number, x: number, weight: number, floor: number): number {
  const old = s[ar + A.size]!
  const most = (SIZE_CLIP / CLIPPED_MEAN) * Math.max(old, floor)
  const size = Math.abs(x - s[ar + A.predicted]!)
  return (s[ar + A.size] = old + weight * (Math.min(size, most) - old))
}

/** Learns the products of a deviation with those before, to which it is added. */
function learnPast(s: Float64Array, ar: number, d: number, weight: number): void {
  const products = ar + A.products
  const past = ar + A.past
  let older = d
  for (let k = 0; k < ORDER; k++) {
    const before = s[past + k]!
    s[products + k] = s[products + k]! + weight * (d * older - s[products + k]!)
    s[past + k] = older
    older = before
  }
  s[products + ORDER] = s[products + ORDER]! + weight * (d * older - s[products + ORDER]!)
}

function push(s: Float64Array, past: number, d: number): void {
  for (let k = ORDER - 1; k > 0; k--) s[past + k] = s[past + k - 1]!
  s[past] = d
}

/** Passes over steps without a value: `predict` comes after it. */
export function skip(s: Float64Array, at: number, steps: number): void {
  const most = Math.min(steps, MAX_GAP)
  for (let j = 0; j < most; j++) {
    predict(s, at)
    pass(s, at)
  }
  const rest = steps - most
  if (rest <= 0) return
  s[at + P.level] = s[at + P.level]! + rest * s[at + P.drift]!
  s[at + P.last] = s[at + P.chosen] === 0 ? s[at + P.level]! : s[at + P.last]! + rest * s[at + P.step]!
  s[at + P.gap] = s[at + P.gap]! + rest
  s.fill(0, at + ABOUT + A.past, at + ABOUT + A.past + ORDER)
  s.fill(0, at + FROM + A.past, at + FROM + A.past + ORDER)
}

/** The level has moved for good: what was last goes along. */
export function move(s: Float64Array, at: number, by: number): void {
  s[at + P.level] = s[at + P.level]! + by
  s[at + P.last] = s[at + P.last]! + by
  s[at + P.outlier] = 0
  for (const ar of [ABOUT, FROM]) s[at + ar + A.predicted] = s[at + ar + A.predicted]! + by
}

/** Fits both autoregressions anew. */
export function refit(s: Float64Array, at: number): void {
  fitCoefficients(s, at + ABOUT, s[at + P.products]!)
  fitCoefficients(s, at + FROM, s[at + P.products]!)
}

const row = new Float64Array(ORDER)
const next = new Float64Array(ORDER)

/** Solves the Yule–Walker equations by the Levinson–Durbin recursion. */
function fitCoefficients(s: Float64Array, ar: number, seen: number): void {
  const products = ar + A.products
  const least = 2 / Math.sqrt(Math.min(seen, PRODUCT_MEMORY))
  let v = s[products]!
  let order = 0
  const first = ar + A.coefficients
  for (let k = 0; k < ORDER; k++) s[first + k] = 0
  for (let k = 0; k < ORDER && v > 0; k++) {
    let sum = s[products + k + 1]!
    for (let j = 0; j < k; j++) sum -= row[j]! * s[products + k - j]!
    const partial = clip(sum / v, MAX_PARTIAL)
    for (let j = 0; j < k; j++) next[j] = row[j]! - partial * row[k - 1 - j]!
    next[k] = partial
    for (let j = 0; j <= k; j++) row[j] = next[j]!
    v *= (1 - partial) * (1 + partial)
    if (Math.abs(partial) > least) {
      order = k + 1
      for (let j = 0; j < order; j++) s[first + j] = row[j]!
    }
    if (Math.abs(partial) === MAX_PARTIAL) break
  }
}

/** Takes sizes for those of `count` values: what comes changes them faster. */
export function forgetScale(s: Float64Array, at: number, count: number): void {
  s[at + P.sizes] = Math.min(s[at + P.sizes]!, count)
}
/** Errors are so many times as large as they were, as `count` values say. */
export function rescale(s: Float64Array, at: number, by: number, count: number): void {
  for (const ar of [ABOUT, FROM]) s[at + ar + A.size] = s[at + ar + A.size]! * by
  forgetScale(s, at, count)
}
export function forgetLevel(s: Float64Array, at: number, count: number): void {
  s[at + P.count] = Math.min(s[at + P.count]!, count)
}
export function forgetDynamics(s: Float64Array, at: number, count: number): void {
  s[at + P.products] = Math.min(s[at + P.products]!, count)
}

/** Errors were measured in the values that the profile was made of: they are larger out of it. */
export function widen(s: Float64Array, at: number, by: number): void {
  for (const ar of [ABOUT, FROM]) s[at + ar + A.size] = s[at + ar + A.size]! * by
}
