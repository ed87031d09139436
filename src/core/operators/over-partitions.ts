/** What `over` knows of each partition of a stream whose rows were given: numbers, and the state of its folds. */

import { type Batch, NO_POSITION } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { heapArena } from '../batch/slab.ts'
import { iota, plainText } from '../batch/take.ts'
import type { Fold } from '../fold.ts'
import type { GroupFields } from '../state/group-fields.ts'
import { keyGroupsOf } from '../state/hash.ts'
import { KeyLives } from '../state/key-lives.ts'
import { KeyTable } from '../state/key-table.ts'
import { grownFloat64, grownUint32 } from '../state/row-store/growing.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import type { ColumnType } from '../types/column-type.ts'
import type { Field } from '../types/schema.ts'
import type { OrderedPartitions } from './over-frames.ts'

/** How many partitions a saved block has. */
const BLOCK = 4096

/** The group of a partition is its key id + 1. */
export class OverPartitions {
  readonly #keys: KeyTable
  /** By column; undefined of columns that are no folds. */
  readonly fields: readonly (GroupFields | undefined)[]
  readonly #folds: readonly { readonly fields: GroupFields; readonly fold: Fold }[]
  readonly #lives: KeyLives | undefined
  #ids: Uint32Array = new Uint32Array(0)
  /** By key id: how many rows were given, and the ranks of the last one. */
  given: Float64Array = new Float64Array(64)
  rank: Float64Array = new Float64Array(64)
  denseRank: Float64Array = new Float64Array(64)
  /** How many of the rows that are kept were given, the first ones. */
  context: Uint32Array = new Uint32Array(64)
  /** How many of the rows that are kept are in the state of the folds, the first ones. */
  folded: Uint32Array = new Uint32Array(64)
  /** Whether there has been a row. Without keys there is one partition from the start, in every shard. */
  #any = false

  constructor(
    keyTypes: readonly ColumnType[],
    carried: readonly ({ readonly fields: GroupFields; readonly fold: Fold } | undefined)[],
    ttlMs: number | undefined,
  ) {
    this.#keys = new KeyTable(keyTypes)
    this.fields = carried.map(of => of?.fields)
    this.#folds = carried.filter(of => of !== undefined)
    this.#lives = ttlMs === undefined ? undefined : new KeyLives(ttlMs)
  }

  get size(): number {
    return this.#keys.size
  }

  get bytes(): number {
    let total = this.#keys.bytes + 3 * this.given.byteLength + 2 * this.context.byteLength
    for (const fields of this.fields) total += fields?.bytes ?? 0
    return total + (this.#lives?.bytes ?? 0)
  }

  /** The key ids of rows; valid until the next call. */
  intern(columns: readonly Column[], count: number): Uint32Array {
    this.#any ||= count > 0
    this.#ids = grownUint32(this.#ids, count)
    this.#keys.intern(columns, count, undefined, this.#ids)
    this.#reserve()
    return this.#ids.subarray(0, count)
  }

  #reserve(): void {
    const { size } = this.#keys
    this.given = grownFloat64(this.given, size)
    this.rank = grownFloat64(this.rank, size)
    this.denseRank = grownFloat64(this.denseRank, size)
    this.context = grownUint32(this.context, size)
    this.folded = grownUint32(this.folded, size)
    for (const fields of this.fields) while (fields && fields.ready <= size) fields.more()
    this.#lives?.reserve(size)
  }

  pass(watermarkMs: number): void {
    if (watermarkMs < Number.POSITIVE_INFINITY) this.#lives?.pass(watermarkMs)
  }

  /** Notes rows of a partition, by position, as given. */
  give(id: number, { leads }: OrderedPartitions, from: number, to: number): void {
    let given = this.given[id]!
    let rank = this.rank[id]!
    let denseRank = this.denseRank[id]!
    for (let p = from; p < to; p++) {
      given++
      if (leads[p] === 0) continue
      rank = given
      denseRank++
    }
    this.given[id] = given
    this.rank[id] = rank
    this.denseRank[id] = denseRank
  }

