/** Rows by the folders they go to: `year=2026/origin=IAH/`. */

import { type Batch, rowAt, rowCount, withSelection } from '../batch/batch.ts'
import { bitAt, type Column, decodeText, isNullAt, textBytesAt } from '../batch/column.ts'
import { PlanError } from '../errors.ts'
import { KeyTable } from '../state/key-table.ts'
import { isInteger, isText, isWide } from '../types/column-type.ts'
import { type Field, fieldIndex, fieldOf, type Schema } from '../types/schema.ts'

/** What stands for null; other tools write and read it, too. */
export const NULL_VALUE = '__HIVE_DEFAULT_PARTITION__'

/** What paths, shells and URLs make something else of: control characters, and those that Hive escapes. */
const ESCAPED = /[\p{Cc}"#%'*/:=?\\{[\]^]/gu

/**
 * The places of the columns whose values name folders.
 *
 * @throws {PlanError} `SINK_SCHEMA`, `UNKNOWN_COLUMN`
 */
export function keysOf(schema: Schema, partitionBy: readonly string[]): readonly number[] {
  for (const name of partitionBy) checkKey(fieldOf(schema, name))
  return partitionBy.map(name => fieldIndex(schema, name))
}

/**
 * The places of the other columns, which are in the files.
 *
 * @throws {PlanError} `SINK_SCHEMA` where there is none
 */
export function columnsBeside(schema: Schema, keys: readonly number[]): readonly number[] {
  const columns = schema.map((_, i) => i).filter(i => !keys.includes(i))
  if (columns.length > 0) return columns
  throw new PlanError('SINK_SCHEMA', 'a file has at least one column besides those of its path', {
    hint: 'leave a column out of partitionBy',
  })
}

/** @throws {PlanError} `SINK_SCHEMA` for a column whose values have no one way to be written */
function checkKey({ name, type }: Field): void {
  if (isText(type) || isInteger(type) || isWide(type) || type === 'bool' || type === 'date') return
  throw new PlanError(
    'SINK_SCHEMA',
    `partitionBy takes texts, whole numbers, booleans and dates; ${JSON.stringify(name)} is ${type}`,
    {
      hint: "cast or truncate it: .with({ day: r => r.at.cast('date') })",
    },
  )
}

/** The rows of one folder. */
export interface Partition {
  readonly folder: string
  readonly rows: Batch
}

/** Values that were seen are known by number; with more than so many they are forgotten. */
const MAX_KNOWN = 1 << 16

/** Divides batches of one schema by the folders that their rows go to. */
export class RowPartitioner {
  readonly #schema: Schema
  readonly #keys: readonly number[]
  readonly #names: readonly string[]
  #known: KeyTable
  /** By id of the values. */
  #folders: string[] = []
  /** By id of the values, which partition of the batch at hand has them; -1: none. */
  #partitions = new Int32Array(0)
  #ids = new Uint32Array(0)

  constructor(schema: Schema, keys: readonly number[]) {
    this.#schema = schema
    this.#keys = keys
    this.#names = keys.map(key => escaped(schema[key]!.name))
    this.#known = this.#newTable()
  }

  /** In the order in which folders come up; rows in their own order in each. */
  divide(batch: Batch): readonly Partition[] {
    const count = rowCount(batch)
    if (count === 0) return []
    if (this.#keys.length === 0) return [{ folder: '', rows: batch }]
    const ids = this.#idsOf(batch, count)
    const found = this.#countRows(ids, count)
    const [first] = found
    if (found.length === 1) return [{ folder: this.#folderOf(first!.id, batch, 0), rows: batch }]
    const partitions = found.map(({ id, firstRow, count }) => ({
      folder: this.#folderOf(id, batch, firstRow),
      selection: new Uint32Array(count),
    }))
    const sizes = new Uint32Array(found.length)
    for (let i = 0; i < count; i++) {
      const at = this.#partitions[ids[i]!]!
      partitions[at]!.selection[sizes[at]!++] = rowAt(batch, i)
    }
    for (const { id } of found) this.#partitions[id] = -1
    return partitions.map(({ folder, selection }) => ({ folder, rows: withSelection(batch, selection) }))
  }

  #idsOf(batch: Batch, count: number): Uint32Array {
    if (this.#known.size > MAX_KNOWN) {
      this.#known = this.#newTable()
      this.#folders = []
    }
    if (this.#ids.length < count) this.#ids = new Uint32Array(count)
    const columns = this.#keys.map(key => batch.columns[key]!)
    this.#known.intern(columns, count, batch.selection, this.#ids)
    if (this.#partitions.length < this.#known.size)
      this.#partitions = new Int32Array(2 * this.#known.size).fill(-1)
    return this.#ids
  }

  /** How many rows each partition has, in the order in which they come up; which one has an id is kept, of several. */
  #countRows(ids: Uint32Array, count: number) {
    const found: { readonly id: number; readonly firstRow: number; count: number }[] = []
    for (let i = 0; i < count; i++) {
      const id = ids[i]!
      // Rows that follow one another are mostly of one folder.
      let next = i + 1
      while (next < count && ids[next] === id) next++
      if (this.#partitions[id] === -1) {
        this.#partitions[id] = found.length
        found.push({ id, firstRow: i, count: 0 })
      }
      found[this.#partitions[id]!]!.count += next - i
      i = next - 1
    }
    if (found.length === 1) this.#partitions[found[0]!.id] = -1
    return found
  }

  #folderOf(id: number, batch: Batch, firstRow: number): string {
    const known = this.#folders[id]
    if (known !== undefined) return known
    const row = rowAt(batch, firstRow)
    let folder = ''
    this.#keys.forEach((key, k) => {
      folder += `${this.#names[k]}=${valueAt(batch.columns[key]!, row)}/`
    })
    this.#folders[id] = folder
    return folder
  }

  #newTable(): KeyTable {
    return new KeyTable(this.#keys.map(key => this.#schema[key]!.type))
  }
}

/** A text that is one piece of a path, and never hidden. */
const escaped = (text: string): string => hexed(text).replace(/^[._]/, hex)

const hexed = (text: string): string => text.replace(ESCAPED, hex)

/** What `encodeURIComponent` leaves alone is escaped, too. */
const hex = (character: string): string => {
  const encoded = encodeURIComponent(character)
  if (encoded !== character) return encoded
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

function valueAt(column: Column, row: number): string {
  if (isNullAt(column, row)) return NULL_VALUE
  const { type, values } = column
  if (isText(type)) {
    const text = hexed(decodeText(textBytesAt(column, row)))
    return text === NULL_VALUE ? text.replace('_', '%5F') : text
  }
  if (type === 'bool') return String(bitAt(values as Uint8Array, row))
  if (type === 'date') return new Date(Number(values[row]) * 86_400_000).toISOString().slice(0, 10)
  return String(values[row])
}
