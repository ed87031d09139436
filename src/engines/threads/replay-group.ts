/**
 * Datasets that are replayed together: their rows leave in time order, ties in the order of the datasets, and at a speed
 * no earlier than they are due by one clock.
 *
 * Rows leave in rounds. A round goes up to a bound: no further than every member's rows are known, and no further than
 * rows are due. In a round each member gives its rows up to the bound, one member after the other, so that rows of two
 * members are out of order by less than a batch. A member's turn is over when it is asked for its next batch: what it
 * gave before has its place in the job by then.
 *
 * While it plays it can be held, sent on to a time of history, and made to play at another speed. It stands when the next
 * row is not to leave.
 */

import { type Batch, rowCount } from '../../core/batch/batch.ts'
import { slice } from '../../core/batch/take.ts'
import type { SourceBatch, SplitReader } from '../../core/connector.ts'
import { eventTimesMs } from '../../core/time/event-time.ts'
import type { Clock } from './clock.ts'

/** Rows due within this much wall time leave together. */
const TICK_MS = 50

/** A batch, or a part of one after which more of it is to come: no place where its source could be opened again. */
export interface BatchPart extends SourceBatch {
  readonly isPart?: true
}

/** A batch that was read, and how many of its rows have left. */
interface Head {
  readonly read: SourceBatch
  readonly timesMs: Float64Array
  at: number
}

interface Member {
  readonly reader: SplitReader
  /** The index of the time column, in which its rows are in order. */
  readonly column: number
  head?: Head | undefined
  /** Nothing is to come, or nothing is wanted any more. */
  over: boolean
}

/** Rows up to this time may leave; those at it, of the members up to `member` only. */
interface Bound {
  readonly timeMs: number
  readonly member: number
}

/** A round under way: members before `turn` are done with it. */
interface Round {
  readonly bound: Bound
  turn: number
  /** Whether the member whose turn it is has given its rows. */
  gave: boolean
}

export class ReplayGroup {
  #speed: number | undefined
  readonly #clock: Clock
  /** By place in the order of the datasets; absent until its reader is open. */
  readonly #members: (Member | undefined)[]
  readonly #over = new AbortController()
  #start: { readonly wallMs: number; readonly eventMs: number } | undefined
  /** Rows from this time of history on do not leave. */
  #limitMs = Number.POSITIVE_INFINITY
  /** Rows before this time leave at full speed. */
  #rushToMs = Number.NEGATIVE_INFINITY
  /** Where history stood when it was held. */
  #heldAtMs: number | undefined
  /** The latest time of rows that have left. */
  #playedMs = Number.NEGATIVE_INFINITY
  /** While it stands, the time of the next row; +Infinity when there is none. */
  #standsAtMs: number | undefined
  /** Wakes whoever waits for a row to be due. */
  #waiting = new AbortController()
  #round: Round | undefined
  #preparing: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined
  #change = Promise.withResolvers<void>()

  /**
   * @param members how many readers it waits for before the first row leaves
   * @param speed milliseconds of history per millisecond; undefined: as fast as rows are read
   */
  constructor(members: number, speed: number | undefined, clock: Clock) {
    this.#members = Array.from({ length: members }, () => undefined)
    this.#speed = speed
    this.#clock = clock
  }

  /**
   * The rows of `reader`, when it is their turn. Batches are cut where the other members' rows come first, and where rows
   * are not yet due; only the last piece of a batch says how to go on after it.
   */
  join(index: number, reader: SplitReader, column: number): SplitReader {
    const member: Member = { reader, column, over: false }
    this.#members[index] = member
    this.#changed()
    return {
      next: () => this.#next(index, member),
      close: async () => {
        member.over = true
        this.#endTurn(index)
        if (this.#members.every(other => other?.over)) {
          this.#over.abort()
          this.#waiting.abort()
        }
        this.#changed()
        await reader.close()
      },
    }
  }

  /** Milliseconds of history per millisecond; undefined: as fast as rows are read. */
  get speed(): number | undefined {
    return this.#speed
  }

  /** The time of history that is due now; undefined at full speed, and before the first row. */
  get dueMs(): number | undefined {
    return this.#speed === undefined ? undefined : (this.#heldAtMs ?? this.#historyMs)
  }

