/**
 * Watches for splits that bring nothing for longer than their watermark allows. What the clock decides becomes a mark in
 * the sequence of steps, so that it has one place among the rows for every stage.
 */

import { definitionOf } from '../../core/operators/index.ts'
import type { Plan } from '../../core/plan.ts'
import type { Clock } from './clock.ts'
import type { EventTime } from './event-time.ts'
import type { ClockMark } from './step.ts'

export class IdleSplits {
  readonly #eventTimes: ReadonlyMap<string, EventTime>
  readonly #clock: Clock
  /** By `watermark` node, how long its splits may be quiet. */
  readonly #idleMs: ReadonlyMap<string, number>
  /** By split that is waited for: since when, by the clock. One that is not read for lack of room is not idle. */
  readonly #askedMs = new Map<string, number>()
  readonly #stopping = new AbortController()
  /** Splits that were called idle, by node, until they bring rows. */
  readonly #called = new Map<string, Set<string>>()

  constructor(plan: Plan, eventTimes: ReadonlyMap<string, EventTime>, clock: Clock) {
    this.#eventTimes = eventTimes
    this.#clock = clock
    const allowances = [...eventTimes.keys()].flatMap(node => {
      const idleMs = definitionOf(plan.nodes[node]!).eventTime?.(plan.nodes[node]!).idleMs
      return idleMs === undefined ? [] : [[node, idleMs] as const]
    })
    this.#idleMs = new Map(allowances)
  }

  /** A split is asked for rows. */
  asked(split: string): void {
    if (this.#idleMs.size > 0) this.#askedMs.set(split, this.#clock.now())
  }

  /** A split has brought rows. */
  brought(split: string): void {
    this.#askedMs.delete(split)
    for (const called of this.#called.values()) called.delete(split)
  }

  /** Gives marks until stopped; only where some watermark has an allowance. */
  async run(mark: (mark: ClockMark) => void): Promise<void> {
    if (this.#idleMs.size === 0) return
    const everyMs = Math.min(...this.#idleMs.values()) / 4
    for (;;) {
      await this.#clock.sleep(everyMs, this.#stopping.signal)
      if (this.#stopping.signal.aborted) return
      const idle = this.#newlyIdle()
      if (Object.keys(idle).length) mark({ clockMs: Date.now(), idle })
    }
  }

  stop(): void {
    this.#stopping.abort()
  }

  #newlyIdle(): Record<string, string[]> {
    const nowMs = this.#clock.now()
    const idle: Record<string, string[]> = {}
    for (const [node, allowedMs] of this.#idleMs) {
      const called = this.#called.get(node) ?? new Set()
      this.#called.set(node, called)
      for (const [split, askedMs] of this.#askedMs) {
        if (called.has(split) || nowMs - askedMs < allowedMs || !this.#eventTimes.get(node)!.has(split))
          continue
        called.add(split)
        ;(idle[node] ??= []).push(split)
      }
    }
    return idle
  }
}
