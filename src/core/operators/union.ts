import { PlanError } from '../errors.ts'
import type { PlanNode } from '../plan.ts'
import { sameSchema } from '../types/schema.ts'
import { defineOperator } from './define.ts'

/** The rows of all inputs. Bounded inputs follow one another. */
export interface UnionNode extends PlanNode {
  readonly kind: 'union'
}

export const union = defineOperator<UnionNode>({
  kind: 'union',
  output(_node, inputs) {
    const [first, ...others] = inputs
    for (const other of others) {
      if (sameSchema(first!.schema, other.schema)) continue
      const list = (fields: typeof other.schema) =>
        fields.map(f => `${JSON.stringify(f.name)} ${f.type}`).join(', ')
      throw new PlanError(
        'UNION_SCHEMA',
        `union needs equal columns: ${list(first!.schema)} against ${list(other.schema)}`,
        {
          hint: 'bring the inputs into the same columns, order and types with select',
        },
      )
    }
    const eventTime = inputs.every(input => input.eventTime === first!.eventTime)
      ? first!.eventTime
      : undefined
    return {
      schema: first!.schema,
      bounded: inputs.every(input => input.bounded),
      lateness: inputs.some(input => input.lateness),
      timeOrdered: false,
      rows: inputs.some(input => input.rows === 'changes') ? 'changes' : 'append',
      ...(eventTime === undefined ? {} : { eventTime }),
    }
  },
  merges: true,
  needs: (_node, wanted) => wanted,
  readsValues: () => false,
  passesThrough: () => true,
  explain: () => 'union',
})
