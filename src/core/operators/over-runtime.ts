/** What computes over rows around each: of data that ends, of streams in order of event time, or as a changelog. */

import type { Operator, OperatorContext } from './contract.ts'
import { OverBounded } from './over-bounded.ts'
import { OverChanges } from './over-changes.ts'
import { OverEvents } from './over-events.ts'
import { modeOf, type OverNode } from './over-node.ts'

export function open(node: OverNode, context: OperatorContext): Operator {
  const mode = modeOf(node, context.inputs[0]!)
  if (mode === 'bounded') return new OverBounded(node, context)
  return mode === 'events' ? new OverEvents(node, context) : new OverChanges(node, context)
}
