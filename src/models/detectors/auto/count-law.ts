/**
 * Counts are judged as counts: small ones go further up than any tail of a symmetric law has it, and further than the values
 * before have shown.
 *
 * A negative binomial law of the mean that is predicted and of the scale of the moment, or Poisson's where the scale is
 * no larger. Shares near 1 are counts of what is missing to 1. Only where values scatter as counts do: those of a sensor that
 * reads whole numbers scatter less.
 */
import { centralIntervalOfLog, logTwoSided } from '../parts/negative-binomial.ts'

/** Variance over mean of innovations, from which on they are those of counts: less may come of estimating it. */
const LEAST_DISPERSED = 0.7
/** Means are at least this: the prediction of a mean near 0 may be below it. */
const LEAST_MEAN = 0.05
const MOST_MEAN = 1e9

const WHOLE = 1e-3
const ends = new Float64Array(2)

/** The law of a value. It has no state. */
export class CountLaw {
  /** Bounds that {@link bound} found. */
  lower: number = Number.NaN
  upper: number = Number.NaN
  #step = 1
  #origin = 0
  #mean = 1
  #dispersion = 0

  /**
   * Sets the law to a prediction and a scale of values that are whole steps: above 0 for a positive step, below 1 for a
   * negative one. Returns whether it applies.
   */
  set(step: number, predicted: number, scale: number): boolean {
    const origin = step < 0 ? 1 : 0
    const mean = Math.max((predicted - origin) / step, LEAST_MEAN)
    const variance = (scale / step) ** 2
    this.#step = step
    this.#origin = origin
    this.#mean = mean
    if (!(variance >= LEAST_DISPERSED * mean && mean < MOST_MEAN && variance < MOST_MEAN * mean)) return false
    this.#dispersion = Math.max(0, (variance - mean) / (mean * mean))
    return true
  }

  /** log of the two-sided p-value of a value. */
  logP(value: number): number {
    const count = (value - this.#origin) / this.#step
    const whole = Math.round(count)
    return logTwoSided(Math.abs(count - whole) < WHOLE ? whole : count, this.#mean, this.#dispersion)
  }

  /** Sets the bounds to those of values whose p-value is not below this. */
  bound(logP: number): void {
    centralIntervalOfLog(this.#mean, this.#dispersion, logP, ends)
    const [a, b] = [this.#origin + ends[0]! * this.#step, this.#origin + ends[1]! * this.#step]
    this.lower = Math.min(a, b)
    this.upper = Math.max(a, b)
  }
}

/** The step of a series of counts or shares, for {@link CountLaw.set}; 0 where it is none. */
export function stepOfCounts(values: Float64Array, resolution: number, isShare: boolean): number {
  if (!(resolution > 0)) return 0
  let least = Number.POSITIVE_INFINITY
  let sum = 0
  let count = 0
  for (const value of values) {
    if (Number.isNaN(value)) continue
    least = Math.min(least, value)
    sum += value
    count++
  }
  const steps = least / resolution
  if (least < 0 || Math.abs(steps - Math.round(steps)) > WHOLE) return 0
  const whole = 1 / resolution
  const fromOne = isShare && sum > 0.5 * count && Math.abs(whole - Math.round(whole)) < WHOLE
  return fromOne ? -resolution : resolution
}
