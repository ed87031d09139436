/** What an optimizer rule is. */

import type { Source } from '../../connector.ts'
import type { NodeOutput, Plan } from '../../plan.ts'
import type { Schema } from '../../types/schema.ts'

/** What a rule may know besides the plan. */
export interface RuleContext {
  readonly nodeOutputs: ReadonlyMap<string, NodeOutput>
  /** By source node of the user's plan: the columns there are. */
  readonly schemas: ReadonlyMap<string, Schema>
  /** By source node of the user's plan. */
  readonly sources: ReadonlyMap<string, Pick<Source, 'canFilter' | 'canOrder' | 'replayable'>>
}

/** An equal plan that costs less. */
export type Rule = (plan: Plan, context: RuleContext) => Plan
