/** The order in which a row store keeps the rows of each key: by sort keys, then by place. */

import type { Column } from '../../batch/column.ts'
import type { SortKey } from '../../batch/compare.ts'
import { grownFloat64 } from './growing.ts'
import { OrderedIndex } from './ordered-index.ts'
import { sortPrefixes } from './sort-prefix.ts'
import type { StoredColumn } from './stored-column.ts'

/** What the order is by; columns may appear only when the first rows come. */
export interface OrderedColumns {
  column(index: number): StoredColumn
  /** The order of the places of two slots. */
  comparePlaces(a: number, b: number): number
}

export class SortedRows extends OrderedIndex {
  readonly #keys: readonly SortKey[]
  readonly #prefixOf: SlotNumbers
  readonly #compareKeys: (a: number, b: number) => number
  #scratch = new Float64Array(0)

  /** @param latest of rows that the keys do not tell apart, the last in place comes first */
  constructor(keys: readonly SortKey[], columns: OrderedColumns, latest = false) {
    const prefixes = new SlotNumbers()
    const compareKeys = keyComparerOf(keys, columns, prefixes)
    const sign = latest ? -1 : 1
    super((a, b) => compareKeys(a, b) || sign * columns.comparePlaces(a, b) || a - b)
    this.#compareKeys = compareKeys
    this.#keys = keys
    this.#prefixOf = prefixes
  }

  override get bytes(): number {
    return super.bytes + this.#prefixOf.values.byteLength
  }

  override reserve(slots: number): void {
    super.reserve(slots)
    this.#prefixOf.values = grownFloat64(this.#prefixOf.values, slots)
  }

  /** Whether the sort keys do not tell two slots apart. */
  tied(a: number, b: number): boolean {
    return this.#compareKeys(a, b) === 0
  }

  /** Adds rows whose cells were written: physical row `rows[i]` (or `i`) of the columns into `slots[i]`. */
  addRows(
    columns: readonly Column[],
    rows: Uint32Array | undefined,
    slots: Uint32Array,
    keys: Uint32Array | undefined,
    count: number,
  ): void {
    if (this.#scratch.length < count) this.#scratch = new Float64Array(count)
    const [first] = this.#keys
    if (first) sortPrefixes(columns[first.column]!, rows, count, first, this.#scratch)
    const prefixes = this.#prefixOf.values
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!
      if (first) prefixes[slot] = this.#scratch[i]!
      this.add(keys ? keys[i]! : 0, slot)
    }
  }
}

class SlotNumbers {
  values: Float64Array = new Float64Array(0)
}

/** Compares slots by the sort keys. */
function keyComparerOf(
  keys: readonly SortKey[],
  columns: OrderedColumns,
  prefixes: SlotNumbers,
): (a: number, b: number) => number {
  let comparers: ((a: number, b: number) => number)[] | undefined
  return (a, b) => {
    const prefix = prefixes.values[a]! - prefixes.values[b]!
    if (prefix < 0 || prefix > 0) return prefix
    comparers ??= keys.map(key => keyComparer(key, columns.column(key.column)))
    for (const compare of comparers) {
      const order = compare(a, b)
      if (order !== 0) return order
    }
    return 0
  }
}

function keyComparer({ descending, nulls }: SortKey, column: StoredColumn): (a: number, b: number) => number {
  const compare = column.comparer()
  if (!descending && nulls !== 'first') return compare
  return (a, b) => {
    const nullA = column.isNull(a)
    const nullB = column.isNull(b)
    if (nullA || nullB) return (Number(nullA) - Number(nullB)) * (nulls === 'first' ? -1 : 1)
    return descending ? -compare(a, b) : compare(a, b)
  }
}
