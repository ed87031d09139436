import type { NodeOutput, PlanNode } from '../plan.ts'
import { fieldOf, type Schema, schemaOf } from '../types/schema.ts'
import { type FunctionRef, showRef } from '../user-functions/function-ref.ts'
import { defineOperator } from './define.ts'
import { followColumns } from './follow-columns.ts'

/** Each row with what a function of the user's finds for some of its columns: nothing, a row, or several. */
export interface LookupJoinNode extends PlanNode {
  readonly kind: 'lookupJoin'
  readonly function: FunctionRef
  /** What it is given. */
  readonly in: readonly string[]
  /** The columns of what it finds. */
  readonly out: Schema
  /** Rows for which nothing is found stay, or are left out. */
  readonly how: 'inner' | 'left'
  /** What was found is remembered for so many keys and ms. */
  readonly cache?: { readonly rows: number; readonly ttlMs: number }
  /** How many calls are under way at once. */
  readonly concurrency: number
  /** A call that has not settled by then has failed. */
  readonly timeoutMs?: number
  /** How often a call that failed is made again. */
  readonly retries: number
  /** False: rows leave as their calls settle. */
  readonly ordered: boolean
  /** What becomes of rows for which all calls failed. */
  readonly onError: 'fail' | 'skip' | 'null'
}

export const lookupJoin = defineOperator<LookupJoinNode>({
  kind: 'lookupJoin',
  output(node, [input]) {
    for (const name of node.in) fieldOf(input!.schema, name)
    const { uniqueKeys: _, ...output } = followColumns(
      input!,
      schemaOf([...input!.schema, ...node.out]),
      name => name,
    )
    return output satisfies NodeOutput
  },
  explain({ function: ref, in: names, how, onError }) {
    const by = names.map(name => JSON.stringify(name)).join(', ')
    const failing = { fail: '', skip: '; rows that fail are left out', null: '; failures find nothing' }
    return `lookupJoin ${how} by ${showRef(ref)} of ${by}${failing[onError]}`
  },
  needs: (node, wanted) => [
    ...[...wanted].filter(name => !node.out.some(field => field.name === name)),
    ...node.in,
  ],
  passesThrough: () => true,
  children: (_node, [input]) => (input!.children ?? 0) + 1,
  notRepeatable: ({ function: ref }) => `${showRef(ref)} may find something else another time`,
  usesFunctions: node => [node.function],
  runtime: () => import('./lookup-runtime.ts'),
})
