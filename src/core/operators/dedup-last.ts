import { type Batch, rowCount, withSelection } from '../batch/batch.ts'
import { compareBytes } from '../batch/compare.ts'
import { take } from '../batch/take.ts'
import { itemsAt } from '../batch/take-column.ts'
import type { RowOrder, RowTies } from '../fold.ts'
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
    if (ties) this.#noteTies(ids, ties)
    return winners
  }

  #noteTies(ids: Uint32Array, ties: RowTies): void {
    const winner = this.#winner
    for (let i = 0; i < ids.length; i++) if (winner[ids[i]!] === i + 1) this.#ties[ids[i]!] = ties.key(i)
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
    const keys = new Uint32Array(winners)
    const own = new Uint32Array(winners)
    takeWinners(ids, this.#winner, keys, own)
    const rows = batch.selection ? itemsAt(batch.selection, own) : own
    const held = itemsAt(this.#slotOf, keys)
    const come = this.#changes ? this.#emitBack(batch, rows, held, emit) : rows
    this.#store.remove(slotsOf(held))
    const slots = this.#store.insert(batch, rows)
    putSlots(slots, keys, this.#slotOf)
    if (this.#changes && come.length > 0) emit(withSelection(batch, come))
  }

  /**
   * Takes back the old rows; gives the new ones, without those that are equal to theirs.
   *
   * @param held the slot of each row's old one + 1, 0 for none
   */
  #emitBack(batch: Batch, rows: Uint32Array, held: Uint32Array, emit: Emit): Uint32Array {
    const changed = changedRows(rows, held, this.#store.matcher(batch))
    const back = slotsOf(itemsAt(held, changed))
    const { arena } = this.#context
    if (back.length > 0) emit(weighed(this.#store.take(back, arena), -1, arena))
    return itemsAt(rows, changed)
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

// Loops of their own, with nothing after them: see `slots.ts` of the row store.

/** The rows that won, by number in the batch, and their keys; no row has won then. */
function takeWinners(ids: Uint32Array, winner: Uint32Array, keys: Uint32Array, rows: Uint32Array): void {
  let count = 0
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!
    if (winner[id] !== i + 1) continue
    winner[id] = 0
    keys[count] = id
    rows[count++] = i
  }
}

function putSlots(slots: Uint32Array, keys: Uint32Array, slotOf: Uint32Array): void {
  for (let i = 0; i < keys.length; i++) slotOf[keys[i]!] = slots[i]! + 1
}

/** The slots of `held`, each + 1 there; 0 is none. */
function slotsOf(held: Uint32Array): Uint32Array {
  const slots = new Uint32Array(held.length)
  return slots.subarray(0, copySlots(held, slots))
}

function copySlots(held: Uint32Array, slots: Uint32Array): number {
  let count = 0
  for (let i = 0; i < held.length; i++) if (held[i] !== 0) slots[count++] = held[i]! - 1
  return count
}

/** Which of the rows differ from the one held before, or have none. */
function changedRows(rows: Uint32Array, held: Uint32Array, isSame: IsSame): Uint32Array {
  const changed = new Uint32Array(rows.length)
  return changed.subarray(0, copyChanged(rows, held, isSame, changed))
}

type IsSame = (slot: number, row: number) => boolean

function copyChanged(rows: Uint32Array, held: Uint32Array, isSame: IsSame, changed: Uint32Array): number {
  let count = 0
  for (let i = 0; i < rows.length; i++)
    if (held[i] === 0 || !isSame(held[i]! - 1, rows[i]!)) changed[count++] = i
  return count
}
