/**
 * `topN` over a changelog: a changelog of the rows that are among the first. All rows are kept, equal ones as one with a
 * weight; a row that counts several times takes several places.
 */

import { type Batch, rowCount } from '../batch/batch.ts'
import { heapArena } from '../batch/slab.ts'
import { take } from '../batch/take.ts'
import type { Emit } from './contract.ts'
import { StoredTopN } from './top-n-store.ts'
import { inPlaceOrder, weighed } from './weighed-rows.ts'

/** Where a row stands among the first of its key: its rank from 0 on, and how often it counts there. */
interface Standing {
  readonly rank: number
  readonly weight: number
}

/** The first rows of a key, by slot. */
type Ranked = ReadonlyMap<number, Standing>

/** Rows, as numbers of the store or of a batch, with the rank and the weight that they leave with. */
class Changes {
  readonly rows: number[] = []
  readonly ranks: number[] = []
  readonly weights: number[] = []

  add(row: number, rank: number, weight: number): void {
    this.rows.push(row)
    this.ranks.push(rank)
    this.weights.push(weight)
  }
}

export class TopNOfChanges extends StoredTopN {
  onBatch(batch: Batch, _input: number, emit: Emit): void {
    if (rowCount(batch) === 0) return
    const ids = this.idsOf(batch)
    const before = new Map<number, Ranked>()
    for (const id of ids) if (!before.has(id)) before.set(id, this.#ranked(id))
    // Rows that are taken back may be gone afterwards.
    const slots = Uint32Array.from([...before.values()].flatMap(ranked => [...ranked.keys()]))
    const held = this.store.take(slots, heapArena)
    const rowOf = new Map([...slots].map((slot, row) => [slot, row]))
    this.store.change(batch, undefined, { keys: ids })
    const back = new Changes()
    const come = new Changes()
    for (const [id, ranked] of before) {
      const after = this.#ranked(id)
      for (const slot of new Set([...ranked.keys(), ...after.keys()])) {
        const changes = this.#changesOf(ranked.get(slot), after.get(slot))
        for (const { rank, weight } of changes) {
          if (weight < 0) back.add(rowOf.get(slot)!, rank, weight)
          else come.add(slot, rank, weight)
        }
      }
    }
    const { arena } = this.context
    if (back.rows.length > 0) this.#emit(take(held, Uint32Array.from(back.rows), arena), back, emit)
    if (come.rows.length > 0) this.#emit(this.store.take(Uint32Array.from(come.rows), arena), come, emit)
  }

  #emit(batch: Batch, { ranks, weights }: Changes, emit: Emit): void {
    const { arena } = this.context
    const rows = this.withRanks(batch, Uint32Array.from(ranks), arena)
    emit(inPlaceOrder(weighed(rows, Int32Array.from(weights), arena), arena))
  }

  /** What makes one standing of a row into another. */
  #changesOf(before: Standing | undefined, after: Standing | undefined): readonly Standing[] {
    const [was, is] = [before?.weight ?? 0, after?.weight ?? 0]
    if (!this.ranked) return was === is ? NONE : [{ rank: 0, weight: is - was }]
    if (this.order.ties && before?.rank === after?.rank)
      return was === is ? NONE : [{ rank: before!.rank, weight: is - was }]
    if (this.order.ties) {
      const gone = before ? [{ rank: before.rank, weight: -was }] : NONE
      return after ? [...gone, { rank: after.rank, weight: is }] : gone
    }
    // Each time that the row counts has a rank of its own.
    const ranksOf = (standing: Standing | undefined) =>
      Array.from({ length: standing?.weight ?? 0 }, (_, i) => standing!.rank + i)
    const within = (rank: number, standing: Standing | undefined) =>
      standing !== undefined && rank >= standing.rank && rank < standing.rank + standing.weight
    return [
      ...ranksOf(before).flatMap(rank => (within(rank, after) ? [] : [{ rank, weight: -1 }])),
      ...ranksOf(after).flatMap(rank => (within(rank, before) ? [] : [{ rank, weight: 1 }])),
    ]
  }

  #ranked(id: number): Ranked {
    const { sorted } = this.store
    const { n, ties } = this.order
    const ranked = new Map<number, Standing>()
    let number = 0
    let rank = 0
    let last = -1
    for (let i = 0; i < sorted.countOf(id); i++) {
      const slot = sorted.at(id, i)
      const weight = this.store.weightOf(slot)
      // What was taken back before it came counts as nothing.
      if (weight <= 0) continue
      if (!ties || last < 0 || !sorted.tied(last, slot)) rank = number
      if (rank >= n) break
      ranked.set(slot, { rank, weight: ties ? weight : Math.min(weight, n - number) })
      number += weight
      last = slot
    }
    return ranked
  }
}

const NONE: readonly Standing[] = []
