import { type Batch, NO_POSITION, rowCount } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { orderMeta } from '../batch/meta.ts'
import { allocUint32, heapArena } from '../batch/slab.ts'
import { concat, copyToHeap, take } from '../batch/take.ts'
import { KeyTable } from '../state/key-table.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { eventTimesMs } from '../time/event-time.ts'
import { fieldIndex, type Schema } from '../types/schema.ts'
import type { Arrival, EdgeTime, Emit, Operator, OperatorContext, Signal } from './contract.ts'
import { OUTPUT_ROWS } from './define.ts'
import { HeldBatches, type PassedRows, passedRows, withTime } from './held-rows.ts'
import { firstOfKeys, type RankOrder, rankColumn, rankOrder } from './rank-order.ts'
import { timelyRows } from './timely.ts'
import type { TopNNode } from './top-n.ts'

/** Rows that are held before those that cannot be among the first are looked for. */
const FEW_ROWS = 8192

/**
 * The first rows of keys that have an end: an instant of event time, or a window. They are final once the watermark has
 * passed it; until then rows are held, and no longer.
 */
export class FinalTopN implements Operator {
  readonly #context: OperatorContext
  readonly #schema: Schema
  readonly #order: RankOrder
  readonly #keyColumns: readonly number[]
  /** The key column that says when a key ends, and that of event time. */
  readonly #end: number
  readonly #time: number
  /** How much later than the watermark, ms, keys are that are final; they are final at it, too, where it is an end. */
  readonly #aheadMs: number
  readonly #held: HeldBatches
  #rows = 0
  #cutAt = FEW_ROWS
  /** The least event time that is held. */
  #heldMs = Number.POSITIVE_INFINITY

  /** @param final the key column that says when a key ends */
  constructor(node: TopNNode, final: string, context: OperatorContext) {
    const { schema, eventTime, windowMs } = context.inputs[0]!
    this.#context = context
    this.#schema = schema
    this.#order = rankOrder(node, schema)
    this.#keyColumns = node.keys!.map(key => fieldIndex(schema, key))
    this.#end = fieldIndex(schema, final)
    this.#time = fieldIndex(schema, eventTime!)
    this.#aheadMs = final === eventTime ? 0 : (windowMs ?? 1)
    this.#held = new HeldBatches(this.#keyColumns)
  }

  onBatch(batch: Batch, _input: number, _emit: Emit, arrival?: Arrival): void {
    const { arena, report } = this.#context
    const rows = timelyRows(batch, this.#time, arrival, report)
    const count = rowCount(rows)
    if (count === 0) return
    this.#held.add(withTime(rows, this.#end, arena))
    this.#rows += count
    if (this.#rows > this.#cutAt) this.#cut()
  }

  /** Leaves only the first rows of each key. */
  #cut(): void {
    const { batches } = this.#held
    const all = concat(batches[0]!.schema, batches, heapArena)
    const { rows } = firstOfKeys(all, this.#idsOf(all).ids, this.#order)
    this.#held.replace([copyToHeap(take(all, rows, heapArena))])
    this.#rows = rows.length
    this.#cutAt = FEW_ROWS + 2 * rows.length
  }

  #idsOf(batch: Batch) {
    const keys = new KeyTable(this.#keyColumns.map(column => this.#schema[column]!.type))
    const ids = new Uint32Array(batch.length)
    const columns = this.#keyColumns.map(key => batch.columns[key]!)
    keys.intern(columns, batch.length, undefined, ids)
    return { keys, ids }
  }

  onTime({ watermarkMs }: Signal, emit: Emit): void {
    if (this.#held.batches.length === 0) return
    const passed = passedRows(this.#held.batches, Math.floor(watermarkMs) + this.#aheadMs)
    if (passed.passed > 0) {
      const rest = passed.rest()
      this.#held.replace(rest)
      this.#rows = rest.reduce((rows, { length }) => rows + length, 0)
      this.#cutAt = FEW_ROWS + 2 * this.#rows
      this.#emitFirst(passed, emit)
    }
    if (this.#end !== this.#time) this.#heldMs = this.#leastHeld()
  }

  #emitFirst({ all, order, passed, timesMs, restNs }: PassedRows, emit: Emit): void {
    const { keys, ids } = this.#idsOf(all)
    // All rows of a key have one end.
    const rowOf = new Uint32Array(keys.size)
    for (let row = 0; row < ids.length; row++) rowOf[ids[row]!] = row
    const compareEnds = (a: number, b: number) => timesMs[a]! - timesMs[b]! || restNs[a]! - restNs[b]!
    // In order of their ends, then of all key columns.
    const standing = new Uint32Array(keys.size)
    keys.sorted().forEach((id, i) => {
      standing[id] = i
    })
    const inTurn = Uint32Array.from({ length: keys.size }, (_, id) => id).sort(
      (a, b) => compareEnds(rowOf[a]!, rowOf[b]!) || standing[a]! - standing[b]!,
    )
    inTurn.forEach((id, i) => {
      standing[id] = i
    })
    const turns = ids.map(id => standing[id]!)
    const first = firstOfKeys({ ...all, selection: order.slice(0, passed) }, turns, this.#order)
    for (let start = 0; start < first.rows.length; start += OUTPUT_ROWS) {
      const part = (of: Uint32Array) => of.subarray(start, start + OUTPUT_ROWS)
      emit(this.#placed(all, part(first.rows), part(first.numbers), part(first.ranks)))
    }
  }

  /** Rows whose place is their end, their key and which of its rows they are. */
  #placed(all: Batch, rows: Uint32Array, numbers: Uint32Array, ranks: Uint32Array): Batch {
    const { arena, output } = this.#context
    const columns = take(all, rows, arena).columns.slice(0, this.#schema.length)
    const values = allocUint32(arena, numbers.length)
    values.set(numbers)
    const keys = this.#keyColumns.map(key => columns[key]!)
    const number: Column = { type: 'uint32', values }
    const meta = orderMeta([columns[this.#end]!, ...keys, number])
    const left = output.schema.length > columns.length ? [...columns, rankColumn(ranks, arena)] : columns
    return { schema: output.schema, length: rows.length, columns: left, position: NO_POSITION, meta }
  }

  #leastHeld(): number {
    let least = Number.POSITIVE_INFINITY
    for (const batch of this.#held.batches) {
      const times = new Float64Array(batch.length)
      eventTimesMs(batch.columns[this.#time]!, batch.length, undefined, times)
      for (let row = 0; row < times.length; row++) if (times[row]! < least) least = times[row]!
    }
    return least
  }

  outputTime(_port: string, { watermarkMs, maxTimeMs }: Signal): EdgeTime {
    return { watermarkMs: Math.min(watermarkMs, this.#heldMs), maxTimeMs }
  }

  save(to: StateWriter): void {
    this.#held.save(to, 'held')
  }

  load(from: StateReader): void {
    this.#held.load(from, 'held')
    this.#rows = this.#held.batches.reduce((rows, { length }) => rows + length, 0)
    if (this.#end !== this.#time) this.#heldMs = this.#leastHeld()
  }
}
