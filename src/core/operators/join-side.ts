/** What one input of a join of streams has kept: its rows, their event times, how many matches they have. */

import type { Batch } from '../batch/batch.ts'
import { heapArena } from '../batch/slab.ts'
import type { NodeOutput } from '../plan.ts'
import { RowStore } from '../state/row-store/row-store.ts'
import { BLOCK_SLOTS, NO_SLOT } from '../state/row-store/slots.ts'
import type { StateReader } from '../state/state-reader.ts'
import { eventTimesMs } from '../time/event-time.ts'
import type { Schema } from '../types/schema.ts'
import type { LayoutRange } from './join-layout.ts'
import type { CameRows } from './pair-finder.ts'

/** Event times: whole ms, and the ns past them. */
export interface RowTimes {
  readonly ms: Float64Array
  readonly restNs: Float64Array
}

export interface JoinSideOptions {
  readonly input: 0 | 1
  readonly range: LayoutRange | undefined
  /** Matches are counted, row by row. */
  readonly counted: boolean
}

export class JoinSide {
  readonly input: 0 | 1
  readonly changes: boolean
  ended = false
  readonly #range: LayoutRange | undefined
  readonly #counted: boolean
  readonly #schema: Schema
  #store: RowStore
  /** By slot, where rows meet within a range. */
  #timesMs = new Float64Array(0)
  #restNs = new Float64Array(0)

  constructor({ schema, rows }: NodeOutput, { input, range, counted }: JoinSideOptions) {
    this.input = input
    this.changes = rows === 'changes'
    this.#range = range
    this.#counted = counted
    this.#schema = schema
    this.#store = this.#emptyStore()
  }

  get store(): RowStore {
    return this.#store
  }

  #emptyStore(): RowStore {
    return new RowStore({
      schema: this.#schema,
      keyed: true,
      places: true,
      distinct: this.changes,
      expires: this.#range !== undefined,
      numbered: this.#counted,
    })
  }

  /** Forgets all rows. */
  clear(): void {
    if (this.#store.count === 0) return
    this.#store.close()
    this.#store = this.#emptyStore()
  }

  get bytes(): number {
    return this.store.bytes + this.#timesMs.byteLength + this.#restNs.byteLength
  }

  close(): void {
    this.#store.close()
  }

  timeMs(slot: number): number {
    return this.#timesMs[slot]!
  }

  restNs(slot: number): number {
    return this.#restNs[slot]!
  }

  /** The event times of rows, where rows meet within a range. */
  timesOf(
    batch: Batch,
    { rows, count }: { rows: Uint32Array | undefined; count: number },
  ): RowTimes | undefined {
    if (!this.#range) return undefined
    const times = { ms: new Float64Array(count), restNs: new Float64Array(count) }
    eventTimesMs(batch.columns[this.#range.times[this.input]]!, count, rows, times.ms, times.restNs)
    return times
  }

  /**
   * Keeps rows that came.
   *
   * @param numbers which of them; undefined: all
   * @param counts by row, how many matches it has
   */
  keep({ batch, rows, ids, times }: CameRows, numbers?: Uint32Array, counts?: Int32Array): void {
    if (numbers?.length === 0) return
    const physical = numbers ? (rows ? numbers.map(i => rows[i]!) : numbers) : rows
    const keys = numbers ? numbers.map(i => ids[i]!) : ids
    const ms = times && (numbers ? Float64Array.from(numbers, i => times.ms[i]!) : times.ms)
    const dueMs = ms?.map(time => this.#dueMs(time))
    const slots = this.changes
      ? this.store.change(batch, physical, { keys, dueMs })
      : this.store.insert(batch, physical, { keys, dueMs })
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!
      if (slot === NO_SLOT) continue
      const at = numbers ? numbers[i]! : i
      if (times) this.#setTime(slot, times.ms[at]!, times.restNs[at]!)
      if (this.#counted) this.store.setNumber(slot, counts![at]!)
    }
  }

  /** The last time at which a row of the other side may meet the row. */
  #dueMs(ms: number): number {
    const { fromMs, toMs } = this.#range!
    return this.input === 0 ? ms + toMs : ms - fromMs
  }

  #setTime(slot: number, ms: number, restNs: number): void {
    if (slot >= this.#timesMs.length) {
      const [times, rests] = [
        new Float64Array(2 * slot + BLOCK_SLOTS),
        new Float64Array(2 * slot + BLOCK_SLOTS),
      ]
      times.set(this.#timesMs)
      rests.set(this.#restNs)
      this.#timesMs = times
      this.#restNs = rests
    }
    this.#timesMs[slot] = ms
    this.#restNs[slot] = restNs
  }

  /**
   * Counts matches of kept rows, and gives those that have got their first.
   *
   * @param weight by pair, how often the row counts that was met
   * @param lost rows that had matches before the step and have none for now: kept up to date
   */
  count(slots: Uint32Array, weight: (i: number) => number, lost: Set<number>): Uint32Array {
    const { store } = this
    const matched: number[] = []
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!
      const before = store.numberOf(slot)
      const after = before + weight(i)
      store.setNumber(slot, after)
      if (before > 0 && after <= 0) lost.add(slot)
      else if (before <= 0 && after > 0 && !lost.delete(slot)) matched.push(slot)
    }
    return Uint32Array.from(matched)
  }

  load(from: StateReader, keysOf: (rows: Batch) => Uint32Array): void {
    const { store } = this
    store.load(from, `rows${this.input}`, keysOf)
    const slots = store.all()
    if (!this.#range || slots.length === 0) return
    const rows = store.take(slots, heapArena)
    const times = this.timesOf(rows, { rows: undefined, count: slots.length })!
    for (let i = 0; i < slots.length; i++) this.#setTime(slots[i]!, times.ms[i]!, times.restNs[i]!)
  }
}
