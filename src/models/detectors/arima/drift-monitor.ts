/**
 * Tells when a model no longer is that of its series, and since when: so that it is fitted anew to what came since.
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
 * - **Blocks.** Products enter the sums by eight at a time, at positions that eight divides: the rest of a step is to keep
 *   an innovation.
 * - **Since when.** Since the last zero of the sum that passed its limit (Page 1954; Hinkley 1971, *Biometrika* 58).
 * - **Fits** to the points since then: as soon as there are enough, and when there are twice, four times, … as many, until
 *   they fill the window. Meanwhile no others are due. Between a change and the effect of the first fit after it the sums
 *   stand still; then they begin at 0. A change found later, in the midst of the series of fits, begins it anew. So two
 *   fits never are closer together than the fewest points that make one.
 *
 * Changes that raise the error by less than the square of the slack, some 6 %, are left to the schedule.
 *
 * State a key: five numbers for each lag, an innovation for each point that the longest reaches back, and a few.
 */
import type { DetectorSpec } from '../../../core/detector.ts'
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { specWord } from '../parts/check-spec.ts'
import { f64 } from '../parts/fields.ts'

/** White normal noise sets off a fit once in so many points, on average. */
export const RUN_LENGTH = 50_000
/** Products are taken into the sums by so many at a time, a power of 2. */
export const BLOCK = 8
/** Innovations count up to so many scales. */
export const CLIP = 2
/** Slack of the sums: of sizes, and of lags. */
export const SIZE_SLACK = 0.6
export const LAG_SLACK = 0.25
/** E ψ² of a normal distribution: 1 − 2(cφ(c) − (c² − 1)Φ(−c)), c = 2. */
export const MEAN_SQUARE = 0.920536
/** Means at hand count as so many points beside those of a fit; the first are those under the normal distribution. */
const PRIOR = 200
/** Lags watched, the seasonal one aside. */
const MAX_LAGS = 4

/**
 * The limit that a sum of white normal noise passes once in so many points: linear in the logarithm, as the chance that an
 * excursion is high falls exponentially (Siegmund, *Sequential Analysis*, §8.2). Worked out by the Markov chain of Brook &
 * Evans 1972, *Biometrika* 59, of the sum and the last size, as neighbouring products have a size in common.
 */
const largerLimit = (points: number): number => 1.408 * Math.log(points) - 5.35
const smallerLimit = (points: number): number => 0.317 * Math.log(points) - 1.08
const lagLimit = (points: number): number => 2.094 * Math.log(points) - 8.44

// Places of a key: then come the sums of each lag, and the last innovations.
/** 1 + the position at which the change came that fits follow; 0 for none. */
const SINCE = 0
/** Position of the next fit that follows it. */
const NEXT = 1
/** 0: the sums go on; else they stand still until a fit has taken effect that is not yet set off (1), or is (2). */
const STILL = 2
/** First position of the points of the last fit set off, 0 when they are not chosen for a change. */
const FITTED_FROM = 3
const SUMS = 4
// Places of a lag: its mean, and the two sums with the positions that follow their last zeros.
const MEAN = 0
const UP = 1
const UP_FROM = 2
const DOWN = 3
const DOWN_FROM = 4
const SUM_WIDTH = 5

// Places of what is given to watch.
export const AT = 0
/** In scales; NaN where there is none, or where it may be of another level. */
export const INNOVATION = 1

