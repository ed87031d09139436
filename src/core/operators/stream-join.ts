/**
 * The runtime of a join of two inputs that go on: each keeps its rows, and a row that comes is looked up in those of the
 * other side, then kept. So a pair leaves when the later of its rows comes, once.
 *
 * Weights multiply: a row taken back takes back every pair it made. The place of a pair are both places.
 *
 * Rows that leave without a pair, or because they are in one (semi), go by whether there is a match. Where keys alone
 * decide, a row has a match when there is a row of its key on the other side; otherwise matches are counted row by row.
 * Without a range of time such a row leaves at once, and is taken back when that changes; within one it waits until no
 * match can come any more.
 */

import { type Batch, rowAt, rowCount } from '../batch/batch.ts'
import { weightsOf } from '../batch/meta.ts'
import { withScratch } from '../batch/scratch.ts'
import { itemsAt } from '../batch/take-column.ts'
import { keyGroupsOf } from '../state/hash.ts'
import { KeyTable } from '../state/key-table.ts'
import { BLOCK_SLOTS } from '../state/row-store/slots.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import type { Arrival, EdgeTime, Emit, Operator, OperatorContext, Signal } from './contract.ts'
import { OUTPUT_ROWS } from './define.ts'
import { givesLeftRows, isPreserved } from './join-columns.ts'
import { keyedRows, keyIds } from './join-keys.ts'
import { type JoinLayout, timeOfPairs } from './join-layout.ts'
import { JoinSide } from './join-side.ts'
import { JoinedRows } from './joined-rows.ts'
import { KeyFlips } from './key-flips.ts'
import { type CameRows, PairFinder } from './pair-finder.ts'
import { timelyRows } from './timely.ts'

export class StreamJoin implements Operator {
  readonly #context: OperatorContext
  readonly #layout: JoinLayout
  readonly #keys: KeyTable
  readonly #sides: readonly [JoinSide, JoinSide]
  readonly #finder: PairFinder
  readonly #joined: JoinedRows
  readonly #flips = new KeyFlips()
  /** Whether matches are counted row by row. */
  readonly #byRow: boolean

  constructor(layout: JoinLayout, context: OperatorContext) {
    this.#context = context
    this.#layout = layout
    this.#keys = new KeyTable(layout.keyTypes)
    this.#byRow = layout.where !== undefined || layout.range !== undefined
    const side = (input: 0 | 1) =>
      new JoinSide(context.inputs[input]!, {
        input,
        range: layout.range,
        counted: this.#byRow && this.#watches(input),
        watched: this.#watches(input),
      })
    this.#sides = [side(0), side(1)]
    this.#finder = new PairFinder(layout)
    this.#joined = new JoinedRows(layout, context)
  }

