/**
 * Rows that an operator keeps: the one structure for joins, top-N, distinct, and rows held back.
 *
 * A row lives in a slot, its number until it is removed. Cells lie in columns of blocks of 4096 slots, which grow without
 * copying; the block is also what a save writes when a row of it changed. What finds rows are arrays by slot beside the
 * columns: chains per key, an index by all cells, an order per key, times at which rows are due. Each is there only
 * when asked for. Nothing here is an object per row.
 *
 * This folder may import `core/batch`, `core/types` and its neighbours in `core/state`.
 */

import { type Batch, NO_POSITION, rowCount } from '../../batch/batch.ts'
import type { Column } from '../../batch/column.ts'
import type { SortKey } from '../../batch/compare.ts'
import { WEIGHT, weightsOf } from '../../batch/meta.ts'
import { type Arena, allocInt32, heapArena } from '../../batch/slab.ts'
import { itemsAt } from '../../batch/take-column.ts'
import { type Field, fieldIndex, type Schema } from '../../types/schema.ts'
import { stateMemory } from '../state-memory.ts'
import type { StateReader } from '../state-reader.ts'
import type { StateWriter } from '../state-writer.ts'
import { BlockTimes } from './block-times.ts'
import { grownInt32 } from './growing.ts'
import { KeyChains, type Matches } from './key-chains.ts'
import { RowChanges } from './row-changes.ts'
import { RowPlaces } from './row-places.ts'
import { Slots } from './slots.ts'
import { SortedRows } from './sorted-rows.ts'
import { type StoredColumn, storedColumn } from './stored-column.ts'
import { TimeWheel } from './time-wheel.ts'

export interface RowStoreOptions {
  readonly schema: Schema
  /** Rows have a key id and can be found by it. */
  readonly keyed?: boolean
  /** Rows count as often as their batch's weights say. Without it all count once. */
  readonly weighted?: boolean
  /** The place of rows in their order is kept. */
  readonly places?: boolean
  /** Equal rows are one, with a weight: rows change by {@link RowStore.change}. Implies `weighted`. */
  readonly distinct?: boolean
  /** The rows of each key (or all) are in this order, then in that of their places. */
  readonly order?: readonly SortKey[]
  /** With `order`: the last in place comes first of rows that it does not tell apart. */
  readonly latest?: boolean
  /** Rows are due at a time: they are named then by {@link RowStore.expire}, or removed a block at a time by `removeDue`. */
  readonly expires?: boolean | 'by block'
  /** The operator keeps a number per row, 0 at first; see {@link RowStore.setNumber}. */
  readonly numbered?: boolean
}

/** What goes with rows besides what their batch has, by row inserted. */
export interface RowsWith {
  /** The id of each row's key. */
  readonly keys?: Uint32Array | undefined
  /** When each row is due, in whole ms; Infinity for never. */
  readonly dueMs?: Float64Array | undefined
}

/** The column of saved rows that says when they are due: a name that no schema has. */
const DUE: Field = { name: '\0due', type: 'float64' }
/** And the number that the operator keeps. */
const NUMBER: Field = { name: '\0number', type: 'int32' }

export class RowStore {
  readonly schema: Schema
  readonly #slots: Slots
  /** Made with the first rows: how text is kept depends on how it comes. */
  #columns: readonly StoredColumn[] | undefined
  /** Blocks that have memory. */
  readonly #blocks: number[] = []
  readonly #places: RowPlaces | undefined
  readonly #chains: KeyChains | undefined
  readonly #wheel: TimeWheel | undefined
  readonly #blockTimes: BlockTimes | undefined
  readonly #sorted: SortedRows | undefined
  readonly #changes: RowChanges | undefined
  readonly #weighted: boolean
  #weights: Int32Array = new Int32Array(0)
  /** By slot; undefined: there are none. */
  #numbers: Int32Array | undefined
  #allocated = new Uint32Array(0)
  #reserved = 0

