/**
 * The runtime of `process`: calls a user's function for each row and timer, and keeps its state per key.
 *
 * In order of event time rows are held until the watermark has passed them, and then taken by time and place, with the timers
 * between them at their times: so what comes out depends on the rows alone. In order of arrival rows are taken as they come,
 * and timers when the watermark passes them.
 */

import { type Batch, NO_POSITION, rowAt, rowCount } from '../../batch/batch.ts'
import { bytesAt, bytesColumn } from '../../batch/bytes.ts'
import { plainText } from '../../batch/concat-column.ts'
import { rowsOf } from '../../batch/rows.ts'
import { heapArena } from '../../batch/slab.ts'
import { DataError } from '../../errors.ts'
import { DIRTY_IDS, DirtyBlocks } from '../../state/dirty-blocks.ts'
import { decodeValue, encodeValue } from '../../state/json-values.ts'
import { KeyLives } from '../../state/key-lives.ts'
import { KeyTable } from '../../state/key-table.ts'
import type { StateReader } from '../../state/state-reader.ts'
import type { StateWriter } from '../../state/state-writer.ts'
import { eventTimesMs } from '../../time/event-time.ts'
import { fieldIndex, schemaOf } from '../../types/schema.ts'
import { functionFailed, showRow } from '../../user-functions/failure.ts'
import { wrongExport } from '../../user-functions/function-ref.ts'
import type {
  BroadcastContext,
  ProcessContext,
  ProcessFunction,
} from '../../user-functions/process-function.ts'
import type { Arrival, Emit, Operator, OperatorContext, Signal } from '../contract.ts'
import { OUTPUT_ROWS } from '../define.ts'
import { HeldBatches, inChunks, passedRows, withTime } from '../held-rows.ts'
import { timelyRows } from '../timely.ts'
import { EmittedRows } from './emitted-rows.ts'
import { isEmpty, type KeyState, newKeyState, StateHandles } from './key-state.ts'
import type { ProcessNode } from './process.ts'
import { Timers } from './timers.ts'

/** With fewer keys those without state are not looked for. */
const MIN_KEYS_TO_FORGET = 1024

type Row = Readonly<Record<string, unknown>>

/** Rows in the order in which they are taken, with their event times; NaN without. */
interface Taken {
  readonly batch: Batch
  readonly timesMs: Float64Array
}

export class ProcessOperator implements Operator {
  readonly #node: ProcessNode
  readonly #context: OperatorContext
  readonly #function: ProcessFunction
  readonly #inOrder: boolean
  readonly #keyColumns: readonly number[]
  /** By input: the place of the event-time column; -1 without. */
  readonly #times: readonly number[]
  readonly #keys: KeyTable
  /** By key id. */
  #states: (KeyState | undefined)[] = []
  readonly #lives: KeyLives | undefined
  readonly #dirty = new DirtyBlocks()
  /** How many keys there were when it last looked for those without state. */
  #lookedThrough = 0
  readonly #timers = new Timers()
  readonly #clockTimers = new Timers()
  /** By input: rows that wait for the watermark. */
  readonly #held: readonly HeldBatches[]
  readonly #broadcast = new Map<string, Map<unknown, unknown>>()
  #broadcastChanged = false
  /** By port. */
  readonly #emitted: ReadonlyMap<string, EmittedRows>
  readonly #userContext: ProcessContext
  readonly #broadcastContext: BroadcastContext
  /** What is being processed. */
  #id = 0
  #state: KeyState = newKeyState()
  #timeMs = Number.NaN
  #key: Row | undefined
  #keyOf: Batch | undefined
  #keyRow = 0
  /** Beyond the last row of the data no timers are set. */
  #maySet = true
  #emit: Emit = () => {}

