/** The runtime of an aggregation in sessions: windows of a key that grow with its rows. */

import { type Batch, NO_POSITION, rowCount, withSelection } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { orderMeta } from '../batch/meta.ts'
import type { Arena } from '../batch/slab.ts'
import { type ClosedSessions, type SessionStep, SessionTable } from '../state/session-table.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { exactTimestampColumn } from '../time/event-time.ts'
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
import { sessionLateness } from './session-lateness.ts'

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
    const passed = sessionLateness(batch, this.#input.time, arrival, { gapMs: this.#gapMs, allowedMs: 0 })
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
    if (rowCount(batch) > 0) this.#table.step(sessionStep(this.#input, batch, passedMs))
  }

  onTime({ watermarkMs }: Signal, emit: Emit): void {
    const { arena, output } = this.#context
    const closed = this.#table.close(watermarkMs, arena)
    if (!closed || closed.count === 0) return
    const { count, keys, results } = closed
    const bounds = sessionBounds(
      closed,
      this.#gapMs,
      output.schema[keys.length]!.type as TimestampType,
      arena,
    )
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

/** The rows of a batch, which has some, as a table of sessions takes them. */
export const sessionStep = (
  { keys, time, inputsOf, orderOf, weightsOf }: AggInput,
  batch: Batch,
  passedMs: Float64Array | undefined,
): SessionStep => ({
  count: rowCount(batch),
  rows: batch.selection,
  keyColumns: keys.map(key => batch.columns[key]!),
  timeColumn: batch.columns[time]!,
  ...inputsOf(batch),
  order: orderOf(batch),
  weights: weightsOf(batch),
  passedMs,
})

/** When sessions start and end. */
export function sessionBounds(
  { startMs, startNs, lastMs, lastNs }: ClosedSessions,
  gapMs: number,
  type: TimestampType,
  arena: Arena,
): readonly [Column, Column] {
  const endMs = lastMs.map(ms => ms + gapMs)
  return [
    exactTimestampColumn(startMs, startNs, type, arena),
    exactTimestampColumn(endMs, lastNs, type, arena),
  ]
}
