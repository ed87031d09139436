/**
 * The runtime of an as-of join that looks back. Rows of both inputs are taken in order of time, once the watermarks of both
 * have passed them: then the newest row of each key on the right is what the next one on the left meets. So of the right
 * one row per key is kept.
 */

import type { Batch } from '../batch/batch.ts'
import type { Column } from '../batch/column.ts'
import { placedBy } from '../batch/place.ts'
import { heapArena } from '../batch/slab.ts'
import { NO_KEY } from '../state/key-table.ts'
import type { StateReader } from '../state/state-reader.ts'
import type { StateWriter } from '../state/state-writer.ts'
import { AsofInputs, type AsofRows, newestOfRight } from './asof-inputs.ts'
import type { AsofLayout } from './asof-join.ts'
import { emitMatched } from './asof-matches.ts'
import { compareTimes, isFurther } from './asof-times.ts'
import type { Arrival, Emit, Operator, OperatorContext, Signal } from './contract.ts'
import { type NewestRows, NO_MATCH } from './newest-rows.ts'
import type { OrderedRows } from './time-buffer.ts'

export class BackwardAsof implements Operator {
  readonly #context: OperatorContext
  readonly #layout: AsofLayout
  readonly #inputs: AsofInputs
  readonly #versions: NewestRows

  constructor(layout: AsofLayout, context: OperatorContext) {
    this.#context = context
    this.#layout = layout
    this.#inputs = new AsofInputs(layout, context)
    this.#versions = newestOfRight(this.#inputs, layout, context, layout.toleranceMs)
  }

  onBatch(batch: Batch, input: number, _emit: Emit, arrival?: Arrival): void {
    this.#inputs.add(batch, input, arrival)
  }

  onTime({ watermarkMs }: Signal, emit: Emit): void {
    const right = this.#inputs.take(1, watermarkMs, 'intern')
    this.#versions.reserve(this.#inputs.keys.size)
    const left = this.#inputs.take(0, watermarkMs, 'find')
    if (left) {
      const matches = lookBack(left, right, this.#versions, this.#layout.toleranceMs)
      const from = { passed: right?.batch, stored: this.#versions.store }
      emitMatched(inOrderOfTime(left), matches, from, { layout: this.#layout, context: this.#context, emit })
    }
    if (right) this.#versions.remember(right)
    this.#versions.expire(watermarkMs)
    const live = this.#inputs.keysToRetain(this.#versions.count, id => this.#versions.has(id))
    if (!live) return
    this.#inputs.keys.retain(live)
    this.#versions.renumber(live)
  }

  get stateKeys(): number {
    return this.#inputs.keys.size
  }

  get stateBytes(): number {
    return this.#inputs.keys.bytes + this.#versions.bytes
  }

  close(): void {
    this.#versions.close()
  }

  save(to: StateWriter): void {
    this.#inputs.save(to)
    this.#versions.save(to, 'versions')
  }

  load(from: StateReader): void {
    this.#inputs.load(from)
    this.#versions.load(from, 'versions')
  }
}

/** Rows with their times before their places. */
export function inOrderOfTime({ batch, timesMs, restNs }: OrderedRows): Batch {
  const columns = [timesMs, restNs].map((values): Column => ({ type: 'float64', values }))
  return placedBy(batch, columns, heapArena)
}

/** By row of the left, the last row of the right at or before its time: see {@link NO_MATCH}. */
export function lookBack(
  left: AsofRows,
  right: AsofRows | undefined,
  versions: NewestRows,
  toleranceMs: number,
): Int32Array {
  const count = right?.ids.length ?? 0
  const newest = versions.scratch
  const matches = new Int32Array(left.ids.length).fill(NO_MATCH)
  let next = 0
  for (let row = 0; row < matches.length; row++) {
    for (; next < count && compareTimes(right!, next, left, row) <= 0; next++) {
      const id = right!.ids[next]!
      if (id !== NO_KEY) newest[id] = next
    }
    const id = left.ids[row]!
    if (id === NO_KEY) continue
    const found = newest[id]!
    const [ms, ns] = [left.timesMs[row]!, left.restNs[row]!]
    if (found >= 0) {
      if (!isFurther(ms, ns, right!.timesMs[found]!, right!.restNs[found]!, toleranceMs)) matches[row] = found
    } else if (versions.has(id)) {
      const further = isFurther(ms, ns, versions.timeMs(id), versions.restNs(id), toleranceMs)
      if (!further) matches[row] = count + versions.slotOf(id)
    }
  }
  for (let i = 0; i < next; i++) if (right!.ids[i] !== NO_KEY) newest[right!.ids[i]!] = NO_MATCH
  return matches
}