  /** The latest time of rows that have left; -Infinity before the first. */
  get playedMs(): number {
    return this.#playedMs
  }

  /** No more rows leave. */
  hold(): void {
    this.#heldAtMs ??= this.#historyMs
    this.#limitMs = Number.NEGATIVE_INFINITY
    this.#reconsider()
  }

  /** Rows leave again, from where it was held. */
  release(): void {
    this.#start =
      this.#heldAtMs === undefined ? undefined : { wallMs: this.#clock.now(), eventMs: this.#heldAtMs }
    this.#heldAtMs = undefined
    this.#limitMs = Number.POSITIVE_INFINITY
    this.#reconsider()
  }

  /** While it is held: lets all rows before a time of history leave, at full speed. Gives the time of the next row. */
  async playTo(timeMs: number): Promise<number> {
    this.#rushToMs = this.#limitMs = timeMs
    this.#heldAtMs = Math.max(timeMs, this.#heldAtMs ?? timeMs)
    this.#reconsider()
    return this.stands()
  }

  /** @param speed milliseconds of history per millisecond; undefined: as fast as rows are read */
  setSpeed(speed: number | undefined): void {
    const eventMs = this.#historyMs
    this.#speed = speed
    this.#start = eventMs === undefined ? undefined : { wallMs: this.#clock.now(), eventMs }
    this.#reconsider()
  }

  /** Waits until it stands; gives the time of the next row, +Infinity when there is none. */
  async stands(): Promise<number> {
    while (this.#standsAtMs === undefined && !this.#over.signal.aborted && !this.#failure)
      await this.#change.promise
    return this.#standsAtMs ?? Number.POSITIVE_INFINITY
  }

  /** What is due now; undefined before the first row. */
  get #historyMs(): number | undefined {
    const last = Number.isFinite(this.#playedMs) ? this.#playedMs : undefined
    if (this.#speed === undefined || !this.#start) return last
    return this.#start.eventMs + (this.#clock.now() - this.#start.wallMs) * this.#speed
  }

  /** What may leave has changed. */
  #reconsider(): void {
    this.#standsAtMs = undefined
    this.#waiting.abort()
    this.#waiting = new AbortController()
    if (this.#over.signal.aborted) this.#waiting.abort()
    this.#changed()
  }

  /** Whether rows go through as they are read. */
  get #isFree(): boolean {
    return (
      this.#members.length === 1 &&
      this.#speed === undefined &&
      this.#limitMs === Number.POSITIVE_INFINITY &&
      this.#round === undefined &&
      !this.#preparing
    )
  }

  async #next(index: number, member: Member): Promise<SourceBatch | undefined> {
    this.#endTurn(index)
    if (this.#isFree && !member.head) {
      const read = await member.reader.next()
      if (!read) member.over = true
      else if (this.#isFree) {
        this.#playedMs = Math.max(this.#playedMs, lastTimeOf(read.batch, member.column))
        return read
      } else member.head = { read, timesMs: timesOf(read.batch, member.column), at: 0 }
      if (member.over) this.#standAt(Number.POSITIVE_INFINITY)
    }
    while (!member.over) {
      const round = this.#round
      if (this.#failure) throw this.#failure.error
      if (!round) {
        this.#preparing ??= this.#prepare()
        await this.#change.promise
      } else if (round.turn === index && !round.gave) {
        const part = leaving(member, index, round.bound)
        if (part) {
          round.gave = true
          this.#playedMs = Math.max(this.#playedMs, lastTimeOf(part.batch, member.column))
          return part
        }
        this.#passTurn(round)
      } else await this.#change.promise
    }
    return undefined
  }

  /** Members that wait are told of a failure of any; it may be that none does any more. */
  async #prepare(): Promise<void> {
    try {
      await this.#prepareRound()
    } catch (error) {
      this.#failure = { error }
    }
    this.#preparing = undefined
    this.#changed()
  }

