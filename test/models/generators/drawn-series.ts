/** How generators of series as monitoring has them are made: see `monitoring-series.ts` and `restless-series.ts`. */
import { gammaNumber, gaussian, type Uniform } from '../detectors/simulate.ts'
import { type BaseSeries, stick } from './base-series.ts'

const MINUTE_MS = 60_000
export const minutes = (count: number): number => count * MINUTE_MS

/** The next value at a place of the season, with what cannot be predicted times `spread`. */
export type Next = (i: number, spread: number) => number

/** Opens a generator; all numbers drawn are drawn whatever the season and the spread. */
export type Open = (u: Uniform) => Next

/** `reading` is what is read of a value; `down`, what a source that is down gives. */
export function drawn(
  sigma: number,
  open: Open,
  reading: (x: number) => number = x => x,
  down?: number,
): BaseSeries['draw'] {
  return (u, length, change) => {
    const next = open(u)
    const values = new Float64Array(length)
    for (let i = 0; i < length; i++) {
      const k = change ? i - change.onset : -1
      const within = k >= 0 && change !== undefined
      const x = next(i + (within ? (change.ahead?.(k) ?? 0) : 0), within ? (change.spread?.(k) ?? 1) : 1)
      const off = within ? (change.level?.(k) ?? 0) + (change.outlier?.(k) ?? 0) : 0
      values[i] = reading(x + sigma * off)
    }
    return stick(values, change, sigma, down)
  }
}

/** First-order autoregression of some noise. */
export const colored = (phi: number, noise: () => number): ((spread: number) => number) => {
  let z = 0
  return spread => (z = phi * z + spread * noise())
}

export const exponential = (u: Uniform): number => -Math.log(1 - u())

/** Student's t of variance 1. */
export const student = (u: Uniform, dof: number): number =>
  (gaussian(u) * Math.sqrt((dof - 2) / dof)) / Math.sqrt(gammaNumber(u, dof / 2) / (dof / 2))

/** The course of a day of so many steps, from −1 to 1. */
export const course = (i: number, day: number): number => {
  const angle = (2 * Math.PI * i) / day
  return -0.8 * Math.cos(angle) + 0.35 * Math.sin(2 * angle)
}
