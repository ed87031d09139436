/** What keeps the first rows in an order. */

import type { Operator, OperatorContext } from './contract.ts'
import { FirstRows } from './first-rows.ts'
import { finalBy, type TopNNode } from './top-n.ts'
import { TopNOfChanges } from './top-n-changes.ts'
import { FinalTopN } from './top-n-final.ts'
import { TopNOfRows } from './top-n-rows.ts'
import { ForgetfulTopN } from './top-n-ttl.ts'

/** The runtime for what flows in. */
export function open(node: TopNNode, context: OperatorContext): Operator {
  const [input] = context.inputs
  if (input!.bounded) return new FirstRows(node, context)
  if (node.ttlMs !== undefined) return new ForgetfulTopN(node, context)
  const final = finalBy(node, input!)
  if (final !== undefined) return new FinalTopN(node, final, context)
  return input!.rows === 'changes' ? new TopNOfChanges(node, context) : new TopNOfRows(node, context)
}