  /** The member is done with what it gave in this round. */
  #endTurn(index: number): void {
    const round = this.#round
    if (round?.turn === index && (round.gave || this.#members[index]!.over)) this.#passTurn(round)
  }

  #passTurn(round: Round): void {
    round.gave = false
    do round.turn++
    while (round.turn < this.#members.length && this.#members[round.turn]!.over)
    if (round.turn >= this.#members.length) this.#round = undefined
    this.#changed()
  }

  /** Waits until the next rows of every member are known, and the first of them is due. */
  async #prepareRound(): Promise<void> {
    while (this.#members.includes(undefined)) await this.#change.promise
    const members = this.#members as Member[]
    await Promise.all(members.map(readHead))
    const live = members.flatMap((member, index) => (member.over ? [] : [{ index, head: member.head! }]))
    if (live.length === 0) return this.#standAt(Number.POSITIVE_INFINITY)
    let first = Number.POSITIVE_INFINITY
    let bound: Bound = { timeMs: Number.POSITIVE_INFINITY, member: 0 }
    for (const { index, head } of live) {
      first = Math.min(first, head.timesMs[head.at]!)
      const timeMs = head.timesMs.at(-1)!
      if (timeMs < bound.timeMs) bound = { timeMs, member: index }
    }
    const dueMs = await this.#whenDue(first)
    if (dueMs < bound.timeMs) bound = { timeMs: dueMs, member: members.length }
    // Those at the limit stay.
    if (this.#limitMs <= bound.timeMs) bound = { timeMs: this.#limitMs, member: -1 }
    this.#round = { bound, turn: -1, gave: false }
    this.#passTurn(this.#round)
  }

  /** Waits until a time of history may leave, and is due; gives the latest time that is due soon after. */
  async #whenDue(timeMs: number): Promise<number> {
    const clock = this.#clock
    while (!this.#over.signal.aborted) {
      if (timeMs >= this.#limitMs) {
        this.#standAt(timeMs)
        await this.#change.promise
        continue
      }
      const speed = this.#speed
      if (speed === undefined) return Number.POSITIVE_INFINITY
      if (timeMs < this.#rushToMs) return this.#rushToMs
      this.#start ??= { wallMs: clock.now(), eventMs: timeMs }
      const { wallMs, eventMs } = this.#start
      const wait = wallMs + (timeMs - eventMs) / speed - clock.now()
      if (wait <= 0) return Math.max(timeMs, eventMs + (clock.now() + TICK_MS - wallMs) * speed)
      // Whole milliseconds: what is left of one might be too little to move a clock.
      await clock.sleep(Math.min(Math.ceil(wait), 1000), this.#waiting.signal)
    }
    return timeMs
  }

  #standAt(timeMs: number): void {
    if (this.#standsAtMs === timeMs) return
    this.#standsAtMs = timeMs
    this.#changed()
  }

  #changed(): void {
    this.#change.resolve()
    this.#change = Promise.withResolvers()
  }
}

async function readHead(member: Member): Promise<void> {
  if (member.over || member.head) return
  const read = await member.reader.next()
  if (read) member.head = { read, timesMs: timesOf(read.batch, member.column), at: 0 }
  else member.over = true
}

/** The rows of a member up to the bound, which then have left. */
function leaving(member: Member, index: number, bound: Bound): BatchPart | undefined {
  const head = member.head!
  const { read, timesMs, at } = head
  const inclusive = index <= bound.member
  let end = at
  while (
    end < timesMs.length &&
    (timesMs[end]! < bound.timeMs || (inclusive && timesMs[end] === bound.timeMs))
  )
    end++
  if (end === at) return undefined
  if (end < timesMs.length) {
    head.at = end
    return { batch: slice(read.batch, at, end), slabs: [], isPart: true }
  }
  member.head = undefined
  // The memory goes back with the last piece; steps end in the order they began.
  return at === 0 ? read : { ...read, batch: slice(read.batch, at, end) }
}

function lastTimeOf(batch: Batch, column: number): number {
  const time = new Float64Array(1)
  const last = rowCount(batch) - 1
  eventTimesMs(
    batch.columns[column]!,
    1,
    Uint32Array.of(batch.selection ? batch.selection[last]! : last),
    time,
  )
  return time[0]!
}

function timesOf(batch: Batch, column: number): Float64Array {
  const times = new Float64Array(rowCount(batch))
  eventTimesMs(batch.columns[column]!, times.length, batch.selection, times)
  return times
}
