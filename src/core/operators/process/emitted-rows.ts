/** Rows that a process function has emitted in a step, by output, until they leave as batches in the order of their places. */

import { type Batch, NO_POSITION } from '../../batch/batch.ts'
import { batchFromRows } from '../../batch/build.ts'
import type { Column } from '../../batch/column.ts'
import { sortRows } from '../../batch/compare.ts'
import { orderMeta } from '../../batch/meta.ts'
import { type Arena, allocFloat64 } from '../../batch/slab.ts'
import { take } from '../../batch/take.ts'
import type { KeyTable } from '../../state/key-table.ts'
import type { Schema } from '../../types/schema.ts'

/** The place of an emitted row: the event time of what it was made of, its key, and how many the key has emitted before. */
export interface Place {
  readonly timeMs: number
  readonly id: number
  readonly number: number
}

export class EmittedRows {
  readonly schema: Schema
  #rows: Readonly<Record<string, unknown>>[] = []
  #places: Place[] = []

  constructor(schema: Schema) {
    this.schema = schema
  }

  get count(): number {
    return this.#rows.length
  }

  add(row: Readonly<Record<string, unknown>>, place: Place): void {
    this.#rows.push(row)
    this.#places.push(place)
  }

  /** All rows as one batch; then there are none. @throws {DataError} `VALUE_TYPE` */
  take(keys: KeyTable, arena: Arena): Batch {
    const rows = this.#rows
    const places = this.#places
    this.#rows = []
    this.#places = []
    const batch = batchFromRows(this.schema, rows, arena, NO_POSITION)
    const numbers = (of: (place: Place) => number): Column => {
      const values = allocFloat64(arena, places.length)
      for (let i = 0; i < places.length; i++) values[i] = of(places[i]!)
      return { type: 'float64', values }
    }
    const order = [
      numbers(({ timeMs }) => timeMs),
      ...keys.columns(
        Uint32Array.from(places, ({ id }) => id),
        arena,
      ),
      numbers(({ number }) => number),
    ]
    const made: Batch = { ...batch, meta: orderMeta(order) }
    const sorted = sortRows(
      { ...made, columns: order },
      order.map((_, column) => ({ column })),
    )
    return sorted.every((row, i) => row === i) ? made : take(made, sorted, arena)
  }
}
