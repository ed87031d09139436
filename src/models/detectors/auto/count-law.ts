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

export interface CountLaw {
  /**
   * Sets the law to a prediction and a scale of values that are whole steps: above 0 for a positive step, below 1 for a
   * negative one. Returns whether it applies.
   */
  set(step: number, predicted: number, scale: number): boolean
  /** log of the two-sided p-value of a value. */
  logP(value: number): number
  /** Bounds of values whose p-value is not below this: `lower` and `upper`. */
  bound(logP: number): void
  lower: number
  upper: number
}

const WHOLE = 1e-3
const ends = new Float64Array(2)

/** Opens the law. It has no state. */
export function openCountLaw(): CountLaw {
  let step = 1
  let origin = 0
  let mean = 1
  let dispersion = 0
  const law: CountLaw = {
    lower: Number.NaN,
    upper: Number.NaN,
    set(given, predicted, scale) {
      step = given
      origin = step < 0 ? 1 : 0
      mean = Math.max((predicted - origin) / step, LEAST_MEAN)
      const variance = (scale / step) ** 2
      if (!(variance >= LEAST_DISPERSED * mean && mean < MOST_MEAN && variance < MOST_MEAN * mean))
        return false
      dispersion = Math.max(0, (variance - mean) / (mean * mean))
      return true
    },
    logP(value) {
      const count = (value - origin) / step
      const whole = Math.round(count)
      return logTwoSided(Math.abs(count - whole) < WHOLE ? whole : count, mean, dispersion)
    },
    bound(logP) {
      centralIntervalOfLog(mean, dispersion, logP, ends)
      const [a, b] = [origin + ends[0]! * step, origin + ends[1]! * step]
      law.lower = Math.min(a, b)
      law.upper = Math.max(a, b)
    },
  }
  return law
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
