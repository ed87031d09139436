/**
 * What the last innovations have become: statistics of windows, each with its reason.
 *
 * | statistic | reason |
 * | --- | --- |
 * | means of the last 10 and 50 | `level` |
 * | mean sizes of the last 40 and 64 | `variance` |
 * | product of the last 60 with time | `trend` |
 * | mean product of neighbours among the last 50 | `dynamics` |
 *
 * Innovations are clipped, so that one of any size moves no window, and sums are near their normal limit; the mean size is
 * by its square root, which is nearly symmetric. What is left to learn is the centre of each statistic and its mean distance
 * from there to either side: innovations of real series are correlated, and have other tails. A mean or a trend is never
 * taken for more certain than that of independent innovations. A window of n values is new every n values; until there
 * have been some, a Student distribution with few degrees of freedom stands for the normal limit.
 */
import { REASONS } from '../../../core/detector.ts'
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { record } from '../../../core/record.ts'
import { upperPoint } from '../../special/normal-quantile.ts'
import { f64 } from '../parts/fields.ts'
import { MEAN_SIZE } from '../parts/robust-scale.ts'
import { studentLogP } from '../parts/student.ts'
import type { Moment } from './moment.ts'

type Kind = 'mean' | 'size' | 'trend' | 'product'
interface WindowStatistic {
  readonly kind: Kind
  readonly length: number
  readonly reason: number
  /** Its share of false alarms. */
  readonly share: number
  /** Degrees of freedom of its distribution at first, and per window. */
  readonly dof: number
  readonly dofByWindow: number
  /** What the statistic is divided by to have a variance of 1, if innovations are independent and normal. */
  readonly unit: number
}

const reasonOf = (name: (typeof REASONS)[number]): number => REASONS.indexOf(name)
/** Mean and variance of a normal variable's size cut off at 3. */
const SIZE_MEAN = 0.7965
const SIZE_SD = 0.597
const sizeUnit = (length: number): number => (0.5 * SIZE_SD) / Math.sqrt(SIZE_MEAN * length)

const STATISTICS: readonly WindowStatistic[] = [
  {
    kind: 'mean',
    length: 10,
    reason: reasonOf('level'),
    share: 0.04,
    dof: 6,
    dofByWindow: 0.2,
    unit: Math.sqrt(10),
  },
  {
    kind: 'mean',
    length: 50,
    reason: reasonOf('level'),
    share: 0.05,
    dof: 10,
    dofByWindow: 1,
    unit: Math.sqrt(50),
  },
  {
    kind: 'size',
    length: 40,
    reason: reasonOf('variance'),
    share: 0.04,
    dof: 10,
    dofByWindow: 1,
    unit: sizeUnit(40),
  },
  {
    kind: 'size',
    length: 64,
    reason: reasonOf('variance'),
    share: 0.04,
    dof: 10,
    dofByWindow: 1,
    unit: sizeUnit(64),
  },
  {
    kind: 'trend',
    length: 60,
    reason: reasonOf('trend'),
    share: 0.02,
    dof: 10,
    dofByWindow: 1,
    unit: Math.sqrt((60 * (60 * 60 - 1)) / 12),
  },
  {
    kind: 'product',
    length: 50,
    reason: reasonOf('dynamics'),
    share: 0.015,
    dof: 10,
    dofByWindow: 1,
    unit: 0.82 * Math.sqrt(50),
  },
]
export const WINDOW_REASONS: readonly number[] = STATISTICS.map(({ reason }) => reason)
export const WINDOW_SHARES: readonly number[] = STATISTICS.map(({ share }) => share)
export const WINDOW_COUNT: number = STATISTICS.length
const COUNT = STATISTICS.length
/** Places of the statistics, by kinds in this order. */
const MEANS = 0
const SIZES = 2
const TREND = 4
const PRODUCT = 5
const LENGTHS = Float64Array.from(STATISTICS, ({ length }) => length)
const UNITS = Float64Array.from(STATISTICS, ({ unit }) => unit)
const DOFS = Float64Array.from(STATISTICS, ({ dof }) => dof)
const DOFS_BY_WINDOW = Float64Array.from(STATISTICS, ({ dofByWindow }) => dofByWindow)
/** The least mean distance from the centre: a mean or a trend is never more certain than that. */
const LEAST_SPREADS = Float64Array.from(STATISTICS, ({ kind }) => (kind === 'size' ? 0 : MEAN_SIZE))
/** Whose centre is learned: that of means and trends is 0. */
const CENTRES = Uint8Array.from(STATISTICS, ({ kind }) => (kind === 'size' || kind === 'product' ? 1 : 0))

/**
 * Standardised, what is less has a larger p-value than this share of false alarms, of whatever degrees of freedom: it counts for
 * nothing, and is not worked out.
 */
