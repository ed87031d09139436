/** What series are made of. */
import { gaussian, type Uniform } from '../simulate.ts'
import type { Opened, Step } from './scenario.ts'

export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

export const between = (u: Uniform, low: number, high: number): number => low + (high - low) * u()
/** Even on a logarithmic scale. */
export const around = (u: Uniform, low: number, high: number): number => low * (high / low) ** u()

/** Something by the place in a season. */
export type Course = (place: number) => number

/** A sine of an amplitude, beginning anywhere. */
export function sine(u: Uniform, season: number, amplitude: number): Course {
  const phase = Math.floor(season * u())
  return place => amplitude * Math.sin((2 * Math.PI * (place + phase)) / season)
}

/** A night, and a morning and an evening of unlike height: an amplitude of about one, times this. */
export function peaks(u: Uniform, season: number, amplitude: number): Course {
  const phase = Math.floor(season * u())
  const second = between(u, 0.2, 0.5)
  return place => {
    const angle = (2 * Math.PI * (place + phase)) / season
    return amplitude * (-0.8 * Math.cos(angle) + second * Math.sin(2 * angle))
  }
}

export type Noise = (spread: number) => number

export const white =
  (u: Uniform, sigma = 1): Noise =>
  spread =>
    sigma * spread * gaussian(u)

/** φ times the last deviation, and noise: as if it had always run. A random walk, φ = 1, begins at 0. */
export function autoregressive(u: Uniform, phi: number, sigma = 1): Noise {
  let z = Math.abs(phi) < 1 ? (gaussian(u) * sigma) / Math.sqrt(1 - phi * phi) : 0
  return spread => (z = phi * z + sigma * spread * gaussian(u))
}

/** A mean that may go with time, a season about it, and noise. */
export function sum(parts: { mean?: (step: Step) => number; course?: Course; noise?: Noise }): Opened {
  const { mean = () => 0, course, noise = () => 0 } = parts
  const next = course
    ? (step: Step) => mean(step) + step.amplitude * course(step.place) + noise(step.spread)
    : (step: Step) => mean(step) + noise(step.spread)
  return course ? { next, course } : { next }
}
