/**
 * Time zones by their IANA names, or as a distance from UTC (`+05:30`): what clocks show there, and when. The rules are those of
 * `Intl`; no table of them is ours.
 *
 * `Intl` is asked once for a zone and some hundred days; after that a look-up is two comparisons, or a look into a map. Rules
 * repeat every 400 years, so that any time has an answer; before 1800 there was local mean time.
 */

import { PlanError } from '../errors.ts'
import { shown } from '../options.ts'

export interface TimeZone {
  readonly name: string
  /** How far clocks are ahead of UTC at an instant, in ms. */
  offsetAt(timeMs: number): number
  /** What clocks show at an instant, as ms as if it were UTC. */
  clockOf(timeMs: number): number
  /**
   * When clocks show a time. Where they show it twice it is the first instant; where never, as much later as clocks are put
   * forward.
   */
  instantOf(clockMs: number): number
}

const DAY_MS = 86_400_000
/** What is asked for at once: some 99 days. */
const BLOCK_MS = 2 ** 33
/** The calendar repeats, with its days of the week. */
const CYCLE_MS = 146_097 * DAY_MS
const FIRST_MS = Date.UTC(1800, 0)
const REPEATS_FROM_MS = Date.UTC(2400, 0)

const zones = new Map<string, TimeZone>()

/**
 * The zone of a name. UTC is `'UTC'`.
 *
 * @throws {PlanError} `TIME_ZONE` when there is none
 */
export function timeZone(name: string, above?: Function): TimeZone {
  const known = zones.get(name)
  if (known) return known
  const zone = openZone(name)
  if (!zone) {
    throw new PlanError('TIME_ZONE', `${shown(name)} is not a time zone`, {
      hint: "an IANA name: 'Europe/Paris', 'UTC'; or a distance: '+05:30'",
      ...(above ? { above } : {}),
    })
  }
  zones.set(name, zone)
  return zone
}

/** Whether there is a zone of this name. */
export function isTimeZone(name: string): boolean {
  const zone = zones.get(name) ?? openZone(name)
  if (zone) zones.set(name, zone)
  return zone !== undefined
}

/** A distance from UTC as it is written after a time: `+02:00`, `-04:56:02`. */
export function offsetText(offsetMs: number): string {
  const seconds = Math.abs(offsetMs) / 1000
  const two = (x: number) => String(Math.floor(x)).padStart(2, '0')
  const rest = seconds % 60 === 0 ? '' : `:${two(seconds % 60)}`
  return `${offsetMs < 0 ? '-' : '+'}${two(seconds / 3600)}:${two((seconds / 60) % 60)}${rest}`
}

function openZone(name: unknown): TimeZone | undefined {
  if (typeof name !== 'string') return undefined
  if (/^(?:UTC|Etc\/UTC|GMT|Etc\/GMT|Z)$/i.test(name)) return new FixedZone(name, 0)
  const distance = /^([+-])(\d\d):?(\d\d)$/.exec(name)
  if (distance) {
    const minutes = Number(distance[2]) * 60 + Number(distance[3])
    if (Number(distance[2]) > 23 || Number(distance[3]) > 59) return undefined
    return new FixedZone(name, (distance[1] === '-' ? -minutes : minutes) * 60_000)
  }
  try {
    return new IntlZone(name)
  } catch {
    return undefined
  }
}

class FixedZone implements TimeZone {
  readonly name: string
  readonly #offset: number

  constructor(name: string, offsetMs: number) {
    this.name = name
    this.#offset = offsetMs
  }

  offsetAt(): number {
    return this.#offset
  }

  clockOf(timeMs: number): number {
    return timeMs + this.#offset
  }

  instantOf(clockMs: number): number {
    return clockMs - this.#offset
  }
}

/** Spans of one offset: `starts` ascending, the first at the start of the block. */
interface Block {
  readonly starts: readonly number[]
  readonly offsets: readonly number[]
}

