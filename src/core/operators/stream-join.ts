/**
 * The runtime of a join of two inputs that do not end: each keeps its rows, and a row that comes is looked up in those of
 * the other side, then kept. So a pair leaves when the later of its rows comes, once.
 *
 * Weights multiply: a row taken back takes back every pair it made. The place of a pair are both places.
 */

import { type Batch, NO_POSITION } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { orderMeta, WEIGHT, weightsOf } from '../batch/meta.ts'
import { orderOfPlaces, wholePlaces } from '../batch/place.ts'
import { type Arena, allocInt32, heapArena } from '../batch/slab.ts'
import { take } from '../batch/take.ts'
import { takeColumn } from '../batch/take-column.ts'
import { keyGroupsOf } from '../state/hash.ts'
import { KeyTable } from '../state/key-table.ts'
import { Matches } from '../state/row-store/key-chains.ts'
import { RowStore } from '../state/row-store/row-store.ts'
import { BLOCK_SLOTS } from '../state/row-store/slots.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { eventTimesMs } from '../time/event-time.ts'
import type { Arrival, Emit, Operator, OperatorContext, Signal } from './contract.ts'
import { OUTPUT_ROWS } from './define.ts'
import type { JoinLayout } from './join.ts'
import { type KeyedRows, keyedRows, keyIds } from './join-keys.ts'
import { timelyRows } from './timely.ts'

/** What one input has kept. */
interface Side {
  readonly store: RowStore
  readonly changes: boolean
  /** By slot, event time in ms, where the join goes by it. */
  timesMs: Float64Array
  ended: boolean
}

export class StreamJoin implements Operator {
  readonly #context: OperatorContext
  readonly #layout: JoinLayout
  readonly #keys: KeyTable
  readonly #sides: readonly [Side, Side]
  readonly #matches = new Matches()

  constructor(layout: JoinLayout, context: OperatorContext) {
    this.#context = context
    this.#layout = layout
    this.#keys = new KeyTable(layout.keyTypes)
    this.#sides = [this.#newSide(0), this.#newSide(1)]
  }

