/** What encodes, by the format that the plan names. */

import { rowCount, withColumns } from '../batch/batch.ts'
import { allocInt32, allocUint8 } from '../batch/slab.ts'
import { BYTES, BYTES_BY_FOLDER } from '../connector.ts'
import type { BlockEncoder, Json } from '../formats/contract.ts'
import { formatOf } from '../formats/index.ts'
import { Output } from '../formats/output.ts'
import { columnsBeside, keysOf, RowPartitioner } from '../formats/partition-rows.ts'
import type { Schema } from '../types/schema.ts'
import type { Operator, OperatorContext } from './contract.ts'
import type { EncodeNode } from './encode.ts'

export function open({ format, options, partitionBy = [] }: EncodeNode, context: OperatorContext): Operator {
  const { schema } = context.inputs[0]!
  return partitionBy.length > 0
    ? encodeByFolder(schema, partitionBy, openEncoder(format, options), context)
    : encodeAll(openEncoder(format, options)(schema), context)
}

const utf8 = new TextEncoder()

const openEncoder = (format: string, options: Json) => (schema: Schema) =>
  formatOf(format).openEncoder!({ schema, options })

const encodeAll = (encoder: BlockEncoder, { arena }: OperatorContext): Operator => ({
  onBatch(batch, _input, emit) {
    const made = encoder.encode(batch)
    const values = allocUint8(arena, made.length)
    values.set(made)
    const { position } = batch
    const columns = [{ type: 'uint8' as const, values }]
    emit({ schema: BYTES, length: made.length, columns, position, encodedRows: rowCount(batch) })
  },
})

function encodeByFolder(
  schema: Schema,
  partitionBy: readonly string[],
  encoderOf: (schema: Schema) => BlockEncoder,
  { arena }: OperatorContext,
): Operator {
  const keys = keysOf(schema, partitionBy)
  const columns = columnsBeside(schema, keys)
  const own = columns.map(c => schema[c]!)
  const encoder = encoderOf(own)
  const partitioner = new RowPartitioner(schema, keys)
  const bytes = new Output()
  const folders = new Output()
  return {
    onBatch(batch, _input, emit) {
      const partitions = partitioner.divide(batch)
      const folderEnds = allocInt32(arena, partitions.length + 1)
      const byteEnds = allocInt32(arena, partitions.length + 1)
      folderEnds[0] = 0
      byteEnds[0] = 0
      partitions.forEach(({ folder, rows }, i) => {
        bytes.put(
          encoder.encode(
            withColumns(
              rows,
              own,
              columns.map(c => rows.columns[c]!),
            ),
          ),
        )
        folders.put(utf8.encode(folder))
        folderEnds[i + 1] = folders.size
        byteEnds[i + 1] = bytes.size
      })
      const valuesOf = (made: Uint8Array) => {
        const values = allocUint8(arena, made.length)
        values.set(made)
        return values
      }
      emit({
        schema: BYTES_BY_FOLDER,
        length: partitions.length,
        columns: [
          { type: 'utf8', values: valuesOf(folders.take()), offsets: folderEnds },
          { type: 'binary', values: valuesOf(bytes.take()), offsets: byteEnds },
        ],
        position: batch.position,
        encodedRows: rowCount(batch),
      })
    },
  }
}
