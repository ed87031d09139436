/** Runs an expression over a few rows in every way there is, which must agree. */

import { expect } from 'vitest'
import type { Batch } from '../../../src/core/batch/batch.ts'
import type { Column } from '../../../src/core/batch/column.ts'
import { dictionaryOf } from '../../../src/core/batch/dictionary.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { DataError, PlanError } from '../../../src/core/errors.ts'
import { columnsOf, type Expression } from '../../../src/core/expr/builder.ts'
import { type Cell, cellAt, columnFromCells } from '../../../src/core/expr/cell.ts'
import { compileKernel } from '../../../src/core/expr/compile.ts'
import { type ColumnTypeName, isText } from '../../../src/core/types/column-type.ts'
import { schemaFrom } from '../../../src/core/types/schema.ts'

type Cells = Readonly<Record<string, readonly Cell[]>>
export type Types = Readonly<Record<string, ColumnTypeName>>

function batchOf(types: Types, cells: Cells, coded: boolean): Batch {
  const schema = schemaFrom(types)
  const length = Object.values(cells)[0]!.length
  const columns = schema.map(({ name, type }): Column => {
    const column = columnFromCells(type, cells[name]!, i => i, length, heapArena)
    if (!coded || !isText(type)) return column
    const texts = [...new Set(cells[name]!.filter(cell => cell !== null))]
    const dictionary = columnFromCells('utf8', texts, i => i, texts.length, heapArena)
    const { validity } = column
    return {
      type,
      values: Int32Array.from(cells[name]!, cell => Math.max(0, texts.indexOf(cell as string))),
      dictionary: dictionaryOf(dictionary.values as Uint8Array, dictionary.offsets!),
      ...(validity && { validity }),
    }
  })
  return { schema, length, columns, position: { split: 0, offset: 0 } }
}

/**
 * What an expression gives for each row: by a kernel, by the interpreter, with texts as codes, and beside a null row, all the
 * same.
 */
export function each(types: Types, cells: Cells, expression: (r: any) => Expression<any>): Cell[] {
  const { expr } = expression(columnsOf(schemaFrom(types)))
  const run = (batch: Batch, codegen: boolean): Cell[] => {
    const kernel = compileKernel(batch.schema, [{ kind: 'project', columns: [{ name: 'x', expr }] }], {
      codegen,
    })
    const { columns } = kernel.run(batch, heapArena)
    return Array.from({ length: batch.length }, (_, row) => cellAt(columns[0]!, row))
  }
  const withNulls = Object.fromEntries(
    Object.entries(cells).map(([name, column]) => [name, [...column, null]]),
  )
  const plain = run(batchOf(types, cells, false), true)
  expect(run(batchOf(types, cells, false), false), 'interpreted').toEqual(plain)
  expect(run(batchOf(types, cells, true), true), 'coded').toEqual(plain)
  expect(run(batchOf(types, withNulls, false), true).slice(0, -1), 'beside a null').toEqual(plain)
  expect(run(batchOf(types, withNulls, true), true).slice(0, -1), 'coded, beside a null').toEqual(plain)
  return plain
}

/** The code of the error that the expression is refused with, at once, in the plan or on a row. */
export function codeOf(types: Types, cells: Cells, expression: (r: any) => Expression<any>): string {
  const codes = [true, false].map(codegen => {
    try {
      const { expr } = expression(columnsOf(schemaFrom(types)))
      const batch = batchOf(types, cells, false)
      compileKernel(batch.schema, [{ kind: 'project', columns: [{ name: 'x', expr }] }], { codegen }).run(
        batch,
        heapArena,
      )
    } catch (error) {
      if (error instanceof PlanError || error instanceof DataError) return error.code
      throw error
    }
    return 'no error'
  })
  expect(codes[0]).toBe(codes[1])
  return codes[0]!
}
