/**
 * The runtime of sessions that say more than their last word: early results, and corrections by rows that come late but
 * within what is allowed. What leaves is a changelog: the rows of sessions that became one are taken back together.
 *
 * Sessions come to what they would be if every watermark were as much earlier as rows may be late.
 */

import { type Batch, NO_POSITION, rowCount, withSelection } from '../batch/batch.ts'
import { orderMeta } from '../batch/meta.ts'
import { type Arena, heapArena } from '../batch/slab.ts'
import { plainText } from '../batch/take.ts'
import { RowStore } from '../state/row-store/row-store.ts'
import { TimeWheel } from '../state/row-store/time-wheel.ts'
import { type SessionStep, SessionTable, type SteppedSessions } from '../state/session-table.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import type { SessionSpec } from '../time/windows/spec.ts'
import type { TimestampType } from '../types/column-type.ts'
import { type AggInput, openAggInput } from './agg-input.ts'
import type { AggNode, EmitSpec } from './agg-node.ts'
import { sessionBounds, sessionStep } from './agg-sessions.ts'
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
import { changeBatch, GroupChanges, type GroupRows } from './group-changes.ts'
import { sessionLateness } from './session-lateness.ts'
import { WatermarkTicks } from './watermark-ticks.ts'

/** Of which rows leave in one batch: most have an old and a new one. */
const SESSIONS_AT_ONCE = OUTPUT_ROWS / 2

export class EmittingSessions implements Operator {
  readonly #context: OperatorContext
  readonly #input: AggInput
  readonly #gapMs: number
  readonly #allowedMs: number
  readonly #emitSpec: EmitSpec
  readonly #ticks: WatermarkTicks
  readonly #table: SessionTable
  readonly #changes = new GroupChanges()
  /** The rows that were given and not taken back. */
  readonly #given: RowStore
  /** By session, where in {@link #given} its rows are: several where sessions have become one since. */
  readonly #slots = new Map<number, number[]>()
  /** Sessions that may differ from what was given. */
  readonly #changed = new Set<number>()
  /** When those of them that have not ended may end. */
  readonly #ends = new TimeWheel()
  #passedMs = Number.NEGATIVE_INFINITY

  constructor(node: AggNode & { readonly window: SessionSpec }, context: OperatorContext) {
    const { emit = { on: 'close' }, allowedLatenessMs = 0, window } = node
    this.#context = context
    this.#input = openAggInput(node, context)
    this.#gapMs = window.gapMs
    this.#allowedMs = allowedLatenessMs
    this.#emitSpec = emit
    this.#ticks = new WatermarkTicks('everyMs' in emit ? emit.everyMs : undefined)
    const { keyTypes, folds, changes } = this.#input
    this.#table = new SessionTable({ keyTypes, folds, changes, gapMs: this.#gapMs })
    const schema = context.output.schema.map(({ name, type }) => ({
      name,
      type: type === 'dictionary' ? ('utf8' as const) : type,
    }))
    this.#given = new RowStore({ schema })
  }

  onBatch(batch: Batch, _input: number, emit: Emit, arrival?: Arrival): void {
    const allowed = { gapMs: this.#gapMs, allowedMs: this.#allowedMs }
    const passed = sessionLateness(batch, this.#input.time, arrival, allowed)
    if (passed && passed.late.length > 0) {
      this.#context.report.late(passed.late.length)
      emit(withSelection(batch, passed.late), 'late')
    }
    const timely = passed ? withSelection(batch, passed.timely) : batch
    if (rowCount(timely) === 0) return
    this.#step(sessionStep(this.#input, timely, passed?.timelyPassedMs), emit)
  }

  #step(step: SessionStep, emit: Emit): void {
    const touched = this.#touched(this.#table.step(step))
    if ('on' in this.#emitSpec && this.#emitSpec.on === 'change') this.#give([...this.#changed], emit)
    else
      this.#give(
        [...touched].filter(session => this.#table.endMs(session) < this.#passedMs),
        emit,
      )
  }

  /** Notes what a step changed; returns the sessions that are left of those that it touched. */
  #touched({ touched, absorbed }: SteppedSessions): Set<number> {
    const left = new Set(touched)
    for (const { into, from } of absorbed) {
      left.delete(from)
      left.add(into)
      this.#inherit(into, from)
    }
    // Of sessions that took others in, some were taken in themselves.
    for (const { from } of absorbed) left.delete(from)
    for (const session of left) this.#markChanged(session)
    return left
  }

  /** A session has the rows that were given of one that it took in. */
  #inherit(into: number, from: number): void {
    const own = this.#slots.get(from)
    if (own) this.#slots.set(into, [...(this.#slots.get(into) ?? []), ...own])
    this.#slots.delete(from)
    this.#unmark(from)
  }

  #markChanged(session: number): void {
    if (this.#changed.has(session)) return
    this.#changed.add(session)
    this.#wait(session)
  }

  #unmark(session: number): void {
    if (this.#changed.delete(session)) this.#ends.remove(Uint32Array.of(session))
  }