class IntlZone implements TimeZone {
  readonly name: string
  readonly #format: Intl.DateTimeFormat
  readonly #blocks = new Map<number, Block>()
  /** The span that was looked up last. */
  #from = 0
  #to = 0
  #offset = 0

  /** @throws {RangeError} when there is no such zone */
  constructor(name: string) {
    this.name = name
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hourCycle: 'h23',
    })
  }

  offsetAt(timeMs: number): number {
    return timeMs >= this.#from && timeMs < this.#to ? this.#offset : this.#find(timeMs)
  }

  clockOf(timeMs: number): number {
    return timeMs + this.offsetAt(timeMs)
  }

  instantOf(clockMs: number): number {
    const likely = clockMs - this.#offset
    // Far from both ends of a span there is one answer.
    if (likely - DAY_MS >= this.#from && likely + DAY_MS < this.#to) return likely
    const before = clockMs - this.offsetAt(clockMs - DAY_MS)
    const after = clockMs - this.offsetAt(clockMs + DAY_MS)
    const isBefore = this.clockOf(before) === clockMs
    const isAfter = this.clockOf(after) === clockMs
    return isBefore && isAfter ? Math.min(before, after) : isAfter ? after : before
  }

  #find(timeMs: number): number {
    // No timestamp is as far.
    if (!(Math.abs(timeMs) < 1e22)) return 0
    const moved = timeMs < REPEATS_FROM_MS ? 0 : Math.floor((timeMs - REPEATS_FROM_MS) / CYCLE_MS) * CYCLE_MS
    const time = timeMs < FIRST_MS ? FIRST_MS : timeMs - moved
    const number = Math.floor(time / BLOCK_MS)
    const { starts, offsets } = this.#block(number)
    let i = starts.length - 1
    while (starts[i]! > time) i--
    this.#from = timeMs < FIRST_MS ? Number.NEGATIVE_INFINITY : starts[i]! + moved
    this.#to = timeMs < FIRST_MS ? FIRST_MS : (starts[i + 1] ?? (number + 1) * BLOCK_MS) + moved
    // A block may reach over the year in which rules begin to repeat.
    if (timeMs < REPEATS_FROM_MS) this.#to = Math.min(this.#to, REPEATS_FROM_MS)
    else this.#from = Math.max(this.#from, REPEATS_FROM_MS + moved)
    this.#offset = offsets[i]!
    return this.#offset
  }

  #block(number: number): Block {
    const known = this.#blocks.get(number)
    if (known) return known
    const end = (number + 1) * BLOCK_MS
    let before = number * BLOCK_MS
    const starts = [before]
    const offsets = [this.#ask(before)]
    while (before < end) {
      const next = Math.min(before + DAY_MS, end)
      const offset = this.#ask(next)
      if (offset !== offsets.at(-1)) {
        const at = this.#change(before, next)
        if (at < end) {
          starts.push(at)
          offsets.push(offset)
        }
      }
      before = next
    }
    const block = { starts, offsets }
    this.#blocks.set(number, block)
    return block
  }

  /** The second at which the offset changes between two times. */
  #change(before: number, after: number): number {
    let [low, high] = [before, after]
    const old = this.#ask(low)
    while (high - low > 1000) {
      const middle = Math.floor((low + high) / 2000) * 1000
      if (this.#ask(middle) === old) low = middle
      else high = middle
    }
    return high
  }

  #ask(timeMs: number): number {
    const wholeMs = Math.floor(timeMs / 1000) * 1000
    // 06/09/2001, 07:20:00
    const text = this.#format.format(wholeMs)
    const number = (from: number, size: number) => Number(text.slice(from, from + size))
    const clock = Date.UTC(
      number(6, 4),
      number(0, 2) - 1,
      number(3, 2),
      number(12, 2),
      number(15, 2),
      number(18, 2),
    )
    return clock - wholeMs
  }
}
