/**
 * Groups: the state of folds by (window, key).
 *
 * Rows are stepped in batches; groups whose window has ended are closed, which gives their results in a fixed order,
 * or taken out as partial states that another table merges: in another shard, or after a restart. Where and in what
 * order groups are merged does not change a bit of the results, because no fold's does.
 */

import { type Batch, NO_POSITION } from '../batch/batch.ts'
import { type Column, words32Of } from '../batch/column.ts'
import { type Arena, allocFloat64, heapArena } from '../batch/slab.ts'
import { JobError } from '../errors.ts'
import type { Fold, RowOrder } from '../fold.ts'
import { openFold } from '../folds/index.ts'
import { eventTimesMs, rejectNullTimes } from '../time/event-time.ts'
import type { Panes } from '../time/windows/panes.ts'
import { type ColumnType, isText } from '../types/column-type.ts'
import type { Field, Schema } from '../types/schema.ts'
import { DIRTY_IDS, DirtyBlocks } from './dirty-blocks.ts'
import { filteredRows } from './filtered-rows.ts'
import { compileFusedStep, type FusedLayout, type FusedStep, fusedArgs } from './fused-step.ts'
import { GroupFields } from './group-fields.ts'
import { GroupWindow } from './group-window.ts'
import { KeyTable } from './key-table.ts'
import { spareArrays } from './spare-arrays.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'
import { TableCursor } from './table-cursor.ts'

export interface AggregationSpec {
  readonly keyTypes: readonly ColumnType[]
  /** What cuts time into windows. Absent: one window over all time, which ends at Infinity. */
  readonly panes?: Panes
  readonly folds: readonly Fold[]
  /** Whether rows may be taken out again: then the weight of each group is kept, beside the state of its folds. */
  readonly changes?: boolean
  /**
   * Where windows are longer than panes: who keeps the groups of panes that have ended and combines them. Panes then say
   * from which window end on their rows count.
   */
  readonly keeper?: GroupKeeper
  /** Whether steps run generated loops: by default where there are rows enough for it to pay. */
  readonly codegen?: 'auto' | 'always' | 'never'
}

/** Groups that are in no pane any more, but are part of a table's state all the same. */
export interface GroupKeeper {
  /** Calls for each such group that a save needs, with the start of its (first) pane and what {@link restore} is told. */
  forEach(visit: (group: number, startMs: number, fromMs: number) => void): void
  /** Keeps a group that a save had. */
  restore(group: number, startMs: number): void
  /** Keys have new ids: that of key `id` is `renamed[id]`, of `size` in all. */
  renameKeys(renamed: Uint32Array, size: number): void
}

/** What a save says of groups that are with the keeper, in place of the first window end that they count for. */
export const KEPT = Number.POSITIVE_INFINITY

/** The rows of one step: row `i` is physical row `rows[i]` (or `i`). Rows too late for their window are left out. */
export interface AggregationStep {
  readonly count: number
  readonly rows?: Uint32Array | undefined
  readonly keyColumns: readonly Column[]
  /** Event time; with windows only. */
  readonly timeColumn?: Column | undefined
  /** The arguments of each fold. */
  readonly argColumns: readonly (readonly Column[])[]
  /** By fold: the physical rows that it takes, as bits; undefined: all. Groups open for all rows. Absent: no filters. */
  readonly passing?: readonly (Uint8Array | undefined)[] | undefined
  /** For folds that are `ordered`. */
  readonly order?: RowOrder | undefined
  /** How often each row counts, by step row; negative only in tables over changes. Absent: once. */
  readonly weights?: Int32Array | undefined
}

/** Results of groups whose window has ended, ordered by window end, then by key in canonical order. */
export interface ClosedGroups {
  readonly count: number
  readonly keys: readonly Column[]
  /** Without windows -Infinity. */
  readonly windowStartMs: Float64Array
  /** Without windows Infinity. */
  readonly windowEndMs: Float64Array
  /** One column per fold. */
  readonly results: readonly Column[]
}

/** Groups as rows: their keys, window and fold state. `keyGroups[i]` is the key group of row `i`. */
export interface Partials {
  readonly batch: Batch
  readonly keyGroups: Uint8Array
}

/** Compiling a loop costs about as much as stepping this many rows without. */
const MIN_FUSED_ROWS = 1024
/** The length of all windows' arrays together that is always affordable: 4 MB. */
const SMALL_ARRAYS = 1 << 20
/** Groups that every table has room for. */
const FIRST_GROUPS = 4096
/** In a table of fewer keys, dead ones are not looked for. */
const MIN_KEYS_TO_FORGET = 4096

