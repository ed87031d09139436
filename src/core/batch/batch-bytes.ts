/** How large batches are, for metrics. */

import { type Batch, rowCount } from './batch.ts'
import { bitmapBytes, type Column } from './column.ts'

/**
 * Bytes of the rows that count: cells, offsets, and which are null. A text held as a code counts as its code, a text of its
 * own as its bytes. Where only some of the rows count, their share.
 */
export function batchBytes(batch: Batch): number {
  const { columns, length, encodedRows } = batch
  if (length === 0) return 0
  let bytes = 0
  for (let i = 0; i < columns.length; i++) bytes += columnBytes(columns[i]!, length)
  return encodedRows === undefined && batch.selection ? Math.round((bytes * rowCount(batch)) / length) : bytes
}

function columnBytes({ values, offsets, validity, children }: Column, length: number): number {
  const nulls = validity ? bitmapBytes(length) : 0
  if (offsets) {
    const inside = offsets[length]! - offsets[0]!
    const cells = children ? childrenBytes(children, inside) : inside
    return nulls + 4 * (length + 1) + cells
  }
  return nulls + (children ? childrenBytes(children, length) : values.byteLength)
}

function childrenBytes(children: readonly Column[], length: number): number {
  let bytes = 0
  for (const child of children) bytes += columnBytes(child, length)
  return bytes
}