export interface DriftMonitor {
  readonly layout: StateLayout
  bind(state: StateTable): void
  /** What {@link watch} takes: numbers handed over in arrays are not allocated. */
  readonly given: Float64Array
  /** Takes the innovation {@link given}. */
  watch(key: number): void
  /** Position of the next fit, where the schedule has its own. */
  due(key: number, scheduled: number): number
  /** First position of the points for the next fit; 0 for as many as there are. */
  since(key: number): number
  /** Whether the next fit is the first after a change: the parameters at hand are void. */
  isFresh(key: number): boolean
  /** Says that a fit was set off at a position; or not, as too few values were there. */
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

/**
 * Opens the watch.
 *
 * @param lags ascending, from 1
 * @param fewest points that a fit is made of
 * @param window most points that it is made of
 */
export function openDriftMonitor(lags: readonly number[], fewest: number, window: number): DriftMonitor {
  const least = Math.min(fewest, window)
  // A block and what the longest lag reaches back from it: a power of 2, so that a place is some bits of a position.
  let ring = BLOCK
  while (ring < BLOCK + lags.at(-1)!) ring *= 2
  const mask = ring - 1
  const RING = SUMS + SUM_WIDTH * (1 + lags.length)
  const width = RING + ring
  // Lag 0 is the size. All sums together pass their limits as often as each one times their number (Kemp 1961).
  const lagOf = Int32Array.of(0, ...lags)
  const count = lagOf.length
  const every = RUN_LENGTH * 2 * count
  const slacks = new Float64Array(count).fill(LAG_SLACK)
  const upLimits = new Float64Array(count).fill(lagLimit(every))
  const downLimits = Float64Array.from(upLimits)
  slacks[0] = SIZE_SLACK
  upLimits[0] = largerLimit(every)
  downLimits[0] = smallerLimit(every)
  const given = Float64Array.of(0, Number.NaN)
  let numbers: Float64Array = new Float64Array(0)

  /** Follows a change. */
  const follow = (at: number, from: number, position: number): void => {
    numbers[at + SINCE] = 1 + from
    numbers[at + NEXT] = Math.max(position, from + least)
    numbers[at + STILL] = 1
  }

  /** Takes the block of products that is full into the sums. */
  const add = (at: number): void => {
    if (numbers[at + STILL] !== 0) return
    const position = given[AT]! - (BLOCK - 1)
    const first = position | 0
    const ring = at + RING
    for (let i = 0; i < count; i++) {
      const sums = at + SUMS + SUM_WIDTH * i
      const mean = numbers[sums + MEAN]!
      const lag = lagOf[i]!
      let more = -BLOCK * mean
      for (let t = first; t < first + BLOCK; t++) {
        more += numbers[ring + (t & mask)]! * numbers[ring + ((t - lag) & mask)]!
      }
      if (Number.isNaN(more)) {
        more = 0
        for (let t = first; t < first + BLOCK; t++) {
          const w = numbers[ring + (t & mask)]! * numbers[ring + ((t - lag) & mask)]! - mean
          if (!Number.isNaN(w)) more += w
        }
      }
      const slack = BLOCK * slacks[i]!
      const up = numbers[sums + UP]! + more - slack
      if (up > 0 && numbers[sums + UP] === 0) numbers[sums + UP_FROM] = position
      numbers[sums + UP] = Math.max(0, up)
      if (up > upLimits[i]!) follow(at, numbers[sums + UP_FROM]!, position + BLOCK)
      const down = numbers[sums + DOWN]! - more - slack
      if (down > 0 && numbers[sums + DOWN] === 0) numbers[sums + DOWN_FROM] = position
      numbers[sums + DOWN] = Math.max(0, down)
      if (down > downLimits[i]!) follow(at, numbers[sums + DOWN_FROM]!, position + BLOCK)
    }
  }

  /** Lets all sums begin at 0. */
  const watchAnew = (at: number, still: boolean): void => {
    numbers[at + STILL] = still ? 1 : 0
    for (let sums = at + SUMS; sums < at + RING; sums += SUM_WIDTH) {
      numbers[sums + UP] = 0
      numbers[sums + DOWN] = 0
    }
    numbers.fill(Number.NaN, at + RING, at + width)
  }

  return {
    layout: { drift: { kind: 'f64', width } },
    bind(state) {
      numbers = f64(state, 'drift')
    },
    given,
    watch(key) {
      const u = given[INNOVATION]!
      const position = given[AT]! | 0
      const clipped = u > CLIP ? CLIP : Math.max(u, -CLIP)
      numbers[key * width + RING + (position & mask)] = clipped
      if ((position & (BLOCK - 1)) === BLOCK - 1) add(key * width)
    },
    due: (key, scheduled) => (numbers[key * width + SINCE] === 0 ? scheduled : numbers[key * width + NEXT]!),
    since: key => Math.max(0, numbers[key * width + SINCE]! - 1),
    isFresh: key => numbers[key * width + STILL] === 1,
    start(key, position, enough) {
      const at = key * width
      const since = numbers[at + SINCE]!
      if (enough) {
        numbers[at + FITTED_FROM] = Math.max(0, since - 1)
        if (numbers[at + STILL] === 1) numbers[at + STILL] = 2
      }
      if (since === 0) return
      const points = position - (since - 1)
      numbers[at + NEXT] = position + (enough ? points : least)
      if (points < window) return
      // The window is full of new points, or of missing values: the schedule takes over.
      numbers[at + SINCE] = 0
      if (!enough) watchAnew(at, false)
    },
    fittedSince: key => numbers[key * width + FITTED_FROM]!,
    begin(key, errors, length) {
      const at = key * width
      // The first fit of all.
      if (numbers[at + SUMS + MEAN] === 0) numbers[at + SUMS + MEAN] = MEAN_SQUARE
      watchAnew(at, numbers[at + STILL] === 1)
      let absolute = 0
      let observed = 0
      for (let i = 0; i < length; i++) {
        if (Number.isNaN(errors[i]!)) continue
        absolute += Math.abs(errors[i]!)
        observed++
      }
      const unit = (Math.sqrt(Math.PI / 2) * absolute) / observed
      const limit = CLIP * unit
      for (let i = 0; i < count; i++) {
        const lag = lagOf[i]!
        const sums = at + SUMS + SUM_WIDTH * i
        let sum = PRIOR * numbers[sums + MEAN]!
        let points = PRIOR
        for (let t = lag; t < length; t++) {
          const a = Math.max(-limit, Math.min(limit, errors[t]!)) / unit
          const b = Math.max(-limit, Math.min(limit, errors[t - lag]!)) / unit
          if (Number.isNaN(a * b)) continue
          sum += a * b
          points++
        }
        numbers[sums + MEAN] = sum / points
      }
    },
  }
}

/** Whether a spec has its model fitted anew on drift. @throws {ModelError} `DETECTOR_SPEC` for another word. */
export const specRefitsOnDrift = (spec: DetectorSpec): boolean =>
  spec.refitOn !== undefined && specWord(spec, 'refitOn', ['schedule', 'drift']) === 'drift'
