/** Columns that the paths of files name: their types, their values, and which files a filter leaves out by them. */

import { columnFrom } from '../../core/batch/build.ts'
import { heapArena } from '../../core/batch/slab.ts'
import { DataError } from '../../core/errors.ts'
import type { Expr } from '../../core/expr/expr.ts'
import { interpret } from '../../core/expr/interpret.ts'
import { columnsUsed } from '../../core/expr/type-of.ts'
import { type ColumnType, isFloat, isInteger, isText, isWide } from '../../core/types/column-type.ts'
import { type Field, fieldOf, type Schema } from '../../core/types/schema.ts'
import type { Partition } from './find-files.ts'

/** What has partitions. */
export interface Partitioned {
  readonly partitions: readonly Partition[]
}

/** What the paths of files say, with types: whole numbers or days where all of them are, else text. */
export function partitionFields(files: readonly Partitioned[]): Field[] {
  const values = new Map<string, (string | null)[]>()
  for (const { partitions } of files) {
    for (const { name, value } of partitions) {
      const all = values.get(name)
      if (all) all.push(value)
      else values.set(name, [value])
    }
  }
  return [...values].map(([name, texts]) => ({ name, type: partitionType(texts) }))
}

function partitionType(texts: readonly (string | null)[]): ColumnType {
  const known = texts.filter(text => text !== null)
  if (known.length === 0) return 'utf8'
  if (known.every(text => isInt64(text))) return 'int64'
  return known.every(isDate) ? 'date' : 'utf8'
}

/** A number as it is written, so that it could be written back: `007` is none. */
const isInt64 = (text: string): boolean =>
  /^(?:0|-?[1-9]\d{0,18})$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)

function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}

/**
 * The value of a field in all rows of a file; null where its path does not name it.
 *
 * @throws {DataError} `VALUE_TYPE` for a value that the field's type cannot hold
 */
export function partitionCell({ partitions }: Partitioned, { name, type }: Field, file: string): unknown {
  const text = partitions.find(partition => partition.name === name)?.value ?? null
  if (text === null || isText(type)) return text
  const cell = cellOf(text, type)
  if (cell !== undefined) return cell
  throw new DataError(
    'VALUE_TYPE',
    `the path of ${file} says ${JSON.stringify(name)} is ${JSON.stringify(text)}, which is not a value of ${type}`,
    { hint: "read it as 'utf8'" },
  )
}

function cellOf(text: string, type: ColumnType): unknown {
  if (type === 'date') return isDate(text) ? new Date(`${text}T00:00:00Z`) : undefined
  if (type === 'bool') return { true: true, false: false }[text]
  if (isWide(type) || isInteger(type)) {
    if (!/^-?\d+$/.test(text)) return undefined
    return isInteger(type) ? Number(text) : BigInt(text)
  }
  const number = Number(text)
  return isFloat(type) && text.trim() !== '' && !Number.isNaN(number) ? number : undefined
}

/** Whether a filter is of partitions alone. */
export const isOfPartitions = (test: Expr, isPartition: (name: string) => boolean): boolean => {
  const names = columnsUsed(test)
  return names.length > 0 && names.every(isPartition)
}

/** Whether the rows of a file pass a filter of its partitions. */
export function passes(file: Partitioned & { readonly path: string }, test: Expr, schema: Schema): boolean {
  const fields = columnsUsed(test).map(name => fieldOf(schema, name))
  const columns = fields.map(field =>
    columnFrom(field.type, [partitionCell(file, field, file.path)], heapArena, field),
  )
  return (
    interpret(test, { schema: fields, length: 1, columns, position: { split: 0, offset: 0 } }, 0) === true
  )
}
