/**
 * Functions that users write, as a plan holds them: where a module exports one, or the text of one that needs nothing
 * around it. Shards load them before operators open.
 *
 * This folder holds what does not depend on how a function is called: references, reading the source of functions,
 * closures, and the errors of user code. It may import `core/types` and `core/batch`.
 */

import { JobError, PlanError } from '../errors.ts'
import { shown } from '../options.ts'

/** An export of a module. */
export interface ModuleFunction {
  /** Absolute: `import.meta.resolve('./score.ts')`. */
  readonly url: string
  readonly export: string
}

/** A function by its source, which uses nothing but its arguments, globals, and copies of some values. */
export interface Closure {
  readonly source: string
  /** By the name that the source uses. JSON. */
  readonly using?: Readonly<Record<string, unknown>>
  /** Functions that it uses, by name: their sources. */
  readonly helpers?: Readonly<Record<string, string>>
}

/** A function of the user's, as JSON. */
export type FunctionRef = ModuleFunction | Closure

/** The functions that a shard has loaded: those that the plan mentions. */
export interface Functions {
  /**
   * What was exported: a function, or whatever the caller of it checks for.
   *
   * @throws {JobError} `INTERNAL` for a reference that no stage mentions
   */
  exported(ref: FunctionRef): unknown
  /** @throws {PlanError} `FUNCTION_EXPORT` when it is no function */
  callable(ref: FunctionRef): (...args: any[]) => any
  /** A value as bytes, for snapshots and other shards: what structured clones keep. */
  encode(value: unknown): Uint8Array
  decode(bytes: Uint8Array): unknown
}

/** Values as bytes. */
export type Codec = Pick<Functions, 'encode' | 'decode'>

/** Two references with equal keys are one function. */
export const refKey = (ref: FunctionRef): string => JSON.stringify(ref)

/** As messages and `explain` name it: `score of shop.ts`, with nothing of the folders. */
export function showRef(ref: FunctionRef): string {
  if ('source' in ref) return `the function ${cut(ref.source.replace(/\s+/g, ' '), 60)}`
  return `${ref.export} of ${fileName(ref.url)}`
}

/** The last part of a URL's path. */
function fileName(url: string): string {
  const path = url.split(/[?#]/, 1)[0]!
  if (url.startsWith('data:')) return 'a data: URL'
  return path.slice(path.lastIndexOf('/') + 1) || url
}

const cut = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text

/**
 * A module's export as users give it.
 *
 * @throws {PlanError} `FUNCTION_URL` for what is no absolute URL; `FUNCTION_EXPORT` for what is no name
 */
export function moduleFunction(
  caller: string,
  url: unknown,
  name: unknown,
  above?: Function,
): ModuleFunction {
  const where = above ? { above } : {}
  const text = url instanceof URL ? url.href : url
  if (typeof text !== 'string' || !URL.canParse(text)) {
    throw new PlanError('FUNCTION_URL', `${caller} takes the absolute URL of a module, got ${shown(url)}`, {
      hint: "import.meta.resolve('./functions.ts') is that of a file beside the calling one",
      ...where,
    })
  }
  if (typeof name !== 'string' || name === '') {
    throw new PlanError('FUNCTION_EXPORT', `${caller} takes the name of an export, got ${shown(name)}`, {
      hint: `'score' for export function score(…), 'default' for export default`,
      ...where,
    })
  }
  return Object.freeze({ url: text, export: name })
}

/**
 * Functions by key.
 *
 * @param loaded by {@link refKey}
 * @param codec of the thread; without it nothing has state
 */
export function functionsOf(loaded: ReadonlyMap<string, unknown>, codec: Codec = NO_CODEC): Functions {
  const exported = (ref: FunctionRef): unknown => {
    const key = refKey(ref)
    if (loaded.has(key)) return loaded.get(key)
    throw new JobError('INTERNAL', `${showRef(ref)} was not loaded: no stage mentions it`)
  }
  return {
    ...codec,
    exported,
    callable(ref) {
      const value = exported(ref)
      if (typeof value === 'function') return value as (...args: any[]) => any
      throw wrongExport(ref, 'a function', value)
    },
  }
}

const withoutCodec = (): never => {
  throw new JobError('INTERNAL', 'functions were loaded without a way to keep state')
}
const NO_CODEC: Codec = { encode: withoutCodec, decode: withoutCodec }

export const NO_FUNCTIONS: Functions = functionsOf(new Map())

/** Refuses an export that is not what its use needs. */
export function wrongExport(ref: FunctionRef, needed: string, got: unknown): PlanError {
  const where = 'url' in ref ? ` of ${ref.url}` : ''
  const name = 'url' in ref ? `the export ${JSON.stringify(ref.export)}` : showRef(ref)
  return new PlanError('FUNCTION_EXPORT', `${name}${where} is not ${needed} but ${kindOf(got)}`, {
    hint: 'export function score(a, b) { … } exports a function under its name',
  })
}

/** What a value is, without its content. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'function')
    return /^class\b/.test(Function.prototype.toString.call(value)) ? 'a class' : 'a function'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
