/** Marks of rows that hold texts that are none: see `MARKS` of `core/formats/bad-rows.ts`. */

import { type Batch, withSelection } from '../../core/batch/batch.ts'
import { columnFrom } from '../../core/batch/build.ts'
import type { Column } from '../../core/batch/column.ts'
import { nullColumn } from '../../core/batch/null-column.ts'
import { rowsOf } from '../../core/batch/rows.ts'
import { heapArena } from '../../core/batch/slab.ts'
import { MARKS, shownRow } from '../../core/formats/bad-rows.ts'
import type { BadText } from './bad-texts.ts'

/**
 * A column for each of {@link MARKS}.
 *
 * @param batch the rows, without the texts
 * @param bad what they hold instead
 * @param first the number of the first row in its file
 */
export function markColumns(
  batch: Batch,
  bad: readonly BadText[],
  file: string,
  first: number,
): readonly Column[] {
  const { length } = batch
  if (bad.length === 0) return MARKS.map(({ type }) => nullColumn(type, length, heapArena))
  const rows = [...new Set(bad.map(({ row }) => row))].sort((a, b) => a - b)
  const records = rowsOf(withSelection(batch, Uint32Array.from(rows)))
  const cells = new Map(
    rows.map((row, i) => {
      const texts = bad.filter(text => text.row === row)
      const record = { ...records[i] }
      for (const { column, shown } of texts) record[column] = shown
      const { column, shown } = texts[0]!
      const problem = `${JSON.stringify(cut(shown))} is no UTF-8`
      return [row, [file, first + row, null, column, 'CORRUPT_ARROW', problem, shownRow(record)] as const]
    }),
  )
  return MARKS.map(({ type }, m) =>
    columnFrom(
      type,
      Array.from({ length }, (_, row) => cells.get(row)?.[m] ?? null),
      heapArena,
    ),
  )
}

const MAX_SHOWN = 60

/** What is shown of a value. */
export const cut = (text: string): string => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text)
