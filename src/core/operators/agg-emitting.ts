/**
 * The runtime of windows that say more than their last word: early results, and corrections by rows that come late but
 * within what is allowed. A group is a key and a window; what leaves is a changelog of their rows.
 *
 * When a window's row leaves is decided by its own rows, by the watermark, and for `onChange` by where batches are cut;
 * what it comes to in the end is not.
 */

import { type Batch, rowCount, withSelection } from '../batch/batch.ts'
import { seenOf } from '../batch/meta.ts'
import { heapArena } from '../batch/slab.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { eventTimesMs, timestampColumn } from '../time/event-time.ts'
import { type PaneWindows, type WindowAssigner, windowAssigner } from '../time/windows/assigner.ts'
import type { TimestampType } from '../types/column-type.ts'
import { type AggInput, openAggInput } from './agg-input.ts'
import type { AggNode, EmitSpec } from './agg-node.ts'
import type { AggregateInputs } from './aggregate-inputs.ts'
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
import { EmittedGroups } from './emitted-groups.ts'
import { changeBatch, type GroupKeys, selected } from './group-changes.ts'
import { type GroupedRows, rounds } from './rounds.ts'
import { WatermarkTicks } from './watermark-ticks.ts'

/** A window with groups. */
interface OpenWindow {
  readonly key: number
  readonly endMs: number
  /** Its groups; empty where it never ends. */
  readonly groups: number[]
  /** Those that have changed since they were given. */
  changed: number[]
}

/** Rows with one window each. */
interface RowsOfWindows {
  readonly rows: Uint32Array | undefined
  /** The key of each row's window, by physical row; absent without windows. */
  readonly windowKeys?: Float64Array
}

/** The key of the one window where there are none. */
const ALL = 0
/** Of which rows leave in one batch: each may have an old and a new one. */
const GROUPS_AT_ONCE = OUTPUT_ROWS / 2

export class EmittingAgg implements Operator {
  readonly #context: OperatorContext
  readonly #input: AggInput
  readonly #assigner: WindowAssigner | undefined
  readonly #emitSpec: EmitSpec
  readonly #allowedMs: number
  readonly #keyCount: number
  readonly #emitted: EmittedGroups
  readonly #windows = new Map<number, OpenWindow>()
  /** Those with groups that have changed. */
  readonly #changed = new Set<OpenWindow>()
  /** By group. */
  readonly #windowOf: (OpenWindow | undefined)[] = []
  /** By group: whether its window lists it as changed. */
  readonly #listed: boolean[] = []
  /** The watermark so far. */
  #passedMs = Number.NEGATIVE_INFINITY
  /** When the next window may be forgotten. */
  #closesMs = Number.POSITIVE_INFINITY
  readonly #ticks: WatermarkTicks

  constructor(node: AggNode, context: OperatorContext) {
    const { emit = { on: 'close' }, allowedLatenessMs = 0 } = node
    const input = openAggInput(node, context)
    this.#context = context
    this.#input = input
    this.#assigner = windowAssigner(node.window)
    this.#emitSpec = emit
    this.#ticks = new WatermarkTicks('everyMs' in emit ? emit.everyMs : undefined)
    this.#allowedMs = allowedLatenessMs
    this.#keyCount = input.keys.length
    this.#emitted = new EmittedGroups({
      keyTypes: [...input.keyTypes, ...(this.#assigner ? (['float64'] as const) : [])],
      owningKeys: input.keys.map((_, i) => i),
      folds: input.folds,
      changes: input.changes,
      withoutRows: this.#ofAll,
    })
  }

