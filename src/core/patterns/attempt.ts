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
  holds(step: number, row: number, found: Int32Array, at: number): boolean
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

export class Attempt {
  readonly #automaton: Automaton
  readonly #conditions: Conditions
  // Threads: the edge each waits at, what it has matched, and whether a row has come since.
  #edges: number[] = []
  #nodes: number[] = []
  #fresh: boolean[] = []
  #nextEdges: number[] = []
  #nextNodes: number[] = []
  #nextFresh: boolean[] = []
  /** The end of what has come to the end, for as long as it may be outdone. */
  #accepted = NOTHING
  // What was matched, shared by the threads: each the row, its variable and what was matched before it.
  #rows: Int32Array = new Int32Array(16)
  #steps: Int32Array = new Int32Array(16)
  #previous: Int32Array = new Int32Array(16)
  #size = 0
  /** By node and reference, the row. */
  #found: Int32Array
  /** What is found before anything is matched. */
  readonly #nothing: Int32Array
  /** By edge and freshness, the last pass in which a thread was put there. */
  readonly #seen: Float64Array
  #pass = 0

  constructor(automaton: Automaton, conditions: Conditions) {
    this.#automaton = automaton
    this.#conditions = conditions
    const width = conditions.references.length
    this.#found = new Int32Array(16 * width)
    this.#nothing = new Int32Array(width).fill(NO_ROW)
    this.#seen = new Float64Array(2 * automaton.edges.length)
  }

  /** Begins at a row. */
  begin(row: number): Status {
    this.#size = 0
    this.#accepted = NOTHING
    this.#startPass()
    for (const edge of this.#automaton.start) {
      const { step, to } = this.#automaton.edges[edge]!
      if (!this.#conditions.holds(step, row, this.#nothing, 0)) continue
      if (this.#enter(to, this.#match(NOTHING, row, step))) break
    }
    return this.#endPass()
  }

  /** The next row of the key. */
  feed(row: number): Status {
    this.#startPass()
    for (let i = 0; i < this.#edges.length; i++) if (this.#step(i, row)) break
    return this.#endPass()
  }

  /** No row is to come that could belong to the match. */
  expire(): Status {
    for (let i = 0; i < this.#edges.length; i++) {
      if (this.#automaton.edges[this.#edges[i]!]!.step !== ACCEPT) continue
      this.#accepted = this.#nodes[i]!
      break
    }
    this.#edges.length = 0
    this.#nodes.length = 0
    this.#fresh.length = 0
    return this.#accepted === NOTHING ? 'failed' : 'matched'
  }

  /** The last row of the best match so far; {@link NO_ROW} when there is none. */
  get lastAccepted(): number {
    return this.#accepted === NOTHING ? NO_ROW : this.#rows[this.#accepted]!
  }

  /** The rows of the match and their variables, the first first, are appended. */
  collect(rows: number[], steps: number[]): void {
    const from = rows.length
    for (let node = this.#accepted; node !== NOTHING; node = this.#previous[node]!) {
      rows.push(this.#rows[node]!)
      steps.push(this.#steps[node]!)
    }
    reverse(rows, from)
    reverse(steps, from)
  }

  /** Rows have new numbers. */
  renumber(rowOf: (row: number) => number): void {
    for (let node = 0; node < this.#size; node++) this.#rows[node] = rowOf(this.#rows[node]!)
    const found = this.#size * this.#nothing.length
    for (let i = 0; i < found; i++) if (this.#found[i] !== NO_ROW) this.#found[i] = rowOf(this.#found[i]!)
  }

  #startPass(): void {
    this.#pass++
    this.#nextEdges.length = 0
    this.#nextNodes.length = 0
    this.#nextFresh.length = 0
  }

  #endPass(): Status {
    const last = { edges: this.#edges, nodes: this.#nodes, fresh: this.#fresh }
    this.#edges = this.#nextEdges
    this.#nodes = this.#nextNodes
    this.#fresh = this.#nextFresh
    this.#nextEdges = last.edges
    this.#nextNodes = last.nodes
    this.#nextFresh = last.fresh
    if (this.#edges.length > 0) return 'open'
    return this.#accepted === NOTHING ? 'failed' : 'matched'
  }

  /** One thread and a row; true when it came to the end. */
  #step(thread: number, row: number): boolean {
    const number = this.#edges[thread]!
    const edge = this.#automaton.edges[number]!
    const node = this.#nodes[thread]!
    const fresh = this.#fresh[thread]!
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
    for (const step of steps) if (this.#holds(step, row, node)) return true
    return false
  }

  #holds(step: number, row: number, node: number): boolean {
    return this.#conditions.holds(step, row, this.#found, node * this.#nothing.length)
  }

  /** Puts threads at the edges out of a state; true when one of them is the end, and none after it counts. */
  #enter(state: number, node: number): boolean {
    const { out, edges } = this.#automaton
    for (const number of out[state]!) {
      const { step, notNext, notFollowedBy } = edges[number]!
      if (step === ACCEPT && notNext.length + notFollowedBy.length === 0) {
        this.#accepted = node
        return true
      }
      this.#put(number, node, true)
    }
    return false
  }

  #put(edge: number, node: number, fresh: boolean): void {
    const place = 2 * edge + (fresh ? 1 : 0)
    if (this.#seen[place] === this.#pass && this.#isThere(edge, node, fresh)) return
    this.#seen[place] = this.#pass
    this.#nextEdges.push(edge)
    this.#nextNodes.push(node)
    this.#nextFresh.push(fresh)
  }

  /** Whether a thread waits there that will be asked the same. */
  #isThere(edge: number, node: number, fresh: boolean): boolean {
    const width = this.#nothing.length
    if (width === 0) return true
    for (let i = 0; i < this.#nextEdges.length; i++) {
      if (this.#nextEdges[i] !== edge || this.#nextFresh[i] !== fresh) continue
      const other = this.#nextNodes[i]!
      let same = true
      for (let r = 0; r < width && same; r++)
        same = this.#found[node * width + r] === this.#found[other * width + r]
      if (same) return true
    }
    return false
  }

  /** A row matched after what a node stands for. */
  #match(node: number, row: number, step: number): number {
    const own = this.#size++
    if (own === this.#rows.length) this.#grow()
    this.#rows[own] = row
    this.#steps[own] = step
    this.#previous[own] = node
    const { references } = this.#conditions
    const width = references.length
    for (let r = 0; r < width; r++) {
      const before = node === NOTHING ? NO_ROW : this.#found[node * width + r]!
      const { step: of, which } = references[r]!
      const changes = of === step && (which === 'last' || before === NO_ROW)
      this.#found[own * width + r] = changes ? row : before
    }
    return own
  }

  #grow(): void {
    this.#rows = grown(this.#rows)
    this.#steps = grown(this.#steps)
    this.#previous = grown(this.#previous)
    this.#found = grown(this.#found)
  }
}

function grown(array: Int32Array): Int32Array {
  const larger = new Int32Array(2 * array.length)
  larger.set(array)
  return larger
}

function reverse(array: number[], from: number): void {
  for (let i = from, j = array.length - 1; i < j; i++, j--) {
    const item = array[i]!
    array[i] = array[j]!
    array[j] = item
  }
}