export const usualBelow = (share: number): number => upperPoint(Math.log(0.5 * share))
const USUAL = Float64Array.from(STATISTICS, ({ share }) => usualBelow(share))

const RING = 64
/** Innovations count up to this in means, in sizes, and in products. */
const CLIP = 2.5
const CLIP_SIZE = 3
const CLIP_FACTOR = 2

const WINDOW = record({
  sum: 'running sum',
  centre: 'centre of the statistic',
  up: 'mean distance above the centre, less that of a standard normal variable',
  down: 'the same below',
})
const WINDOWS = record({
  seen: 'innovations in the ring, or more',
  learned: 'innovations that the distributions have seen',
  moment: 'sum of the trend’s innovations, each times its place',
  windows: [WINDOW, COUNT],
  ring: ['the last innovations, in scales of the moment', RING],
  sizes: ['and their sizes, in scales of their hour', RING],
})

/** Windows that the prior counts as, and that are remembered. */
const PRIOR = 8
const MEMORY = 60
/** Distances are learned up to this many times their mean; those of small p-values count a quarter. */
const MAX = 3
const LOG_UNUSUAL = Math.log(1e-4)
const UNUSUAL_WEIGHT = 0.25

/** Beyond so many windows distributions are learned at these rates. Weights are powers of two: products are exact. */
const SETTLED = MEMORY
const ALL_SETTLED = SETTLED * Math.max(...LENGTHS)
const SETTLED_RATES = Float64Array.from(STATISTICS, ({ length }) => 1 / (length * MEMORY))
const ROOT_SIZE_MEAN = Math.sqrt(SIZE_MEAN)

const clip = (z: number, most: number): number => (z > most ? most : Math.max(z, -most))

function logPOf(t: number, w: number, learned: number): number {
  return studentLogP(t, DOFS[w]! + DOFS_BY_WINDOW[w]! * Math.min(learned / LENGTHS[w]!, MEMORY))
}

function rateOf(w: number, learned: number): number {
  const length = LENGTHS[w]!
  if (learned > SETTLED * length) return SETTLED_RATES[w]!
  return 1 / (length * Math.min(PRIOR + learned / length, MEMORY))
}

/** Where the running sum of a window is, of a key whose numbers begin at `at`. */
const sumOf = (at: number, w: number): number => at + WINDOWS.windows + w * WINDOW.width + WINDOW.sum

/** Takes an innovation in, of a key whose numbers begin at `at`, and writes the statistics, NaN where they say nothing. */
function measure(
  numbers: Float64Array,
  at: number,
  now: Moment,
  floored: boolean,
  statistics: Float64Array,
): void {
  const ring = at + WINDOWS.ring
  const sizes = at + WINDOWS.sizes
  const seen = numbers[at + WINDOWS.seen]!
  const place = seen & (RING - 1)
  const z = clip(now.u, CLIP)
  const size = Math.min(Math.abs(now.ofHour), CLIP_SIZE)
  for (let w = MEANS; w < SIZES; w++) {
    const length = LENGTHS[w]!
    const sum = sumOf(at, w)
    const old = seen >= length ? numbers[ring + ((place - length) & (RING - 1))]! : 0
    const total = numbers[sum]! + (z - old)
    numbers[sum] = total
    statistics[w] = seen + 1 < length ? Number.NaN : total / UNITS[w]!
  }
  for (let w = SIZES; w < TREND; w++) {
    const length = LENGTHS[w]!
    const sum = sumOf(at, w)
    const old = seen >= length ? numbers[sizes + ((place - length) & (RING - 1))]! : 0
    const total = numbers[sum]! + (size - old)
    numbers[sum] = total
    const off = Math.sqrt(Math.max(total, 0) / length) - ROOT_SIZE_MEAN
    statistics[w] = seen + 1 < length || floored ? Number.NaN : off / UNITS[w]!
  }
  measureTrend(numbers, at, z, statistics)
  measureProduct(numbers, at, z, floored, statistics)
  numbers[ring + place] = z
  numbers[sizes + place] = size
  numbers[at + WINDOWS.seen] = seen + 1
}

/** The product of the last innovations with time, by its sum over places. */
function measureTrend(numbers: Float64Array, at: number, z: number, statistics: Float64Array): void {
  const length = LENGTHS[TREND]!
  const sum = sumOf(at, TREND)
  const seen = numbers[at + WINDOWS.seen]!
  const full = seen >= length
  const old = full ? numbers[at + WINDOWS.ring + ((seen - length) & (RING - 1))]! : 0
  let moment = numbers[at + WINDOWS.moment]!
  if (full) moment -= numbers[sum]! - old
  moment += (full ? length - 1 : seen) * z
  const total = numbers[sum]! + (z - old)
  numbers[at + WINDOWS.moment] = moment
  numbers[sum] = total
  const off = moment - 0.5 * (length - 1) * total
  statistics[TREND] = seen + 1 < length ? Number.NaN : off / UNITS[TREND]!
}

