/**
 * `topN` over rows that stay and do not end: a changelog of the rows that are among the first. Each batch gives what is no
 * more among them, then what now is. Only the first of each key are kept: what is pushed out never comes back. Most rows
 * are refused by a number, that of the n-th row of their key.
 */

import { type Batch, NO_POSITION, rowAt, withSelection } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { heapArena } from '../batch/slab.ts'
import { grownFloat64, grownUint32 } from '../state/row-store/growing.ts'
import { sortPrefixes } from '../state/row-store/sort-prefix.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { Arrival, Emit, ProspectiveRows } from './contract.ts'
import { firstOfKeys, rankComparer } from './rank-order.ts'
import { RankedSlots } from './ranked-slots.ts'
import { StoredTopN } from './top-n-store.ts'
import { weighed } from './weighed-rows.ts'

/** A row that is among the first, but has not left yet. */
const FRESH = 0xffffffff

/** So many rows of a key are held in order one by one; more are sorted. */
const FEW = 64

export class TopNOfRows extends StoredTopN {
  /** By key id: no row whose sort prefix is greater can be among the first; Infinity while there are fewer. */
  #bounds: Float64Array = new Float64Array(0)
  #prefixes: Float64Array = new Float64Array(0)
  /** By slot: the rank that its row has in the changelog, 1 where ranks do not leave; 0 for none. */
  #shown: Uint32Array = new Uint32Array(0)
  /** By key id: the batch that changed it last. */
  #keyStamps: Uint32Array = new Uint32Array(0)
  #batch = 0
  // By key id, of the rows of a batch: how many there are, how many are held as the first (both zero between batches), where.
  #counts: Uint32Array = new Uint32Array(0)
  #held: Uint32Array = new Uint32Array(0)
  #places: Uint32Array = new Uint32Array(0)
  #slots: Uint32Array = new Uint32Array(64)
  readonly #back = new RankedSlots()
  readonly #come = new RankedSlots()
  readonly #pushedOut = new RankedSlots()

  onBatch(batch: Batch, _input: number, emit: Emit, _arrival?: Arrival): void {
    this.rank(batch, emit)
  }

  /** What cannot be among the first of its key, by rows that came before or are there, never can be. */
  readonly wants = ({ count, meta, column }: ProspectiveRows): Uint32Array | undefined => {
    const columns: Column[] = []
    for (const index of [...this.keyColumns, ...this.order.by.map(key => key.column)])
      columns[index] ??= column(index)
    const { rows } = this.#candidates({ schema: [], length: count, columns, position: NO_POSITION, meta })
    return rows.length === count ? undefined : rows
  }

