/**
 * How far off a value is by itself: by the tails of its series, by what has come before, and where it is a count or demand by
 * the law of those. A bound and a p-value are of the same numbers, so that they agree.
 */
import type { DetectorContext } from '../../../core/detector.ts'
import type { StateTable } from '../../../core/fold.ts'
import { f64 } from '../parts/fields.ts'
import { CountLaw } from './count-law.ts'
import { DemandLaw } from './demand-law.ts'
import { Exceedances, LEAST_EVENT, LOG_EVENT, ORDINARY } from './exceedances.ts'
import { KEY } from './key-state.ts'
import type { Moment } from './moment.ts'
import { REFIT } from './predictor.ts'
import { KINDS } from './structure.ts'
import { Tails } from './tails.ts'
import { LOG_SPIKE_SHARE } from './union.ts'

const INTERMITTENT = KINDS.indexOf('intermittent')
/** Values between two looks at the tails, in fits of the autoregression. */
const REFRESH = 2 * REFIT
/** Nobody is told of a part with a larger p-value: its share of false alarms is too small. */
export const UNUSUAL = Math.log(0.01)
/** Of what has stood still a move counts for so many scales more than the least event at most. */
const STILL = 4

/** Judges the value at hand, which is `now`. */
export class Spike {
  readonly tails = new Tails()
  readonly events = new Exceedances()
  readonly law = new CountLaw()
  readonly demand = new DemandLaw()
  readonly now: Moment
  readonly logSpike: number
  /** Nearer values are no spikes, and nobody asks how near they are. */
  readonly ordinaryBelow: number
  numbers: Float64Array = new Float64Array(0)
  profiles: (Float64Array | undefined)[] = []

  constructor({ alpha, wants }: Pick<DetectorContext, 'alpha' | 'wants'>, now: Moment) {
    this.now = now
    this.logSpike = Math.log(alpha) + LOG_SPIKE_SHARE
    this.ordinaryBelow = wants.pValues === 'all' ? 0 : this.tails.ordinaryBelow(this.logSpike)
  }

  bind(state: StateTable): void {
    this.numbers = f64(state, 'key')
    this.profiles = (state as unknown as { profile: (Float64Array | undefined)[] }).profile
  }

  /** Forgets all of a key. */
  begin(key: number): void {
    this.tails.begin(key)
    this.events.begin(key)
    this.demand.begin(key)
  }

  refresh(key: number): void {
    this.tails.refresh(key)
    this.events.refresh(key)
    const up = this.tails.pointFrom(key, 1, LOG_EVENT, LEAST_EVENT)
    // Demand is no event.
    const above = this.isDemand(key) ? Math.max(up, this.offOfDemand(key, LOG_EVENT)) : up
    this.events.tell(key, above, this.tails.pointFrom(key, -1, LOG_EVENT, LEAST_EVENT))
    this.numbers[key * KEY.width + KEY.untilRefresh] = REFRESH
    this.forgetBounds(key)
  }

  /** Bounds have changed: tails or rates of events are others. */
  forgetBounds(key: number): void {
    const at = key * KEY.width
    this.numbers[at + KEY.up] = 0
    this.numbers[at + KEY.down] = 0
  }

  /** log p of the value itself, as given, or of a counter as it has grown. */
  spikeOf(key: number, reading: number): number {
    const { u } = this.now
    if (Math.abs(u) < this.ordinaryBelow) return 0
    const log = this.tails.logP(key, u)
    const spike = Math.abs(u) < ORDINARY ? log : Math.max(log, this.logRate(key, u))
    return spike < UNUSUAL && this.isCounted(key) ? Math.max(spike, this.law.logP(reading)) : spike
  }

  /** log p of the value itself by what has come before. */
  logRate(key: number, u: number): number {
    if (u > 0 && this.isDemand(key)) {
      const byLaw = this.demand.logP(key, this.now)
      return this.events.haveComeAbove(key) ? Math.max(byLaw, this.events.logRate(key, u)) : byLaw
    }
    return this.events.logRate(key, u, this.isStill(key) ? STILL : Number.POSITIVE_INFINITY)
  }

  /** Whether the scale is that of a series that has stood still: how far a value is off says nothing. */
  isStill(key: number): boolean {
    return this.now.floored === 1 && this.numbers[key * KEY.width + KEY.still] === 1
  }

  /** Whether the value at hand is judged as a count: by the law, which is set to it. */
  isCounted(key: number): boolean {
    const at = key * KEY.width
    const step = this.numbers[at + KEY.countStep]!
    return step !== 0 && this.law.set(step, this.now.center, this.now.scale * this.numbers[at + KEY.unit]!)
  }

  /** Whether the first values were mostly 0, by no season: what is above that is demand. */
  comesAtTimes(key: number): boolean {
    return this.numbers[key * KEY.width + KEY.kind] === INTERMITTENT && this.profiles[key] === undefined
  }

  /** Whether that is so, and the sizes of demand are known. */
  isDemand(key: number): boolean {
    return this.comesAtTimes(key) && this.demand.isKnown(key)
  }

  /** How far a value may be off on a side, +1 or −1, in scales. */
  boundOf(key: number, side: number): number {
    const place = key * KEY.width + (side > 0 ? KEY.up : KEY.down)
    const known = this.numbers[place]!
    if (known !== 0) return known
    const byTails = this.tails.pointOf(key, side, this.logSpike)
    const bound = this.events.leastRarer(key, side, byTails, this.logSpike)
    this.numbers[place] = bound
    return bound
  }

  /** The same; NaN where no value is far enough off, as of what has not stood still for long enough. */
  reachOf(key: number, side: number): number {
    const none =
      this.isStill(key) && this.events.logRate(key, side * Number.POSITIVE_INFINITY, STILL) > this.logSpike
    if (none) return Number.NaN
    return side > 0 && this.isDemand(key) ? this.reachOfDemand(key) : this.boundOf(key, side)
  }

  /** How far demand whose p-value has this logarithm is off, in scales. */
  offOfDemand(key: number, logP: number): number {
    return (this.demand.pointOf(key, this.now, logP) - this.now.predicted) / this.now.scale
  }

  /** How far demand may be above what is expected, in scales. */
  reachOfDemand(key: number): number {
    const byTails = this.tails.pointOf(key, 1, this.logSpike)
    const least = Math.max(byTails, this.offOfDemand(key, this.logSpike))
    return this.events.haveComeAbove(key) ? this.events.leastRarer(key, 1, least, this.logSpike) : least
  }
}
