/**
 * How long stages and sinks could have done more: they were done with every step that had begun, and no other could begin
 * because as many were under way as may be.
 */

import { STEPS_AHEAD } from './step.ts'

interface Part {
  done: number
  sinceMs: number | undefined
  ms: number
}

export class BackPressure {
  readonly #parts: readonly Part[]
  #begun = 0
  #over = 0

  /** @param parts stages and sinks together */
  constructor(parts: number) {
    this.#parts = Array.from({ length: parts }, () => ({ done: 0, sinceMs: undefined, ms: 0 }))
  }

  begin(): void {
    this.#begun++
    this.#relieve()
  }

  /** A part is done with a step. */
  done(part: number): void {
    const of = this.#parts[part]!
    of.done++
    if (of.done === this.#begun && this.#begun - this.#over >= STEPS_AHEAD) of.sinceMs = performance.now()
  }

  /** All parts are done with a step. */
  over(): void {
    this.#over++
    this.#relieve()
  }

  /** So far, ms. */
  of(part: number): number {
    const { ms, sinceMs } = this.#parts[part]!
    return sinceMs === undefined ? ms : ms + performance.now() - sinceMs
  }

  #relieve(): void {
    for (const part of this.#parts) {
      if (part.sinceMs === undefined) continue
      part.ms += performance.now() - part.sinceMs
      part.sinceMs = undefined
    }
  }
}
