/**
 * The searches over the rows of one key, one after the other: from the first row that may begin a match, then from where
 * the last one says. Rows are kept from where the search under way began.
 */

import { Attempt, AttemptScratch, type Conditions, NO_ROW, type Status } from './attempt.ts'
import type { Automaton } from './automaton.ts'
import type { Skip } from './pattern.ts'

/** What is known of rows: their times, in ms and the nanoseconds past it, and whether a match may begin there. */
export interface RowTimes {
  ms(row: number): number
  ns(row: number): number
  mayBegin(row: number): boolean
}

/** What all keys share. */
export interface Search {
  readonly automaton: Automaton
  readonly conditions: Conditions
  readonly times: RowTimes
  /** A match takes no longer; Infinity: as long as it likes. */
  readonly withinMs: number
  readonly skip: Skip
  /** A row will not be asked about again, once matches of it have been taken. */
  release(row: number): void
}

/** Matches, one after the other. */
export interface FoundMatches {
  /** Takes the rows of a match and their steps; `atMs` and `atNs`: when it was decided. */
  add(attempt: Attempt, atMs: number, atNs: number): void
  /** The rows and steps of the match that was added last. */
  readonly last: { readonly rows: readonly number[]; readonly steps: readonly number[] }
}

export class KeyRun {
  readonly #search: Search
  readonly #attempt: Attempt
  /** From {@link KeyRun.#head} to {@link KeyRun.#tail}, the rows that are kept, the one where the search began first. */
  readonly #rows: number[] = []
  #head = 0
  #tail = 0
  /** How many rows the search under way has been told of. */
  #fed = 0
  #open = false
  /** Event time, as far as it has come for this key: what is decided is decided then. */
  #nowMs = Number.NEGATIVE_INFINITY
  #nowNs = 0

  /** @param scratch what the runs of a search share */
  constructor(search: Search, scratch = new AttemptScratch(search.automaton, search.conditions)) {
    this.#search = search
    this.#attempt = new Attempt(search.automaton, search.conditions, scratch)
  }

  /** Whether a search is under way. */
  get isOpen(): boolean {
    return this.#open
  }

  /** Whether a match to come may end at a row that is known: see {@link heldMs}. */
  get holdsTime(): boolean {
    return this.size > 1 || this.#attempt.lastAccepted !== NO_ROW
  }

  /** How many rows are kept. */
  get size(): number {
    return this.#tail - this.#head
  }

  /** One of them; 0: where the search began. */
  row(i: number): number {
    return this.#rows[this.#head + i]!
  }

  /** When the search under way is over at the latest, ms. */
  get dueMs(): number {
    return this.#search.times.ms(this.row(0)) + this.#search.withinMs
  }

  /**
   * The least event time, ms, that the end of a match to come may have, of rows that are known; Infinity: none of them
   * may be one.
   */
  get heldMs(): number {
    const { times } = this.#search
    const last = this.#attempt.lastAccepted
    const accepted = last === NO_ROW ? Number.POSITIVE_INFINITY : times.ms(last)
    return this.size > 1 ? Math.min(accepted, times.ms(this.row(1))) : accepted
  }

  /** The next row, in order of time. */
  push(row: number, found: FoundMatches): void {
    const { times } = this.#search
    const ms = times.ms(row)
    const ns = times.ns(row)
    this.#expire(ms, ns, found)
    this.#keep(row)
    this.#nowMs = ms
    this.#nowNs = ns
    this.#go(found)
  }

  /** No row before the watermark is to come. */
  passWatermark(watermarkMs: number, found: FoundMatches): void {
    this.#expire(watermarkMs, 0, found)
  }

  /** Rows have new numbers. */
  renumber(rowOf: (row: number) => number): void {
    for (let i = this.#head; i < this.#tail; i++) this.#rows[i] = rowOf(this.#rows[i]!)
    this.#attempt.renumber(rowOf)
  }

  #keep(row: number): void {
    const { size } = this
    // Rows move to the front once as many before them are gone.
    if (this.#head > size) {
      for (let i = 0; i < size; i++) this.#rows[i] = this.#rows[this.#head + i]!
      this.#head = 0
      this.#tail = size
    }
    this.#rows[this.#tail++] = row
  }

  /** Settles what has no more time before then. */
  #expire(ms: number, ns: number, found: FoundMatches): void {
    const { times, withinMs } = this.#search
    while (this.#open) {
      const first = this.row(0)
      const dueMs = times.ms(first) + withinMs
      if (dueMs > ms && ms !== Number.POSITIVE_INFINITY) return
      const dueNs = times.ns(first)
      const over = ms === Number.POSITIVE_INFINITY || dueMs < ms || dueNs < ns
      if (!over) return
      if (withinMs !== Number.POSITIVE_INFINITY && dueMs >= this.#nowMs) {
        this.#nowMs = dueMs
        this.#nowNs = dueNs
      }
      this.#settle(this.#attempt.expire(), found)
      this.#go(found)
    }
  }

  /** Searches as far as rows are known. */
  #go(found: FoundMatches): void {
    for (;;) {
      if (!this.#open && !this.#begin(found)) return
      while (this.#open) {
        if (this.#fed === this.size) return
        this.#feed(found)
      }
    }
  }

  /** Begins at the first row at which a match may begin, if there is one. */
  #begin(found: FoundMatches): boolean {
    const { times } = this.#search
    let start = 0
    while (start < this.size && !times.mayBegin(this.row(start))) start++
    this.#letGo(start)
    if (this.size === 0) return false
    this.#open = true
    this.#fed = 1
    const status = this.#attempt.begin(this.row(0))
    if (status !== 'open') this.#settle(status, found)
    return true
  }

  #feed(found: FoundMatches): void {
    const row = this.row(this.#fed)
    const over = this.#isOver(row)
    if (!over) this.#fed++
    const status = over ? this.#attempt.expire() : this.#attempt.feed(row)
    if (status !== 'open') this.#settle(status, found)
  }

  /** Whether a row comes too late for the search under way. */
  #isOver(row: number): boolean {
    const { times, withinMs } = this.#search
    if (withinMs === Number.POSITIVE_INFINITY) return false
    const first = this.row(0)
    const apart = times.ms(row) - times.ms(first)
    return apart > withinMs || (apart === withinMs && times.ns(row) > times.ns(first))
  }

  /** The search is over: what it found is noted, and rows before where the next one begins are let go. */
  #settle(status: Status, found: FoundMatches): void {
    this.#open = false
    if (status === 'failed') {
      this.#letGo(1)
      return
    }
    found.add(this.#attempt, this.#nowMs, this.#nowNs)
    this.#letGo(this.#resumeAt(found))
  }

  /** Drops the first rows. */
  #letGo(count: number): void {
    for (let i = 0; i < count; i++) this.#search.release(this.row(i))
    this.#head += count
  }

  /** How many rows a match leaves behind: one at least. */
  #resumeAt(found: FoundMatches): number {
    const { skip, automaton } = this.#search
    if (!('of' in skip) && skip.to === 'next') return 1
    const { rows, steps } = found.last
    const past = this.#indexOf(rows[rows.length - 1]!) + 1
    if (!('of' in skip)) return past
    const isOne = (step: number) => automaton.steps[step]!.name === skip.of
    const at = skip.to === 'first' ? steps.findIndex(isOne) : steps.findLastIndex(isOne)
    return at < 0 ? past : Math.max(1, this.#indexOf(rows[at]!))
  }

  #indexOf(row: number): number {
    return this.#rows.indexOf(row, this.#head) - this.#head
  }
}
