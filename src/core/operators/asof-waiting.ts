/** Rows of the left of an as-of join that look ahead and have not found their partner. */

import type { Batch } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { heapArena } from '../batch/slab.ts'
import { NO_KEY } from '../state/key-table.ts'
import { grownFloat64 } from '../state/row-store/growing.ts'
import { RowStore } from '../state/row-store/row-store.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { eventTimesMs } from '../time/event-time.ts'
import type { AsofInputs, AsofRows } from './asof-inputs.ts'
import type { AsofLayout } from './asof-join.ts'
import type { OperatorContext } from './contract.ts'

export class AsofWaiting {
  readonly #inputs: AsofInputs
  readonly #time: number
  readonly #store: RowStore
  /** By slot: the time of the row. */
  #timesMs: Float64Array = new Float64Array(0)
  #restNs: Float64Array = new Float64Array(0)
  /** The least of them; NaN when it is to be found again. */
  #minMs = Number.POSITIVE_INFINITY

  constructor(inputs: AsofInputs, layout: AsofLayout, context: OperatorContext) {
    this.#inputs = inputs
    this.#time = layout.times[0]
    const { schema } = context.inputs[0]!
    this.#store = new RowStore({ schema, keyed: true, places: true, expires: true })
  }

  get count(): number {
    return this.#store.count
  }

  get bytes(): number {
    return this.#store.bytes + this.#timesMs.byteLength + this.#restNs.byteLength
  }

  close(): void {
    this.#store.close()
  }

  has(id: number): boolean {
    return this.#store.countOf(id) > 0
  }

  keyOf(slot: number): number {
    return this.#store.keyOf(slot)
  }

  times(slot: number): { readonly ms: number; readonly ns: number } {
    return { ms: this.#timesMs[slot]!, ns: this.#restNs[slot]! }
  }

  /** The time of the first row that waits, ms; Infinity when none does. */
  get minMs(): number {
    if (Number.isNaN(this.#minMs)) {
      this.#minMs = Number.POSITIVE_INFINITY
      for (const slot of this.#store.all()) this.#minMs = Math.min(this.#minMs, this.#timesMs[slot]!)
    }
    return this.#minMs
  }

  /** @param rows of `placed`, which has the rows of `left` with the places they leave with @param dueMs by row */
  add(placed: Batch, left: AsofRows, rows: Uint32Array, dueMs: Float64Array): void {
    const keys = rows.map(row => left.ids[row]!)
    const slots = this.#store.insert(placed, rows, { keys, dueMs })
    for (let i = 0; i < rows.length; i++)
      this.#set(slots[i]!, left.timesMs[rows[i]!]!, left.restNs[rows[i]!]!)
  }

  #set(slot: number, ms: number, ns: number): void {
    this.#timesMs = grownFloat64(this.#timesMs, slot + 1)
    this.#restNs = grownFloat64(this.#restNs, slot + 1)
    this.#timesMs[slot] = ms
    this.#restNs[slot] = ns
    if (ms < this.#minMs) this.#minMs = ms
  }

  /** The rows of keys, each once, and their keys. */
  ofKeys(keys: Uint32Array): { readonly slots: Uint32Array; readonly ids: Uint32Array } {
    const slots: number[] = []
    const ids: number[] = []
    const seen = new Set<number>()
    for (const id of this.#store.count > 0 ? keys : NO_KEYS) {
      if (id === NO_KEY || this.#store.countOf(id) === 0 || seen.has(id)) continue
      seen.add(id)
      for (const slot of this.#store.slotsOf(id)) {
        slots.push(slot)
        ids.push(id)
      }
    }
    return { slots: Uint32Array.from(slots), ids: Uint32Array.from(ids) }
  }

  /** Rows whose time to wait is over when the watermark is here. */
  due(watermarkMs: number): Uint32Array {
    if (watermarkMs === Number.POSITIVE_INFINITY) return this.#store.all()
    return Number.isFinite(watermarkMs) ? this.#store.expire(watermarkMs - 1) : NO_KEYS
  }

  /** Takes rows out. */
  take(slots: Uint32Array): Batch {
    const rows = this.#store.take(slots, heapArena)
    for (const slot of slots) if (this.#timesMs[slot]! <= this.#minMs) this.#minMs = Number.NaN
    this.#store.remove(slots)
    return rows
  }

  renumber(live: Uint32Array): void {
    this.#store.renumberKeys(live)
  }

  save(to: StateWriter): void {
    this.#store.save(to, 'undecided', batch => this.#inputs.keyGroups(batch, 0))
  }

  load(from: StateReader): void {
    this.#store.load(from, 'undecided', rows => this.#inputs.keptIds(rows, 0))
    const slots = this.#store.all()
    if (slots.length === 0) return
    const columns: readonly Column[] = this.#store.columns(slots, heapArena)
    const timesMs = new Float64Array(slots.length)
    const restNs = new Float64Array(slots.length)
    eventTimesMs(columns[this.#time]!, slots.length, undefined, timesMs, restNs)
    for (let i = 0; i < slots.length; i++) this.#set(slots[i]!, timesMs[i]!, restNs[i]!)
  }
}

const NO_KEYS = new Uint32Array(0)
