/**
 * Which shard owns which window, as long as that keeps all shards busy: one by one at first, so that the rows of any few
 * windows are spread, and in runs of neighbours where each step is seen to pass many windows.
 */

import { ONE_BY_ONE, type PaneRuns } from '../../core/time/windows/panes.ts'
import { STEPS_AHEAD } from './step.ts'

/** Steps over which windows must give every shard enough rows; fewer than are under way at once. */
const BALANCE_STEPS = 6
/** The least share of their time that shards may be busy. */
const MIN_BALANCE = 0.6
/** Shorter runs are not worth it. */
const MIN_RUN = 4

interface RecentStep {
  /** By shard. */
  readonly rows: readonly number[]
  /** The number of the pane of the latest time so far; infinite where that is not known. */
  readonly pane: number
}

export class WindowOwners {
  readonly #shards: number
  #runs = ONE_BY_ONE
  /** Runs are tried once. */
  #mayRun = true
  readonly #recent: RecentStep[] = []

  constructor(shards: number) {
    this.#shards = shards
  }

  get runs(): PaneRuns {
    return this.#runs
  }

  /** Takes note of a step with rows. 'moved': others own windows that have rows already; 'idle': some shards have too few. */
  see(step: RecentStep): 'kept' | 'moved' | 'idle' {
    const recent = this.#recent
    recent.push(step)
    if (recent.length < BALANCE_STEPS) return 'kept'
    const balanced = isBalanced(recent)
    const { pane } = recent.shift()!
    if (balanced) {
      this.#dealInRuns(step.pane, (step.pane - pane) / (BALANCE_STEPS - 1))
      return 'kept'
    }
    if (this.#runs === ONE_BY_ONE) return 'idle'
    this.#runs = ONE_BY_ONE
    recent.length = 0
    return 'moved'
  }

  /** Whether windows up to that pane are dealt out now as they were by those runs. */
  agreesWith({ fromPane }: PaneRuns, upToPane: number): boolean {
    const now = this.#runs.fromPane
    return fromPane === now || upToPane < Math.min(fromPane, now)
  }

  /**
   * Two shards get the windows of every other step. Then most batches are one shard's as a whole, and what windows give in a
   * step is in order with few cuts. The runs begin where no row that is under way should be, so that nothing has to move.
   */
  #dealInRuns(pane: number, panesPerStep: number): void {
    const length = Math.floor((2 * panesPerStep) / this.#shards)
    if (!this.#mayRun || !(length >= MIN_RUN)) return
    this.#mayRun = false
    this.#runs = { fromPane: Math.ceil(pane + panesPerStep * 1.5 * STEPS_AHEAD), length }
  }
}

function isBalanced(steps: readonly RecentStep[]): boolean {
  const sums = steps[0]!.rows.map((_, shard) => steps.reduce((sum, { rows }) => sum + rows[shard]!, 0))
  const total = sums.reduce((sum, rows) => sum + rows, 0)
  return total >= MIN_BALANCE * sums.length * Math.max(...sums)
}
