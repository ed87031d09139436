/**
 * Keyed state: keys interned to dense ids, groups of keys and windows, and the hash that spreads keys over shards.
 *
 * Invariant: ids, hashes and orders depend on the values of keys only, never on how a batch happens to hold them
 * (dictionary or plain text, width of integers within a column's type). May import `core/batch`, `core/types`,
 * `core/time`, `core/expr/function-cache.ts` and the contracts.
 *
 * This file: the table that gives equal keys of one or more columns equal ids.
 */

import type { Column } from '../batch/column.ts'
import { type Arena, heapArena } from '../batch/slab.ts'
import { type ColumnType, isBytes, isWideDecimal } from '../types/column-type.ts'
import { isNested } from '../types/nested-type.ts'
import { hashKeys } from './hash.ts'
import { type CodeLookup, IntegerIndex, NO_CODE } from './integer-index.ts'
import { NestedIndex } from './nested-index.ts'
import { PairIndex } from './pair-index.ts'
import { TextIndex } from './text-index.ts'

/** Not an id: of keys that {@link KeyTable.find} does not find. */
export const NO_KEY = NO_CODE

const MAX_SHORT_LOOKUP = 1 << 14

type ColumnIndex = IntegerIndex | TextIndex | NestedIndex

function columnIndex(type: ColumnType): ColumnIndex {
  if (isBytes(type)) return new TextIndex(type)
  return isNested(type) || isWideDecimal(type) ? new NestedIndex(type) : new IntegerIndex(type)
}

/**
 * Ids count from 0 in order of first sight. Null is a key like any other; all NaNs are one key, and both zeros.
 * Without columns there is one key, 0.
 */
export class KeyTable {
  readonly types: readonly ColumnType[]
  #indexes: ColumnIndex[] = []
  /** `#pairs[i]` joins the key of columns 0 … i with column i + 1. */
  #pairs: PairIndex[] = []
  #scratch: Uint32Array[] = []
  #keyGroups = new Uint8Array(0)
  #keyGroupsKnown = 0
  #sorted: Uint32Array = new Uint32Array(0)

  constructor(types: readonly ColumnType[]) {
    this.types = types
    this.#clear()
  }

