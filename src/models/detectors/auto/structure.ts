/**
 * What kind of series it is, by its first values: looked at once before anything is judged, and again when there are twice
 * and four times as many.
 *
 * Pure functions of arrays; nothing here depends on the unit or origin of the values, but counts and counters, which have
 * neither.
 */
import { exponentOf } from '../../numerics/unit-scale.ts'
import { stepOfCounts } from './count-law.ts'
import { profileOf, type SlotSeason, seasonalAt } from './profile.ts'
import {
  findSeason,
  median,
  robustLine,
  slotMeans,
  slotPlace,
  slotsOf,
  valueAt,
  withoutMovingMean,
} from './seasons.ts'

export const KINDS = [
  'numbers',
  'constant',
  'two values',
  'counter',
  'counts',
  'intermittent',
  'shares',
] as const
export type Kind = (typeof KINDS)[number]

export interface Structure {
  readonly kind: number
  /** The values that are modelled: those given, or their differences, less `origin`, in `unit`s. Missing ones are NaN. */
  readonly values: Float64Array
  readonly origin: number
  /** A power of two. */
  readonly unit: number
  /** Of a line through them, without their season: in units. */
  readonly level: number
  readonly drift: number
  /** Scale of what is left. */
  readonly noise: number
  /** The least scale that errors are given. */
  readonly floor: number
  readonly profile: Float64Array | undefined
  /** Visits of the slots of the season; 0 without one. */
  readonly visits: number
  /** The step that values are read with, in units; 0 where there is none. */
  readonly resolution: number
  /** The step of counts: see count-law.ts. */
  readonly countStep: number
}

const DAY_MS = 86_400_000
/** A scale is at least this part of the size of the series, and of the rounding of its numbers. */
const FLOOR_OF_SPREAD = 0.003
const FLOOR_OF_ROUNDING = 64 * 2 ** -52
/** And of the step that values are read with. */
const FLOOR_OF_STEP = 0.35
/** Steps of a season that are so many scales off the lines between coarse slots, each time, are an edge, if they are few. */
const EDGE = 3
const MOST_EDGES = 0.25
/** A line is taken for a trend if what it leaves is less correlated than this, and if it is so many standard errors steep. */
const MOST_CORRELATED = 0.7
const SURE_LINE = 5

/** Looks at values at equal steps, NaN where there is none, of which the first is at `place`. */
export function examine(all: Float64Array, everyMs: number | undefined, place: number): Structure {
  const given = withoutAbsurd(all)
  const isCounter = onlyGrows(given)
  const raw = isCounter ? increments(given) : given
  const present = raw.filter(value => !Number.isNaN(value))
  const origin = median(present)
  const unit = unitOf(present, origin)
  const values = raw.map(value => value / unit - origin / unit)
  const size = 1.4826 * median(values.map(Math.abs)) || meanSize(values)
  const profile = seasonsOf(values, everyMs, place)
  const rest = profile ? values.map((value, i) => value - seasonalAt(profile, place + i)) : values
  const { level, drift, noise } = lineOf(rest)
  const resolution = resolutionOf(values)
  const off = rest.map((value, i) => value - level - drift * i)
  const jitters = resolution > 0 && meanSize(off) > 0.005 * resolution
  const largest = present.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const floor = Math.max(
    FLOOR_OF_SPREAD * size,
    FLOOR_OF_ROUNDING * (largest / unit),
    jitters ? FLOOR_OF_STEP * resolution : 0,
    2 ** -40,
  )
  const kind = kindOf(present, isCounter)
  return {
    kind: KINDS.indexOf(kind),
    countStep: kind === 'two values' ? 0 : stepOfCounts(present, resolution * unit, kind === 'shares'),
    ...{ values, origin, unit, level, drift, floor, profile, resolution },
    noise: Math.max(noise, floor),
    visits: profile ? profile.length : 0,
  }
}

/** "No value" by a number, as a rule: this many times as far from the median as values are that are not at it. */
const ABSURD = 2 ** 20
/** Where more values are, they are what the series is like. */
const MOST_ABSURD = 0.05

