/** The runtimes of `dedup` over streams that keep the first row of each key: rows that stay. */

import { type Batch, rowAt, rowCount, withSelection } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { placedBy } from '../batch/place.ts'
import { take } from '../batch/take.ts'
import { DirtyBlocks } from '../state/dirty-blocks.ts'
import { KeyLives } from '../state/key-lives.ts'
import { KeyTable } from '../state/key-table.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { fieldIndex } from '../types/schema.ts'
import type { Arrival, Emit, Operator, OperatorContext, Signal } from './contract.ts'
import type { DedupNode } from './dedup.ts'
import { OUTPUT_ROWS } from './define.ts'
import { saveKeys } from './saved-keys.ts'
import { TimeBuffer } from './time-buffer.ts'
import { timelyRows } from './timely.ts'

/** Keys of which a row has left. */
class SeenKeys {
  readonly columns: readonly number[]
  readonly keys: KeyTable
  readonly #dirty = new DirtyBlocks()
  #ids = new Uint32Array(0)

  constructor({ keys }: DedupNode, { inputs }: OperatorContext) {
    const { schema } = inputs[0]!
    this.columns = keys.map(key => fieldIndex(schema, key))
    this.keys = new KeyTable(this.columns.map(column => schema[column]!.type))
  }

  /** The id of each row, and how many keys there were before: ids from there on are new. Valid until the next call. */
  intern(batch: Batch): { ids: Uint32Array; known: number } {
    const count = rowCount(batch)
    if (this.#ids.length < count) this.#ids = new Uint32Array(count)
    // Without columns there is one key, which counts from the start: none has been seen before its first row.
    const known = this.columns.length === 0 && !this.#any ? 0 : this.keys.size
    this.#any ||= count > 0
    const columns = this.columns.map(column => batch.columns[column]!)
    this.keys.intern(columns, count, batch.selection, this.#ids)
    this.#dirty.markFrom(known, this.keys.size)
    return { ids: this.#ids.subarray(0, count), known }
  }
  #any = false

  touch(ids: Uint32Array): void {
    this.#dirty.reserve(this.keys.size)
    this.#dirty.markAll(ids)
  }

  retain(living: Uint32Array): void {
    this.keys.retain(living)
    // Ids are others now.
    this.#dirty.markFrom(0, living.length)
  }

  /** With a number of each key, if there is one. */
  save(to: StateWriter, numbers?: Float64Array): void {
    if (this.columns.length === 0 && !this.#any) return
    saveKeys(to, this.keys, this.#dirty, numbers)
  }

  /** Calls `each` with the ids of saved keys and their numbers. */
  load(from: StateReader, each: (id: number, number: number) => void = () => {}): void {
    const width = this.columns.length
    for (const { batch } of from.table('keys')) {
      const count = rowCount(batch)
      const ids = new Uint32Array(count)
      this.keys.intern(batch.columns.slice(0, width), count, batch.selection, ids)
      this.#any ||= count > 0
      const numbers = batch.columns[width]?.values as Float64Array | undefined
      for (let i = 0; i < count; i++) each(ids[i]!, numbers ? numbers[rowAt(batch, i)]! : Number.NaN)
    }
  }
}

/** Without event time: the first row that comes. */
export class DedupOnArrival implements Operator {
  readonly #seen: SeenKeys

  constructor(node: DedupNode, context: OperatorContext) {
    this.#seen = new SeenKeys(node, context)
  }

  get stateKeys(): number {
    return this.#seen.keys.size
  }

  get stateBytes(): number {
    return this.#seen.keys.bytes
  }

  /** Ids are given in order of first sight: what is new are the rows whose id is the next one. */
  onBatch(batch: Batch, _input: number, emit: Emit): void {
    const { ids, known } = this.#seen.intern(batch)
    const rows = new Uint32Array(this.#seen.keys.size - known)
    let found = 0
    for (let i = 0; found < rows.length && i < ids.length; i++)
      if (ids[i] === known + found) rows[found++] = rowAt(batch, i)
    if (found > 0) emit(withSelection(batch, rows.subarray(0, found)))
  }

  save(to: StateWriter): void {
    this.#seen.save(to)
  }

  load(from: StateReader): void {
    this.#seen.load(from)
  }
}

/**
 * With event time: rows are taken in its order, when the watermark has passed them, so that the first is final. With a
 * ttl keys are forgotten, by event times alone.
 */
export class DedupInTime implements Operator {
  readonly #context: OperatorContext
  readonly #time: number
  readonly #seen: SeenKeys
  readonly #lives: KeyLives | undefined
  readonly #waiting: TimeBuffer

  constructor(node: DedupNode, context: OperatorContext) {
    const { schema, eventTime } = context.inputs[0]!
    this.#context = context
    this.#time = fieldIndex(schema, eventTime!)
    this.#seen = new SeenKeys(node, context)
    this.#lives = node.ttlMs === undefined ? undefined : new KeyLives(node.ttlMs)
    this.#waiting = new TimeBuffer(schema, this.#time, this.#seen.columns)
  }

  get stateKeys(): number {
    return this.#seen.keys.size
  }

  get stateBytes(): number {
    return this.#seen.keys.bytes + (this.#lives?.bytes ?? 0)
  }

  onBatch(batch: Batch, _input: number, _emit: Emit, arrival?: Arrival): void {
    const { arena, report } = this.#context
    const rows = timelyRows(batch, this.#time, arrival, report)
    if (rowCount(rows) > 0) this.#waiting.add(rows, arena)
  }

  onTime({ watermarkMs }: Signal, emit: Emit): void {
    const passed = this.#waiting.take(watermarkMs)
    if (passed) {
      const { batch, timesMs, restNs } = passed
      const rows = this.#firstRows(batch, timesMs)
      const { arena } = this.#context
      const times = [timesMs, restNs].map((of): Column => ({ type: 'float64', values: of }))
      const timed = { ...batch, columns: [...batch.columns, ...times] }
      for (let from = 0; from < rows.length; from += OUTPUT_ROWS) {
        const { columns: all, ...chunk } = take(timed, rows.subarray(from, from + OUTPUT_ROWS), arena)
        // Rows leave in order of time: it leads their places.
        const columns = all.slice(0, batch.columns.length)
        emit(placedBy({ ...chunk, columns }, all.slice(columns.length), arena))
      }
    }
    if (!this.#lives) return
    if (watermarkMs < Number.POSITIVE_INFINITY) this.#lives.pass(watermarkMs)
    const living = this.#lives.dueForgetting(this.#seen.keys.size)
    if (living) this.#retain(living)
  }

  /** The rows of keys that are new, or that start anew. */
  #firstRows(batch: Batch, timesMs: Float64Array): Uint32Array {
    const { ids, known } = this.#seen.intern(batch)
    const size = this.#seen.keys.size
    const rows = new Uint32Array(ids.length)
    let next = known
    let found = 0
    this.#lives?.reserve(size)
    if (this.#lives) this.#seen.touch(ids)
    for (let i = 0; i < ids.length; i++) {
      const isNew = ids[i] === next && next < size
      if (isNew) next++
      const anew = this.#lives?.see(ids[i]!, timesMs[i]!) ?? false
      if (isNew || anew) rows[found++] = i
    }
    return rows.subarray(0, found)
  }

  #retain(living: Uint32Array): void {
    this.#seen.retain(living)
    this.#lives!.retain(living)
  }

  save(to: StateWriter): void {
    const lives = this.#lives
    // What is dead is not restored, so that a late row finds the same keys as without a stop.
    if (lives) this.#retain(lives.living(this.#seen.keys.size))
    const size = this.#seen.keys.size
    this.#seen.save(to, lives && Float64Array.from({ length: size }, (_, id) => lives.lastMs(id)))
    this.#waiting.save(to, 'waiting')
  }

  load(from: StateReader): void {
    this.#seen.load(from, (id, lastMs) => {
      this.#lives?.reserve(this.#seen.keys.size)
      this.#lives?.restore(id, lastMs)
    })
    this.#waiting.load(from, 'waiting')
  }
}
