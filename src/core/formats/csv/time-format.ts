/** Times as text by a pattern of strftime: the counterpart of `time-pattern.ts`. */

import { packedCivil } from '../../expr/civil.ts'
import { daysOf } from './civil-days.ts'

interface Shown {
  readonly days: number
  readonly year: number
  readonly month: number
  readonly day: number
  readonly second: number
  readonly nanoseconds: number
  readonly offset: number
}

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
)
const WEEK_DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0')
const hourOf = ({ second }: Shown): number => Math.floor(second / 3600)
const minuteOf = ({ second }: Shown): number => Math.floor(second / 60) % 60
const weekDay = ({ days }: Shown): string => WEEK_DAYS[(((days + 4) % 7) + 7) % 7]!
const halfDayHour = (shown: Shown): number => ((hourOf(shown) + 11) % 12) + 1
const signOf = (offset: number): string => (offset < 0 ? '-' : '+')

const CODES: Readonly<Record<string, (shown: Shown) => string>> = {
  Y: ({ year }) =>
    year < 0 || year > 9999 ? `${year < 0 ? '-' : '+'}${pad(Math.abs(year), 6)}` : pad(year, 4),
  y: ({ year }) => pad(((year % 100) + 100) % 100, 2),
  m: ({ month }) => pad(month, 2),
  d: ({ day }) => pad(day, 2),
  j: ({ days, year }) =>
    pad(days - daysOf(((year % 400) + 400) % 400, 1, 1) - Math.floor(year / 400) * 146_097 + 1, 3),
  H: shown => pad(hourOf(shown), 2),
  I: shown => pad(halfDayHour(shown), 2),
  p: shown => (hourOf(shown) < 12 ? 'AM' : 'PM'),
  M: shown => pad(minuteOf(shown), 2),
  S: ({ second }) => pad(second % 60, 2),
  f: ({ nanoseconds }) => pad(Math.floor(nanoseconds / 1000), 6),
  g: ({ nanoseconds }) => pad(Math.floor(nanoseconds / 1e6), 3),
  n: ({ nanoseconds }) => pad(nanoseconds, 9),
  s: ({ days, second, offset }) => String(days * 86_400 + second - offset),
  b: ({ month }) => MONTHS[month - 1]!.slice(0, 3),
  B: ({ month }) => MONTHS[month - 1]!,
  a: shown => weekDay(shown).slice(0, 3),
  A: weekDay,
  z: ({ offset }) =>
    `${signOf(offset)}${pad(Math.floor(Math.abs(offset) / 3600), 2)}${pad(Math.floor(Math.abs(offset) / 60) % 60, 2)}`,
  '%': () => '%',
}
const SHORTHANDS: Readonly<Record<string, string>> = {
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  R: '%H:%M',
  D: '%m/%d/%y',
  e: '%-d',
}

/**
 * Writes times by a pattern: those that clocks show, in seconds, with nanoseconds and how far the clocks are from UTC. `%-d`
 * leaves zeros out. Codes that are not known stand for themselves.
 */
export function timeFormatter(
  pattern: string,
): (seconds: number, nanoseconds: number, offset: number) => string {
  const whole = pattern.replace(/%([FTRDe])/g, (_, code) => SHORTHANDS[code as string]!)
  const pieces = whole.split(/(%-?[A-Za-z%])/).map(piece => {
    const code = /^%(-?)([A-Za-z%])$/.exec(piece)
    const write = code && Object.hasOwn(CODES, code[2]!) ? CODES[code[2]!]! : () => piece
    return code?.[1] === '-' ? (shown: Shown) => write(shown).replace(/^0+(?=\d)/, '') : write
  })
  return (seconds, nanoseconds, offset) => {
    const days = Math.floor(seconds / 86_400)
    const packed = packedCivil(days)
    const year = Math.floor(packed / 512)
    const rest = packed - year * 512
    const second = seconds - days * 86_400
    const shown = { days, year, month: rest >> 5, day: rest & 31, second, nanoseconds, offset }
    let text = ''
    for (const piece of pieces) text += piece(shown)
    return text
  }
}
