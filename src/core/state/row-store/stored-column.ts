/** A column of a row store: cells by slot, in blocks. */

import type { Column } from '../../batch/column.ts'
import type { Arena } from '../../batch/slab.ts'
import { type ColumnType, isBytes, isWideDecimal } from '../../types/column-type.ts'
import { isNested } from '../../types/nested-type.ts'
import { FixedColumn } from './fixed-column.ts'
import { NestedHeap } from './nested-heap.ts'
import type { BlockMemory } from './slots.ts'
import { TextHeap } from './text-heap.ts'
import { TextPool } from './text-pool.ts'

export interface StoredColumn extends BlockMemory {
  readonly type: ColumnType
  /** Memory of its blocks. */
  readonly bytes: number
  /** Writes cells into fresh slots: that of physical row `rows[i]` (or `i`) into `slots[i]`. */
  put(column: Column, rows: Uint32Array | undefined, slots: Uint32Array, count: number): void
  /** The cells of slots that are given back are no longer needed. */
  release(slots: Uint32Array, count: number): void
  /** The same for all slots in use of a block: with it go those that were released, or never used. */
  releaseBlock(block: number, slots: Uint32Array): void
  /** The cells of slots, in memory of the arena; a dictionary lies in memory of its own. */
  take(slots: Uint32Array, arena: Arena): Column
  /**
   * Whether a slot's cell equals that at a physical row: nulls are equal, so are all NaNs, and both zeros.
   *
   * @param exactly the two zeros differ
   */
  matcher(column: Column, exactly: boolean): (slot: number, row: number) => boolean
  /** The order of two slots' cells, as {@link compareCells} has it: nulls last. */
  comparer(): (a: number, b: number) => number
  isNull(slot: number): boolean
}

/**
 * Memory for cells of a type. Text that comes as codes is kept as codes, of a dictionary of the store's own; other text
 * as bytes.
 *
 * @param first the first cells that will be put
 */
export function storedColumn(type: ColumnType, first: Column): StoredColumn {
  if (isNested(type) || isWideDecimal(type)) return new NestedHeap(type)
  if (!isBytes(type)) return new FixedColumn(type)
  return first.dictionary || type === 'dictionary' ? new TextPool(type) : new TextHeap(type)
}
