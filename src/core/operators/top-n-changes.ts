/**
 * The runtime of `topN` over data that does not end: a changelog of the rows that are among the first. Each batch gives,
 * for every key it changed, what is no more among them before what now is.
 *
 * Over rows that stay only the first of each key are kept: what is pushed out never comes back. Over a changelog all rows
 * are, equal ones as one with a weight.
 */

import { type Batch, NO_POSITION, rowCount } from '../batch/batch.ts'
import { orderMeta, WEIGHT } from '../batch/meta.ts'
import { allocFloat64, allocInt32, heapArena } from '../batch/slab.ts'
import { concat } from '../batch/take.ts'
import { keyGroupsOf } from '../state/hash.ts'
import { KeyTable } from '../state/key-table.ts'
import { RowStore } from '../state/row-store/row-store.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { fieldIndex } from '../types/schema.ts'
import type { Emit, Operator, OperatorContext } from './contract.ts'
import type { TopNNode } from './top-n.ts'

/** Rows among the first, in order, and how often each counts there. */
interface Ranked {
  readonly slots: Uint32Array
  readonly weights: Int32Array
}

const NO_ROWS: Ranked = { slots: new Uint32Array(0), weights: new Int32Array(0) }

export class TopNChanges implements Operator {
  readonly #context: OperatorContext
  readonly #n: number
  readonly #keyColumns: readonly number[]
  readonly #keys: KeyTable
  readonly #store: RowStore
  /** Whether rows may be taken back. */
  readonly #changes: boolean
  /** Of what was emitted: with the key it is the place of a row. */
  #sequence = 0

  constructor(node: TopNNode, context: OperatorContext) {
    const { schema, rows } = context.inputs[0]!
    this.#context = context
    this.#n = node.n
    this.#keyColumns = (node.keys ?? []).map(key => fieldIndex(schema, key))
    this.#keys = new KeyTable(this.#keyColumns.map(column => schema[column]!.type))
    this.#changes = rows === 'changes'
    const order = node.by.map(({ column, descending }) => ({
      column: fieldIndex(schema, column),
      descending,
    }))
    this.#store = new RowStore({ schema, keyed: true, places: true, order, distinct: this.#changes })
  }

  onBatch(batch: Batch, _input: number, emit: Emit): void {
    if (rowCount(batch) === 0) return
    const ids = this.#idsOf(batch)
    const before = new Map<number, Ranked>()
    for (const id of ids) if (!before.has(id)) before.set(id, this.#ranked(id))
    const changed = [...before.keys()].sort((a, b) => this.#keys.compare(a, b))
    // Rows that are taken back may be gone afterwards.
    const held = this.#changes ? this.#rowsOf(changed.map(id => before.get(id)!)) : undefined
    if (this.#changes) this.#store.change(batch, undefined, { keys: ids })
    else this.#store.insert(batch, undefined, { keys: ids })
    const changes = new RankChanges()
    for (const id of changed) changes.add(before.get(id)!, this.#ranked(id))
    if (changes.length > 0) emit(this.#emitted(changes, held))
    if (!this.#changes) for (const id of changed) this.#store.remove(this.#store.sorted.slotsOf(id, this.#n))
  }

  #idsOf(batch: Batch): Uint32Array {
    const count = rowCount(batch)
    const ids = new Uint32Array(count)
    const columns = this.#keyColumns.map(key => batch.columns[key]!)
    this.#keys.intern(columns, count, batch.selection, ids)
    return ids
  }

  /** The first rows of a key; a row that counts several times takes several places. */
  #ranked(id: number): Ranked {
    const { sorted } = this.#store
    if (!this.#changes) {
      const slots = sorted.slotsOf(id, 0, this.#n)
      return slots.length ? { slots, weights: new Int32Array(slots.length).fill(1) } : NO_ROWS
    }
    const slots: number[] = []
    const weights: number[] = []
    let left = this.#n
    for (let i = 0; left > 0 && i < sorted.countOf(id); i++) {
      const slot = sorted.at(id, i)
      const weight = Math.min(left, this.#store.weightOf(slot))
      // What was taken back before it came counts as nothing.
      if (weight <= 0) continue
      left -= weight
      slots.push(slot)
      weights.push(weight)
    }
    return { slots: Uint32Array.from(slots), weights: Int32Array.from(weights) }
  }

  /** The rows of lists, by slot. */
  #rowsOf(lists: readonly Ranked[]): Held {
    const slots = Uint32Array.from(lists.flatMap(({ slots }) => [...slots]))
    const at = new Map<number, number>()
    slots.forEach((slot, i) => {
      at.set(slot, i)
    })
    return { batch: this.#store.take(slots, heapArena), at }
  }

  #emitted(changes: RankChanges, held: Held | undefined): Batch {
    const { arena, output } = this.#context
    const { columns } = held
      ? this.#fromBoth(changes, held)
      : this.#store.take(Uint32Array.from(changes.slots), arena)
    const weights = allocInt32(arena, changes.length)
    weights.set(changes.weights)
    const sequence = allocFloat64(arena, changes.length)
    for (let i = 0; i < sequence.length; i++) sequence[i] = this.#sequence++
    const keys = this.#keyColumns.map(key => columns[key]!)
    return {
      schema: output.schema,
      length: changes.length,
      columns,
      position: NO_POSITION,
      meta: {
        ...orderMeta([...keys, { type: 'float64', values: sequence }]),
        [WEIGHT]: { type: 'int32', values: weights },
      },
    }
  }

  /** Rows taken back as they were, the others as they are. */
  #fromBoth({ slots, weights }: RankChanges, { batch, at }: Held): Batch {
    const { arena } = this.#context
    const parts: Batch[] = []
    for (let i = 0; i < slots.length; ) {
      const back = weights[i]! < 0
      let end = i
      while (end < slots.length && weights[end]! < 0 === back) end++
      const run = Uint32Array.from(slots.slice(i, end))
      parts.push(
        back ? { ...batch, selection: run.map(slot => at.get(slot)!) } : this.#store.take(run, arena),
      )
      i = end
    }
    return concat(this.#store.schema, parts, arena)
  }

  save(to: StateWriter): void {
    this.#store.save(to, 'rows', batch => {
      const keyGroups = new Uint8Array(batch.length)
      const columns = this.#keyColumns.map(key => batch.columns[key]!)
      keyGroupsOf(columns, batch.length, undefined, keyGroups)
      return keyGroups
    })
  }

  load(from: StateReader): void {
    this.#store.load(from, 'rows', rows => this.#idsOf(rows))
  }
}

/** Copies of rows, and where each slot's is. */
interface Held {
  readonly batch: Batch
  readonly at: ReadonlyMap<number, number>
}

/** How often rows are to count more or less, key by key: what is taken back comes first. */
class RankChanges {
  readonly slots: number[] = []
  readonly weights: number[] = []

  get length(): number {
    return this.slots.length
  }

  /** What became of the first rows of one key. */
  add(before: Ranked, after: Ranked): void {
    const counts = new Map<number, number>()
    before.slots.forEach((slot, i) => {
      counts.set(slot, -before.weights[i]!)
    })
    after.slots.forEach((slot, i) => {
      counts.set(slot, (counts.get(slot) ?? 0) + after.weights[i]!)
    })
    for (const back of [true, false])
      for (const [slot, weight] of counts)
        if (weight !== 0 && weight < 0 === back) {
          this.slots.push(slot)
          this.weights.push(weight)
        }
  }
}
