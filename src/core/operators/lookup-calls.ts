/** Calls of a function that looks something up: with a time that they may take, again when they fail, remembered. */

import { JobError } from '../errors.ts'
import type { Cell } from '../expr/cell.ts'
import { functionFailed, showRow, wrongResult } from '../user-functions/failure.ts'
import { type CellReader, cellReader, takes } from '../user-functions/values.ts'
import type { OperatorContext } from './contract.ts'
import type { LookupJoinNode } from './lookup-join.ts'

/** What a call is given: the columns it goes by. */
export type LookupKey = Readonly<Record<string, unknown>>

/** The rows that were found, each its cells. */
export type FoundRows = readonly (readonly Cell[])[]

export const NOTHING_FOUND: FoundRows = []

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 10_000

export class LookupCalls {
  readonly #node: LookupJoinNode
  readonly #called: (key: LookupKey, context: { readonly signal: AbortSignal }) => unknown
  readonly #read: readonly CellReader[]

  constructor(node: LookupJoinNode, context: OperatorContext) {
    this.#node = node
    this.#called = context.functions.callable(node.function)
    this.#read = node.out.map(({ type }) => cellReader(type))
  }

  /**
   * What is found; undefined where the row is to be left out.
   *
   * @param signal aborts with the job, or when another call of the batch has failed
   * @throws {DataError} `FUNCTION_FAILED`, `FUNCTION_RESULT` where the job is to fail
   */
  async find(key: LookupKey, signal: AbortSignal): Promise<FoundRows | undefined> {
    try {
      return this.#rowsOf(key, await this.#tried(key, signal))
    } catch (error) {
      if (signal.aborted || this.#node.onError === 'fail') throw error
      return this.#node.onError === 'null' ? NOTHING_FOUND : undefined
    }
  }

  /** What the function gives at last. */
  async #tried(key: LookupKey, signal: AbortSignal): Promise<unknown> {
    const { retries, function: ref } = this.#node
    for (let failures = 0; ; failures++) {
      try {
        return await this.#once(key, signal)
      } catch (cause) {
        signal.throwIfAborted()
        if (failures === retries) throw functionFailed(ref, showRow(key), cause)
      }
      await pause(Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS), signal)
    }
  }

  /** One call. Its signal aborts when it is not waited for any longer; it is not, then, whatever it does. */
  async #once(key: LookupKey, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted()
    const { timeoutMs } = this.#node
    const own = new AbortController()
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const giveUp = (reason: unknown) => {
      reject(reason)
      own.abort(reason)
    }
    const abort = () => giveUp(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    const late = () => giveUp(new LateError(`it took longer than ${timeoutMs} ms`))
    const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs)
    try {
      Promise.resolve(this.#called(key, { signal: own.signal })).then(resolve, reject)
      return await promise
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    }
  }

  #rowsOf(key: LookupKey, result: unknown): FoundRows {
    if (result === null || result === undefined) return NOTHING_FOUND
    const rows = Array.isArray(result) ? result : [result]
    return rows.map(row => this.#cellsOf(key, row))
  }

  #cellsOf(key: LookupKey, row: unknown): Cell[] {
    const { function: ref, out } = this.#node
    const wrong = (got: unknown, wanted: { type: string; takes: string }) =>
      wrongResult(ref, showRow(key), got, wanted)
    if (typeof row !== 'object' || row === null) {
      throw wrong(row, { type: 'rows', takes: 'an object, several in an array' })
    }
    return out.map(({ name, type }, c) => {
      const value = Object.hasOwn(row, name) ? (row as Record<string, unknown>)[name] : null
      const cell = this.#read[c]!(value)
      if (cell !== undefined) return cell
      throw wrong(value, { type: `${type} in column ${JSON.stringify(name)}`, takes: takes(type) })
    })
  }
}

class LateError extends Error {
  override readonly name = 'TimeoutError'
}

/** Waits, unless the signal aborts: then it throws why. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const abort = () => {
    clearTimeout(timer)
    reject(signal.reason)
  }
  const timer = setTimeout(() => {
    signal.removeEventListener('abort', abort)
    resolve()
  }, ms)
  signal.addEventListener('abort', abort, { once: true })
  return promise
}

/** The error of a job that was aborted while it looked something up. */
export const aborted = (): JobError => new JobError('ABORTED', 'the job was aborted')