/** The values, of which those that are of a wholly other size are missing. */
function withoutAbsurd(values: Float64Array): Float64Array {
  const middle = median(values)
  const sizes = values.map(value => Math.abs(value / 2 - middle / 2))
  const typical = median(sizes.filter(size => size > 0))
  const isAbsurd = (size: number) => size / ABSURD > typical
  const absurd = sizes.reduce((count, size) => count + (isAbsurd(size) ? 1 : 0), 0)
  if (absurd === 0 || absurd > MOST_ABSURD * values.length) return values
  return values.map((value, i) => (isAbsurd(sizes[i]!) ? Number.NaN : value))
}

/** A power of two near the size of the values about their origin. */
function unitOf(values: Float64Array, origin: number): number {
  let most = 0
  for (const value of values) most = Math.max(most, Math.abs(value / 2 - origin / 2))
  if (most === 0) most = Math.abs(origin) * 2 ** -30
  return 2 ** Math.max(-1000, Math.min(1000, exponentOf(most)))
}

const meanSize = (values: Float64Array): number => {
  let sum = 0
  let count = 0
  for (const value of values) {
    if (Number.isNaN(value)) continue
    sum += Math.abs(value)
    count++
  }
  return count === 0 ? 0 : sum / count
}

/** A trend, where there is one, with the scale of what it leaves; of what wanders, that of its steps. */
function lineOf(values: Float64Array): { level: number; drift: number; noise: number } {
  const { level, slope } = robustLine(values)
  const rest = values.map((value, i) => value - level - slope * i)
  const steps = values.map((value, i) => (i === 0 ? Number.NaN : value - values[i - 1]!))
  const middle = median(steps)
  const step = 1.4826 * median(steps.map(value => Math.abs(value - middle)))
  const scale = 1.4826 * median(rest.map(Math.abs))
  let products = 0
  let squares = 0
  for (let i = 1; i < rest.length; i++) {
    if (Number.isNaN(rest[i]!) || Number.isNaN(rest[i - 1]!)) continue
    products += rest[i]! * rest[i - 1]!
    squares += rest[i]! * rest[i]!
  }
  const n = values.length
  const steep = Math.abs(slope) > ((SURE_LINE * scale * 2) / n ** 1.5) * Math.sqrt(3)
  const isTrend = steep && products < MOST_CORRELATED * squares
  const exact = steep && scale < 1e-6 * Math.abs(slope * n)
  if (isTrend || exact) return { level, drift: slope, noise: scale }
  const early = median(values.subarray(0, Math.min(12, n)))
  return { level: early, drift: 0, noise: Math.min(step || scale, scale) }
}

function seasonsOf(
  values: Float64Array,
  everyMs: number | undefined,
  place: number,
): Float64Array | undefined {
  const period = findSeason(values, likelyOf(everyMs))
  if (period === 0) return undefined
  const slots = slotsOf(period)
  const high = withoutMovingMean(values, period)
  const rough = slotMeans(high, period, slots, place).means
  // Made again without what one outlier does to a slot.
  const off = high.map((value, i) =>
    Math.abs(value - rough[Math.floor(slotPlace(place + i, period, slots))]!),
  )
  const most = 4 * Math.max(1.4826 * median(off), 1e-12)
  const { means, visits } = slotMeans(high, period, slots, place, { means: rough, most })
  if (slots < period) {
    const sharp = withEdges({ values: high, period, place, means, visits, noise: most / 4 })
    if (sharp) return profileOf([sharp])
  }
  const perVisit = slots >= 48 ? period / slots : 1
  return profileOf([{ period, slots, means, visits: visits.map(count => count / perVisit) }])
}

interface Coarse {
  readonly values: Float64Array
  readonly period: number
  readonly place: number
  readonly means: Float64Array
  readonly visits: Float64Array
  /** Scale of what the slots leave. */
  readonly noise: number
}

/**
 * A season with a slot for each step, where coarse ones cut edges: steps that are off the lines between coarse slots each
 * time, and those near them, have means of their own, others that of the line. Undefined where there are none.
 */
