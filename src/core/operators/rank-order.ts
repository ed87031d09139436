/** Which rows of a key are the first, and what their ranks are. */

import type { Batch } from '../batch/batch.ts'
import { type Column, isNullAt } from '../batch/column.ts'
import { compareCells, type SortKey, sortRows } from '../batch/compare.ts'
import { comparePlaces, placeColumns } from '../batch/place.ts'
import { type Arena, allocInt32, heapArena } from '../batch/slab.ts'
import { fieldIndex, type Schema } from '../types/schema.ts'
import type { TopNNode } from './top-n.ts'

/** The order of a key's rows and how many of them are the first. */
export interface RankOrder {
  readonly n: number
  /** Columns by their places in the rows. */
  readonly by: readonly (SortKey & { readonly descending: boolean })[]
  /** Rows equal to the n-th are among the first, and equal rows have one rank. */
  readonly ties: boolean
  /** Of equal rows the last in place comes first. */
  readonly latest: boolean
}

export const rankOrder = (
  { n, by, ties, latest }: Pick<TopNNode, 'n' | 'by' | 'ties' | 'latest'>,
  schema: Schema,
): RankOrder => ({
  n,
  by: by.map(({ column, descending }) => ({ column: fieldIndex(schema, column), descending })),
  ties: ties === true,
  latest: latest === true,
})

/** Ranks from 0 on as the column of ranks, from 1 on. */
export function rankColumn(ranks: Uint32Array, arena: Arena): Column {
  const values = allocInt32(arena, ranks.length)
  for (let i = 0; i < ranks.length; i++) values[i] = ranks[i]! + 1
  return { type: 'int32', values }
}

/** Whether a physical row of the batch comes before another one of its key. */
export function rankComparer(
  batch: Batch,
  { by, latest }: RankOrder,
): (row: number, other: number) => boolean {
  return (row, other) => {
    for (const { column, descending } of by) {
      const cells = batch.columns[column]!
      const order = compareCells(cells, row, cells, other)
      if (order === 0) continue
      return order < 0 !== (descending && !isNullAt(cells, row) && !isNullAt(cells, other))
    }
    const order = comparePlaces(batch, row, batch, other)
    return latest ? order > 0 : order < 0
  }
}

/**
 * The first rows of each key, key by key: in the order asked for, then by place.
 *
 * @param ids by physical row, a number for its key
 * @returns physical rows; which of its key's each is, from 0 on; and its rank, which equal rows share with `ties`
 */
export function firstOfKeys(
  batch: Batch,
  ids: Uint32Array,
  { n, by, ties, latest }: RankOrder,
): { rows: Uint32Array; numbers: Uint32Array; ranks: Uint32Array } {
  const places = placeColumns(batch, heapArena)
  const width = batch.columns.length
  const columns: Column[] = [...batch.columns, { type: 'uint32', values: ids }, ...places]
  const sorted = sortRows({ ...batch, columns }, [
    { column: width },
    ...by,
    ...places.map((_, i) => ({
      column: width + 1 + i,
      descending: latest,
      nulls: latest ? ('first' as const) : ('last' as const),
    })),
  ])
  const compared = by.map(({ column }) => batch.columns[column]!)
  const tied = (i: number, j: number) => compared.every(column => compareCells(column, i, column, j) === 0)
  const rows = new Uint32Array(sorted.length)
  const numbers = new Uint32Array(sorted.length)
  const ranks = ties ? new Uint32Array(sorted.length) : numbers
  let count = 0
  let number = 0
  let rank = 0
  for (let i = 0; i < sorted.length; i++) {
    const [row, before] = [sorted[i]!, sorted[i - 1]!]
    const follows = i > 0 && ids[row] === ids[before]
    number = follows ? number + 1 : 0
    if (!ties || !follows || !tied(row, before)) rank = number
    if (rank >= n) continue
    numbers[count] = number
    ranks[count] = rank
    rows[count++] = row
  }
  const first = (of: Uint32Array) => of.subarray(0, count)
  return { rows: first(rows), numbers: first(numbers), ranks: first(ranks) }
}
