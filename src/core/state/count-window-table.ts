/** Groups in windows of a number of rows of their key: which windows a row lies in follows from how many came before it. */

import { type Batch, rowAt, rowCount } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import type { Arena } from '../batch/slab.ts'
import type { Fold } from '../fold.ts'
import type { ColumnType } from '../types/column-type.ts'
import { ChangingGroups, type FoldedRows } from './changing-groups.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

export interface CountWindowTableSpec {
  readonly keyTypes: readonly ColumnType[]
  readonly folds: readonly Fold[]
  /** Of a window. */
  readonly rows: number
  /** A window begins with every so many rows, at most as many as one has. */
  readonly every: number
}

/** Rows in the order in which they count. */
export interface CountStep {
  readonly batch: Batch
  readonly keyColumns: readonly Column[]
  /** What the folds read of some of the rows. */
  foldedRows(rows: Uint32Array): Pick<FoldedRows, 'argColumns' | 'passing' | 'order'>
  /** Event times by step row, if there are any. */
  readonly timesMs: Float64Array | undefined
  readonly timesNs: Float64Array | undefined
}

/** Windows that a step made full, at most one per row, in the order of their last rows. */
export interface FullWindows {
  readonly groups: Uint32Array
  /** The step row that was the last. */
  readonly at: Uint32Array
}

type Bounds = Record<keyof typeof BOUNDS, Float64Array>

/** The event times of a window's first and last row. */
const BOUNDS = {
  firstMs: { kind: 'f64' },
  firstNs: { kind: 'f64' },
  lastMs: { kind: 'f64' },
  lastNs: { kind: 'f64' },
} as const

/** How many rows of a key came. */
const SEEN = { seen: { kind: 'f64' } } as const

/** State that the table sets: loading a save puts it where nothing was. */
const ownState = <L extends Record<string, { readonly kind: 'f64' }>>(layout: L) =>
  ({
    layout,
    resultType: 'int53',
    loop: { code: '' },
    step() {},
    merge(state, groups, from, fromGroups) {
      const [to, source] = [state, from] as unknown as Record<string, Float64Array>[]
      for (const name of Object.keys(layout))
        for (let i = 0; i < groups.length; i++) to![name]![groups[i]!] = source![name]![fromGroups[i]!]!
    },
    result() {
      throw new TypeError('what a table sets has no result')
    },
  }) satisfies Fold

export class CountWindowTable {
  readonly #rows: number
  readonly #every: number
  readonly #keyCount: number
  /** By key: its rows so far. */
  readonly #counts: ChangingGroups
  /** By key and number of the window. */
  readonly #windows: ChangingGroups

  constructor({ keyTypes, folds, rows, every }: CountWindowTableSpec) {
    this.#rows = rows
    this.#every = every
    this.#keyCount = keyTypes.length
    this.#counts = new ChangingGroups({ keyTypes, folds: [], own: [ownState(SEEN)] })
    this.#windows = new ChangingGroups({
      keyTypes: [...keyTypes, 'float64'],
      owningKeys: keyTypes.map((_, i) => i),
      folds,
      own: [ownState(BOUNDS)],
    })
  }

  get stateBytes(): number {
    return this.#counts.stateBytes + this.#windows.stateBytes
  }

  /** Folds rows into their windows. The full ones are to be taken with {@link take} before the next step. */
  step(step: CountStep): FullWindows {
    const count = rowCount(step.batch)
    const numbers = this.#number(step, count)
    const fullOf = new Uint32Array(count)
    const most = Math.ceil(this.#rows / this.#every)
    for (let back = most - 1; back >= 0; back--) this.#fold(step, numbers, back, fullOf)
    let full = 0
    for (let i = 0; i < count; i++) if (fullOf[i] !== 0) full++
    const groups = new Uint32Array(full)
    const at = new Uint32Array(full)
    for (let i = 0, k = 0; i < count; i++) {
      if (fullOf[i] === 0) continue
      groups[k] = fullOf[i]!
      at[k++] = i
    }
    return { groups, at }
  }

  /** How many rows of its key came before each row. */
  #number({ batch, keyColumns }: CountStep, count: number): Float64Array {
    const { groups, touched } = this.#counts.find(keyColumns, count, batch.selection)
    const { seen } = this.#counts.stateOf(0) as unknown as { seen: Float64Array }
    const numbers = new Float64Array(count)
    for (let i = 0; i < count; i++) numbers[i] = seen[groups[i]!]!++
    this.#counts.markChanged(touched)
    return numbers
  }

  /** Folds each row into the window that began so many windows before the last one that it may lie in. */
  #fold(step: CountStep, numbers: Float64Array, back: number, fullOf: Uint32Array): void {
    const { batch, timesMs, timesNs } = step
    const windows = new Float64Array(batch.length)
    const rows = new Uint32Array(numbers.length)
    const at = new Uint32Array(numbers.length)
    let count = 0
    for (let i = 0; i < numbers.length; i++) {
      const window = Math.floor(numbers[i]! / this.#every) - back
      if (window < 0 || numbers[i]! >= window * this.#every + this.#rows) continue
      const row = rowAt(batch, i)
      windows[row] = window
      at[count] = i
      rows[count++] = row
    }
    if (count === 0) return
    const folded = rows.subarray(0, count)
    const { groups, touched } = this.#windows.find(
      [...step.keyColumns, { type: 'float64', values: windows }],
      count,
      folded,
    )
    this.#windows.fold({ count, rows: folded, ...step.foldedRows(folded) }, groups, touched)
    const bounds = this.#windows.stateOf(0) as unknown as Bounds
    for (let k = 0; k < count; k++) {
      const i = at[k]!
      const group = groups[k]!
      const place = numbers[i]! - windows[rows[k]!]! * this.#every
      if (place === 0) setTime(bounds.firstMs, bounds.firstNs, group, i, timesMs, timesNs)
      if (place < this.#rows - 1) continue
      setTime(bounds.lastMs, bounds.lastNs, group, i, timesMs, timesNs)
      fullOf[i] = group
    }
  }

  /** Takes out windows that are full. */
  take({ groups }: FullWindows, arena: Arena) {
    const state = this.#windows.stateOf(0) as unknown as Bounds
    const of = (name: keyof Bounds) => Float64Array.from(groups, group => state[name][group]!)
    const taken = {
      keys: this.#windows.keyColumns(groups, arena).slice(0, this.#keyCount),
      bounds: {
        firstMs: of('firstMs'),
        firstNs: of('firstNs'),
        lastMs: of('lastMs'),
        lastNs: of('lastNs'),
      },
      results: this.#windows.results(groups, arena),
    }
    this.#windows.release(groups)
    return taken
  }

  save(to: StateWriter): void {
    this.#counts.save(to, 'counts')
    this.#windows.save(to, 'windows')
  }

  load(from: StateReader): void {
    this.#counts.load(from, 'counts')
    this.#windows.load(from, 'windows')
  }
}

function setTime(
  ms: Float64Array,
  ns: Float64Array,
  group: number,
  i: number,
  timesMs: Float64Array | undefined,
  timesNs: Float64Array | undefined,
): void {
  if (!timesMs || !timesNs) return
  ms[group] = timesMs[i]!
  ns[group] = timesNs[i]!
}
