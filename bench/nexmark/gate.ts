/** Holds the readers of sources at a part of their rows, so that a job can be looked at, or stopped, there. */

import type { Source, SplitReader } from '../../src/core/connector.ts'

export class Gate {
  /** Resolves when no more rows come. */
  readonly reached: Promise<void>
  /** How many rows have passed, by label of the split. */
  readonly rows = new Map<string, number>()
  readonly #reached = Promise.withResolvers<void>()
  readonly #opened = Promise.withResolvers<void>()
  readonly #part: number
  /** Sources that end are read one after the other: the first that waits holds them all. */
  readonly #inTurn: boolean
  #readers = 0
  #waiting = 0
  #isOpen = false

  /** @param part of each split's rows, from 0 to 1 */
  constructor(part: number, inTurn: boolean) {
    this.#part = part
    this.#inTurn = inTurn
    this.reached = this.#reached.promise
  }

  /** Lets all rows pass. */
  open(): void {
    this.#isOpen = true
    this.#opened.resolve()
  }

  /** The source behind the gate. */
  put(source: Source): Source {
    return {
      ...source,
      open: async (split, from, request, memory) => {
        const reader = await source.open(split, from, request, memory)
        this.#readers++
        return this.#held(split.label, reader, Math.floor(split.rows! * this.#part))
      },
    }
  }

  #held(label: string, reader: SplitReader, rows: number): SplitReader {
    let read = 0
    const closed = Promise.withResolvers<void>()
    return {
      next: async () => {
        if (read >= rows && !this.#isOpen) {
          this.#waiting++
          if (this.#inTurn || this.#waiting === this.#readers) this.#reached.resolve()
          await Promise.race([this.#opened.promise, closed.promise])
        }
        const next = await reader.next()
        read += next?.batch.length ?? 0
        if (!this.#isOpen) this.rows.set(label, read)
        return next
      },
      close: async () => {
        closed.resolve()
        await reader.close()
      },
    }
  }
}
