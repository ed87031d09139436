/** The places of rows in their total order (`batch/place.ts`), as columns that a row store keeps beside the rows'. */

import type { Batch } from '../../batch/batch.ts'
import { bytesColumn } from '../../batch/bytes.ts'
import type { Column } from '../../batch/column.ts'
import {
  BRANCH,
  childNames,
  defaultColumn,
  ENCODED,
  isChildName,
  OFFSET,
  orderColumns,
  orderMeta,
  type RowMeta,
  SPLIT,
} from '../../batch/meta.ts'
import { isMade, sourceOffsets, splitAt } from '../../batch/place.ts'
import { baseKeys } from '../../batch/place-key.ts'
import { withScratch } from '../../batch/scratch.ts'
import { type Arena, allocFloat64, allocUint32, heapArena } from '../../batch/slab.ts'
import { takeColumn } from '../../batch/take-column.ts'
import { isText } from '../../types/column-type.ts'
import type { BlockMemory } from './slots.ts'
import { type StoredColumn, storedColumn } from './stored-column.ts'

/** The parts of places that rows may lack. */
const isOptional = (name: string): boolean => name === BRANCH || isChildName(name)

/** The slots that there are, for columns that come late. */
export interface SlotsInUse {
  blocks(): readonly number[]
  all(): Uint32Array
}

export class RowPlaces implements BlockMemory {
  readonly #inUse: SlotsInUse
  /** By name of the metadata, in the order in which they compare. */
  #columns = new Map<string, StoredColumn>()
  #comparers: ((a: number, b: number) => number)[] = []

  constructor(inUse: SlotsInUse) {
    this.#inUse = inUse
  }

