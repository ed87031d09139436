/** The runtime of `over` over data that ends: all rows are held, and leave at the end, in the order in which they came. */

import type { Batch } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { compareCells, type SortKey, sortRows } from '../batch/compare.ts'
import { runsInOrder } from '../batch/merge.ts'
import { placeColumns } from '../batch/place.ts'
import { heapArena } from '../batch/slab.ts'
import { concat, iota, take, takeColumn } from '../batch/take.ts'
import { KeyTable } from '../state/key-table.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { eventTimesMs } from '../time/event-time.ts'
import { fieldIndex } from '../types/schema.ts'
import type { Emit, Operator, OperatorContext, Signal } from './contract.ts'
import { OUTPUT_ROWS } from './define.ts'
import { HeldBatches } from './held-rows.ts'
import { OverColumns } from './over-columns.ts'
import type { OrderedPartitions } from './over-frames.ts'
import { needsTimes, type OverNode, orderOf } from './over-node.ts'

export class OverBounded implements Operator {
  readonly #context: OperatorContext
  readonly #keyColumns: readonly number[]
  readonly #order: readonly SortKey[]
  readonly #byRange: boolean
  readonly #columns: OverColumns
  readonly #held: HeldBatches
  /** Whether batches hold rows in the order of their places. */
  #inOrder = true

  constructor(node: OverNode, context: OperatorContext) {
    const input = context.inputs[0]!
    const { schema } = input
    this.#context = context
    this.#keyColumns = node.by.map(key => fieldIndex(schema, key))
    this.#order = orderOf(node, input).map(({ column, descending }) => ({
      column: fieldIndex(schema, column),
      descending,
    }))
    this.#byRange = needsTimes(node)
    this.#columns = new OverColumns(node.columns, node.frame, schema, { ...context, arena: heapArena })
    this.#held = new HeldBatches(this.#keyColumns)
  }

  onBatch(batch: Batch): void {
    this.#held.add(batch)
  }

  onTime(signal: Signal, emit: Emit): void {
    if (signal.watermarkMs !== Number.POSITIVE_INFINITY || this.#held.batches.length === 0) return
    const batches = this.#held.replace()
    const { schema } = this.#context.inputs[0]!
    const all = concat(schema, batches, heapArena)
    const places = this.#inOrder && runsInOrder(batches).length < 2 ? [] : placeColumns(all, heapArena)
    const byPlace = sorted(all, places, [])
    const partitions = this.#partitions(all, places)
    const made = this.#columns.values(all, partitions)
    const positionOf = new Uint32Array(all.length)
    for (let p = 0; p < all.length; p++) positionOf[partitions.rows[p]!] = p
    const { arena, output } = this.#context
    for (let start = 0; start < byPlace.length; start += OUTPUT_ROWS) {
      const rows = byPlace.subarray(start, start + OUTPUT_ROWS)
      const batch = take(all, rows, arena)
      const positions = rows.map(row => positionOf[row]!)
      const columns = [...batch.columns, ...made.map(column => takeColumn(column, positions, arena))]
      emit({ ...batch, schema: output.schema, columns })
    }
  }

  #partitions(all: Batch, places: readonly Column[]): OrderedPartitions {
    const keys = new KeyTable(this.#keyColumns.map(column => all.schema[column]!.type))
    const ids = new Uint32Array(all.length)
    keys.intern(
      this.#keyColumns.map(column => all.columns[column]!),
      all.length,
      undefined,
      ids,
    )
    const ordered = sorted(all, places, this.#order)
    const { rows, starts } = byKey(ordered, ids, keys.size)
    const order = this.#order.map(({ column }) => all.columns[column]!)
    return {
      count: rows.length,
      starts,
      rows,
      leads: leadsOf(rows, starts, order),
      ...(this.#byRange && order[0] ? timesOf(order[0], rows) : {}),
    }
  }

  save(to: StateWriter): void {
    this.#held.save(to, 'rows')
  }

  load(from: StateReader): void {
    this.#held.load(from, 'rows')
    this.#inOrder = false
  }
}

/** Physical rows in an order, then in that of their places. */
function sorted(all: Batch, places: readonly Column[], order: readonly SortKey[]): Uint32Array {
  const ties = places.map((_, i) => ({ column: all.columns.length + i }))
  if (order.length + ties.length === 0) return iota(all.length)
  return sortRows({ ...all, columns: [...all.columns, ...places] }, [...order, ...ties])
}

/** Rows by key, those of each in the order given. Keys without rows have no partition. */
export function byKey(
  ordered: Uint32Array,
  ids: Uint32Array,
  keys: number,
): { readonly rows: Uint32Array; readonly starts: Uint32Array; readonly keys: Uint32Array } {
  const next = new Uint32Array(keys + 1)
  for (let i = 0; i < ordered.length; i++) next[ids[ordered[i]!]! + 1]!++
  const starts = new Uint32Array(keys + 1)
  const found = new Uint32Array(keys)
  let partitions = 0
  for (let id = 0; id < keys; id++) {
    if (next[id + 1]! > 0) {
      found[partitions] = id
      starts[partitions++] = next[id]!
    }
    next[id + 1]! += next[id]!
  }
  starts[partitions] = ordered.length
  const rows = new Uint32Array(ordered.length)
  for (let i = 0; i < ordered.length; i++) rows[next[ids[ordered[i]!]!]!++] = ordered[i]!
  return { rows, starts: starts.slice(0, partitions + 1), keys: found.subarray(0, partitions) }
}

/** By position, whether the row differs from the one before in a column of the order; without any it always does. */
export function leadsOf(rows: Uint32Array, starts: Uint32Array, order: readonly Column[]): Uint8Array {
  const leads = new Uint8Array(rows.length)
  if (order.length === 0) return leads.fill(1)
  for (const column of order)
    for (let p = 1; p < rows.length; p++)
      if (leads[p] === 0 && compareCells(column, rows[p]!, column, rows[p - 1]!) !== 0) leads[p] = 1
  for (let k = 0; k + 1 < starts.length; k++) leads[starts[k]!] = 1
  return leads
}

/** Event times by position; a null comes after all. */
export function timesOf(column: Column, rows: Uint32Array) {
  const timesMs = new Float64Array(rows.length)
  const restNs = new Float64Array(rows.length)
  const { validity: _, ...values } = column
  eventTimesMs(values, rows.length, rows, timesMs, restNs)
  const { validity } = column
  if (!validity) return { timesMs, restNs }
  for (let p = 0; p < rows.length; p++) {
    if ((validity[rows[p]! >> 3]! >> (rows[p]! & 7)) & 1) continue
    timesMs[p] = Number.POSITIVE_INFINITY
    restNs[p] = 0
  }
  return { timesMs, restNs }
}
