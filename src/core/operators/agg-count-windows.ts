/**
 * The runtime of an aggregation in windows of a number of rows: of each key, in total order. With event time that order is
 * known when the watermark has passed a row, over data that ends at its end; without, over a stream, rows count as they come.
 *
 * A window leaves with the row that makes it full, and has that row's place.
 */

import { type Batch, rowAt, rowCount, withSelection } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { orderOfPlaces, placeColumns, placedBy } from '../batch/place.ts'
import { heapArena } from '../batch/slab.ts'
import { concat, take } from '../batch/take.ts'
import { CountWindowTable, type FullWindows } from '../state/count-window-table.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { exactTimestampColumn } from '../time/event-time.ts'
import type { CountSpec } from '../time/windows/spec.ts'
import type { TimestampType } from '../types/column-type.ts'
import { type AggInput, openAggInput } from './agg-input.ts'
import type { AggNode } from './agg-node.ts'
import {
  type Arrival,
  type EdgeTime,
  type Emit,
  NOTHING_KNOWN,
  type Operator,
  type OperatorContext,
  type Signal,
} from './contract.ts'
import { OUTPUT_ROWS } from './define.ts'
import { HeldBatches } from './held-rows.ts'
import { TimeBuffer } from './time-buffer.ts'
import { byTimeliness } from './timely.ts'

export type CountWindowsNode = AggNode & { readonly window: CountSpec }

/** Event times of rows: whole ms, and the nanoseconds past them. */
interface Times {
  readonly ms: Float64Array
  readonly ns: Float64Array
}

export function openCountWindows(node: CountWindowsNode, context: OperatorContext): Operator {
  const { eventTime, bounded } = context.inputs[0]!
  if (eventTime !== undefined) return new CountsInTime(node, context)
  return bounded ? new CountsAtEnd(node, context) : new CountsOnArrival(node, context)
}

/** What the ways to order rows share: rows that come in order are counted, and full windows leave. */
abstract class CountsInOrder implements Operator {
  protected readonly context: OperatorContext
  protected readonly input: AggInput
  readonly #table: CountWindowTable

  constructor(node: CountWindowsNode, context: OperatorContext) {
    this.context = context
    this.input = openAggInput(node, context)
    const { keyTypes, folds } = this.input
    const { rows, every } = node.window
    this.#table = new CountWindowTable({ keyTypes, folds, rows, every })
  }

  abstract onBatch(batch: Batch, input: number, emit: Emit, arrival?: Arrival): void

  /** Takes rows in order; `times` are those of its rows, by place in the selection. */
  protected step(batch: Batch, times: Times | undefined, emit: Emit): void {
    const count = rowCount(batch)
    if (count === 0) return
    const { keys, inputsOf, orderOf } = this.input
    const inputs = inputsOf(batch)
    const full = this.#table.step({
      batch,
      keyColumns: keys.map(key => batch.columns[key]!),
      foldedRows: rows => ({ ...inputs, order: orderOf(withSelection(batch, rows)) }),
      timesMs: times?.ms,
      timesNs: times?.ns,
    })
    if (full.groups.length > 0) this.#emitFull(batch, times, full, emit)
  }

  /** The rows of a batch without a selection, in parts. */
  protected stepInParts(batch: Batch, times: Times | undefined, emit: Emit): void {
    for (let from = 0; from < batch.length; from += OUTPUT_ROWS) {
      const end = Math.min(from + OUTPUT_ROWS, batch.length)
      const part = times && { ms: times.ms.subarray(from, end), ns: times.ns.subarray(from, end) }
      const rows = Uint32Array.from({ length: end - from }, (_, i) => from + i)
      this.step(end - from === batch.length ? batch : take(batch, rows, heapArena), part, emit)
    }
  }

  #emitFull(batch: Batch, times: Times | undefined, full: FullWindows, emit: Emit): void {
    const { arena, output } = this.context
    const rows = full.at.map(i => rowAt(batch, i))
    const { meta, position } = take({ ...batch, schema: [], columns: [] }, rows, arena)
    const { keys, results, bounds } = this.#table.take(full, arena)
    const at = { schema: output.schema, length: rows.length, position, ...(meta ? { meta } : {}) }
    if (!times || !bounds) {
      emit({ ...at, columns: [...keys, ...results] })
      return
    }
    const type = output.schema[keys.length]!.type as TimestampType
    const start = exactTimestampColumn(bounds.firstMs, bounds.firstNs, type, arena)
    const end = exactTimestampColumn(bounds.lastMs, bounds.lastNs, type, arena)
    const leading = [bounds.lastMs, bounds.lastNs].map((values): Column => ({ type: 'float64', values }))
    emit(placedBy({ ...at, columns: [...keys, start, end, ...results] }, leading, arena))
  }

  get stateBytes(): number {
    return this.#table.stateBytes
  }

  save(to: StateWriter): void {
    this.#table.save(to)
  }

  load(from: StateReader): void {
    this.#table.load(from)
  }
}

