/**
 * The runtime of `over` over a stream, in order of its event time. Rows are held until the watermark has passed them; then
 * their place in the order is known, and so is what they hold, unless it depends on rows after them.
 *
 * A partition keeps what later rows need: numbers of its rows so far and, of frames that begin with it, the state of
 * the folds; of other frames the rows that are still in one, by number or by time. A row that looks ahead waits.
 */

import { type Batch, rowCount, withColumns } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { type SortKey, sortRows } from '../batch/compare.ts'
import { placeColumns, placedBy } from '../batch/place.ts'
import { heapArena } from '../batch/slab.ts'
import { concat, iota, take, takeColumn } from '../batch/take.ts'
import { keyGroupsOf } from '../state/hash.ts'
import { RowStore } from '../state/row-store/row-store.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { fieldIndex } from '../types/schema.ts'
import type { Arrival, EdgeTime, Emit, Operator, OperatorContext, Signal } from './contract.ts'
import { OUTPUT_ROWS } from './define.ts'
import { byKey, leadsOf, timesOf } from './over-bounded.ts'
import { type CarriedRows, OverColumns } from './over-columns.ts'
import type { OrderedPartitions } from './over-frames.ts'
import { isFold, isGrowing, looksAhead, type OverNode, orderOf } from './over-node.ts'
import { OverPartitions } from './over-partitions.ts'
import { type OrderedRows, TimeBuffer } from './time-buffer.ts'
import { timelyRows } from './timely.ts'

/** With fewer keys, those without rows are not looked for. */
const MIN_KEYS_TO_FORGET = 4096

const NO_ROWS = new Uint32Array(0)

export class OverEvents implements Operator {
  readonly #context: OperatorContext
  readonly #keyColumns: readonly number[]
  readonly #order: readonly SortKey[]
  readonly #time: number
  readonly #columns: OverColumns
  readonly #buffer: TimeBuffer
  readonly #partitions: OverPartitions
  readonly #store: RowStore
  readonly #needs: Needs
  readonly #forgets: boolean
  /** Partitions with rows that wait, by key id: the time of the first one, ms. */
  readonly #waiting = new Map<number, number>()

