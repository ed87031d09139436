/** Rows by the folders they go to: `year=2026/origin=IAH/`. */

import { type Batch, rowAt, rowCount, withSelection } from '../../core/batch/batch.ts'
import { bitAt, type Column, decodeText, isNullAt, textBytesAt } from '../../core/batch/column.ts'
import { PlanError } from '../../core/errors.ts'
import { isInteger, isText, isWide } from '../../core/types/column-type.ts'
import { type Field, fieldIndex, fieldOf, type Schema } from '../../core/types/schema.ts'

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

/** The rows of a batch by folder, in the order in which folders come up; in their own order in each. */
export function partitionRows(batch: Batch, keys: readonly number[]): { folder: string; rows: Batch }[] {
  const count = rowCount(batch)
  if (count === 0) return []
  if (keys.length === 0) return [{ folder: '', rows: batch }]
  const names = keys.map(key => escaped(batch.schema[key]!.name))
  const columns = keys.map(key => batch.columns[key]!)
  const byFolder = new Map<string, number[]>()
  for (let i = 0; i < count; i++) {
    const row = rowAt(batch, i)
    let folder = ''
    for (let k = 0; k < columns.length; k++) folder += `${names[k]}=${valueAt(columns[k]!, row)}/`
    const rows = byFolder.get(folder)
    if (rows) rows.push(row)
    else byFolder.set(folder, [row])
  }
  return [...byFolder].map(([folder, rows]) => ({
    folder,
    rows: rows.length === batch.length ? batch : withSelection(batch, Uint32Array.from(rows)),
  }))
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
