/** The options of `processingTime`, checked. */

import type { ProcessingTimeNode } from '../operators/processing-time.ts'
import { checkNames, text } from '../options.ts'
import type { NodeBody } from '../planner/build.ts'
import { type Duration, positiveMs } from '../time/duration.ts'

/** What `processingTime` takes besides the name of the column. */
export interface ProcessingTimeOptions {
  /** How often the clock is read while no rows come. Default: 100 ms. */
  readonly every?: Duration
}

/** The node of a `processingTime`, from what the user gave. */
export function processingTimeNode(
  column: string,
  options: ProcessingTimeOptions,
  above: Function,
): NodeBody<ProcessingTimeNode> {
  checkNames('processingTime', options, ['every'], above)
  const { every = 100 } = options
  return {
    kind: 'processingTime',
    column: text(column, 'the column of processingTime()', above),
    everyMs: positiveMs(every, 'every', above),
  }
}
