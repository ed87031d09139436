/** Rows of several batches in one order, each cell copied once: what merging sorted runs comes to. */

import type { Schema } from '../types/schema.ts'
import { type Batch, rowCount } from './batch.ts'
import type { Column } from './column.ts'
import { interleaveColumn } from './interleave-column.ts'
import { PARENT, type RowMeta } from './meta.ts'
import { concatMeta, hasOwnPlace, placeColumns } from './place.ts'
import { type Arena, allocUint32, heapArena } from './slab.ts'
import { takeColumn } from './take-column.ts'

/**
 * The rows that count of all parts, in this order; every row keeps its place and what else travels with it.
 *
 * @param rows numbers of rows, counted through all parts one after the other; each occurs once
 * @param scratch for what is not needed any more when the rows are there
 */
export function interleave(
  schema: Schema,
  parts: readonly Batch[],
  rows: Uint32Array,
  arena: Arena,
  scratch: Arena = heapArena,
): Batch & { readonly selection?: undefined } {
  const { length } = rows
  const to = allocUint32(scratch, length)
  for (let i = 0; i < length; i++) to[rows[i]!] = i
  const columns = schema.map((_, c) =>
    interleaveColumn(
      parts.map(part => part.columns[c]!),
      { parts, rows, to },
      arena,
    ),
  )
  const joined = concatMeta(parts, columns, heapArena)
  return { schema, length, columns, position: joined.position, ...moved(joined.meta, columns, rows, arena) }
}

/** Metadata of joined rows in their new order; what is a column of the batch, too, is so already. */
function moved(
  meta: RowMeta | undefined,
  columns: readonly Column[],
  rows: Uint32Array,
  arena: Arena,
): { meta: RowMeta } {
  const own: Record<string, Column> = {}
  for (const name in meta) {
    const column = meta[name]!
    own[name] = columns.includes(column) ? column : takeColumn(column, rows, arena)
  }
  if (!(meta && (PARENT in meta || hasOwnPlace(meta)))) {
    const values = allocUint32(arena, rows.length)
    values.set(rows)
    own[PARENT] = { type: 'uint32', values }
  }
  return { meta: own }
}

/** Columns that sort the rows of all parts by place, one part after the other. */
export function joinedPlaces(parts: readonly Batch[], arena: Arena): Column[] {
  const bare = parts.map(part => ({ ...part, schema: [], columns: [] }))
  const length = parts.reduce((sum, part) => sum + rowCount(part), 0)
  return placeColumns({ schema: [], columns: [], length, ...concatMeta(bare, [], arena) }, arena)
}
