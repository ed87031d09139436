/**
 * Groups in windows of several panes: rows are folded by pane, and windows are combined from panes by merging, so that a
 * row costs the same however many windows it lies in.
 *
 * Windows close in order of their ends. Rows that came when some of their windows had closed, by the watermark of their
 * own split, lie in panes of their own, which count for the others only.
 */

import { type Batch, NO_POSITION } from '../batch/batch.ts'
import type { Arena } from '../batch/slab.ts'
import type { TimeWindows } from '../time/windows/time-windows.ts'
import type { Schema } from '../types/schema.ts'
import {
  type AggregationSpec,
  type AggregationStep,
  AggregationTable,
  type ClosedGroups,
  type EndedPane,
  type GroupKeeper,
  KEPT,
  type Partials,
} from './aggregation-table.ts'
import { KEY_GROUPS } from './key-groups.ts'
import { PaneStacks } from './pane-stacks.ts'
import type { StateReader } from './state-reader.ts'
import type { StateWriter } from './state-writer.ts'

const NEVER = Number.POSITIVE_INFINITY
/** Rows after which results are made of the windows so far. */
const CHUNK_ROWS = 8192

interface KeptPane {
  readonly group: number
  readonly startMs: number
}

/** The windows that are shown next: groups with their totals, by window. */
interface Shown {
  readonly groups: number[]
  readonly startsMs: number[]
  readonly endsMs: number[]
}

export class PanedTable implements GroupKeeper {
  readonly #windows: TimeWindows
  readonly #table: AggregationTable
  readonly #stacks: PaneStacks
  /** Windows that end by then have closed. */
  #closedMs = Number.NEGATIVE_INFINITY
  /** Panes of late rows that have ended and may still count, of some key each. */
  #late: EndedPane[] = []
  /** What a save had of fronts, before it is put in order. */
  #restored: KeptPane[] = []

  constructor(spec: AggregationSpec, windows: TimeWindows) {
    this.#windows = windows
    this.#table = new AggregationTable({ ...spec, panes: windows.panes, keeper: this })
    this.#stacks = new PaneStacks(this.#table, windows.of!.cumulative)
  }

  get groupCount(): number {
    return this.#table.groupCount
  }

  get stateBytes(): number {
    return this.#table.stateBytes + this.#stacks.bytes
  }

  /** Gives the memory of groups to others. The table is not used any more. */
  free(): void {
    this.#table.free()
  }

  step(step: AggregationStep): void {
    this.#table.step(step)
  }

  /** Steps rows that count only for windows that end at `fromMs` or later. */
  stepLate(step: AggregationStep, fromMs: number): void {
    this.#table.stepLate(step, fromMs)
  }

