import { type Batch, rowCount } from '../batch/batch.ts'
import { constantColumn, WEIGHT, weightsOf } from '../batch/meta.ts'
import type { NodeOutput, PlanNode } from '../plan.ts'
import { schemaOf } from '../types/schema.ts'
import type { Operator, OperatorContext } from './contract.ts'
import { defineOperator } from './define.ts'

/** The rows of a changelog as rows that stay, with a column that says how often each counts. */
export interface ChangesNode extends PlanNode {
  readonly kind: 'changes'
  /** The column of weights: +1 for a row that came, −1 for one that is taken back. */
  readonly as: string
}

const isChangelog = (input: NodeOutput | undefined): boolean => input?.rows === 'changes'

export const changes = defineOperator<ChangesNode>({
  kind: 'changes',
  output({ as }, [input]) {
    const schema = schemaOf([...input!.schema, { name: as, type: 'int32' }])
    if (!isChangelog(input)) return { ...input!, schema }
    const { uniqueKeys: _, ...rest } = input!
    return { ...rest, schema, rows: 'append' }
  },
  explain: ({ as }) => `changes as rows, weights as ${JSON.stringify(as)}`,
  needs: ({ as }, wanted) => [...wanted].filter(name => name !== as),
  readsValues: () => false,
  passesThrough: () => true,
  takesChanges: true,
  // A row and what takes it back have one place: from here on they are rows of their own, numbered as they come.
  routes: (_node, inputs) => [isChangelog(inputs[0]) ? 'one' : 'any'],
  children: (_node, [input]) => (isChangelog(input) ? 0 : (input!.children ?? 0)),
  notRepeatable: (_node, [input]) =>
    isChangelog(input) ? 'which changes there are goes by the batches in which rows come' : undefined,
  open: (_node, context) => (isChangelog(context.inputs[0]) ? openChangelog(context) : openAppend(context)),
})

function openChangelog({ output }: OperatorContext): Operator {
  let next = 0
  return {
    onBatch(batch, _input, emit) {
      if (rowCount(batch) === 0) return
      const { meta: _, ...rows } = withWeights(batch, output)
      emit({ ...rows, position: { split: 0, offset: next } })
      next += batch.length
    },
    save: to => to.scalars({ next }),
    load(from) {
      next = from.scalars()?.next ?? next
    },
  }
}

const openAppend = ({ output }: OperatorContext): Operator => ({
  onBatch: (batch, _input, emit) => emit(withWeights(batch, output)),
})

function withWeights(batch: Batch, { schema }: NodeOutput): Batch {
  const values = weightsOf(batch)
  const weights = values ? batch.meta![WEIGHT]! : constantColumn('int32', 1, batch.length)
  return { ...batch, schema, columns: [...batch.columns, weights] }
}
