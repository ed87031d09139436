/** Rows of several batches in one order, each cell copied once: what merging sorted runs comes to. */

import type { Schema } from '../types/schema.ts'
import { type Batch, NO_POSITION, rowCount } from './batch.ts'
import type { Column } from './column.ts'
import { interleaveColumn } from './interleave-column.ts'
import { orderName, PARENT, type RowMeta } from './meta.ts'
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
  invert(rows, to)
  const interleaved = (of: (part: Batch) => Column) =>
    interleaveColumn(parts.map(of), { parts, rows, to }, arena)
  const columns = schema.map((_, c) => interleaved(part => part.columns[c]!))
  if (parts.every(part => areMadeAlike(part, parts[0]!))) {
    const meta: Record<string, Column> = {}
    for (const name in parts[0]!.meta) {
      const c = columnOf(name, parts)
      meta[name] = c < 0 ? interleaved(part => part.meta![name]!) : columns[c]!
    }
    return { schema, length, columns, position: NO_POSITION, meta }
  }
  const joined = concatMeta(parts, columns, heapArena)
  return { schema, length, columns, position: joined.position, ...moved(joined.meta, columns, rows, arena) }
}

// A loop of its own: with it, all that is called above would be optimized.
function invert(rows: Uint32Array, to: Uint32Array): void {
  for (let i = 0; i < rows.length; i++) to[rows[i]!] = i
}

/** Whether an operator made the rows of both, with the same columns of metadata: then these are put in order as they are. */
function areMadeAlike({ meta }: Batch, { meta: other }: Batch): boolean {
  if (!meta || !other || !(orderName(0) in meta)) return false
  const names = Object.keys(meta)
  return (
    names.length === Object.keys(other).length && names.every(name => meta[name]!.type === other[name]?.type)
  )
}

/** The column of all parts that travels with their rows under this name, too; -1 where none does. */
function columnOf(name: string, parts: readonly Batch[]): number {
  const c = parts[0]!.columns.indexOf(parts[0]!.meta![name]!)
  return parts.every(({ columns, meta }) => columns[c] === meta![name]) ? c : -1
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
