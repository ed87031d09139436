/** The last rows that a job's sinks got: plain data, for notebooks and whoever wants to look at a stream. */

import type { Row } from './batch/rows.ts'
import type { Schema } from './types/schema.ts'

/** What a sink got last. */
export interface SinkRows {
  /** The sink's name. */
  readonly sink: string
  readonly schema: Schema
  /** In the order in which they were written. Of a changelog, those that were not taken back as they came. */
  readonly rows: readonly Row[]
}
