/** Finds splits that bring nothing for longer than their watermark allows. */

import { definitionOf } from '../../core/operators/index.ts'
import type { Plan } from '../../core/plan.ts'
import type { EventTime } from './event-time.ts'

export class IdleSplits {
  readonly #eventTimes: ReadonlyMap<string, EventTime>
  /** By `watermark` node, how long its splits may be quiet. */
  readonly #idleMs: ReadonlyMap<string, number>
  /** By split that is waited for: since when, by the clock. One that is not read for lack of room is not idle. */
  readonly #askedMs = new Map<string, number>()
  /** Splits that were called idle, by node, until they bring rows. */
  readonly #called = new Map<string, Set<string>>()

  constructor(plan: Plan, eventTimes: ReadonlyMap<string, EventTime>) {
    this.#eventTimes = eventTimes
    const allowances = [...eventTimes.keys()].flatMap(node => {
      const idleMs = definitionOf(plan.nodes[node]!).eventTime?.(plan.nodes[node]!).idleMs
      return idleMs === undefined ? [] : [[node, idleMs] as const]
    })
    this.#idleMs = new Map(allowances)
  }

  /** How long a split may be quiet by the least patient watermark, ms; undefined when all wait for ever. */
  get patienceMs(): number | undefined {
    return this.#idleMs.size === 0 ? undefined : Math.min(...this.#idleMs.values())
  }

  /** A split is asked for rows. */
  asked(split: string, nowMs: number): void {
    if (this.#idleMs.size > 0) this.#askedMs.set(split, nowMs)
  }

  /** A split has brought rows. */
  brought(split: string): void {
    this.#askedMs.delete(split)
    for (const called of this.#called.values()) called.delete(split)
  }

  /** Splits are waited for from now on: until now they were not read. */
  restart(nowMs: number): void {
    for (const split of this.#askedMs.keys()) this.#askedMs.set(split, nowMs)
  }

  /** Splits that have become idle since it was asked last, by node. */
  newlyIdle(nowMs: number): Record<string, string[]> {
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