  /** Whether there is one group, of all rows. */
  get #ofAll(): boolean {
    return this.#keyCount === 0 && !this.#assigner
  }

  onBatch(batch: Batch, _input: number, emit: Emit, arrival?: Arrival): void {
    if (rowCount(batch) === 0) return
    const inputs = this.#input.inputsOf(batch)
    for (const part of this.#assigner
      ? this.#rowsOfWindows(batch, this.#assigner, arrival, emit)
      : [{ rows: batch.selection }])
      this.#fold(batch, part, inputs, emit)
    if ('on' in this.#emitSpec && this.#emitSpec.on === 'change') this.#giveChanged([...this.#changed], emit)
    else this.#giveEnded(emit)
  }

  /** The rows of a batch with one of their windows, then with the next, and so on; windows that have closed are left out. */
  *#rowsOfWindows(
    batch: Batch,
    assigner: WindowAssigner,
    arrival: Arrival | undefined,
    emit: Emit,
  ): Generator<RowsOfWindows> {
    const count = rowCount(batch)
    const panes: PaneWindows[] = []
    const paneOf = new Uint32Array(count)
    const firsts = this.#firstWindows(batch, assigner, arrival, panes, paneOf)
    const { selection } = batch
    const late: number[] = []
    for (let i = 0; i < count; i++)
      if (firsts[i] === panes[paneOf[i]!]!.keys.length) late.push(selection ? selection[i]! : i)
    if (late.length > 0) {
      this.#context.report.late(late.length)
      emit(withSelection(batch, Uint32Array.from(late)), 'late')
    }
    const most = panes.reduce((most, { keys }) => Math.max(most, keys.length), 0)
    for (let window = 0; window < most; window++) {
      const windowKeys = new Float64Array(batch.length)
      const rows = new Uint32Array(count)
      let end = 0
      for (let i = 0; i < count; i++) {
        const { keys } = panes[paneOf[i]!]!
        if (window < firsts[i]! || window >= keys.length) continue
        const row = selection ? selection[i]! : i
        rows[end++] = row
        windowKeys[row] = keys[window]!
      }
      if (end > 0) yield { rows: end === batch.length ? undefined : rows.subarray(0, end), windowKeys }
    }
  }

  /** By row, the first window of its pane that had not closed for it; and its pane, by place in `panes`. */
  #firstWindows(
    batch: Batch,
    assigner: WindowAssigner,
    arrival: Arrival | undefined,
    panes: PaneWindows[],
    paneOf: Uint32Array,
  ): Uint16Array {
    const count = rowCount(batch)
    const times = new Float64Array(count)
    eventTimesMs(batch.columns[this.#input.time]!, count, batch.selection, times)
    const known = new Map<number, number>()
    const seen = seenOf(batch)
    const passedMs = arrival?.passedMs ?? Number.NEGATIVE_INFINITY
    const firsts = new Uint16Array(count)
    let pane: PaneWindows | undefined
    let place = 0
    for (let i = 0; i < count; i++) {
      const timeMs = times[i]!
      if (pane === undefined || !(timeMs >= pane.startMs && timeMs < pane.endMs)) {
        pane = assigner.paneOf(timeMs)
        place = known.get(pane.startMs) ?? panes.push(pane) - 1
        known.set(pane.startMs, place)
      }
      paneOf[i] = place
      const row = batch.selection ? batch.selection[i]! : i
      const watermarkMs = (seen ? Math.max(passedMs, seen[row]!) : passedMs) - this.#allowedMs
      let first = 0
      while (first < pane.endsMs.length && pane.endsMs[first]! <= watermarkMs) first++
      firsts[i] = first
    }
    return firsts
  }

  #fold(batch: Batch, { rows, windowKeys }: RowsOfWindows, inputs: AggregateInputs, emit: Emit): void {
    const count = rows?.length ?? batch.length
    const columns = this.#input.keys.map(key => batch.columns[key]!)
    if (windowKeys) columns.push({ type: 'float64', values: windowKeys })
    const { groups, touched, firsts } = this.#emitted.groups.find(columns, count, rows)
    for (let i = 0; i < touched.length; i++) {
      if (this.#windowOf[touched[i]!]) continue
      const row = rows ? rows[firsts[i]!]! : firsts[i]!
      this.#enter(touched[i]!, windowKeys ? windowKeys[row]! : ALL)
    }
    const step = { count, rows, groups, touched }
    if (!('rows' in this.#emitSpec)) {
      this.#foldRows(batch, step, inputs)
      return
    }
    for (const round of rounds(step, this.#emitSpec.rows, this.#emitted.arrived)) {
      this.#foldRows(batch, round, inputs)
      this.#giveGroups(round.due, emit)
    }
  }

  #foldRows(batch: Batch, { count, rows, groups, touched }: GroupedRows, inputs: AggregateInputs): void {
    const fresh = this.#emitted.touch(touched)
    for (let i = 0; i < fresh.length; i++) this.#list(fresh[i]!)
    const part = rows ? withSelection(batch, rows) : batch
    const order = this.#input.orderOf(part)
    const weights = this.#input.weightsOf(part)
    this.#emitted.groups.fold({ count, rows, ...inputs, order, weights }, groups, touched)
  }

  /** A new group of a window. */
  #enter(group: number, windowKey: number): void {
    let window = this.#windows.get(windowKey)
    if (!window) {
      const endMs = this.#assigner?.boundsOf(windowKey).endMs ?? Number.POSITIVE_INFINITY
      window = { key: windowKey, endMs, groups: [], changed: [] }
      this.#windows.set(windowKey, window)
      this.#closesMs = Math.min(this.#closesMs, endMs + this.#allowedMs)
    }
    this.#windowOf[group] = window
    if (window.endMs !== Number.POSITIVE_INFINITY) window.groups.push(group)
  }

  #list(group: number): void {
    if (this.#listed[group]) return
    this.#listed[group] = true
    const window = this.#windowOf[group]!
    window.changed.push(group)
    this.#changed.add(window)
  }

  onTime({ watermarkMs }: Signal, emit: Emit): void {
    this.#passedMs = watermarkMs
    if (watermarkMs === Number.POSITIVE_INFINITY && this.#ofAll && this.#context.shard === 0)
      this.#openGroupOfAll()
    if (this.#ticks.comesTo(watermarkMs)) this.#giveChanged([...this.#changed], emit)
    else this.#giveEnded(emit)
    if (this.#closesMs <= watermarkMs) this.#close(watermarkMs)
  }

  // The group of all rows is there without any, as in SQL.
  #openGroupOfAll(): void {
    if (this.#emitted.groups.groupCount > 0) return
    const { touched } = this.#emitted.groups.find([], 1, undefined)
    this.#enter(touched[0]!, ALL)
    this.#emitted.touch(touched)
    this.#list(touched[0]!)
  }

  /** Gives what has changed in windows that have ended: for the first time, or corrected. */
  #giveEnded(emit: Emit): void {
    const ended: OpenWindow[] = []
    for (const window of this.#changed) if (window.endMs <= this.#passedMs) ended.push(window)
    this.#giveChanged(
      ended.sort((a, b) => a.endMs - b.endMs),
      emit,
    )
  }

  #giveChanged(windows: readonly OpenWindow[], emit: Emit): void {
    const groups: number[] = []
    for (const window of windows) {
      for (const group of window.changed) {
        this.#listed[group] = false
        if (this.#emitted.hasChanged(group)) groups.push(group)
      }
      window.changed = []
      this.#changed.delete(window)
    }
    for (let from = 0; from < groups.length; from += GROUPS_AT_ONCE)
      this.#giveGroups(Uint32Array.from(groups.slice(from, from + GROUPS_AT_ONCE)), emit)
  }

  #giveGroups(groups: Uint32Array, emit: Emit): void {
    if (groups.length === 0) return
    const { arena, output } = this.#context
    const changes = this.#emitted.give(groups)
    if (changes.back.length + changes.come.length > 0)
      emit(changeBatch(output.schema, changes, groups => this.#keysOf(groups), arena))
    if (changes.after.groups.length < groups.length) this.#releaseWithoutRows(groups)
  }

  #releaseWithoutRows(groups: Uint32Array): void {
    const gone = selected(groups, group => !this.#emitted.groups.hasRows(group))
    for (const group of gone) this.#windowOf[group] = undefined
    this.#emitted.groups.release(gone)
  }

  /** Lets go of windows that no row can reach any more. */
  #close(watermarkMs: number): void {
    this.#closesMs = Number.POSITIVE_INFINITY
    for (const { key, endMs, groups } of this.#windows.values()) {
      const closesMs = endMs + this.#allowedMs
      if (closesMs > watermarkMs || endMs === Number.POSITIVE_INFINITY) {
        this.#closesMs = Math.min(this.#closesMs, closesMs)
        continue
      }
      this.#windows.delete(key)
      for (const group of groups) this.#windowOf[group] = undefined
      this.#emitted.groups.release(Uint32Array.from(groups))
    }
  }

  /** Keys and bounds of windows. */
  #keysOf(groups: Uint32Array): GroupKeys {
    const { arena, output } = this.#context
    const columns = this.#emitted.groups.keyColumns(groups, arena)
    if (!this.#assigner) return { columns, order: columns }
    const keys = columns.slice(0, this.#keyCount)
    const windowKeys = columns[this.#keyCount]!.values as Float64Array
    const startMs = new Float64Array(groups.length)
    const endMs = new Float64Array(groups.length)
    for (let i = 0; i < groups.length; i++) {
      const bounds = this.#assigner.boundsOf(windowKeys[i]!)
      startMs[i] = bounds.startMs
      endMs[i] = bounds.endMs
    }
    const type = output.schema[this.#keyCount]!.type as TimestampType
    const [start, end] = [startMs, endMs].map(ms => timestampColumn(ms, groups.length, type, arena))
    return { columns: [...keys, start!, end!], order: [start!, end!, ...keys] }
  }

  outputTime(port: string, { watermarkMs, maxTimeMs }: Signal): EdgeTime {
    // Late rows are behind the watermark: how far, nobody knows before the end.
    if (port === 'late' && watermarkMs !== Number.POSITIVE_INFINITY) return { ...NOTHING_KNOWN, maxTimeMs }
    return { watermarkMs, maxTimeMs }
  }

  get stateKeys(): number {
    return this.#emitted.groups.groupCount
  }

  get stateBytes(): number {
    return this.#emitted.stateBytes
  }

  close(): void {
    this.#emitted.close()
  }

  save(to: StateWriter): void {
    this.#emitted.save(to)
  }

  load(from: StateReader): void {
    this.#emitted.load(from)
    const all = this.#emitted.groups.all()
    const windowKeys = this.#assigner
      ? (this.#emitted.groups.keyColumns(all, heapArena)[this.#keyCount]!.values as Float64Array)
      : undefined
    for (let i = 0; i < all.length; i++) {
      this.#enter(all[i]!, windowKeys ? windowKeys[i]! : ALL)
      if (this.#emitted.hasChanged(all[i]!)) this.#list(all[i]!)
    }
  }
}
