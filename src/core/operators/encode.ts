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
  /** Rows go to folders by the values of these columns. */
  readonly partitionBy?: readonly string[]
}

export const encode = defineOperator<EncodeNode>({
  kind: 'encode',
  output: (_node, [input]) => input!,
  explain: ({ format, partitionBy = [] }) =>
    `encode as ${format}${partitionBy.length ? ` by ${partitionBy.map(name => JSON.stringify(name)).join(', ')}` : ''}`,
  runtime: () => import('./encode-runtime.ts'),
})