  /** Whether it matters of an input's rows if they have a match. */
  #watches(input: 0 | 1): boolean {
    const { how } = this.#layout
    return isPreserved(how, input) || (input === 0 && givesLeftRows(how))
  }

  /** Whether pairs leave. */
  get #pairs(): boolean {
    return !givesLeftRows(this.#layout.how)
  }

  /** What becomes of a watched row that gets its first match: it leaves (1), or is taken back (-1). */
  get #onMatch(): 1 | -1 {
    return this.#layout.how === 'semi' ? 1 : -1
  }

  /** A row of the first side is not needed once it has a match: only whether there is one matters, and it stays. */
  get #doneOnMatch(): boolean {
    return !this.#pairs && !this.#sides[1].changes
  }

  onBatch(all: Batch, input: 0 | 1, emit: Emit, arrival?: Arrival): void {
    const { range } = this.#layout
    const batch = range ? timelyRows(all, range.times[input], arrival, this.#context.report) : all
    const keyed = keyedRows(batch, this.#layout.keyColumns[input], this.#layout.keyTypes)
    if (this.#watches(input) && this.#onMatch === -1) this.#leaveWithoutKey(batch, keyed, input, emit)
    if (keyed.count === 0) return
    withScratch(scratch => {
      const ids = keyIds(this.#keys, keyed, 'intern', scratch)
      const times = this.#sides[input].timesOf(batch, keyed, scratch)
      const came: CameRows = { batch, input, rows: keyed.rows, count: keyed.count, ids, times }
      if (this.#byRow) this.#matchRows(came, emit)
      else this.#matchKeys(came, emit)
    })
  }

  /** Rows with a null key have no match, whatever comes. */
  #leaveWithoutKey(
    batch: Batch,
    { rows, count }: { rows: Uint32Array | undefined; count: number },
    input: 0 | 1,
    emit: Emit,
  ): void {
    const total = rowCount(batch)
    if (count === total) return
    const without = new Uint32Array(total - count)
    for (let i = 0, at = 0, to = 0; i < total; i++) {
      const row = rowAt(batch, i)
      if (at < count && rows![at] === row) at++
      else without[to++] = row
    }
    emitSome(this.#joined.alone(this.#joined.came(batch, without, input), input, 1), emit)
  }

  // --- keys alone decide: a row has a match when the other side has a row of its key ---

  #matchKeys(came: CameRows, emit: Emit): void {
    const { input, ids, count } = came
    const other = this.#other(input)
    const own = this.#sides[input]
    const watched = this.#watches(other.input)
    const keep = this.#keptOfKeys(came)
    const flips = watched
      ? this.#flips.around(
          ids,
          count,
          id => own.store.countOf(id) > 0,
          () => own.keep(came, keep),
        )
      : undefined
    if (!watched) own.keep(came, keep)
    if (flips) this.#flip(flips.matched, other, this.#onMatch, emit)
    if (this.#pairs) {
      for (const { at, slots } of this.#finder.pieces(came, other))
        this.#leavePairs(came, at, other, slots, emit)
    }
    if (flips) this.#flip(flips.unmatched, other, this.#onMatch === 1 ? -1 : 1, emit)
    if (this.#watches(input)) {
      const leaves = this.#onMatch === 1
      this.#leave(came, i => other.store.countOf(ids[i]!) > 0 === leaves, emit)
    }
  }

  /**
   * Which rows to keep, by number; undefined: all. Rows are kept for those that come on the other side, and where that has
   * watched rows that are there already.
   */
  #keptOfKeys({ input, ids, count }: CameRows): Uint32Array | undefined {
    const own = this.#sides[input]
    const other = this.#other(input)
    if (other.ended && !this.#watches(other.input)) return NONE
    // Whether a key is there is all that is asked.
    if (!own.changes && (other.ended || (input === 1 && !this.#pairs))) {
      const known = new Set<number>()
      const isFirst = (id: number) => own.store.countOf(id) === 0 && !known.has(id)
      return numbersWhere(count, i => isFirst(ids[i]!) && known.add(ids[i]!).size > 0)
    }
    if (input === 0 && this.#doneOnMatch) return numbersWhere(count, i => other.store.countOf(ids[i]!) === 0)
    return undefined
  }

  /** Kept rows of keys that have got their first match, or lost their last, leave or are taken back. */
  #flip(keys: Uint32Array, side: JoinSide, sign: 1 | -1, emit: Emit): void {
    if (keys.length === 0) return
    for (const slots of this.#finder.rowsOf(keys, side)) this.#leaveKept(side, slots, sign, emit)
    if (sign === this.#onMatch && this.#doneOnMatch)
      for (const key of keys) side.store.remove(side.store.slotsOf(key))
  }

  // --- matches are counted row by row ---

  #matchRows(came: CameRows, emit: Emit): void {
    const { input, count } = came
    const own = this.#sides[input]
    const other = this.#other(input)
    const watched = this.#watches(other.input)
    const counts = this.#watches(input) ? new Int32Array(count) : undefined
    const weights = weightsOf(came.batch)
    const lost = new Set<number>()
    const done: Uint32Array[] = []
    for (const { at, slots } of this.#finder.pieces(came, other)) {
      if (counts) for (let i = 0; i < at.length; i++) counts[at[i]!]! += other.store.weightOf(slots[i]!)
      if (watched) {
        const matched = other.count(slots, i => weightOf(weights, came, at[i]!), lost)
        if (matched.length > 0 && (!this.#layout.range || this.#onMatch === 1))
          this.#leaveKept(other, matched, this.#onMatch, emit)
        if (this.#doneOnMatch) done.push(matched)
      }
      if (this.#pairs) this.#leavePairs(came, at, other, slots, emit)
    }
    for (const slots of done) other.store.remove(slots)
    if (lost.size > 0) this.#leaveKept(other, Uint32Array.from(lost), this.#onMatch === 1 ? -1 : 1, emit)
    if (counts) this.#leaveCounted(came, counts, emit)
    if (other.ended) return
    const keep = input === 0 && this.#doneOnMatch ? numbersWhere(count, i => counts![i]! <= 0) : undefined
    own.keep(came, keep, counts)
  }

  /** Of rows that came: within a range those without a match wait, unless nothing more can come. */
  #leaveCounted(came: CameRows, counts: Int32Array, emit: Emit): void {
    if (this.#onMatch === 1) this.#leave(came, i => counts[i]! > 0, emit)
    else if (!this.#layout.range || this.#other(came.input).ended)
      this.#leave(came, i => counts[i]! <= 0, emit)
  }

  // --- what leaves ---

  #leavePairs(came: CameRows, at: Uint32Array, other: JoinSide, slots: Uint32Array, emit: Emit): void {
    const { rows, batch, input } = came
    const own = this.#joined.came(batch, rows ? itemsAt(rows, at) : at, input)
    const met = this.#joined.kept(other.store, slots, other.input)
    emitSome(input === 0 ? this.#joined.pairs(own, met) : this.#joined.pairs(met, own), emit)
  }

  #leaveKept(side: JoinSide, slots: Uint32Array, sign: 1 | -1, emit: Emit): void {
    for (let from = 0; from < slots.length; from += OUTPUT_ROWS) {
      const part = slots.subarray(from, from + OUTPUT_ROWS)
      const rows = this.#joined.kept(side.store, part, side.input)
      emitSome(this.#joined.alone(rows, side.input, sign), emit)
    }
  }

  /** Rows that came and leave alone. */
  #leave({ batch, input, rows, count }: CameRows, leaves: (i: number) => boolean, emit: Emit): void {
    const numbers = numbersWhere(count, leaves)
    if (numbers.length === 0) return
    const physical = rows ? itemsAt(rows, numbers) : numbers
    emitSome(this.#joined.alone(this.#joined.came(batch, physical, input), input, 1), emit)
  }

  #other(input: 0 | 1): JoinSide {
    return this.#sides[1 - input]!
  }

  // --- time and state ---

  onTime({ inputs }: Signal, emit: Emit): void {
    for (const side of this.#sides) side.ended = inputs[side.input] === Number.POSITIVE_INFINITY
    for (const side of this.#sides) {
      const otherMs = inputs[1 - side.input]!
      if (this.#layout.range && otherMs > Number.NEGATIVE_INFINITY) this.#expire(side, otherMs, emit)
      const needed = !this.#byRow && this.#watches((1 - side.input) as 0 | 1) && !side.ended
      if (this.#other(side.input).ended && !needed) side.clear()
    }
    this.#forgetKeys()
  }

  /** Rows that can meet no more leave if they have met none, and are forgotten. */
  #expire(side: JoinSide, otherMs: number, emit: Emit): void {
    const { store, input } = side
    // A row that is not late is at the watermark or after it.
    const ended = otherMs === Number.POSITIVE_INFINITY
    if (side.byBlock) {
      if (!ended) store.removeDue(otherMs - 1)
      return
    }
    const due = ended ? store.all() : store.expire(otherMs - 1)
    if (due.length === 0) return
    if (this.#watches(input) && this.#onMatch === -1)
      this.#leaveKept(
        side,
        due.filter(slot => store.numberOf(slot) <= 0),
        1,
        emit,
      )
    if (!ended) store.remove(due)
  }

  outputTime(_port: string, signal: Signal): EdgeTime {
    return this.#context.output.eventTime === undefined ? signal : timeOfPairs(this.#layout, signal)
  }

  /** Gives the memory of keys without rows back, once they are half of all. */
  #forgetKeys(): void {
    const [left, right] = this.#sides
    const size = this.#keys.size
    if (size < 2 * BLOCK_SLOTS || size < 2 * (left.store.count + right.store.count)) return
    const live: number[] = []
    for (let id = 0; id < size; id++)
      if (left.store.countOf(id) > 0 || right.store.countOf(id) > 0) live.push(id)
    const ids = Uint32Array.from(live)
    this.#keys.retain(ids)
    for (const { store } of this.#sides) store.renumberKeys(ids)
  }

  get stateKeys(): number {
    return this.#keys.size
  }

  get stateBytes(): number {
    return this.#keys.bytes + this.#sides[0].bytes + this.#sides[1].bytes
  }

  close(): void {
    for (const side of this.#sides) side.close()
  }

  save(to: StateWriter): void {
    for (const { store, input } of this.#sides) {
      store.save(to, `rows${input}`, batch => {
        const keyGroups = new Uint8Array(batch.length)
        const keys = this.#layout.keyColumns[input].map(column => batch.columns[column]!)
        keyGroupsOf(keys, batch.length, undefined, keyGroups)
        return keyGroups
      })
    }
  }

  load(from: StateReader): void {
    for (const side of this.#sides) {
      side.load(from, rows =>
        keyIds(
          this.#keys,
          keyedRows(rows, this.#layout.keyColumns[side.input], this.#layout.keyTypes),
          'intern',
        ),
      )
    }
  }
}

const NONE = new Uint32Array(0)

/** Emits rows, unless none of them was wanted. */
function emitSome(rows: Batch, emit: Emit): void {
  if (rows.length > 0) emit(rows)
}

/** How often a row that came counts. */
function weightOf(weights: Int32Array | undefined, { rows }: CameRows, i: number): number {
  return weights ? weights[rows ? rows[i]! : i]! : 1
}

/** The numbers below `count` for which it is so, ascending. */
function numbersWhere(count: number, test: (i: number) => boolean): Uint32Array {
  const numbers = new Uint32Array(count)
  let some = 0
  for (let i = 0; i < count; i++) if (test(i)) numbers[some++] = i
  return numbers.subarray(0, some)
}
