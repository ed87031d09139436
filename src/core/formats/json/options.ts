/** What a plan says of JSON files. */

import type { TimeUnit } from '../../types/column-type.ts'
import type { Json } from '../contract.ts'
import type { JsonForm } from './cutter.ts'

/** How files are read; what is not given is found in each file. */
export interface JsonOptions {
  /** What the user said: whether each record has a line of its own. */
  readonly lines?: boolean
  /** What was found. */
  readonly form: JsonForm
  /** What numbers in columns of time count, since 1970. */
  readonly epochUnit: TimeUnit
}

const DEFAULTS: JsonOptions = { form: 'lines', epochUnit: 'ms' }

/** The options of a plan. */
export function jsonOptions(options: Json): JsonOptions {
  return { ...DEFAULTS, ...(options as unknown as Partial<JsonOptions> | null) }
}
