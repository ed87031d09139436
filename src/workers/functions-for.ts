/**
 * Loads the functions that stages mention, before their operators open: modules are imported in the thread that calls
 * them, once per thread, and live as long as it does.
 */

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { MillraceError, PlanError, setNode } from '../core/errors.ts'
import { USER_FOLD } from '../core/folds/index.ts'
import { definitionOf } from '../core/operators/index.ts'
import type { StageOperator } from '../core/planner/stages.ts'
import { compileClosure } from '../core/user-functions/closure.ts'
import { notImported } from '../core/user-functions/failure.ts'
import {
  type FunctionRef,
  type Functions,
  functionsOf,
  type ModuleFunction,
  NO_FUNCTIONS,
  refKey,
} from '../core/user-functions/function-ref.ts'
import { isLive, liveValue } from '../core/user-functions/live-values.ts'
import { unlessAborted } from './interruption.ts'
import type { OpenMessage } from './messages.ts'

/** For the state of the user's functions; not loaded before. */
const v8 = () => process.getBuiltinModule('node:v8')

/**
 * @throws {PlanError} `FUNCTION_MODULE` for a module that is not there, `FUNCTION_EXPORT` for a name it does not export
 * @throws {JobError} `FUNCTION_IMPORT` for a module that cannot be imported; `ABORTED` while one is
 */
export async function functionsFor({ stages, aborted }: OpenMessage): Promise<Functions> {
  const uses = new Map<string, { readonly ref: FunctionRef; readonly node: string }>()
  for (const operator of stages.flatMap(({ operators }) => operators))
    for (const ref of functionsUsed(operator)) uses.set(refKey(ref), { ref, node: operator.id })
  if (uses.size === 0) return NO_FUNCTIONS
  const loaded = new Map<string, unknown>()
  for (const [key, { ref, node }] of uses) {
    try {
      loaded.set(key, 'url' in ref ? await unlessAborted(exportOf(ref), aborted) : compileClosure(ref))
    } catch (error) {
      if (error instanceof MillraceError) setNode(error, node)
      throw error
    }
  }
  return functionsOf(loaded, {
    encode: value => v8().serialize(value),
    // What it reads must not be shared.
    decode: bytes => v8().deserialize(Uint8Array.from(bytes)),
  })
}

/** The functions that an operator's definition names, and those that its expressions call. */
function functionsUsed({ node, steps }: StageOperator): FunctionRef[] {
  const own = definitionOf(node).usesFunctions?.(node) ?? []
  return [...own, ...calledIn(node), ...calledIn(steps)]
}

/** The functions that expressions call, and the aggregates of the user's, wherever in a node they are. */
function calledIn(value: unknown, into: FunctionRef[] = []): FunctionRef[] {
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return into
  if (Array.isArray(value)) {
    for (const item of value) calledIn(item, into)
    return into
  }
  const { kind, fold, options } = value as Mentioning
  // Of these a call may have very many, and they hold nothing.
  if (kind === 'literal') return into
  if (kind === 'call' && options?.function) into.push(options.function)
  if (fold === USER_FOLD) into.push({ url: options!.url!, export: options!.export! })
  for (const item of Object.values(value)) calledIn(item, into)
  return into
}

/** A call, or an aggregate. */
interface Mentioning {
  readonly kind?: unknown
  readonly fold?: unknown
  readonly options?: { readonly function?: FunctionRef; readonly url?: string; readonly export?: string }
}

async function exportOf(ref: ModuleFunction): Promise<unknown> {
  if (isLive(ref)) return liveValue(ref)
  if (ref.url.startsWith('file:') && !existsSync(fileURLToPath(ref.url))) {
    throw new PlanError(
      'FUNCTION_MODULE',
      `there is no module ${ref.url}, of which ${ref.export} was to be called`,
      {
        hint: "import.meta.resolve('./functions.ts') is the URL of a file beside the calling one",
      },
    )
  }
  let module: Record<string, unknown>
  try {
    module = await import(/* @vite-ignore */ ref.url)
  } catch (cause) {
    throw notImported(ref, cause)
  }
  if (Object.hasOwn(module, ref.export)) return module[ref.export]
  const names = Object.keys(module).sort()
  throw new PlanError('FUNCTION_EXPORT', `${ref.url} does not export ${JSON.stringify(ref.export)}`, {
    hint:
      names.length > 0
        ? `it exports ${names.join(', ')}`
        : 'it exports nothing: write export before the function',
  })
}
