/** Which row of the right each row of the left found, and the batches that they make. */

import { type Batch, withSelection } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { concatColumn } from '../batch/concat-column.ts'
import { heapArena } from '../batch/slab.ts'
import { take } from '../batch/take.ts'
import { nullColumn, takeNullable } from '../batch/take-nullable.ts'
import type { RowStore } from '../state/row-store/row-store.ts'
import type { AsofLayout } from './asof-join.ts'
import type { Emit, OperatorContext } from './contract.ts'
import { OUTPUT_ROWS } from './define.ts'
import { NO_MATCH } from './newest-rows.ts'

/**
 * Where matches are found: they are rows of those that passed in the step, from their number on slots of the store, or
 * {@link NO_MATCH}.
 */
export interface MatchedRows {
  readonly passed: Batch | undefined
  readonly stored: RowStore | undefined
}

/**
 * Emits rows of the left with what they found.
 *
 * @param left has the places that they leave with
 */
export function emitMatched(
  left: Batch,
  matches: Int32Array,
  from: MatchedRows,
  { layout, context, emit }: { layout: AsofLayout; context: OperatorContext; emit: Emit },
): void {
  const rows = layout.inner ? matchedOnes(matches) : undefined
  const count = rows?.length ?? matches.length
  for (let start = 0; start < count; start += OUTPUT_ROWS) {
    const end = Math.min(start + OUTPUT_ROWS, count)
    const some = rows?.subarray(start, end) ?? range(start, end)
    const found = rows ? Int32Array.from(some, row => matches[row]!) : matches.subarray(start, end)
    emit(joined(take(left, some, context.arena), found, from, layout, context))
  }
}

function range(start: number, end: number): Uint32Array {
  const rows = new Uint32Array(end - start)
  for (let i = 0; i < rows.length; i++) rows[i] = start + i
  return rows
}

function matchedOnes(matches: Int32Array): Uint32Array {
  const rows = new Uint32Array(matches.length)
  let count = 0
  for (let i = 0; i < matches.length; i++) if (matches[i]! >= 0) rows[count++] = i
  return rows.subarray(0, count)
}

function joined(
  left: Batch,
  matches: Int32Array,
  from: MatchedRows,
  { columns }: AsofLayout,
  { arena, inputs, output }: OperatorContext,
): Batch {
  const wanted = columns.filter(({ input }) => input === 1).map(({ column }) => column)
  const right = matchedColumns(matches, from, wanted)
  const at = right.at
  let next = 0
  const cells = columns.map(({ input, column }): Column => {
    if (input === 0) return left.columns[column]!
    const own = right.columns[next++]
    return own ? takeNullable(own, at, arena) : nullColumn(inputs[1]!.schema[column]!.type, at.length, arena)
  })
  return { ...left, schema: output.schema, columns: cells }
}

/** Columns in which all matches are, and where each is there; no columns where there is none. */
export function matchedColumns(
  matches: Int32Array,
  { passed, stored }: MatchedRows,
  wanted: readonly number[],
): { readonly columns: readonly Column[]; readonly at: Int32Array } {
  const count = passed?.length ?? 0
  const rows: number[] = []
  const slots: number[] = []
  for (const match of matches) {
    if (match >= count) slots.push(match - count)
    else if (match >= 0) rows.push(match)
  }
  if (rows.length + slots.length === 0) return { columns: [], at: matches }
  if (slots.length === 0) return { columns: wanted.map(column => passed!.columns[column]!), at: matches }
  const at = new Int32Array(matches.length)
  let [row, slot] = [0, rows.length]
  for (let i = 0; i < at.length; i++)
    at[i] = matches[i]! < 0 ? NO_MATCH : matches[i]! >= count ? slot++ : row++
  const kept = stored!.take(Uint32Array.from(slots), heapArena)
  if (rows.length === 0) return { columns: wanted.map(column => kept.columns[column]!), at }
  const taken = withSelection(passed!, Uint32Array.from(rows))
  const columns = wanted.map(column =>
    concatColumn(
      [passed!.columns[column]!, kept.columns[column]!],
      [taken, kept],
      rows.length + slots.length,
      heapArena,
    ),
  )
  return { columns, at }
}
