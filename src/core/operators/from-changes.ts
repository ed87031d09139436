import { PlanError } from '../errors.ts'
import type { PlanNode } from '../plan.ts'
import { fieldOf, schemaOf } from '../types/schema.ts'
import { defineOperator } from './define.ts'
import { followColumns } from './follow-columns.ts'

/**
 * A changelog of rows that say how often they count. Over data that ends: the rows that are left, which stay; one that
 * is taken back more often than it came is not there.
 */
export interface FromChangesNode extends PlanNode {
  readonly kind: 'fromChanges'
  /** The column of weights, which does not leave. 0 is no change; null is an error. */
  readonly weight: string
  /** Columns that no two rows share at one time, as the user says. */
  readonly keys?: readonly string[]
}

/** Types whose values are read as numbers. */
const WEIGHT_TYPES: ReadonlySet<string> = new Set(['int8', 'int16', 'int32', 'uint8', 'uint16', 'uint32'])

export const fromChanges = defineOperator<FromChangesNode>({
  kind: 'fromChanges',
  output({ weight, keys }, [input]) {
    const { type } = fieldOf(input!.schema, weight)
    if (!WEIGHT_TYPES.has(type)) {
      throw new PlanError(
        'CHANGES_WEIGHT',
        `weights are small whole numbers, but ${JSON.stringify(weight)} is ${type}`,
        {
          hint: `cast them first: .with({ ${weight}: r => r.${weight}.cast('int32') })`,
        },
      )
    }
    const left = schemaOf(input!.schema.filter(({ name }) => name !== weight))
    if (left.length === 0) throw new PlanError('NO_COLUMNS', 'fromChanges would leave no column')
    for (const key of keys ?? []) fieldOf(left, key)
    const followed = followColumns(input!, left, name => (name === weight ? undefined : name))
    const { eventTime: _, windowMs: __, windowEnd: ___, uniqueKeys: ____, ...rest } = followed
    const unique = keys ? { uniqueKeys: keys } : {}
    const rows = input!.bounded ? 'append' : 'changes'
    return { ...rest, lateness: false, timeOrdered: false, rows, ...unique }
  },
  explain: ({ weight }) => `changes from rows, weights in ${JSON.stringify(weight)}`,
  // Of rows that end, equal ones cancel out: all their columns say which they are.
  needs: ({ weight, keys = [] }, wanted, input) =>
    input.bounded ? input.schema.map(({ name }) => name) : [...wanted, weight, ...keys],
  passesThrough: ({ weight }, column) => column !== weight,
  routes: ({ weight }, [input]) => [
    input!.bounded
      ? { keys: input!.schema.filter(({ name }) => name !== weight).map(({ name }) => name) }
      : 'any',
  ],
  // Equal rows stand where the first of them stood.
  ordered: () => true,
  children: (_node, [input]) => (input!.children ?? 0) + (input!.bounded ? 1 : 0),
  runtime: () => import('./from-changes-runtime.ts'),
})