  /** Emits what the rows change. */
  protected rank(batch: Batch, emit: Emit): void {
    const { rows, ids } = this.#candidates(batch)
    if (rows.length === 0) return
    this.#batch++
    const slots = this.store.insert(batch, rows, { keys: ids }).slice()
    this.#shown = grownUint32(this.#shown, slots.reduce((a, b) => Math.max(a, b), 0) + 1)
    for (let i = 0; i < slots.length; i++) this.#shown[slots[i]!] = FRESH
    const changed = this.#changedKeys(ids)
    this.#back.clear()
    this.#come.clear()
    this.#pushedOut.clear()
    for (let i = 0; i < changed.length; i++) this.#rankKey(changed[i]!)
    this.#emitBack(emit)
    if (this.ranked) this.#emitCome(emit)
    else this.#emitFresh(batch, rows, slots, emit)
    this.store.remove(this.#pushedOut.slots())
    this.#bound(changed)
  }

  /** Lets go of the rows of a key, which stay in the changelog. */
  protected forgetRows(id: number): void {
    this.store.remove(this.store.slotsOf(id))
    if (id < this.#keyStamps.length) this.#keyStamps[id] = 0
  }

  /** Keys have other ids from here on. */
  protected forgetBounds(): void {
    this.#keyStamps.fill(0)
  }

  /** The rows that may be among the first of their key, ascending, and their key ids. */
  #candidates(batch: Batch): { rows: Uint32Array; ids: Uint32Array } {
    const all = this.idsOf(batch)
    const count = all.length
    this.#bounds = grownFloat64(this.#bounds, this.keys.size)
    this.#keyStamps = grownUint32(this.#keyStamps, this.keys.size)
    this.#prefixes = grownFloat64(this.#prefixes, count)
    const [first] = this.order.by
    sortPrefixes(batch.columns[first!.column]!, batch.selection, count, first!, this.#prefixes)
    const rows = new Uint32Array(count)
    const ids = new Uint32Array(count)
    let kept = 0
    for (let i = 0; i < count; i++) {
      const id = all[i]!
      if (this.#keyStamps[id] !== 0 && this.#prefixes[i]! > this.#bounds[id]!) continue
      ids[kept] = id
      this.#prefixes[kept] = this.#prefixes[i]!
      rows[kept++] = rowAt(batch, i)
    }
    return this.#withoutExcess(batch, rows.subarray(0, kept), ids.subarray(0, kept))
  }

  /** Leaves out what rows of the batch itself push out, of keys that have more than n there. */
  #withoutExcess(batch: Batch, rows: Uint32Array, ids: Uint32Array): { rows: Uint32Array; ids: Uint32Array } {
    const { n, ties } = this.order
    if (rows.length <= n) return { rows, ids }
    this.#counts = grownUint32(this.#counts, this.keys.size)
    const counts = this.#counts
    let excess = 0
    for (let i = 0; i < ids.length; i++) if (++counts[ids[i]!]! > n) excess++
    if (excess === 0) {
      for (let i = 0; i < ids.length; i++) counts[ids[i]!] = 0
      return { rows, ids }
    }
    const stays =
      ties || n > FEW ? this.#sortedFirst(batch, rows, ids) : this.#selectedFirst(batch, rows, ids)
    let kept = 0
    for (let i = 0; i < ids.length; i++) {
      counts[ids[i]!] = 0
      if (stays[i] === 0) continue
      // In place: what is written has been read.
      rows[kept] = rows[i]!
      ids[kept++] = ids[i]!
    }
    return { rows: rows.subarray(0, kept), ids: ids.subarray(0, kept) }
  }

  /** By number of a row, 1 if it is among the first of its key in the batch: by sorting those of keys with more than n. */
  #sortedFirst(batch: Batch, rows: Uint32Array, ids: Uint32Array): Uint8Array {
    const { n } = this.order
    const counts = this.#counts
    const many = rows.filter((_, i) => counts[ids[i]!]! > n)
    const idOf = new Uint32Array(batch.length)
    for (let i = 0; i < ids.length; i++) idOf[rows[i]!] = ids[i]!
    const first = new Uint8Array(batch.length)
    for (const row of firstOfKeys({ ...batch, selection: many }, idOf, this.order).rows) first[row] = 1
    return Uint8Array.from(rows, (row, i) => (counts[ids[i]!]! <= n ? 1 : first[row]!))
  }

  /**
   * The same for few of each key: they are held in order while the rows are gone through, and most rows are refused by one
   * comparison of prefixes, with the last of them.
   */
  #selectedFirst(batch: Batch, rows: Uint32Array, ids: Uint32Array): Uint8Array {
    const { n } = this.order
    const prefixes = this.#prefixes
    const tieComesBefore = rankComparer(batch, this.order)
    const comesBefore = (i: number, other: number): boolean => {
      const difference = prefixes[i]! - prefixes[other]!
      return difference < 0 || (!(difference > 0) && tieComesBefore(rows[i]!, rows[other]!))
    }
    const counts = this.#counts
    this.#held = grownUint32(this.#held, this.keys.size)
    const held = this.#held
    this.#places = grownUint32(this.#places, this.keys.size)
    const places = this.#places
    // Every key that is held has more than n rows. Of each n numbers of rows, the first one first.
    const first = new Uint32Array(n * Math.ceil(ids.length / (n + 1)))
    const stays = new Uint8Array(ids.length)
    let keys = 0
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!
      if (counts[id]! <= n) {
        stays[i] = 1
        continue
      }
      const count = held[id]!
      if (count === 0) places[id] = n * keys++
      const from = places[id]!
      if (count === n && !comesBefore(i, first[from + n - 1]!)) continue
      let at = from + Math.min(count, n - 1)
      for (; at > from && comesBefore(i, first[at - 1]!); at--) first[at] = first[at - 1]!
      first[at] = i
      if (count < n) held[id] = count + 1
    }
    for (let at = 0; at < n * keys; at++) stays[first[at]!] = 1
    for (let i = 0; i < ids.length; i++) held[ids[i]!] = 0
    return stays
  }

  #changedKeys(ids: Uint32Array): Uint32Array {
    const changed = new Uint32Array(ids.length)
    let count = 0
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!
      if (this.#keyStamps[id] === this.#batch) continue
      this.#keyStamps[id] = this.#batch
      changed[count++] = id
    }
    return changed.subarray(0, count)
  }

  /** Notes what leaves the first rows of a key, and where ranks leave, whose rank is another. */
  #rankKey(id: number): void {
    const { sorted } = this.store
    const count = sorted.countOf(id)
    const kept = this.#firstCount(id, count)
    this.#slots = grownUint32(this.#slots, count)
    const slots = this.#slots
    const shown = this.#shown
    const from = this.ranked ? 0 : kept
    if (from < count) sorted.copySlots(id, from, count, slots)
    for (let i = kept; i < count; i++) {
      const slot = slots[i - from]!
      if (shown[slot] !== FRESH) this.#back.add(slot, shown[slot]!)
      shown[slot] = 0
      this.#pushedOut.add(slot, 0)
    }
    if (!this.ranked) return
    let rank = 0
    for (let i = 0; i < kept; i++) {
      const slot = slots[i]!
      if (!this.order.ties || i === 0 || !sorted.tied(slots[i - 1]!, slot)) rank = i + 1
      if (shown[slot] === rank) continue
      if (shown[slot] !== FRESH) this.#back.add(slot, shown[slot]!)
      this.#come.add(slot, rank)
      shown[slot] = rank
    }
  }

  /** How many of a key's rows are among the first. */
  #firstCount(id: number, count: number): number {
    const { n, ties } = this.order
    if (count <= n || !ties) return Math.min(count, n)
    const { sorted } = this.store
    const last = sorted.at(id, n - 1)
    let [low, high] = [n, count]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (sorted.tied(last, sorted.at(id, middle))) low = middle + 1
      else high = middle
    }
    return low
  }

  #emitBack(emit: Emit): void {
    const { arena } = this.context
    if (this.#back.count === 0) return
    const rows = this.store.take(this.#back.slots(), arena)
    emit(weighed(this.withRanks(rows, this.#back.ranks(), arena), -1, arena))
  }

  /** Rows with ranks, of which some were there with others: with weights, so that they keep this order. */
  #emitCome(emit: Emit): void {
    const { arena } = this.context
    if (this.#come.count === 0) return
    const rows = this.store.take(this.#come.slots(), arena)
    emit(weighed(this.withRanks(rows, this.#come.ranks(), arena), 1, arena))
  }

  /** Those of the batch's rows that are among the first, as they are. */
  #emitFresh(batch: Batch, rows: Uint32Array, slots: Uint32Array, emit: Emit): void {
    const come = new Uint32Array(rows.length)
    let count = 0
    for (let i = 0; i < rows.length; i++) {
      if (this.#shown[slots[i]!] !== FRESH) continue
      this.#shown[slots[i]!] = 1
      come[count++] = rows[i]!
    }
    if (count > 0) emit(withSelection(batch, come.subarray(0, count)))
  }

  #bound(changed: Uint32Array): void {
    const { n, by } = this.order
    const full = changed.filter(id => this.store.countOf(id) >= n)
    for (const id of changed) this.#bounds[id] = Number.POSITIVE_INFINITY
    if (full.length === 0) return
    const [first] = by
    const last = full.map(id => this.store.sorted.at(id, n - 1))
    this.#prefixes = grownFloat64(this.#prefixes, full.length)
    const column = this.store.column(first!.column, last, heapArena)
    sortPrefixes(column, undefined, full.length, first!, this.#prefixes)
    for (let i = 0; i < full.length; i++) this.#bounds[full[i]!] = this.#prefixes[i]!
  }

  /** All rows that are kept have left. */
  override load(from: StateReader): void {
    super.load(from)
    const all = this.store.all()
    this.#shown = grownUint32(this.#shown, all.length === 0 ? 0 : all.at(-1)! + 1)
    for (let i = 0; i < all.length; i++) this.#shown[all[i]!] = 1
    this.#come.clear()
    if (this.ranked) for (let id = 0; id < this.keys.size; id++) this.#rankKey(id)
  }
}
