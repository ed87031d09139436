/**
 * The panes of sliding windows by key, in two stacks, so that the aggregate of a window costs a few merges however many
 * panes it has (Tangwongsan, Hirzel & Schneider 2015, "General incremental sliding-window aggregation").
 *
 * A key's panes are a chain in order of time. The older ones are the front: each holds the aggregate from itself to the
 * front's end. The newer ones are the back: plain, with one accumulator beside them. A window is the first pane of the
 * front, and the accumulator. When the front has run out the back becomes the front, which merges each pane once.
 *
 * Groups stay the table's. What has to be merged is a list, done in order by {@link PaneStacks.flush}: few calls of each
 * fold however small windows are.
 */

import type { AggregationTable } from './aggregation-table.ts'

/** What stacks need of the table that the groups are in. */
export type StackTable = Pick<AggregationTable, 'newGroup' | 'keyOf' | 'mergeGroups' | 'release' | 'keyCount'>

export class PaneStacks {
  readonly #table: StackTable
  /** Whether windows grow: then a key has one group, of all panes since the window's start. */
  readonly #cumulative: boolean
  // By key id; 0 is no group.
  #head = new Uint32Array(1024)
  #tail = new Uint32Array(1024)
  /** The first group of the back. */
  #firstBack = new Uint32Array(1024)
  #accumulator = new Uint32Array(1024)
  // By group.
  #next = new Uint32Array(4096)
  #paneMs = new Float64Array(4096)
  // What is to be merged, and to be given up after that.
  #into = new Uint32Array(4096)
  #from = new Uint32Array(4096)
  #merges = 0
  #dead = new Uint32Array(4096)
  #deadCount = 0
  #chain = new Uint32Array(64)

  constructor(table: StackTable, cumulative: boolean) {
    this.#table = table
    this.#cumulative = cumulative
  }

  get bytes(): number {
    return 16 * this.#head.length + 12 * this.#next.length
  }

