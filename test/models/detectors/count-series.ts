/**
 * Series of counts from the class of distributions that the `counts` detector learns, scored by it; and how often, by
 * the distribution that drew them, values leave what was scored: expected rates of alarms, without the noise of counting.
 */
import { openCounts } from '../../../src/models/detectors/counts/counts.ts'
import { type CountSeason, counts } from '../../../src/models/detectors/counts/spec.ts'
import { centralInterval } from '../../../src/models/detectors/parts/negative-binomial.ts'
import { negativeBinomialTails } from '../../../src/models/distributions/negative-binomial.ts'
import {
  context,
  countNumber,
  gammaNumber,
  gaussian,
  hourly,
  score,
  seeded,
  type Uniform,
} from './simulate.ts'

export const WEEK = 168

export type Shape = 'flat' | 'hour of day' | 'hour of week'

/** A kind of series: each has its own mean within a factor of e^½ of `mean`, and its own phase. */
export interface Kind {
  readonly mean: number
  readonly phi: number
  readonly shape: Shape
}

export const kinds = (
  means: readonly number[],
  phis: readonly number[],
  shapes: readonly Shape[] = ['flat', 'hour of day', 'hour of week'],
): Kind[] =>
  means.flatMap(mean => phis.flatMap(phi => shapes.map(shape => Object.freeze({ mean, phi, shape }))))

/** Quiet nights, busy and less busy hours; weekends with 0.6 of a workday. Mean 1. */
function weekOf(shape: Shape, phase: number): Float64Array {
  const week = Float64Array.from({ length: WEEK }, (_, i) => {
    if (shape === 'flat') return 1
    const hour = (i + phase) % 24
    return (hour < 6 ? 0.05 : 1 + 0.5 * Math.sin(hour)) * (shape === 'hour of week' && i >= 120 ? 0.6 : 1)
  })
  const mean = week.reduce((a, b) => a + b) / WEEK
  return week.map(x => x / mean)
}

/** As `countNumber`; from a rate of 200 on the Poisson part is a rounded normal number, to be quick. */
function drawn(u: Uniform, mean: number, phi: number): number {
  const rate = phi > 0 ? mean * phi * gammaNumber(u, 1 / phi) : mean
  return rate < 200 ? countNumber(u, rate, 0) : Math.round(rate + Math.sqrt(rate) * gaussian(u))
}

export interface Series {
  readonly values: Float64Array
  /** The means they were drawn with. */
  readonly means: Float64Array
}

export function simulated({ mean, phi, shape }: Kind, weeks: number, seed: number): Series {
  const u = seeded(seed)
  const own = mean * Math.exp(u() - 0.5)
  const week = weekOf(shape, Math.floor(24 * u()))
  const means = Float64Array.from({ length: weeks * WEEK }, (_, i) => own * week[i % WEEK]!)
  return { means, values: means.map(mu => drawn(u, mu, phi)) }
}

const tails = new Float64Array(2)
const ends = new Float64Array(2)

/** P(X < lower or X > upper). */
function outside(lower: number, upper: number, mean: number, phi: number): number {
  const size = 1 / Math.max(phi, 1e-7)
  negativeBinomialTails(upper + 1, size, mean, tails)
  const above = Math.exp(tails[1]!)
  if (lower < 1) return above
  negativeBinomialTails(lower - 1, size, mean, tails)
  return above + Math.exp(tails[0]!)
}

export interface Rates {
  readonly scored: number
  /** How many values were outside. */
  readonly alarms: number
  /** How many the distribution that drew them lets expect outside of what was scored … */
  readonly expected: number
  /** … and outside the central interval of that distribution itself: counts are whole, so that is below alpha. */
  readonly ideal: number
}

/** The rates of a series at alpha, from one week to another; every `stride`-th value is looked at. */
export function ratesOf(
  { values, means }: Series,
  phi: number,
  alpha: number,
  {
    fromWeek,
    toWeek,
    stride,
    season = 'hourOfWeek',
  }: {
    fromWeek: number
    toWeek: number
    stride: number
    season?: CountSeason
  },
): Rates {
  const { lower, upper } = score(openCounts(counts({ season }), context({ alpha })), hourly(values))
  const rates = { scored: 0, alarms: 0, expected: 0, ideal: 0 }
  for (let i = fromWeek * WEEK; i < toWeek * WEEK; i += stride) {
    if (Number.isNaN(lower[i]!)) continue
    const mean = means[i]!
    rates.scored++
    if (values[i]! < lower[i]! || values[i]! > upper[i]!) rates.alarms++
    rates.expected += outside(lower[i]!, upper[i]!, mean, phi)
    centralInterval(mean, phi, alpha, ends)
    rates.ideal += outside(ends[0]!, ends[1]!, mean, phi)
  }
  return rates
}

/** The sums over series. */
export const pooled = (all: readonly Rates[]): Rates =>
  all.reduce((a, b) => ({
    scored: a.scored + b.scored,
    alarms: a.alarms + b.alarms,
    expected: a.expected + b.expected,
    ideal: a.ideal + b.ideal,
  }))
