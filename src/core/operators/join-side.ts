/** What one input of a join of streams has kept: its rows, their event times, how many matches they have. */

import type { Batch } from '../batch/batch.ts'
import { withScratch } from '../batch/scratch.ts'
import { type Arena, allocFloat64, heapArena } from '../batch/slab.ts'
import { itemsAt } from '../batch/take-column.ts'
import type { NodeOutput } from '../plan.ts'
import { grownFloat64 } from '../state/row-store/growing.ts'
import { RowStore } from '../state/row-store/row-store.ts'
import { NO_SLOT } from '../state/row-store/slots.ts'
import { stateMemory } from '../state/state-memory.ts'
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
  /** Something leaves for rows when they are forgotten. */
  readonly watched: boolean
}

export class JoinSide {
  readonly input: 0 | 1
  readonly changes: boolean
  ended = false
  readonly #range: LayoutRange | undefined
  readonly #counted: boolean
  /** Rows are forgotten a block at a time, once the last one is due: nobody sees which are still there. */
  readonly byBlock: boolean
  readonly #schema: Schema
  #store: RowStore
  /** By slot, where rows meet within a range. */
  #timesMs: Float64Array = new Float64Array(0)
  /** Empty until a time is not of whole ms. */
  #restNs: Float64Array = new Float64Array(0)

  constructor({ schema, rows }: NodeOutput, { input, range, counted, watched }: JoinSideOptions) {
    this.input = input
    this.changes = rows === 'changes'
    this.byBlock = !this.changes && !watched
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
      expires: this.#range !== undefined && (this.byBlock ? 'by block' : true),
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
    stateMemory.letGo(this.#timesMs.byteLength + this.#restNs.byteLength)
  }

  timeMs(slot: number): number {
    return this.#timesMs[slot]!
  }

  restNs(slot: number): number {
    return this.#restNs.length === 0 ? 0 : this.#restNs[slot]!
  }

  /** The event times of rows, where rows meet within a range. */
  timesOf(
    batch: Batch,
    { rows, count }: { rows: Uint32Array | undefined; count: number },
    arena: Arena,
  ): RowTimes | undefined {
    if (!this.#range) return undefined
    const times = { ms: allocFloat64(arena, count), restNs: allocFloat64(arena, count) }
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
    const { store } = this
    const physical = numbers ? (rows ? itemsAt(rows, numbers) : numbers) : rows
    const keys = numbers ? itemsAt(ids, numbers) : ids
    const slots = withScratch(scratch => {
      const dueMs = times && this.#dueMs(times.ms, numbers, keys.length, scratch)
      return this.changes
        ? store.change(batch, physical, { keys, dueMs })
        : store.insert(batch, physical, { keys, dueMs })
    })
    if (times) this.#setTimes(slots, times, numbers)
    if (this.#counted)
      for (let i = 0; i < slots.length; i++)
        if (slots[i] !== NO_SLOT) store.setNumber(slots[i]!, counts![numbers ? numbers[i]! : i]!)
  }

  /** By row, the last time at which a row of the other side may meet it. */
  #dueMs(ms: Float64Array, numbers: Uint32Array | undefined, count: number, arena: Arena): Float64Array {
    const { fromMs, toMs } = this.#range!
    const laterMs = this.input === 0 ? toMs : -fromMs
    const dueMs = allocFloat64(arena, count)
    for (let i = 0; i < count; i++) dueMs[i] = ms[numbers === undefined ? i : numbers[i]!]! + laterMs
    return dueMs
  }

  #setTimes(slots: Uint32Array, { ms, restNs }: RowTimes, numbers: Uint32Array | undefined): void {
    this.#timesMs = grownFloat64(this.#timesMs, this.store.slotsEnd)
    if (this.#restNs.length > 0 || restNs.some(rest => rest !== 0))
      this.#restNs = grownFloat64(this.#restNs, this.store.slotsEnd)
    const timesMs = this.#timesMs
    const rests = this.#restNs.length > 0 ? this.#restNs : undefined
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!
      if (slot === NO_SLOT) continue
      const at = numbers === undefined ? i : numbers[i]!
      timesMs[slot] = ms[at]!
      if (rests !== undefined) rests[slot] = restNs[at]!
    }
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
    const times = this.timesOf(rows, { rows: undefined, count: slots.length }, heapArena)!
    this.#setTimes(slots, times, undefined)
  }
}
