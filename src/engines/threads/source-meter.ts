/** What is measured of a source and its splits, batch by batch. */

import type { Split } from '../../core/connector.ts'

/** Ended splits that are remembered one by one. */
const ENDED_KEPT = 100

export interface SplitMeasures {
  readonly label: string
  readonly rowsTotal: number | undefined
  rows: number
  batches: number
  bytes: number
  waitingMs: number
  backPressuredMs: number
  ended: boolean
}

export class SourceMeter {
  readonly #running = new Map<string, SplitMeasures>()
  readonly #ended: SplitMeasures[] = []
  #begun = 0
  #endedCount = 0
  /** Of ended splits that are forgotten. */
  readonly #before = { rows: 0, batches: 0, bytes: 0, waitingMs: 0, backPressuredMs: 0 }

  begin({ label, rows }: Split): SplitMeasures {
    const known = this.#running.get(label)
    if (known) return known
    this.#begun++
    const measures = { label, rowsTotal: rows, rows: 0, batches: 0, bytes: 0, ...NO_TIME, ended: false }
    this.#running.set(label, measures)
    return measures
  }

  end(split: SplitMeasures): void {
    if (split.ended) return
    split.ended = true
    this.#endedCount++
    this.#running.delete(split.label)
    this.#ended.push(split)
    if (this.#ended.length > ENDED_KEPT) addTo(this.#before, this.#ended.shift()!)
  }

  get splitsBegun(): number {
    return this.#begun
  }

  get splitsEnded(): number {
    return this.#endedCount
  }

  /** Those that ended last, then those that run. */
  get splits(): readonly SplitMeasures[] {
    return [...this.#ended, ...this.#running.values()]
  }

  get total(): Readonly<Totals> {
    const total = { ...this.#before }
    for (const split of this.splits) addTo(total, split)
    return total
  }
}

type Totals = Pick<SplitMeasures, 'rows' | 'batches' | 'bytes' | 'waitingMs' | 'backPressuredMs'>

const NO_TIME = { waitingMs: 0, backPressuredMs: 0 }

function addTo(total: Totals, { rows, batches, bytes, waitingMs, backPressuredMs }: Totals): void {
  total.rows += rows
  total.batches += batches
  total.bytes += bytes
  total.waitingMs += waitingMs
  total.backPressuredMs += backPressuredMs
}