const NO_GROUPS: Int32Array = new Int32Array(0)
const NO_KEYS = new Uint32Array(0)
const NO_TIMES = new Float64Array(0)

export class AggregationTable {
  readonly #keyTypes: readonly ColumnType[]
  readonly #panes: Panes | undefined
  /** Those of the spec; over changes one more, which counts the rows that a group has now. */
  readonly #folds: readonly Fold[]
  readonly #changes: boolean
  readonly #keys: KeyTable
  readonly #fields: GroupFields
  readonly #windows = new Map<number, GroupWindow>()
  /** Panes whose rows came when windows that they are part of had closed, by the first end of one that they count for. */
  readonly #late = new Map<number, Map<number, GroupWindow>>()
  /** The window opened last. */
  #newest: GroupWindow | undefined
  /** The first window end that the rows of the current step count for. */
  #fromMs = Number.NEGATIVE_INFINITY
  readonly #keeper: GroupKeeper | undefined
  /** How many keys there were when it last looked for dead ones. */
  #keysLookedThrough = 0
  #groupKeys = new Uint32Array(FIRST_GROUPS)
  /** Which blocks of groups changed since the last save, from the first save on: runs without pay nothing for it. */
  #changed: DirtyBlocks | undefined
  /** Groups handed back, to be used again. */
  #free = new Uint32Array(0)
  #freeCount = 0
  #nextGroup = 1
  #ids: Uint32Array = NO_KEYS
  #groups: Uint32Array = NO_KEYS
  #times: Float64Array = NO_TIMES
  #codegen: 'auto' | 'always' | 'never'
  readonly #loops = new Map<string, FusedStep>()
  readonly #cursor: TableCursor

