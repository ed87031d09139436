/**
 * Every error Millrace throws on purpose. Each says what went wrong, what it got, and what to do next; `code` is
 * stable across releases and is what programs should test.
 */

export interface ErrorDetails {
  /** What the reader should do about it, in one sentence. */
  hint?: string
  /** The error this one explains. */
  cause?: unknown
  /** Where in the plan it happened, source first: `['parquet flights', 'filter', 'agg']`. */
  operatorPath?: readonly string[]
  /** Leave the stack out of frames of this function: the trace then starts at the user's own call. */
  above?: Function
}

/**
 * Base of all Millrace errors.
 *
 * @example
 * try {
 *   await read.parquet('nope.parquet').count()
 * } catch (error) {
 *   if (error instanceof MillraceError && error.code === 'FILE_NOT_FOUND') console.log(error.hint)
 * }
 */
export class MillraceError extends Error {
  /** Stable, upper-case identifier such as `UNKNOWN_COLUMN`. */
  readonly code: string
  /** What to do next, if there is a remedy. Also part of `message`. */
  readonly hint: string | undefined
  /** The plan's operators from the source to the failing one; empty when the plan was not involved. */
  readonly operatorPath: readonly string[]

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    const where = details.operatorPath?.length ? `\n  at ${details.operatorPath.join(' > ')}` : ''
    const next = details.hint ? `\n  HINT: ${details.hint}` : ''
    super(`${message}${where}${next}`, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.code = code
    this.hint = details.hint
    this.operatorPath = details.operatorPath ?? []
    const site = {} as { stack: string }
    Error.captureStackTrace(site, details.above ?? new.target)
    setFrames(this, site)
  }
}

/** What stands between an error and its frames where it is shown: the user's line, the page of its code. */
export type Remarks = (error: MillraceError, frames: string) => string

let remarks: Remarks = () => ''

/** Where the frames of an error come from, as long as its stack is not text. */
const sites = new WeakMap<MillraceError, { readonly stack: string }>()

/** Sets what stacks of errors say besides: this part reads no files. */
export function useRemarks(write: Remarks): void {
  remarks = write
}

/**
 * Gives an error the frames of `site`: its stack is put together when someone reads it. Errors that nobody looks at,
 * as those of rows that are skipped, cost no more than they did.
 */
export function setFrames(error: MillraceError, site: { readonly stack: string }): void {
  sites.set(error, site)
  const define = (descriptor: PropertyDescriptor) =>
    Object.defineProperty(error, 'stack', { configurable: true, ...descriptor })
  define({
    get() {
      const { stack } = site
      const start = stack.indexOf('\n    at ')
      const frames = start < 0 ? '' : stack.slice(start)
      const value = `${error.name}: ${error.message}${remarks(error, frames)}${frames}`
      if (!Object.isFrozen(error)) define({ value, writable: true })
      return value
    },
    set: (value: unknown) => define({ value, writable: true }),
  })
}

const nodes = new WeakMap<MillraceError, string>()

/** Notes the plan node that an error is of. The first one given is the closest, and stays. */
export function setNode(error: MillraceError, node: string): void {
  if (!nodes.has(error)) nodes.set(error, node)
}

/** The plan node that an error is of, once noted. */
export const nodeOf = (error: unknown): string | undefined => nodes.get(error as MillraceError)

/** Where the record is that an error is of, and what the error says of it. */
export interface RecordPlace {
  readonly file: string
  /** Of its first byte. */
  readonly offset: number
  readonly text: string
}

const places = new WeakMap<MillraceError, RecordPlace>()

/** Notes the record that an error is of, for whoever can tell in which line that is. */
export const setPlace = (error: MillraceError, place: RecordPlace): void => void places.set(error, place)

/** The record that an error is of, once noted. */
export const placeOf = (error: unknown): RecordPlace | undefined => places.get(error as MillraceError)

/** What the error says, without the path and the hint that its message goes on with. */
export const textOf = ({ message }: MillraceError): string =>
  message.split('\n  HINT: ')[0]!.split('\n  at ')[0]!

/** Says where in the plan an error happened, when that is found out only after it was made. */
export function setOperatorPath(error: MillraceError, path: readonly string[]): void {
  if (error.operatorPath.length === 0) setMessage(error, textOf(error), path)
}

/** Says more than the error did when it was made. */
export const setText = (error: MillraceError, text: string): void =>
  setMessage(error, text, error.operatorPath)

function setMessage(error: MillraceError, text: string, path: readonly string[]): void {
  // What is frozen stays as it was thrown.
  if (Object.isSealed(error)) return
  const { message } = new MillraceError(error.code, text, {
    operatorPath: path,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  })
  const site = sites.get(error) ?? { stack: error.stack ?? '' }
  Object.defineProperties(error, {
    operatorPath: { value: path, enumerable: true, configurable: true, writable: true },
    message: { value: message, configurable: true, writable: true },
  })
  setFrames(error, site)
}

/**
 * The plan makes no sense: raised while it is built, before anything runs.
 *
 * @example
 * await read.duckdb('flights.duckdb', 'hourly').select('nope').count().catch(error => error.code) // 'UNKNOWN_COLUMN'
 */
export class PlanError extends MillraceError {}

/**
 * The data does not fit the plan: an overflow, a value outside its type.
 *
 * @example
 * await read.rows([{ n: 300 }], { n: 'uint8' }).collect().catch(error => error.code) // 'VALUE_TYPE'
 */
export class DataError extends MillraceError {}

/**
 * A source or sink could not be opened, read or written: a missing or damaged file, a locked database, a full disk.
 *
 * @example
 * await read.parquet('nope.parquet').count().catch(error => error.code) // 'FILE_NOT_FOUND'
 */
export class ConnectorError extends MillraceError {}

/**
 * A running job failed or was stopped: a dead shard, an abort, a broken invariant.
 *
 * @example
 * await flights.collect({ signal: AbortSignal.abort() }).catch(error => error.code) // 'ABORTED'
 */
export class JobError extends MillraceError {}

/**
 * A model was given parameters or data it cannot use.
 *
 * @example
 * try {
 *   arma({ p: -1, q: 0 })
 * } catch (error) {
 *   if (error instanceof ModelError) console.log(error.code, error.hint)
 * }
 */
export class ModelError extends MillraceError {}
