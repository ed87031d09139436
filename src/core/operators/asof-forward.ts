/**
 * The runtime of an as-of join that looks ahead, or to either side. Rows of both inputs are taken in order of time, once
 * the watermarks of both have passed them. A row of the left that has not found its partner by then waits for the next
 * row of its key on the right, which settles it, or for the watermark to say that none will do.
 *
 * Rows of a key leave in order; those of other keys may overtake them. The output's watermark stays behind rows that wait.
 */

import type { Batch } from '../batch/batch.ts'
import { orderOfPlaces, placeColumns } from '../batch/place.ts'
import { heapArena } from '../batch/slab.ts'
import { concat, iota, take } from '../batch/take.ts'
import { NO_KEY } from '../state/key-table.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { inOrderOfTime, lookBack } from './asof-backward.ts'
import { AsofInputs, type AsofRows, newestOfRight } from './asof-inputs.ts'
import type { AsofLayout } from './asof-join.ts'
import { emitMatched } from './asof-matches.ts'
import { compareTimes, isFurther } from './asof-times.ts'
import { AsofWaiting } from './asof-waiting.ts'
import type { Arrival, EdgeTime, Emit, Operator, OperatorContext, Signal } from './contract.ts'
import { type NewestRows, NO_MATCH } from './newest-rows.ts'

/** Rows of the left with what they found. */
interface Settled {
  readonly left: Batch
  readonly matches: Int32Array
}

export class ForwardAsof implements Operator {
  readonly #context: OperatorContext
  readonly #layout: AsofLayout
  readonly #nearest: boolean
  readonly #inputs: AsofInputs
  readonly #versions: NewestRows
  readonly #waiting: AsofWaiting

  constructor(layout: AsofLayout, nearest: boolean, context: OperatorContext) {
    this.#context = context
    this.#layout = layout
    this.#nearest = nearest
    this.#inputs = new AsofInputs(layout, context)
    // A row that waits may still meet what lies a tolerance before it, for as long as it waits.
    this.#versions = newestOfRight(this.#inputs, layout, context, 2 * layout.toleranceMs)
    this.#waiting = new AsofWaiting(this.#inputs, layout, context)
  }

  onBatch(batch: Batch, input: number, _emit: Emit, arrival?: Arrival): void {
    this.#inputs.add(batch, input, arrival)
  }

  onTime({ watermarkMs }: Signal, emit: Emit): void {
    const right = this.#inputs.take(1, watermarkMs, 'intern')
    const left = this.#inputs.take(0, watermarkMs, 'intern')
    this.#versions.reserve(this.#inputs.keys.size)
    const back =
      left && this.#nearest ? lookBack(left, right, this.#versions, this.#layout.toleranceMs) : undefined
    const ahead = this.#versions.scratch
    const forward = left && lookAhead(left, right, ahead)
    if (right && !left) firstOfKeys(right, ahead)
    const settled: Settled[] = []
    if (right) this.#settleMet(right, ahead, settled)
    this.#settleDue(right?.ids.length ?? 0, watermarkMs, settled)
    if (left) this.#settleNew(left, right, { back, forward: forward! }, watermarkMs, settled)
    this.#emit(settled, right, emit)
    if (right) this.#pass(right, ahead)
    this.#versions.expire(watermarkMs)
    this.#forgetKeys()
  }

