/**
 * Batches as bytes: the Arrow IPC file format, which any Arrow tool reads. Snapshots are made of these.
 *
 * Loads apache-arrow.
 */

import { RecordBatch, Schema, Table, tableFromIPC, tableToIPC } from 'apache-arrow'
import { DataError } from '../errors.ts'
import { fromArrowTable, toArrowTable } from './arrow.ts'
import { type Batch, NO_POSITION, type Position } from './batch.ts'
import { heapArena } from './slab.ts'
import { concat } from './take.ts'

/** Schema metadata that keeps where the batch stood in its source. */
const POSITION_KEY = 'millrace.position'

/**
 * The rows that count as an Arrow IPC file. The position is kept when the rows still follow each other from it;
 * `parents` are not.
 */
export function serializeBatch(batch: Batch): Uint8Array {
  const table = toArrowTable(batch.schema, [batch])
  const { selection, parents, position } = batch
  if (selection || parents) return tableToIPC(table, 'file')
  const metadata = new Map([[POSITION_KEY, JSON.stringify(position)]])
  const schema = new Schema(table.schema.fields, metadata)
  return tableToIPC(
    new Table(
      schema,
      table.batches.map(record => new RecordBatch(schema, record.data)),
    ),
    'file',
  )
}

/**
 * The batch of an Arrow IPC file or stream; several record batches become one. It may be a view of `bytes`.
 *
 * @throws {DataError} `CORRUPT_ARROW` when the bytes are no Arrow data, or cut short.
 * @throws {PlanError} `UNSUPPORTED_TYPE` for types Millrace has no column for.
 */
export function deserializeBatch(bytes: Uint8Array): Batch {
  let table: Table
  try {
    table = tableFromIPC(bytes)
  } catch (cause) {
    throw new DataError('CORRUPT_ARROW', `${bytes.length} bytes are not an Arrow IPC file or stream`, {
      cause,
    })
  }
  const { schema, batches } = fromArrowTable(table)
  const position = positionOf(table.schema.metadata.get(POSITION_KEY))
  if (batches.length === 1) return { ...batches[0]!, position }
  return { ...concat(schema, batches, heapArena), position }
}

function positionOf(json: string | undefined): Position {
  if (!json) return NO_POSITION
  try {
    const { split, offset } = JSON.parse(json)
    if (Number.isSafeInteger(split) && Number.isSafeInteger(offset)) return { split, offset }
  } catch {
    // Another tool's metadata: not ours to judge.
  }
  return NO_POSITION
}
