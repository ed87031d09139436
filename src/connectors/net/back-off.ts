/** When to try again what has failed. */

import { setTimeout as wait } from 'node:timers/promises'

const FIRST_MS = 500
const MAX_MS = 60_000
/** Timers of more fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * Waits before the n-th attempt to repeat something, n = 0, 1, …: twice as long each time, half of it at random, so that
 * those who failed together do not come back together. It ends at once when the signal is aborted.
 *
 * @param leastMs what the other side asked for
 */
export async function backOff(attempt: number, signal: AbortSignal, leastMs = 0): Promise<void> {
  const longest = Math.min(MAX_MS, FIRST_MS * 2 ** attempt)
  await pause(Math.max(leastMs, longest * (0.5 + Math.random() / 2)), signal)
}

/** Waits, at most until the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  for (let left = ms; left > 0 && !signal.aborted; left -= MAX_TIMER_MS)
    await wait(Math.min(left, MAX_TIMER_MS), undefined, { signal }).catch(error => {
      if (!signal.aborted) throw error
    })
}

/** The wait that a response asks for by `Retry-After`, in seconds or as a date, ms; 0 where it does not. */
export function retryAfterMs(headers: Headers): number {
  const asked = headers.get('retry-after')
  if (asked === null) return 0
  const seconds = Number(asked)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(asked) - Date.now()
  return Math.min(Math.max(ms || 0, 0), 10 * MAX_MS)
}