  constructor(node: ProcessNode, context: OperatorContext) {
    const { inputs, functions } = context
    this.#node = node
    this.#context = context
    this.#function = functionOf(node, functions.exported(node.function))
    this.#inOrder = node.order === 'event'
    this.#keyColumns = node.by.map(name => fieldIndex(inputs[0]!.schema, name))
    this.#times = inputs.map(({ schema, eventTime }) =>
      eventTime === undefined ? -1 : fieldIndex(schema, eventTime),
    )
    this.#keys = new KeyTable(this.#keyColumns.map(column => inputs[0]!.schema[column]!.type))
    this.#lives = node.ttlMs === undefined ? undefined : new KeyLives(node.ttlMs)
    this.#held = [new HeldBatches(this.#keyColumns), new HeldBatches([])]
    const schemas = { out: node.schema, ...node.sides }
    this.#emitted = new Map(Object.entries(schemas).map(([port, schema]) => [port, new EmittedRows(schema)]))
    this.#userContext = this.#newUserContext()
    this.#broadcastContext = this.#newBroadcastContext()
  }

  // --- rows and time ---

  onBatch(all: Batch, input: number, emit: Emit, arrival?: Arrival): void {
    const time = this.#times[input]!
    const batch = this.#inOrder && time >= 0 ? timelyRows(all, time, arrival, this.#context.report) : all
    if (rowCount(batch) === 0) return
    this.#emit = emit
    if (this.#inOrder && time >= 0) this.#held[input]!.add(withTime(batch, time, this.#context.arena))
    else if (input === 1) this.#takeBroadcast(this.#asTaken(batch, time))
    else this.#takeRows(this.#asTaken(batch, time), undefined)
    this.#leave()
  }

  onTime(signal: Signal, emit: Emit): void {
    const { watermarkMs, clockMs } = signal
    this.#emit = emit
    if (this.#inOrder) this.#takeHeld(watermarkMs)
    this.#fireAll(signal)
    if (clockMs !== undefined) this.#fireClock(clockMs)
    this.#leave()
    this.#lives?.pass(watermarkMs)
    this.#forget()
  }

  #asTaken(batch: Batch, time: number): Taken {
    const timesMs = new Float64Array(rowCount(batch)).fill(Number.NaN)
    if (time >= 0) eventTimesMs(batch.columns[time]!, timesMs.length, batch.selection, timesMs)
    return { batch, timesMs }
  }

  /** Takes the rows of both inputs that the watermark has passed, by time; of one time those that are broadcast first. */
  #takeHeld(watermarkMs: number): void {
    const [rows, told] = this.#held.map(held => this.#passed(held, watermarkMs)) as [Taken[], Taken[]]
    const broadcast = new Upcoming(told)
    for (const taken of rows) this.#takeRows(taken, broadcast)
    this.#broadcastUpTo(broadcast, Number.POSITIVE_INFINITY)
  }

  #passed(held: HeldBatches, watermarkMs: number): Taken[] {
    if (held.batches.length === 0) return []
    const passed = passedRows(held.batches, watermarkMs)
    if (passed.passed === 0) return []
    held.replace(passed.rest())
    let at = 0
    return [...inChunks(passed, this.#context.arena)].map(batch => {
      const timesMs = Float64Array.from(
        passed.order.subarray(at, at + batch.length),
        row => passed.timesMs[row]!,
      )
      at += batch.length
      return { batch, timesMs }
    })
  }

  #takeRows({ batch, timesMs }: Taken, broadcast: Upcoming | undefined): void {
    const count = timesMs.length
    const ids = new Uint32Array(count)
    const keyColumns = this.#keyColumns.map(column => batch.columns[column]!)
    this.#keys.intern(keyColumns, count, batch.selection, ids)
    this.#dirty.reserve(this.#keys.size)
    this.#dirty.markAll(ids)
    this.#lives?.reserve(this.#keys.size)
    const rows = rowsOf(batch)
    for (let i = 0; i < count; i++) {
      const timeMs = timesMs[i]!
      if (this.#inOrder) {
        this.#fireBefore(timeMs, broadcast)
        if (broadcast) this.#broadcastUpTo(broadcast, timeMs)
      }
      const id = ids[i]!
      if (this.#lives?.see(id, timeMs)) this.#drop(id)
      this.#become(id, timeMs, batch, rowAt(batch, i))
      this.#call(rows[i]!, () => this.#function.onRow(rows[i]!, this.#userContext))
      this.#leaveIfMany()
    }
  }

  #takeBroadcast({ batch, timesMs }: Taken): void {
    this.#broadcastUpTo(new Upcoming([{ batch, timesMs }]), Number.POSITIVE_INFINITY)
  }

  /** Tells the function of broadcast rows of times up to `timeMs`. */
  #broadcastUpTo(broadcast: Upcoming, timeMs: number): void {
    while (!broadcast.isOver && !(broadcast.timeMs > timeMs)) {
      const { row } = broadcast
      if (this.#inOrder && !Number.isNaN(broadcast.timeMs)) this.#fireBefore(broadcast.timeMs, undefined)
      this.#timeMs = broadcast.timeMs
      this.#broadcastChanged = true
      this.#call(row, () => this.#function.onBroadcast?.(row, this.#broadcastContext))
      broadcast.next()
    }
  }

  // --- timers ---

  /** Fires timers of times before `timeMs`, with the broadcast rows that come before each. */
  #fireBefore(timeMs: number, broadcast: Upcoming | undefined): void {
    while (this.#timers.nextMs < timeMs) {
      const { ms, id } = this.#timers.take()
      if (!this.#states[id]?.timers.delete(ms) || this.#isForgotten(id, ms)) continue
      if (broadcast) this.#broadcastUpTo(broadcast, ms)
      this.#fire(id, ms, () => this.#function.onTimer?.(this.#userContext))
    }
  }

  /**
   * Event time has passed: fires what is due. At the end of the data that is every timer, but none that is set by those
   * beyond its last row.
   */
  #fireAll({ watermarkMs, maxTimeMs }: Signal): void {
    if (watermarkMs === Number.POSITIVE_INFINITY) {
      this.#fireBefore(Math.floor(maxTimeMs) + 1, undefined)
      this.#maySet = false
    }
    this.#fireBefore(watermarkMs, undefined)
  }

  /** Whether a key has been silent for too long by then, be it still in memory or not. */
  #isForgotten(id: number, ms: number): boolean {
    return this.#lives !== undefined && ms - this.#lives.lastMs(id) > this.#node.ttlMs!
  }

  #fireClock(clockMs: number): void {
    while (this.#clockTimers.nextMs <= clockMs) {
      const { ms, id } = this.#clockTimers.take()
      if (!this.#states[id]?.clockTimers.delete(ms)) continue
      this.#fire(id, Number.NaN, () => this.#function.onClockTimer?.(this.#userContext, new Date(ms)))
    }
  }

  #fire(id: number, timeMs: number, act: () => void): void {
    this.#dirty.mark(id)
    this.#become(id, timeMs, undefined, 0)
    this.#call(undefined, act)
    this.#leaveIfMany()
  }

  // --- the function ---

  /** What is processed from now on. */
  #become(id: number, timeMs: number, batch: Batch | undefined, row: number): void {
    this.#id = id
    this.#timeMs = timeMs
    this.#state = this.#states[id] ??= newKeyState()
    this.#key = undefined
    this.#keyOf = batch
    this.#keyRow = row
  }

  #call(row: Row | undefined, act: () => unknown): void {
    try {
      const result = act() as { then?: unknown } | undefined
      if (typeof result?.then === 'function')
        throw new TypeError('it returned a promise: a process function is synchronous')
    } catch (error) {
      if (error instanceof DataError) throw error
      throw functionFailed(this.#node.function, showRow(row ?? this.#currentKey()), error)
    }
  }

  #currentKey(): Row {
    if (this.#key) return this.#key
    const columns = this.#keyOf
      ? this.#keyColumns.map(column => this.#keyOf!.columns[column]!)
      : this.#keys.columns(Uint32Array.of(this.#id), heapArena)
    const schema = schemaOf(this.#keyColumns.map(column => this.#context.inputs[0]!.schema[column]!))
    const selection = Uint32Array.of(this.#keyOf ? this.#keyRow : 0)
    const [key] = rowsOf({
      schema,
      columns,
      length: this.#keyOf?.length ?? 1,
      selection,
      position: NO_POSITION,
    })
    this.#key = key!
    return this.#key
  }

  #newUserContext(): ProcessContext {
    const operator = this
    const handles = new StateHandles(() => this.#state)
    return {
      get key() {
        return operator.#currentKey()
      },
      get time() {
        return Number.isNaN(operator.#timeMs) ? undefined : new Date(operator.#timeMs)
      },
      get now() {
        return new Date(operator.#clockNow())
      },
      emit: row => this.#add('out', row as Row),
      emitTo: (side, row) => this.#add(side, row),
      value: name => handles.value(name),
      list: name => handles.list(name),
      map: name => handles.map(name),
      broadcast: <K, V>(name: string) => this.#broadcastMap<K, V>(name),
      clear: () => this.#drop(this.#id),
      setTimer: at => this.#setTimer(at),
      clearTimer: at => void this.#state.timers.delete(msOf(at)),
      setClockTimer: at => this.#setClockTimer(at),
      clearClockTimer: at => void this.#state.clockTimers.delete(msOf(at)),
    }
  }

  #newBroadcastContext(): BroadcastContext {
    const operator = this
    return {
      get time() {
        return Number.isNaN(operator.#timeMs) ? undefined : new Date(operator.#timeMs)
      },
      broadcast: <K, V>(name: string) => this.#broadcastMap<K, V>(name),
    }
  }

  #broadcastMap<K, V>(name: string): Map<K, V> {
    const known = this.#broadcast.get(name) ?? new Map()
    this.#broadcast.set(name, known)
    return known as Map<K, V>
  }

  #clockNow(): number {
    const { nowMs } = this.#context.clock
    if (this.#node.clockMs !== undefined) return nowMs
    throw refusedTimer('the clock', "give it a clock: process(…, { clock: '100ms' })")
  }

  #setTimer(at: Date | number): void {
    if (this.#times[0]! < 0) throw refusedTimer('a timer of event time', "put .watermark('column') before")
    const ms = msOf(at)
    if (!this.#maySet || this.#state.timers.has(ms)) return
    this.#state.timers.add(ms)
    this.#timers.add(ms, this.#id)
  }

  #setClockTimer(at: Date | number): void {
    this.#clockNow()
    const ms = msOf(at)
    if (this.#state.clockTimers.has(ms)) return
    this.#state.clockTimers.add(ms)
    this.#clockTimers.add(ms, this.#id)
  }

  #add(port: string, row: Row): void {
    const rows = this.#emitted.get(port)
    if (!rows) {
      throw new DataError(
        'PROCESS_SIDE',
        `a process function emits to ${JSON.stringify(port)}, and there is no such output`,
        {
          hint: "name it where process is called: side: { alerts: { user: 'utf8' } }",
        },
      )
    }
    for (const name of Object.keys(row ?? {})) {
      if (rows.schema.some(field => field.name === name)) continue
      throw new DataError(
        'FUNCTION_RESULT',
        `a process function emits ${JSON.stringify(name)}, which is no column of its output`,
        {
          hint: `its columns are ${rows.schema.map(field => JSON.stringify(field.name)).join(', ')}`,
        },
      )
    }
    rows.add(row, { timeMs: this.#timeMs, id: this.#id, number: this.#state.emitted++ })
  }

  // --- what leaves ---

  #leaveIfMany(): void {
    for (const [port, rows] of this.#emitted) if (rows.count >= OUTPUT_ROWS) this.#leavePort(port, rows)
  }

  #leave(): void {
    for (const [port, rows] of this.#emitted) if (rows.count > 0) this.#leavePort(port, rows)
  }

  #leavePort(port: string, rows: EmittedRows): void {
    this.#emit(rows.take(this.#keys, this.#context.arena), port)
  }

  // --- keys ---

  /** Forgets the state of a key, but not how many rows it has emitted. */
  #drop(id: number): void {
    const state = this.#states[id]
    if (!state) return
    state.values.clear()
    state.timers.clear()
    state.clockTimers.clear()
  }

  /** Gives the memory of keys back that have no state, or have been silent for too long, once they are half of all. */
  #forget(): void {
    const size = this.#keys.size
    if (size < MIN_KEYS_TO_FORGET || this.#keyColumns.length === 0) return
    const ids = this.#lives ? this.#lives.dueForgetting(size) : this.#withState(size)
    if (!ids) return
    this.#states = Array.from(ids, id => this.#states[id])
    this.#keys.retain(ids)
    this.#lives?.retain(ids)
    this.#lookedThrough = ids.length
    this.#setTimersAgain()
    this.#dirty.markFrom(0, Math.max(1, ids.length))
  }

  /** The keys that have state, when they are half of all at most; looked for once there are twice as many. */
  #withState(size: number): Uint32Array | undefined {
    if (size < 2 * this.#lookedThrough) return undefined
    this.#lookedThrough = size
    const live: number[] = []
    for (let id = 0; id < size; id++) {
      const state = this.#states[id]
      if (state && !isEmpty(state)) live.push(id)
    }
    return 2 * live.length > size ? undefined : Uint32Array.from(live)
  }

  #setTimersAgain(): void {
    this.#timers.clear()
    this.#clockTimers.clear()
    this.#states.forEach((state, id) => {
      for (const ms of [...(state?.timers ?? [])].sort((a, b) => a - b)) this.#timers.add(ms, id)
      for (const ms of [...(state?.clockTimers ?? [])].sort((a, b) => a - b)) this.#clockTimers.add(ms, id)
    })
  }

  // --- state ---

  save(to: StateWriter): void {
    const { size } = this.#keys
    const blocks = Math.ceil(size / DIRTY_IDS)
    this.#dirty.reserve(size)
    for (let block = 0; block < blocks; block++) {
      if (to.since !== undefined && !this.#dirty.has(block)) continue
      const { batch, keyGroups } = this.#saved(block * DIRTY_IDS, Math.min(size, (block + 1) * DIRTY_IDS))
      to.block('keys', block, batch, keyGroups)
    }
    to.blocks('keys', blocks)
    this.#dirty.clear()
    this.#held[0]!.save(to, 'held0')
    // What is broadcast every shard has: one saves it.
    if (this.#context.shard > 0) return
    this.#held[1]!.save(to, 'held1')
    if (to.since !== undefined && !this.#broadcastChanged) return
    this.#broadcastChanged = false
    to.block('broadcast', 0, bytesBatch([encodeValue(this.#broadcast)]), Uint8Array.of(0))
    to.blocks('broadcast', 1)
  }

  /** Keys from `from` to before `to`, with their state. */
  #saved(from: number, to: number) {
    const ids: number[] = []
    for (let id = from; id < to; id++) if (this.#states[id]) ids.push(id)
    const values = ids.map(id => {
      const { values, timers, clockTimers, emitted } = this.#states[id]!
      return encodeValue([values, [...timers], [...clockTimers], emitted, this.#lives?.lastMs(id) ?? 0])
    })
    const keys = this.#keys
      .columns(Uint32Array.from(ids), heapArena)
      .map(column => (column.dictionary ? plainText(column, ids.length, heapArena) : column))
    const state = bytesBatch(values)
    const schema = [...this.#keys.types.map((type, i) => ({ name: `key${i}`, type })), ...state.schema]
    return {
      batch: { ...state, schema, columns: [...keys, ...state.columns] },
      keyGroups: Uint8Array.from(ids, id => (this.#keyColumns.length ? this.#keys.keyGroup(id) : 0)),
    }
  }

  load(from: StateReader): void {
    const width = this.#keyColumns.length
    for (const { batch } of from.table('keys')) {
      const count = rowCount(batch)
      const ids = new Uint32Array(count)
      this.#keys.intern(batch.columns.slice(0, width), count, batch.selection, ids)
      this.#lives?.reserve(this.#keys.size)
      for (let i = 0; i < count; i++) this.#restore(ids[i]!, bytesAt(batch.columns[width]!, rowAt(batch, i)))
    }
    this.#setTimersAgain()
    this.#dirty.markFrom(0, this.#keys.size)
    this.#held[0]!.load(from, 'held0')
    for (const { batch } of from.whole('held1')) this.#held[1]!.add(batch)
    for (const { batch } of from.whole('broadcast')) {
      const saved = decodeValue(bytesAt(batch.columns[0]!, rowAt(batch, 0))) as Map<
        string,
        Map<unknown, unknown>
      >
      for (const [name, map] of saved) this.#broadcast.set(name, map)
    }
    this.#broadcastChanged = true
  }

  #restore(id: number, bytes: Uint8Array): void {
    type Saved = [Map<string, unknown>, number[], number[], number, number]
    const [values, timers, clockTimers, emitted, lastMs] = decodeValue(bytes) as Saved
    this.#states[id] = { values, timers: new Set(timers), clockTimers: new Set(clockTimers), emitted }
    this.#lives?.restore(id, lastMs)
  }
}

/** Broadcast rows that are yet to be told, in order of time. */
class Upcoming {
  readonly #parts: readonly Taken[]
  #part = 0
  #row = 0
  #rows: Row[] | undefined

  constructor(parts: readonly Taken[]) {
    this.#parts = parts.filter(({ timesMs }) => timesMs.length > 0)
  }

  get isOver(): boolean {
    return this.#part === this.#parts.length
  }

  get timeMs(): number {
    return this.#parts[this.#part]!.timesMs[this.#row]!
  }

  get row(): Row {
    this.#rows ??= rowsOf(this.#parts[this.#part]!.batch)
    return this.#rows[this.#row]!
  }

  next(): void {
    if (++this.#row < this.#parts[this.#part]!.timesMs.length) return
    this.#part++
    this.#row = 0
    this.#rows = undefined
  }
}

function bytesBatch(values: readonly Uint8Array[]): Batch {
  const column = bytesColumn(values, heapArena)
  return {
    schema: [{ name: 'state', type: column.type }],
    length: values.length,
    columns: [column],
    position: NO_POSITION,
  }
}

function functionOf({ function: ref }: ProcessNode, exported: unknown): ProcessFunction {
  const { onRow } = (exported ?? {}) as Partial<ProcessFunction>
  if (typeof onRow === 'function') return exported as ProcessFunction
  throw wrongExport(ref, 'a process function, an object with onRow(row, context),', exported)
}

function msOf(at: Date | number): number {
  const ms = at instanceof Date ? at.getTime() : at
  if (typeof ms === 'number' && Number.isFinite(ms)) return Math.floor(ms)
  throw new DataError('PROCESS_TIMER', `a timer is set to a Date or ms since 1970, got ${String(at)}`, {
    hint: 'context.setTimer(context.time.getTime() + 60_000)',
  })
}

const refusedTimer = (what: string, hint: string) =>
  new DataError('PROCESS_TIMER', `a process function asks for ${what}, which it does not have`, { hint })