function withEdges({ values, period, place, means, visits, noise }: Coarse): SlotSeason | undefined {
  const slots = means.length
  const line = (step: number) => valueAt(means, step, period, slots)
  const rest = values.map((value, i) => value - line(place + i))
  const own = slotMeans(rest, period, period, place)
  const least = new Float64Array(period).fill(Number.POSITIVE_INFINITY)
  rest.forEach((off, i) => {
    if (Number.isNaN(off)) return
    const step = slotPlace(place + i, period, period)
    const side = off * Math.sign(own.means[step]!)
    least[step] = Math.min(least[step]!, side)
  })
  const near = Math.ceil(period / slots)
  const sharp = new Uint8Array(period)
  let edges = 0
  for (let step = 0; step < period; step++) {
    if (own.visits[step]! < 2 || !(least[step]! > EDGE * noise)) continue
    edges++
    // The line is bent as far as its slots go.
    for (let by = -near; by <= near; by++) sharp[(step + by + period) % period] = 1
  }
  if (edges === 0 || edges > MOST_EDGES * period) return undefined
  return {
    period,
    slots: period,
    means: own.means.map((off, step) => line(step) + sharp[step]! * off),
    visits: own.visits.map((count, step) =>
      sharp[step] ? count : visits[Math.floor(slotPlace(step, period, slots))]!,
    ),
  }
}

/** Lengths that the clock suggests, in steps. */
function likelyOf(everyMs: number | undefined): number[] {
  if (everyMs === undefined) return []
  return [DAY_MS / 24, DAY_MS / 2, DAY_MS, 7 * DAY_MS]
    .map(ms => ms / everyMs)
    .filter(steps => Number.isInteger(steps) && steps >= 2)
}

/** Whether values never fall but to begin again near zero. */
function onlyGrows(values: Float64Array): boolean {
  let last = Number.NaN
  let grows = 0
  let falls = 0
  let steps = 0
  for (const value of values) {
    if (Number.isNaN(value)) continue
    if (value < 0) return false
    if (!Number.isNaN(last)) {
      steps++
      if (value > last) grows++
      else if (value < last) {
        if (!isReset(last, value)) return false
        falls++
      }
    }
    last = value
  }
  return grows > 0.3 * steps && falls <= 0.05 * steps && !isLine(values)
}

export const isReset = (last: number, value: number): boolean => value < 0.2 * last

/** Whether all steps are the same: then it is a line as well. */
function isLine(values: Float64Array): boolean {
  const steps = values.map((value, i) => (i === 0 ? Number.NaN : value - values[i - 1]!))
  const middle = median(steps)
  return median(steps.map(step => Math.abs(step - middle))) <= 1e-9 * Math.abs(middle)
}

const increments = (values: Float64Array): Float64Array =>
  values.map((value, i) => {
    if (i === 0) return Number.NaN
    const last = values[i - 1]!
    return value < last && isReset(last, value) ? Number.NaN : value - last
  })

/** The step that all values are multiples of, from the least; 0 where there is none that is seen. */
function resolutionOf(values: Float64Array): number {
  const sorted = values.filter(value => !Number.isNaN(value)).sort()
  let gap = 0
  for (let i = 1; i < sorted.length; i++) {
    const step = sorted[i]! - sorted[i - 1]!
    if (step > 0 && (gap === 0 || step < gap)) gap = step
  }
  if (gap === 0) return 0
  for (const value of sorted) {
    const steps = (value - sorted[0]!) / gap
    if (Math.abs(steps - Math.round(steps)) > 1e-4) return 0
  }
  return gap
}

function kindOf(values: Float64Array, isCounter: boolean): Kind {
  if (isCounter) return 'counter'
  const distinct = new Set(values)
  if (distinct.size <= 1) return 'constant'
  if (distinct.size === 2) return 'two values'
  let zeros = 0
  let whole = true
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  let sum = 0
  let squares = 0
  for (const value of values) {
    if (value === 0) zeros++
    if (!Number.isInteger(value)) whole = false
    least = Math.min(least, value)
    most = Math.max(most, value)
    sum += value
    squares += value * value
  }
  const n = values.length
  if (least >= 0 && zeros > 0.5 * n) return 'intermittent'
  const mean = sum / n
  const variance = squares / n - mean * mean
  if (whole && least >= 0 && variance > 0.3 * mean && variance < 30 * mean) return 'counts'
  if (least >= 0 && most <= 1) return 'shares'
  return 'numbers'
}