/** The products of neighbours. */
function measureProduct(
  numbers: Float64Array,
  at: number,
  z: number,
  floored: boolean,
  statistics: Float64Array,
): void {
  const length = LENGTHS[PRODUCT]!
  const sum = sumOf(at, PRODUCT)
  const ring = at + WINDOWS.ring
  const seen = numbers[at + WINDOWS.seen]!
  const last = seen > 0 ? numbers[ring + ((seen - 1) & (RING - 1))]! : 0
  let total = numbers[sum]! + clip(z, CLIP_FACTOR) * clip(last, CLIP_FACTOR)
  if (seen >= length) {
    const old = numbers[ring + ((seen - length) & (RING - 1))]!
    const older = seen > length ? numbers[ring + ((seen - length - 1) & (RING - 1))]! : 0
    total -= clip(old, CLIP_FACTOR) * clip(older, CLIP_FACTOR)
  }
  numbers[sum] = total
  statistics[PRODUCT] = seen + 1 < length || floored ? Number.NaN : total / UNITS[PRODUCT]!
}

/** log p of the statistics, of a key whose numbers begin at `at`; learns them. Returns the place of the least, or −1. */
function judge(
  numbers: Float64Array,
  at: number,
  statistics: Float64Array,
  learns: boolean,
  logs: Float64Array,
): number {
  const learned = numbers[at + WINDOWS.learned]!
  const settled = learned > ALL_SETTLED
  let least = -1
  for (let w = 0; w < COUNT; w++) {
    const statistic = statistics[w]!
    if (Number.isNaN(statistic)) {
      logs[w] = Number.NaN
      continue
    }
    const window = at + WINDOWS.windows + w * WINDOW.width
    const distance = statistic - numbers[window + WINDOW.centre]!
    // A side gets half of the values.
    const side = window + (distance < 0 ? WINDOW.down : WINDOW.up)
    const off = Math.abs(distance)
    const spread = MEAN_SIZE + numbers[side]!
    const certain = Math.max(spread, LEAST_SPREADS[w]!)
    let rate = settled ? SETTLED_RATES[w]! : rateOf(w, learned)
    let log = 0
    if (!(MEAN_SIZE * off < USUAL[w]! * certain)) {
      log = logPOf((MEAN_SIZE * off) / certain, w, learned)
      if (log < 0 && (least < 0 || log < logs[least]!)) least = w
      if (log < LOG_UNUSUAL) rate *= UNUSUAL_WEIGHT
    }
    logs[w] = log
    if (!learns) continue
    const taken = Math.min(off, MAX * spread)
    numbers[side] = numbers[side]! + 2 * rate * (taken - spread)
    if (CENTRES[w] === 1) {
      const centre = window + WINDOW.centre
      numbers[centre] = numbers[centre]! + rate * (distance < 0 ? -taken : taken)
    }
  }
  if (learns) numbers[at + WINDOWS.learned] = learned + 1
  return least
}

/** The windows; their state is a field of its own. */
export class Windows {
  readonly layout: StateLayout = { windows: WINDOWS.field }
  readonly #statistics = new Float64Array(COUNT)
  #numbers: Float64Array = new Float64Array(0)

  bind(state: StateTable): void {
    this.#numbers = f64(state, 'windows')
  }

  /**
   * Takes the innovation of a value in: for sizes in scales of its hour. Where the scale is its floor, sizes and products say
   * nothing. Writes the log p-value of each statistic to `logs`: NaN while its window is not full, 0 where that is above its share. Then
   * learns the statistics, if `learns`. Returns the place of the least p-value below 1, or −1.
   */
  take(key: number, now: Moment, floored: boolean, learns: boolean, logs: Float64Array): number {
    const at = key * WINDOWS.width
    measure(this.#numbers, at, now, floored, this.#statistics)
    return judge(this.#numbers, at, this.#statistics, learns, logs)
  }

  /** Empties the windows, as after a change that has been told and followed. What is known of the statistics stays. */
  clear(key: number): void {
    const numbers = this.#numbers
    const at = key * WINDOWS.width
    numbers[at + WINDOWS.seen] = 0
    numbers[at + WINDOWS.moment] = 0
    for (let w = 0; w < COUNT; w++) numbers[sumOf(at, w)] = 0
  }

  /** The mean size of the last so many innovations, clipped; of so many as there are. */
  recentSize(key: number, count: number): number {
    const numbers = this.#numbers
    const at = key * WINDOWS.width
    const seen = numbers[at + WINDOWS.seen]!
    const taken = Math.min(count, seen, RING)
    let sum = 0
    for (let j = 1; j <= taken; j++) sum += numbers[at + WINDOWS.sizes + ((seen - j) & (RING - 1))]!
    return taken === 0 ? Number.NaN : sum / taken
  }
}
