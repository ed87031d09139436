import { PlanError } from '../errors.ts'
import type { PlanNode } from '../plan/plan.ts'
import { isText } from '../types/column-type.ts'
import { fieldOf } from '../types/schema.ts'
import { defineOperator } from './define.ts'
import { openExplode } from './explode-runtime.ts'

/** One row for each part of a text column, split at a separator; the other columns repeat. A null makes no row. */
export interface ExplodeNode extends PlanNode {
  readonly kind: 'explode'
  readonly column: string
  /** Not empty. Two separators in a row make an empty part, which is a row like any other. */
  readonly separator: string
  /** The column the parts land in, in place of `column`. */
  readonly as: string
}

export const explode = defineOperator<ExplodeNode>({
  kind: 'explode',
  shape(node, [input]) {
    const { type } = fieldOf(input!.schema, node.column)
    if (!isText(type)) {
      throw new PlanError(
        'EXPLODE_TYPE',
        `explode splits text, but ${JSON.stringify(node.column)} is ${type}`,
      )
    }
    if (node.separator === '')
      throw new PlanError('EXPLODE_SEPARATOR', 'explode needs a separator that is not empty')
    const schema = input!.schema.map(field =>
      field.name === node.column ? { name: node.as, type: 'utf8' as const } : field,
    )
    return { ...input!, schema }
  },
  needs: (node, wanted) => [...[...wanted].filter(name => name !== node.as), node.column],
  explain: node =>
    `explode ${JSON.stringify(node.column)} at ${JSON.stringify(node.separator)} as ${JSON.stringify(node.as)}`,
  open: openExplode,
})
