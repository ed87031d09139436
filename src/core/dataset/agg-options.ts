/** What `agg` takes beside the aggregates. */

import type { AggNode } from '../operators/agg-node.ts'
import { type Duration, positiveMs } from '../time/duration.ts'
import { checkedOptions } from './arguments.ts'

/** What {@link Grouped.agg} takes beside the aggregates. */
export interface AggOptions {
  /**
   * Over data that does not end, keys that are silent for longer, in event time, are forgotten: their rows stay, and later
   * rows start anew.
   */
  readonly ttl?: Duration
}

/** @throws {PlanError} `DURATION`, `OPTION` */
export function aggNode(options: AggOptions, above: Function): Pick<AggNode, 'ttlMs'> {
  const { ttl } = checkedOptions<AggOptions>('agg', options, ['ttl'], above)
  return ttl === undefined ? {} : { ttlMs: positiveMs(ttl, 'ttl', above) }
}
