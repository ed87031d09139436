/**
 * Whether the lists in the footer of an Arrow file, and in its messages, can be as long as they say: apache-arrow makes an
 * object per entry, before it looks at what is there.
 */

import { ConnectorError } from '../../core/errors.ts'

/** Kinds of messages. */
export const DICTIONARY_BATCH = 2
export const RECORD_BATCH = 3
const SCHEMA = 1
const BIG_ENDIAN = 1

const BLOCK = 24
const REGION = 16

/** Where the messages of an Arrow file begin. */
export interface Blocks {
  readonly dictionaries: readonly number[]
  readonly records: readonly number[]
}

/** @throws {ConnectorError} `CORRUPT_FILE`, `UNSUPPORTED_FILE` @throws {RangeError} for what lies outside of the footer */
export function checkFooter(footer: Uint8Array, where: string): Blocks {
  const tables = new Tables(footer, `${where} is damaged: a list in its footer is longer than the footer`)
  const root = tables.follow(0)
  const blocks = (field: number) => {
    const { at, length } = tables.list(root, field, BLOCK)
    return Array.from({ length }, (_, i) => tables.int64(at + BLOCK * i))
  }
  const dictionaries = blocks(2)
  const records = blocks(3)
  tables.list(root, 4, 4)
  const schema = tables.field(root, 1)
  if (schema !== 0) checkSchema(tables, tables.follow(schema), where)
  return { dictionaries, records }
}

/**
 * The metadata of a message: what kind it is, and how many bytes of its body follow.
 *
 * @throws {ConnectorError} `CORRUPT_FILE`, `UNSUPPORTED_FILE` @throws {RangeError} for what lies outside of the message
 */
export function checkMessage(message: Uint8Array, where: string): { kind: number; bodyLength: number } {
  const tables = new Tables(message, `${where} is damaged: a list in a message is longer than the message`)
  const root = tables.follow(0)
  const kindAt = tables.field(root, 1)
  const bodyAt = tables.field(root, 3)
  const headerAt = tables.field(root, 2)
  const kind = kindAt === 0 ? 0 : message[kindAt]!
  tables.list(root, 4, 4)
  if (headerAt !== 0) checkHeader(tables, kind, tables.follow(headerAt), where)
  return { kind, bodyLength: bodyAt === 0 ? 0 : tables.int64(bodyAt) }
}

function checkHeader(tables: Tables, kind: number, header: number, where: string): void {
  if (kind === SCHEMA) checkSchema(tables, header, where)
  if (kind === RECORD_BATCH) checkRecordBatch(tables, header)
  if (kind !== DICTIONARY_BATCH) return
  const data = tables.field(header, 1)
  if (data !== 0) checkRecordBatch(tables, tables.follow(data))
}

function checkRecordBatch(tables: Tables, batch: number): void {
  tables.list(batch, 1, REGION)
  tables.list(batch, 2, REGION)
  tables.list(batch, 4, 8)
}

function checkSchema(tables: Tables, schema: number, where: string): void {
  const endianness = tables.field(schema, 0)
  // apache-arrow takes the bytes as they are: every number would be another.
  if (endianness !== 0 && tables.int16(endianness) === BIG_ENDIAN)
    throw new ConnectorError('UNSUPPORTED_FILE', `${where} has its numbers with the high byte first`, {
      hint: 'write it again on a little-endian machine, with pyarrow for example, which reads both',
    })
  checkFields(tables, schema, 1, 0)
  tables.list(schema, 2, 4)
}

function checkFields(tables: Tables, table: number, field: number, depth: number): void {
  if (depth > 100) throw tables.tooLong()
  const { at, length } = tables.list(table, field, 4)
  for (let i = 0; i < length; i++) {
    const own = tables.follow(at + 4 * i)
    checkFields(tables, own, 5, depth + 1)
    tables.list(own, 6, 4)
  }
}

/** Tables of flatbuffers, with a count of the entries of their lists. */
class Tables {
  readonly #view: DataView
  readonly #problem: string
  #entries = 0

  constructor(bytes: Uint8Array, problem: string) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#problem = problem
  }

  /** Where a field of a table is; 0 where it is absent. Fields are numbered from 0. */
  field(table: number, field: number): number {
    const vtable = table - this.#view.getInt32(table, true)
    const slot = 4 + 2 * field
    if (slot >= this.#view.getUint16(vtable, true)) return 0
    const offset = this.#view.getUint16(vtable + slot, true)
    return offset === 0 ? 0 : table + offset
  }

  follow(at: number): number {
    return at + this.#view.getUint32(at, true)
  }

  int16(at: number): number {
    return this.#view.getInt16(at, true)
  }

  int64(at: number): number {
    return Number(this.#view.getBigInt64(at, true))
  }

  /** The first entry of a list, and how many there are; entries of all lists together are no more than bytes. */
  list(table: number, field: number, size: number): { at: number; length: number } {
    const place = this.field(table, field)
    if (place === 0) return { at: 0, length: 0 }
    const list = this.follow(place)
    const length = this.#view.getUint32(list, true)
    this.#entries += length
    const most = this.#view.byteLength
    if (length * size > most || this.#entries > most) throw this.tooLong()
    return { at: list + 4, length }
  }

  tooLong(): ConnectorError {
    return new ConnectorError('CORRUPT_FILE', this.#problem)
  }
}