  get bytes(): number {
    let total = 0
    for (const column of this.#columns.values()) total += column.bytes
    return total
  }

  addBlock(block: number): void {
    for (const column of this.#columns.values()) column.addBlock(block)
  }

  dropBlock(block: number): void {
    for (const column of this.#columns.values()) column.dropBlock(block)
  }

  release(slots: Uint32Array, count: number): void {
    for (const column of this.#columns.values()) column.release(slots, count)
  }

  releaseBlock(block: number, slots: Uint32Array): void {
    for (const column of this.#columns.values()) column.releaseBlock(block, slots)
  }

  /** Keeps the places of rows: of physical row `rows[i]` (or `i`) in fresh slot `slots[i]`. */
  put(batch: Batch, rows: Uint32Array | undefined, slots: Uint32Array): void {
    withScratch(scratch => {
      this.#put(batch, rows, slots, scratch)
    })
  }

  #put(batch: Batch, rows: Uint32Array | undefined, slots: Uint32Array, scratch: Arena): void {
    let places = longPlaces(batch, rows, scratch)
    if (this.#columns.size > 0 && !this.#alike(places)) {
      if (!isEncoded([...this.#columns.keys()])) this.#encode(slots)
      if (!isEncoded(Object.keys(places))) places = { [ENCODED]: encoded(batch, rows), ...optionalOf(places) }
    }
    for (const name in places) this.#stored(name, places[name]!, slots)
    for (const [name, stored] of this.#columns) {
      const column = places[name] ?? defaultColumn(name, slots.length)!
      stored.put(column, undefined, slots, slots.length)
    }
  }

  /** Whether places are of the kind that is kept; rows may have a branch or a child where others have none. */
  #alike(places: RowMeta): boolean {
    const names = Object.keys(places).filter(name => !isOptional(name))
    const own = [...this.#columns.keys()].filter(name => !isOptional(name))
    return (
      own.length === names.length &&
      names.every(name => {
        const type = this.#columns.get(name)?.type
        return type && (type === places[name]!.type || (isText(type) && isText(places[name]!.type)))
      })
    )
  }

  #stored(name: string, first: Column, fresh: Uint32Array): void {
    if (this.#columns.has(name)) return
    const stored = storedColumn(first.type, first)
    for (const block of this.#inUse.blocks()) stored.addBlock(block)
    if (isOptional(name)) {
      const earlier = withoutSlots(this.#inUse.all(), fresh)
      stored.put(defaultColumn(name, earlier.length)!, undefined, earlier, earlier.length)
    }
    this.#set([...this.#columns, [name, stored]])
  }

  /** Branches lead places, children end them. */
  #set(columns: readonly (readonly [string, StoredColumn])[]): void {
    const rank = (name: string) => (name === BRANCH ? 0 : isOptional(name) ? 2 : 1)
    this.#columns = new Map([...columns].sort(([a], [b]) => rank(a) - rank(b)))
    this.#comparers = [...this.#columns.values()].map(column => column.comparer())
  }

  /** Turns the places of all rows but the fresh ones into bytes, branches and children aside: several kinds come together. */
  #encode(fresh: Uint32Array): void {
    const slots = withoutSlots(this.#inUse.all(), fresh)
    const meta = this.take(slots, heapArena)
    const column = encoded(
      { schema: [], columns: [], length: slots.length, position: NOWHERE, meta },
      undefined,
    )
    for (const [name, column] of this.#columns)
      if (!isOptional(name)) for (const block of this.#inUse.blocks()) column.dropBlock(block)
    this.#set([...this.#columns].filter(([name]) => isOptional(name)))
    this.#stored(ENCODED, column, fresh)
    this.#columns.get(ENCODED)!.put(column, undefined, slots, slots.length)
  }

  /** The places of rows, in long form. */
  take(slots: Uint32Array, arena: Arena): RowMeta {
    return Object.fromEntries([...this.#columns].map(([name, column]) => [name, column.take(slots, arena)]))
  }

  /** The order of two rows. */
  compare(a: number, b: number): number {
    for (const compare of this.#comparers) {
      const order = compare(a, b)
      if (order !== 0) return order
    }
    return 0
  }
}

/** Whether these columns are places in bytes; `encoded` may also be the rest of places that begin with others. */
const isEncoded = (names: readonly string[]): boolean =>
  names.includes(ENCODED) && names.every(name => name === ENCODED || isOptional(name))

const optionalOf = (places: RowMeta): RowMeta =>
  Object.fromEntries(Object.entries(places).filter(([name]) => isOptional(name)))

const NOWHERE = { split: 0, offset: 0 } as const

function withoutSlots(slots: Uint32Array, fresh: Uint32Array): Uint32Array {
  if (slots.length === fresh.length) return slots.subarray(0, 0)
  const left = new Set(fresh)
  return slots.filter(slot => !left.has(slot))
}

/** The places of some rows, in their order, in a form that does not depend on the batch's position. */
function longPlaces(batch: Batch, rows: Uint32Array | undefined, arena: Arena): RowMeta {
  const { meta = {} } = batch
  const taken = (column: Column) => (rows ? takeColumn(column, rows, arena) : column)
  const others = [ENCODED, ...childNames(new Set(Object.keys(meta))), BRANCH]
    .filter(name => meta[name])
    .map(name => [name, taken(meta[name]!)])
  const places = isMade(batch) ? orderMeta(orderColumns(batch).map(taken)) : sourcePlaces(batch, rows, arena)
  return { ...places, ...Object.fromEntries(others) }
}

/** The splits and offsets of rows of a source. */
function sourcePlaces(batch: Batch, rows: Uint32Array | undefined, arena: Arena): RowMeta {
  const { meta, length } = batch
  const count = rows?.length ?? length
  const splits = allocUint32(arena, count)
  const offsets = allocFloat64(arena, count)
  if (meta?.[SPLIT]) for (let i = 0; i < count; i++) splits[i] = splitAt(batch, rows ? rows[i]! : i)
  else splits.fill(batch.position.split)
  sourceOffsets(batch, rows, offsets)
  return {
    [SPLIT]: { type: 'uint32', values: splits },
    [OFFSET]: { type: 'float64', values: offsets },
  }
}

function encoded(batch: Batch, rows: Uint32Array | undefined): Column {
  const keys = baseKeys(batch)
  const count = rows?.length ?? batch.length
  const { validity: _, ...column } = bytesColumn(
    Array.from({ length: count }, (_, i) => keys.key(rows ? rows[i]! : i)),
    heapArena,
  )
  return column
}
