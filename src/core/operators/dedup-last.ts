import { type Batch, rowAt, rowCount, withSelection } from '../batch/batch.ts'
import { compareBytes } from '../batch/compare.ts'
import { take } from '../batch/take.ts'
import type { RowOrder } from '../fold.ts'
import { keyGroupsOf } from '../state/hash.ts'
import { KeyTable } from '../state/key-table.ts'
import { grownFloat64, grownUint32 } from '../state/row-store/growing.ts'
import { RowStore } from '../state/row-store/row-store.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { fieldIndex } from '../types/schema.ts'
import type { Emit, Operator, OperatorContext, Signal } from './contract.ts'
import type { DedupNode } from './dedup.ts'
import { OUTPUT_ROWS } from './define.ts'
import { rowOrderOf } from './row-order.ts'
import { inPlaceOrder, weighed } from './weighed-rows.ts'

/**
 * `dedup` with one row kept of each key, the first or last in total order. Over data that ends the rows leave then, in
 * the order of their places; over a stream a row that takes the place of another leaves at once, after that one was taken
 * back.
 */
export class OneRowPerKey implements Operator {
  readonly #context: OperatorContext
  readonly #changes: boolean
  /** 1 where the last is kept, -1 for the first. */
  readonly #sign: 1 | -1
  readonly #time: number
  readonly #keyColumns: readonly number[]
  readonly #keys: KeyTable
  readonly #store: RowStore
  /** By key id: the slot of its row + 1, 0 for none. */
  #slotOf: Uint32Array = new Uint32Array(0)
  // By key id, where its row stands in the total order.
  #timeMs: Float64Array = new Float64Array(0)
  #timeRest: Float64Array = new Float64Array(0)
  #split: Float64Array = new Float64Array(0)
  #offset: Float64Array = new Float64Array(0)
  /** What tells rows apart that are equal in all of these; sparse. */
  readonly #ties: (Uint8Array | undefined)[] = []
  /** By key id, the row of the batch that is kept + 1; 0 between batches. */
  #winner: Uint32Array = new Uint32Array(0)
  #ids = new Uint32Array(0)

  constructor(node: DedupNode, context: OperatorContext) {
    const { schema, bounded, eventTime } = context.inputs[0]!
    this.#context = context
    this.#changes = !bounded
    this.#sign = node.keep === 'last' ? 1 : -1
    this.#time = eventTime === undefined ? -1 : fieldIndex(schema, eventTime)
    this.#keyColumns = node.keys.map(key => fieldIndex(schema, key))
    this.#keys = new KeyTable(this.#keyColumns.map(column => schema[column]!.type))
    this.#store = new RowStore({ schema, places: true })
  }

  onBatch(batch: Batch, _input: number, emit: Emit): void {
    const count = rowCount(batch)
    if (count === 0) return
    const ids = this.#intern(batch, count)
    const winners = this.#contest(ids, rowOrderOf(batch, this.#time))
    if (winners > 0) this.#keep(batch, ids, winners, emit)
  }

  #intern(batch: Batch, count: number): Uint32Array {
    if (this.#ids.length < count) this.#ids = new Uint32Array(count)
    const columns = this.#keyColumns.map(key => batch.columns[key]!)
    this.#keys.intern(columns, count, batch.selection, this.#ids)
    const { size } = this.#keys
    this.#slotOf = grownUint32(this.#slotOf, size)
    this.#winner = grownUint32(this.#winner, size)
    this.#timeMs = grownFloat64(this.#timeMs, size)
    this.#timeRest = grownFloat64(this.#timeRest, size)
    this.#split = grownFloat64(this.#split, size)
    this.#offset = grownFloat64(this.#offset, size)
    return this.#ids.subarray(0, count)
  }

