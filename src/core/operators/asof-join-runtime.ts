/** What joins rows with those next to them in time. */

import { BackwardAsof } from './asof-backward.ts'
import { ForwardAsof } from './asof-forward.ts'
import { type AsofJoinNode, layoutOf } from './asof-join.ts'
import type { Operator, OperatorContext } from './contract.ts'

export function open(node: AsofJoinNode, context: OperatorContext): Operator {
  const layout = layoutOf(node, context)
  return node.direction === 'backward'
    ? new BackwardAsof(layout, context)
    : new ForwardAsof(layout, node.direction === 'nearest', context)
}
