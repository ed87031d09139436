/** What a running job has counted so far, and its progress in the user's terms. */

import type { Progress } from '../../core/engine.ts'
import { definitionOf } from '../../core/operators/index.ts'
import { originalId } from '../../core/planner/derived-id.ts'
import type { EventTime } from './event-time.ts'
import type { PlannedJob } from './plan-job.ts'

export class JobCounts {
  rowsIn = 0
  rowsOut = 0
  rowsLate = 0
  /** Values scored, by node. */
  readonly #scored = new Map<string, number>()
  readonly #startedMs = performance.now()

  scored(node: string, values: number): void {
    const id = originalId(node)
    this.#scored.set(id, (this.#scored.get(id) ?? 0) + values)
  }

  /** @param eventTime of the first watermark in the plan, if there is one */
  progress({ plan, rowsTotal }: PlannedJob, eventTime: EventTime | undefined, done: boolean): Progress {
    const { rowsIn, rowsOut, rowsLate } = this
    const signal = eventTime?.time
    const scored = Object.entries(plan.nodes).flatMap(([id, node]) => {
      if (id !== originalId(id)) return []
      const column = definitionOf(node).scores?.(node)
      return column ? [{ ...column, values: this.#scored.get(id) ?? 0 }] : []
    })
    return {
      ...{ rowsIn, rowsOut, rowsLate, scored, done },
      elapsedMs: performance.now() - this.#startedMs,
      ...(rowsTotal === undefined ? {} : { rowsTotal }),
      ...(signal && signal.maxTimeMs > Number.NEGATIVE_INFINITY
        ? { eventTimeMs: signal.maxTimeMs, watermarkMs: signal.watermarkMs }
        : {}),
    }
  }
}
