/** Which files a filter needs, by what their paths say. */

import { columnFrom } from '../../core/batch/build.ts'
import { heapArena } from '../../core/batch/slab.ts'
import type { Expr } from '../../core/expr/expr.ts'
import { interpret } from '../../core/expr/interpret.ts'
import { columnsUsed } from '../../core/expr/type-of.ts'
import type { ColumnType } from '../../core/types/column-type.ts'
import { fieldIndex, type Schema } from '../../core/types/schema.ts'
import type { ScanFile } from './file-format.ts'

/**
 * The files that may have rows which pass: those of which no condition over their partitions alone says otherwise.
 *
 * @param schema the columns of the filter
 */
export function filesThatMayPass(
  files: readonly ScanFile[],
  filter: Expr,
  schema: Schema,
): readonly ScanFile[] {
  if (files.every(({ partitions }) => partitions.length === 0)) return files
  const tests = conjuncts(filter).map(test => ({ test, columns: columnsUsed(test) }))
  return files.filter(file => tests.every(({ test, columns }) => mayBeTrue(file, test, columns, schema)))
}

const conjuncts = (test: Expr): readonly Expr[] =>
  test.kind === 'call' && test.fn === 'and' ? test.args.flatMap(conjuncts) : [test]

function mayBeTrue(file: ScanFile, test: Expr, names: readonly string[], schema: Schema): boolean {
  const cells: unknown[] = []
  const fields = []
  for (const name of names) {
    const partition = file.partitions.find(candidate => candidate.name === name)
    const at = fieldIndex(schema, name)
    if (!partition || at < 0 || file.columns.some(column => column.name === name)) return true
    const cell = cellOf(partition.value, schema[at]!.type)
    if (cell === undefined) return true
    fields.push(schema[at]!)
    cells.push(cell)
  }
  if (fields.length === 0) return true
  const columns = fields.map((field, i) => columnFrom(field.type, [cells[i]], heapArena, field))
  return (
    interpret(test, { schema: fields, length: 1, columns, position: { split: 0, offset: 0 } }, 0) === true
  )
}

/** The value of a piece of a path; undefined where DuckDB is to make it. */
function cellOf(text: string | null, type: ColumnType): unknown {
  if (text === null || type === 'utf8' || type === 'dictionary') return text
  if (type === 'int64' && /^-?\d{1,18}$/.test(text)) return BigInt(text)
  return /^-?\d{1,9}$/.test(text) && (type === 'int32' || type === 'float64') ? Number(text) : undefined
}
