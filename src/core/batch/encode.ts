/**
 * Batches as bytes: the Arrow IPC file format, which any Arrow tool reads. Snapshots are made of these.
 *
 * Loads apache-arrow.
 */

import * as arrow from 'apache-arrow'
import { DataError } from '../errors.ts'
import { type Schema, schemaOf } from '../types/schema.ts'
import { columnTypeOf, fromArrowRecords, fromArrowSchema, toArrowTable } from './arrow.ts'
import { type Batch, NO_POSITION, type Position } from './batch.ts'
import { heapArena } from './slab.ts'
import { concat } from './take.ts'

/** Schema metadata that keeps where the batch stood in its source. */
const POSITION_KEY = 'millrace.position'
/** Schema metadata that keeps the column names: apache-arrow 21 reads an empty one back as `null`, so it gets another. */
const NAMES_KEY = 'millrace.names'

/**
 * The rows that count as an Arrow IPC file. The position is kept when the rows still follow each other from it;
 * `parents` are not.
 */
export function serializeBatch(batch: Batch): Uint8Array {
  const names = new Set(batch.schema.map(field => field.name))
  let unnamed = 'unnamed'
  while (names.has(unnamed)) unnamed += '_'
  const table = toArrowTable(
    batch.schema.map(({ name, type }) => ({ name: name || unnamed, type })),
    [batch],
  )
  const metadata = new Map([[NAMES_KEY, JSON.stringify([...names])]])
  if (!batch.selection && !batch.parents) metadata.set(POSITION_KEY, JSON.stringify(batch.position))
  const schema = new arrow.Schema(table.schema.fields, metadata)
  const records = table.batches.map(record => new arrow.RecordBatch(schema, record.data))
  return arrow.tableToIPC(new arrow.Table(schema, records), 'file')
}

/**
 * The batch of an Arrow IPC file, whoever wrote it; several record batches become one. It may be a view of `bytes`.
 *
 * @throws {DataError} `CORRUPT_ARROW` when the bytes are no Arrow file, or cut short.
 * @throws {PlanError} `UNSUPPORTED_TYPE` for types Millrace has no column for.
 */
export function deserializeBatch(bytes: Uint8Array): Batch {
  const corrupt = (cause?: unknown) =>
    new DataError('CORRUPT_ARROW', `${bytes.length} bytes are not a whole Arrow IPC file`, {
      ...(cause === undefined ? {} : { cause }),
    })
  // The file format begins and ends with its name, so a file cut short shows.
  if (bytes.length < 20 || !isMagic(bytes, 0) || !isMagic(bytes, bytes.length - MAGIC.length)) throw corrupt()
  let table: arrow.Table
  try {
    table = arrow.tableFromIPC(bytes)
  } catch (cause) {
    throw corrupt(cause)
  }
  const schema = namedSchema(table.schema)
  const batches = fromArrowRecords(schema, table.batches)
  const position = positionOf(table.schema.metadata.get(POSITION_KEY))
  if (batches.length === 1) return { ...batches[0]!, position }
  return { ...concat(schema, batches, heapArena), position }
}

const MAGIC = [...'ARROW1'].map(letter => letter.charCodeAt(0))
const isMagic = (bytes: Uint8Array, at: number): boolean => MAGIC.every((byte, i) => bytes[at + i] === byte)

function namedSchema(schema: arrow.Schema): Schema {
  const names = parse(schema.metadata.get(NAMES_KEY))
  if (
    !Array.isArray(names) ||
    names.length !== schema.fields.length ||
    names.some(n => typeof n !== 'string')
  )
    return fromArrowSchema(schema)
  return schemaOf(schema.fields.map((field, c) => ({ name: names[c], type: columnTypeOf(field) })))
}

function positionOf(json: string | undefined): Position {
  const { split, offset } = (parse(json) ?? {}) as Partial<Position>
  return Number.isSafeInteger(split) && Number.isSafeInteger(offset)
    ? { split: split!, offset: offset! }
    : NO_POSITION
}

/** Undefined for what is not JSON: another tool's metadata is not ours to judge. */
function parse(json: string | undefined): unknown {
  try {
    return json === undefined ? undefined : JSON.parse(json)
  } catch {
    return undefined
  }
}
