/** strftime patterns as readers of cells: `%d.%m.%Y %H:%M`. They are those of `parseTimestamp`, with fractions of any length. */

import { TimeParser } from '../../expr/time-parser.ts'
import { lettersShown, patternParts, READ_LETTERS } from '../../expr/time-pattern.ts'

const SECONDS_PER_DAY = 86_400

/** What a pattern was matched with, or the reading of an ISO time. */
export interface TimeParts {
  days: number
  secondOfDay: number
  nanoseconds: number
  /** Minutes east of UTC where the text says so. */
  offsetMinutes: number | undefined
}

export interface TimePattern {
  /** Whether it has a time of day; without one it is a date. */
  readonly hasTime: boolean
  /** Fills `into`; false where the text is not of the pattern, or no time there is. */
  match(bytes: Uint8Array, from: number, to: number, into: TimeParts): boolean
}

/** The codes there are, for messages. */
export const PATTERN_CODES = lettersShown(READ_LETTERS)

/** Why a pattern is none, or undefined. */
export function patternFault(pattern: string): string | undefined {
  let unknown: string | undefined
  const letters = lettersOf(pattern, letter => {
    unknown ??= letter
  })
  if (unknown !== undefined) return `%${unknown} is no code of strftime that is known here`
  return hasAny(letters, 'Yys') ? undefined : 'it has no year'
}

/** A pattern without {@link patternFault}. */
export function timePattern(pattern: string): TimePattern {
  const parser = new TimeParser(pattern, { anyFraction: true })
  // What says how far it is from UTC is read as UTC.
  const offsetMinutes = parser.hasOffset ? 0 : undefined
  return {
    hasTime: hasAny(lettersOf(pattern), 'HIMSsfgnp'),
    match(bytes, from, to, into) {
      if (!parser.parse(bytes, from, to)) return false
      const { seconds } = parser
      const days = Math.floor(seconds / SECONDS_PER_DAY)
      into.days = days
      into.secondOfDay = seconds - days * SECONDS_PER_DAY
      into.nanoseconds = parser.nanos
      into.offsetMinutes = offsetMinutes
      return true
    },
  }
}

const lettersOf = (pattern: string, unknown?: (letter: string) => void): string[] =>
  patternParts(pattern, READ_LETTERS, unknown).flatMap(part => (part.kind === 'part' ? [part.letter] : []))

const hasAny = (letters: readonly string[], wanted: string): boolean =>
  letters.some(letter => wanted.includes(letter))