  #clear(): void {
    this.#indexes = this.types.map(columnIndex)
    this.#pairs = this.types.slice(1).map(() => new PairIndex())
    this.#keyGroups = new Uint8Array(0)
    this.#keyGroupsKnown = 0
    this.#sorted = new Uint32Array(0)
    this.#scratch = []
  }

  /** How many keys it knows; every id is below. */
  get size(): number {
    if (this.#pairs.length > 0) return this.#pairs.at(-1)!.size
    return this.#indexes[0]?.size ?? 1
  }

  /** Memory of the table, bytes. */
  get bytes(): number {
    let total = this.#keyGroups.byteLength + this.#sorted.byteLength
    for (const index of this.#indexes) total += index.bytes
    for (const pairs of this.#pairs) total += pairs.bytes
    return total
  }

  /** `ids[i]` becomes the id of the key at physical row `rows[i]` (or `i`), a new one if the key is new. */
  intern(columns: readonly Column[], count: number, rows: Uint32Array | undefined, ids: Uint32Array): void {
    const [first] = columns
    if (!first) {
      ids.fill(0, 0, count)
      return
    }
    if (columns.length === 1) {
      this.#indexes[0]!.intern(first, count, rows, ids)
      return
    }
    const [left, right] = this.#twoScratches(count)
    this.#indexes[0]!.intern(first, count, rows, left)
    let joined = left
    let size = this.#indexes[0]!.size
    for (let c = 1; c < columns.length; c++) {
      const index = this.#indexes[c]!
      const pairs = this.#pairs[c - 1]!
      index.intern(columns[c]!, count, rows, right)
      const out = c === columns.length - 1 ? ids : left
      pairs.intern(joined, size, right, index.size, count, out)
      joined = out
      size = pairs.size
    }
  }

  /** As {@link intern}, for keys that may not be there: new ones are not remembered, and get {@link NO_KEY}. */
  find(columns: readonly Column[], count: number, rows: Uint32Array | undefined, ids: Uint32Array): void {
    const [first] = columns
    if (!first) ids.fill(0, 0, count)
    else if (columns.length === 1) this.#indexes[0]!.find(first, count, rows, ids)
    else {
      const [left, right] = this.#twoScratches(count)
      this.#indexes[0]!.find(first, count, rows, left)
      for (let c = 1; c < columns.length; c++) {
        this.#indexes[c]!.find(columns[c]!, count, rows, right)
        this.#pairs[c - 1]!.find(left, right, count, c === columns.length - 1 ? ids : left)
      }
    }
  }

  /**
   * How a loop may find ids itself; undefined for keys that only {@link intern} finds, or when the array is so long
   * that others of its length should not be made.
   */
  lookup(columns: readonly Column[]): CodeLookup | undefined {
    if (columns.length !== 1) return undefined
    const lookup = this.#indexes[0]!.lookup(columns[0]!)
    return lookup && lookup.array.length <= Math.max(MAX_SHORT_LOOKUP, 4 * this.size) ? lookup : undefined
  }

  /** The id of one key of columns that have a {@link lookup}, which it brings up to date. */
  internRow(columns: readonly Column[], row: number, lookup: CodeLookup): number {
    return this.#indexes[0]!.internRow(columns[0]!, row, lookup)
  }

  #twoScratches(count: number): [Uint32Array, Uint32Array] {
    if (this.#scratch.length === 0 || this.#scratch[0]!.length < count) {
      this.#scratch = [new Uint32Array(count), new Uint32Array(count)]
    }
    return this.#scratch as [Uint32Array, Uint32Array]
  }

  /** The key columns of some ids. Text comes as codes into a dictionary that later calls only extend. */
  columns(ids: Uint32Array, arena: Arena): Column[] {
    const count = ids.length
    const columns: Column[] = []
    let codes = ids
    for (let c = this.#indexes.length - 1; c > 0; c--) {
      const pairs = this.#pairs[c - 1]!
      const own = new Uint32Array(count)
      const rest = new Uint32Array(count)
      for (let i = 0; i < count; i++) {
        own[i] = pairs.second(codes[i]!)
        rest[i] = pairs.first(codes[i]!)
      }
      columns.unshift(this.#indexes[c]!.column(own, count, arena))
      codes = rest
    }
    if (this.#indexes.length > 0) columns.unshift(this.#indexes[0]!.column(codes, count, arena))
    return columns
  }

  /**
   * Canonical order of two ids' keys, column by column: numbers by value, NaN after them, text by UTF-8 bytes, false
   * before true, null after everything.
   */
  compare(a: number, b: number): number {
    return this.#compare(a, b, this.#indexes.length - 1)
  }

  #compare(a: number, b: number, column: number): number {
    if (a === b || column < 0) return 0
    if (column === 0) return this.#indexes[0]!.compare(a, b)
    const pairs = this.#pairs[column - 1]!
    return (
      this.#compare(pairs.first(a), pairs.first(b), column - 1) ||
      this.#indexes[column]!.compare(pairs.second(a), pairs.second(b))
    )
  }

  /** All ids in canonical order of their keys. Valid until the next call of `intern` or `retain`. */
  sorted(): Uint32Array {
    const size = this.size
    const known = this.#sorted.length
    if (known === size) return this.#sorted
    const [only] = this.#indexes
    if (this.#indexes.length === 1 && only instanceof IntegerIndex) {
      const all = only.sorted()
      if (all) return (this.#sorted = all)
    }
    const fresh = new Uint32Array(size - known)
    for (let i = 0; i < fresh.length; i++) fresh[i] = known + i
    const compare = (a: number, b: number): number => this.compare(a, b)
    fresh.sort(compare)
    const old = this.#sorted
    const merged = new Uint32Array(size)
    for (let i = 0, o = 0, f = 0; i < size; i++) {
      if (f === fresh.length || (o < known && this.compare(old[o]!, fresh[f]!) < 0)) merged[i] = old[o++]!
      else merged[i] = fresh[f++]!
    }
    this.#sorted = merged
    return merged
  }

  /** The key group of an id's key. */
  keyGroup(id: number): number {
    const size = this.size
    if (this.#keyGroupsKnown < size) {
      if (this.#keyGroups.length < size) {
        const larger = new Uint8Array(Math.max(64, 2 * size))
        larger.set(this.#keyGroups)
        this.#keyGroups = larger
      }
      const from = this.#keyGroupsKnown
      const ids = new Uint32Array(size - from)
      for (let i = 0; i < ids.length; i++) ids[i] = from + i
      const first = new Int32Array(ids.length)
      hashKeys(this.columns(ids, heapArena), ids.length, undefined, first, new Int32Array(ids.length))
      for (let i = 0; i < ids.length; i++) this.#keyGroups[from + i] = first[i]! >>> 24
      this.#keyGroupsKnown = size
    }
    return this.#keyGroups[id]!
  }

  /**
   * Forgets every key but these: afterwards the key that had id `live[i]` has id `i`. Whoever holds ids must renumber
   * them. This is how the memory of keys without state is freed.
   */
  retain(live: Uint32Array): void {
    const columns = this.columns(live, heapArena)
    const texts = (): readonly (TextIndex | NestedIndex)[] =>
      this.#indexes.flatMap(index => (index instanceof IntegerIndex ? [] : [index]))
    for (const index of texts()) index.release()
    this.#clear()
    this.intern(columns, live.length, undefined, new Uint32Array(live.length))
    // They came as codes of the dictionary that is gone.
    for (const index of texts()) index.forgetDictionaries()
  }
}