  #newSide(input: 0 | 1): Side {
    const { schema, rows } = this.#context.inputs[input]!
    const changes = rows === 'changes'
    const expires = this.#layout.within !== undefined
    const store = new RowStore({ schema, keyed: true, places: true, distinct: changes, expires })
    return { store, changes, timesMs: new Float64Array(0), ended: false }
  }

  onBatch(all: Batch, input: number, emit: Emit, arrival?: Arrival): void {
    const { within } = this.#layout
    const batch = within ? timelyRows(all, within.times[input]!, arrival, this.#context.report) : all
    const keyed = this.#keyed(batch, input)
    if (keyed.count === 0) return
    const ids = keyIds(this.#keys, keyed, 'intern')
    const timesMs = within && this.#times(batch, within.times[input]!, keyed)
    this.#meet(batch, input, { ...keyed, ids, timesMs }, emit)
    this.#keep(batch, input, { ...keyed, ids, timesMs })
  }

  #times(batch: Batch, time: number, { rows, count }: KeyedRows): Float64Array {
    const timesMs = new Float64Array(count)
    eventTimesMs(batch.columns[time]!, count, rows, timesMs)
    return timesMs
  }

  /** Emits what came with all it meets on the other side. */
  #meet(batch: Batch, input: number, came: Came, emit: Emit): void {
    const other = this.#sides[1 - input]!
    const matches = this.#matches
    matches.reset()
    for (let more = true; more; ) {
      more = other.store.probe(came.ids, came.count, matches, OUTPUT_ROWS)
      const found = this.#near(matches, came, other)
      if (found.slots.length > 0) emit(this.#joined(batch, input, found))
      matches.length = 0
    }
  }

  /** The pairs found, as physical rows of the batch and slots, without those whose times are too far apart. */
  #near({ rows, slots, length }: Matches, came: Came, other: Side) {
    const { within } = this.#layout
    const physical = new Uint32Array(length)
    const kept = new Uint32Array(length)
    let count = 0
    for (let i = 0; i < length; i++) {
      const at = rows[i]!
      const slot = slots[i]!
      if (within && Math.abs(came.timesMs![at]! - other.timesMs[slot]!) > within.ms) continue
      physical[count] = came.rows ? came.rows[at]! : at
      kept[count++] = slot
    }
    return { rows: physical.subarray(0, count), slots: kept.subarray(0, count) }
  }

  #joined(batch: Batch, input: number, { rows, slots }: { rows: Uint32Array; slots: Uint32Array }): Batch {
    const { arena, inputs, output } = this.#context
    const met = this.#sides[1 - input]!.store.take(slots, arena)
    const columns = this.#layout.columns.map(
      ({ input: from, column }): Column =>
        from === input ? takeColumn(batch.columns[column]!, rows, arena) : met.columns[column]!,
    )
    const own = wholePlaces(batch, inputs[input]!.children ?? 0, arena).map(column =>
      takeColumn(column, rows, arena),
    )
    const others = wholePlaces(met, inputs[1 - input]!.children ?? 0, arena)
    const places = input === 0 ? [...own, ...others] : [...others, ...own]
    const weights = productOfWeights(batch, rows, met, arena)
    const joined: Batch = {
      schema: output.schema,
      length: rows.length,
      columns,
      position: NO_POSITION,
      meta: { ...orderMeta(places), ...(weights ? { [WEIGHT]: weights } : {}) },
    }
    // What shards emit in a step is merged by place, and is to be the same from one shard. A changelog keeps its order.
    const order = weights ? undefined : orderOfPlaces(places, rows.length)
    return order ? take(joined, order, arena) : joined
  }

  /** Keeps what came for those that will; after the end of the other side nothing will. */
  #keep(batch: Batch, input: number, { rows, ids, timesMs }: Came): void {
    const side = this.#sides[input]!
    if (this.#sides[1 - input]!.ended) return
    const { within } = this.#layout
    const dueMs = timesMs?.map(ms => ms + within!.ms)
    const along = { keys: ids, dueMs }
    const slots = side.changes ? side.store.change(batch, rows, along) : side.store.insert(batch, rows, along)
    if (timesMs) for (let i = 0; i < slots.length; i++) setAt(side, slots[i]!, timesMs[i]!)
  }

  onTime({ inputs }: Signal): void {
    this.#sides.forEach((side, input) => {
      side.ended = inputs[input] === Number.POSITIVE_INFINITY
      const otherMs = inputs[1 - input]!
      if (!this.#layout.within || !Number.isFinite(otherMs)) return
      // A row that is not late is at the watermark or after it.
      side.store.remove(side.store.expire(otherMs - 1))
    })
    this.#forgetKeys()
  }

  /** Gives the memory of keys without rows back, once they are half of all. */
  #forgetKeys(): void {
    const [left, right] = this.#sides
    const size = this.#keys.size
    if (size < 2 * BLOCK_SLOTS || size < 2 * (left.store.count + right.store.count)) return
    const live: number[] = []
    for (let id = 0; id < size; id++)
      if (left.store.countOf(id) > 0 || right.store.countOf(id) > 0) live.push(id)
    const ids = Uint32Array.from(live)
    this.#keys.retain(ids)
    for (const { store } of this.#sides) store.renumberKeys(ids)
  }

  save(to: StateWriter): void {
    this.#sides.forEach(({ store }, input) => {
      store.save(to, `rows${input}`, batch => {
        const keyGroups = new Uint8Array(batch.length)
        const keys = this.#layout.keyColumns[input]!.map(column => batch.columns[column]!)
        keyGroupsOf(keys, batch.length, undefined, keyGroups)
        return keyGroups
      })
    })
  }

  load(from: StateReader): void {
    this.#sides.forEach((side, input) => {
      side.store.load(from, `rows${input}`, rows => keyIds(this.#keys, this.#keyed(rows, input), 'intern'))
      const { within } = this.#layout
      const slots = side.store.all()
      if (!within || slots.length === 0) return
      const rows = side.store.take(slots, heapArena)
      const timesMs = new Float64Array(slots.length)
      eventTimesMs(rows.columns[within.times[input]!]!, slots.length, undefined, timesMs)
      for (let i = 0; i < slots.length; i++) setAt(side, slots[i]!, timesMs[i]!)
    })
  }

  #keyed(batch: Batch, input: number): KeyedRows {
    return keyedRows(batch, this.#layout.keyColumns[input]!, this.#layout.keyTypes)
  }
}

/** Rows that came, with the ids of their keys and their event times. */
interface Came extends KeyedRows {
  readonly ids: Uint32Array
  readonly timesMs: Float64Array | undefined
}

function setAt(side: Side, slot: number, ms: number): void {
  if (slot >= side.timesMs.length) {
    const larger = new Float64Array(2 * slot + BLOCK_SLOTS)
    larger.set(side.timesMs)
    side.timesMs = larger
  }
  side.timesMs[slot] = ms
}

/** By pair, the product of both weights; undefined where all count once. */
function productOfWeights(batch: Batch, rows: Uint32Array, met: Batch, arena: Arena): Column | undefined {
  const own = weightsOf(batch)
  const others = weightsOf(met)
  if (!own && !others) return undefined
  const values = allocInt32(arena, rows.length)
  for (let i = 0; i < rows.length; i++) values[i] = (own ? own[rows[i]!]! : 1) * (others ? others[i]! : 1)
  return { type: 'int32', values }
}
