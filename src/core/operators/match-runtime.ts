/**
 * The runtime of `match`. Rows wait until the watermark has passed them, and are then gone through in order of time, key
 * by key. A row at which no match may begin, of a key without a search under way, costs a look at its bits.
 *
 * Kept are the rows of each key from where its search began; the search itself is made again from them after a restore.
 */

import { type Batch, NO_POSITION, rowCount } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { sortRows } from '../batch/compare.ts'
import { SEEN, withoutMeta } from '../batch/meta.ts'
import { placeColumns } from '../batch/place.ts'
import { heapArena } from '../batch/slab.ts'
import { nullColumn, takeNullable } from '../batch/take-nullable.ts'
import { AttemptScratch } from '../patterns/attempt.ts'
import { automatonOf } from '../patterns/automaton.ts'
import { KeyRun, type Search } from '../patterns/key-run.ts'
import { keyGroupsOf } from '../state/hash.ts'
import { KeyTable } from '../state/key-table.ts'
import { BLOCK_SLOTS } from '../state/row-store/slots.ts'
import { TimeWheel } from '../state/row-store/time-wheel.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { fieldIndex, type Schema, schemaOf } from '../types/schema.ts'
import { inOrderOfTime } from './asof-backward.ts'
import { matchedColumns } from './asof-matches.ts'
import type { Arrival, EdgeTime, Emit, Operator, OperatorContext, Signal } from './contract.ts'
import { MatchConditions, previousFields } from './match-conditions.ts'
import type { MatchNode } from './match-node.ts'
import { MatchOutput } from './match-output.ts'
import { MatchRows } from './match-rows.ts'
import { type KeyedOrderedRows, NewestRows, NO_MATCH } from './newest-rows.ts'
import { TimeBuffer } from './time-buffer.ts'
import { timelyRows } from './timely.ts'

const NEVER = Number.POSITIVE_INFINITY

/** Numbers, each once, in the order in which they first came. */
class IdSet {
  #ids: Uint32Array = new Uint32Array(64)
  #size = 0
  /** By number, whether it is there. */
  #has: Uint8Array = new Uint8Array(64)

