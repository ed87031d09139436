/**
 * The search for a match that begins at one row.
 *
 * It follows all ways at once, as threads in the order in which they are preferred, each waiting for its next row. When one
 * comes to the end, those that are preferred less are given up; the match is decided when none that is preferred more is
 * left. Threads that wait for the same and will be asked the same are one: the preferred one.
 */

import { ACCEPT, type Automaton, type Edge } from './automaton.ts'

/** What is asked about rows, which are whatever numbers their owner gives them. */
export interface Conditions {
  /** How many references to rows of variables conditions make. */
  readonly references: readonly Reference[]
  /**
   * Whether a row satisfies the condition of a step.
   *
   * @param found by reference, the row it stands for, or {@link NO_ROW}; starting at `at`
   */
  holds(step: number, row: number, found: readonly number[], at: number): boolean
}

/** The first or last row of a variable that has been matched so far. */
export interface Reference {
  readonly step: number
  readonly which: 'first' | 'last'
}

/** No number of a row. */
export const NO_ROW = -(2 ** 31)
const NOTHING = -1

export type Status = 'open' | 'failed' | 'matched'

// Lists are plain arrays, which are never cut short: they are made for each key, where typed arrays cost ten times as much.

// A thread is two numbers: the edge it waits at, twice, with a bit that says that no row has come since; what it has matched.
const THREAD = 2
/** What was matched is a row, its variable and what was matched before it, followed by the row of each reference. */
const MATCHED = 3

/** What all attempts of a search use in turn: memory that holds nothing between calls. */
export class AttemptScratch {
  /** What is found before anything is matched. */
  readonly nothing: readonly number[]
  /** By twice the edge and the bit of a thread, the last pass in which one was put there. */
  readonly seen: Float64Array
  pass = 0
  /** Of the pass under way, the threads that go on. */
  readonly threads: number[] = []
  count = 0

  constructor(automaton: Automaton, { references }: Conditions) {
    this.nothing = references.map(() => NO_ROW)
    this.seen = new Float64Array(2 * automaton.edges.length)
  }

  put(place: number, node: number): void {
    const at = THREAD * this.count++
    this.threads[at] = place
    this.threads[at + 1] = node
  }
}

export class Attempt {
  readonly #automaton: Automaton
  readonly #conditions: Conditions
  readonly #scratch: AttemptScratch
  /** How many numbers there are of a node: of what was matched. */
  readonly #width: number
  readonly #threads: number[] = []
  #count = 0
  /** The end of what has come to the end, for as long as it may be outdone. */
  #accepted = NOTHING
  /** What was matched, shared by the threads. */
  readonly #nodes: number[] = []
  #size = 0

  constructor(automaton: Automaton, conditions: Conditions, scratch: AttemptScratch) {
    this.#automaton = automaton
    this.#conditions = conditions
    this.#scratch = scratch
    this.#width = MATCHED + conditions.references.length
  }

