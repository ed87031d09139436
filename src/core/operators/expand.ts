import { type Batch, rowAt, rowCount } from '../batch/batch.ts'
import { columnFrom } from '../batch/build.ts'
import { type Column, isNullAt } from '../batch/column.ts'
import { concatColumn } from '../batch/concat-column.ts'
import { nullColumn } from '../batch/null-column.ts'
import { numberChildren, withChildren } from '../batch/place.ts'
import { allocUint32, heapArena } from '../batch/slab.ts'
import { take, takeColumn } from '../batch/take.ts'
import { PlanError } from '../errors.ts'
import type { PlanNode } from '../plan.ts'
import { type ColumnType, isText } from '../types/column-type.ts'
import { fieldIndex, fieldOf, type Schema, schemaOf } from '../types/schema.ts'
import type { Operator, OperatorContext } from './contract.ts'
import { defineOperator } from './define.ts'
import { followColumns } from './follow-columns.ts'

/** Where the cell of a new column comes from: a column of the row, or a constant, which may be null. */
export type ExpandCell = { readonly column: string } | { readonly value: string | number | null }

/**
 * Several rows of each, with the same columns kept and others made: what `unpivot`, `rollup` and `cube` are of. The rows of
 * one follow one another in the order of `rows`.
 */
export interface ExpandNode extends PlanNode {
  readonly kind: 'expand'
  /** The verb that it is of, for `explain`. */
  readonly verb: string
  /** The columns that stay. */
  readonly keep: readonly string[]
  /** The new columns, after those. */
  readonly made: Schema
  /** By row that is made of each, the cells of the new columns. */
  readonly rows: readonly (readonly ExpandCell[])[]
  /** Rows of which this new column is null are left out. */
  readonly dropNulls?: string
}

export const expand = defineOperator<ExpandNode>({
  kind: 'expand',
  output(node, [input]) {
    const kept = node.keep.map(name => fieldOf(input!.schema, name))
    for (const cells of node.rows) {
      cells.forEach((cell, i) => {
        checkCell(cell, node.made[i]!.type, input!.schema)
      })
    }
    const followed = followColumns(input!, schemaOf([...kept, ...node.made]), name =>
      node.keep.includes(name) ? name : undefined,
    )
    const { uniqueKeys: _, ...rest } = followed
    return rest
  },
  needs: (node, wanted) => [
    ...node.keep.filter(name => wanted.has(name)),
    ...node.rows.flatMap(cells => cells.flatMap(cell => ('column' in cell ? [cell.column] : []))),
  ],
  narrowed: (node, wanted) => ({ ...node, keep: node.keep.filter(name => wanted.has(name)) }) as ExpandNode,
  readsValues: (node, column) =>
    node.rows.some(cells => cells.some(cell => 'column' in cell && cell.column === column)),
  passesThrough: (node, column) => node.keep.includes(column),
  children: (_node, [input]) => (input!.children ?? 0) + 1,
  takesChanges: true,
  explain: ({ verb, rows, made, dropNulls }) =>
    `${verb}: ${rows.length} rows of each, with ${made.map(({ name }) => JSON.stringify(name.replaceAll('\0', ''))).join(', ')}` +
    (dropNulls === undefined ? '' : `, none with a null ${JSON.stringify(dropNulls)}`),
  open: (node, context) => new Expand(node, context),
})

function checkCell(cell: ExpandCell, type: ColumnType, schema: Schema): void {
  if (!('column' in cell)) return
  const found = fieldOf(schema, cell.column).type
  if (found === type || (isText(found) && type === 'utf8')) return
  throw new PlanError(
    'UNPIVOT_TYPE',
    `${JSON.stringify(cell.column)} is ${found}, and goes into a column of ${type}`,
    {
      hint: 'cast it first, so that all of them are of one type',
    },
  )
}

class Expand implements Operator {
  readonly #node: ExpandNode
  readonly #context: OperatorContext
  readonly #kept: readonly number[]
  readonly #dropNulls: number
  /** By new column, its cells where all are constants. */
  readonly #constants: readonly (Column | undefined)[]

  constructor(node: ExpandNode, context: OperatorContext) {
    const { schema } = context.inputs[0]!
    this.#node = node
    this.#context = context
    this.#kept = node.keep.map(name => fieldIndex(schema, name))
    this.#dropNulls = node.made.findIndex(({ name }) => name === node.dropNulls)
    this.#constants = node.made.map(({ type }, c) => {
      const cells = node.rows.map(row => row[c]!)
      if (cells.some(cell => 'column' in cell)) return undefined
      return columnFrom(
        type,
        cells.map(cell => (cell as { value: unknown }).value),
        heapArena,
      )
    })
  }

  onBatch(batch: Batch, _input: number, emit: Parameters<Operator['onBatch']>[2]): void {
    const { arena, output, inputs } = this.#context
    const { from, template } = this.#made(batch)
    const count = from.length
    if (count === 0) return
    const kept = this.#kept.map(column => takeColumn(batch.columns[column]!, from, arena))
    const made = this.#node.made.map(({ type }, c) => this.#column(batch, c, type, from, template))
    const { position, meta } = take({ ...batch, columns: [] }, from, arena)
    const rows: Batch = {
      schema: output.schema,
      length: count,
      columns: [...kept, ...made],
      position,
      ...(meta ? { meta } : {}),
    }
    emit(withChildren(rows, inputs[0]!.children ?? 0, numberChildren(from, 0, count, arena)))
  }

  /** By row that is made: the physical row that it is of, and which of its rows it is. */
  #made(batch: Batch): { from: Uint32Array; template: Uint32Array } {
    const { arena, inputs } = this.#context
    const { rows } = this.#node
    const count = rowCount(batch)
    const from = allocUint32(arena, count * rows.length)
    const template = allocUint32(arena, count * rows.length)
    const tested = rows.map(cells => {
      const cell = cells[this.#dropNulls]
      return cell && 'column' in cell ? batch.columns[fieldIndex(inputs[0]!.schema, cell.column)] : undefined
    })
    let at = 0
    for (let i = 0; i < count; i++) {
      const row = rowAt(batch, i)
      for (let t = 0; t < rows.length; t++) {
        if (tested[t] && isNullAt(tested[t]!, row)) continue
        from[at] = row
        template[at++] = t
      }
    }
    return { from: from.subarray(0, at), template: template.subarray(0, at) }
  }

  #column(batch: Batch, c: number, type: ColumnType, from: Uint32Array, template: Uint32Array): Column {
    const { arena, inputs } = this.#context
    const constants = this.#constants[c]
    if (constants) return takeColumn(constants, template, arena)
    const { rows } = this.#node
    const { length } = batch
    const sources = rows.map((cells): Column => {
      const cell = cells[c]!
      if (!('column' in cell)) return nullColumn(type, length, heapArena)
      // A column of text may hold codes of a dictionary.
      return { ...batch.columns[fieldIndex(inputs[0]!.schema, cell.column)]!, type }
    })
    const parts = rows.map(() => ({ length }))
    const all = concatColumn(sources, parts, length * rows.length, heapArena)
    const at = from.map((row, i) => template[i]! * length + row)
    return takeColumn(all, at, arena)
  }
}
