/**
 * Groups in sessions: windows of a key that grow with its rows, and become one where a row joins them.
 *
 * A row counts from its event time, or where the watermark of its own split had passed that, from the watermark, until the
 * gap has passed; rows whose spans touch are one session. So which rows are together is a matter of the rows alone, not of
 * when they come: what has closed ends before any span that may still begin.
 */

import type { Column } from '../batch/column.ts'
import { type Arena, heapArena } from '../batch/slab.ts'
import type { FieldSpec, Fold } from '../fold.ts'
import { eventTimesMs } from '../time/event-time.ts'
import type { ColumnType } from '../types/column-type.ts'
import { ChangingGroups, type FoldedRows } from './changing-groups.ts'
import { KeyTable } from './key-table.ts'
import { TimeWheel } from './row-store/time-wheel.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

export interface SessionTableSpec {
  readonly keyTypes: readonly ColumnType[]
  readonly folds: readonly Fold[]
  /** Rows so far apart, ms, still are in one session. */
  readonly gapMs: number
  /** Whether rows may be taken out again. */
  readonly changes: boolean
}

export interface SessionStep extends FoldedRows {
  readonly keyColumns: readonly Column[]
  readonly timeColumn: Column
  /** The watermark that each row found, ms; absent where none has passed a row. */
  readonly passedMs?: Float64Array | undefined
}

/** Sessions that have closed, in order of their ends, then keys. Times are whole ms and the nanoseconds past them. */
export interface ClosedSessions {
  readonly count: number
  readonly keys: readonly Column[]
  readonly startMs: Float64Array
  readonly startNs: Float64Array
  readonly lastMs: Float64Array
  readonly lastNs: Float64Array
  readonly results: readonly Column[]
}

/** A session that another took in, which is told of before one that took that in. */
export interface AbsorbedSession {
  readonly into: number
  readonly from: number
}

/** What a step did. */
export interface SteppedSessions {
  /** The session of each row, before others took it in. Valid until the next step. */
  readonly touched: Uint32Array
  readonly absorbed: readonly AbsorbedSession[]
}

/** What a save has of a session beside the folds: its first and last time, and where its first span begins. */
const BOUNDS = {
  fromMs: { kind: 'f64' },
  fromNs: { kind: 'f64' },
  startMs: { kind: 'f64' },
  startNs: { kind: 'f64' },
  lastMs: { kind: 'f64' },
  lastNs: { kind: 'f64' },
} as const satisfies Record<string, FieldSpec>

type BoundName = keyof typeof BOUNDS
const BOUND_NAMES = Object.keys(BOUNDS) as BoundName[]

/** The caller sets the fields: loading a save adds them to nothing. */
const bounds: Fold<typeof BOUNDS> = {
  layout: BOUNDS,
  resultType: 'int53',
  retract: 'linear',
  step() {},
  merge(state, groups, from, fromGroups) {
    for (const name of BOUND_NAMES)
      for (let i = 0; i < groups.length; i++) state[name][groups[i]!] = from[name][fromGroups[i]!]!
  },
  result() {
    throw new TypeError('bounds have no result')
  },
}

const MIN_KEYS_TO_FORGET = 4096

export class SessionTable {
  readonly #gapMs: number
  readonly #keyCount: number
  readonly #keys: KeyTable
  readonly #groups: ChangingGroups
  readonly #wheel = new TimeWheel()
  /** By key id: its first open session; 0 is none. */
  #head = new Uint32Array(1024)
  // By session, from 1 on.
  #next = new Uint32Array(1024)
  #keyOf = new Uint32Array(1024)
  #groupOf = new Uint32Array(1024)
  /** The number by which the groups know it; 0: not open. */
  #number = new Float64Array(1024)
  #bounds: Record<BoundName, Float64Array<ArrayBuffer>>
  #free: number[] = []
  #end = 1
  #lastNumber = 0
  #open = 0
  #ids = new Uint32Array(0)
  #sessions = new Uint32Array(0)
  #timesMs = new Float64Array(0)
  #timesNs = new Float64Array(0)
  /** Sessions that others took in during the step, and which. */
  #absorbed: AbsorbedSession[] = []

