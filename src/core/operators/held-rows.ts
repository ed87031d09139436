/** Rows that an operator holds until the watermark has passed them, to take them in total order. */

import type { Batch } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { sortRows } from '../batch/compare.ts'
import { placeColumns, placedBy } from '../batch/place.ts'
import { type Arena, heapArena } from '../batch/slab.ts'
import { compact, concat, copyToHeap, type DictionaryCopies, take } from '../batch/take.ts'
import { keyGroupsOf } from '../state/hash.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { eventTimesMs } from '../time/event-time.ts'
import { OUTPUT_ROWS } from './define.ts'

/** Hidden columns of event time; with the place of a row they are its place in the total order. */
const TIME = ['\0time', '\0rest'] as const

/** A batch with the event time of its rows as numbers, to be held. `time` is the event-time column, -1 for none. */
export function withTime(batch: Batch, time: number, arena: Arena): Batch {
  const held = compact(batch, arena)
  const timeMs = new Float64Array(held.length)
  const restNs = new Float64Array(held.length)
  if (time >= 0) eventTimesMs(held.columns[time]!, held.length, undefined, timeMs, restNs)
  const columns = [timeMs, restNs].map((values): Column => ({ type: 'float64', values }))
  const fields = TIME.map(name => ({ name, type: 'float64' as const }))
  return { ...held, schema: [...held.schema, ...fields], columns: [...held.columns, ...columns] }
}

/** Held rows, of which the first ones in total order are past the watermark. */
export interface PassedRows {
  /** All held rows. */
  readonly all: Batch
  /** All rows in total order: the first `passed` are before the watermark. */
  readonly order: Uint32Array
  readonly passed: number
  /** Event times in ms, by row of `all`. */
  readonly timesMs: Float64Array
  /** What event times have beyond whole ms, ns. */
  readonly restNs: Float64Array
  /** What is still to be held. */
  rest(): Batch[]
}

/** Puts held rows in total order: event time, then place. There is at least one batch, all made by {@link withTime}. */
export function passedRows(held: readonly Batch[], watermarkMs: number): PassedRows {
  const { schema } = held[0]!
  const all = concat(schema, held, heapArena)
  const width = schema.length - TIME.length
  const [timesMs, restNs] = [0, 1].map(i => all.columns[width + i]!.values as Float64Array) as [
    Float64Array,
    Float64Array,
  ]
  const columns = [...all.columns.slice(width), ...placeColumns(all, heapArena)]
  const order = sortRows(
    { ...all, columns },
    columns.map((_, column) => ({ column })),
  )
  let passed = 0
  while (passed < order.length && timesMs[order[passed]!]! < watermarkMs) passed++
  return {
    all,
    order,
    passed,
    timesMs,
    restNs,
    rest: () => (passed < order.length ? [copyToHeap(take(all, order.subarray(passed), heapArena))] : []),
  }
}

/** The passed rows in total order, without the hidden columns; event time leads their places from here on. */
export function* inChunks({ all, order, passed }: PassedRows, arena: Arena): Generator<Batch> {
  const width = all.schema.length - TIME.length
  const schema = all.schema.slice(0, width)
  for (let start = 0; start < passed; start += OUTPUT_ROWS) {
    const wide = take(all, order.subarray(start, Math.min(start + OUTPUT_ROWS, passed)), arena)
    const batch = { ...wide, schema, columns: wide.columns.slice(0, width) }
    yield placedBy(batch, wide.columns.slice(width), arena)
  }
}

/**
 * Batches that are held from step to step, as state: a save writes those that came since the last one, as long as none
 * was taken out.
 */
export class HeldBatches {
  readonly #keyColumns: readonly number[]
  readonly #copies: DictionaryCopies = new Map()
  #batches: Batch[] = []
  /** How many of them, the first ones, the last save has. */
  #saved = 0

  /** @param keyColumns what decides which shard owns a row; without any the first one does */
  constructor(keyColumns: readonly number[]) {
    this.#keyColumns = keyColumns
  }

  get batches(): readonly Batch[] {
    return this.#batches
  }

  /** Holds a copy. */
  add(batch: Batch): void {
    this.#batches.push(copyToHeap(batch, this.#copies))
  }

  /** Takes all out, and holds `rest` instead, which is no slab's memory. */
  replace(rest: Batch[] = []): Batch[] {
    const held = this.#batches
    this.#batches = rest
    this.#saved = 0
    return held
  }

  save(to: StateWriter, table: string): void {
    const first = to.since === undefined ? 0 : this.#saved
    for (let i = first; i < this.#batches.length; i++) {
      const batch = this.#batches[i]!
      const keyGroups = new Uint8Array(batch.length)
      const keys = this.#keyColumns.map(key => batch.columns[key]!)
      keyGroupsOf(keys, batch.length, undefined, keyGroups)
      to.block(table, i, batch, keyGroups)
    }
    this.#saved = this.#batches.length
    to.blocks(table, this.#saved)
  }

  load(from: StateReader, table: string): void {
    for (const { batch } of from.table(table)) this.add(batch)
  }
}
