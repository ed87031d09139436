/** What joins: by looking up in an input that ends, or as both go on. */

import type { Operator, OperatorContext } from './contract.ts'
import { HashJoin } from './hash-join.ts'
import { builtSide } from './join.ts'
import type { JoinNode } from './join-columns.ts'
import { layoutOf } from './join-layout.ts'
import { StreamJoin } from './stream-join.ts'

export function open(node: JoinNode, context: OperatorContext): Operator {
  const layout = layoutOf(node, context)
  const side = builtSide(node.how, context.inputs)
  return side === undefined ? new StreamJoin(layout, context) : new HashJoin(layout, side, context)
}
