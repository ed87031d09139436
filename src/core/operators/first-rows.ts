/**
 * The runtime of `topN` over data that ends. Rows are kept as they come, and cut down to those that can still be among
 * the first whenever they have doubled; the cost of a row is that of sorting it a few times, and most are refused by one
 * comparison with the last of the first rows of their key.
 */

import { type Batch, NO_POSITION, rowAt, rowCount, withSelection } from '../batch/batch.ts'
import { isNullAt } from '../batch/column.ts'
import { compareCells } from '../batch/compare.ts'
import { orderMeta } from '../batch/meta.ts'
import { allocUint32, heapArena } from '../batch/slab.ts'
import { concat, copyToHeap, type DictionaryCopies, iota, take } from '../batch/take.ts'
import { keyGroupsOf } from '../state/hash.ts'
import { KeyTable } from '../state/key-table.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { fieldIndex, type Schema } from '../types/schema.ts'
import type { Emit, Operator, OperatorContext, Signal } from './contract.ts'
import { OUTPUT_ROWS } from './define.ts'
import { firstOfKeys, type RankOrder, rankColumn, rankOrder } from './rank-order.ts'
import type { TopNNode } from './top-n.ts'
import { inPlaceOrder } from './weighed-rows.ts'

/** Rows that are kept before the first cut. */
const FEW_ROWS = 8192

/** Rows, and the key id of each. */
interface Kept {
  readonly batch: Batch
  readonly ids: Uint32Array
}

export class FirstRows implements Operator {
  readonly #context: OperatorContext
  readonly #schema: Schema
  readonly #order: RankOrder
  readonly #inPlace: boolean
  readonly #keyColumns: readonly number[]
  readonly #keys: KeyTable
  readonly #copies: DictionaryCopies = new Map()
  #held: Kept[] = []
  #rows = 0
  #cutAt = FEW_ROWS
  /** How many of `#held`, the first ones, the last save has: a block each. */
  #saved = 0
  /** By key id, the row of `#held[0]` that is the last of the first; -1 where there are fewer. */
  #last = new Int32Array(0)

  constructor(node: TopNNode, context: OperatorContext) {
    const { schema } = context.inputs[0]!
    this.#context = context
    this.#schema = schema
    this.#order = rankOrder(node, schema)
    this.#inPlace = node.inPlace === true
    this.#keyColumns = (node.keys ?? []).map(key => fieldIndex(schema, key))
    this.#keys = new KeyTable(this.#keyColumns.map(column => schema[column]!.type))
  }

  onBatch(batch: Batch): void {
    const candidates = this.#candidates(batch, this.#idsOf(batch))
    const count = candidates.ids.length
    if (count === 0) return
    this.#held.push({ ids: candidates.ids, batch: copyToHeap(candidates.batch, this.#copies) })
    this.#rows += count
    if (this.#rows > this.#cutAt) this.#cut()
  }

  #idsOf(batch: Batch): Uint32Array {
    const count = rowCount(batch)
    const ids = new Uint32Array(count)
    const columns = this.#keyColumns.map(key => batch.columns[key]!)
    this.#keys.intern(columns, count, batch.selection, ids)
    return ids
  }

