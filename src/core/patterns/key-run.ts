/**
 * The searches over the rows of one key, one after the other: from the first row that may begin a match, then from where
 * the last one says. Rows are kept from where the search under way began.
 */

import { Attempt, type Conditions, NO_ROW, type Status } from './attempt.ts'
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
  #rows: number[] = []
  /** How many rows the search under way has been told of. */
  #fed = 0
  #open = false
  /** Event time, as far as it has come for this key: what is decided is decided then. */
  #nowMs = Number.NEGATIVE_INFINITY
  #nowNs = 0

  constructor(search: Search) {
    this.#search = search
    this.#attempt = new Attempt(search.automaton, search.conditions)
  }

  /** Whether a search is under way. */
  get isOpen(): boolean {
    return this.#open
  }

  /** The rows that are kept, the one where the search began first. */
  get rows(): readonly number[] {
    return this.#rows
  }

  /** When the search under way is over at the latest, ms. */
  get dueMs(): number {
    return this.#search.times.ms(this.#rows[0]!) + this.#search.withinMs
  }

  /**
   * The least event time, ms, that the end of a match to come may have, of rows that are known; Infinity: none of them
   * may be one.
   */
  get heldMs(): number {
    const { times } = this.#search
    const last = this.#attempt.lastAccepted
    const accepted = last === NO_ROW ? Number.POSITIVE_INFINITY : times.ms(last)
    return this.#rows.length > 1 ? Math.min(accepted, times.ms(this.#rows[1]!)) : accepted
  }

  /** The next row, in order of time. */
  push(row: number, found: FoundMatches): void {
    const { times } = this.#search
    this.#expire(times.ms(row), times.ns(row), found)
    this.#rows.push(row)
    this.#nowMs = times.ms(row)
    this.#nowNs = times.ns(row)
    this.#go(found)
  }

  /** No row before the watermark is to come. */
  passWatermark(watermarkMs: number, found: FoundMatches): void {
    this.#expire(watermarkMs, 0, found)
  }

  /** Rows have new numbers. */
  renumber(rowOf: (row: number) => number): void {
    this.#rows = this.#rows.map(rowOf)
    this.#attempt.renumber(rowOf)
  }

  /** Settles what has no more time before then. */
  #expire(ms: number, ns: number, found: FoundMatches): void {
    const { times, withinMs } = this.#search
    while (this.#open) {
      const [dueMs, dueNs] = [this.dueMs, times.ns(this.#rows[0]!)]
      const over = ms === Number.POSITIVE_INFINITY || dueMs < ms || (dueMs === ms && dueNs < ns)
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
        if (this.#fed === this.#rows.length) return
        this.#feed(found)
      }
    }
  }

  /** Begins at the first row at which a match may begin, if there is one. */
  #begin(found: FoundMatches): boolean {
    const { mayBegin } = this.#search.times
    const start = this.#rows.findIndex(row => mayBegin(row))
    this.#letGo(start < 0 ? this.#rows.length : start)
    if (start < 0) return false
    this.#open = true
    this.#fed = 1
    const status = this.#attempt.begin(this.#rows[0]!)
    if (status !== 'open') this.#settle(status, found)
    return true
  }

  #feed(found: FoundMatches): void {
    const { times, withinMs } = this.#search
    const [first, row] = [this.#rows[0]!, this.#rows[this.#fed]!]
    const apart = times.ms(row) - times.ms(first)
    const over = apart > withinMs || (apart === withinMs && times.ns(row) > times.ns(first))
    if (!over) this.#fed++
    const status = over ? this.#attempt.expire() : this.#attempt.feed(row)
    if (status !== 'open') this.#settle(status, found)
  }

  /** The search is over: what it found is noted, and rows before where the next one begins are let go. */
  #settle(status: Status, found: FoundMatches): void {
    this.#open = false
    if (status === 'failed') {
      this.#letGo(1)
      return
    }
    found.add(this.#attempt, this.#nowMs, this.#nowNs)
    this.#letGo(this.#resumeAt(found.last))
  }

  /** Drops the first rows. */
  #letGo(count: number): void {
    if (count === 0) return
    for (let i = 0; i < count; i++) this.#search.release(this.#rows[i]!)
    this.#rows.splice(0, count)
  }

  /** How many rows a match leaves behind: one at least. */
  #resumeAt({ rows, steps }: FoundMatches['last']): number {
    const { skip, automaton } = this.#search
    const past = this.#rows.indexOf(rows[rows.length - 1]!) + 1
    if (!('of' in skip)) return skip.to === 'next' ? 1 : past
    const isOne = (step: number) => automaton.steps[step]!.name === skip.of
    const at = skip.to === 'first' ? steps.findIndex(isOne) : steps.findLastIndex(isOne)
    return at < 0 ? past : Math.max(1, this.#rows.indexOf(rows[at]!))
  }
}