  /** The results of windows that have ended by `upToMs`, in order of (window, key), in chunks. */
  *close(upToMs: number, arena: Arena): Generator<ClosedGroups> {
    const { endAfter, endUpTo, startOf } = this.#windows.of!
    const lastMs = upToMs === Number.POSITIVE_INFINITY ? upToMs : endUpTo(upToMs)
    if (lastMs <= this.#closedMs) return
    const panes = this.#takePanes(lastMs)
    let shown: Shown = { groups: [], startsMs: [], endsMs: [] }
    let pushed = 0
    let endMs = this.#closedMs
    let live = this.#restoreFronts()
    for (;;) {
      if (live === 0) {
        // Where nothing is open, the next window is the first that the next pane is part of.
        const nextMs = Math.min(...this.#late.map(({ startMs }) => startMs), panes[pushed]?.startMs ?? NEVER)
        if (nextMs === NEVER) break
        endMs = Math.max(endMs, nextMs)
      }
      endMs = endAfter(endMs)
      if (endMs > lastMs) break
      const startMs = startOf(endMs)
      for (; pushed < panes.length && panes[pushed]!.startMs < endMs; pushed++)
        this.#push(panes[pushed]!, startMs)
      live = this.#total(startMs, endMs, shown)
      if (shown.groups.length < CHUNK_ROWS) continue
      yield this.#results(shown, arena)
      shown = { groups: [], startsMs: [], endsMs: [] }
    }
    this.#closedMs = lastMs
    yield this.#results(shown, arena)
    this.#table.forgetDeadKeys()
  }

  /** Takes the panes that have ended by then, in order; those of late rows apart. */
  #takePanes(upToMs: number): EndedPane[] {
    const panes: EndedPane[] = []
    for (const pane of this.#table.takeEnded(upToMs))
      (pane.fromMs === Number.NEGATIVE_INFINITY ? panes : this.#late).push(pane)
    this.#stacks.reserve()
    return panes
  }

  #push({ startMs, groups }: EndedPane, windowStartMs: number): void {
    for (const group of groups) {
      if (startMs < windowStartMs) {
        this.#stacks.giveUp(group)
        continue
      }
      this.#stacks.evict(this.#table.keyOf(group), windowStartMs)
      this.#stacks.push(group, startMs)
    }
  }

  /** Has the totals of a window made, of each key that has rows in it; how many these are. */
  #total(startMs: number, endMs: number, shown: Shown): number {
    const stacks = this.#stacks
    const late = this.#late.length > 0 ? this.#lateGroups(startMs, endMs) : undefined
    let live = 0
    for (const key of this.#table.sortedKeys()) {
      if (stacks.has(key)) stacks.evict(key, startMs)
      const own = late?.get(key)
      if (!stacks.has(key) && own === undefined) continue
      live++
      const group = stacks.total(key)
      if (own) for (const part of own) stacks.merge(group, part)
      shown.groups.push(group)
      shown.startsMs.push(startMs)
      shown.endsMs.push(endMs)
    }
    return live
  }

  /** By key, groups of late rows that count for a window. Those of panes that no window has any more are given up. */
  #lateGroups(startMs: number, endMs: number): Map<number, number[]> {
    const byKey = new Map<number, number[]>()
    this.#late = this.#late.filter(pane => {
      if (pane.startMs < startMs) {
        for (const group of pane.groups) this.#stacks.giveUp(group)
        return false
      }
      if (pane.fromMs <= endMs && pane.startMs < endMs) {
        for (const group of pane.groups) {
          const key = this.#table.keyOf(group)
          const groups = byKey.get(key)
          if (groups) groups.push(group)
          else byKey.set(key, [group])
        }
      }
      return true
    })
    return byKey
  }

  #results({ groups, startsMs, endsMs }: Shown, arena: Arena): ClosedGroups {
    const [starts, ends] = [Float64Array.from(startsMs), Float64Array.from(endsMs)]
    let results!: ClosedGroups
    this.#stacks.flush(() => {
      results = this.#table.resultsOf(Uint32Array.from(groups), starts, ends, arena)
    })
    return results
  }

  partials(upToMs: number, arena: Arena): Partials {
    return this.#table.partials(upToMs, arena)
  }

  mergePartials(batch: Batch): void {
    this.#table.mergePartials(batch)
  }

  // --- saves ---

  save(to: StateWriter, name: string): void {
    this.#table.save(to, name)
    const values = new Float64Array(KEY_GROUPS).fill(this.#closedMs)
    const batch: Batch = {
      schema: CLOSED_SCHEMA,
      length: KEY_GROUPS,
      columns: [{ type: 'float64', values }],
      position: NO_POSITION,
    }
    // Of every key group, so that each shard finds it.
    to.block(
      `${name} closed`,
      0,
      batch,
      Uint8Array.from(values, (_, keyGroup) => keyGroup),
    )
  }

  load(from: StateReader, name: string): void {
    for (const { batch } of from.table(name)) this.#table.mergePartials(batch)
    for (const { batch } of from.table(`${name} closed`))
      this.#closedMs = Math.max(this.#closedMs, (batch.columns[0]!.values as Float64Array)[0]!)
  }

  forEach(visit: (group: number, startMs: number, fromMs: number) => void): void {
    // What of the back is saved is a pane like any other: it is pushed again.
    this.#stacks.forEach((group, startMs, isFront) => {
      visit(group, startMs, isFront ? KEPT : Number.NEGATIVE_INFINITY)
    })
    for (const { groups, startMs, fromMs } of this.#late)
      for (const group of groups) visit(group, startMs, fromMs)
    for (const { group, startMs } of this.#restored) visit(group, startMs, KEPT)
  }

  restore(group: number, startMs: number): void {
    this.#restored.push({ group, startMs })
  }

  /** Fronts that a save had; how many keys have one. */
  #restoreFronts(): number {
    const fronts = this.#restored.sort((a, b) => a.startMs - b.startMs)
    for (const { group, startMs } of fronts) this.#stacks.restoreFront(group, startMs)
    this.#restored = []
    return this.#stacks.liveKeys
  }

  renameKeys(renamed: Uint32Array, size: number): void {
    this.#stacks.renameKeys(renamed, size)
  }
}

const CLOSED_SCHEMA: Schema = [{ name: 'closedMs', type: 'float64' }]
