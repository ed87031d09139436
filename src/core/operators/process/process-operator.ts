/**
 * The runtime of `process`: calls a user's function for each row and timer, and keeps its state per key.
 *
 * In order of event time rows are held until the watermark has passed them, and then taken by time and place, with the timers
 * between them at their times: so what comes out depends on the rows alone. In order of arrival rows are taken as they come,
 * and timers when the watermark passes them.
 */

import { type Batch, NO_POSITION, rowAt, rowCount } from '../../batch/batch.ts'
import { bytesAt } from '../../batch/bytes.ts'
import { rowsOf } from '../../batch/rows.ts'
import { heapArena } from '../../batch/slab.ts'
import { DataError } from '../../errors.ts'
import { decodeValue, encodeValue } from '../../state/json-values.ts'
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
import { type KeyState, newKeyState, StateHandles } from './key-state.ts'
import { bytesBatch, KeyedStates } from './keyed-states.ts'
import type { ProcessNode } from './process.ts'
import { type Taken, Upcoming } from './taken-rows.ts'

type Row = Readonly<Record<string, unknown>>
type BroadcastState = Map<string, Map<unknown, unknown>>

export const open = (node: ProcessNode, context: OperatorContext): Operator =>
  new ProcessOperator(node, context)

class ProcessOperator implements Operator {
  readonly #node: ProcessNode
  readonly #context: OperatorContext
  readonly #function: ProcessFunction
  readonly #inOrder: boolean
  readonly #keyColumns: readonly number[]
  /** By input: the place of the event-time column; -1 without. */
  readonly #times: readonly number[]
  readonly #states: KeyedStates
  /** By input: rows that wait for the watermark. */
  readonly #held: readonly HeldBatches[]
  readonly #broadcast: BroadcastState = new Map()
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
    const keyTypes = this.#keyColumns.map(column => inputs[0]!.schema[column]!.type)
    this.#states = new KeyedStates(keyTypes, node.ttlMs)
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
    this.#states.forget(watermarkMs)
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
    const keyColumns = this.#keyColumns.map(column => batch.columns[column]!)
    const ids = this.#states.intern(keyColumns, count, batch.selection)
    const rows = rowsOf(batch)
    for (let i = 0; i < count; i++) {
      const timeMs = timesMs[i]!
      if (this.#inOrder) {
        this.#fireBefore(timeMs, broadcast)
        if (broadcast) this.#broadcastUpTo(broadcast, timeMs)
      }
      const id = ids[i]!
      this.#become(id, this.#states.seen(id, timeMs), timeMs, batch, rowAt(batch, i))
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
    const { timers } = this.#states
    while (timers.nextMs < timeMs) {
      const { ms, id } = timers.take()
      const state = this.#states.due(id, 'timers', ms)
      if (!state) continue
      if (broadcast) this.#broadcastUpTo(broadcast, ms)
      this.#fire(id, state, ms, () => this.#function.onTimer?.(this.#userContext))
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

  #fireClock(clockMs: number): void {
    const { clockTimers } = this.#states
    while (clockTimers.nextMs <= clockMs) {
      const { ms, id } = clockTimers.take()
      const state = this.#states.due(id, 'clockTimers', ms)
      if (state)
        this.#fire(id, state, Number.NaN, () =>
          this.#function.onClockTimer?.(this.#userContext, new Date(ms)),
        )
    }
  }

  #fire(id: number, state: KeyState, timeMs: number, act: () => void): void {
    this.#become(id, state, timeMs, undefined, 0)
    this.#call(undefined, act)
    this.#leaveIfMany()
  }

  // --- the function ---

  /** What is processed from now on. */
  #become(id: number, state: KeyState, timeMs: number, batch: Batch | undefined, row: number): void {
    this.#id = id
    this.#timeMs = timeMs
    this.#state = state
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
      : this.#states.keys.columns(Uint32Array.of(this.#id), heapArena)
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
      clear: () => this.#states.drop(this.#id),
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
    this.#states.timers.add(ms, this.#id)
  }

  #setClockTimer(at: Date | number): void {
    this.#clockNow()
    const ms = msOf(at)
    if (this.#state.clockTimers.has(ms)) return
    this.#state.clockTimers.add(ms)
    this.#states.clockTimers.add(ms, this.#id)
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
    this.#emit(rows.take(this.#states.keys, this.#context.arena), port)
  }

  // --- state ---

  save(to: StateWriter): void {
    this.#states.save(to)
    this.#held[0]!.save(to, 'held0')
    // What is broadcast every shard has: one saves it.
    if (this.#context.shard > 0) return
    this.#held[1]!.save(to, 'held1')
    if (to.since !== undefined && !this.#broadcastChanged) return
    this.#broadcastChanged = false
    to.block('broadcast', 0, bytesBatch([encodeValue(this.#broadcast)]), Uint8Array.of(0))
    to.blocks('broadcast', 1)
  }

  load(from: StateReader): void {
    this.#states.load(from)
    this.#held[0]!.load(from, 'held0')
    for (const { batch } of from.whole('held1')) this.#held[1]!.add(batch)
    for (const { batch } of from.whole('broadcast')) {
      const saved = decodeValue(bytesAt(batch.columns[0]!, rowAt(batch, 0))) as BroadcastState
      for (const [name, map] of saved) this.#broadcast.set(name, map)
    }
    this.#broadcastChanged = true
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
