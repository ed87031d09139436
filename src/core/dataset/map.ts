/** `map` and `flatMap`: their options, checked, as nodes. */

import type { Sink } from '../connector.ts'
import { PlanError } from '../errors.ts'
import type { MapNode } from '../operators/map.ts'
import { checkNames, flag, oneOf, shown, whole } from '../options.ts'
import { type Lazy, lazySink, type NodeBody } from '../planner/build.ts'
import { type Duration, positiveMs } from '../time/duration.ts'
import type { ColumnTypeSpec } from '../types/column-type.ts'
import type { RowOf } from '../types/row.ts'
import { schemaFrom } from '../types/schema.ts'
import { closureOf } from '../user-functions/closure.ts'
import { type FunctionRef, moduleFunction } from '../user-functions/function-ref.ts'
import { namesOf } from './arguments.ts'
import type { ColumnName } from './types.ts'

/** The sink that rows go to for which a function fails. */
export interface DeadLetter {
  readonly deadLetter: Lazy<Sink>
}

/**
 * For `onError` of `map` and `flatMap`: rows for which the function fails are written there, with their columns as they were
 * and one more, `error`. It is a sink of the job as any other: what is committed is committed with the rest.
 *
 * @throws {PlanError} `SINK` when it is given no sink
 * @example
 * const scored = flights.map(r => ({ pace: r.distance! / r.delay! }), {
 *   out: { pace: 'float64' },
 *   onError: deadLetter(memory()),
 * })
 */
export function deadLetter(sink: Sink | Lazy<Sink>): DeadLetter {
  return Object.freeze({ deadLetter: lazySink('deadLetter', sink, deadLetter) })
}

/** What a function of rows is given besides the row. */
export interface RowContext {
  /** Aborts with the job: pass it on to what waits, such as `fetch`. */
  readonly signal: AbortSignal
}

/** A function by where a module exports it. */
export interface FunctionOf {
  /** Absolute: `import.meta.resolve('./functions.ts')`. */
  readonly url: string | URL
  readonly export: string
}

type Columns = Readonly<Record<string, ColumnTypeSpec>>

/** A row that a function makes: columns may be left out for null. */
export type RowMade<Out extends Columns> = {
  readonly [K in keyof Out]?: RowOf<Out>[K] | undefined
}

/** The columns that stay, and those that a function gives. */
export type Mapped<Row, Out extends Columns, Keep extends keyof Row> = Pick<Row, Keep> & {
  -readonly [K in keyof Out]: RowOf<Out>[K]
}

/** What {@link Dataset.map} calls: it may be asynchronous. */
export type RowFunction<Row, Out extends Columns> =
  | ((row: Row, context: RowContext) => RowMade<Out> | PromiseLike<RowMade<Out>>)
  | FunctionOf

type RowsMade<Out extends Columns> = Iterable<RowMade<Out>> | null | undefined

/** What {@link Dataset.flatMap} calls: it may be asynchronous. */
export type RowsFunction<Row, Out extends Columns> =
  | ((row: Row, context: RowContext) => RowsMade<Out> | PromiseLike<RowsMade<Out>>)
  | FunctionOf

/** What {@link Dataset.map} and {@link Dataset.flatMap} take after the function. */
export interface MapOptions<Row, Out extends Columns, Keep extends ColumnName<Row> = never> {
  /** The columns that the function gives. */
  readonly out: Out
  /** Columns that stay as they are, before those, and with them event time and keys. Default: none. */
  readonly keep?: readonly Keep[]
  /** What the function uses of its surroundings, by name: copies of JSON values, and functions that use no more than these. */
  readonly using?: Readonly<Record<string, unknown>>
  /**
   * What becomes of a row for which the function throws, rejects, takes too long or gives something else than `out` says: the
   * job fails, the row is left out, or it is written to a sink.
   */
  readonly onError?: 'fail' | 'skip' | DeadLetter
  /** How many promises are waited for at once, within a batch. Default: 16. */
  readonly concurrency?: number
  /** False: rows leave as their promises settle, and not in their order. Default: true. */
  readonly ordered?: boolean
  /** How long a promise may take. Default: as long as it does. */
  readonly timeout?: Duration
  /** False: equal rows may give others, so that rows cannot be taken back. Default: true. */
  readonly pure?: boolean
}

/** The columns alone, where there is nothing else to say. None of them is called like an option. */
export type MapColumns<Out extends Columns> = Out & { readonly [K in keyof MapOptions<any, any>]?: never }

const OPTIONS = ['out', 'keep', 'using', 'onError', 'concurrency', 'ordered', 'timeout', 'pure']
const DEFAULT_CONCURRENCY = 16

/** The node of a call, and the sink of its dead letters. */
export function mapNode(
  kind: MapNode['kind'],
  work: unknown,
  given: unknown,
  above: Function,
): { readonly body: NodeBody<MapNode>; readonly deadLetters?: Lazy<Sink> } {
  const options = optionsOf(kind, given, above)
  if (typeof options.out !== 'object' || options.out === null || Object.keys(options.out).length === 0) {
    throw new PlanError('OPTION', `${kind} takes the columns it makes, got ${shown(options.out)}`, {
      hint: `${kind}(row => …, { out: { score: 'float64' } })`,
      above,
    })
  }
  const {
    onError = 'fail',
    concurrency = DEFAULT_CONCURRENCY,
    ordered = true,
    timeout,
    pure = true,
  } = options
  const letters = typeof onError === 'object' && onError !== null ? onError.deadLetter : undefined
  const out = schemaFrom(options.out).map(({ name, type }) => ({
    name,
    type: type === 'dictionary' ? ('utf8' as const) : type,
  }))
  const body: NodeBody<MapNode> = {
    kind,
    ...functionOf(kind, work, options.using, above),
    out,
    keep: options.keep === undefined ? [] : namesOf([options.keep].flat(), above),
    onError: letters ? 'port' : oneOf(onError as 'fail' | 'skip', 'onError', ['fail', 'skip'], above),
    concurrency: whole(concurrency, 'concurrency', 1, 10_000, above),
    ordered: flag(ordered, 'ordered', above),
    ...(timeout !== undefined && { timeoutMs: positiveMs(timeout, 'timeout', above) }),
    ...(!flag(pure, 'pure', above) && { impure: true as const }),
  }
  return { body, ...(letters && { deadLetters: letters }) }
}

/** Options, or the columns of `out` alone: an object in which no name is that of an option. */
function optionsOf(kind: string, given: unknown, above: Function): MapOptions<any, Columns, never> {
  const isColumns =
    typeof given === 'object' && given !== null && !Object.keys(given).some(name => OPTIONS.includes(name))
  const options = isColumns ? { out: given } : given
  checkNames(kind, options, OPTIONS, above)
  return options as MapOptions<any, Columns, never>
}

function functionOf(
  kind: string,
  work: unknown,
  using: unknown,
  above: Function,
): { function: FunctionRef; name: string } {
  if (typeof work === 'function') {
    return { function: closureOf(kind, work, using, above), name: work.name || 'a function' }
  }
  const { url, export: name } = (work ?? {}) as Partial<FunctionOf>
  const ref = moduleFunction(kind, url, name, above)
  return { function: ref, name: ref.export }
}