  constructor(node: OverNode, context: OperatorContext) {
    const input = context.inputs[0]!
    const { schema } = input
    this.#context = context
    this.#keyColumns = node.by.map(key => fieldIndex(schema, key))
    this.#order = orderOf(node, input).map(({ column, descending }) => ({
      column: fieldIndex(schema, column),
      descending,
    }))
    this.#time = fieldIndex(schema, input.eventTime!)
    this.#columns = new OverColumns(node.columns, node.frame, schema, { ...context, arena: heapArena })
    this.#buffer = new TimeBuffer(schema, this.#time, this.#keyColumns, this.#order.slice(1))
    this.#partitions = new OverPartitions(
      this.#keyColumns.map(column => schema[column]!.type),
      this.#columns.carriedFields(),
      node.ttlMs,
    )
    this.#needs = needsOf(node)
    this.#store = new RowStore({ schema, keyed: true, places: true, expires: this.#needs.expires })
    this.#forgets = node.ttlMs !== undefined
  }

  onBatch(batch: Batch, _input: number, _emit: Emit, arrival?: Arrival): void {
    const timely = timelyRows(batch, this.#time, arrival, this.#context.report)
    this.#buffer.add(timely, this.#context.arena)
  }

  onTime({ watermarkMs }: Signal, emit: Emit): void {
    const passed = this.#buffer.take(watermarkMs)
    if (passed) this.#giveInTurn(passed, watermarkMs, emit)
    else if (this.#isDue(watermarkMs)) this.#give(undefined, watermarkMs, emit)
    this.#partitions.pass(watermarkMs)
    this.#expire(watermarkMs)
    this.#forgetKeys()
  }

  /** Gives rows in parts: before a partition begins anew, the rows before that are given. */
  #giveInTurn({ batch, timesMs }: OrderedRows, watermarkMs: number, emit: Emit): void {
    if (!this.#forgets) {
      this.#give(batch, watermarkMs, emit)
      return
    }
    const ids = this.#partitions.intern(this.#keysOf(batch), batch.length).slice()
    const rows = iota(batch.length)
    let from = 0
    const giveUntil = (until: number) => {
      if (until > from) this.#give(take(batch, rows.subarray(from, until), heapArena), watermarkMs, emit)
      from = until
    }
    for (let row = 0; row < batch.length; row++) {
      if (!this.#partitions.see(ids[row]!, timesMs[row]!)) continue
      giveUntil(row)
      this.#store.remove(this.#store.slotsOf(ids[row]!))
      this.#partitions.restart(ids[row]!)
    }
    giveUntil(batch.length)
  }

  /** Lets go of rows that are in no frame any more; those of partitions that rows come to are let go of then. */
  #expire(watermarkMs: number): void {
    if (!this.#needs.expires) return
    const slots = this.#store.expire(watermarkMs - 1).slice()
    for (const slot of slots) this.#partitions.context[this.#store.keyOf(slot)]!--
    this.#store.remove(slots)
  }

  /** Whether rows that wait may have what they wait for now that time has passed, though no rows have come. */
  #isDue(watermarkMs: number): boolean {
    if (this.#waiting.size === 0) return false
    if (watermarkMs === Number.POSITIVE_INFINITY) return true
    const { rangeAhead } = this.#needs
    if (rangeAhead === undefined) return false
    for (const timeMs of this.#waiting.values()) if (timeMs + rangeAhead < watermarkMs) return true
    return false
  }

  /** Gives the rows whose values are known, of those that have passed and those that wait. */
  #give(fresh: Batch | undefined, watermarkMs: number, emit: Emit): void {
    const freshIds = fresh ? this.#partitions.intern(this.#keysOf(fresh), fresh.length) : NO_ROWS
    const ids = this.#touched(freshIds)
    const stored = Uint32Array.from(ids.flatMap(id => [...this.#store.slotsOf(id)]))
    const parts = [
      ...(stored.length > 0 ? [this.#store.take(stored, heapArena)] : []),
      ...(fresh ? [fresh] : []),
    ]
    const { schema } = this.#context.inputs[0]!
    const all = concat(schema, parts, heapArena)
    const idOf = new Uint32Array(all.length)
    for (let i = 0; i < stored.length; i++) idOf[i] = this.#store.keyOf(stored[i]!)
    idOf.set(freshIds, stored.length)
    const { rows, starts, keys } = byKey(iota(all.length), idOf, this.#partitions.size)
    const order = this.#order.map(({ column }) => all.columns[column]!)
    const partitions = {
      count: rows.length,
      starts,
      rows,
      leads: leadsOf(rows, starts, order),
      ...timesOf(all.columns[this.#time]!, rows),
    }
    const carried = this.#carried(partitions, keys, watermarkMs)
    const values = this.#columns.values(all, partitions, carried, this.#partitions.fields)
    this.#emit(all, partitions, carried, values, emit)
    this.#keep(all, { partitions, keys, carried, stored, watermarkMs })
  }

  #keysOf(batch: Batch): Column[] {
    return this.#keyColumns.map(column => batch.columns[column]!)
  }

  /** The partitions that rows have come to, and those with rows that wait. */
  #touched(freshIds: Uint32Array): number[] {
    const { keepsRows } = this.#needs
    return keepsRows ? [...new Set([...freshIds, ...this.#waiting.keys()])] : []
  }

  /** What partitions had before, and how far their rows are known now. */
  #carried(partitions: TimedPartitions, keys: Uint32Array, watermarkMs: number): GivenRows {
    const { starts } = partitions
    const state = this.#partitions
    const count = keys.length
    const active = new Uint32Array(count)
    const folded = new Uint32Array(count)
    const complete = new Uint32Array(count)
    const foldTo = new Uint32Array(count)
    for (let k = 0; k < count; k++) {
      const id = keys[k]!
      active[k] = starts[k]! + state.context[id]!
      folded[k] = starts[k]! + state.folded[id]!
      complete[k] = this.#completeTo(partitions, k, active[k]!, watermarkMs)
      foldTo[k] = Math.max(folded[k]!, this.#foldTo(partitions, k, complete[k]!, watermarkMs))
    }
    const numbers = (of: Float64Array) => Float64Array.from(keys, id => of[id]!)
    return {
      active,
      folded,
      foldTo,
      complete,
      given: numbers(state.given),
      rank: numbers(state.rank),
      denseRank: numbers(state.denseRank),
      groups: keys.map(id => id + 1),
    }
  }

  /** Rows before this position of a partition have all that they look at. */
  #completeTo({ starts, timesMs }: TimedPartitions, k: number, active: number, watermarkMs: number): number {
    const end = starts[k + 1]!
    const { rowsAhead, rangeAhead } = this.#needs
    if (watermarkMs === Number.POSITIVE_INFINITY) return end
    let to = Math.max(active, end - rowsAhead)
    if (rangeAhead !== undefined) while (to > active && !(timesMs[to - 1]! + rangeAhead < watermarkMs)) to--
    return to
  }

  /** Rows before this position are in every frame of rows to come. */
  #foldTo({ starts, timesMs }: TimedPartitions, k: number, complete: number, watermarkMs: number): number {
    const { frame, growing } = this.#needs
    if (!growing) return starts[k]!
    if (frame.kind === 'rows') return Math.max(starts[k]!, complete + Math.min(0, frame.to! + 1))
    if (frame.toMs! >= 0) return complete
    let to = complete
    const nextMs = Math.min(watermarkMs, complete < starts[k + 1]! ? timesMs[complete]! : watermarkMs)
    while (to > starts[k]! && !(timesMs[to - 1]! < nextMs + frame.toMs!)) to--
    return to
  }

  #emit(
    all: Batch,
    { rows }: TimedPartitions,
    { active, complete }: GivenRows,
    values: readonly Column[],
    emit: Emit,
  ): void {
    const positions: number[] = []
    for (let k = 0; k < active.length; k++) for (let p = active[k]!; p < complete[k]!; p++) positions.push(p)
    if (positions.length === 0) return
    const { arena, output } = this.#context
    const given = Uint32Array.from(positions)
    const batch = take(
      all,
      given.map(p => rows[p]!),
      heapArena,
    )
    const times = Object.values(timesOf(batch.columns[this.#time]!, iota(batch.length)))
    const leading = times.map((values): Column => ({ type: 'float64', values }))
    const sortBy = [...leading, ...placeColumns(batch, heapArena)]
    const order = sortRows(
      { ...batch, columns: sortBy },
      sortBy.map((_, column) => ({ column })),
    )
    for (let start = 0; start < order.length; start += OUTPUT_ROWS) {
      const part = order.subarray(start, start + OUTPUT_ROWS)
      const wide = take({ ...batch, columns: [...batch.columns, ...leading] }, part, arena)
      const at = part.map(i => given[i]!)
      const width = batch.columns.length
      const columns = [
        ...wide.columns.slice(0, width),
        ...values.map(column => takeColumn(column, at, arena)),
      ]
      emit(placedBy({ ...wide, schema: output.schema, columns }, wide.columns.slice(width), arena))
    }
  }

  /** Keeps what rows to come need, and lets go of the rest. */
  #keep(
    all: Batch,
    {
      partitions,
      keys,
      carried,
      stored,
      watermarkMs,
    }: {
      readonly partitions: TimedPartitions
      readonly keys: Uint32Array
      readonly carried: GivenRows
      readonly stored: Uint32Array
      readonly watermarkMs: number
    },
  ): void {
    const { rows, starts, timesMs } = partitions
    const { complete, active, foldTo } = carried
    const removed: number[] = []
    const inserted: number[] = []
    const insertedIds: number[] = []
    for (let k = 0; k < keys.length; k++) {
      const id = keys[k]!
      const end = starts[k + 1]!
      this.#partitions.give(id, partitions, active[k]!, complete[k]!)
      const from = this.#keptFrom(partitions, k, carried, watermarkMs)
      this.#partitions.context[id] = complete[k]! - from
      this.#partitions.folded[id] = Math.max(0, foldTo[k]! - from)
      for (let p = starts[k]!; p < end; p++) {
        const row = rows[p]!
        if (row < stored.length) {
          if (p < from) removed.push(stored[row]!)
        } else if (p >= from) {
          inserted.push(row)
          insertedIds.push(id)
        }
      }
      if (complete[k]! < end) this.#waiting.set(id, timesMs[complete[k]!]!)
      else this.#waiting.delete(id)
    }
    this.#store.remove(Uint32Array.from(removed))
    if (inserted.length > 0) this.#insert(all, Uint32Array.from(inserted), Uint32Array.from(insertedIds))
  }

  #insert(batch: Batch, rows: Uint32Array, keys: Uint32Array): void {
    const { expires, rangeBehind } = this.#needs
    const dueMs = expires
      ? timesOf(batch.columns[this.#time]!, rows).timesMs.map(timeMs => timeMs + rangeBehind!)
      : undefined
    this.#store.insert(batch, rows, { keys, dueMs })
  }

  /** The first position of a partition that rows to come look at, or that waits. */
  #keptFrom(
    { starts, timesMs }: TimedPartitions,
    k: number,
    { complete, foldTo }: GivenRows,
    watermarkMs: number,
  ): number {
    const { rowsBehind, rangeBehind, growing } = this.#needs
    const to = complete[k]!
    let from = Math.max(starts[k]!, to - rowsBehind)
    if (growing) from = Math.min(from, foldTo[k]!)
    if (rangeBehind === undefined) return from
    const nextMs = Math.min(watermarkMs, to < starts[k + 1]! ? timesMs[to]! : watermarkMs)
    let first = to
    while (first > starts[k]! && timesMs[first - 1]! >= nextMs - rangeBehind) first--
    return Math.min(from, first)
  }

  #forgetKeys(): void {
    const living = this.#needs.stateless ? this.#withRows() : this.#partitions.dueForgetting()
    if (living) this.#retain(living)
  }

  /** The keys that have rows, when most have none and it pays to forget those. */
  #withRows(): Uint32Array | undefined {
    const { size } = this.#partitions
    if (size < MIN_KEYS_TO_FORGET || size < 2 * this.#store.count) return undefined
    const living = iota(size).filter(id => this.#store.countOf(id) > 0)
    return 2 * living.length <= size ? living : undefined
  }

  #retain(living: Uint32Array): void {
    const lives = new Uint8Array(this.#partitions.size)
    for (const id of living) lives[id] = 1
    for (let id = 0; id < lives.length; id++) if (lives[id] === 0) this.#store.remove(this.#store.slotsOf(id))
    this.#partitions.retain(living)
    this.#store.renumberKeys(living)
    const waiting = new Map(this.#waiting)
    this.#waiting.clear()
    living.forEach((id, i) => {
      if (waiting.has(id)) this.#waiting.set(i, waiting.get(id)!)
    })
  }

  outputTime(_port: string, { watermarkMs, maxTimeMs }: Signal): EdgeTime {
    let least = watermarkMs
    for (const timeMs of this.#waiting.values()) least = Math.min(least, timeMs)
    return { watermarkMs: least, maxTimeMs }
  }

  get stateKeys(): number {
    return this.#partitions.size
  }

  get stateBytes(): number {
    return this.#partitions.bytes + this.#store.bytes
  }

  close(): void {
    this.#store.close()
  }

  save(to: StateWriter): void {
    // What is dead is not restored, so that a late row finds the same keys as without a stop.
    if (this.#forgets) this.#retain(this.#partitions.living())
    this.#buffer.save(to, 'held')
    this.#partitions.save(to, 'partitions')
    this.#store.save(to, 'rows', batch => {
      const keyGroups = new Uint8Array(batch.length)
      keyGroupsOf(this.#keysOf(batch), batch.length, undefined, keyGroups)
      return keyGroups
    })
  }

  load(from: StateReader): void {
    this.#buffer.load(from, 'held')
    this.#partitions.load(from, 'partitions')
    const { schema } = this.#context.inputs[0]!
    // A store that lets go of rows by time saves when with them.
    const batches = [...from.table('rows')]
      .filter(({ batch }) => rowCount(batch) > 0)
      .map(({ batch }) => withColumns(batch, schema, batch.columns.slice(0, schema.length)))
    if (batches.length === 0) return
    const all = concat(schema, batches, heapArena)
    const places = placeColumns(all, heapArena)
    const rows = sortRows({ ...all, columns: [...all.columns, ...places] }, [
      ...this.#order,
      ...places.map((_, i) => ({ column: all.columns.length + i })),
    ])
    const ordered = take(all, rows, heapArena)
    const ids = this.#partitions.intern(this.#keysOf(ordered), ordered.length).slice()
    this.#insert(ordered, iota(ordered.length), ids)
    this.#findWaiting(ids)
  }

  #findWaiting(ids: Uint32Array): void {
    for (const id of new Set(ids)) {
      const slots = this.#store.slotsOf(id)
      const waits = slots[this.#partitions.context[id]!]
      if (waits === undefined) continue
      const [time] = this.#store.columns(Uint32Array.of(waits), heapArena).slice(this.#time)
      this.#waiting.set(id, timesOf(time!, Uint32Array.of(0)).timesMs[0]!)
    }
  }
}

interface TimedPartitions extends OrderedPartitions {
  readonly timesMs: Float64Array
  readonly restNs: Float64Array
}

interface GivenRows extends CarriedRows {
  /** By partition: the position up to which rows are given now. */
  readonly complete: Uint32Array
}

/** What the values of a row depend on besides itself. */
interface Needs {
  readonly frame: OverNode['frame']
  /** Frames begin with their partition, and there are folds. */
  readonly growing: boolean
  readonly rowsBehind: number
  readonly rowsAhead: number
  /** ms; undefined where time does not matter. */
  readonly rangeBehind: number | undefined
  readonly rangeAhead: number | undefined
  /** Whether rows are kept at all once they were given. */
  readonly keepsRows: boolean
  /** Rows that were given are kept for a time, and for nothing else. */
  readonly expires: boolean
  /** A partition without rows is like one that never had any. */
  readonly stateless: boolean
}

function needsOf(node: OverNode): Needs {
  const { frame, columns } = node
  const folds = columns.some(isFold)
  const most = (name: string) =>
    columns.reduce((n, { fold, options }) => (fold === name ? Math.max(n, options!.n as number) : n), 0)
  const byRows = folds && frame.kind === 'rows' ? frame : undefined
  const byTime = folds && frame.kind === 'range' ? frame : undefined
  const ahead = looksAhead(node)
  // A row that waits may tie with one that was given: its rank is that one's.
  const behind = Math.max(most('lag'), -(byRows?.from ?? 0), ahead ? 1 : 0)
  const gaps = columns.flatMap(({ fold, options }) =>
    fold === 'interpolate' ? [options!.maxGapMs as number] : [],
  )
  const behinds = [...gaps, ...(byTime?.fromMs === undefined ? [] : [Math.max(0, -byTime.fromMs)])]
  const aheads = [...gaps, ...(byTime?.toMs !== undefined && byTime.toMs > 0 ? [byTime.toMs] : [])]
  const rangeBehind = behinds.length > 0 ? Math.max(...behinds) : undefined
  const rangeAhead = aheads.length > 0 ? Math.max(...aheads) : undefined
  const growing = folds && isGrowing(frame)
  const lagging = growing && ((frame.kind === 'rows' ? frame.to : frame.toMs) ?? 0) < 0
  return {
    frame,
    growing,
    rowsBehind: behind,
    rowsAhead: Math.max(most('lead'), byRows?.to ?? 0, 0),
    rangeBehind,
    rangeAhead,
    keepsRows: behind > 0 || rangeBehind !== undefined || ahead || lagging,
    expires: rangeBehind !== undefined && behind === 0 && !ahead,
    stateless:
      !growing &&
      node.ttlMs === undefined &&
      columns.every(of => isFold(of) || of.fold === 'lag' || of.fold === 'lead' || of.fold === 'interpolate'),
  }
}
