/** What encodes, by the format that the plan names. */

import { rowCount } from '../batch/batch.ts'
import { allocUint8 } from '../batch/slab.ts'
import { BYTES } from '../connector.ts'
import { formatOf } from '../formats/index.ts'
import type { Operator, OperatorContext } from './contract.ts'
import type { EncodeNode } from './encode.ts'

export function open({ format, options }: EncodeNode, { arena, inputs }: OperatorContext): Operator {
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
