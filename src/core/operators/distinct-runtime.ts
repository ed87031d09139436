/** What gives each combination once. */

import { type Batch, rowAt, rowCount } from '../batch/batch.ts'
import { WEIGHT, weightsOf, withMeta, withoutMeta } from '../batch/meta.ts'
import { allocInt32 } from '../batch/slab.ts'
import { take } from '../batch/take.ts'
import { DirtyBlocks } from '../state/dirty-blocks.ts'
import { grown as grownState } from '../state/growing.ts'
import { KeyTable } from '../state/key-table.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { fieldIndex } from '../types/schema.ts'
import type { Emit, Operator, OperatorContext, Signal } from './contract.ts'
import type { DistinctNode } from './distinct.ts'
import { HeldBatches, inChunks, passedRows, withTime } from './held-rows.ts'
import { saveKeys } from './saved-keys.ts'
import { timelyRows } from './timely.ts'

export const open = (node: DistinctNode, context: OperatorContext): Operator =>
  node.ttlMs === undefined ? new Distinct(node, context) : new ForgetfulDistinct(node, context)

/** Gives a combination when it first occurs; over a changelog, also takes it back when its last row is gone. */
class Distinct implements Operator {
  readonly #context: OperatorContext
  /** The columns that leave, by their places in the input. */
  readonly #columns: readonly number[]
  readonly #keys: KeyTable
  /** Index of event time in the input where late rows are to be left out, else -1. */
  readonly #time: number
  /** Over a changelog: how many rows each combination has, by id. */
  #counts: Int32Array | undefined
  /** Scratch: ids by row of a batch. */
  #ids = new Uint32Array(0)
  /** Ids that changed since the last save. */
  readonly #dirty = new DirtyBlocks()

  constructor(_node: DistinctNode, context: OperatorContext) {
    const { schema, lateness, rows } = context.inputs[0]!
    const { output } = context
    this.#context = context
    this.#columns = output.schema.map(({ name }) => fieldIndex(schema, name))
    this.#keys = new KeyTable(output.schema.map(({ type }) => type))
    this.#time = lateness && output.eventTime !== undefined ? fieldIndex(schema, output.eventTime) : -1
    this.#counts = rows === 'changes' ? new Int32Array(64) : undefined
  }