  /** Rows that waited whose key has a row on the right: the first one. */
  #settleMet(right: AsofRows, ahead: Int32Array, settled: Settled[]): void {
    const { slots, ids } = this.#waiting.ofKeys(right.ids)
    if (slots.length === 0) return
    const matches = new Int32Array(slots.length)
    for (let i = 0; i < slots.length; i++) {
      const at = this.#waiting.times(slots[i]!)
      matches[i] = this.#choose(at, this.#earlier(ids[i]!, at, right.ids.length), ahead[ids[i]!]!, right)
    }
    settled.push({ left: this.#waiting.take(slots), matches })
  }

  /** Rows that waited for as long as makes sense: what lies before them is the nearest, or there is none. */
  #settleDue(passed: number, watermarkMs: number, settled: Settled[]): void {
    const slots = this.#waiting.due(watermarkMs)
    if (slots.length === 0) return
    const matches = new Int32Array(slots.length)
    for (let i = 0; i < slots.length; i++) {
      const at = this.#waiting.times(slots[i]!)
      matches[i] = this.#earlier(this.#waiting.keyOf(slots[i]!), at, passed)
    }
    settled.push({ left: this.#waiting.take(slots), matches })
  }

  /** Rows of the left that passed in this step: settled, or to wait. */
  #settleNew(
    left: AsofRows,
    right: AsofRows | undefined,
    { back, forward }: { readonly back: Int32Array | undefined; readonly forward: Int32Array },
    watermarkMs: number,
    settled: Settled[],
  ): void {
    const count = left.ids.length
    const matches = new Int32Array(count)
    const done = new Uint32Array(count)
    const waits = new Uint32Array(count)
    const dueMs = new Float64Array(count)
    let [settledOnes, waiting] = [0, 0]
    for (let row = 0; row < count; row++) {
      const at = { ms: left.timesMs[row]!, ns: left.restNs[row]! }
      const before = back ? back[row]! : NO_MATCH
      const due = this.#dueMs(at, left.ids[row]!, before, right)
      if (forward[row]! >= 0) matches[settledOnes] = this.#choose(at, before, forward[row]!, right!)
      else if (left.ids[row] === NO_KEY || watermarkMs > due || watermarkMs === END_MS)
        matches[settledOnes] = before
      else {
        dueMs[waiting] = due
        waits[waiting++] = row
        continue
      }
      done[settledOnes++] = row
    }
    const placed = inOrderOfTime(left)
    if (settledOnes > 0) {
      const rows = done.subarray(0, settledOnes)
      settled.push({ left: take(placed, rows, heapArena), matches: matches.subarray(0, settledOnes) })
    }
    if (waiting > 0) this.#waiting.add(placed, left, waits.subarray(0, waiting), dueMs.subarray(0, waiting))
  }

  /** When the watermark has passed this, ms, no row that is to come can be the partner of one that has none ahead yet. */
  #dueMs(at: TimeOfRow, id: number, before: number, right: AsofRows | undefined): number {
    const due = at.ms + this.#layout.toleranceMs
    if (before < 0) return due
    const early = this.#timeOf(before, id, right)
    return Math.min(due, 2 * at.ms - early.ms + Math.ceil((2 * at.ns - early.ns) / NS_PER_MS) - 1)
  }

  /** The nearer of two rows on the right, of which either may be absent; the earlier where both are as near. */
  #choose(at: TimeOfRow, before: number, after: number, right: AsofRows): number {
    const later = { ms: right.timesMs[after]!, ns: right.restNs[after]! }
    if (before >= 0) {
      const early = this.#timeOf(before, right.ids[after]!, right)
      const ms = later.ms - at.ms - (at.ms - early.ms)
      const ns = later.ns - at.ns - (at.ns - early.ns)
      if (ms * NS_PER_MS + ns >= 0) return before
    }
    return isFurther(later.ms, later.ns, at.ms, at.ns, this.#layout.toleranceMs) ? NO_MATCH : after
  }

  /** What a row that waited has before it: the newest row of its key, if that is near enough. */
  #earlier(id: number, at: TimeOfRow, passed: number): number {
    const versions = this.#versions
    if (!this.#nearest || !versions.has(id)) return NO_MATCH
    const further = isFurther(
      at.ms,
      at.ns,
      versions.timeMs(id),
      versions.restNs(id),
      this.#layout.toleranceMs,
    )
    return further ? NO_MATCH : passed + versions.slotOf(id)
  }