  constructor(options: RowStoreOptions) {
    const { schema, keyed, weighted, places, distinct, order, latest, expires, numbered } = options
    this.schema = schema
    this.#weighted = weighted === true || distinct === true
    this.#numbers = numbered ? new Int32Array(0) : undefined
    this.#slots = new Slots(this.#memory())
    this.#places = places
      ? new RowPlaces({ blocks: () => this.#blocks, all: () => this.#slots.all() })
      : undefined
    this.#chains = keyed ? new KeyChains() : undefined
    this.#wheel = expires === true ? new TimeWheel() : undefined
    this.#blockTimes = expires === 'by block' ? new BlockTimes() : undefined
    this.#sorted = order
      ? new SortedRows(
          order,
          {
            column: index => this.#columns![index]!,
            comparePlaces: (a, b) => this.#places?.compare(a, b) ?? 0,
          },
          latest,
        )
      : undefined
    this.#changes = distinct ? new RowChanges() : undefined
  }

  /** Rows in the store. */
  get count(): number {
    return this.#slots.count
  }

  /** Every slot is below. */
  get slotsEnd(): number {
    return this.#slots.capacity
  }

  /** Memory, bytes. */
  get bytes(): number {
    let total = this.#slots.bytes + this.#weights.byteLength + (this.#numbers?.byteLength ?? 0)
    for (const column of this.#columns ?? []) total += column.bytes
    for (const part of [
      ...[this.#places, this.#chains, this.#wheel, this.#blockTimes],
      ...[this.#sorted, this.#changes],
    ])
      total += part?.bytes ?? 0
    return total
  }

  /** The rows of each key in the order asked for. */
  get sorted(): SortedRows {
    return this.#sorted!
  }

  /** Gives all memory back: the store is no longer used. */
  close(): void {
    for (const block of this.#blocks.splice(0)) {
      for (const column of this.#columns!) column.dropBlock(block)
      this.#places?.dropBlock(block)
    }
    stateMemory.letGo(this.bytes)
  }

  // Blocks of all columns come and go together.
  #memory() {
    return {
      addBlock: (block: number) => {
        this.#blocks.push(block)
        for (const column of this.#columns!) column.addBlock(block)
        this.#places?.addBlock(block)
      },
      dropBlock: (block: number) => {
        this.#blocks.splice(this.#blocks.indexOf(block), 1)
        for (const column of this.#columns!) column.dropBlock(block)
        this.#places?.dropBlock(block)
      },
    }
  }

  /**
   * Inserts rows: physical row `rows[i]` of the batch, or the `i`-th that counts without `rows`. Copies what it keeps.
   *
   * @returns the slot of each row; valid until the next call
   */
  insert(batch: Batch, rows: Uint32Array | undefined, along: RowsWith = {}): Uint32Array {
    const physical = rows ?? batch.selection
    const count = rows?.length ?? rowCount(batch)
    const slots = this.#allocate(batch.columns, count)
    this.#write(batch, physical, slots, along)
    return slots
  }

  #allocate(columns: readonly Column[], count: number): Uint32Array {
    this.#columns ??= columns.map((column, i) => storedColumn(this.schema[i]!.type, column))
    if (this.#allocated.length < count) this.#allocated = new Uint32Array(Math.max(count, 1024))
    this.#slots.allocate(count, this.#allocated)
    this.#reserve()
    return this.#allocated.subarray(0, count)
  }

  #reserve(): void {
    const capacity = this.#slots.capacity
    if (capacity <= this.#reserved) return
    this.#reserved = capacity
    this.#chains?.reserve(capacity)
    this.#wheel?.reserve(capacity)
    this.#blockTimes?.reserve(capacity)
    this.#sorted?.reserve(capacity)
    this.#changes?.reserve(capacity)
    if (this.#weighted) this.#weights = grownInt32(this.#weights, capacity)
    if (this.#numbers) this.#numbers = grownInt32(this.#numbers, capacity)
  }

  /** Writes rows into slots that are allocated. */
  #write(batch: Batch, rows: Uint32Array | undefined, slots: Uint32Array, along: RowsWith): void {
    const count = slots.length
    this.#columns!.forEach((column, i) => {
      column.put(batch.columns[i]!, rows, slots, count)
    })
    this.#places?.put(batch, rows, slots)
    const weights = weightsOf(batch)
    const { keys, dueMs } = along
    if (this.#weighted)
      for (let i = 0; i < count; i++) this.#weights[slots[i]!] = weights ? weights[rows ? rows[i]! : i]! : 1
    if (this.#numbers) for (let i = 0; i < count; i++) this.#numbers[slots[i]!] = 0
    this.#attach(batch.columns, rows, slots, { keys, dueMs })
  }

  /** Enters written rows into the indexes. */
  #attach(
    columns: readonly Column[],
    rows: Uint32Array | undefined,
    slots: Uint32Array,
    { keys, dueMs }: RowsWith,
  ): void {
    const count = slots.length
    this.#chains?.add(slots, keys!, count)
    this.#wheel?.add(slots, dueMs!, count)
    this.#blockTimes?.add(slots, dueMs!, count)
    this.#sorted?.addRows(columns, rows, slots, keys, count)
  }

  /**
   * Changes how often rows count, in the order given: a row that equals none is inserted, one whose weight becomes 0 is
   * removed. Cells are equal as in keys: nulls and NaNs are, and both zeros. Of equal rows the first one's place is kept. Stores of `distinct` rows only.
   *
   * @returns the slot of each row, {@link NO_SLOT} where it is gone; valid until the next call
   */
  change(batch: Batch, rows: Uint32Array | undefined, along: RowsWith = {}): Uint32Array {
    const changes = this.#changes!
    const physical = rows ?? batch.selection
    const count = rows?.length ?? rowCount(batch)
    this.#columns ??= batch.columns.map((column, i) => storedColumn(this.schema[i]!.type, column))
    const matchers = this.#columns.map((column, i) => column.matcher(batch.columns[i]!, false))
    const { slots, inserted, removed } = changes.apply(batch, physical, count, {
      allocate: () => this.#allocate(batch.columns, 1)[0]!,
      weights: () => this.#weights,
      touch: slot => this.#slots.touch(slot),
      isRow(slot, row) {
        for (const matches of matchers) if (!matches(slot, row)) return false
        return true
      },
    })
    this.#insertChanged(batch, physical, inserted, along)
    this.#detach(removed.written)
    this.#slots.free(removed.written)
    this.#slots.free(removed.unwritten)
    return slots
  }

  #insertChanged(
    batch: Batch,
    physical: Uint32Array | undefined,
    { slots, at }: { slots: Uint32Array; at: Uint32Array },
    { keys, dueMs }: RowsWith,
  ): void {
    if (slots.length === 0) return
    const weights = slots.map(slot => this.#weights[slot]!)
    this.#write(batch, physical ? itemsAt(physical, at) : at, slots, {
      keys: keys && itemsAt(keys, at),
      dueMs: dueMs && Float64Array.from(at, i => dueMs[i]!),
    })
    for (let i = 0; i < slots.length; i++) this.#weights[slots[i]!] = weights[i]!
  }

  /** Removes rows. */
  remove(slots: Uint32Array): void {
    if (slots.length === 0) return
    this.#changes?.remove(slots)
    this.#detach(slots)
    this.#slots.free(slots)
  }

  /** Takes written rows out of the indexes, and lets go of their cells. */
  #detach(slots: Uint32Array): void {
    const count = slots.length
    const { sorted } = this
    if (sorted)
      for (let i = 0; i < count; i++)
        sorted.remove(this.#chains ? this.#chains.keyOf(slots[i]!) : 0, slots[i]!)
    this.#chains?.remove(slots, count)
    this.#wheel?.remove(slots, count)
    for (const column of this.#columns!) column.release(slots, count)
    this.#places?.release(slots, count)
  }

  /** How often a row counts. */
  weightOf(slot: number): number {
    return this.#weighted ? this.#weights[slot]! : 1
  }

  /** The number that the operator keeps for a row. */
  numberOf(slot: number): number {
    return this.#numbers![slot]!
  }

  setNumber(slot: number, value: number): void {
    if (this.#numbers![slot] === value) return
    this.#numbers![slot] = value
    this.#slots.touch(slot)
  }

  /** The key id of a row. */
  keyOf(slot: number): number {
    return this.#chains!.keyOf(slot)
  }

  /** How many slots a key has. */
  countOf(key: number): number {
    return this.#chains!.countOf(key)
  }

  /** The slots of one key, in the order in which they came. */
  slotsOf(key: number): Uint32Array {
    return this.#chains!.slotsOf(key)
  }

  /** All slots, ascending. */
  all(): Uint32Array {
    return this.#slots.all()
  }

  /** Finds the rows of keys; see {@link KeyChains.probe}. */
  probe(keys: Uint32Array, count: number, out: Matches, limit?: number): boolean {
    return this.#chains!.probe(keys, count, out, limit)
  }

  /** Key `live[i]` is called `i` from now on; other keys have no rows. See {@link KeyTable.retain}. */
  renumberKeys(live: Uint32Array): void {
    this.#chains?.renumber(live)
    this.#sorted?.renumber(live)
  }

  /**
   * Rows due by `upToMs`, in no particular order; they stay until they are removed, but are named once only. At most
   * `limit`: fewer are all there were.
   */
  expire(upToMs: number, limit?: number): Uint32Array {
    return this.#wheel!.take(upToMs, limit)
  }

  /** Removes rows that are due by `upToMs`, of stores whose rows expire by block: whole blocks, once all of their rows are. */
  removeDue(upToMs: number): void {
    for (const block of this.#blockTimes!.take(upToMs)) {
      const slots = this.#slots.slotsOf(block)
      this.#chains?.remove(slots)
      for (const column of this.#columns!) column.releaseBlock(block, slots)
      this.#places?.releaseBlock(block, slots)
      this.#slots.empty(block)
    }
  }

  /** Whether a slot's row is the same as a physical row of the batch in all cells: NaNs are, the two zeros are not. */
  matcher(batch: Batch): (slot: number, row: number) => boolean {
    const matchers = (this.#columns ?? []).map((column, i) => column.matcher(batch.columns[i]!, true))
    return (slot, row) => {
      for (const matches of matchers) if (!matches(slot, row)) return false
      return true
    }
  }

  /** The cells of rows as columns, in memory of the arena. */
  columns(slots: Uint32Array, arena: Arena): Column[] {
    return this.#columns ? this.#columns.map(column => column.take(slots, arena)) : []
  }

  /** The cells of rows in one column, in memory of the arena. There is a row. */
  column(index: number, slots: Uint32Array, arena: Arena): Column {
    return this.#columns![index]!.take(slots, arena)
  }

  /** Rows as a batch, with their weights and places, in memory of the arena. */
  take(slots: Uint32Array, arena: Arena): Batch {
    const batch = this.takeMeta(slots, arena)
    return { ...batch, schema: this.schema, columns: this.columns(slots, arena) }
  }

  /** The same without columns. */
  takeMeta(slots: Uint32Array, arena: Arena): Batch {
    const weights = this.weights(slots, arena)
    const meta = { ...this.#places?.take(slots, arena), ...(weights ? { [WEIGHT]: weights } : {}) }
    const batch = { schema: [], length: slots.length, columns: [], position: NO_POSITION }
    return Object.keys(meta).length > 0 ? { ...batch, meta } : batch
  }

  /** How often rows count; undefined where all count once. */
  weights(slots: Uint32Array, arena: Arena): Column | undefined {
    if (!this.#weighted) return undefined
    const all = this.#weights
    let some = false
    for (let i = 0; i < slots.length && !some; i++) some = all[slots[i]!] !== 1
    if (!some) return undefined
    const values = allocInt32(arena, slots.length)
    for (let i = 0; i < slots.length; i++) values[i] = all[slots[i]!]!
    return { type: 'int32', values }
  }

  /**
   * Writes the blocks that changed since the last save, or all of them.
   *
   * @param keyGroups the key group of each of some rows, given as a batch of them and their slots; default: 0
   */
  save(
    to: StateWriter,
    table: string,
    keyGroups: (batch: Batch, slots: Uint32Array) => Uint8Array = batch => new Uint8Array(batch.length),
  ): void {
    const count = this.#slots.blockCount
    for (let block = 0; block < count; block++) {
      if (to.since !== undefined && !this.#slots.isDirty(block)) continue
      const slots = this.#slots.slotsOf(block)
      const batch = this.take(slots, heapArena)
      to.block(table, block, this.#withFields(batch, slots), keyGroups(batch, slots))
    }
    to.blocks(table, count)
    this.#slots.clean()
  }

  /** With what the store knows of rows besides their cells. */
  #withFields({ schema, columns, ...batch }: Batch, slots: Uint32Array): Batch {
    const fields: Field[] = [...schema]
    const cells = [...columns]
    const times = this.#wheel ?? this.#blockTimes
    if (times) {
      fields.push(DUE)
      cells.push({ type: DUE.type, values: Float64Array.from(slots, slot => times.dueMs(slot)) })
    }
    const numbers = this.#numbers
    if (numbers) {
      fields.push(NUMBER)
      cells.push({ type: NUMBER.type, values: Int32Array.from(slots, slot => numbers[slot]!) })
    }
    return { ...batch, schema: fields, columns: cells }
  }

  /**
   * Takes over rows that {@link save} wrote.
   *
   * @param keysOf the key ids of the rows of a batch that count, where rows have keys
   */
  load(from: StateReader, table: string, keysOf?: (batch: Batch) => Uint32Array): void {
    const { schema } = this
    for (const { batch } of from.table(table)) {
      const rows = { ...batch, schema, columns: batch.columns.slice(0, schema.length) }
      const along = { keys: keysOf?.(rows), dueMs: fieldOfRows(batch, DUE) as Float64Array | undefined }
      const slots = this.#changes ? this.change(rows, undefined, along) : this.insert(rows, undefined, along)
      const numbers = this.#numbers && fieldOfRows(batch, NUMBER)
      if (numbers) for (let i = 0; i < slots.length; i++) this.setNumber(slots[i]!, numbers[i]!)
    }
  }
}

/** What a saved batch says of the rows that count in a field of the store; undefined where it has no such field. */
function fieldOfRows({ schema, columns, selection }: Batch, { name }: Field): ArrayLike<number> | undefined {
  const values = columns[fieldIndex(schema, name)]?.values as Float64Array | undefined
  return values && selection ? Float64Array.from(selection, row => values[row]!) : values
}
