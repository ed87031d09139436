import { rowCount } from '../batch/batch.ts'
import { allocUint8 } from '../batch/slab.ts'
import { BYTES } from '../connector.ts'
import type { Json } from '../formats/contract.ts'
import { formatOf } from '../formats/index.ts'
import type { PlanNode } from '../plan.ts'
import type { Operator, OperatorContext } from './contract.ts'
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
  open: openEncode,
})

function openEncode({ format, options }: EncodeNode, { arena, inputs }: OperatorContext): Operator {
  const encoder = formatOf(format).openEncoder!({ schema: inputs[0]!.schema, options })
  return {
    onBatch(batch, _input, emit) {
      const made = encoder.encode(batch)
      const values = allocUint8(arena, made.length)
      values.set(made)
      const { position } = batch
      const columns = [{ type: 'uint8' as const, values }]
      emit({ schema: BYTES, length: made.length, columns, position, encodedRows: rowCount(batch) })
    },
  }
}