  constructor(spec: AggregationSpec) {
    this.#codegen = spec.codegen ?? 'auto'
    this.#keyTypes = spec.keyTypes
    this.#panes = spec.panes
    this.#changes = spec.changes ?? false
    this.#folds = this.#changes ? [...spec.folds, openFold({ fold: 'count', argTypes: [] })] : spec.folds
    this.#keeper = spec.keeper
    this.#keys = new KeyTable(spec.keyTypes)
    this.#fields = new GroupFields(this.#folds)
    this.#cursor = new TableCursor(spec.panes, {
      windowAt: (startMs, endMs) => this.#windowAt(startMs, endMs),
      groupOf: (window, id) => this.#groupOf(window, id),
      internRow: (columns, row, lookup) => this.#keys.internRow(columns, row, lookup),
      affords: length => this.#affords(length),
    })
  }

  /** How many groups are open. */
  get groupCount(): number {
    return this.#nextGroup - 1 - this.#freeCount
  }

  /** Memory of keys, groups and fold state, bytes; what objects of folds hold is not known. */
  get stateBytes(): number {
    let total = this.#keys.bytes + this.#fields.bytes
    total += this.#groupKeys.byteLength + this.#free.byteLength
    for (const window of this.#all()) total += window.bytes
    return total
  }

  /** Gives the memory of groups to others. The table is not used any more. */
  free(): void {
    this.#fields.free()
    this.#giveKeys()
    this.#groupKeys = NO_KEYS
    for (const window of this.#all()) window.free()
    this.#windows.clear()
    this.#late.clear()
    this.#giveScratch()
  }

  /** Keys of groups are written before they are read: it does not matter what was there. */
  #giveKeys(): void {
    const array = this.#groupKeys
    if (array.length > FIRST_GROUPS) spareArrays.give('u32', { array, dirty: array.length })
  }

  /** When the next open window ends; Infinity without one. */
  get minOpenWindowEndMs(): number {
    let least = Number.POSITIVE_INFINITY
    for (const { endMs } of this.#all()) least = Math.min(least, endMs)
    return least
  }

  /** The columns of {@link partials}. */
  get stateSchema(): Schema {
    const keys: Field[] = this.#keyTypes.map((type, i) => ({ name: `key${i}`, type }))
    const window: Field[] = this.#panes ? [{ name: 'windowStart', type: 'float64' }] : []
    if (this.#keeper) window.push({ name: 'from', type: 'float64' })
    return [...keys, ...window, ...this.#fields.schema]
  }

  /**
   * Folds rows into their groups.
   *
   * @throws {DataError} `NULL_EVENT_TIME`, `EVENT_TIME_RANGE`, and what folds throw
   */
  step(step: AggregationStep): void {
    const { count, rows, keyColumns, timeColumn, order, weights } = step
    if (count === 0) return
    this.#reserve(count)
    const columns = this.#changes ? [...step.argColumns, []] : step.argColumns
    const { args, fused } = this.#fusedStep(step, columns)
    if (!fused) {
      this.#keys.intern(keyColumns, count, rows, this.#ids)
      if (this.#panes) {
        eventTimesMs(timeColumn!, count, rows, this.#times)
        this.#assign(this.#panes, count)
      } else this.#assignAll(count)
    }
    if (!fused) this.#changed?.markAll(this.#groups, count)
    const passingOf = filteredRows({
      count,
      groups: this.#groups,
      ...(rows ? { rows } : {}),
      ...(order ? { order } : {}),
      ...(weights ? { weights } : {}),
    })
    this.#folds.forEach((fold, i) => {
      if (fused && args[i]) return
      const input = passingOf(step.passing?.[i])
      if (input.count > 0) fold.step(this.#fields.tables[i]!, { ...input, columns: columns[i]! })
    })
  }

  /** Steps the folds that have a loop in one generated loop, if that pays: `fused`, and which folds those are. */
  #fusedStep(
    step: AggregationStep,
    argColumns: AggregationStep['argColumns'],
  ): { args: readonly unknown[]; fused: boolean } {
    const { count, rows, keyColumns, timeColumn, weights } = step
    const none = { args: [], fused: false }
    if (this.#codegen === 'never' || (this.#codegen === 'auto' && count < MIN_FUSED_ROWS)) return none
    const { args, arrays } = fusedArgs(this.#folds, argColumns, {
      weighted: weights !== undefined,
      passing: step.passing,
    })
    const found = this.#keys.lookup(keyColumns)
    const lookup = found && this.#affords(found.array.length) ? found : undefined
    const layout: FusedLayout = {
      selected: rows !== undefined,
      keys: keyColumns.length === 0 ? 'none' : lookup ? 'lookup' : 'ids',
      times: !this.#panes ? 'none' : timeColumn!.type === 'date' ? 'days' : 'words32',
      args,
      keepGroups: args.includes(undefined),
      ...(weights ? { weighted: true } : {}),
      ...(this.#changed ? { marksChanges: true } : {}),
    }
    const kinds = arrays.map(array => array?.constructor.name ?? '').join(' ')
    const signature = `${kinds} ${JSON.stringify(layout)}`
    let loop = this.#loops.get(signature)
    if (!loop) {
      loop = compileFusedStep(this.#folds, layout, kinds)
      if (!loop) {
        this.#codegen = 'never'
        return none
      }
      this.#loops.set(signature, loop)
    }
    if (layout.keys === 'ids') this.#keys.intern(keyColumns, count, rows, this.#ids)
    this.#cursor.lookUp(keyColumns, lookup)
    if (this.#panes) {
      rejectNullTimes(timeColumn!, count, rows)
      this.#cursor.begin(timeColumn!.type)
    } else this.#cursor.beginAll()
    const keys = lookup ? lookup.values : this.#ids
    const times = layout.times === 'words32' ? words32Of(timeColumn!) : (timeColumn?.values as Int32Array)
    const { tables } = this.#fields
    let done = 0
    while (done < count) {
      const changed = this.#changed?.bytes
      done = loop(
        this.#cursor,
        done,
        count,
        rows,
        keys,
        times,
        arrays,
        tables,
        this.#groups,
        weights,
        changed,
      )
      if (done < count) this.#grow()
    }
    return { args, fused: true }
  }

  // Many windows of few groups each must not have an array of all keys each.
  #affords(length: number): boolean {
    return this.#windows.size * length <= Math.max(SMALL_ARRAYS, 8 * this.groupCount)
  }

  /** Makes room for a step; what is in these arrays is used up before the step is over. */
  #reserve(count: number): void {
    if (this.#ids.length >= count) return
    this.#giveScratch()
    const length = powerOfTwo(count)
    this.#ids = spareArrays.take('u32', length).array as Uint32Array
    this.#groups = spareArrays.take('u32', length).array as Uint32Array
    if (this.#panes) this.#times = spareArrays.take('f64', length).array as Float64Array
  }

  #giveScratch(): void {
    for (const array of [this.#ids, this.#groups])
      if (array.length > 0) spareArrays.give('u32', { array, dirty: array.length })
    const { length } = this.#times
    if (length > 0) spareArrays.give('f64', { array: this.#times, dirty: length })
    this.#ids = NO_KEYS
    this.#groups = NO_KEYS
    this.#times = NO_TIMES
  }

  /** Finds each row's group from its key id and its time. */
  #assign(panes: Panes, count: number): void {
    const times = this.#times
    const ids = this.#ids
    const groups = this.#groups
    let window: GroupWindow | undefined
    let array = NO_GROUPS
    let startMs = 0
    let endMs = 0
    for (let i = 0; i < count; i++) {
      const timeMs = times[i]!
      if (window === undefined || !(timeMs >= startMs && timeMs < endMs)) {
        startMs = panes.startOf(timeMs)
        endMs = panes.endOf(startMs)
        window = this.#windowAt(startMs, endMs)
        array = window.array
      }
      const id = ids[i]!
      let group = id < array.length ? array[id]! : 0
      if (group === 0) {
        group = this.#groupOf(window, id) || this.#groupAfterGrowth(window, id)
        array = window.array
      }
      groups[i] = group
    }
  }

  #assignAll(count: number): void {
    const ids = this.#ids
    const groups = this.#groups
    const window = this.#windowAt(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
    let array = window.array
    for (let i = 0; i < count; i++) {
      const id = ids[i]!
      let group = id < array.length ? array[id]! : 0
      if (group === 0) {
        group = this.#groupOf(window, id) || this.#groupAfterGrowth(window, id)
        array = window.array
      }
      groups[i] = group
    }
  }

  #windowAt(startMs: number, endMs: number): GroupWindow {
    const windows = this.#windowsFrom(this.#fromMs)
    let window = windows.get(startMs)
    if (window === undefined) {
      window = new GroupWindow(startMs, endMs, this.#keys.size, this.#fromMs, this.#newest)
      windows.set(startMs, window)
      this.#newest = window
    }
    return window
  }

  #windowsFrom(fromMs: number): Map<number, GroupWindow> {
    if (fromMs === Number.NEGATIVE_INFINITY) return this.#windows
    let windows = this.#late.get(fromMs)
    if (windows === undefined) this.#late.set(fromMs, (windows = new Map()))
    return windows
  }

  /** All windows, those of late rows too. */
  #all(): GroupWindow[] {
    const windows = [...this.#windows.values()]
    for (const late of this.#late.values()) windows.push(...late.values())
    return windows
  }

  /** Steps rows that count only for windows that end at `fromMs` or later. */
  stepLate(step: AggregationStep, fromMs: number): void {
    this.#fromMs = fromMs
    this.step(step)
    this.#fromMs = Number.NEGATIVE_INFINITY
  }

  /** The group of a key in a window; 0 when the table must grow first. */
  #groupOf(window: GroupWindow, key: number): number {
    const known = window.get(key)
    if (known !== 0) return known
    const group = this.#newGroup(key)
    if (group !== 0) window.add(key, group, this.#keys.size)
    return group
  }

  /** A new group of a key; 0 when the table must grow first. */
  #newGroup(key: number): number {
    let group: number
    if (this.#freeCount > 0) group = this.#free[--this.#freeCount]!
    else if (this.#nextGroup === this.#fields.ready) return 0
    else group = this.#nextGroup++
    this.#groupKeys[group] = key
    this.#changed?.mark(group)
    return group
  }

  #groupAfterGrowth(window: GroupWindow, key: number): number {
    this.#grow()
    return this.#groupOf(window, key)
  }

  #grow(): void {
    this.#fields.more()
    this.#changed?.reserve(this.#fields.ready)
    if (this.#fields.ready <= this.#groupKeys.length) return
    const { array } = spareArrays.take('u32', 16 * this.#groupKeys.length)
    array.set(this.#groupKeys)
    this.#giveKeys()
    this.#groupKeys = array as Uint32Array<ArrayBuffer>
  }

  /**
   * Without keys and windows a table of no rows still has one group, as in SQL: this opens it.
   * Only one shard may do so.
   */
  openGlobalGroup(): void {
    if (this.#keyTypes.length > 0 || this.#panes) return
    this.#groupOf(this.#windowAt(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY), 0)
  }

  /**
   * The results of all groups whose window has ended by `upToMs`, in chunks of at most `maxRows`; the groups are gone
   * then. `Infinity` closes everything.
   *
   * @throws {DataError} what a fold's result throws, `OVERFLOW` for one
   */
  close(upToMs: number, arena: Arena, maxRows = 1 << 16): ClosedGroups[] {
    const windows = this.#endedWindows(upToMs)
    if (windows.length === 0) return []
    const count = windows.reduce((total, { count }) => total + count, 0)
    const { array } = spareArrays.take('u32', powerOfTwo(count))
    const groups = (array as Uint32Array).subarray(0, count)
    const startMs = allocFloat64(arena, count)
    const endMs = allocFloat64(arena, count)
    let at = 0
    for (const window of windows) {
      let i = at
      at = this.#sortedGroups(window, groups, at)
      const { startMs: start, endMs: end } = window
      // Not by `fill`, which is slow over shared memory.
      for (; i < at; i++) {
        startMs[i] = start
        endMs[i] = end
      }
    }
    const shown = this.#changes ? this.#liveOf(groups, startMs, endMs) : { groups, startMs, endMs }
    const chunks: ClosedGroups[] = []
    for (let from = 0; from < shown.groups.length; from += maxRows) {
      const to = from + maxRows
      const [starts, ends] = [shown.startMs.subarray(from, to), shown.endMs.subarray(from, to)]
      chunks.push(this.resultsOf(shown.groups.subarray(from, to), starts, ends, arena))
    }
    this.#drop(windows, groups)
    spareArrays.give('u32', { array, dirty: array.length })
    return chunks
  }

  /**
   * Whether a group has rows: always, but over changes, where all of them may have been taken out again. The group of
   * all rows is there without any, as in SQL.
   */
  isLive(group: number): boolean {
    if (!this.#changes || (this.#keyTypes.length === 0 && !this.#panes)) return true
    const { rows } = this.#fields.tables.at(-1) as unknown as { rows: Float64Array }
    return rows[group]! > 0
  }

  /** Those groups that have rows, with their windows. */
  #liveOf(groups: Uint32Array, startMs: Float64Array, endMs: Float64Array) {
    const live: number[] = []
    for (let i = 0; i < groups.length; i++) if (this.isLive(groups[i]!)) live.push(i)
    return {
      groups: Uint32Array.from(live, i => groups[i]!),
      startMs: Float64Array.from(live, i => startMs[i]!),
      endMs: Float64Array.from(live, i => endMs[i]!),
    }
  }

  #endedWindows(upToMs: number): GroupWindow[] {
    const ended: GroupWindow[] = []
    for (const window of this.#all()) if (window.endMs <= upToMs) ended.push(window)
    return ended.sort((a, b) => (a.endMs < b.endMs ? -1 : 1))
  }

  #sortedGroups(window: GroupWindow, groups: Uint32Array, at: number): number {
    if (window.isSparse) {
      const end = window.groups(groups, at)
      const keys = this.#groupKeys
      groups.subarray(at, end).sort((a, b) => this.#keys.compare(keys[a]!, keys[b]!))
      return end
    }
    const sorted = this.#keys.sorted()
    const { array } = window
    for (let i = 0; i < sorted.length; i++) {
      const key = sorted[i]!
      const group = key < array.length ? array[key]! : 0
      if (group !== 0) groups[at++] = group
    }
    return at
  }

  #keysOf(groups: Uint32Array): Uint32Array {
    const { length } = groups
    // No step is under way: its scratch is free.
    const keys = length <= this.#ids.length ? this.#ids.subarray(0, length) : new Uint32Array(length)
    for (let i = 0; i < length; i++) keys[i] = this.#groupKeys[groups[i]!]!
    return keys
  }

  /** Gives up windows and all their groups. */
  #drop(windows: readonly GroupWindow[], groups: Uint32Array): void {
    for (const window of windows) {
      this.#remove(window)
      window.free()
    }
    if (this.groupCount === groups.length) {
      this.#fields.clear()
      this.#nextGroup = 1
      this.#freeCount = 0
    } else this.release(groups)
    this.forgetDeadKeys()
  }

  #remove({ startMs, fromMs }: GroupWindow): void {
    const windows = this.#windowsFrom(fromMs)
    windows.delete(startMs)
    if (windows !== this.#windows && windows.size === 0) this.#late.delete(fromMs)
  }

  // What a keeper does with groups.

  /** Takes out the panes that have ended by `upToMs`, in order of their ends; their groups stay, the caller's now. */
  takeEnded(upToMs: number): EndedPane[] {
    return this.#endedWindows(upToMs).map(window => {
      this.#remove(window)
      const groups = new Uint32Array(window.count)
      window.groups(groups, 0)
      window.free()
      return { startMs: window.startMs, fromMs: window.fromMs, groups }
    })
  }

  /** A new group of a key, in no pane. */
  newGroup(key: number): number {
    const group = this.#newGroup(key)
    if (group !== 0) return group
    this.#grow()
    return this.#newGroup(key)
  }

  /** The id of a group's key. */
  keyOf(group: number): number {
    return this.#groupKeys[group]!
  }

  /** How many key ids there are. */
  get keyCount(): number {
    return this.#keys.size
  }

  /** All key ids in the order of their keys. */
  sortedKeys(): Uint32Array {
    return this.#keys.sorted()
  }

  /** Folds group `from[i]` into group `into[i]`, one after the other. */
  mergeGroups(into: Uint32Array, from: Uint32Array): void {
    const { tables } = this.#fields
    this.#changed?.markAll(into)
    this.#folds.forEach((fold, i) => {
      fold.merge(tables[i]!, into, tables[i]!, from)
    })
  }

  /** Gives up groups that are in no pane. */
  release(groups: Uint32Array): void {
    this.#fields.reset(groups)
    this.#changed?.markAll(groups)
    const needed = this.#freeCount + groups.length
    if (needed > this.#free.length) {
      const larger = new Uint32Array(Math.max(needed, 2 * this.#free.length))
      larger.set(this.#free)
      this.#free = larger
    }
    this.#free.set(groups, this.#freeCount)
    this.#freeCount = needed
  }

  /** Results of groups, which stay. Over changes, of those that have rows. */
  resultsOf(all: Uint32Array, allStarts: Float64Array, allEnds: Float64Array, arena: Arena): ClosedGroups {
    const { groups, startMs, endMs } = this.#changes
      ? this.#liveOf(all, allStarts, allEnds)
      : { groups: all, startMs: allStarts, endMs: allEnds }
    return {
      count: groups.length,
      keys: this.#keys.columns(this.#keysOf(groups), arena),
      windowStartMs: startMs,
      windowEndMs: endMs,
      results: this.#folds
        .slice(0, this.#changes ? -1 : undefined)
        .map((fold, i) => fold.result(this.#fields.tables[i]!, groups, arena)),
    }
  }

  // Keys mostly come back in the next window, so the dead are kept until they are the majority; and looking for them is
  // put off until there are twice as many keys as last time, so that it costs little per key.
  /** Forgets the keys of which no group is left, if these are most. */
  forgetDeadKeys(): void {
    const size = this.#keys.size
    if (this.#keyTypes.length === 0 || size < Math.max(MIN_KEYS_TO_FORGET, 2 * this.#keysLookedThrough))
      return
    this.#keysLookedThrough = size
    const used = new Uint8Array(size)
    const groups = new Uint32Array(this.groupCount)
    let end = 0
    for (const window of this.#all()) end = window.groups(groups, end)
    for (let i = 0; i < end; i++) used[this.#groupKeys[groups[i]!]!] = 1
    this.#keeper?.forEach(group => {
      used[this.#groupKeys[group]!] = 1
    })
    let liveKeys = 0
    for (let key = 0; key < size; key++) liveKeys += used[key]!
    if (2 * liveKeys > size) return
    this.#keysLookedThrough = liveKeys
    const live = new Uint32Array(liveKeys)
    const renamed = new Uint32Array(size)
    let next = 0
    for (let key = 0; key < size; key++) {
      if (used[key] === 0) continue
      live[next] = key
      renamed[key] = next++
    }
    this.#keys.retain(live)
    this.#keeper?.renameKeys(renamed, next)
    this.#keeper?.forEach(group => {
      this.#groupKeys[group] = renamed[this.#groupKeys[group]!]!
    })
    for (const window of this.#all()) {
      const { startMs, endMs, fromMs } = window
      const groups = new Uint32Array(window.count)
      window.groups(groups, 0)
      window.free()
      const fresh = new GroupWindow(startMs, endMs, next, fromMs)
      for (let i = 0; i < groups.length; i++) {
        const group = groups[i]!
        const key = renamed[this.#groupKeys[group]!]!
        this.#groupKeys[group] = key
        fresh.add(key, group, next)
      }
      this.#windowsFrom(fromMs).set(startMs, fresh)
    }
  }

  /**
   * Takes out the groups whose window has ended by `upToMs` (default: all), as rows that {@link mergePartials} folds
   * into another table of the same spec.
   *
   * @param among windows to take, by their start; default: all
   */
  partials(
    upToMs = Number.POSITIVE_INFINITY,
    arena: Arena = heapArena,
    among: (startMs: number) => boolean = () => true,
  ): Partials {
    const windows = this.#endedWindows(upToMs).filter(({ startMs }) => among(startMs))
    const taken = this.#copy(windows, arena)
    this.#drop(windows, taken.groups)
    return taken.partials
  }

  /** A copy of all groups in the form of {@link partials}, in memory of its own. */
  snapshot(): Partials {
    return this.#copy(this.#all(), heapArena).partials
  }

  #copy(windows: readonly GroupWindow[], arena: Arena): { partials: Partials; groups: Uint32Array } {
    const groups = new Uint32Array(windows.reduce((total, { count }) => total + count, 0))
    const starts = new Float64Array(groups.length)
    const froms = new Float64Array(groups.length)
    let at = 0
    for (const window of windows) {
      const from = at
      at = window.groups(groups, at)
      starts.fill(window.startMs, from, at)
      froms.fill(window.fromMs, from, at)
    }
    return { partials: this.#partialsOf(groups, starts, froms, arena), groups }
  }

  /** The rows of groups, whose windows start at `starts`, and which count for windows that end from `froms` on. */
  #partialsOf(groups: Uint32Array, starts: Float64Array, froms: Float64Array, arena: Arena): Partials {
    const keys = this.#keysOf(groups)
    const keyGroups = new Uint8Array(groups.length)
    if (this.#keyTypes.length > 0) {
      for (let i = 0; i < groups.length; i++) keyGroups[i] = this.#keys.keyGroup(keys[i]!)
    }
    const columns = this.#keys.columns(keys, arena)
    if (this.#panes) {
      const values = allocFloat64(arena, groups.length)
      values.set(starts)
      columns.push({ type: 'float64', values })
    }
    if (this.#keeper) {
      const values = allocFloat64(arena, groups.length)
      values.set(froms)
      columns.push({ type: 'float64', values })
    }
    columns.push(...this.#fields.columns(groups, arena))
    const batch: Batch = { schema: this.stateSchema, length: groups.length, columns, position: NO_POSITION }
    return { batch, keyGroups }
  }

  /** Writes the groups of blocks that changed since the last save, or of all, as {@link mergePartials} takes them. */
  save(to: StateWriter, table: string): void {
    const changed = (this.#changed ??= new DirtyBlocks())
    changed.reserve(this.#fields.ready)
    // Group 0 is none.
    const count = this.#nextGroup === 1 ? 0 : Math.ceil(this.#nextGroup / DIRTY_IDS)
    const { startsMs, fromsMs } = this.#windowStarts()
    for (let block = 0; block < count; block++) {
      if (to.since !== undefined && !changed.has(block)) continue
      const groups = groupsIn(startsMs, block * DIRTY_IDS, Math.min((block + 1) * DIRTY_IDS, this.#nextGroup))
      const starts = Float64Array.from(groups, group => startsMs[group]!)
      const froms = Float64Array.from(groups, group => fromsMs[group]!)
      const { batch, keyGroups } = this.#partialsOf(groups, starts, froms, heapArena)
      to.block(table, block, batch, keyGroups)
    }
    to.blocks(table, count)
    changed.clear()
  }

  /** By group, the start of its window, NaN where there is no group; and the first window end that it counts for. */
  #windowStarts(): { startsMs: Float64Array; fromsMs: Float64Array } {
    const startsMs = new Float64Array(this.#nextGroup).fill(Number.NaN)
    const fromsMs = new Float64Array(this.#nextGroup)
    const groups = new Uint32Array(this.groupCount)
    for (const window of this.#all()) {
      const { startMs, fromMs } = window
      const end = window.groups(groups, 0)
      for (let i = 0; i < end; i++) {
        startsMs[groups[i]!] = startMs
        fromsMs[groups[i]!] = fromMs
      }
    }
    this.#keeper?.forEach((group, startMs, fromMs) => {
      startsMs[group] = startMs
      fromsMs[group] = fromMs
    })
    return { startsMs, fromsMs }
  }

  /** Takes over what {@link save} wrote, before or beside other rows. */
  load(from: StateReader, table: string): void {
    for (const { batch } of from.table(table)) this.mergePartials(batch)
  }

  /**
   * Folds partial states into this table's groups: the rows of the batch that its selection names, or all.
   *
   * @throws {JobError} `STATE_SCHEMA` when the batch is of another kind of table
   */
  mergePartials(batch: Batch): void {
    const schema = this.stateSchema
    const count = batch.selection?.length ?? batch.length
    if (
      batch.columns.length !== schema.length ||
      !schema.every((field, i) => fits(field, batch.schema[i]!))
    ) {
      throw new JobError('STATE_SCHEMA', 'the state of an aggregation does not fit its plan', {
        hint: 'was the plan changed since the snapshot was taken?',
      })
    }
    if (count === 0) return
    this.#reserve(count)
    const rows = batch.selection ?? Uint32Array.from({ length: count }, (_, i) => i)
    if (this.#keeper) this.#mergeFrom(batch, rows)
    else this.#mergeRows(batch, rows)
  }

  /** Rows by the first window end that they count for, and those that the keeper had. */
  #mergeFrom(batch: Batch, rows: Uint32Array): void {
    const froms = batch.columns[this.#keyTypes.length + 1]!.values as Float64Array
    const byFrom = Map.groupBy(rows, row => froms[row]!)
    for (const [fromMs, some] of byFrom) {
      if (fromMs === KEPT) this.#restoreKept(batch, Uint32Array.from(some))
      else {
        this.#fromMs = fromMs
        this.#mergeRows(batch, Uint32Array.from(some))
      }
    }
    this.#fromMs = Number.NEGATIVE_INFINITY
  }

  #mergeRows(batch: Batch, rows: Uint32Array): void {
    const count = rows.length
    const keyCount = this.#keyTypes.length
    this.#keys.intern(batch.columns.slice(0, keyCount), count, rows, this.#ids)
    if (this.#panes) {
      const starts = batch.columns[keyCount]!.values as Float64Array
      for (let i = 0; i < count; i++) this.#times[i] = starts[rows[i]!]!
      this.#assign(this.#panes, count)
    } else this.#assignAll(count)
    this.#mergeState(batch, rows, this.#groups.subarray(0, count))
  }

  #restoreKept(batch: Batch, rows: Uint32Array): void {
    const keyCount = this.#keyTypes.length
    this.#keys.intern(batch.columns.slice(0, keyCount), rows.length, rows, this.#ids)
    const starts = batch.columns[keyCount]!.values as Float64Array
    const groups = Uint32Array.from(rows, (_, i) => this.newGroup(this.#ids[i]!))
    this.#mergeState(batch, rows, groups)
    groups.forEach((group, i) => {
      this.#keeper!.restore(group, starts[rows[i]!]!)
    })
  }

  #mergeState(batch: Batch, rows: Uint32Array, groups: Uint32Array): void {
    this.#changed?.markAll(groups)
    const others = this.#keyTypes.length + (this.#panes ? 1 : 0) + (this.#keeper ? 1 : 0)
    const from = this.#fields.tablesOf(batch.columns.slice(others), rows)
    this.#folds.forEach((fold, i) => {
      fold.merge(this.#fields.tables[i]!, groups, from[i]!, rows)
    })
  }
}

/** A pane that has ended, with its groups in no order that matters. */
export interface EndedPane {
  readonly startMs: number
  /** The first window end that its rows count for; -Infinity for all. */
  readonly fromMs: number
  readonly groups: Uint32Array
}

/** The least power of two that is not below `count`. */
function powerOfTwo(count: number): number {
  let length = 1
  while (length < count) length *= 2
  return length
}

/** The groups from `from` to before `to` that have a window. */
function groupsIn(startsMs: Float64Array, from: number, to: number): Uint32Array {
  const groups = new Uint32Array(to - from)
  let count = 0
  for (let group = from; group < to; group++) if (!Number.isNaN(startsMs[group]!)) groups[count++] = group
  return groups.slice(0, count)
}

const fits = (wanted: Field, got: Field): boolean =>
  wanted.name === got.name && (wanted.type === got.type || (isText(wanted.type) && isText(got.type)))