  /** Those that do not come after the last of the first rows of their key. */
  #candidates(batch: Batch, ids: Uint32Array): Kept {
    const first = this.#held[0]
    const last = this.#last
    if (!first || last.length === 0) return { batch, ids }
    const rows = new Uint32Array(ids.length)
    const own = new Uint32Array(ids.length)
    let kept = 0
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!
      const row = rowAt(batch, i)
      const bound = id < last.length ? last[id]! : -1
      if (bound >= 0 && this.#compare(batch, row, first.batch, bound) > 0) continue
      rows[kept] = row
      own[kept++] = id
    }
    if (kept === ids.length) return { batch, ids }
    return { batch: withSelection(batch, rows.subarray(0, kept)), ids: own.slice(0, kept) }
  }

  #compare(a: Batch, i: number, b: Batch, j: number): number {
    for (const { column, descending } of this.#order.by) {
      const [cellsA, cellsB] = [a.columns[column]!, b.columns[column]!]
      const order = compareCells(cellsA, i, cellsB, j)
      if (order === 0) continue
      if (!descending || isNullAt(cellsA, i) || isNullAt(cellsB, j)) return order
      return -order
    }
    return 0
  }

  /** Leaves only the first rows of each key. */
  #cut(): void {
    const { batch, ids, order, numbers } = this.#firstRows()
    const last = new Int32Array(this.#keys.size).fill(-1)
    const kept = Uint32Array.from(order, row => ids[row]!)
    for (let i = 0; i < kept.length; i++) if (numbers[i] === this.#order.n - 1) last[kept[i]!] = i
    this.#held = [{ batch: take(batch, order, heapArena), ids: kept }]
    this.#saved = 0
    this.#last = last
    this.#rows = kept.length
    this.#cutAt = FEW_ROWS + 2 * kept.length
  }

  /**
   * All kept rows; which of them are the first of their keys, key by key in order; and which of its key each is.
   *
   * @param keyOrder by id, where its key stands in the order of keys; default: by id
   */
  #firstRows(keyOrder?: Uint32Array) {
    const { batch, ids } = this.#joined(this.#held)
    const { rows, ...first } = firstOfKeys(batch, keyOrder ? ids.map(id => keyOrder[id]!) : ids, this.#order)
    return { batch, ids, order: rows, ...first }
  }

  #joined(parts: readonly Kept[]): Kept {
    const batches = parts.map(({ batch }) => batch)
    const batch = concat(this.#schema, batches, heapArena)
    const ids = new Uint32Array(batch.length)
    let at = 0
    for (const part of parts) {
      ids.set(part.ids, at)
      at += part.ids.length
    }
    return { batch, ids }
  }

  onTime({ watermarkMs }: Signal, emit: Emit): void {
    if (watermarkMs !== Number.POSITIVE_INFINITY || this.#rows === 0) return
    const keyOrder = new Uint32Array(this.#keys.size)
    this.#keys.sorted().forEach((id, i) => {
      keyOrder[id] = i
    })
    const first = this.#firstRows(keyOrder)
    this.#held = []
    this.#rows = 0
    this.#saved = 0
    if (this.#inPlace) {
      const rows = inPlaceOrder(take(first.batch, first.order, heapArena), heapArena)
      const order = iota(rows.length)
      for (let start = 0; start < order.length; start += OUTPUT_ROWS)
        emit(take(rows, order.subarray(start, start + OUTPUT_ROWS), this.#context.arena))
      return
    }
    for (let start = 0; start < first.order.length; start += OUTPUT_ROWS) {
      const end = Math.min(start + OUTPUT_ROWS, first.order.length)
      const part = (numbers: Uint32Array) => numbers.subarray(start, end)
      emit(this.#placed(first.batch, part(first.order), part(first.numbers), part(first.ranks)))
    }
  }

  /** Rows whose place is their key and which of its rows they are. */
  #placed(batch: Batch, rows: Uint32Array, numbers: Uint32Array, ranks: Uint32Array): Batch {
    const { arena, output } = this.#context
    const { columns } = take(batch, rows, arena)
    const values = allocUint32(arena, numbers.length)
    values.set(numbers)
    const keys = this.#keyColumns.map(key => columns[key]!)
    const meta = orderMeta([...keys, { type: 'uint32', values }])
    const all = output.schema.length > columns.length ? [...columns, rankColumn(ranks, arena)] : columns
    return { schema: output.schema, length: rows.length, columns: all, position: NO_POSITION, meta }
  }

  /** Writes the rows that came since the last save as one block; all of them once they have been cut down. */
  save(to: StateWriter): void {
    if (to.since === undefined) this.#saved = 0
    const fresh = this.#held.splice(this.#saved)
    if (fresh.length > 0) {
      const block = this.#joined(fresh)
      to.block('rows', this.#saved, block.batch, this.#keyGroups(block.batch))
      this.#held.push(block)
    }
    this.#saved = this.#held.length
    to.blocks('rows', this.#saved)
  }

  #keyGroups(batch: Batch): Uint8Array {
    const keyGroups = new Uint8Array(batch.length)
    const columns = this.#keyColumns.map(key => batch.columns[key]!)
    if (columns.length > 0) keyGroupsOf(columns, batch.length, undefined, keyGroups)
    return keyGroups
  }

  load(from: StateReader): void {
    for (const { batch } of from.table('rows')) this.onBatch(batch)
  }
}
