/**
 * What has come before is ordinary: how often a series has events of its own, and of what size.
 *
 * Each side of the innovations and each window statistic has a track. An event is what goes beyond a threshold — p = 10⁻⁴ by
 * itself, and five scales — until nothing has for a while; its size is the most by which it did. The p-value of what
 * is at hand is at least the rate of events times the probability that one is as large.
 *
 * **Rate.** Is this a series that has events, once in 25, 50 or 100 values, or one in which an event is an anomaly? The
 * longer nothing has come the surer it is the latter (Bayes): in the first some hundred values an outlier is told only if it is
 * huge, and a spike after six hundred quiet ones is. One event makes nothing ordinary by itself, from the second on they
 * are as frequent as they have been. The sides share what is known of the rate, in parts as their events have come.
 *
 * **Size.** Excesses are exponential with a mean that is not known (Lomax's distribution): the fewer there were, the longer
 * the tail. What comes of a window is measured in log p, which makes that a power of p.
 *
 * Events are forgotten within some thousand values.
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { record } from '../../../core/record.ts'
import { f64 } from '../parts/fields.ts'
import type { Moment } from './moment.ts'
import { PARTS } from './union.ts'

/** The least size that is an event, in scales, and log p of one by itself. */
export const LEAST_EVENT = 5
export const LOG_EVENT: number = Math.log(1e-4)
/** Values nearer than this are ordinary whatever has come before. */
export const ORDINARY = 2
/** An event lasts until nothing has come for so many values; in those that are looked at before any is judged, for so many. */
export const APART = 20
export const APART_BEFORE = 5
const APART_WINDOW = 64
const MEMORY = 4096
/** Values between events of series that have them, how likely each is beforehand, and of series that have none. */
const RATES = [1 / 25, 1 / 50, 1 / 100] as const
const RESTLESS = 0.2
const QUIET = 0.4
/** In the latter an anomaly comes once in so many values. */
const ANOMALY = 1 / 1000
/** From so many events on their number says it. */
const MANY = 16
/** What the excess of one event that was not seen would be: in scales, in log p. */
const USUAL_EXCESS = 4
const USUAL_EXCESS_LOG = 3
/** A side has so many events beside those that it had. */
const NEVER = 0.1

const TRACK = record({
  events: 'events, those long ago for less',
  excess: 'the sum of their excesses',
  left: 'values that an event still lasts',
  size: 'its excess',
  largest: 'the largest excess of those before it',
  from: 'of a side: the least size that is an event, in scales',
})
const { width, events, excess, left, size, largest, from } = TRACK
/** Both sides, and the parts. */
const TRACKS = 2 + PARTS
const EVENTS = record({
  seen: 'innovations, 4096 at most, at the last look',
  since: 'innovations since',
  going: 'events that go on',
  logRates: ['log of the rate of either side, where it was worked out since it changed last; 0 where not', 2],
  tracks: [TRACK, TRACKS],
})

/** Smaller rates are not known that well: their logarithms fall so many times as fast. */
const LOG_KNOWN = Math.log(3e-5)
const BEYOND_KNOWN = 4

const asKnown = (log: number): number =>
  log < LOG_KNOWN ? LOG_KNOWN + BEYOND_KNOWN * (log - LOG_KNOWN) : log
/** The inverse. */
const knownAs = (log: number): number =>
  log < LOG_KNOWN ? LOG_KNOWN + (log - LOG_KNOWN) / BEYOND_KNOWN : log

/** Events per value, of so many in so many values. */
function rateOf(events: number, seen: number): number {
  const counted = (events - 1) / Math.max(seen, 1)
  if (events > MANY) return counted
  let all = QUIET * ANOMALY ** events
  let sum = 0
  for (const rate of RATES) {
    const weight = RESTLESS * rate ** events * Math.exp(-rate * seen)
    all += weight
    sum += weight * rate
  }
  return Math.max(sum / all, counted)
}

