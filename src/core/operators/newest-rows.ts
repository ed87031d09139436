/** The newest row of each key: what rows to come may still refer to. */

import type { Batch } from '../batch/batch.ts'
import { heapArena } from '../batch/slab.ts'
import { NO_KEY } from '../state/key-table.ts'
import { grownFloat64 } from '../state/row-store/growing.ts'
import { RowStore } from '../state/row-store/row-store.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { eventTimesMs } from '../time/event-time.ts'
import type { Schema } from '../types/schema.ts'
import type { OrderedRows } from './time-buffer.ts'

/** No row. */
export const NO_MATCH = -1

/** Rows in order of time, with the ids of their keys. */
export interface KeyedOrderedRows extends OrderedRows {
  /** By row; {@link NO_KEY} where it has none. */
  readonly ids: Uint32Array
}

/** What the rows are, and how long they are kept. */
export interface NewestRowsOptions {
  readonly schema: Schema
  /** The index of the time. */
  readonly time: number
  /** How long after its time a row may still be referred to; Infinity: for good. */
  readonly keptMs: number
  /** The ids of the keys of rows that were kept, which are interned. */
  keyIds(rows: Batch): Uint32Array
  keyGroups(rows: Batch): Uint8Array
}

export class NewestRows {
  readonly #options: NewestRowsOptions
  readonly #keptMs: number
  readonly store: RowStore
  /** By key id: the slot of the newest row that passed in earlier steps, and its time; -1 for none. */
  #slots = new Int32Array(0)
  #timesMs: Float64Array = new Float64Array(0)
  #restNs: Float64Array = new Float64Array(0)
  /** By key id, {@link NO_MATCH}: for whoever goes through rows, and puts back what was there. */
  scratch = new Int32Array(0)
  /** Counts calls of `remember`, and by key id the last one that it had a row in. */
  #pass = 0
  #passOf: Float64Array = new Float64Array(0)

  constructor(options: NewestRowsOptions) {
    this.#options = options
    const { schema, keptMs } = options
    this.#keptMs = keptMs
    this.store = new RowStore({ schema, keyed: true, expires: Number.isFinite(keptMs) })
  }

  get count(): number {
    return this.store.count
  }

  get bytes(): number {
    return this.store.bytes + this.#slots.byteLength + this.#timesMs.byteLength + this.#restNs.byteLength
  }

  close(): void {
    this.store.close()
  }

  has(id: number): boolean {
    return this.#slots[id]! >= 0
  }

  /** By key id, while {@link has} is true. */
  slotOf = (id: number): number => this.#slots[id]!
  timeMs = (id: number): number => this.#timesMs[id]!
  restNs = (id: number): number => this.#restNs[id]!

  /** Makes room for key ids below `size`. */
  reserve(size: number): void {
    if (this.#slots.length >= size) return
    const slots = new Int32Array(Math.max(size, 2 * this.#slots.length, 64)).fill(NO_MATCH)
    slots.set(this.#slots)
    this.#slots = slots
    this.scratch = new Int32Array(slots.length).fill(NO_MATCH)
    this.#timesMs = grownFloat64(this.#timesMs, slots.length)
    this.#restNs = grownFloat64(this.#restNs, slots.length)
    this.#passOf = grownFloat64(this.#passOf, slots.length)
  }

  /** The last row of each key in place of that before it. */
  remember({ batch, ids, timesMs, restNs }: KeyedOrderedRows): void {
    const last: number[] = []
    const replaced: number[] = []
    const pass = ++this.#pass
    // From the end: the first that is seen of a key is its last.
    for (let row = ids.length - 1; row >= 0; row--) {
      const id = ids[row]!
      if (id === NO_KEY || this.#passOf[id] === pass) continue
      this.#passOf[id] = pass
      last.push(row)
      if (this.has(id)) replaced.push(this.#slots[id]!)
    }
    this.store.remove(Uint32Array.from(replaced))
    if (last.length === 0) return
    const rows = Uint32Array.from(last)
    const keys = rows.map(row => ids[row]!)
    const dueMs = Float64Array.from(rows, row => timesMs[row]! + this.#keptMs)
    const slots = this.store.insert(batch, rows, { keys, dueMs })
    for (let i = 0; i < rows.length; i++)
      this.#set(keys[i]!, slots[i]!, timesMs[rows[i]!]!, restNs[rows[i]!]!)
  }

  #set(id: number, slot: number, timeMs: number, restNs: number): void {
    this.#slots[id] = slot
    this.#timesMs[id] = timeMs
    this.#restNs[id] = restNs
  }

  /** Forgets what no row at the watermark or after it can meet. */
  expire(watermarkMs: number): void {
    if (!Number.isFinite(this.#keptMs) || !Number.isFinite(watermarkMs)) return
    const slots = this.store.expire(watermarkMs - 1)
    for (const slot of slots) this.#slots[this.store.keyOf(slot)] = NO_MATCH
    this.store.remove(slots)
  }

  /** Key `live[i]` is called `i` from now on. */
  renumber(live: Uint32Array): void {
    this.store.renumberKeys(live)
    const slots = this.#slots
    const [timesMs, restNs] = [this.#timesMs, this.#restNs]
    this.#slots = new Int32Array(0)
    this.reserve(live.length)
    this.#passOf.fill(0)
    for (let i = 0; i < live.length; i++)
      this.#set(i, slots[live[i]!]!, timesMs[live[i]!]!, restNs[live[i]!]!)
  }

  save(to: StateWriter, table: string): void {
    this.store.save(to, table, batch => this.#options.keyGroups(batch))
  }

  load(from: StateReader, table: string): void {
    this.store.load(from, table, rows => this.#options.keyIds(rows))
    const slots = this.store.all()
    if (slots.length === 0) return
    let keys = 0
    for (const slot of slots) keys = Math.max(keys, this.store.keyOf(slot) + 1)
    this.reserve(keys)
    const rows = this.store.columns(slots, heapArena)
    const timesMs = new Float64Array(slots.length)
    const restNs = new Float64Array(slots.length)
    eventTimesMs(rows[this.#options.time]!, slots.length, undefined, timesMs, restNs)
    for (let i = 0; i < slots.length; i++)
      this.#set(this.store.keyOf(slots[i]!), slots[i]!, timesMs[i]!, restNs[i]!)
  }
}
