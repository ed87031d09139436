/**
 * Datasets that are replayed together: their rows leave in time order, ties in the order of the datasets, and at a speed
 * no earlier than they are due by one clock.
 *
 * Rows leave in rounds. A round goes up to a bound: no further than every member's rows are known, and no further than
 * rows are due. In a round each member gives its rows up to the bound, one member after the other, so that rows of two
 * members are out of order by less than a batch. A member's turn is over when it is asked for its next batch: what it
 * gave before has its place in the job by then.
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
  readonly #speed: number | undefined
  readonly #clock: Clock
  /** By place in the order of the datasets; absent until its reader is open. */
  readonly #members: (Member | undefined)[]
  readonly #over = new AbortController()
  #start: { readonly wallMs: number; readonly eventMs: number } | undefined
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
        if (this.#members.every(other => other?.over)) this.#over.abort()
        this.#changed()
        await reader.close()
      },
    }
  }

  async #next(index: number, member: Member): Promise<SourceBatch | undefined> {
    this.#endTurn(index)
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
    if (live.length === 0) return
    let first = Number.POSITIVE_INFINITY
    let bound: Bound = { timeMs: Number.POSITIVE_INFINITY, member: 0 }
    for (const { index, head } of live) {
      first = Math.min(first, head.timesMs[head.at]!)
      const timeMs = head.timesMs.at(-1)!
      if (timeMs < bound.timeMs) bound = { timeMs, member: index }
    }
    if (this.#speed !== undefined) {
      const dueMs = await this.#whenDue(first, this.#speed)
      if (dueMs < bound.timeMs) bound = { timeMs: dueMs, member: members.length }
    }
    this.#round = { bound, turn: -1, gave: false }
    this.#passTurn(this.#round)
  }

  /** Waits until a time of history is due; gives the latest time that is due soon after. */
  async #whenDue(timeMs: number, speed: number): Promise<number> {
    const clock = this.#clock
    this.#start ??= { wallMs: clock.now(), eventMs: timeMs }
    const { wallMs, eventMs } = this.#start
    const dueMs = wallMs + (timeMs - eventMs) / speed
    for (let wait = dueMs - clock.now(); wait > 0; wait = dueMs - clock.now()) {
      // Whole milliseconds: what is left of one might be too little to move a clock.
      await clock.sleep(Math.min(Math.ceil(wait), 1000), this.#over.signal)
      if (this.#over.signal.aborted) break
    }
    return Math.max(timeMs, eventMs + (clock.now() + TICK_MS - wallMs) * speed)
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

function timesOf(batch: Batch, column: number): Float64Array {
  const times = new Float64Array(rowCount(batch))
  eventTimesMs(batch.columns[column]!, times.length, batch.selection, times)
  return times
}
