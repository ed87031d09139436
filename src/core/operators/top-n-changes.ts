/**
 * The runtimes of `topN` over data that does not end: a changelog of the rows that are among the first. Each batch gives
 * what is no more among them, then what now is. Rows keep their places.
 */

import { type Batch, rowAt, rowCount } from '../batch/batch.ts'
import { heapArena } from '../batch/slab.ts'
import { take } from '../batch/take.ts'
import { keyGroupsOf } from '../state/hash.ts'
import { KeyTable } from '../state/key-table.ts'
import { grownFloat64, grownUint32 } from '../state/row-store/growing.ts'
import { RowStore } from '../state/row-store/row-store.ts'
import { sortPrefixes } from '../state/row-store/sort-prefix.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { fieldIndex } from '../types/schema.ts'
import type { Arrival, Emit, Operator, OperatorContext } from './contract.ts'
import { firstOfKeys } from './first-rows.ts'
import type { TopNNode } from './top-n.ts'
import { inPlaceOrder, weighed } from './weighed-rows.ts'

/** Rows of a store by key and in order, and how they are saved. */
abstract class TopN implements Operator {
  protected readonly context: OperatorContext
  protected readonly n: number
  protected readonly by: readonly { readonly column: number; readonly descending: boolean }[]
  protected readonly keys: KeyTable
  protected readonly store: RowStore
  protected readonly keyColumns: readonly number[]

  constructor(node: TopNNode, context: OperatorContext) {
    const { schema, rows } = context.inputs[0]!
    this.context = context
    this.n = node.n
    this.by = node.by.map(({ column, descending }) => ({ column: fieldIndex(schema, column), descending }))
    this.keyColumns = (node.keys ?? []).map(key => fieldIndex(schema, key))
    this.keys = new KeyTable(this.keyColumns.map(column => schema[column]!.type))
    this.store = new RowStore({
      schema,
      keyed: true,
      places: true,
      order: this.by,
      distinct: rows === 'changes',
    })
  }

  abstract onBatch(batch: Batch, input: number, emit: Emit): void

  /** The key id of each row. */
  protected idsOf(batch: Batch): Uint32Array {
    const count = rowCount(batch)
    const ids = new Uint32Array(count)
    const columns = this.keyColumns.map(key => batch.columns[key]!)
    this.keys.intern(columns, count, batch.selection, ids)
    return ids
  }

  get stateBytes(): number {
    return this.keys.bytes + this.store.bytes
  }

  save(to: StateWriter): void {
    this.store.save(to, 'rows', batch => {
      const keyGroups = new Uint8Array(batch.length)
      const columns = this.keyColumns.map(key => batch.columns[key]!)
      keyGroupsOf(columns, batch.length, undefined, keyGroups)
      return keyGroups
    })
  }

  load(from: StateReader): void {
    this.store.load(from, 'rows', rows => this.idsOf(rows))
  }
}

/**
 * Over rows that stay. Only the first of each key are kept: what is pushed out never comes back. Most rows are refused by
 * a number: that of the last of the first rows of their key.
 */
export class TopNOfRows extends TopN {
  /** By key id: no row whose sort prefix is greater can be among the first; Infinity while there are fewer. */
  #bounds = new Float64Array(0)
  #prefixes = new Float64Array(0)
  /** By slot and by key id: the batch that it came with, or that changed it last. */
  #slotStamps = new Uint32Array(0)
  #keyStamps = new Uint32Array(0)
  #batch = 0

  onBatch(batch: Batch, _input: number, emit: Emit, _arrival?: Arrival): void {
    this.rank(batch, emit)
  }

