/** What series are made of. */
import type {
  ContinuousDistribution,
  DiscreteDistribution,
} from '../../../../src/models/distributions/index.ts'
import { gaussian, type Uniform } from '../simulate.ts'
import type { Opened, Step } from './scenario.ts'

export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

export const between = (u: Uniform, low: number, high: number): number => low + (high - low) * u()
/** Even on a logarithmic scale. */
export const around = (u: Uniform, low: number, high: number): number => low * (high / low) ** u()
/** A whole number of [0, n). */
export const anyOf = (u: Uniform, n: number): number => Math.floor(n * u())

/** Of a normal distribution, one value in 20,000 lies above so many standard deviations. */
const ONE_IN_20_000 = 3.89

/** The unit of single values of a distribution whose upper tail is long (see `SeriesKind.spike`). */
export const upperUnit = (d: ContinuousDistribution<any> | DiscreteDistribution<any>): number =>
  (d.isf(1 / 20_000) - d.mean) / ONE_IN_20_000
/** The same of a lower tail. */
export const lowerUnit = (d: ContinuousDistribution<any> | DiscreteDistribution<any>): number =>
  (d.mean - d.quantile(1 / 20_000)) / ONE_IN_20_000

/** Something by the place in a season. */
export type Course = (place: number) => number

const within = (place: number, season: number): number => ((place % season) + season) % season

/** A course by the place from 0 on. */
export const repeating =
  (season: number, of: Course): Course =>
  place =>
    of(within(place, season))

/** A sine of an amplitude, beginning anywhere. */
export function sine(u: Uniform, season: number, amplitude: number): Course {
  const phase = anyOf(u, season)
  return place => amplitude * Math.sin((2 * Math.PI * (place + phase)) / season)
}

/** A night, and a morning and an evening of unlike height: about this amplitude to either side. */
export function peaks(u: Uniform, season: number, amplitude: number): Course {
  const phase = anyOf(u, season)
  const second = between(u, 0.2, 0.5)
  return place => {
    const angle = (2 * Math.PI * (place + phase)) / season
    return amplitude * (-0.8 * Math.cos(angle) + second * Math.sin(2 * angle))
  }
}

/** High from one place to another, low otherwise: the difference is the height. */
export function office(u: Uniform, season: number, height: number): Course {
  const from = Math.floor(season * between(u, 0.25, 0.4))
  const to = Math.floor(season * between(u, 0.6, 0.85))
  return repeating(season, place => (place >= from && place < to ? height / 2 : -height / 2))
}

export type Noise = (spread: number) => number

export const white =
  (u: Uniform, sigma = 1): Noise =>
  spread =>
    sigma * spread * gaussian(u)

/** Independent numbers of a distribution about its mean. */
export const independent =
  (draw: () => number): Noise =>
  spread =>
    spread * draw()

/** φ times the last deviation, and noise: as if it had always run. A random walk, φ = 1, begins at 0. */
export function autoregressive(u: Uniform, phi: number, sigma = 1): Noise {
  let z = Math.abs(phi) < 1 ? (gaussian(u) * sigma) / Math.sqrt(1 - phi * phi) : 0
  return spread => (z = phi * z + sigma * spread * gaussian(u))
}

interface Parts {
  /** May go with time. */
  mean?: (step: Step) => number
  course?: Course
  noise?: Noise
  /** What the noise is multiplied by at a place. */
  scale?: Course
}

/** A mean, a season about it, and noise. */
export function sum({ mean = () => 0, course, noise = () => 0, scale }: Parts): Opened {
  return {
    next: step =>
      mean(step) +
      (course ? step.amplitude * course(step.place) : 0) +
      (scale ? scale(step.place) : 1) * noise(step.spread),
    ...(course ? { course } : {}),
    ...(scale ? { scale } : {}),
  }
}
