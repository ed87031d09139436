/** Writes times by a pattern of `strftime`, as bytes. */

import { offsetText, type TimeZone } from '../types/time-zone.ts'
import { dayOfYear, floorDiv, floorMod, isoDayOfWeek, isoWeekOf, isoYearOf, packedCivil } from './civil.ts'
import { kept } from './kept.ts'
import { MONTHS, type PatternPart, patternParts, WEEK_DAYS, WRITTEN_LETTERS } from './time-pattern.ts'

/** A time, taken apart. */
interface Moment {
  seconds: number
  nanos: number
  zone: TimeZone | undefined
  /** Of what the clock shows. */
  offset: number
  days: number
  year: number
  month: number
  day: number
  /** Seconds since midnight. */
  time: number
}

const NUMBERS: Readonly<Record<string, { readonly digits: number; of(moment: Moment): number }>> = {
  Y: { digits: 4, of: ({ year }) => year },
  y: { digits: 2, of: ({ year }) => floorMod(year, 100) },
  m: { digits: 2, of: ({ month }) => month },
  d: { digits: 2, of: ({ day }) => day },
  H: { digits: 2, of: ({ time }) => Math.floor(time / 3600) },
  I: { digits: 2, of: ({ time }) => ((Math.floor(time / 3600) + 11) % 12) + 1 },
  M: { digits: 2, of: ({ time }) => Math.floor(time / 60) % 60 },
  S: { digits: 2, of: ({ time }) => time % 60 },
  f: { digits: 6, of: ({ nanos }) => Math.floor(nanos / 1000) },
  g: { digits: 3, of: ({ nanos }) => Math.floor(nanos / 1_000_000) },
  n: { digits: 9, of: ({ nanos }) => nanos },
  j: { digits: 3, of: ({ days }) => dayOfYear(days) },
  s: { digits: 1, of: ({ seconds }) => seconds },
  G: { digits: 4, of: ({ days }) => isoYearOf(days) },
  V: { digits: 2, of: ({ days }) => isoWeekOf(days) },
  u: { digits: 1, of: ({ days }) => isoDayOfWeek(days) },
  w: { digits: 1, of: ({ days }) => isoDayOfWeek(days) % 7 },
  U: { digits: 2, of: ({ days }) => Math.floor((dayOfYear(days) + 6 - (isoDayOfWeek(days) % 7)) / 7) },
  W: { digits: 2, of: ({ days }) => Math.floor((dayOfYear(days) + 7 - isoDayOfWeek(days)) / 7) },
}

/** Fractions keep their zeros, with or without `-`. */
const FRACTIONS: ReadonlySet<string> = new Set('fgn')

const TEXTS: Readonly<Record<string, (moment: Moment) => string>> = {
  e: ({ day }) => String(day).padStart(2),
  p: ({ time }) => (time < 43_200 ? 'AM' : 'PM'),
  b: ({ month }) => MONTHS[month - 1]!.slice(0, 3),
  B: ({ month }) => MONTHS[month - 1]!,
  a: ({ days }) => WEEK_DAYS[isoDayOfWeek(days) % 7]!.slice(0, 3),
  A: ({ days }) => WEEK_DAYS[isoDayOfWeek(days) % 7]!,
  z: ({ offset }) => offsetText(offset * 1000),
  Z: ({ zone }) => zone?.name ?? 'UTC',
}

/** By letter, for how many seconds on a clock it stays as it is; those of days and longer are not here. */
const LASTS_SECONDS: Readonly<Record<string, number>> = { H: 3600, I: 3600, p: 3600, M: 60, S: 1, s: 1 }
const DAY_SECONDS = 86_400

/** For how many whole seconds a clock's text stays the same; 0: not even for one. */
function lastsSeconds(parts: readonly PatternPart[]): number {
  const letters = parts.flatMap(part => (part.kind === 'literal' ? [] : [part.letter]))
  if (letters.some(letter => FRACTIONS.has(letter))) return 0
  return Math.min(DAY_SECONDS, ...letters.map(letter => LASTS_SECONDS[letter] ?? DAY_SECONDS))
}