  add(id: number): void {
    if (id >= this.#has.length) {
      const has = new Uint8Array(2 * id)
      has.set(this.#has)
      this.#has = has
    }
    if (this.#has[id] === 1) return
    this.#has[id] = 1
    if (this.#size === this.#ids.length) {
      const ids = new Uint32Array(2 * this.#size)
      ids.set(this.#ids)
      this.#ids = ids
    }
    this.#ids[this.#size++] = id
  }

  /** Valid until one is added. */
  ids(): Uint32Array {
    return this.#ids.subarray(0, this.#size)
  }

  clear(): void {
    for (const id of this.ids()) this.#has[id] = 0
    this.#size = 0
  }
}

export const open = (node: MatchNode, context: OperatorContext): Operator => new MatchRuntime(node, context)

class MatchRuntime implements Operator {
  readonly #context: OperatorContext
  readonly #own: Schema
  readonly #time: number
  readonly #keyColumns: readonly number[]
  readonly #keys: KeyTable
  readonly #waiting: TimeBuffer
  readonly #rows: MatchRows
  readonly #conditions: MatchConditions
  readonly #search: Search
  readonly #scratch: AttemptScratch
  readonly #found: MatchOutput
  /** The last row of each key, where conditions go by it. */
  readonly #newest: NewestRows | undefined
  /** By key id, where a search is under way. */
  #runs: (KeyRun | undefined)[] = []
  #open = 0
  /** Runs to be used again. */
  readonly #idle: KeyRun[] = []
  /** When searches are over, by key id. */
  #due = new TimeWheel()
  /** By key id, when it is there; not at all where it is not. */
  #dueMs: (number | undefined)[] = []
  /** Keys whose searches went on in this step, each once. */
  readonly #touched = new IdSet()
  /** Keys whose searches hold event time back, and perhaps some that no longer do: after a step those that do. */
  readonly #holding = new Set<number>()

  constructor(node: MatchNode, context: OperatorContext) {
    const input = context.inputs[0]!
    this.#context = context
    this.#own = input.schema
    this.#time = fieldIndex(input.schema, input.eventTime!)
    this.#keyColumns = node.by.map(key => fieldIndex(input.schema, key))
    this.#keys = new KeyTable(this.#keyColumns.map(key => input.schema[key]!.type))
    this.#waiting = new TimeBuffer(input.schema, this.#time, this.#keyColumns)
    const automaton = automatonOf(node.steps)
    const startBits = automaton.start.reduce((bits, edge) => bits | (1 << automaton.edges[edge]!.step), 0)
    const previous = previousFields(node, input.schema)
    this.#rows = new MatchRows(schemaOf([...input.schema, ...previous]), this.#time, startBits)
    this.#conditions = new MatchConditions(node, input.schema, this.#rows, context)
    this.#found = new MatchOutput(node, this.#rows, this.#time, context)
    this.#search = {
      automaton,
      conditions: this.#conditions,
      times: this.#rows,
      withinMs: node.withinMs ?? Number.POSITIVE_INFINITY,
      skip: node.skip,
      release: this.#rows.release,
    }
    this.#scratch = new AttemptScratch(automaton, this.#conditions)
    if (previous.length > 0) this.#newest = this.#newestRows()
  }

  #newestRows(): NewestRows {
    return new NewestRows({
      schema: this.#own,
      time: this.#time,
      keptMs: Number.POSITIVE_INFINITY,
      keyIds: rows => this.#idsOf(rows),
      keyGroups: rows => this.#keyGroups(rows),
    })
  }

  onBatch(batch: Batch, _input: number, _emit: Emit, arrival?: Arrival): void {
    const { arena, inputs, report } = this.#context
    const rows = inputs[0]!.lateness ? timelyRows(batch, this.#time, arrival, report) : batch
    if (rowCount(rows) > 0) this.#waiting.add(withoutMeta(rows, SEEN), arena)
  }

  onTime({ watermarkMs }: Signal, emit: Emit): void {
    const passed = this.#waiting.take(watermarkMs, this.#context.arena)
    if (passed) this.#goThrough({ ...passed, ids: this.#idsOf(passed.batch) })
    this.#passWatermark(watermarkMs)
    this.#found.emit(emit)
    this.#endStep()
    this.#forgetKeys()
  }

  #idsOf(batch: Batch): Uint32Array {
    const ids = new Uint32Array(rowCount(batch))
    this.#keys.intern(
      this.#keyColumns.map(key => batch.columns[key]!),
      ids.length,
      batch.selection,
      ids,
    )
    return ids
  }

  #goThrough(rows: KeyedOrderedRows): void {
    const { ids, timesMs, restNs } = rows
    const { schema } = this.#rows
    const batch = {
      ...inOrderOfTime(rows),
      schema,
      columns: [...rows.batch.columns, ...this.#previousOf(rows)],
    }
    const bits = this.#conditions.bits(batch)
    this.#rows.pass({ batch, timesMs, restNs, bits })
    for (let row = 0; row < ids.length; row++) {
      const id = ids[row]!
      let run = this.#runs[id]
      if (!run) {
        if (!this.#rows.mayBegin(~row)) continue
        run = this.#begin(id)
      }
      this.#touched.add(id)
      run.push(~row, this.#found)
      if (!run.isOpen) this.#end(id, run)
    }
    this.#newest?.remember(rows)
  }

  #begin(id: number): KeyRun {
    const run = this.#idle.pop() ?? new KeyRun(this.#search, this.#scratch)
    this.#runs[id] = run
    this.#open++
    return run
  }

  #end(id: number, run: KeyRun): void {
    this.#runs[id] = undefined
    this.#holding.delete(id)
    this.#open--
    this.#idle.push(run)
  }

  /** By column of the previous row, its cells. */
  #previousOf({ batch, ids }: KeyedOrderedRows): Column[] {
    const newest = this.#newest
    if (!newest) return []
    newest.reserve(this.#keys.size)
    const last = newest.scratch
    const previous = new Int32Array(ids.length)
    for (let row = 0; row < ids.length; row++) {
      const id = ids[row]!
      const before = last[id]!
      previous[row] = before >= 0 ? before : newest.has(id) ? ids.length + newest.slotOf(id) : NO_MATCH
      last[id] = row
    }
    for (const id of ids) last[id] = NO_MATCH
    const wanted = this.#conditions.previous.map(({ name }) =>
      fieldIndex(this.#own, name.slice('prev.'.length)),
    )
    const found = matchedColumns(previous, { passed: batch, stored: newest.store }, wanted)
    return wanted.map((column, i) =>
      found.columns[i]
        ? takeNullable(found.columns[i], found.at, this.#context.arena)
        : nullColumn(this.#own[column]!.type, ids.length, this.#context.arena),
    )
  }

  /** Ends searches that no row to come can belong to. */
  #passWatermark(watermarkMs: number): void {
    if (watermarkMs === Number.NEGATIVE_INFINITY) return
    this.#setDue()
    const over =
      watermarkMs === Number.POSITIVE_INFINITY ? this.#runs.keys() : this.#due.take(watermarkMs - 1)
    for (const id of over) {
      this.#dueMs[id] = NEVER
      const run = this.#runs[id]
      if (!run) continue
      run.passWatermark(watermarkMs, this.#found)
      if (!run.isOpen) this.#end(id, run)
      else this.#touched.add(id)
    }
    this.#setDue()
  }

  /** Searches that went on are over at another time. */
  #setDue(): void {
    const out: number[] = []
    const into: number[] = []
    for (const id of this.#touched.ids()) {
      const before = this.#dueMs[id] ?? NEVER
      const dueMs = this.#runs[id]?.dueMs ?? NEVER
      if (dueMs === before) continue
      this.#dueMs[id] = dueMs
      if (before !== NEVER) out.push(id)
      if (dueMs !== NEVER) into.push(id)
    }
    this.#due.reserve(this.#keys.size)
    this.#due.remove(Uint32Array.from(out))
    this.#due.add(
      Uint32Array.from(into),
      Float64Array.from(into, id => this.#dueMs[id]!),
      into.length,
    )
  }

  /** Keeps the rows of this step that searches need. */
  #endStep(): void {
    const rows: number[] = []
    const keys: number[] = []
    const open: KeyRun[] = []
    for (const id of this.#touched.ids()) {
      const run = this.#runs[id]
      if (run?.holdsTime) this.#holding.add(id)
      else this.#holding.delete(id)
      if (!run) continue
      open.push(run)
      for (let i = 0; i < run.size; i++) {
        const row = run.row(i)
        if (row >= 0) continue
        rows.push(~row)
        keys.push(id)
      }
    }
    const slotOf = this.#rows.keep(Uint32Array.from(rows), Uint32Array.from(keys))
    const newNumber = (row: number): number => (row < 0 ? slotOf[~row]! : row)
    for (const run of open) run.renumber(newNumber)
    this.#touched.clear()
    this.#rows.endStep()
  }

  /** Gives the memory of keys without a search back, once most are. */
  #forgetKeys(): void {
    const { size } = this.#keys
    const live = this.#open + (this.#newest?.count ?? 0)
    if (this.#keyColumns.length === 0 || size < 2 * BLOCK_SLOTS || size < 2 * live) return
    const ids: number[] = []
    for (let id = 0; id < size; id++) if (this.#runs[id] || this.#newest?.has(id)) ids.push(id)
    const kept = Uint32Array.from(ids)
    this.#keys.retain(kept)
    this.#rows.store.renumberKeys(kept)
    this.#newest?.renumber(kept)
    this.#runs = ids.map(id => this.#runs[id])
    this.#holding.clear()
    for (let id = 0; id < ids.length; id++) if (this.#runs[id]?.holdsTime) this.#holding.add(id)
    this.#due = new TimeWheel()
    this.#dueMs = []
    for (let id = 0; id < this.#runs.length; id++) if (this.#runs[id]) this.#touched.add(id)
    this.#setDue()
    this.#touched.clear()
  }

  outputTime(_port: string, { watermarkMs, maxTimeMs }: Signal): EdgeTime {
    let held = watermarkMs
    for (const id of this.#holding) held = Math.min(held, this.#runs[id]?.heldMs ?? held)
    return { watermarkMs: held, maxTimeMs }
  }

  get stateKeys(): number {
    return this.#keys.size
  }

  get stateBytes(): number {
    return this.#keys.bytes + this.#rows.bytes + (this.#newest?.bytes ?? 0)
  }

  close(): void {
    this.#rows.close()
    this.#newest?.close()
  }

  #keyGroups(batch: Batch): Uint8Array {
    const keyGroups = new Uint8Array(batch.length)
    keyGroupsOf(
      this.#keyColumns.map(key => batch.columns[key]!),
      batch.length,
      undefined,
      keyGroups,
    )
    return keyGroups
  }

  save(to: StateWriter): void {
    this.#waiting.save(to, 'waiting')
    this.#newest?.save(to, 'newest')
    this.#rows.save(to, batch => this.#keyGroups(batch))
  }

  load(from: StateReader): void {
    this.#waiting.load(from, 'waiting')
    this.#newest?.load(from, 'newest')
    const kept = this.#rows.load(from, batch => this.#idsOf(batch))
    if (!kept) return
    const { batch, slots } = kept
    const places = placeColumns(batch, heapArena)
    const order = sortRows(
      { schema: [], length: batch.length, columns: places, position: NO_POSITION },
      places.map((_, column) => ({ column })),
    )
    for (const row of order) {
      const slot = slots[row]!
      const id = this.#rows.store.keyOf(slot)
      const run = this.#runs[id] ?? this.#begin(id)
      run.push(slot, this.#found)
      this.#touched.add(id)
      if (run.holdsTime) this.#holding.add(id)
      else this.#holding.delete(id)
    }
    this.#setDue()
    this.#touched.clear()
  }
}