/** Takes in an excess, or its absence, below 0. Returns whether what is known of events has changed. */
function take(numbers: Float64Array, track: number, by: number, apart: number): boolean {
  const going = numbers[track + left]!
  if (by < 0) {
    if (going === 0) return false
    numbers[track + left] = going - 1
    if (going > 1) return false
    numbers[track + largest] = Math.max(numbers[track + largest]!, numbers[track + size]!)
    return true
  }
  numbers[track + left] = apart
  if (going > 0) {
    const more = by - numbers[track + size]!
    if (more <= 0) return false
    numbers[track + excess] = numbers[track + excess]! + more
  } else {
    numbers[track + events] = numbers[track + events]! + 1
    numbers[track + excess] = numbers[track + excess]! + by
  }
  numbers[track + size] = by
  return true
}

/** Events of a track before the one that goes on. */
const eventsOf = (numbers: Float64Array, track: number): number =>
  Math.max(0, numbers[track + events]! - (numbers[track + left]! > 0 ? 1 : 0))

/** Events but for the largest, which says nothing of others, and their excesses. */
const othersOf = (numbers: Float64Array, track: number): number => Math.max(0, eventsOf(numbers, track) - 1)
const excessOf = (numbers: Float64Array, track: number): number => {
  const going = numbers[track + left]! > 0 ? numbers[track + size]! : 0
  return Math.max(0, numbers[track + excess]! - going - numbers[track + largest]!)
}

const logSizeBeyond = (numbers: Float64Array, track: number, by: number, usual: number): number =>
  -(othersOf(numbers, track) + 1) * Math.log1p(by / (excessOf(numbers, track) + usual))

/** The tracks; their state is a field of its own. */
export class Exceedances {
  readonly layout: StateLayout = { events: EVENTS.field }
  #numbers: Float64Array = new Float64Array(0)

  bind(state: StateTable): void {
    this.#numbers = f64(state, 'events')
  }

  /** Forgets all of a key. */
  begin(key: number): void {
    const numbers = this.#numbers
    const at = key * EVENTS.width
    numbers.fill(0, at, at + EVENTS.width)
    numbers[at + EVENTS.tracks + from] = numbers[at + EVENTS.tracks + width + from] = LEAST_EVENT
  }