  /** Emits what the rows change. */
  protected rank(batch: Batch, emit: Emit): void {
    const { rows, ids } = this.#candidates(batch)
    if (rows.length === 0) return
    this.#batch++
    const slots = this.store.insert(batch, rows, { keys: ids }).slice()
    this.#slotStamps = grownUint32(this.#slotStamps, slots.reduce((a, b) => Math.max(a, b), 0) + 1)
    for (let i = 0; i < slots.length; i++) this.#slotStamps[slots[i]!] = this.#batch
    const changed = this.#changedKeys(ids)
    const pushedOut = this.#pushOut(changed)
    const { arena } = this.context
    const isNew = (slot: number) => this.#slotStamps[slot] === this.#batch
    const back = pushedOut.filter(slot => !isNew(slot))
    for (const slot of pushedOut) this.#slotStamps[slot] = 0
    const come = slots.filter(isNew)
    if (back.length > 0) emit(weighed(inPlaceOrder(this.store.take(back, arena), arena), -1, arena))
    if (come.length > 0) emit(this.store.take(come, arena))
    this.store.remove(pushedOut)
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
    const [first] = this.by
    sortPrefixes(batch.columns[first!.column]!, batch.selection, count, first!, this.#prefixes)
    const idOf = new Uint32Array(batch.length)
    const rows = new Uint32Array(count)
    let kept = 0
    for (let i = 0; i < count; i++) {
      const id = all[i]!
      if (this.#keyStamps[id] !== 0 && this.#prefixes[i]! > this.#bounds[id]!) continue
      const row = rowAt(batch, i)
      idOf[row] = id
      rows[kept++] = row
    }
    const some = rows.subarray(0, kept)
    const cut =
      kept > this.n ? firstOfKeys({ ...batch, selection: some }, idOf, this.by, this.n).rows.sort() : some
    return { rows: cut, ids: cut.map(row => idOf[row]!) }
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

  /** The slots that are not among the first any more. */
  #pushOut(changed: Uint32Array): Uint32Array {
    const out: number[] = []
    for (const id of changed)
      if (this.store.countOf(id) > this.n) out.push(...this.store.sorted.slotsOf(id, this.n))
    return Uint32Array.from(out)
  }

  #bound(changed: Uint32Array): void {
    const full = changed.filter(id => this.store.countOf(id) >= this.n)
    for (const id of changed) this.#bounds[id] = Number.POSITIVE_INFINITY
    if (full.length === 0) return
    const [first] = this.by
    const last = full.map(id => this.store.sorted.at(id, this.n - 1))
    this.#prefixes = grownFloat64(this.#prefixes, full.length)
    const column = this.store.columns(last, heapArena)[first!.column]!
    sortPrefixes(column, undefined, full.length, first!, this.#prefixes)
    for (let i = 0; i < full.length; i++) this.#bounds[full[i]!] = this.#prefixes[i]!
  }
}

/** Rows among the first of a key, in order, and how often each counts there. */
type Ranked = ReadonlyMap<number, number>

/** Over a changelog. All rows are kept, equal ones as one with a weight. */
export class TopNOfChanges extends TopN {
  onBatch(batch: Batch, _input: number, emit: Emit): void {
    if (rowCount(batch) === 0) return
    const ids = this.idsOf(batch)
    const before = new Map<number, Ranked>()
    for (const id of ids) if (!before.has(id)) before.set(id, this.#ranked(id))
    // Rows that are taken back may be gone afterwards.
    const slots = Uint32Array.from([...before.values()].flatMap(ranked => [...ranked.keys()]))
    const held = this.store.take(slots, heapArena)
    const rowOf = new Map([...slots].map((slot, row) => [slot, row]))
    this.store.change(batch, undefined, { keys: ids })
    const back: [slot: number, weight: number][] = []
    const come: [slot: number, weight: number][] = []
    for (const [id, ranked] of before) {
      const after = this.#ranked(id)
      for (const slot of new Set([...ranked.keys(), ...after.keys()])) {
        const weight = (after.get(slot) ?? 0) - (ranked.get(slot) ?? 0)
        if (weight !== 0) (weight < 0 ? back : come).push([slot, weight])
      }
    }
    const { arena } = this.context
    const rows = (changes: typeof back, of: (slot: number) => number) =>
      Uint32Array.from(changes, ([slot]) => of(slot))
    const emitRows = (batch: Batch, changes: typeof back) => {
      const weights = Int32Array.from(changes, ([_, weight]) => weight)
      emit(inPlaceOrder(weighed(batch, weights, arena), arena))
    }
    if (back.length > 0)
      emitRows(
        take(
          held,
          rows(back, slot => rowOf.get(slot)!),
          arena,
        ),
        back,
      )
    if (come.length > 0)
      emitRows(
        this.store.take(
          rows(come, slot => slot),
          arena,
        ),
        come,
      )
  }

  /** The first rows of a key; a row that counts several times takes several places. */
  #ranked(id: number): Ranked {
    const { sorted } = this.store
    const ranked = new Map<number, number>()
    let left = this.n
    for (let i = 0; left > 0 && i < sorted.countOf(id); i++) {
      const slot = sorted.at(id, i)
      const weight = Math.min(left, this.store.weightOf(slot))
      // What was taken back before it came counts as nothing.
      if (weight <= 0) continue
      left -= weight
      ranked.set(slot, weight)
    }
    return ranked
  }
}
