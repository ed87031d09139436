/** What groups rows, by what flows in and how windows leave. */

import { changing, emitting, isCount, isSession } from './agg.ts'
import { ChangingAgg } from './agg-changes.ts'
import { openCountWindows } from './agg-count-windows.ts'
import { EmittingAgg } from './agg-emitting.ts'
import { EmittingSessions } from './agg-emitting-sessions.ts'
import { openGroups } from './agg-groups.ts'
import { openAggInput } from './agg-input.ts'
import type { AggNode } from './agg-node.ts'
import { SessionsAgg } from './agg-sessions.ts'
import { ForgetfulAgg } from './agg-ttl.ts'
import type { Operator, OperatorContext } from './contract.ts'

export function open(node: AggNode, context: OperatorContext): Operator {
  const [input] = context.inputs
  if (node.ttlMs !== undefined) return new ForgetfulAgg(node, context)
  if (isCount(node)) return openCountWindows(node, context)
  if (changing(node, input!)) return new ChangingAgg(openAggInput(node, context), context)
  if (emitting(node, input!))
    return isSession(node) ? new EmittingSessions(node, context) : new EmittingAgg(node, context)
  return isSession(node) ? new SessionsAgg(node, context) : openGroups(node, context)
}
