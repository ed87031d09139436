/** The runtime of an aggregation in sessions: windows of a key that grow with its rows. */

import { type Batch, NO_POSITION, rowCount, withSelection } from '../batch/batch.ts'
import { orderMeta, seenOf } from '../batch/meta.ts'
import { SessionTable } from '../state/session-table.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { eventTimesMs, exactTimestampColumn } from '../time/event-time.ts'
import type { SessionSpec } from '../time/windows/spec.ts'
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

const NEVER = Number.POSITIVE_INFINITY

export class SessionsAgg implements Operator {
  readonly #context: OperatorContext
  readonly #input: AggInput
  readonly #gapMs: number
  readonly #table: SessionTable

  constructor(node: AggNode & { readonly window: SessionSpec }, context: OperatorContext) {
    this.#context = context
    this.#input = openAggInput(node, context)
    this.#gapMs = node.window.gapMs
    const { keyTypes, folds, changes } = this.#input
    this.#table = new SessionTable({ keyTypes, folds, changes, gapMs: this.#gapMs })
  }

  onBatch(batch: Batch, _input: number, emit: Emit, arrival?: Arrival): void {
    const passed = this.#passed(batch, arrival)
    if (!passed) {
      this.#step(batch, undefined)
      return
    }
    const { late, timely, timelyPassedMs } = passed
    if (late.length > 0) {
      this.#context.report.late(late.length)
      emit(withSelection(batch, late), 'late')
    }
    this.#step(withSelection(batch, timely), timelyPassedMs)
  }

  #step(batch: Batch, passedMs: Float64Array | undefined): void {
    const count = rowCount(batch)
    if (count === 0) return
    const { keys, time, inputsOf, orderOf, weightsOf } = this.#input
    this.#table.step({
      count,
      rows: batch.selection,
      keyColumns: keys.map(key => batch.columns[key]!),
      timeColumn: batch.columns[time]!,
      ...inputsOf(batch),
      order: orderOf(batch),
      weights: weightsOf(batch),
      passedMs,
    })
  }

  /**
   * What each row's own split had passed before it: a row is late when that is beyond its own gap, whether or not there is
   * a session that it would be part of. Undefined where no row was passed.
   */
  #passed(batch: Batch, arrival: Arrival | undefined) {
    const seen = seenOf(batch)
    const passedMs = arrival?.passedMs ?? Number.NEGATIVE_INFINITY
    if (!seen && (!arrival || arrival.minMs >= passedMs)) return undefined
    const count = rowCount(batch)
    const times = new Float64Array(count)
    eventTimesMs(batch.columns[this.#input.time]!, count, batch.selection, times)
    const late: number[] = []
    const timely: number[] = []
    const timelyPassed: number[] = []
    for (let i = 0; i < count; i++) {
      const row = batch.selection ? batch.selection[i]! : i
      const watermarkMs = seen ? Math.max(passedMs, seen[row]!) : passedMs
      if (times[i]! + this.#gapMs < watermarkMs) late.push(row)
      else {
        timely.push(row)
        timelyPassed.push(watermarkMs)
      }
    }
    return {
      late: Uint32Array.from(late),
      timely: Uint32Array.from(timely),
      timelyPassedMs: Float64Array.from(timelyPassed),
    }
  }

  onTime({ watermarkMs }: Signal, emit: Emit): void {
    const { arena, output } = this.#context
    const closed = this.#table.close(watermarkMs, arena)
    if (!closed || closed.count === 0) return
    const { count, keys, startMs, startNs, lastMs, lastNs, results } = closed
    const type = output.schema[keys.length]!.type as TimestampType
    const endMs = lastMs.map(ms => ms + this.#gapMs)
    const bounds = [
      exactTimestampColumn(startMs, startNs, type, arena),
      exactTimestampColumn(endMs, lastNs, type, arena),
    ]
    emit({
      schema: output.schema,
      length: count,
      columns: [...keys, ...bounds, ...results],
      position: NO_POSITION,
      // No two sessions of a key end at the same time; and they leave in order of their ends.
      meta: orderMeta([bounds[1]!, ...keys]),
    })
  }

  /** Sessions leave by their ends, so the one that began first may leave last. */
  outputTime(port: string, { watermarkMs, maxTimeMs }: Signal): EdgeTime {
    if (watermarkMs === NEVER) return { watermarkMs, maxTimeMs }
    if (port === 'late') return { ...NOTHING_KNOWN, maxTimeMs }
    return { watermarkMs: Math.min(watermarkMs - this.#gapMs, this.#table.minStartMs), maxTimeMs }
  }

  get stateBytes(): number {
    return this.#table.stateBytes
  }

  save(to: StateWriter): void {
    this.#table.save(to, 'sessions')
  }

  load(from: StateReader): void {
    this.#table.load(from, 'sessions')
  }
}
