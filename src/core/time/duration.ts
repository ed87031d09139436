/** Durations as users write them. */

import { PlanError } from '../errors.ts'
import { shown } from '../options.ts'

/** A count of a unit: `'500ms'`, `'10m'`, `'1h'`, `'7d'`, `'2w'`; or a number of milliseconds. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd' | 'w'}`

const MS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 }

/**
 * A duration in whole milliseconds.
 *
 * @throws {PlanError} `DURATION` when it is not one, is negative, or is finer than a millisecond.
 * @example
 * durationMs('90m') // 5400000
 */
export function durationMs(duration: Duration, what = 'a duration', above?: Function): number {
  const match = typeof duration === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(duration) : undefined
  const ms = typeof duration === 'number' ? duration : match ? Number(match[1]) * MS[match[2]!]! : Number.NaN
  if (Number.isSafeInteger(ms) && ms >= 0) return ms
  throw new PlanError('DURATION', `${what} must be a whole number of milliseconds, got ${shown(duration)}`, {
    hint: "write '500ms', '10s', '5m', '1h', '7d' or '2w', or a number of milliseconds",
    ...(above ? { above } : {}),
  })
}

/** The same, longer than nothing. */
export function positiveMs(duration: Duration, what: string, above?: Function): number {
  const ms = durationMs(duration, what, above)
  if (ms > 0) return ms
  throw new PlanError('DURATION', `${what} must be longer than nothing, got ${JSON.stringify(duration)}`, {
    hint: "write '500ms', '10s', '5m', '1h', '7d' or '2w', or leave it out",
    ...(above ? { above } : {}),
  })
}

/** The same, of either sign: `'-10m'`. */
export function signedMs(duration: Duration, what: string, above?: Function): number {
  if (typeof duration === 'number')
    return duration < 0 ? -durationMs(-duration, what, above) : durationMs(duration, what, above)
  const negative = typeof duration === 'string' && duration.startsWith('-')
  const ms = durationMs((negative ? duration.slice(1) : duration) as Duration, what, above)
  return negative && ms > 0 ? -ms : ms
}

/** A duration for people: `'1h'`, `'90m'`, `'1500ms'`. */
export function showDuration(ms: number): string {
  for (const unit of ['w', 'd', 'h', 'm', 's']) {
    if (ms > 0 && ms % MS[unit]! === 0 && (unit !== 'w' || ms < 4 * MS.w!)) return `${ms / MS[unit]!}${unit}`
  }
  return `${ms}ms`
}
