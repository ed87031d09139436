/** What finds the one row of each key. */

import type { Operator, OperatorContext } from './contract.ts'
import { asTopN, type DedupNode, wayOf } from './dedup.ts'
import { DedupInTime, DedupOnArrival } from './dedup-first.ts'
import { OneRowPerKey } from './dedup-last.ts'
import { open as openTopN } from './top-n-runtime.ts'

export function open(node: DedupNode, context: OperatorContext): Operator {
  const [input] = context.inputs
  switch (wayOf(node, input!)) {
    case 'topN':
      return openTopN(asTopN(node, input!), context)
    case 'arrival':
      return new DedupOnArrival(node, context)
    case 'time':
      return new DedupInTime(node, context)
    case 'kept':
      return new OneRowPerKey(node, context)
  }
}