  /** Whether there has been more than one event above what is expected. */
  haveComeAbove(key: number): boolean {
    return eventsOf(this.#numbers, key * EVENTS.width + EVENTS.tracks) > 1
  }

  /** Forgets the events above what is expected. */
  forgetAbove(key: number): void {
    const track = key * EVENTS.width + EVENTS.tracks
    this.#numbers.fill(0, track, track + from)
    this.#forgetRates(key * EVENTS.width)
  }

  /**
   * Sizes whose log p is {@link LOG_EVENT} on either side, in scales, at least {@link LEAST_EVENT}: from there on an
   * innovation is an event.
   */
  tell(key: number, up: number, down: number): void {
    const tracks = key * EVENTS.width + EVENTS.tracks
    this.#numbers[tracks + from] = up
    this.#numbers[tracks + width + from] = down
  }

  /**
   * log of the least p-value of an innovation of this size; −Infinity where nothing speaks for it. Until there have
   * been two of its side it counts for no more than `most` scales beyond the least event.
   */
  logRate(key: number, u: number, most: number = Number.POSITIVE_INFINITY): number {
    const off = Math.abs(u)
    if (!(off >= ORDINARY)) return Number.NEGATIVE_INFINITY
    const side = u < 0 ? 1 : 0
    const track = key * EVENTS.width + EVENTS.tracks + side * width
    const by = Math.max(0, off - this.#numbers[track + from]!)
    const counts = eventsOf(this.#numbers, track) < 2 ? Math.min(by, most) : by
    return asKnown(this.#logSideRate(key, side) + logSizeBeyond(this.#numbers, track, counts, USUAL_EXCESS))
  }

  /** The same of the part at this place, of which log p is given. */
  logRateOf(key: number, part: number, logP: number): number {
    const numbers = this.#numbers
    const at = key * EVENTS.width
    const track = at + EVENTS.tracks + (2 + part) * width
    return asKnown(
      Math.log(rateOf(eventsOf(numbers, track), numbers[at + EVENTS.seen]!)) +
        logSizeBeyond(numbers, track, Math.max(0, LOG_EVENT - logP), USUAL_EXCESS_LOG),
    )
  }

  /**
   * Learns the innovation of a value, and log p of parts; `usual` where none of these is an event. Returns whether rates of
   * innovations have changed by it.
   */
  learn(key: number, now: Moment, logs: Float64Array, usual: boolean, apart: number): boolean {
    const numbers = this.#numbers
    const at = key * EVENTS.width
    const tracks = at + EVENTS.tracks
    numbers[at + EVENTS.since] = numbers[at + EVENTS.since]! + 1
    const { u } = now
    const least = numbers[tracks + (u < 0 ? width : 0) + from]!
    // Nothing goes on, and nothing begins: so it is of nearly all values.
    if (usual && numbers[at + EVENTS.going] === 0 && Math.abs(u) < least) return false
    return this.#take(at, u, logs, apart)
  }

  #take(at: number, u: number, logs: Float64Array, apart: number): boolean {
    const numbers = this.#numbers
    const tracks = at + EVENTS.tracks
    const off = Math.min(Math.abs(u), 1e300)
    const up = take(numbers, tracks, u > 0 ? off - numbers[tracks + from]! : -1, apart)
    const down = take(numbers, tracks + width, u < 0 ? off - numbers[tracks + width + from]! : -1, apart)
    for (let part = 0; part < PARTS; part++) {
      const by = LOG_EVENT - logs[part]!
      take(numbers, tracks + (2 + part) * width, by >= 0 ? Math.min(by, 1e6) : -1, APART_WINDOW)
    }
    let going = 0
    for (let track = 0; track < TRACKS; track++) if (numbers[tracks + track * width + left]! > 0) going++
    numbers[at + EVENTS.going] = going
    if (up || down) this.#forgetRates(at)
    return up || down
  }

  /** Takes into account that time has passed. */
  refresh(key: number): void {
    const numbers = this.#numbers
    const at = key * EVENTS.width
    const since = numbers[at + EVENTS.since]!
    numbers[at + EVENTS.since] = 0
    numbers[at + EVENTS.seen] = Math.min(numbers[at + EVENTS.seen]! + since, MEMORY)
    const keep = Math.exp(-since / MEMORY)
    const end = at + EVENTS.tracks + TRACKS * width
    for (let track = at + EVENTS.tracks; track < end; track += width) {
      numbers[track + events] = numbers[track + events]! * keep
      numbers[track + excess] = numbers[track + excess]! * keep
      numbers[track + largest] = numbers[track + largest]! * keep
    }
    this.#forgetRates(at)
  }

  /** The least size, at least `least`, on a side (+1 or −1), for which {@link logRate} is not above this. */
  leastRarer(key: number, side: number, least: number, logRate: number): number {
    const numbers = this.#numbers
    const place = side < 0 ? 1 : 0
    const track = key * EVENTS.width + EVENTS.tracks + place * width
    const above = this.#logSideRate(key, place) - knownAs(logRate)
    if (!(above > 0)) return least
    const usual = excessOf(numbers, track) + USUAL_EXCESS
    return Math.max(
      least,
      numbers[track + from]! + usual * Math.expm1(above / (othersOf(numbers, track) + 1)),
    )
  }

  /** log of the rate of a side, 0 or 1: its part of that of both. */
  #logSideRate(key: number, side: number): number {
    const numbers = this.#numbers
    const at = key * EVENTS.width
    const known = numbers[at + EVENTS.logRates + side]!
    if (known !== 0) return known
    const up = eventsOf(numbers, at + EVENTS.tracks)
    const down = eventsOf(numbers, at + EVENTS.tracks + width)
    const both = up + down
    const rate = rateOf(both, numbers[at + EVENTS.seen]!)
    const log = Math.log((rate * ((side === 0 ? up : down) + NEVER)) / (both + 2 * NEVER))
    numbers[at + EVENTS.logRates + side] = log
    return log
  }

  #forgetRates(at: number): void {
    this.#numbers[at + EVENTS.logRates] = 0
    this.#numbers[at + EVENTS.logRates + 1] = 0
  }
}
