/** What sinks have got, and what it comes to. */

import type { CollectSink } from '../../src/connectors/memory/collect.ts'
import { rowAt } from '../../src/core/batch/batch.ts'
import { weightsOf } from '../../src/core/batch/meta.ts'
import { rowsOf } from '../../src/core/batch/rows.ts'
import { normal, type Rows, textOf } from './compare.ts'

/** Rows as they left, each with how often it counts: negative where it was taken back. */
export type Changes = readonly { readonly row: readonly unknown[]; readonly weight: number }[]

export const changesIn = ({ batches }: CollectSink): Changes =>
  batches.flatMap(batch => {
    const weights = weightsOf(batch)
    const rows = normal(rowsOf(batch, { timestamps: 'bigint' }).map(row => Object.values(row)))
    return rows.map((row, i) => ({ row, weight: weights ? weights[rowAt(batch, i)]! : 1 }))
  })

/** What is there in the end. @throws Error where rows are taken back that are not there */
export function outcome(changes: Changes): Rows {
  if (changes.every(({ weight }) => weight === 1)) return changes.map(({ row }) => row)
  const counts = new Map<string, { row: readonly unknown[]; count: number }>()
  for (const { row, weight } of changes) {
    const text = row.map(cell => textOf(cell, true)).join(' | ')
    const counted = counts.get(text) ?? { row, count: 0 }
    counted.count += weight
    if (counted.count < 0) throw new Error(`${text} was taken back before it was given`)
    counts.set(text, counted)
  }
  return [...counts.values()].flatMap(({ row, count }) => Array.from({ length: count }, () => row))
}
