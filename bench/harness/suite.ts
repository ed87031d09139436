/** What a benchmark suite is. `bench/main.ts` runs them. */

import type { Measured } from './measure.ts'
import type { Aim } from './report.ts'

export interface SuiteOptions {
  /** Fewer rows and rounds: to see that everything runs, and roughly how fast. */
  readonly quick: boolean
  /** Called with each table as soon as it is measured. */
  show(measured: Measured): void
}

export interface SuiteResult {
  readonly measured: readonly Measured[]
  readonly aims: readonly Aim[]
}

export type Suite = (options: SuiteOptions) => Promise<SuiteResult>
