/** What an operator's file supplies: its plan node's rules and its runtime, registered in `operators/index.ts`. */

import type { KernelStep } from '../expr/compile.ts'
import type { NodeOutput, PlanNode } from '../plan.ts'
import type { Schema } from '../types/schema.ts'
import type { Operator, OperatorContext } from './contract.ts'

/**
 * Which rows must commonType in one shard: any (stateless), those with equal values in some columns, or all.
 */
export type RequiredPartitioning = 'any' | 'single' | { readonly keys: readonly string[] }

export interface OperatorDefinition<N extends PlanNode = PlanNode> {
  readonly kind: N['kind']
  /** What flows out of `port`. Throws the `PlanError`s of the verb. */
  output(node: N, inputs: readonly NodeOutput[], port: string): NodeOutput
  /** One line for `explain`. */
  explain(node: N): string
  /** Stateless verbs that are kernel steps: adjacent ones fuse into one kernel. Otherwise `open` is required. */
  steps?(node: N, input: Schema): readonly KernelStep[]
  open?(node: N, context: OperatorContext): Operator
  /** The input columns the verb reads so that it can give `wanted` output columns. Default: all of them. */
  needs?(node: N, wanted: ReadonlySet<string>, input: NodeOutput): Iterable<string>
  /** Default: 'any'. */
  partitioning?(node: N, inputs: readonly NodeOutput[]): RequiredPartitioning
  /** Output ports besides `out`. */
  readonly ports?: readonly string[]
}

/** Rows of the batches that operators emit when they have many: large enough to be cheap, small enough to flow. */
export const OUTPUT_ROWS = 1 << 16

/** Types a definition by its node and forgets the type for the registry. */
export function defineOperator<N extends PlanNode>(definition: OperatorDefinition<N>): OperatorDefinition {
  return definition as unknown as OperatorDefinition
}
