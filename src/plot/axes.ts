/** Axes: round ends and steps for numbers and logarithms, places of the calendar for times, names for categories. */

import type { Axis } from './chart.ts'

/** What the values of an axis span; both are finite. */
export interface Extent {
  readonly min: number
  readonly max: number
}

/** The extent of finite values; `undefined` without any. */
export function extentOf(values: Iterable<number | null | undefined>, start?: Extent): Extent | undefined {
  let min = start?.min ?? Number.POSITIVE_INFINITY
  let max = start?.max ?? Number.NEGATIVE_INFINITY
  for (const value of values) {
    if (typeof value !== 'number' || !Number.isFinite(value)) continue
    if (value < min) min = value
    if (value > max) max = value
  }
  return min <= max ? { min, max } : undefined
}

/** 1, 2, 2.5 or 5 times a power of ten, at least `rough`. */
export function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough))
  const factor = [1, 2, 2.5, 5, 10].find(factor => factor * power >= rough * (1 - 1e-9)) ?? 10
  // 2.5 · 10⁻³ as a product is not the number that 0.0025 is.
  return Number((factor * power).toPrecision(3))
}

/** Less is drawn as zero. */
const LEAST = 1e-290

export interface NumberAxisOptions {
  readonly title: string
  /** Steps there is room for. */
  readonly steps: number
  /** The axis begins at zero, or ends there. */
  readonly zero?: boolean
  readonly log?: boolean
  /** Values are whole numbers, and so are ticks. */
  readonly whole?: boolean
  /** Ends stay as they are, between two ticks. */
  readonly tight?: boolean
}

/** An axis of numbers that has all of the extent, and round ends. */
export function numberAxis(given: Extent | undefined, options: NumberAxisOptions): Axis {
  const { title, steps, zero = false, log = false, whole = false, tight = false } = options
  if (log) return logAxis(given, title)
  let { min, max } = given ?? { min: 0, max: 1 }
  if (zero) {
    min = Math.min(0, min)
    max = Math.max(0, max)
  }
  // Nothing divides numbers as small as these.
  if (Math.max(-min, max) < LEAST) min = max = 0
  if (min === max) {
    const around = min === 0 ? 1 : Math.abs(min) * 0.1
    min -= zero && min >= 0 ? 0 : around
    max += zero && max <= 0 && min < 0 ? 0 : around
  }
  const span = max - min
  // Doubles near their greatest have no difference, those near their least no step, and near others no digits for one.
  if (!Number.isFinite(span) || span < 1e-300 || span < 1e-10 * Math.max(-min, max))
    return { kind: 'number', title, min, max }
  const nice = niceStep(span / Math.max(1, steps))
  // 2.5 is the only one above 1 that is none.
  const step = whole && !Number.isInteger(nice) ? Math.ceil(nice) * (nice > 1 ? 5 / 3 : 1) : nice
  if (tight) return { kind: 'number', title, min, max, step }
  const round = (x: number) => Number((x * step).toPrecision(12))
  return {
    ...{ kind: 'number', title, step },
    min: round(Math.floor(min / step + 1e-9)),
    max: round(Math.ceil(max / step - 1e-9)),
  }
}

/** Ends at 1, 2 or 5 times a power of ten around the extent, of which only what is positive counts. */
function logAxis(given: Extent | undefined, title: string): Axis {
  const { min, max } = given && given.max > 0 ? given : { min: 1, max: 10 }
  const places = logPlaces(min > 0 ? min : max / 1e3, max)
  const from = places.findLast(place => place <= min * (1 + 1e-9)) ?? places[0]!
  const to = places.find(place => place > from && place >= max * (1 - 1e-9)) ?? places.at(-1)!
  const within = places.filter(place => place >= from && place <= to)
  const isPower = (place: number) => Number.isInteger(Math.log10(place))
  const ticks = within.length <= 7 ? within : within.filter(isPower)
  const every = Math.ceil(ticks.length / 8)
  return { kind: 'log', title, min: from, max: to, ticks: ticks.filter((_, i) => i % every === 0) }
}

function logPlaces(min: number, max: number): number[] {
  const places: number[] = []
  for (let power = Math.floor(Math.log10(min)) - 1; power <= Math.ceil(Math.log10(max)) + 1; power++)
    for (const factor of [1, 2, 5]) places.push(Number(`${factor}e${power}`))
  return places
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Steps of one length, in milliseconds. */
const STEPS: readonly number[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map(seconds => seconds * 1000),
  ...[1, 2, 5, 10, 15, 30].map(minutes => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map(hours => hours * HOUR),
  ...[1, 2].map(days => days * DAY),
]
/** Weeks begin on Monday; 1970 began on a Thursday. */
const MONDAY = 4 * DAY
const WEEKS = [1, 2].map(weeks => weeks * 7 * DAY)
const MONTHS = [1, 2, 3, 6]

/** The last time that a `Date` can have, and before 1970 the first. */
const LAST_MS = 8.64e15

/** An axis of times: `ticks` lie where days, months and years begin. */
export function timeAxis(given: Extent | undefined, title: string, most: number): Axis {
  let { min, max } = given ?? { min: 0, max: DAY }
  if (min === max) {
    min -= HOUR
    max += HOUR
  }
  min = Math.max(min, -LAST_MS)
  max = Math.min(max, LAST_MS)
  return { kind: 'time', title, min, max, ticks: timeTicks(min, max, Math.max(2, most)) }
}

function timeTicks(min: number, max: number, most: number): number[] {
  const span = max - min
  const step = STEPS.find(step => span / step <= most)
  if (step !== undefined) return multiples(min, max, step, 0)
  const weeks = WEEKS.find(step => span / step <= most)
  if (weeks !== undefined) return multiples(min, max, weeks, MONDAY)
  const months = MONTHS.find(months => span / (months * 30.4 * DAY) <= most)
  if (months !== undefined) return monthTicks(min, max, months)
  return monthTicks(min, max, 12 * Math.ceil(niceStep(span / (365.25 * DAY) / most)))
}

function multiples(min: number, max: number, step: number, from: number): number[] {
  const ticks: number[] = []
  for (let at = Math.ceil((min - from) / step) * step + from; at <= max; at += step) ticks.push(at)
  return ticks
}

function monthTicks(min: number, max: number, months: number): number[] {
  const ticks: number[] = []
  const start = new Date(min)
  const first = start.getUTCFullYear() * 12 + start.getUTCMonth()
  for (let month = Math.floor(first / months) * months; ; month += months) {
    const at = new Date(0).setUTCFullYear(Math.floor(month / 12), ((month % 12) + 12) % 12, 1)
    // Before the first time there is.
    if (Number.isNaN(at) && month <= first) continue
    if (!(at <= max)) return ticks
    if (at >= min) ticks.push(at)
  }
}

/** An axis of names. */
export const categoryAxis = (categories: readonly string[], title: string): Axis => ({
  ...{ kind: 'category', title, categories },
  ...{ min: 0, max: Math.max(0, categories.length - 1) },
})

/** A number as axes show it: `1,234.5`. */
export function tickText(value: number): string {
  const [whole = '', fraction] = String(value).split('.')
  if (/e/.test(whole)) return String(value)
  const grouped = whole.replace(/(?<=\d)(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}