  onBatch(batch: Batch, _input: number, emit: Emit, arrival?: Parameters<Operator['onBatch']>[3]): void {
    const rows = this.#time < 0 ? batch : timelyRows(batch, this.#time, arrival, this.#context.report)
    const count = rowCount(rows)
    if (this.#ids.length < count) this.#ids = new Uint32Array(count)
    const known = this.#keys.size
    const columns = this.#columns.map(column => rows.columns[column]!)
    this.#keys.intern(columns, count, rows.selection, this.#ids)
    if (this.#counts) this.#emitChanges(rows, count, emit)
    else if (this.#keys.size > known) this.#emitNew(rows, count, known, emit)
  }

  /** Ids are given in order of first sight: what is new are the rows whose id is the next one. */
  #emitNew(batch: Batch, count: number, known: number, emit: Emit): void {
    const fresh = this.#keys.size - known
    const rows = new Uint32Array(fresh)
    const ids = new Uint32Array(fresh)
    let found = 0
    this.#dirty.markFrom(known, this.#keys.size)
    for (let i = 0; found < fresh && i < count; i++) {
      if (this.#ids[i] !== known + found) continue
      ids[found] = known + found
      rows[found++] = rowAt(batch, i)
    }
    emit(this.#batchOf(batch, rows, ids))
  }

  /** A batch of combinations, in their canonical form, each with the place of a row. */
  #batchOf(batch: Batch, rows: Uint32Array, ids: Uint32Array): Batch {
    const { arena, output } = this.#context
    const { schema } = output
    const places = take({ ...withoutMeta(batch, WEIGHT), columns: [] }, rows, arena)
    return { ...places, schema, columns: this.#keys.columns(ids, arena) }
  }

  #emitChanges(batch: Batch, count: number, emit: Emit): void {
    const before = this.#touch(batch, count)
    const counts = this.#counts!
    const gone: number[] = []
    const come: number[] = []
    for (const [id, { held }] of before) {
      const holds = counts[id]! > 0
      if (held && !holds) gone.push(id)
      else if (!held && holds) come.push(id)
    }
    const ids = Uint32Array.from([...gone, ...come])
    if (ids.length === 0) return
    const weights = allocInt32(this.#context.arena, ids.length)
    for (let i = 0; i < ids.length; i++) weights[i] = i < gone.length ? -1 : 1
    const rows = ids.map(id => before.get(id)!.row)
    emit(withMeta(this.#batchOf(batch, rows, ids), { [WEIGHT]: { type: 'int32', values: weights } }))
  }

  /** Counts the rows; gives, by id touched, whether the combination was there before, and its first row. */
  #touch(batch: Batch, count: number): Map<number, { held: boolean; row: number }> {
    const weights = weightsOf(batch)
    const before = new Map<number, { held: boolean; row: number }>()
    const counts = (this.#counts = grown(this.#counts!, this.#keys.size))
    this.#dirty.reserve(this.#keys.size)
    this.#dirty.markAll(this.#ids, count)
    for (let i = 0; i < count; i++) {
      const id = this.#ids[i]!
      const row = rowAt(batch, i)
      if (!before.has(id)) before.set(id, { held: counts[id]! > 0, row })
      counts[id]! += weights ? weights[row]! : 1
    }
    return before
  }

  save(to: StateWriter): void {
    saveKeys(to, this.#keys, this.#dirty, this.#counts)
  }

  load(from: StateReader): void {
    const width = this.#keys.types.length
    for (const { batch } of from.table('keys')) {
      const count = rowCount(batch)
      const ids = new Uint32Array(count)
      this.#keys.intern(batch.columns.slice(0, width), count, batch.selection, ids)
      if (!this.#counts) continue
      const counts = (this.#counts = grown(this.#counts, this.#keys.size))
      const saved = batch.columns[width]!.values as Int32Array
      for (let i = 0; i < count; i++) counts[ids[i]!]! += saved[rowAt(batch, i)]!
    }
  }
}

function grown<A extends Int32Array | Float64Array>(array: A, length: number, fill = 0): A {
  if (array.length >= length) return array
  if (fill === 0) return grownState(array, length) as A
  const larger = new (array.constructor as new (length: number) => A)(2 * length)
  larger.fill(fill)
  larger.set(array)
  return larger
}

const NEVER = Number.NEGATIVE_INFINITY

/**
 * Takes rows in order of event time, when the watermark has passed them: what is forgotten then depends on the rows
 * alone, not on when they came.
 */
class ForgetfulDistinct implements Operator {
  readonly #context: OperatorContext
  readonly #ttlMs: number
  readonly #columns: readonly number[]
  readonly #time: number
  readonly #keys: KeyTable
  /** By id: when it was last seen. */
  #seenMs = new Float64Array(64).fill(NEVER)
  readonly #held: HeldBatches
  /** Ids that changed since the last save. */
  readonly #dirty = new DirtyBlocks()

  constructor(node: DistinctNode, context: OperatorContext) {
    const { schema, eventTime } = context.inputs[0]!
    this.#context = context
    this.#ttlMs = node.ttlMs!
    this.#columns = context.output.schema.map(({ name }) => fieldIndex(schema, name))
    this.#time = fieldIndex(schema, eventTime!)
    this.#held = new HeldBatches(this.#columns)
    this.#keys = new KeyTable(context.output.schema.map(({ type }) => type))
  }

  onBatch(batch: Batch, _input: number, _emit: Emit, arrival?: Parameters<Operator['onBatch']>[3]): void {
    const rows = timelyRows(batch, this.#time, arrival, this.#context.report)
    if (rowCount(rows) > 0) this.#held.add(withTime(rows, this.#time, this.#context.arena))
  }

  onTime({ watermarkMs }: Signal, emit: Emit): void {
    if (this.#held.batches.length === 0) return
    const passed = passedRows(this.#held.batches, watermarkMs)
    if (passed.passed === 0) return
    this.#held.replace(passed.rest())
    let at = 0
    for (const chunk of inChunks(passed, this.#context.arena)) {
      const timesMs = passed.order.subarray(at, at + chunk.length)
      this.#emitFirst(chunk, row => passed.timesMs[timesMs[row]!]!, emit)
      at += chunk.length
    }
    this.#forget(watermarkMs)
  }

  #emitFirst(chunk: Batch, timeMs: (row: number) => number, emit: Emit): void {
    const count = chunk.length
    const ids = new Uint32Array(count)
    const columns = this.#columns.map(column => chunk.columns[column]!)
    this.#keys.intern(columns, count, undefined, ids)
    this.#dirty.reserve(this.#keys.size)
    this.#dirty.markAll(ids)
    const seen = (this.#seenMs = grown(this.#seenMs, this.#keys.size, NEVER))
    const rows: number[] = []
    for (let row = 0; row < count; row++) {
      const id = ids[row]!
      const ms = timeMs(row)
      if (ms - seen[id]! >= this.#ttlMs) rows.push(row)
      seen[id] = ms
    }
    if (rows.length === 0) return
    const { arena, output } = this.#context
    const places = take({ ...chunk, columns: [] }, Uint32Array.from(rows), arena)
    const first = Uint32Array.from(rows, row => ids[row]!)
    emit({ ...places, schema: output.schema, columns: this.#keys.columns(first, arena) })
  }

  /** Combinations that no row to come can find any more, once they are half of all. */
  #forget(watermarkMs: number): void {
    const size = this.#keys.size
    if (size < 1024) return
    const live: number[] = []
    for (let id = 0; id < size; id++) if (watermarkMs - this.#seenMs[id]! < this.#ttlMs) live.push(id)
    if (2 * live.length > size) return
    const seenMs = new Float64Array(Math.max(64, live.length)).fill(NEVER)
    live.forEach((id, i) => {
      seenMs[i] = this.#seenMs[id]!
    })
    this.#keys.retain(Uint32Array.from(live))
    this.#seenMs = seenMs
    // Ids are others now.
    this.#dirty.markFrom(0, live.length)
  }

  save(to: StateWriter): void {
    saveKeys(to, this.#keys, this.#dirty, this.#seenMs)
    this.#held.save(to, 'held')
  }

  load(from: StateReader): void {
    for (const { batch } of from.table('keys')) this.#loadKeys(batch)
    this.#held.load(from, 'held')
  }

  #loadKeys(batch: Batch): void {
    const count = rowCount(batch)
    const ids = new Uint32Array(count)
    const width = this.#keys.types.length
    this.#keys.intern(batch.columns.slice(0, width), count, batch.selection, ids)
    const seen = (this.#seenMs = grown(this.#seenMs, this.#keys.size, NEVER))
    const saved = batch.columns[width]!.values as Float64Array
    for (let i = 0; i < count; i++) seen[ids[i]!] = Math.max(seen[ids[i]!]!, saved[rowAt(batch, i)]!)
  }
}
