/**
 * The log of a job's clock: what it decided, each at its place among the rows of every split. A job that is given the log
 * of another reads the same rows up to each mark before it makes it, and so comes to the same decisions.
 */

import { rowCount } from '../../core/batch/batch.ts'
import { slice } from '../../core/batch/take.ts'
import type { SplitReader } from '../../core/connector.ts'
import type { LoggedMark } from '../../core/engine.ts'
import { JobError } from '../../core/errors.ts'
import type { BatchPart } from './replay-group.ts'
import type { ClockMark } from './step.ts'

/** What a log holds at most: about a day of a mark a second. A longer one is given up. */
const MAX_MARKS = 100_000

/** Writes the log. */
export class ClockLog {
  #marks: LoggedMark[] = []
  #rows: Record<string, number> = {}
  #last: number | undefined
  #isWhole = true

  /** Rows of a split were read. */
  read(split: string, rows: number): void {
    this.#rows[split] = (this.#rows[split] ?? 0) + rows
  }

  add({ clockMs, idle }: ClockMark): void {
    this.#last = clockMs
    if (!this.#isWhole) return
    this.#marks.push({ clockMs, idle, rows: this.#rows })
    this.#rows = {}
    if (this.#marks.length <= MAX_MARKS) return
    this.#isWhole = false
    this.#marks = []
  }

  /** What was decided since {@link take}; up to the last row read. */
  get marks(): readonly LoggedMark[] {
    if (this.#last === undefined || !this.#isWhole) return []
    if (Object.keys(this.#rows).length === 0) return [...this.#marks]
    return [...this.#marks, { clockMs: this.#last, idle: {}, rows: { ...this.#rows } }]
  }

  /** The marks, which are then gone: the log begins again. */
  take(): readonly LoggedMark[] {
    const { marks } = this
    this.#marks = []
    this.#rows = {}
    this.#isWhole = true
    return marks
  }
}

/** Follows the log of another job. */
export class ClockReplay {
  readonly #marks: readonly LoggedMark[]
  readonly #mark: (mark: ClockMark) => void
  #next = 0
  /** By split: its rows that come before the next mark. */
  #left = new Map<string, number>()
  #begun = false
  #over = Promise.withResolvers<void>()
  #change = Promise.withResolvers<void>()

  /** @param mark is given the marks, each when it is its turn */
  constructor(marks: readonly LoggedMark[], mark: (mark: ClockMark) => void) {
    this.#marks = marks
    this.#mark = mark
    if (marks.length === 0) this.#end()
  }

  get isOver(): boolean {
    return this.#next >= this.#marks.length
  }

  /** Settles when the last mark was made, or the job is over. */
  get over(): Promise<void> {
    return this.#over.promise
  }

  begin(): void {
    this.#begun = true
    this.#expect()
    this.#makeMarks()
  }

  /** Nothing is waited for any more. */
  stop(): void {
    this.#end()
  }

  /** Rows of a split were read, and have their place. */
  read(split: string, rows: number): void {
    if (this.isOver) return
    const left = (this.#left.get(split) ?? 0) - rows
    if (left > 0) this.#left.set(split, left)
    else this.#left.delete(split)
    this.#makeMarks()
  }

  /** @throws {JobError} `CLOCK_LOG` when the split has fewer rows than the log says */
  ended(split: string): void {
    const left = this.#left.get(split) ?? 0
    if (left > 0) throw mismatch(`split ${split} ended ${left} rows before a mark of the log`)
  }

  /** A reader that gives no rows of which the log says that they come after marks yet to be made. */
  following(split: string, reader: SplitReader): SplitReader {
    if (this.isOver) return reader
    let head: BatchPart | undefined
    let closed = false
    return {
      next: async () => {
        while (!this.isOver && !(this.#begun && this.#left.has(split))) {
          if (closed) return undefined
          await this.#change.promise
        }
        head ??= await reader.next()
        if (!head) return undefined
        const { batch } = head
        const rows = rowCount(batch)
        const take = this.isOver ? rows : Math.min(rows, this.#left.get(split)!)
        const part = head
        head = take < rows ? { ...part, batch: slice(batch, take, rows) } : undefined
        return take < rows ? { batch: slice(batch, 0, take), slabs: [], isPart: true } : part
      },
      close: async () => {
        closed = true
        this.#changed()
        await reader.close()
      },
    }
  }

  #expect(): void {
    const rows: LoggedMark['rows'] = this.#marks[this.#next]?.rows ?? {}
    this.#left = new Map(Object.entries(rows).filter(([, count]) => count > 0))
  }

  #makeMarks(): void {
    while (!this.isOver && this.#left.size === 0) {
      const { clockMs, idle } = this.#marks[this.#next]!
      this.#mark({ clockMs, idle })
      this.#next++
      this.#expect()
    }
    if (this.isOver) this.#end()
    else this.#changed()
  }

  #end(): void {
    this.#next = this.#marks.length
    this.#over.resolve()
    this.#changed()
  }

  #changed(): void {
    this.#change.resolve()
    this.#change = Promise.withResolvers()
  }
}

const isCounts = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every(count => Number.isSafeInteger(count) && (count as number) >= 0)

/** @throws {JobError} `CLOCK_LOG` for something else than a log of this plan's clock */
export function checkClockLog(marks: readonly LoggedMark[], sources: readonly string[]): void {
  let lastMs = Number.NEGATIVE_INFINITY
  for (const mark of marks) {
    const { clockMs, rows, idle } = mark ?? {}
    if (!(Number.isFinite(clockMs) && clockMs >= lastMs) || !isCounts(rows) || typeof idle !== 'object')
      throw mismatch(`a mark of it is ${JSON.stringify(mark)?.slice(0, 200)}`)
    lastMs = clockMs
    for (const split of Object.keys(rows))
      if (!sources.some(source => split.startsWith(`${source}#`)))
        throw mismatch(`it speaks of ${JSON.stringify(split)}, which the plan does not read`)
  }
}

const mismatch = (why: string): JobError =>
  new JobError('CLOCK_LOG', `the job cannot follow the clockLog: ${why}`, {
    hint: 'give it the clockLog of a job of the same plan over the same rows, from the same beginning or snapshot',
  })