  /** The time of a match of a key. */
  #timeOf(match: number, id: number, right: AsofRows | undefined): TimeOfRow {
    if (right && match < right.ids.length) return { ms: right.timesMs[match]!, ns: right.restNs[match]! }
    return { ms: this.#versions.timeMs(id), ns: this.#versions.restNs(id) }
  }

  #emit(settled: readonly Settled[], right: AsofRows | undefined, emit: Emit): void {
    if (settled.length === 0) return
    const [first] = settled
    const all = concat(
      first!.left.schema,
      settled.map(({ left }) => left),
      heapArena,
    )
    const matches = new Int32Array(all.length)
    let at = 0
    for (const part of settled) {
      matches.set(part.matches, at)
      at += part.matches.length
    }
    const order = orderOfPlaces(placeColumns(all, heapArena), all.length) ?? iota(all.length)
    emitMatched(
      take(all, order, heapArena),
      Int32Array.from(order, row => matches[row]!),
      { passed: right?.batch, stored: this.#versions.store },
      { layout: this.#layout, context: this.#context, emit },
    )
  }

  /** Rows of the right are behind: what is kept of them, and the scratch is as it was. */
  #pass(right: AsofRows, ahead: Int32Array): void {
    for (const id of right.ids) if (id !== NO_KEY) ahead[id] = NO_MATCH
    if (this.#nearest) this.#versions.remember(right)
  }

  #forgetKeys(): void {
    const rows = this.#versions.count + this.#waiting.count
    const isLive = (id: number) => this.#versions.has(id) || this.#waiting.has(id)
    const live = this.#inputs.keysToRetain(rows, isLive)
    if (!live) return
    this.#inputs.keys.retain(live)
    this.#versions.renumber(live)
    this.#waiting.renumber(live)
  }

  outputTime(_port: string, { watermarkMs, maxTimeMs }: Signal): EdgeTime {
    return { watermarkMs: Math.min(watermarkMs, this.#waiting.minMs), maxTimeMs }
  }

  get stateKeys(): number {
    return this.#inputs.keys.size
  }

  get stateBytes(): number {
    return this.#inputs.keys.bytes + this.#versions.bytes + this.#waiting.bytes
  }

  close(): void {
    this.#versions.close()
    this.#waiting.close()
  }

  save(to: StateWriter): void {
    this.#inputs.save(to)
    this.#versions.save(to, 'versions')
    this.#waiting.save(to)
  }

  load(from: StateReader): void {
    this.#inputs.load(from)
    this.#versions.load(from, 'versions')
    this.#waiting.load(from)
    this.#versions.reserve(this.#inputs.keys.size)
  }
}

const END_MS = Number.POSITIVE_INFINITY
const NS_PER_MS = 1e6

interface TimeOfRow {
  readonly ms: number
  readonly ns: number
}

/**
 * By row of the left, the first row of the right at or after its time among those that passed; of several at that time
 * the last by place. Leaves the first of each key in `ahead`.
 */
function lookAhead(left: AsofRows, right: AsofRows | undefined, ahead: Int32Array): Int32Array {
  const matches = new Int32Array(left.ids.length).fill(NO_MATCH)
  let next = (right?.ids.length ?? 0) - 1
  for (let row = matches.length - 1; row >= 0; row--) {
    for (; next >= 0 && compareTimes(right!, next, left, row) >= 0; next--) putAhead(right!, next, ahead)
    const id = left.ids[row]!
    if (id !== NO_KEY) matches[row] = ahead[id]!
  }
  for (; next >= 0; next--) putAhead(right!, next, ahead)
  return matches
}

function firstOfKeys(right: AsofRows, ahead: Int32Array): void {
  for (let row = right.ids.length - 1; row >= 0; row--) putAhead(right, row, ahead)
}

function putAhead(right: AsofRows, row: number, ahead: Int32Array): void {
  const id = right.ids[row]!
  if (id === NO_KEY) return
  const later = ahead[id]!
  if (later < 0 || compareTimes(right, row, right, later) < 0) ahead[id] = row
}
