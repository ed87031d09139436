/**
 * Rows that wait for the watermark, which gives them in total order: event time, then place, or other columns between the
 * two. For verbs that go through rows in order of time, of one input or of several.
 */

import { type Batch, withSelection } from '../batch/batch.ts'
import { type SortKey, sortRows } from '../batch/compare.ts'
import { comparePlaces, placeColumns } from '../batch/place.ts'
import { type Arena, heapArena } from '../batch/slab.ts'
import { concat, copyToHeap, take } from '../batch/take.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import type { Schema } from '../types/schema.ts'
import { HeldBatches, withTime } from './held-rows.ts'

/** Rows in total order, with their event times: whole ms, floored, and the nanoseconds past them. */
export interface OrderedRows {
  /** Every physical row counts; rows have the places with which they came. */
  readonly batch: Batch
  readonly timesMs: Float64Array
  readonly restNs: Float64Array
}

export class TimeBuffer {
  readonly #schema: Schema
  readonly #time: number
  readonly #ties: readonly SortKey[]
  readonly #held: HeldBatches

  /**
   * @param time index of the event-time column
   * @param keyColumns what decides which shard owns a row
   * @param ties the order of rows of one time, before their places
   */
  constructor(schema: Schema, time: number, keyColumns: readonly number[], ties: readonly SortKey[] = []) {
    this.#schema = schema
    this.#time = time
    this.#ties = ties
    this.#held = new HeldBatches(keyColumns)
  }

  /** Holds a copy of rows. @throws {DataError} `NULL_EVENT_TIME`, `EVENT_TIME_RANGE` */
  add(batch: Batch, arena: Arena): void {
    this.#held.add(withTime(batch, this.#time, arena))
  }

  /** Takes out the rows before the watermark, into memory of the arena; undefined when there are none. */
  take(watermarkMs: number, arena: Arena = heapArena): OrderedRows | undefined {
    const passing: Batch[] = []
    const rest: Batch[] = []
    for (const batch of this.#held.batches) this.#divide(batch, watermarkMs, passing, rest)
    if (passing.length === 0) return undefined
    this.#held.replace(rest)
    return this.#inOrder(concat(passing[0]!.schema, passing, arena), arena)
  }

  /** Puts the rows of a held batch before the watermark with those that pass, the others with the rest. */
  #divide(batch: Batch, watermarkMs: number, passing: Batch[], rest: Batch[]): void {
    const timesMs = batch.columns[this.#schema.length]!.values as Float64Array
    const before = new Uint32Array(batch.length)
    const after = new Uint32Array(batch.length)
    let passed = 0
    let stays = 0
    for (let row = 0; row < batch.length; row++) {
      if (timesMs[row]! < watermarkMs) before[passed++] = row
      else after[stays++] = row
    }
    if (stays === 0) passing.push(batch)
    else if (passed === 0) rest.push(batch)
    else {
      passing.push(withSelection(batch, before.subarray(0, passed)))
      rest.push(copyToHeap(take(batch, after.subarray(0, stays), heapArena)))
    }
  }

  #inOrder(all: Batch, arena: Arena): OrderedRows {
    const width = this.#schema.length
    const lies = this.#ties.length === 0 && isInOrder(all, width)
    const ordered = lies ? all : take(all, totalOrder(all, width, this.#ties), arena)
    const [timesMs, restNs] = ordered.columns.slice(width).map(({ values }) => values as Float64Array)
    const batch = { ...ordered, schema: this.#schema, columns: ordered.columns.slice(0, width) }
    return { batch, timesMs: timesMs!, restNs: restNs! }
  }

  save(to: StateWriter, table: string): void {
    this.#held.save(to, table)
  }

  load(from: StateReader, table: string): void {
    this.#held.load(from, table)
  }
}

/** Whether rows lie in total order. `width`: the first of the two columns of times. */
function isInOrder(all: Batch, width: number): boolean {
  const [timesMs, restNs] = all.columns.slice(width).map(({ values }) => values as Float64Array)
  for (let i = 1; i < all.length; i++) {
    const ahead = timesMs![i]! - timesMs![i - 1]! || restNs![i]! - restNs![i - 1]!
    if (ahead < 0 || (ahead === 0 && comparePlaces(all, i - 1, all, i) > 0)) return false
  }
  return true
}

function totalOrder(all: Batch, width: number, ties: readonly SortKey[]): Uint32Array {
  const columns = [...all.columns, ...placeColumns(all, heapArena)]
  const [timeMs, restNs, ...places] = columns.slice(width).map((_, i): SortKey => ({ column: width + i }))
  return sortRows({ ...all, columns }, [timeMs!, restNs!, ...ties, ...places])
}