  /** Notes a row. Returns whether its partition had been silent for so long that it begins anew. */
  see(id: number, timeMs: number): boolean {
    if (!this.#lives) return false
    const known = !Number.isNaN(this.#lives.lastMs(id))
    return this.#lives.see(id, timeMs) && known
  }

  /** Brings a partition back to its beginning. */
  restart(id: number): void {
    this.given[id] = 0
    this.rank[id] = 0
    this.denseRank[id] = 0
    this.context[id] = 0
    this.folded[id] = 0
    for (const fields of this.fields) fields?.reset(Uint32Array.of(id + 1))
  }

  /** With a ttl, the keys to keep when so many are dead that it pays to forget those. */
  dueForgetting(): Uint32Array | undefined {
    return this.#lives?.dueForgetting(this.size)
  }

  /** The keys that are not dead. */
  living(): Uint32Array {
    return this.#lives ? this.#lives.living(this.size) : iota(this.size)
  }

  /** Forgets every key but these: the key that had id `living[i]` has id `i` then. */
  retain(living: Uint32Array): void {
    const saved = this.#batch(living)
    this.#keys.retain(living)
    this.#lives?.retain(living)
    for (const fields of this.fields) fields?.clear()
    this.given = new Float64Array(64)
    this.rank = new Float64Array(64)
    this.denseRank = new Float64Array(64)
    this.context = new Uint32Array(64)
    this.folded = new Uint32Array(64)
    this.#reserve()
    this.#restore(saved, iota(living.length))
  }

  get #schema(): Field[] {
    const names = ['given', 'rank', 'denseRank', 'context', 'folded', 'last']
    const fields = this.fields.flatMap((of, column) =>
      (of?.schema ?? []).map(({ name, type }) => ({ name: `${column}.${name}`, type })),
    )
    const keys = this.#keys.types.map((type, i): Field => ({ name: `key${i}`, type }))
    return [...keys, ...names.map((name): Field => ({ name, type: 'float64' })), ...fields]
  }

  #batch(ids: Uint32Array): Batch {
    const keys = this.#keys
      .columns(ids, heapArena)
      .map(column => (column.dictionary ? plainText(column, ids.length, heapArena) : column))
    const numbers = (of: (id: number) => number): Column => ({
      type: 'float64',
      values: Float64Array.from(ids, of),
    })
    const groups = ids.map(id => id + 1)
    const columns = [
      ...keys,
      numbers(id => this.given[id]!),
      numbers(id => this.rank[id]!),
      numbers(id => this.denseRank[id]!),
      numbers(id => this.context[id]!),
      numbers(id => this.folded[id]!),
      numbers(id => this.#lives?.lastMs(id) ?? 0),
      ...this.fields.flatMap(fields => fields?.columns(groups, heapArena) ?? []),
    ]
    return { schema: this.#schema, length: ids.length, columns, position: NO_POSITION }
  }

  #restore(batch: Batch, ids: Uint32Array): void {
    const rows = batch.selection ?? iota(batch.length)
    const first = this.#keys.types.length
    const numbers = (i: number) => batch.columns[first + i]!.values as Float64Array
    const targets = [this.given, this.rank, this.denseRank, this.context, this.folded]
    targets.forEach((target, i) => {
      const values = numbers(i)
      for (let j = 0; j < rows.length; j++) target[ids[j]!] = values[rows[j]!]!
    })
    const last = numbers(targets.length)
    for (let j = 0; j < rows.length; j++) this.#lives?.restore(ids[j]!, last[rows[j]!]!)
    let at = first + targets.length + 1
    const groups = ids.subarray(0, rows.length).map(id => id + 1)
    for (const { fields, fold } of this.#folds) {
      const width = fields.schema.length
      const [from] = fields.tablesOf(batch.columns.slice(at, at + width), rows)
      fold.merge(fields.tables[0]!, groups, from!, rows)
      at += width
    }
  }

  save(to: StateWriter, table: string): void {
    // A shard that never had a row of the only partition must not say that it is at its beginning.
    const living = this.#any ? this.living() : new Uint32Array(0)
    const count = Math.ceil(living.length / BLOCK)
    for (let block = 0; block < count; block++) {
      const ids = living.subarray(block * BLOCK, (block + 1) * BLOCK)
      const batch = this.#batch(ids)
      const keyGroups = new Uint8Array(batch.length)
      keyGroupsOf(batch.columns.slice(0, this.#keys.types.length), batch.length, undefined, keyGroups)
      to.block(table, block, batch, keyGroups)
    }
    to.blocks(table, count)
  }

  load(from: StateReader, table: string): void {
    const width = this.#keys.types.length
    for (const { batch } of from.table(table)) {
      const rows = batch.selection ?? iota(batch.length)
      this.#any ||= rows.length > 0
      this.#ids = grownUint32(this.#ids, rows.length)
      this.#keys.intern(batch.columns.slice(0, width), rows.length, rows, this.#ids)
      this.#reserve()
      this.#restore(batch, this.#ids)
    }
  }
}
