/**
 * What the runtimes of an as-of join share: both inputs wait for the watermark that both have passed, and then come in
 * order of time, with the ids of their keys.
 */

import { type Batch, rowCount } from '../batch/batch.ts'
import { SEEN, withoutMeta } from '../batch/meta.ts'
import { keyGroupsOf } from '../state/hash.ts'
import { KeyTable, NO_KEY } from '../state/key-table.ts'
import { BLOCK_SLOTS } from '../state/row-store/slots.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import type { AsofLayout } from './asof-join.ts'
import type { Arrival, OperatorContext } from './contract.ts'
import { keyedRows, keyIds } from './join-keys.ts'
import { type KeyedOrderedRows, NewestRows } from './newest-rows.ts'
import { TimeBuffer } from './time-buffer.ts'
import { timelyRows } from './timely.ts'

/** Without an id are rows whose key is null, or was only sought and is not there. */
export type AsofRows = KeyedOrderedRows

export class AsofInputs {
  readonly keys: KeyTable
  readonly #context: OperatorContext
  readonly #layout: AsofLayout
  readonly #waiting: readonly [TimeBuffer, TimeBuffer]

  constructor(layout: AsofLayout, context: OperatorContext) {
    this.keys = new KeyTable(layout.keyTypes)
    this.#context = context
    this.#layout = layout
    const buffer = (input: 0 | 1) =>
      new TimeBuffer(context.inputs[input]!.schema, layout.times[input], layout.keyColumns[input])
    this.#waiting = [buffer(0), buffer(1)]
  }

  add(batch: Batch, input: number, arrival: Arrival | undefined): void {
    const { arena, inputs, report } = this.#context
    const { lateness } = inputs[input]!
    const rows = lateness ? timelyRows(batch, this.#layout.times[input]!, arrival, report) : batch
    if (rowCount(rows) > 0) this.#waiting[input]!.add(withoutMeta(rows, SEEN), arena)
  }

  /** The rows of an input before the watermark. `find` gives keys that are not known no ids. */
  take(input: 0 | 1, watermarkMs: number, how: 'intern' | 'find'): AsofRows | undefined {
    const rows = this.#waiting[input].take(watermarkMs)
    return rows && { ...rows, ids: this.idsOf(rows.batch, input, how) }
  }

  /** By physical row of a batch all of whose rows count. */
  idsOf(batch: Batch, input: 0 | 1, how: 'intern' | 'find'): Uint32Array {
    const keyed = keyedRows(batch, this.#layout.keyColumns[input], this.#layout.keyTypes)
    const found = keyIds(this.keys, keyed, how)
    if (!keyed.rows) return found
    const ids = new Uint32Array(batch.length).fill(NO_KEY)
    for (let i = 0; i < keyed.count; i++) ids[keyed.rows[i]!] = found[i]!
    return ids
  }

  /** The ids of rows that were kept, whose keys are not null. */
  keptIds(rows: Batch, input: 0 | 1): Uint32Array {
    return keyIds(this.keys, keyedRows(rows, this.#layout.keyColumns[input], this.#layout.keyTypes), 'intern')
  }

  /** Which shards own rows of an input, for what operators keep of them. */
  keyGroups(batch: Batch, input: 0 | 1): Uint8Array {
    const keyGroups = new Uint8Array(batch.length)
    const keys = this.#layout.keyColumns[input].map(column => batch.columns[column]!)
    keyGroupsOf(keys, batch.length, undefined, keyGroups)
    return keyGroups
  }

  /**
   * The keys to keep, once most have no rows any more; undefined until then.
   *
   * @param rows how many rows have a key, at least @param isLive whether a key has any
   */
  keysToRetain(rows: number, isLive: (id: number) => boolean): Uint32Array | undefined {
    const { size } = this.keys
    if (this.#layout.keyTypes.length === 0 || size < 2 * BLOCK_SLOTS || size < 2 * rows) return undefined
    const live: number[] = []
    for (let id = 0; id < size; id++) if (isLive(id)) live.push(id)
    return Uint32Array.from(live)
  }

  save(to: StateWriter): void {
    this.#waiting.forEach((waiting, input) => {
      waiting.save(to, `waiting${input}`)
    })
  }

  load(from: StateReader): void {
    this.#waiting.forEach((waiting, input) => {
      waiting.load(from, `waiting${input}`)
    })
  }
}

/** The newest row of each key on the right. @param keptMs how long after its time a row may still be met */
export const newestOfRight = (
  inputs: AsofInputs,
  layout: AsofLayout,
  context: OperatorContext,
  keptMs: number,
): NewestRows =>
  new NewestRows({
    schema: context.inputs[1]!.schema,
    time: layout.times[1],
    keptMs,
    keyIds: rows => inputs.keptIds(rows, 1),
    keyGroups: rows => inputs.keyGroups(rows, 1),
  })
