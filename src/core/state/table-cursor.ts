/** Where a generated loop stands in an aggregation table: the current window, and how to find what is not there yet. */

import type { Column } from '../batch/column.ts'
import { MAX_TIME_MS, timeRangeError } from '../time/event-time.ts'
import type { Panes } from '../time/windows/panes.ts'
import { type ColumnType, isTimestamp, type TimeUnit, timestampUnit } from '../types/column-type.ts'
import type { FusedCursor } from './fused-step.ts'
import type { GroupWindow } from './group-window.ts'
import type { CodeLookup } from './integer-index.ts'

/** What the cursor needs of its table. */
export interface CursorTable {
  windowAt(startMs: number, endMs: number): GroupWindow
  /** 0 when there is no room. */
  groupOf(window: GroupWindow, id: number): number
  internRow(columns: readonly Column[], row: number, lookup: CodeLookup): number
  /** Whether each window may have an array of this length. */
  affords(length: number): boolean
}

const WORD = 2 ** 32
/** How far from its base a window is followed, in units: sums with offsets below 2^32 stay exact. */
const REACH = 2 ** 50
const NOTHING: Int32Array = new Int32Array(0)

export class TableCursor implements FusedCursor {
  groupsByWord = NOTHING
  keyBase = 0
  groupArray = NOTHING
  timeBase = 0
  from = 0
  to = 0
  readonly #panes: Panes | undefined
  readonly #table: CursorTable
  #unit: TimeUnit = 'ms'
  #window: GroupWindow | undefined
  #keyColumns: readonly Column[] = []
  #lookup: CodeLookup | undefined

  constructor(panes: Panes | undefined, table: CursorTable) {
    this.#panes = panes
    this.#table = table
  }

  /** Starts a step of a table with windows: no window is current. */
  begin(timeType: ColumnType): void {
    this.#unit = isTimestamp(timeType) ? timestampUnit(timeType) : 'ms'
    this.timeBase = 0
    this.from = 0
    this.to = 0
    this.groupArray = NOTHING
    this.groupsByWord = NOTHING
  }

  /** Starts a step of a table without windows. */
  beginAll(): void {
    this.#become(this.#table.windowAt(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY))
  }

  /** Sets how the step finds keys; before it begins. */
  lookUp(keyColumns: readonly Column[], lookup: CodeLookup | undefined): void {
    this.#keyColumns = keyColumns
    this.#lookup = lookup
    this.keyBase = lookup?.base ?? 0
  }

  #become(window: GroupWindow): void {
    this.#window = window
    this.groupArray = window.array
    if (this.#lookup) this.#becomeByWord(window, this.#lookup)
  }

  #becomeByWord(window: GroupWindow, { array }: CodeLookup): void {
    this.groupsByWord = this.#table.affords(array.length) ? window.byWord(array) : NOTHING
  }

  find(row: number): number {
    const lookup = this.#lookup!
    const at = (lookup.values[row]! - lookup.base) >>> 0
    let id = (at < lookup.array.length ? lookup.array[at]! : 0) - 1
    if (id < 0) {
      id = this.#table.internRow(this.#keyColumns, row, lookup)
      this.keyBase = lookup.base
      this.#becomeByWord(this.#window!, lookup)
    }
    const group = this.#table.groupOf(this.#window!, id)
    const word = (lookup.values[row]! - lookup.base) >>> 0
    if (word < this.groupsByWord.length) this.groupsByWord[word] = group
    return group
  }

  enter(low: number, high: number): void {
    const unit = this.#unit
    const units = low >>> 0
    let timeMs: number
    let rest = 0
    let perMs: number
    if (unit === 'ms' || unit === 's') {
      perMs = unit === 's' ? 1e-3 : 1
      timeMs = (high * WORD + units) * (unit === 's' ? 1000 : 1)
    } else {
      // As in event-time.ts.
      perMs = unit === 'us' ? 1e3 : 1e6
      const q = Math.floor(high / perMs)
      const remainder = (high - q * perMs) * WORD + units
      const whole = Math.floor(remainder / perMs)
      timeMs = q * WORD + whole
      rest = remainder - whole * perMs
    }
    const { startMs, endMs } = this.#enterWindow(timeMs)
    const behind = (timeMs - startMs) * perMs + rest
    const ahead = (endMs - timeMs) * perMs - rest
    this.timeBase = high * WORD
    this.from = units - Math.min(behind, REACH)
    this.to = units + Math.min(ahead, REACH)
  }

  enterMs(timeMs: number): void {
    const { startMs, endMs } = this.#enterWindow(timeMs)
    this.from = startMs
    this.to = endMs
  }

  #enterWindow(timeMs: number): GroupWindow {
    if (!(timeMs >= -MAX_TIME_MS && timeMs <= MAX_TIME_MS)) throw timeRangeError()
    const startMs = this.#panes!.startOf(timeMs)
    const window = this.#table.windowAt(startMs, this.#panes!.endOf(startMs))
    this.#become(window)
    return window
  }

  open(id: number): number {
    const window = this.#window!
    const group = this.#table.groupOf(window, id)
    this.groupArray = window.array
    return group
  }
}