  constructor({ keyTypes, folds, gapMs, changes }: SessionTableSpec) {
    this.#gapMs = gapMs
    this.#keyCount = keyTypes.length
    this.#keys = new KeyTable(keyTypes)
    this.#groups = new ChangingGroups({
      keyTypes: [...keyTypes, 'float64'],
      owningKeys: keyTypes.map((_, i) => i),
      folds,
      own: [bounds as unknown as Fold],
      changes,
    })
    this.#bounds = Object.fromEntries(BOUND_NAMES.map(name => [name, new Float64Array(1024)])) as Record<
      BoundName,
      Float64Array<ArrayBuffer>
    >
    this.#wheel.reserve(1024)
  }

  get openCount(): number {
    return this.#open
  }

  get stateBytes(): number {
    return this.#keys.bytes + this.#groups.stateBytes + this.#wheel.bytes + 80 * this.#next.length
  }

  /** The first event time of all open sessions, ms; Infinity without any. */
  get minStartMs(): number {
    let least = Number.POSITIVE_INFINITY
    const { startMs } = this.#bounds
    for (let session = 1; session < this.#end; session++)
      if (this.#number[session] !== 0 && startMs[session]! < least) least = startMs[session]!
    return least
  }

  /** Folds rows into their sessions; none is late. */
  step(step: SessionStep): SteppedSessions {
    const { count, rows, keyColumns, timeColumn } = step
    if (this.#ids.length < count) {
      this.#ids = new Uint32Array(count)
      this.#sessions = new Uint32Array(count)
      this.#timesMs = new Float64Array(count)
      this.#timesNs = new Float64Array(count)
    }
    this.#keys.intern(keyColumns, count, rows, this.#ids)
    if (this.#keys.size > this.#head.length) this.#head = grown(this.#head, this.#keys.size)
    eventTimesMs(timeColumn, count, rows, this.#timesMs, this.#timesNs)
    this.#assign(count, step.passedMs)
    this.#fold(step)
    const absorbed = this.#absorb()
    return { touched: this.#sessions.subarray(0, count), absorbed }
  }

  #assign(count: number, passedMs: Float64Array | undefined): void {
    for (let i = 0; i < count; i++) {
      const ms = this.#timesMs[i]!
      const ns = this.#timesNs[i]!
      const passed = passedMs !== undefined && passedMs[i]! > ms
      this.#sessions[i] = passed
        ? this.#take(this.#ids[i]!, ms, ns, passedMs[i]!, 0)
        : this.#take(this.#ids[i]!, ms, ns, ms, ns)
    }
  }

  /** The session of a row whose span begins at `from`: one that it touches, which takes in all others, or a new one. */
  #take(key: number, ms: number, ns: number, fromMs: number, fromNs: number): number {
    const b = this.#bounds
    let found = 0
    let before = 0
    for (let session = this.#head[key]!; session !== 0; ) {
      const next = this.#next[session]!
      const touches =
        !isAfter(b.fromMs[session]!, b.fromNs[session]!, ms + this.#gapMs, ns) &&
        !isAfter(fromMs, fromNs, b.lastMs[session]! + this.#gapMs, b.lastNs[session]!)
      if (touches && found !== 0) {
        this.#extend(found, b.startMs[session]!, b.startNs[session]!, b.fromMs[session]!, b.fromNs[session]!)
        this.#extend(found, b.lastMs[session]!, b.lastNs[session]!, b.fromMs[session]!, b.fromNs[session]!)
        this.#next[before] = next
        this.#absorbed.push({ into: found, from: session })
      } else {
        if (touches) found = session
        before = session
      }
      session = next
    }
    if (found === 0) return this.#openSession(key, ms, ns, fromMs, fromNs)
    this.#extend(found, ms, ns, fromMs, fromNs)
    return found
  }

  /** Makes a session reach to a row's time, and from where its span begins. */
  #extend(session: number, ms: number, ns: number, fromMs: number, fromNs: number): void {
    const b = this.#bounds
    if (isAfter(b.startMs[session]!, b.startNs[session]!, ms, ns)) {
      b.startMs[session] = ms
      b.startNs[session] = ns
    }
    if (isAfter(b.fromMs[session]!, b.fromNs[session]!, fromMs, fromNs)) {
      b.fromMs[session] = fromMs
      b.fromNs[session] = fromNs
    }
    if (isAfter(ms, ns, b.lastMs[session]!, b.lastNs[session]!)) {
      b.lastMs[session] = ms
      b.lastNs[session] = ns
    }
  }

  #openSession(key: number, ms: number, ns: number, fromMs: number, fromNs: number): number {
    const session = this.#newSession(key, ++this.#lastNumber)
    const b = this.#bounds
    b.startMs[session] = b.lastMs[session] = ms
    b.startNs[session] = b.lastNs[session] = ns
    b.fromMs[session] = fromMs
    b.fromNs[session] = fromNs
    this.#wait([session])
    return session
  }

  #newSession(key: number, number: number): number {
    const session = this.#free.pop() ?? this.#end++
    if (session >= this.#next.length) {
      const length = 2 * this.#next.length
      this.#next = grown(this.#next, length)
      this.#keyOf = grown(this.#keyOf, length)
      this.#groupOf = grown(this.#groupOf, length)
      this.#number = grownFloats(this.#number, length)
      for (const name of BOUND_NAMES) this.#bounds[name] = grownFloats(this.#bounds[name], length)
      this.#wheel.reserve(length)
    }
    this.#number[session] = number
    this.#keyOf[session] = key
    this.#next[session] = this.#head[key]!
    this.#head[key] = session
    this.#open++
    return session
  }

  /** Sessions are looked at when they may have ended. */
  #wait(sessions: readonly number[]): void {
    const due = Float64Array.from(sessions, session => this.#bounds.lastMs[session]! + this.#gapMs + 1)
    this.#wheel.add(Uint32Array.from(sessions), due, sessions.length)
  }

  #fold(step: SessionStep): void {
    const { count, rows, keyColumns } = step
    let length = count
    if (rows) for (let i = 0; i < count; i++) length = Math.max(length, rows[i]! + 1)
    const numbers = new Float64Array(length)
    for (let i = 0; i < count; i++) numbers[rows ? rows[i]! : i] = this.#number[this.#sessions[i]!]!
    const { groups, touched } = this.#groups.find(
      [...keyColumns, { type: 'float64', values: numbers }],
      count,
      rows,
    )
    for (let i = 0; i < count; i++) this.#groupOf[this.#sessions[i]!] = groups[i]!
    this.#groups.fold(step, groups, touched)
    for (let i = 0; i < count; i++) this.#note(this.#sessions[i]!)
  }

  /** Writes the bounds of a session where saves find them. */
  #note(session: number): void {
    const state = this.#groups.stateOf(0) as unknown as Record<BoundName, Float64Array>
    const group = this.#groupOf[session]!
    for (const name of BOUND_NAMES) state[name][group] = this.#bounds[name][session]!
  }

  /** Merges sessions that have become one. */
  #absorb(): readonly AbsorbedSession[] {
    const absorbed = this.#absorbed
    if (absorbed.length === 0) return absorbed
    const groupsOf = (which: 'into' | 'from') =>
      Uint32Array.from(this.#absorbed, pair => this.#groupOf[pair[which]]!)
    const gone = groupsOf('from')
    this.#groups.mergeGroups(groupsOf('into'), gone)
    for (const { into } of this.#absorbed) this.#note(into)
    this.#groups.release(gone)
    for (const { from } of this.#absorbed) this.#forget(from)
    this.#absorbed = []
    return absorbed
  }

  #forget(session: number): void {
    this.#wheel.remove(Uint32Array.of(session))
    this.#number[session] = 0
    this.#free.push(session)
    this.#open--
  }

  /** Takes out the sessions whose end the watermark has passed; Infinity: all. */
  close(watermarkMs: number, arena: Arena): ClosedSessions | undefined {
    const ended = this.#ended(watermarkMs)
    if (ended.length === 0) return undefined
    this.sort(ended)
    const closed = this.rowsOf(ended.filter(this.hasRows), arena)
    this.#release(ended)
    return closed
  }

  /** Takes out the sessions whose end the watermark has passed, which are of no more interest; Infinity: all. */
  drop(watermarkMs: number): readonly number[] {
    const ended = this.#ended(watermarkMs)
    this.#release(ended)
    return ended
  }

  #release(ended: readonly number[]): void {
    if (ended.length === 0) return
    const groups = Uint32Array.from(ended, session => this.#groupOf[session]!)
    for (const session of ended) this.#unlink(session)
    this.#groups.release(groups)
    this.#forgetDeadKeys()
  }

  /** Puts sessions in order of their ends, then keys. */
  sort(sessions: number[]): void {
    const { lastMs, lastNs } = this.#bounds
    sessions.sort(
      (a, b) =>
        lastMs[a]! - lastMs[b]! ||
        lastNs[a]! - lastNs[b]! ||
        this.#keys.compare(this.#keyOf[a]!, this.#keyOf[b]!),
    )
  }

  /** Whether a session has rows: over changes all may have been taken out again. */
  readonly hasRows = (session: number): boolean => this.#groups.hasRows(this.#groupOf[session]!)

  isOpen(session: number): boolean {
    return this.#number[session] !== 0
  }

  /** A session has ended when the watermark is beyond this, ms. */
  endMs(session: number): number {
    return this.#bounds.lastMs[session]! + this.#gapMs
  }

  /** All sessions are below. */
  get sessionsEnd(): number {
    return this.#end
  }

  /** Sessions as they are now. */
  rowsOf(live: readonly number[], arena: Arena): ClosedSessions {
    const shown = Uint32Array.from(live, session => this.#groupOf[session]!)
    const of = (name: BoundName) => Float64Array.from(live, session => this.#bounds[name][session]!)
    return {
      count: live.length,
      keys: this.#groups.keyColumns(shown, arena).slice(0, this.#keyCount),
      startMs: of('startMs'),
      startNs: of('startNs'),
      lastMs: of('lastMs'),
      lastNs: of('lastNs'),
      results: this.#groups.results(shown, arena),
    }
  }

  /** What tells sessions of all shards apart, for saves: keys, and a number. */
  namesOf(sessions: readonly number[]): Column[] {
    return this.#groups.plainKeys(Uint32Array.from(sessions, session => this.#groupOf[session]!))
  }

  /** The session of each of some names, all of which there are. */
  named(names: readonly Column[], count: number, rows: Uint32Array | undefined): number[] {
    const { groups } = this.#groups.find(names, count, rows)
    const sessions = new Map<number, number>()
    for (let session = 1; session < this.#end; session++)
      if (this.#number[session] !== 0) sessions.set(this.#groupOf[session]!, session)
    return Array.from(groups.subarray(0, count), group => sessions.get(group)!)
  }

  /** The key group of each name. */
  keyGroups(names: readonly Column[], count: number): Uint8Array {
    return this.#groups.keyGroups(names, count)
  }

  #ended(watermarkMs: number): number[] {
    const ended: number[] = []
    if (watermarkMs === Number.POSITIVE_INFINITY) {
      for (let session = 1; session < this.#end; session++)
        if (this.#number[session] !== 0) ended.push(session)
      return ended
    }
    if (watermarkMs === Number.NEGATIVE_INFINITY) return ended
    const waiting: number[] = []
    for (const session of this.#wheel.take(watermarkMs))
      (this.#bounds.lastMs[session]! + this.#gapMs < watermarkMs ? ended : waiting).push(session)
    if (waiting.length > 0) this.#wait(waiting)
    return ended
  }

  #unlink(session: number): void {
    const key = this.#keyOf[session]!
    if (this.#head[key] === session) this.#head[key] = this.#next[session]!
    else {
      let before = this.#head[key]!
      while (this.#next[before] !== session) before = this.#next[before]!
      this.#next[before] = this.#next[session]!
    }
    this.#forget(session)
  }

  // Keys may well come back, so the dead are kept until they are the majority.
  #forgetDeadKeys(): void {
    const size = this.#keys.size
    if (this.#keyCount === 0 || size < MIN_KEYS_TO_FORGET || 2 * this.#open > size) return
    const live = new Uint32Array(size)
    let count = 0
    for (let key = 0; key < size; key++) if (this.#head[key] !== 0) live[count++] = key
    const kept = live.slice(0, count)
    const head = new Uint32Array(Math.max(1024, 2 * count))
    kept.forEach((key, id) => {
      head[id] = this.#head[key]!
      for (let session = head[id]!; session !== 0; session = this.#next[session]!) this.#keyOf[session] = id
    })
    this.#keys.retain(kept)
    this.#head = head
  }

  save(to: StateWriter, table: string): void {
    this.#groups.save(to, table)
  }

  load(from: StateReader, table: string): void {
    this.#groups.load(from, table)
    const groups = this.#groups.all()
    const columns = this.#groups.keyColumns(groups, heapArena)
    const numbers = columns[this.#keyCount]!.values as Float64Array
    const ids = new Uint32Array(groups.length)
    this.#keys.intern(columns.slice(0, this.#keyCount), groups.length, undefined, ids)
    if (this.#keys.size > this.#head.length) this.#head = grown(this.#head, this.#keys.size)
    const state = this.#groups.stateOf(0) as unknown as Record<BoundName, Float64Array>
    groups.forEach((group, i) => {
      const session = this.#newSession(ids[i]!, numbers[i]!)
      this.#groupOf[session] = group
      for (const name of BOUND_NAMES) this.#bounds[name][session] = state[name][group]!
      this.#lastNumber = Math.max(this.#lastNumber, numbers[i]!)
      this.#wait([session])
    })
  }
}

const isAfter = (aMs: number, aNs: number, bMs: number, bNs: number): boolean =>
  aMs > bMs || (aMs === bMs && aNs > bNs)

function grown(array: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.max(length, 2 * array.length))
  larger.set(array)
  return larger
}

function grownFloats(array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(Math.max(length, 2 * array.length))
  larger.set(array)
  return larger
}
