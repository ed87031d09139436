import type { Json } from '../formats/contract.ts'
import type { PlanNode } from '../plan.ts'
import { defineOperator } from './define.ts'

/**
 * Rows become the bytes that a sink writes. The planner puts it before sinks that take them, where rows come to the sink as
 * they were read. To whoever plans, its output has the columns of the rows: the sink is opened with them.
 */
export interface EncodeNode extends PlanNode {
  readonly kind: 'encode'
  readonly format: string
  readonly options: Json
}

export const encode = defineOperator<EncodeNode>({
  kind: 'encode',
  output: (_node, [input]) => input!,
  explain: ({ format }) => `encode as ${format}`,
  runtime: () => import('./encode-runtime.ts'),
})
