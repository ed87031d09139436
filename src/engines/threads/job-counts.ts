/** What a running job has counted so far, and its progress in the user's terms. */

import type { Progress } from '../../core/engine.ts'
import { definitionOf } from '../../core/operators/index.ts'
import type { Plan, PlanNode } from '../../core/plan.ts'
import { originalId } from '../../core/planner/derived-id.ts'
import type { EventTime } from './event-time.ts'
import type { PlannedJob } from './plan-job.ts'

export class JobCounts {
  rowsIn = 0
  rowsOut = 0
  skipped = 0
  /** Rows too late, by node. */
  readonly #late = new Map<string, number>()
  /** Values scored, by node. */
  readonly #scored = new Map<string, number>()
  readonly #startedMs = performance.now()
  #endedMs: number | undefined

  /** The job is over: its time stands still. */
  end(): void {
    this.#endedMs ??= performance.now()
  }

  /** When the job ended, of `performance.now()`, or what it is now. */
  get nowMs(): number {
    return this.#endedMs ?? performance.now()
  }

  late(node: string, rows: number): void {
    const id = originalId(node)
    this.#late.set(id, (this.#late.get(id) ?? 0) + rows)
  }

  scored(node: string, values: number): void {
    const id = originalId(node)
    this.#scored.set(id, (this.#scored.get(id) ?? 0) + values)
  }

  /** @param eventTime of the first watermark in the plan, if there is one */
  progress({ plan, rowsTotal }: PlannedJob, eventTime: EventTime | undefined, done: boolean): Progress {
    const { rowsIn, rowsOut, skipped } = this
    const late = this.#lateByVerb(plan)
    const rowsLate = late.reduce((sum, { rows, again }) => sum + (again ? 0 : rows), 0)
    const signal = eventTime?.time
    const scored = Object.entries(plan.nodes).flatMap(([id, node]) => {
      if (id !== originalId(id)) return []
      const column = definitionOf(node).scores?.(node)
      return column ? [{ ...column, values: this.#scored.get(id) ?? 0 }] : []
    })
    return {
      ...{ rowsIn, rowsOut, rowsLate, skipped, scored, done },
      late: late.map(({ verb, rows }) => ({ verb, rows })),
      elapsedMs: this.nowMs - this.#startedMs,
      ...(rowsTotal === undefined ? {} : { rowsTotal }),
      ...(signal && signal.maxTimeMs > Number.NEGATIVE_INFINITY
        ? { eventTimeMs: signal.maxTimeMs, watermarkMs: signal.watermarkMs }
        : {}),
    }
  }

  /** @returns `again`: the rows of a verb have all been late before */
  #lateByVerb(plan: Plan): { verb: string; rows: number; again: boolean }[] {
    return Object.entries(plan.nodes).flatMap(([id, node]) => {
      const rows = this.#late.get(id)
      if (id !== originalId(id) || (rows === undefined && !hasLateRows(node))) return []
      return [{ verb: definitionOf(node).explain(node), rows: rows ?? 0, again: isOfLateRows(plan, node) }]
    })
  }
}

const hasLateRows = (node: PlanNode): boolean => {
  const { ports, window } = definitionOf(node)
  return ports?.includes(LATE) === true && window?.(node) !== undefined
}

const isOfLateRows = (plan: Plan, { inputs }: PlanNode): boolean =>
  inputs.length > 0 &&
  inputs.every(({ node, port }) => port === LATE || isOfLateRows(plan, plan.nodes[node]!))

/** The port of the rows that came too late. */
const LATE = 'late'
