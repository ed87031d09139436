/** A clock that stands still until a test moves it. */

import type { Clock } from '../core/engine.ts'
import { type Duration, durationMs } from '../core/time/duration.ts'

/** A {@link Clock} in the hands of a test: give it to a job as `clock`. */
export interface ManualClock extends Clock {
  /**
   * Moves the clock on, stopping wherever somebody sleeps until then, so that what sleeps again and again wakes as often as
   * it would have. Resolves when all of them have been woken, and have had a turn to act.
   */
  advance(by: Duration): Promise<void>
}

interface Sleeper {
  readonly dueMs: number
  wake(): void
}

/**
 * A clock that stands still until it is moved.
 *
 * @param start where it stands at first, a date or ms since 1970; 1970 by default
 * @throws {PlanError} `DURATION`, by `advance`
 * @example
 * const clock = manualClock(new Date('2026-01-01T00:00:00Z'))
 * clock.now() // 1767225600000
 * await clock.advance('10s')
 * clock.now() // 1767225610000
 */
export function manualClock(start: Date | number = 0): ManualClock {
  let nowMs = Number(start)
  const sleepers = new Set<Sleeper>()
  const next = () =>
    [...sleepers].reduce<Sleeper | undefined>((a, b) => (a && a.dueMs <= b.dueMs ? a : b), undefined)
  return {
    now: () => nowMs,
    sleep: (ms, signal) =>
      new Promise(resolve => {
        if (signal.aborted) return resolve()
        const sleeper: Sleeper = {
          dueMs: nowMs + Math.max(0, ms),
          wake() {
            sleepers.delete(sleeper)
            signal.removeEventListener('abort', sleeper.wake)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal.addEventListener('abort', sleeper.wake)
      }),
    async advance(by) {
      const targetMs = nowMs + durationMs(by, 'what a clock advances by')
      for (let due = next(); due && due.dueMs <= targetMs; due = next()) {
        nowMs = Math.max(nowMs, due.dueMs)
        due.wake()
        await aTurn()
      }
      nowMs = targetMs
      await aTurn()
    },
  }
}

/** Lets whoever has been woken act. */
const aTurn = () => new Promise<void>(resolve => setImmediate(resolve))