/** Over a stream without event time. */
class CountsOnArrival extends CountsInOrder {
  onBatch(batch: Batch, _input: number, emit: Emit): void {
    this.step(batch, undefined, emit)
  }
}

/** Over data that ends, without event time: in order of places. */
class CountsAtEnd extends CountsInOrder {
  readonly #held: HeldBatches

  constructor(node: CountWindowsNode, context: OperatorContext) {
    super(node, context)
    this.#held = new HeldBatches(this.input.keys)
  }

  onBatch(batch: Batch): void {
    if (rowCount(batch) > 0) this.#held.add(batch)
  }

  onTime({ watermarkMs }: Signal, emit: Emit): void {
    if (watermarkMs !== Number.POSITIVE_INFINITY || this.#held.batches.length === 0) return
    const batches = this.#held.replace()
    const all = concat(batches[0]!.schema, batches, heapArena)
    const order = orderOfPlaces(placeColumns(all, heapArena), all.length)
    this.stepInParts(order ? take(all, order, heapArena) : all, undefined, emit)
  }

  override save(to: StateWriter): void {
    super.save(to)
    this.#held.save(to, 'held')
  }

  override load(from: StateReader): void {
    super.load(from)
    this.#held.load(from, 'held')
  }
}

/** With event time: rows are held until the watermark has passed them. */
class CountsInTime extends CountsInOrder {
  readonly #time: number
  readonly #waiting: TimeBuffer

  constructor(node: CountWindowsNode, context: OperatorContext) {
    super(node, context)
    this.#time = this.input.time
    this.#waiting = new TimeBuffer(context.inputs[0]!.schema, this.#time, this.input.keys)
  }

  onBatch(batch: Batch, _input: number, emit: Emit, arrival?: Arrival): void {
    const { timely, late } = byTimeliness(batch, this.#time, arrival)
    if (late) {
      this.context.report.late(rowCount(late))
      emit(late, 'late')
    }
    if (rowCount(timely) > 0) this.#waiting.add(timely, this.context.arena)
  }

  onTime({ watermarkMs }: Signal, emit: Emit): void {
    const passed = this.#waiting.take(watermarkMs)
    if (!passed) return
    this.stepInParts(passed.batch, { ms: passed.timesMs, ns: passed.restNs }, emit)
  }

  outputTime(port: string, { watermarkMs, maxTimeMs }: Signal): EdgeTime {
    // Late rows are behind the watermark: how far, nobody knows before the end.
    if (port === 'late' && watermarkMs !== Number.POSITIVE_INFINITY) return { ...NOTHING_KNOWN, maxTimeMs }
    return { watermarkMs, maxTimeMs }
  }

  override save(to: StateWriter): void {
    super.save(to)
    this.#waiting.save(to, 'waiting')
  }

  override load(from: StateReader): void {
    super.load(from)
    this.#waiting.load(from, 'waiting')
  }
}
