/**
 * Demand: a series that is 0 more often than not, and of some size now and then (Croston 1972, *Operational Research Quarterly*
 * 23, who keeps the two apart as well).
 *
 * Its scale is that of standing still, of which any demand is many, so that neither tails nor events know how large demand
 * is. Here that is learned by itself: how often there is some, and the mean and the standard deviation of its sizes. Beyond
 * the mean sizes are exponential with that deviation, which is not known well from few (Lomax's distribution): of sizes of a
 * Poisson or a normal distribution that is too many, of log-normal ones about right.
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { record } from '../../../core/record.ts'
import { f64 } from '../parts/fields.ts'
import { ORDINARY } from './exceedances.ts'
import type { Moment } from './moment.ts'

/** Demands from which on their sizes are known. */
const LEAST = 8
/** Where no demand is expected that is less than this part of a mean one. */
const STANDS_OUT = 0.5
/** Values, and demands, that are remembered. */
const MEMORY = 2048
const MEMORY_OF_SIZES = 512
/** A demand counts for so many deviations beyond the mean at most. */
const CLIP = 5

const DEMAND = record({
  seen: 'values, 2048 at most',
  rate: 'the part of them that is demand',
  demands: 'those, 512 at most',
  mean: 'of their sizes, in units',
  square: 'the mean square of what they are off that',
})

/** The law; its state is a field of its own. */
export class DemandLaw {
  readonly layout: StateLayout = { demand: DEMAND.field }
  #numbers: Float64Array = new Float64Array(0)

  bind(state: StateTable): void {
    this.#numbers = f64(state, 'demand')
  }

  begin(key: number): void {
    const at = key * DEMAND.width
    this.#numbers.fill(0, at, at + DEMAND.width)
  }

  /** Whether there has been enough of it to know. */
  isKnown(key: number): boolean {
    return this.#numbers[key * DEMAND.width + DEMAND.demands]! >= LEAST
  }

  /** Learns a value: what is near what is expected is no demand. */
  learn(key: number, now: Moment): void {
    const numbers = this.#numbers
    const at = key * DEMAND.width
    const size = now.u > ORDINARY ? now.y - this.#baseOf(key, now) : 0
    const seen = Math.min(numbers[at + DEMAND.seen]! + 1, MEMORY)
    numbers[at + DEMAND.seen] = seen
    const rate = numbers[at + DEMAND.rate]!
    numbers[at + DEMAND.rate] = rate + ((size > 0 ? 1 : 0) - rate) / seen
    if (size > 0) this.#learnSize(at, size)
  }

  /** Where there is no demand: 0, or a new level, if what is expected is no longer well below the sizes of demand. */
  #baseOf(key: number, { predicted }: Moment): number {
    const mean = this.#numbers[key * DEMAND.width + DEMAND.mean]!
    return this.isKnown(key) && Math.abs(predicted) > STANDS_OUT * mean ? predicted : 0
  }

  #learnSize(at: number, size: number): void {
    const numbers = this.#numbers
    const demands = Math.min(numbers[at + DEMAND.demands]! + 1, MEMORY_OF_SIZES)
    numbers[at + DEMAND.demands] = demands
    const mean = numbers[at + DEMAND.mean]!
    const square = numbers[at + DEMAND.square]!
    const most = demands > LEAST ? CLIP * Math.sqrt(square) : Number.POSITIVE_INFINITY
    const off = Math.min(size - mean, most)
    numbers[at + DEMAND.mean] = mean + off / demands
    numbers[at + DEMAND.square] = square + (off * off * (1 - 1 / demands) - square) / demands
  }

  /** log of the probability that there is a demand of the size of this value or a larger one. */
  logP(key: number, now: Moment): number {
    const numbers = this.#numbers
    const at = key * DEMAND.width
    const demands = numbers[at + DEMAND.demands]!
    const off = Math.max(0, now.y - this.#baseOf(key, now) - numbers[at + DEMAND.mean]!)
    const log = -(demands + 1) * Math.log1p(off / (demands * this.#deviation(at)))
    return Math.log(numbers[at + DEMAND.rate]!) + log
  }

  /** The value from which on {@link logP} is not above this, in units. */
  pointOf(key: number, now: Moment, logP: number): number {
    const numbers = this.#numbers
    const at = key * DEMAND.width
    const demands = numbers[at + DEMAND.demands]!
    const above = Math.log(numbers[at + DEMAND.rate]!) - logP
    const beyond = demands * this.#deviation(at) * Math.expm1(Math.max(0, above) / (demands + 1))
    return this.#baseOf(key, now) + numbers[at + DEMAND.mean]! + beyond
  }

  /** Sizes that were all the same may be others. */
  #deviation(at: number): number {
    const numbers = this.#numbers
    return Math.max(Math.sqrt(numbers[at + DEMAND.square]!), numbers[at + DEMAND.mean]! / LEAST)
  }
}