export class TimeWriter {
  /** What was written last: as many bytes as {@link write} said. */
  bytes: Uint8Array = new Uint8Array(64)
  readonly #parts: readonly PatternPart[]
  readonly #moment: Moment = {
    seconds: 0,
    nanos: 0,
    zone: undefined,
    offset: 0,
    days: 0,
    year: 0,
    month: 0,
    day: 0,
    time: 0,
  }
  #size = 0
  readonly #lastsSeconds: number
  /** Which of the spans of time in which the text is the same was written last. */
  #span = Number.NaN

  constructor(pattern: string) {
    this.#parts = patternParts(pattern, WRITTEN_LETTERS)
    this.#lastsSeconds = lastsSeconds(this.#parts)
  }

  /**
   * Writes a time and gives the number of its bytes.
   *
   * @param seconds since 1970, of the instant, whole
   * @param nanos within the second
   */
  write(seconds: number, nanos: number, zone: TimeZone | undefined): number {
    // A kernel that will be run again with BigInts may come with what is no time.
    if (!(Math.abs(seconds) < 1e19)) return 0
    const moment = this.#moment
    const offset = zone ? zone.offsetAt(seconds * 1000) / 1000 : 0
    const span = Math.floor((seconds + offset) / this.#lastsSeconds)
    if (span === this.#span && offset === moment.offset && zone === moment.zone) return this.#size
    this.#span = this.#lastsSeconds === 0 ? Number.NaN : span
    this.#take(seconds, nanos, zone, offset)
    this.#size = 0
    for (const part of this.#parts) {
      if (part.kind === 'literal') {
        this.#append(part.bytes)
        continue
      }
      const number = NUMBERS[part.letter]
      if (number === undefined) this.#text(TEXTS[part.letter]!(moment))
      else {
        const digits = part.plain && !FRACTIONS.has(part.letter) ? 1 : number.digits
        this.#number(number.of(moment), digits)
      }
    }
    return this.#size
  }

  #take(seconds: number, nanos: number, zone: TimeZone | undefined, offset: number): void {
    const moment = this.#moment
    moment.seconds = seconds
    moment.nanos = nanos
    moment.zone = zone
    moment.offset = offset
    const clock = seconds + moment.offset
    const days = floorDiv(clock, 86_400)
    if (days !== moment.days || moment.day === 0) {
      const civil = packedCivil(days)
      moment.days = days
      moment.year = Math.floor(civil / 512)
      const rest = civil - moment.year * 512
      moment.month = rest >> 5
      moment.day = rest & 31
    }
    moment.time = clock - days * 86_400
  }

  /** Digits, with zeros before them up to a number of them. */
  #number(value: number, digits: number): void {
    if (value < 0) {
      this.#text('-')
      this.#number(-value, digits)
      return
    }
    let count = digits
    while (count < 16 && value >= 10 ** count) count++
    this.#reserve(count)
    let rest = value
    for (let i = this.#size + count - 1; i >= this.#size; i--) {
      const next = Math.floor(rest / 10)
      this.bytes[i] = 48 + rest - next * 10
      rest = next
    }
    this.#size += count
  }

  #text(text: string): void {
    this.#reserve(text.length)
    for (let i = 0; i < text.length; i++) this.bytes[this.#size++] = text.charCodeAt(i)
  }

  #append(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    for (let i = 0; i < bytes.length; i++) this.bytes[this.#size++] = bytes[i]!
  }

  #reserve(size: number): void {
    if (this.#size + size <= this.bytes.length) return
    const grown = new Uint8Array((this.#size + size) * 2)
    grown.set(this.bytes)
    this.bytes = grown
  }
}

/** @throws {PlanError} `TIME_PATTERN` */
export const timeWriter: (pattern: string) => TimeWriter = kept(pattern => new TimeWriter(pattern))
