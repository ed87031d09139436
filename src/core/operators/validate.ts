import { DEAD_LETTERS } from '../formats/bad-rows.ts'
import type { OnBadRow, PlanNode } from '../plan.ts'
import { type Schema, schemaOf } from '../types/schema.ts'
import type { ModuleFunction } from '../user-functions/function-ref.ts'
import { defineOperator } from './define.ts'

/** Rows as a validator gives them. Readers that are given one put it behind their source; no user writes one. */
export interface ValidateNode extends PlanNode {
  readonly kind: 'validate'
  /** An object that keeps Standard Schema. */
  readonly function: ModuleFunction
  /** What `explain` calls it. */
  readonly name: string
  /** The columns of the rows that it gives. */
  readonly out: Schema
  readonly onBadRow: OnBadRow
}

export const validate = defineOperator<ValidateNode>({
  kind: 'validate',
  ports: ['failed'],
  output: ({ out }, [input], port) => ({
    ...input!,
    schema: port === 'failed' ? DEAD_LETTERS : schemaOf(out),
  }),
  explain: ({ name, onBadRow }) =>
    `validate by ${name}${{ fail: '', skip: '; bad rows are left out', port: '; bad rows are dead letters' }[onBadRow]}`,
  usesFunctions: node => [node.function],
  runtime: () => import('./validate-rows.ts'),
})