  #wait(session: number): void {
    this.#ends.reserve(this.#table.sessionsEnd)
    this.#ends.add(Uint32Array.of(session), Float64Array.of(this.#table.endMs(session) + 1), 1)
  }

  onTime({ watermarkMs }: Signal, emit: Emit): void {
    this.#passedMs = watermarkMs
    if (this.#ticks.comesTo(watermarkMs)) this.#give([...this.#changed], emit)
    else if (watermarkMs !== Number.NEGATIVE_INFINITY) this.#give(this.#ended(watermarkMs), emit)
    for (const session of this.#table.drop(watermarkMs - this.#allowedMs)) {
      this.#given.remove(Uint32Array.from(this.#slots.get(session) ?? []))
      this.#slots.delete(session)
      this.#unmark(session)
    }
  }

  /** The sessions that have changed and ended. */
  #ended(watermarkMs: number): number[] {
    const ended: number[] = []
    const waiting: number[] = []
    for (const session of this.#ends.take(watermarkMs))
      (this.#table.endMs(session) < watermarkMs ? ended : waiting).push(session)
    for (const session of waiting) this.#wait(session)
    return ended
  }

  #give(sessions: number[], emit: Emit): void {
    this.#table.sort(sessions)
    for (let from = 0; from < sessions.length; from += SESSIONS_AT_ONCE)
      this.#giveSome(sessions.slice(from, from + SESSIONS_AT_ONCE), emit)
  }

  #giveSome(sessions: readonly number[], emit: Emit): void {
    const slotsOf = (session: number) => this.#slots.get(session) ?? []
    const slots = Uint32Array.from(sessions.flatMap(slotsOf))
    const was = Uint32Array.from(sessions.flatMap(session => slotsOf(session).map(() => session)))
    const after = this.#rowsOf(sessions.filter(this.#table.hasRows), heapArena)
    // Without rows that were given any columns do.
    const results = slots.length > 0 ? this.#given.columns(slots, heapArena) : after.results
    const before: GroupRows = { groups: was, results }
    const { back, come } = this.#changes.between(before, after, this.#table.sessionsEnd)
    if (back.length + come.length > 0) this.#emitChanges({ before, back, after, come }, emit)
    this.#given.remove(slots)
    for (const session of sessions) {
      this.#slots.delete(session)
      this.#unmark(session)
    }
    this.#keep(after)
  }

  #emitChanges(changes: Parameters<typeof changeBatch>[1], emit: Emit): void {
    const { arena, output } = this.#context
    const batch = changeBatch(output.schema, changes, () => ({ columns: [], order: [] }), arena)
    const keys = this.#input.keys.length
    // A place of its own: no two sessions of a key end at the same time.
    const order = orderMeta([batch.columns[keys + 1]!, ...batch.columns.slice(0, keys)])
    emit({ ...batch, meta: { ...batch.meta, ...order } })
  }

  #keep({ groups, results }: GroupRows): void {
    if (groups.length === 0) return
    const { schema } = this.#given
    const batch: Batch = { schema, length: groups.length, columns: results, position: NO_POSITION }
    const slots = this.#given.insert(batch, undefined)
    for (let i = 0; i < groups.length; i++) this.#slots.set(groups[i]!, [slots[i]!])
  }

  /** Whole rows of sessions that have some. */
  #rowsOf(sessions: readonly number[], arena: Arena): GroupRows {
    const rows = this.#table.rowsOf(sessions, arena)
    const keys = rows.keys.map(column => (column.dictionary ? plainText(column, rows.count, arena) : column))
    const type = this.#context.output.schema[keys.length]!.type as TimestampType
    const bounds = sessionBounds(rows, this.#gapMs, type, arena)
    return { groups: Uint32Array.from(sessions), results: [...keys, ...bounds, ...rows.results] }
  }

  outputTime(port: string, { watermarkMs, maxTimeMs }: Signal): EdgeTime {
    // Late rows are behind the watermark: how far, nobody knows before the end.
    if (port === 'late' && watermarkMs !== Number.POSITIVE_INFINITY) return { ...NOTHING_KNOWN, maxTimeMs }
    return { watermarkMs, maxTimeMs }
  }

  get stateBytes(): number {
    return this.#table.stateBytes + this.#given.bytes + this.#ends.bytes
  }

  close(): void {
    this.#given.close()
  }

  save(to: StateWriter): void {
    this.#table.save(to, 'sessions')
    const sessions = [...this.#slots].flatMap(([session, slots]) => slots.map(() => session))
    const slots = Uint32Array.from([...this.#slots.values()].flat())
    if (slots.length > 0) {
      const names = this.#table.namesOf(sessions)
      const columns = [...names, ...this.#given.columns(slots, heapArena)]
      const schema = columns.map(({ type }, i) => ({ name: `${i}`, type }))
      const batch: Batch = { schema, length: slots.length, columns, position: NO_POSITION }
      to.block('given', 0, batch, this.#table.keyGroups(names, slots.length))
    }
    to.blocks('given', slots.length > 0 ? 1 : 0)
  }

  load(from: StateReader): void {
    this.#table.load(from, 'sessions')
    const width = this.#input.keys.length + 1
    for (const { batch } of from.table('given')) {
      const { columns, selection } = batch
      const sessions = this.#table.named(columns.slice(0, width), rowCount(batch), selection)
      const given = { ...batch, schema: this.#given.schema, columns: columns.slice(width) }
      const slots = this.#given.insert(given, undefined)
      sessions.forEach((session, i) => {
        this.#slots.set(session, [...(this.#slots.get(session) ?? []), slots[i]!])
      })
    }
    // Where nothing has changed nothing is given.
    for (let session = 1; session < this.#table.sessionsEnd; session++)
      if (this.#table.isOpen(session)) this.#markChanged(session)
  }
}
