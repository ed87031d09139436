/**
 * Errors of user code: they name the function, the line of the user's that threw, and the values it was called with, all of
 * bounded length and on one line, whatever they hold.
 */

import { DataError, JobError, MillraceError } from '../errors.ts'
import { type FunctionRef, kindOf, type ModuleFunction, showRef } from './function-ref.ts'

const MOST_VALUES = 300
const MOST_MESSAGE = 200
const MOST_TEXT = 60
/** Values of a list, a struct or a map. */
const MOST_ITEMS = 8
/** Of lists, structs and maps in each other. */
const MOST_DEPTH = 3

/** Characters that a terminal obeys, or that make text look like other text than it is. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** A text on one line, of bounded length, in which nothing hides. */
export function plain(text: string, most: number): string {
  const cut = text.length > most ? `${text.slice(0, most - 1)}…` : text
  return cut
    .toWellFormed()
    .replace(UNPRINTABLE, unit =>
      unit === '\n' ? '\\n' : `\\u${unit.codePointAt(0)!.toString(16).padStart(4, '0')}`,
    )
}

/** Values of a row, or of a call, as messages show them: `3, "IAH", null`. */
export function showValues(values: readonly unknown[]): string {
  return plain(values.map(value => showOne(value)).join(', '), MOST_VALUES)
}

/** The cells of a row by name: `price: 3, origin: "IAH"`. */
export function showRow(row: Readonly<Record<string, unknown>>): string {
  const cells = Object.entries(row).map(([name, value]) => `${plain(name, MOST_TEXT)}: ${showOne(value)}`)
  return plain(cells.join(', '), MOST_VALUES)
}

function showOne(value: unknown, depth = 0): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > MOST_TEXT ? `${value.slice(0, MOST_TEXT)}…` : value)
  }
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString()
  if (Object.is(value, -0)) return '-0'
  if (value === null || typeof value !== 'object') return String(value)
  return (depth < MOST_DEPTH && showNested(value, depth + 1)) || kindOf(value)
}

/** A list, a struct or a map, its first values at least; undefined for other objects. */
function showNested(value: object, depth: number): string | undefined {
  const cut = (parts: readonly string[], more: boolean) => [...parts, ...(more ? ['…'] : [])].join(', ')
  if (Array.isArray(value)) {
    const items = value.slice(0, MOST_ITEMS).map(item => showOne(item, depth))
    return `[${cut(items, value.length > MOST_ITEMS)}]`
  }
  const isMap = value instanceof Map
  if (!isMap && Object.getPrototypeOf(value) !== Object.prototype) return undefined
  const entries = isMap ? [...value] : Object.entries(value)
  const shown = entries
    .slice(0, MOST_ITEMS)
    .map(
      ([name, item]) => `${isMap ? showOne(name, depth) : plain(name, MOST_TEXT)}: ${showOne(item, depth)}`,
    )
  return `${isMap ? 'Map ' : ''}{ ${cut(shown, entries.length > MOST_ITEMS)} }`
}

/** What was thrown, as one line: `TypeError: x is not a function`. Anything can be thrown. */
export function textOfThrown(cause: unknown): string {
  try {
    if (!(cause instanceof Error)) return `${plain(String(cause), MOST_MESSAGE)} (which is no Error)`
    return plain(`${cause.name}: ${cause.message}`, MOST_MESSAGE)
  } catch {
    return `a ${typeof cause} without a text`
  }
}

/**
 * A user function threw.
 *
 * @param values it was called with, as {@link showValues} or {@link showRow} shows them
 */
export function functionFailed(ref: FunctionRef, values: string, cause: unknown): DataError {
  const line = lineOf(ref, cause)
  const at = line === undefined ? '' : ` at ${line}`
  return new DataError(
    'FUNCTION_FAILED',
    `${showRef(ref)} threw ${textOfThrown(cause)}${at}; it was called with (${values})`,
    { cause, hint: remedyOf(cause) },
  )
}

const remedyOf = (cause: unknown): string =>
  cause instanceof ReferenceError && !(cause instanceof MillraceError)
    ? 'a function runs in a thread of its own, where nothing of the calling module is: import what it needs in its module'
    : "onError: 'skip' or deadLetter(sink) of map and flatMap leave such rows out"

/** A user function gave what its result type cannot hold. */
export function wrongResult(
  ref: FunctionRef,
  values: string,
  got: unknown,
  wanted: { readonly type: string; readonly takes: string },
): DataError {
  const isPromise = typeof (got as { then?: unknown } | null)?.then === 'function'
  const shown = isPromise ? 'a promise' : plain(showOne(got), MOST_MESSAGE)
  return new DataError(
    'FUNCTION_RESULT',
    `${showRef(ref)} gave ${shown}, and its results are ${wanted.type}; it was called with (${values})`,
    {
      hint: isPromise
        ? 'a function in an expression is synchronous; map() and flatMap() await theirs'
        : `${wanted.type} takes ${wanted.takes}, and null`,
    },
  )
}

/** Where in the user's code an error was thrown: the first frame that is in the function's own file, or in any of theirs. */
function lineOf(ref: FunctionRef, cause: unknown): string | undefined {
  if (!(cause instanceof Error) || typeof cause.stack !== 'string') return undefined
  if ('source' in ref) return lineInSource(ref.source, cause.stack)
  const frames = cause.stack.split('\n').filter(frame => /^\s+at /.test(frame))
  const place = (frame: string) => /\(?((?:file:|\/|[A-Za-z]:\\|data:)[^()]*?):(\d+):(\d+)\)?$/.exec(frame)
  const path = decodeURI(ref.url.replace(/^file:\/\//, '').split(/[?#]/, 1)[0]!)
  const own = frames.find(frame => decodeURI(place(frame)?.[1] ?? '').includes(path))
  const found = own && place(own)
  if (!found) return undefined
  return plain(`${path.startsWith('data:') ? 'line' : path}:${found[2]}:${found[3]}`, MOST_MESSAGE)
}

/** Lines before the source in a function made of it: see `compileClosure`. */
const LINES_BEFORE = 2

/** The line of a closure's source, and what it says. */
function lineInSource(source: string, stack: string): string | undefined {
  const frame = /<anonymous>:(\d+):\d+/.exec(stack)
  if (!frame) return undefined
  const line = Number(frame[1]) - LINES_BEFORE
  const text = source.split('\n')[line - 1]?.trim()
  return text ? `line ${line} of it, ${plain(text, 80)}` : undefined
}

/** The error of a module that threw when it was imported, or is not there. */
export function notImported({ url, export: name }: ModuleFunction, cause: unknown): JobError {
  const { message = String(cause), code } = (cause ?? {}) as { message?: string; code?: string }
  const hint =
    code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING'
      ? 'Node does not strip types below node_modules: compile the package to JavaScript'
      : code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX'
        ? 'Node strips types and compiles nothing: enums, namespaces and parameter properties need a compiler'
        : 'a module of functions is imported by every thread: what it does when it is imported must work in each'
  return new JobError(
    'FUNCTION_IMPORT',
    `${url}, of which ${name} was to be called, cannot be imported: ${message}`,
    {
      cause,
      hint,
    },
  )
}
