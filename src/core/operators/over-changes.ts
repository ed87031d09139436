/**
 * The runtime of `over` over a stream in another order than that of its time, or over a changelog: what rows hold changes
 * as others come and go. A batch takes back the rows that have other values then, and gives them with the new ones.
 */

import { type Batch, rowCount } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { markDiffering } from '../batch/differing-cells.ts'
import { WEIGHT, withoutMeta } from '../batch/meta.ts'
import { heapArena } from '../batch/slab.ts'
import { iota, take, takeColumn } from '../batch/take.ts'
import { keyGroupsOf } from '../state/hash.ts'
import { KeyTable } from '../state/key-table.ts'
import { RowStore } from '../state/row-store/row-store.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { fieldIndex } from '../types/schema.ts'
import type { Emit, Operator, OperatorContext } from './contract.ts'
import { leadsOf, timesOf } from './over-bounded.ts'
import { OverColumns } from './over-columns.ts'
import { needsTimes, type OverNode, orderOf } from './over-node.ts'
import { inPlaceOrder, weighed } from './weighed-rows.ts'

/** The rows of some partitions in order, with their values; one that counts several times is there several times. */
interface ValuedRows {
  readonly batch: Batch
  readonly values: readonly Column[]
  /** By position: which slot the row is in, and which of its copies. */
  readonly slots: Uint32Array
  readonly copies: Uint32Array
}

export class OverChanges implements Operator {
  readonly #context: OperatorContext
  readonly #keyColumns: readonly number[]
  readonly #order: readonly number[]
  readonly #byTime: boolean
  readonly #columns: OverColumns
  readonly #keys: KeyTable
  readonly #store: RowStore
  readonly #takesChanges: boolean

  constructor(node: OverNode, context: OperatorContext) {
    const input = context.inputs[0]!
    const { schema } = input
    this.#context = context
    this.#keyColumns = node.by.map(key => fieldIndex(schema, key))
    const order = orderOf(node, input).map(({ column, descending }) => ({
      column: fieldIndex(schema, column),
      descending,
    }))
    this.#order = order.map(({ column }) => column)
    this.#byTime = needsTimes(node)
    this.#columns = new OverColumns(node.columns, node.frame, schema, { ...context, arena: heapArena })
    this.#keys = new KeyTable(this.#keyColumns.map(column => schema[column]!.type))
    this.#takesChanges = input.rows === 'changes'
    this.#store = new RowStore({ schema, keyed: true, places: true, order, distinct: this.#takesChanges })
  }

  onBatch(batch: Batch, _input: number, emit: Emit): void {
    if (rowCount(batch) === 0) return
    const ids = this.#idsOf(batch)
    const touched = [...new Set(ids)]
    const before = this.#valued(touched)
    if (this.#takesChanges) this.#store.change(batch, undefined, { keys: ids })
    else this.#store.insert(batch, undefined, { keys: ids })
    const after = this.#valued(touched)
    const { back, come } = differences(before, after)
    if (back.length > 0) this.#emit(before, back, -1, emit)
    if (come.length > 0) this.#emit(after, come, 1, emit)
  }

  #idsOf(batch: Batch): Uint32Array {
    const count = rowCount(batch)
    const ids = new Uint32Array(count)
    this.#keys.intern(
      this.#keyColumns.map(column => batch.columns[column]!),
      count,
      batch.selection,
      ids,
    )
    return ids
  }

  #valued(ids: readonly number[]): ValuedRows {
    const starts = new Uint32Array(ids.length + 1)
    const slots: number[] = []
    const copies: number[] = []
    let partitions = 0
    for (const id of ids) {
      starts[partitions] = slots.length
      for (const slot of this.#store.sorted.slotsOf(id)) {
        // What was taken back before it came counts as nothing.
        const weight = this.#store.weightOf(slot)
        for (let copy = 0; copy < weight; copy++) {
          slots.push(slot)
          copies.push(copy)
        }
      }
      if (slots.length > starts[partitions]!) partitions++
    }
    starts[partitions] = slots.length
    const own = Uint32Array.from(slots)
    const batch = withoutMeta(this.#store.take(own, heapArena), WEIGHT)
    const rows = iota(batch.length)
    const order = this.#order.map(column => batch.columns[column]!)
    const ofPartitions = starts.slice(0, partitions + 1)
    const values =
      batch.length === 0
        ? []
        : this.#columns.values(batch, {
            count: batch.length,
            starts: ofPartitions,
            rows,
            leads: leadsOf(rows, ofPartitions, order),
            ...(this.#byTime ? timesOf(order[0]!, rows) : {}),
          })
    return { batch, values, slots: own, copies: Uint32Array.from(copies) }
  }

  #emit({ batch, values }: ValuedRows, rows: Uint32Array, weight: number, emit: Emit): void {
    const { arena, output } = this.#context
    const taken = take(batch, rows, arena)
    const columns = [...taken.columns, ...values.map(column => takeColumn(column, rows, arena))]
    const made = { ...taken, schema: output.schema, columns }
    emit(inPlaceOrder(weight === 1 ? made : weighed(made, weight, arena), arena))
  }

  get stateKeys(): number {
    return this.#keys.size
  }

  get stateBytes(): number {
    return this.#keys.bytes + this.#store.bytes
  }

  close(): void {
    this.#store.close()
  }

  save(to: StateWriter): void {
    this.#store.save(to, 'rows', batch => {
      const keyGroups = new Uint8Array(batch.length)
      const columns = this.#keyColumns.map(column => batch.columns[column]!)
      keyGroupsOf(columns, batch.length, undefined, keyGroups)
      return keyGroups
    })
  }

  load(from: StateReader): void {
    this.#store.load(from, 'rows', rows => this.#idsOf(rows))
  }
}

/** The positions before that do not hold any more, and those after that did not hold before. */
function differences(before: ValuedRows, after: ValuedRows): { back: Uint32Array; come: Uint32Array } {
  const places = new Map<number, number>()
  for (let p = 0; p < after.slots.length; p++) if (after.copies[p] === 0) places.set(after.slots[p]!, p)
  const old: number[] = []
  const fresh: number[] = []
  const kept = new Uint8Array(after.slots.length)
  const gone: number[] = []
  for (let p = 0; p < before.slots.length; p++) {
    const first = places.get(before.slots[p]!)
    const at = first === undefined ? -1 : first + before.copies[p]!
    // The copies of a row follow each other.
    if (at < 0 || at >= after.slots.length || after.slots[at] !== before.slots[p]) gone.push(p)
    else {
      old.push(p)
      fresh.push(at)
      kept[at] = 1
    }
  }
  const differs = new Uint8Array(old.length)
  const rowsBefore = Uint32Array.from(old)
  const rowsAfter = Uint32Array.from(fresh)
  before.values.forEach((column, c) => {
    if (old.length > 0) markDiffering(column, rowsBefore, after.values[c]!, rowsAfter, differs)
  })
  const come: number[] = []
  for (let p = 0; p < kept.length; p++) if (kept[p] === 0) come.push(p)
  for (let i = 0; i < differs.length; i++) {
    if (differs[i] === 0) continue
    gone.push(rowsBefore[i]!)
    come.push(rowsAfter[i]!)
  }
  return { back: Uint32Array.from(gone).sort(), come: Uint32Array.from(come).sort() }
}
