/** What the `fitted` detector expects of a key: mean, variance and what is known of them, from the cells of its profile. */
import type { PredictiveDistribution } from '../parts/predictive.ts'
import { ADDITIVE_CELL, CELL, FIT, type FittedPrediction, MIN_COUNT } from './state.ts'

const HOUR_MS = 3_600_000

/**
 * Prior strengths of an hour of the day and of the week: observations of an additive distribution; relative precisions
 * of the mean of others. Hours of the day differ by a lot, days of the week by a third. And for variances.
 */
const SUM_STRENGTH = [0.25, 2] as const
const FACTOR_STRENGTH = [0.5, 8] as const
const VARIANCE_STRENGTH = 4

// Read several times per value, where a property read shows.
const { weight: WEIGHT, counted: COUNTED, movedCount: MOVED_COUNT, moved: MOVED, own: OWN } = FIT
const { exposure: EXPOSURE, sum: SUM } = CELL
const { squares: SQUARES, free: FREE } = ADDITIVE_CELL

export interface Expectation {
  /** Finds the cells of a key and time. */
  find(key: number, timeMs: number): void
  /** Sets prediction and distribution for a key that has been seen. */
  expect(numbers: Float64Array, key: number, timeMs: number): void
}

/** @param width numbers per key */
export function openExpectation(
  distribution: PredictiveDistribution,
  prediction: FittedPrediction,
  width: number,
  memory: number,
): Expectation {
  const { additive } = distribution
  const { places } = prediction
  const strengths = additive ? SUM_STRENGTH : FACTOR_STRENGTH
  const cellWidth = additive ? ADDITIVE_CELL.width : CELL.width
  function find(key: number, timeMs: number): void {
    const at = key * width + FIT.width
    places[0] = at
    if (places.length === 1) return
    const hours = Math.floor(timeMs / HOUR_MS)
    places[1] = at + cellWidth * (1 + hours - 24 * Math.floor(hours / 24))
    if (places.length > 2) places[2] = at + cellWidth * (25 + hours - 168 * Math.floor(hours / 168))
  }

  return {
    find,
    expect(numbers, key, timeMs) {
      const at = key * width
      find(key, timeMs)
      const all = places[0]!
      const unit = 1 / numbers[at + WEIGHT]!
      const counted = numbers[at + COUNTED]! * unit
      // Observations in a unit of weight.
      const real = (2 - 1 / memory) / (2 - counted / memory)
      const exposure = real * unit
      distribution.look(numbers, at + OWN, unit)
      // Of the mean: observations behind it. Of the variance, for additive distributions: degrees of freedom.
      let count = exposure * numbers[all + EXPOSURE]! + distribution.priorWorth
      let mean = (exposure * numbers[all + SUM]! + distribution.priorSum) / count
      let freedom = additive ? exposure * numbers[all + FREE]! : 0
      let variance = freedom > 0 ? numbers[all + SQUARES]! / numbers[all + FREE]! : 0
      let seenCount = count
      let fresh = false
      for (let i = 1; i < places.length; i++) {
        const cell = places[i]!
        const own = exposure * numbers[cell + EXPOSURE]!
        const prior = strengths[i - 1]! * distribution.relativeVariance(mean)
        const borrowed = prior / (prior + own)
        mean = (prior * mean + exposure * numbers[cell + SUM]!) / (prior + own)
        count = 1 / (1 / (prior + own) + (borrowed * borrowed) / count)
        fresh = own === 0
        if (!fresh) seenCount = count
        else if (i === 1) seenCount = 0
        const free = additive ? exposure * numbers[cell + FREE]! : 0
        if (free === 0) continue
        const share = VARIANCE_STRENGTH / (VARIANCE_STRENGTH + free)
        variance = share * variance + (exposure * numbers[cell + SQUARES]!) / (VARIANCE_STRENGTH + free)
        freedom = 1 / ((share * share) / freedom + ((1 - share) * (1 - share)) / free)
      }
      const movedCount = numbers[at + MOVED_COUNT]!
      if (movedCount > 0) {
        const moved = numbers[at + MOVED]!
        mean = additive ? mean + moved : mean * Math.exp(moved)
        count = 1 / (1 / count + 1 / movedCount)
      }
      const known = counted > MIN_COUNT - 0.5 && (!additive || freedom > MIN_COUNT - 1.5)
      if (known || !additive) distribution.set(mean, count, variance, Math.max(freedom, 1))
      prediction.known = known
      prediction.mean = mean
      prediction.seenCount = seenCount
      prediction.fresh = fresh
    },
  }
}
