/**
 * Whether a series follows its season: the regression of what is left of the values on the season that was taken off them,
 * over about half a season. It is 0 where the season is there, and −1 where it is not. How far it is off 0 by itself is learned.
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { record } from '../../../core/record.ts'
import { f64 } from '../parts/fields.ts'
import { MEAN_SIZE } from '../parts/robust-scale.ts'
import { studentLogP } from '../parts/student.ts'
import { usualBelow } from './windows.ts'

const SEASON = record({
  product: 'weighted mean product of rest and season',
  square: 'weighted mean square of the season',
  size: 'mean size of the slope',
  seen: 'values since it began',
})
const DOF = 8
/** Its share of false alarms. */
export const SEASON_SHARE = 0.025
const USUAL = usualBelow(SEASON_SHARE)
/** The slope is never known better than this. */
const LEAST = 0.06
const MAX = 3
const MEMORY = 40

/** Its state is a field of its own. */
export class SeasonLost {
  readonly layout: StateLayout = { seasonLost: SEASON.field }
  #numbers: Float64Array = new Float64Array(0)

  bind(state: StateTable): void {
    this.#numbers = f64(state, 'seasonLost')
  }

  /** Takes in what is left of a value, and its season; `period` is that of the season in steps. Returns log p. */
  take(key: number, rest: number, seasonal: number, period: number): number {
    const numbers = this.#numbers
    const at = key * SEASON.width
    const seen = numbers[at + SEASON.seen]! + 1
    numbers[at + SEASON.seen] = seen
    const weight = Math.max(2 / period, 1 / seen)
    const product = numbers[at + SEASON.product]! + weight * (rest * seasonal - numbers[at + SEASON.product]!)
    const square =
      numbers[at + SEASON.square]! + weight * (seasonal * seasonal - numbers[at + SEASON.square]!)
    numbers[at + SEASON.product] = product
    numbers[at + SEASON.square] = square
    if (seen < period || !(square > 0)) return Number.NaN
    const slope = product / square
    const size = Math.max(numbers[at + SEASON.size]!, LEAST)
    const taken = Math.min(Math.abs(slope), MAX * size)
    const periods = Math.min(seen / period, MEMORY)
    numbers[at + SEASON.size] = size + (taken - size) / (0.5 * period * (2 + periods))
    const t = (MEAN_SIZE * slope) / size
    return Math.abs(t) < USUAL ? 0 : studentLogP(t, DOF)
  }

  clear(key: number): void {
    this.#numbers[key * SEASON.width + SEASON.seen] = 0
  }
}
