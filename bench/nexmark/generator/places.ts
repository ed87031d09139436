/** Where the events of a table are: the event behind each row of each split, without making those before it. */

import {
  AUCTIONS_PER_EPOCH,
  EVENTS_PER_EPOCH,
  type Kind,
  type NexmarkConfig,
  PERSONS_PER_EPOCH,
  unitEvents,
} from './config.ts'

/** The slots of an epoch that a kind of event has: from the first to before the last. */
const SLOTS: Readonly<Record<Kind, readonly [number, number]>> = {
  persons: [0, PERSONS_PER_EPOCH],
  auctions: [PERSONS_PER_EPOCH, PERSONS_PER_EPOCH + AUCTIONS_PER_EPOCH],
  bids: [PERSONS_PER_EPOCH + AUCTIONS_PER_EPOCH, EVENTS_PER_EPOCH],
}

export class TablePlaces {
  /** Rows of the table in one unit of events. */
  readonly unitRows: number
  readonly #unit: number
  readonly #units: number
  readonly #splits: number
  /** The number of each row's event within its unit. Every unit is permuted in the same way. */
  readonly #within: Int32Array

  constructor(kind: Kind, config: NexmarkConfig) {
    const { group, events, splits } = config
    const [first, end] = SLOTS[kind]
    this.#unit = unitEvents(config)
    this.#units = events / this.#unit
    this.#splits = splits
    const within: number[] = []
    for (let i = 0; i < this.#unit; i++) {
      const event = group === 1 ? i : (i * 953) % group
      const slot = event % EVENTS_PER_EPOCH
      if (slot >= first && slot < end) within.push(event)
    }
    this.#within = Int32Array.from(within)
    this.unitRows = within.length
  }

  /** How many rows a split has. */
  rowsOf(split: number): number {
    return Math.ceil((this.#units - split) / this.#splits) * this.unitRows
  }

  /** Writes the numbers of the events behind rows of a split, from `row` on. */
  fill(into: Float64Array, split: number, row: number, count: number): void {
    const within = this.#within
    const rows = within.length
    let first = (Math.floor(row / rows) * this.#splits + split) * this.#unit
    let at = row % rows
    for (let i = 0; i < count; i++) {
      into[i] = first + within[at]!
      if (++at === rows) {
        at = 0
        first += this.#unit * this.#splits
      }
    }
  }
}
