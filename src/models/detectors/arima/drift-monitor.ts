/**
 * Tells when a model is no longer that of its series, and since when: so that it is fitted to what came since.
 *
 * Innovations of the right model are uncorrelated, and of the size they had. Those of one whose coefficients have changed
 * are neither: the one-step error grows by the sum of its squared ψ weights, and these are what the autocorrelation of
 * innovations is made of (Box, Jenkins & Reinsel, *Time Series Analysis*, 4th ed., §8.2). So the products ψ_t ψ_{t−j} of
 * innovations, in scales and clipped at two, have their means watched, by a pair of CUSUMs each (Page 1954, *Biometrika*
 * 41): j = 0 is the size, j ≥ 1 are the lags of the model. They are compared with their means over the points of the fit: a
 * model that is too small for its series is so before and after.
 *
 * - **Rate.** White normal noise passes one of the limits once in {@link RUN_LENGTH} points; clipped at two, noise of heavy
 *   tails does so no more often. What is estimated doubles the rate.
 * - **Blocks.** Products enter the sums eight at a time, at positions that eight divides: otherwise a step only keeps an
 *   innovation.
 * - **Since when.** Since the last zero of the sum that passed its limit (Page 1954; Hinkley 1971, *Biometrika* 58).
 * - **Fits** to the points since then: as soon as there are enough, and when there are twice, four times, … as many, until
 *   they fill the window. Meanwhile no others are due. Between a change and the effect of the first fit after it the sums
 *   are held; then they start at 0. A change found later, during this series of fits, starts the series again. So two fits
 *   are never closer together than the fewest points that make one.
 *
 * Changes that raise the error by less than the square of the slack, some 6 %, are left to the schedule.
 *
 * State per key: five numbers for each lag, an innovation for each point that the longest reaches back, and four more.
 */
import type { DetectorSpec } from '../../../core/detector.ts'
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { record } from '../../../core/record.ts'
import { specWord } from '../parts/check-spec.ts'
import { f64 } from '../parts/fields.ts'
import { SQRT_HALF_PI } from '../parts/robust-scale.ts'

/** Points in which white normal noise sets off one fit, on average. */
export const RUN_LENGTH = 50_000
/** Products that enter the sums at a time, a power of 2. */
export const BLOCK = 8
/** Innovations count up to this many scales. */
export const CLIP = 2
/** Slack of the sums: of sizes, and of lags. */
export const SIZE_SLACK = 0.6
export const LAG_SLACK = 0.25
/** E ψ² of a normal distribution: 1 − 2(cφ(c) − (c² − 1)Φ(−c)), c = 2. */
export const MEAN_SQUARE = 0.920536
/** Effective sample size of the means at hand beside the points of a fit; the first are those of the normal distribution. */
const PRIOR = 200
/** Lags watched, the seasonal one aside. */
const MAX_LAGS = 4

/**
 * The limit that a sum of white normal noise passes once in `points` points: linear in the logarithm, as the chance that an
 * excursion is high falls exponentially (Siegmund, *Sequential Analysis*, §8.2). Worked out by the Markov chain of Brook &
 * Evans 1972, *Biometrika* 59, of the sum and the last size, as neighbouring products have a size in common.
 */
const largerLimit = (points: number): number => 1.408 * Math.log(points) - 5.35
const smallerLimit = (points: number): number => 0.317 * Math.log(points) - 1.08
const lagLimit = (points: number): number => 2.094 * Math.log(points) - 8.44

/** Numbers of a key. */
const CHANGE = record({
  since: '1 + the position of the change that fits follow; 0 for none',
  nextFit: 'position of the next fit that follows it',
  hold: 'why the sums are held: 0, they are not; 1, a fit is to be set off; 2, a fit is to take effect',
  fittedFrom: 'first position of the points of the last fit set off, 0 when they do not follow a change',
})
/** Numbers of a lag. */
const SUM = record({
  mean: 'mean of the products over the points of the fit',
  up: 'sum of what products are above the mean and the slack, where positive',
  upFrom: 'position that follows its last zero',
  down: 'sum of what products are below them',
  downFrom: 'position that follows its last zero',
})
const SUMS = CHANGE.width

/** The innovation that {@link DriftMonitor.watch} takes: fields of an object, as arguments would be allocated. */
export interface GivenInnovation {
  position: number
  /** In scales; NaN where there is none, or where it may be of another level. */
  innovation: number
}

