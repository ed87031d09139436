/** Arrays of JavaScript objects as a source. */

import { RowBatcher, type RowLike } from '../../core/batch/build.ts'
import { inferSchema } from '../../core/batch/infer-schema.ts'
import type { Source } from '../../core/connector.ts'
import type { ColumnTypeSpec } from '../../core/types/column-type.ts'
import { fieldOf, type Schema, schemaFrom, schemaOf } from '../../core/types/schema.ts'
import { inReaderMemory, pullReader } from './reader-memory.ts'

/** A schema as a user may give it. */
export type SchemaLike = Schema | Readonly<Record<string, ColumnTypeSpec>>

export const toSchema = (schema: SchemaLike): Schema =>
  Array.isArray(schema) ? schemaOf(schema as Schema) : schemaFrom(schema as Record<string, ColumnTypeSpec>)

/**
 * A bounded source over rows in memory: one split, or one per array when given an array of row arrays. The arrays
 * are read while the job runs, not copied before: leave them alone until it is done.
 *
 * Without a schema the rows are searched for one (see {@link inferSchema}). Values are checked as they are read.
 *
 * @throws {PlanError} `SCHEMA_NEEDED`, `MIXED_TYPES` or `UNSUPPORTED_TYPE` when no schema is given and none is found.
 */
export function rowsSource(
  rows: readonly RowLike[] | readonly (readonly RowLike[])[],
  schema?: SchemaLike,
): Source {
  const parts = (Array.isArray(rows[0]) ? rows : [rows]) as readonly (readonly RowLike[])[]
  const columns = schema ? toSchema(schema) : inferSchema(parts.flat())
  return {
    label: 'rows',
    bounded: true,
    replayable: true,
    canOrder: false,
    canFilter: () => false,
    schema: async () => columns,
    splits: async () => parts.map((part, id) => ({ id, label: `rows ${id}`, rows: part.length })),
    async open(split, { rows: offset }, request, memory) {
      const part = parts[split.id]!
      for (const { name } of request.schema) fieldOf(columns, name)
      const batcher = new RowBatcher(request.schema, Math.min(request.batchRows, part.length), offset)
      let next = offset
      return pullReader(() => {
        if (next >= part.length) return undefined
        const start = next
        next = Math.min(part.length, start + request.batchRows)
        return inReaderMemory(memory, arena =>
          batcher.batch(part.slice(start, next), arena, { split: split.id, offset: start }),
        )
      })
    },
  }
}