  /** How many keys have panes. */
  get liveKeys(): number {
    let live = 0
    for (const head of this.#head) live += head === 0 ? 0 : 1
    return live
  }

  /** Whether a key has panes. */
  has(key: number): boolean {
    return key < this.#head.length && this.#head[key] !== 0
  }

  /** Makes room for the keys that the table has. */
  reserve(): void {
    const keys = this.#table.keyCount
    if (keys <= this.#head.length) return
    const length = Math.max(keys, 2 * this.#head.length)
    this.#head = grown(this.#head, length)
    this.#tail = grown(this.#tail, length)
    this.#firstBack = grown(this.#firstBack, length)
    this.#accumulator = grown(this.#accumulator, length)
  }

  /** Adds a group of a pane that is newer than all its key has. */
  push(group: number, paneMs: number): void {
    const key = this.#table.keyOf(group)
    if (this.#cumulative && this.#head[key] !== 0) {
      this.#merge(this.#head[key]!, group)
      this.#giveUp(group)
      return
    }
    this.#append(key, group, paneMs)
    if (this.#cumulative) return
    if (this.#firstBack[key] === 0) {
      this.#firstBack[key] = group
      this.#accumulator[key] = this.#table.newGroup(key)
    }
    this.#merge(this.#accumulator[key]!, group)
  }

  #append(key: number, group: number, paneMs: number): void {
    if (group >= this.#next.length) {
      this.#next = grown(this.#next, 4 * group)
      const panes = new Float64Array(4 * group)
      panes.set(this.#paneMs)
      this.#paneMs = panes
    }
    this.#next[group] = 0
    this.#paneMs[group] = paneMs
    if (this.#head[key] === 0) this.#head[key] = group
    else this.#next[this.#tail[key]!] = group
    this.#tail[key] = group
  }

  /** Gives up the panes of a key that start before a time. */
  evict(key: number, beforeMs: number): void {
    let group = this.#head[key]!
    if (group === 0 || this.#paneMs[group]! >= beforeMs) return
    let inBack = false
    while (group !== 0 && this.#paneMs[group]! < beforeMs) {
      inBack ||= group === this.#firstBack[key]
      this.#giveUp(group)
      group = this.#next[group]!
    }
    this.#head[key] = group
    if (this.#cumulative) return
    if (inBack || (group !== 0 && group === this.#firstBack[key])) this.#flip(key)
  }

  /** The panes that are left, all of the back, become the front. */
  #flip(key: number): void {
    this.#giveUp(this.#accumulator[key]!)
    this.#accumulator[key] = 0
    this.#firstBack[key] = 0
    let count = 0
    for (let group = this.#head[key]!; group !== 0; group = this.#next[group]!) {
      if (count === this.#chain.length) this.#chain = grown(this.#chain, 2 * count)
      this.#chain[count++] = group
    }
    for (let i = count - 2; i >= 0; i--) this.#merge(this.#chain[i]!, this.#chain[i + 1]!)
  }

  /** A group that will have the aggregate of a key's panes: a new one, which is given up with the next flush. */
  total(key: number): number {
    const head = this.#head[key]!
    const group = this.#table.newGroup(key)
    if (head !== 0 && head !== this.#firstBack[key]) this.#merge(group, head)
    if (this.#accumulator[key] !== 0) this.#merge(group, this.#accumulator[key]!)
    this.#giveUp(group)
    return group
  }

  /** Has a group folded into another. */
  merge(into: number, from: number): void {
    this.#merge(into, from)
  }

  #merge(into: number, from: number): void {
    if (this.#merges === this.#into.length) {
      this.#into = grown(this.#into, 4 * this.#merges)
      this.#from = grown(this.#from, 4 * this.#merges)
    }
    this.#into[this.#merges] = into
    this.#from[this.#merges++] = from
  }

  /** Has a group given up with the next flush. */
  giveUp(group: number): void {
    this.#giveUp(group)
  }

  #giveUp(group: number): void {
    if (this.#deadCount === this.#dead.length) this.#dead = grown(this.#dead, 4 * this.#deadCount)
    this.#dead[this.#deadCount++] = group
  }

  /** Does all merges so far; `read` then sees the groups as they are, before those that were given up are gone. */
  flush(read: () => void = () => {}): void {
    if (this.#merges > 0)
      this.#table.mergeGroups(this.#into.subarray(0, this.#merges), this.#from.subarray(0, this.#merges))
    this.#merges = 0
    read()
    if (this.#deadCount > 0) this.#table.release(this.#dead.slice(0, this.#deadCount))
    this.#deadCount = 0
  }

  // For saves: each pane with whether it is of the front; accumulators follow from the panes.

  forEach(visit: (group: number, paneMs: number, isFront: boolean) => void): void {
    for (let key = 0; key < this.#head.length; key++) {
      let isFront = true
      for (let group = this.#head[key]!; group !== 0; group = this.#next[group]!) {
        if (group === this.#firstBack[key] || this.#cumulative) isFront = false
        visit(group, this.#paneMs[group]!, isFront)
      }
    }
  }

  /** Takes a pane of the front; in order of time, before any of the back. */
  restoreFront(group: number, paneMs: number): void {
    this.#append(this.#table.keyOf(group), group, paneMs)
  }

  renameKeys(renamed: Uint32Array, size: number): void {
    const move = (old: Uint32Array) => {
      const moved = new Uint32Array(Math.max(1024, 2 * size))
      for (let key = 0; key < renamed.length; key++) if (this.has(key)) moved[renamed[key]!] = old[key]!
      return moved
    }
    const [head, tail] = [move(this.#head), move(this.#tail)]
    this.#firstBack = move(this.#firstBack)
    this.#accumulator = move(this.#accumulator)
    this.#head = head
    this.#tail = tail
  }
}

function grown(array: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(length)
  larger.set(array)
  return larger
}
