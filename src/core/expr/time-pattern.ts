/** Patterns of `strftime`, taken apart: what both reading and writing of times work with. */

import { PlanError } from '../errors.ts'
import { shown } from '../options.ts'

/** Bytes as they are, or a part of a time; `plain`: written without leading zeros (`%-d`). */
export type PatternPart =
  | { readonly kind: 'literal'; readonly bytes: Uint8Array }
  | { readonly kind: 'part'; readonly letter: string; readonly plain: boolean }

/** Letters that stand for others. */
const SHORTHANDS: Readonly<Record<string, string>> = {
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  R: '%H:%M',
  D: '%m/%d/%y',
  x: '%Y-%m-%d',
  X: '%H:%M:%S',
  c: '%Y-%m-%d %H:%M:%S',
  h: '%b',
}

export const READ_LETTERS: ReadonlySet<string> = new Set('YymdeHIMSfgnpbBaAjzs')
export const WRITTEN_LETTERS: ReadonlySet<string> = new Set('YymdeHIMSfgnpbBaAjzsZGVuwUW')

const encoder = new TextEncoder()

/**
 * The parts of a pattern.
 *
 * @param unknown called for a letter that is not among `letters`, in place of the error
 * @throws {PlanError} `TIME_PATTERN` for a letter that is not among `letters`
 */
export function patternParts(
  pattern: string,
  letters: ReadonlySet<string>,
  unknown: (letter: string) => void = letter => {
    throw unknownLetter(pattern, letter, letters)
  },
): PatternPart[] {
  const parts: PatternPart[] = []
  let literal = ''
  const flush = () => {
    if (literal !== '') parts.push({ kind: 'literal', bytes: encoder.encode(literal) })
    literal = ''
  }
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] !== '%') {
      literal += pattern[i]
      continue
    }
    const plain = pattern[i + 1] === '-'
    if (plain) i++
    const letter = pattern[++i] ?? ''
    const long = SHORTHANDS[letter]
    if (letter === '%') literal += '%'
    else if (long !== undefined) {
      flush()
      parts.push(...patternParts(long, letters))
    } else if (letters.has(letter)) {
      flush()
      parts.push({ kind: 'part', letter, plain })
    } else unknown(letter)
  }
  flush()
  return parts
}

function unknownLetter(pattern: string, letter: string, letters: ReadonlySet<string>): PlanError {
  return new PlanError('TIME_PATTERN', `${shown(pattern)}: %${letter} is no part of a time here`, {
    hint: `patterns are strftime's, with ${lettersShown(letters)}`,
  })
}

/** For messages: `%Y %m … and %%`. */
export const lettersShown = (letters: ReadonlySet<string>): string =>
  `${[...letters, ...Object.keys(SHORTHANDS)].map(part => `%${part}`).join(' ')} and %%`

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const

/** From Sunday. */
export const WEEK_DAYS = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const