  /** Notes the row of each key that is kept from here on; how many keys have another one. */
  #contest(ids: Uint32Array, order: RowOrder): number {
    const { timeMs, timeRest, split, splits, offset, ties } = order
    const winner = this.#winner
    const sign = this.#sign
    let winners = 0
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!
      const own = splits ? splits[i]! : split
      const rest = timeRest ? timeRest[i]! : 0
      const held = winner[id]!
      if (held !== 0 || this.#slotOf[id] !== 0) {
        const after =
          timeMs[i]! - this.#timeMs[id]! ||
          rest - this.#timeRest[id]! ||
          own - this.#split[id]! ||
          offset[i]! - this.#offset[id]!
        if (after * sign < 0) continue
        if (after === 0 && this.#compareTies(id, held, i, ties) * sign <= 0) continue
      }
      if (held === 0) winners++
      winner[id] = i + 1
      this.#timeMs[id] = timeMs[i]!
      this.#timeRest[id] = rest
      this.#split[id] = own
      this.#offset[id] = offset[i]!
    }
    if (ties)
      for (let i = 0; i < ids.length; i++) if (winner[ids[i]!] === i + 1) this.#ties[ids[i]!] = ties.key(i)
    return winners
  }

  /** The order of a row of the batch and the one that is kept, where only the rest of their places tells them apart. */
  #compareTies(id: number, held: number, i: number, ties: RowOrder['ties']): number {
    if (!ties) return 0
    if (held !== 0) return ties.compare(i, held - 1)
    const [own, kept] = [ties.key(i), this.#ties[id]]
    if (own === undefined || kept === undefined) return Number(own !== undefined) - Number(kept !== undefined)
    return compareBytes(own, 0, own.length, kept, 0, kept.length)
  }

  /** Puts the new rows in the place of the old ones. */
  #keep(batch: Batch, ids: Uint32Array, winners: number, emit: Emit): void {
    const rows = new Uint32Array(winners)
    const keys = new Uint32Array(winners)
    let count = 0
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!
      if (this.#winner[id] !== i + 1) continue
      this.#winner[id] = 0
      keys[count] = id
      rows[count++] = rowAt(batch, i)
    }
    const old = new Uint32Array(winners)
    let replaced = 0
    for (const id of keys) if (this.#slotOf[id] !== 0) old[replaced++] = this.#slotOf[id]! - 1
    const come = this.#changes ? this.#emitBack(batch, rows, keys, emit) : rows
    this.#store.remove(old.subarray(0, replaced))
    const slots = this.#store.insert(batch, rows)
    for (let i = 0; i < winners; i++) this.#slotOf[keys[i]!] = slots[i]! + 1
    if (this.#changes && come.length > 0) emit(withSelection(batch, come))
  }

  /** Takes back the old rows; gives the new ones, without those that are equal to theirs. */
  #emitBack(batch: Batch, rows: Uint32Array, keys: Uint32Array, emit: Emit): Uint32Array {
    const isSame = this.#store.matcher(batch)
    const come = new Uint32Array(rows.length)
    const back = new Uint32Array(rows.length)
    let came = 0
    let gone = 0
    for (let i = 0; i < rows.length; i++) {
      const slot = this.#slotOf[keys[i]!]! - 1
      if (slot >= 0 && isSame(slot, rows[i]!)) continue
      if (slot >= 0) back[gone++] = slot
      come[came++] = rows[i]!
    }
    const { arena } = this.#context
    if (gone > 0) emit(weighed(this.#store.take(back.subarray(0, gone), arena), -1, arena))
    return come.subarray(0, came)
  }

  onTime({ watermarkMs }: Signal, emit: Emit): void {
    if (this.#changes || watermarkMs !== Number.POSITIVE_INFINITY || this.#store.count === 0) return
    const { arena } = this.#context
    const all = inPlaceOrder(this.#store.take(this.#store.all(), arena), arena)
    const order = Uint32Array.from({ length: all.length }, (_, row) => row)
    for (let from = 0; from < all.length; from += OUTPUT_ROWS)
      emit(take(all, order.subarray(from, from + OUTPUT_ROWS), arena))
    this.#store.remove(this.#store.all())
    this.#slotOf.fill(0)
  }

  get stateKeys(): number {
    return this.#keys.size
  }

  get stateBytes(): number {
    const numbers = 4 * this.#timeMs.byteLength + 2 * this.#slotOf.byteLength
    return this.#keys.bytes + this.#store.bytes + numbers
  }

  close(): void {
    this.#store.close()
  }

  save(to: StateWriter): void {
    this.#store.save(to, 'rows', batch => {
      const keyGroups = new Uint8Array(batch.length)
      const columns = this.#keyColumns.map(key => batch.columns[key]!)
      if (columns.length > 0) keyGroupsOf(columns, batch.length, undefined, keyGroups)
      return keyGroups
    })
  }

  load(from: StateReader): void {
    const nothing: Emit = () => {}
    for (const { batch } of from.table('rows')) this.onBatch(batch, 0, nothing)
  }
}