export interface DriftMonitor {
  readonly layout: StateLayout
  bind(state: StateTable): void
  readonly given: GivenInnovation
  /** Takes the innovation {@link given}. */
  watch(key: number): void
  /** Position of the next fit, where the schedule has its own. */
  due(key: number, scheduled: number): number
  /** First position of the points for the next fit; 0 for as many as there are. */
  since(key: number): number
  /** Whether the next fit is the first after a change: the parameters at hand are void. */
  isFresh(key: number): boolean
  /** Says that a fit was set off at a position; or not, as there were too few values. */
  start(key: number, position: number, enough: boolean): void
  /** {@link since} of the fit that takes effect. */
  fittedSince(key: number): number
  /** Says that it has, and that it left these errors, NaN where values are missing. */
  begin(key: number, errors: Float64Array, length: number): void
}

/** The lags watched of a model with lags up to `reach`, and those of a season. */
export function driftLags(reach: number, period: number): readonly number[] {
  const lags = Array.from({ length: Math.max(1, Math.min(MAX_LAGS, reach)) }, (_, i) => i + 1)
  return period > lags.length ? [...lags, period] : lags
}

/** What an open monitor works with. */
interface Watch {
  /** Fewest points that a fit is made of. */
  readonly minPoints: number
  /** Lags, of which 0 is the size, with slack and limits. */
  readonly lags: Int32Array
  readonly slacks: Float64Array
  readonly upLimits: Float64Array
  readonly downLimits: Float64Array
  /** Where the last innovations begin, a ring; its length less 1; numbers per key. */
  readonly ringAt: number
  readonly mask: number
  readonly width: number
  numbers: Float64Array
}

/**
 * Opens the monitor.
 *
 * @param lags ascending, from 1
 * @param minPoints fewest points that a fit is made of
 * @param window most points that it is made of
 */
export function openDriftMonitor(lags: readonly number[], minPoints: number, window: number): DriftMonitor {
  const watch = newWatch(lags, Math.min(minPoints, window))
  const { width, ringAt, mask } = watch
  const given = { position: 0, innovation: Number.NaN }
  return {
    layout: {
      drift: record({
        change: CHANGE,
        sum: [SUM, lags.length + 1],
        innovations: ['the last innovations in scales, clipped, a ring', mask + 1],
      }).field,
    },
    bind(state) {
      watch.numbers = f64(state, 'drift')
    },
    given,
    watch(key) {
      const u = given.innovation
      const position = given.position | 0
      const clipped = u > CLIP ? CLIP : Math.max(u, -CLIP)
      watch.numbers[key * width + ringAt + (position & mask)] = clipped
      if ((position & (BLOCK - 1)) === BLOCK - 1) addBlock(watch, key * width, position - (BLOCK - 1))
    },
    due(key, scheduled) {
      const at = key * width
      return watch.numbers[at + CHANGE.since] === 0 ? scheduled : watch.numbers[at + CHANGE.nextFit]!
    },
    since: key => Math.max(0, watch.numbers[key * width + CHANGE.since]! - 1),
    isFresh: key => watch.numbers[key * width + CHANGE.hold] === 1,
    start: (key, position, enough) => startFit(watch, key * width, position, enough, window),
    fittedSince: key => watch.numbers[key * width + CHANGE.fittedFrom]!,
    begin(key, errors, length) {
      const { numbers } = watch
      const at = key * width
      // The first fit of all.
      if (numbers[at + SUMS + SUM.mean] === 0) numbers[at + SUMS + SUM.mean] = MEAN_SQUARE
      restartSums(watch, at, numbers[at + CHANGE.hold] === 1)
      learnMeans(watch, at, errors, length)
    },
  }
}

function newWatch(lags: readonly number[], minPoints: number): Watch {
  // A block and what the longest lag reaches back from it: a power of 2, so that a place is some bits of a position.
  let ring = BLOCK
  while (ring < BLOCK + lags.at(-1)!) ring *= 2
  const count = lags.length + 1
  const ringAt = SUMS + SUM.width * count
  // All sums together pass their limits as often as each one times their number (Kemp 1961).
  const every = RUN_LENGTH * 2 * count
  const slacks = new Float64Array(count).fill(LAG_SLACK)
  const upLimits = new Float64Array(count).fill(lagLimit(every))
  const downLimits = Float64Array.from(upLimits)
  slacks[0] = SIZE_SLACK
  upLimits[0] = largerLimit(every)
  downLimits[0] = smallerLimit(every)
  return {
    ...{ minPoints, slacks, upLimits, downLimits, ringAt },
    lags: Int32Array.of(0, ...lags),
    mask: ring - 1,
    width: ringAt + ring,
    numbers: new Float64Array(0),
  }
}