  /** Begins at a row. */
  begin(row: number): Status {
    this.#size = 0
    this.#accepted = NOTHING
    this.#startPass()
    const { start, edges } = this.#automaton
    for (let i = 0; i < start.length; i++) {
      const { step, to } = edges[start[i]!]!
      if (!this.#conditions.holds(step, row, this.#scratch.nothing, 0)) continue
      if (this.#enter(to, this.#match(NOTHING, row, step))) break
    }
    return this.#endPass()
  }

  /** The next row of the key. */
  feed(row: number): Status {
    this.#startPass()
    for (let i = 0; i < this.#count; i++) if (this.#step(i, row)) break
    return this.#endPass()
  }

  /** No row is to come that could belong to the match. */
  expire(): Status {
    for (let i = 0; i < this.#count; i++) {
      if (this.#automaton.edges[this.#threads[THREAD * i]! >> 1]!.step !== ACCEPT) continue
      this.#accepted = this.#threads[THREAD * i + 1]!
      break
    }
    this.#count = 0
    return this.#accepted === NOTHING ? 'failed' : 'matched'
  }

  /** The last row of the best match so far; {@link NO_ROW} when there is none. */
  get lastAccepted(): number {
    return this.#accepted === NOTHING ? NO_ROW : this.#nodes[this.#accepted * this.#width]!
  }

  /** The rows of the match and their variables, the first first, are appended. */
  collect(rows: number[], steps: number[]): void {
    const from = rows.length
    for (let node = this.#accepted; node !== NOTHING; ) {
      const at = node * this.#width
      rows.push(this.#nodes[at]!)
      steps.push(this.#nodes[at + 1]!)
      node = this.#nodes[at + 2]!
    }
    reverse(rows, from)
    reverse(steps, from)
  }

  /** Rows have new numbers. */
  renumber(rowOf: (row: number) => number): void {
    const nodes = this.#nodes
    for (let node = 0; node < this.#size; node++) {
      const at = node * this.#width
      nodes[at] = rowOf(nodes[at]!)
      for (let i = at + MATCHED; i < at + this.#width; i++)
        if (nodes[i] !== NO_ROW) nodes[i] = rowOf(nodes[i]!)
    }
  }

  #startPass(): void {
    this.#scratch.pass++
    this.#scratch.count = 0
  }

  #endPass(): Status {
    const { threads, count } = this.#scratch
    const size = THREAD * count
    for (let i = 0; i < size; i++) this.#threads[i] = threads[i]!
    this.#count = count
    if (count > 0) return 'open'
    return this.#accepted === NOTHING ? 'failed' : 'matched'
  }

  /** One thread and a row; true when it came to the end. */
  #step(thread: number, row: number): boolean {
    const place = this.#threads[THREAD * thread]!
    const node = this.#threads[THREAD * thread + 1]!
    const number = place >> 1
    const fresh = (place & 1) !== 0
    const edge = this.#automaton.edges[number]!
    if (fresh && this.#isAny(edge.notNext, row, node)) return false
    if (edge.step === ACCEPT) return this.#stepAtEnd(edge, number, row, node)
    const takes = (fresh || edge.gap !== 'next') && this.#holds(edge.step, row, node)
    if (takes && this.#enter(edge.to, this.#match(node, row, edge.step))) return true
    const waits = edge.gap === 'followedByAny' || (edge.gap === 'followedBy' && !takes)
    if (waits && !this.#isAny(edge.notFollowedBy, row, node)) this.#put(number, node, false)
    return false
  }

  /** A thread that only waits for what must not come. */
  #stepAtEnd({ notFollowedBy }: Edge, number: number, row: number, node: number): boolean {
    if (notFollowedBy.length === 0) {
      this.#accepted = node
      return true
    }
    if (!this.#isAny(notFollowedBy, row, node)) this.#put(number, node, false)
    return false
  }

  #isAny(steps: readonly number[], row: number, node: number): boolean {
    for (let i = 0; i < steps.length; i++) if (this.#holds(steps[i]!, row, node)) return true
    return false
  }

  #holds(step: number, row: number, node: number): boolean {
    return this.#conditions.holds(step, row, this.#nodes, node * this.#width + MATCHED)
  }

  /** Puts threads at the edges out of a state; true when one of them is the end, and none after it counts. */
  #enter(state: number, node: number): boolean {
    const { out, edges } = this.#automaton
    const numbers = out[state]!
    for (let i = 0; i < numbers.length; i++) {
      const { step, notNext, notFollowedBy } = edges[numbers[i]!]!
      if (step === ACCEPT && notNext.length + notFollowedBy.length === 0) {
        this.#accepted = node
        return true
      }
      this.#put(numbers[i]!, node, true)
    }
    return false
  }

  #put(edge: number, node: number, fresh: boolean): void {
    const scratch = this.#scratch
    const place = 2 * edge + (fresh ? 1 : 0)
    if (scratch.seen[place] === scratch.pass && this.#isThere(place, node)) return
    scratch.seen[place] = scratch.pass
    scratch.put(place, node)
  }

  /** Whether a thread waits there that will be asked the same. */
  #isThere(place: number, node: number): boolean {
    const { threads, count } = this.#scratch
    const nodes = this.#nodes
    const width = this.#width
    if (width === MATCHED) return true
    for (let i = 0; i < count; i++) {
      if (threads[THREAD * i] !== place) continue
      const other = threads[THREAD * i + 1]!
      let same = true
      for (let r = MATCHED; r < width && same; r++)
        same = nodes[node * width + r] === nodes[other * width + r]
      if (same) return true
    }
    return false
  }

  /** A row matched after what a node stands for. */
  #match(node: number, row: number, step: number): number {
    const own = this.#size++
    const width = this.#width
    const at = own * width
    const nodes = this.#nodes
    nodes[at] = row
    nodes[at + 1] = step
    nodes[at + 2] = node
    const { references } = this.#conditions
    for (let r = 0; r < references.length; r++) {
      const before = node === NOTHING ? NO_ROW : nodes[node * width + MATCHED + r]!
      const { step: of, which } = references[r]!
      const changes = of === step && (which === 'last' || before === NO_ROW)
      nodes[at + MATCHED + r] = changes ? row : before
    }
    return own
  }
}

function reverse(array: number[], from: number): void {
  for (let i = from, j = array.length - 1; i < j; i++, j--) {
    const item = array[i]!
    array[i] = array[j]!
    array[j] = item
  }
}
