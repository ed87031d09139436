/** What a changelog amounts to. */

import { type Batch, rowAt, rowCount } from '../../core/batch/batch.ts'
import { weightsOf } from '../../core/batch/meta.ts'
import { type Row, type RowOptions, rowsOf } from '../../core/batch/rows.ts'

/**
 * The rows that are left when those with negative weights have taken earlier equal ones away, the latest first. A row that
 * is taken away without having been there is made up for by the next equal one.
 */
export function consolidatedRows(batches: readonly Batch[], options?: RowOptions): Row[] {
  if (!batches.some(weightsOf)) return batches.flatMap(batch => rowsOf(batch, options))
  const kept: (Row | undefined)[] = []
  /** By the values of a row: where it is kept, or how often it is owed. */
  const places = new Map<string, number[]>()
  const owed = new Map<string, number>()
  const add = (row: Row, key: string) => {
    const debt = owed.get(key) ?? 0
    if (debt > 0) owed.set(key, debt - 1)
    else {
      const own = places.get(key) ?? []
      places.set(key, own)
      own.push(kept.push(row) - 1)
    }
  }
  const remove = (key: string) => {
    const place = places.get(key)?.pop()
    if (place === undefined) owed.set(key, (owed.get(key) ?? 0) + 1)
    else kept[place] = undefined
  }
  for (const batch of batches) {
    const weights = weightsOf(batch)
    const rows = rowsOf(batch, options)
    const exact = rowsOf(batch, { ...options, timestamps: 'bigint' })
    for (let i = 0; i < rowCount(batch); i++) {
      const weight = weights ? weights[rowAt(batch, i)]! : 1
      const key = keyOf(exact[i]!)
      for (let n = weight; n > 0; n--) add(rows[i]!, key)
      for (let n = weight; n < 0; n++) remove(key)
    }
  }
  return kept.filter(row => row !== undefined)
}

/** A text that only equal rows have. */
const keyOf = (row: Row): string => JSON.stringify(Object.values(row).map(valueKey))

function valueKey(value: unknown): unknown {
  if (typeof value === 'string' || value === null) return value
  const text = Object.is(value, -0) ? '-0' : value instanceof Date ? `${value.getTime()}` : String(value)
  return [typeof value, text]
}