/** Takes the block of products from a position on into the sums. */
function addBlock(watch: Watch, at: number, position: number): void {
  const { numbers, lags, slacks, upLimits, downLimits } = watch
  if (numbers[at + CHANGE.hold] !== 0) return
  for (let i = 0; i < lags.length; i++) {
    const sum = at + SUMS + SUM.width * i
    const more = excessOfBlock(watch, at, i, position)
    const slack = BLOCK * slacks[i]!
    const up = numbers[sum + SUM.up]! + more - slack
    if (up > 0 && numbers[sum + SUM.up] === 0) numbers[sum + SUM.upFrom] = position
    numbers[sum + SUM.up] = Math.max(0, up)
    if (up > upLimits[i]!) followChange(watch, at, numbers[sum + SUM.upFrom]!, position + BLOCK)
    const down = numbers[sum + SUM.down]! - more - slack
    if (down > 0 && numbers[sum + SUM.down] === 0) numbers[sum + SUM.downFrom] = position
    numbers[sum + SUM.down] = Math.max(0, down)
    if (down > downLimits[i]!) followChange(watch, at, numbers[sum + SUM.downFrom]!, position + BLOCK)
  }
}

/** What the products of a block at the i-th lag are above their mean, together. */
function excessOfBlock({ numbers, lags, ringAt, mask }: Watch, at: number, i: number, first: number): number {
  const mean = numbers[at + SUMS + SUM.width * i + SUM.mean]!
  const ring = at + ringAt
  const lag = lags[i]!
  let more = -BLOCK * mean
  for (let t = first; t < first + BLOCK; t++) {
    more += numbers[ring + (t & mask)]! * numbers[ring + ((t - lag) & mask)]!
  }
  if (!Number.isNaN(more)) return more
  more = 0
  for (let t = first; t < first + BLOCK; t++) {
    const w = numbers[ring + (t & mask)]! * numbers[ring + ((t - lag) & mask)]! - mean
    if (!Number.isNaN(w)) more += w
  }
  return more
}

/** A change came at position `from`, and is found at `position`: fits follow it. */
function followChange({ numbers, minPoints }: Watch, at: number, from: number, position: number): void {
  numbers[at + CHANGE.since] = 1 + from
  numbers[at + CHANGE.nextFit] = Math.max(position, from + minPoints)
  numbers[at + CHANGE.hold] = 1
}

/** A fit was set off at a position, or there were not enough points for it. */
function startFit(watch: Watch, at: number, position: number, enough: boolean, window: number): void {
  const { numbers } = watch
  const since = numbers[at + CHANGE.since]!
  if (enough) {
    numbers[at + CHANGE.fittedFrom] = Math.max(0, since - 1)
    if (numbers[at + CHANGE.hold] === 1) numbers[at + CHANGE.hold] = 2
  }
  if (since === 0) return
  const points = position - (since - 1)
  numbers[at + CHANGE.nextFit] = position + (enough ? points : watch.minPoints)
  if (points < window) return
  // The window is full of new points, or of missing values: the schedule takes over.
  numbers[at + CHANGE.since] = 0
  if (!enough) restartSums(watch, at, false)
}

/** Lets all sums start at 0, at once or after the next fit. */
function restartSums({ numbers, ringAt, width }: Watch, at: number, hold: boolean): void {
  numbers[at + CHANGE.hold] = hold ? 1 : 0
  for (let sum = at + SUMS; sum < at + ringAt; sum += SUM.width) {
    numbers[sum + SUM.up] = 0
    numbers[sum + SUM.down] = 0
  }
  numbers.fill(Number.NaN, at + ringAt, at + width)
}

/** Means of the products of a fit's errors. */
function learnMeans({ numbers, lags }: Watch, at: number, errors: Float64Array, length: number): void {
  let absolute = 0
  let observed = 0
  for (let i = 0; i < length; i++) {
    if (Number.isNaN(errors[i]!)) continue
    absolute += Math.abs(errors[i]!)
    observed++
  }
  const unit = (SQRT_HALF_PI * absolute) / observed
  const limit = CLIP * unit
  for (let i = 0; i < lags.length; i++) {
    const lag = lags[i]!
    const mean = at + SUMS + SUM.width * i + SUM.mean
    let sum = PRIOR * numbers[mean]!
    let points = PRIOR
    for (let t = lag; t < length; t++) {
      const a = Math.max(-limit, Math.min(limit, errors[t]!)) / unit
      const b = Math.max(-limit, Math.min(limit, errors[t - lag]!)) / unit
      if (Number.isNaN(a * b)) continue
      sum += a * b
      points++
    }
    numbers[mean] = sum / points
  }
}

/** Whether a spec asks for fits on drift. @throws {ModelError} `DETECTOR_SPEC` for another word. */
export const specRefitsOnDrift = (spec: DetectorSpec): boolean =>
  spec.refitOn !== undefined && specWord(spec, 'refitOn', ['schedule', 'drift']) === 'drift'
