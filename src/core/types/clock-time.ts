/** Times of day and durations as text: `13:05:00.25`, `-26:00:00`. */

import { type TimeUnit, UNITS_PER_SECOND } from './column-type.ts'

/** Hours of a duration in seconds have up to 16 digits. */
const CLOCK = /^([+-]?)(\d{1,16}):([0-5]?\d)(?::([0-5]?\d)(?:\.(\d{0,9}))?)?$/

/** Whole units of `unit` that a text of hours, minutes and seconds stands for; finer digits are cut off. */
function clockUnits(text: string, unit: TimeUnit): bigint | undefined {
  const match = CLOCK.exec(text)
  if (!match) return undefined
  const [, sign, hours, minutes, seconds = '0', fraction = ''] = match
  const perSecond = UNITS_PER_SECOND[unit]
  const digits = String(perSecond).length - 1
  const whole = (BigInt(hours!) * 60n + BigInt(minutes!)) * 60n + BigInt(seconds)
  const units = whole * BigInt(perSecond) + BigInt(fraction.padEnd(9, '0').slice(0, digits) || '0')
  return sign === '-' ? -units : units
}

/** Units since midnight of a time of day, `00:00:00` to `24:00:00`; undefined for any other text. */
export function parseTimeOfDay(text: string, unit: TimeUnit): bigint | undefined {
  const units = /^[+-]/.test(text) ? undefined : clockUnits(text, unit)
  return units === undefined || units > 86_400n * BigInt(UNITS_PER_SECOND[unit]) ? undefined : units
}

/** Units of a duration given as hours, minutes and seconds; undefined for any other text. */
export const parseClockDuration = (text: string, unit: TimeUnit): bigint | undefined => clockUnits(text, unit)

/** `13:05:00`, with as many digits of a second as it has; hours may go beyond 24, and a minus come first. */
export function clockText(units: bigint, unit: TimeUnit): string {
  const perSecond = BigInt(UNITS_PER_SECOND[unit])
  const magnitude = units < 0n ? -units : units
  const seconds = magnitude / perSecond
  const rest = magnitude % perSecond
  const two = (n: bigint) => String(n).padStart(2, '0')
  const text = `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`
  const fraction =
    rest === 0n
      ? ''
      : `.${String(rest)
          .padStart(String(perSecond).length - 1, '0')
          .replace(/0+$/, '')}`
  return (units < 0n ? '-' : '') + text + fraction
}
