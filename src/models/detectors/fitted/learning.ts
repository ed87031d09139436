/** How a key of the `fitted` detector learns a value, after it was scored. */
import { normalLogSf } from '../../distributions/normal.ts'
import type { LevelShift } from '../parts/level-shift.ts'
import type { PredictiveDistribution } from '../parts/predictive.ts'
import { OUTLIER_Z } from '../parts/robust-scale.ts'
import { ADDITIVE_CELL, CELL, FIT, type FittedPrediction } from './state.ts'

/** Outliers behind a new level: the observations that it counts for at first. */
const FIRST_COUNT = 12
/** The level that a shift has left is known as well as the rest after so many values. */
const MAX_COUNT = 1024
/** Values beyond this say nothing, and their squares overflow. */
const ABSURD = 1e150
/** A key seen again after so much forgetting: the unit of its sums moves. */
const FORGOTTEN = 2 ** 40
/** The first value of an hour is learned up to so many times what is expected; a count of more than what is typical of few. */
const FRESH = 30
const TYPICAL = 10
const OUTLIER_P = 2 * Math.exp(normalLogSf(OUTLIER_Z))

// Read several times per value, where a property read shows.
const { seen: SEEN, weight: WEIGHT, counted: COUNTED, movedCount: MOVED_COUNT, moved: MOVED, own: OWN } = FIT
const { exposure: EXPOSURE, sum: SUM } = CELL
const { squares: SQUARES, free: FREE } = ADDITIVE_CELL

export interface FittedLearning {
  /** Learns x of score u. Returns its weight; 0 for what no series of the family has. */
  learn(numbers: Float64Array, key: number, timeMs: number, x: number, u: number): number
}

/** Long as a closure, for its steps share the distribution and the prediction at hand; each is short. */
export function openFittedLearning(
  distribution: PredictiveDistribution,
  prediction: FittedPrediction,
  shift: LevelShift,
  find: (key: number, timeMs: number) => void,
  { width, memory }: { readonly width: number; readonly memory: number },
): FittedLearning {
  const { additive, discrete, logarithmic } = distribution
  const { places } = prediction
  const growth = memory / (memory - 1)

  const isPossible = (x: number, value: number): boolean =>
    additive
      ? Math.abs(value) < ABSURD
      : x >= 0 && x <= distribution.most && (discrete || x < ABSURD) && x < 1e300

  /** How far x is from what was expected, as levels move. */
  const distance = (x: number): number => {
    const { mean } = prediction
    if (additive) return (logarithmic ? Math.log(x) : x) - mean
    const half = discrete ? 0.5 : 0
    return Math.log((x + half) / (mean + half))
  }

  /** An outlier as far out as is learned; NaN for none such. */
  const clipped = (u: number): number => {
    const end = distribution.bound(u > 0 ? 1 : -1, OUTLIER_P)
    const value = logarithmic ? Math.log(end) : end
    return Number.isFinite(value) ? value : Number.NaN
  }

  /** Whether the hour at hand has had no value. */
  const seenNone = (): boolean => prediction.fresh || prediction.seenCount === 0

  /** Adds a value to the cells of its hours, and to what the family learns itself. */
  function learnCells(numbers: Float64Array, at: number, value: number, added: number): void {
    const { mean, seenCount, fresh } = prediction
    const seen = numbers[at + SEEN]!
    const moved = numbers[at + MOVED]!
    const residual = seen > 0 ? value - mean : 0
    // How far the first value of an hour is off says little of the variance. The first of an hour of the week is measured
    // by its hour of the day, as if weeks were not.
    const measured = seen > 0 && seenCount > 0
    for (let i = 0; i < places.length; i++) {
      const cell = places[i]!
      numbers[cell + EXPOSURE] = numbers[cell + EXPOSURE]! + (additive ? added : added * Math.exp(moved))
      numbers[cell + SUM] = numbers[cell + SUM]! + added * (additive ? value - moved : value)
      if (!additive || !measured) continue
      numbers[cell + SQUARES] = numbers[cell + SQUARES]! + (added * residual * residual) / (1 + 1 / seenCount)
      numbers[cell + FREE] = numbers[cell + FREE]! + added
    }
    if (measured && !fresh && !additive) distribution.note(numbers, at + OWN, added, value)
  }

  /** By how much the level has moved, once it has. */
  function learnMove(numbers: Float64Array, at: number, value: number, weight: number): void {
    const { mean } = prediction
    if (!(additive || mean > 0)) return
    const residual = numbers[at + SEEN]! > 0 ? value - mean : 0
    const now = Math.min(numbers[at + MOVED_COUNT]! + weight, MAX_COUNT)
    const step = additive ? residual : Math.log1p(((value / mean - 1) * weight) / now)
    numbers[at + MOVED] = numbers[at + MOVED]! + (additive ? (step * weight) / now : step)
    numbers[at + MOVED_COUNT] = now
  }

  /** Moves the unit of the sums: the next value weighs 1. */
  function moveUnit(numbers: Float64Array, at: number, next: number): void {
    const unit = 1 / next
    numbers[at + COUNTED] = numbers[at + COUNTED]! * unit
    for (let j = at + OWN; j < at + width; j++) numbers[j] = numbers[j]! * unit
    numbers[at + WEIGHT] = 1
  }

  return {
    learn(numbers, key, timeMs, x, u) {
      const at = key * width
      const seen = numbers[at + SEEN]!
      let value = logarithmic ? Math.log(x) : x
      let weight = 1
      if (prediction.known) {
        if (!Number.isFinite(u)) return 0
        const off = distance(x)
        const by = shift.watch(key, u, off, Math.abs(off / u))
        weight = shift.weight(key)
        if (by !== 0) {
          numbers[at + MOVED] = numbers[at + MOVED]! + by
          numbers[at + MOVED_COUNT] = FIRST_COUNT
          numbers[at + SEEN] = seen + 1
          return weight
        }
        if (Math.abs(u) > OUTLIER_Z) {
          value = clipped(u)
          if (Number.isNaN(value)) return weight
        }
        // An hour that has not been seen may be anything: no value of it is an outlier, however absurd.
        if (!additive && seenNone())
          value = Math.min(value, FRESH * (prediction.mean + (discrete ? TYPICAL : 0)))
      } else if (!isPossible(x, value)) return 0
      if (seen === 0) {
        numbers[at + WEIGHT] = 1
        find(key, timeMs)
      }
      const now = numbers[at + WEIGHT]!
      const added = now * weight
      learnCells(numbers, at, value, added)
      if (numbers[at + MOVED_COUNT]! > 0) learnMove(numbers, at, value, weight)
      numbers[at + COUNTED] = numbers[at + COUNTED]! + added
      numbers[at + SEEN] = seen + 1
      numbers[at + WEIGHT] = now * growth
      if (now * growth > FORGOTTEN) moveUnit(numbers, at, now * growth)
      return weight
    },
  }
}
