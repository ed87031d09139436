/**
 * What a job fails with: a MillraceError with its code, the path to the operator, and the user's call of the verb on top
 * of its trace, wherever it was thrown: in a connector, in the coordinator or in a shard's thread.
 */

import { rowCount } from '../batch/batch.ts'
import type { Sink, Source, SourceBatch, SplitReader } from '../connector.ts'
import { ConnectorError, JobError, MillraceError, nodeOf, setOperatorPath } from '../errors.ts'
import type { Expr } from '../expr/expr.ts'
import { shown } from '../options.ts'
import type { Plan, SinkNode, SourceNode } from '../plan.ts'
import type { Schema } from '../types/schema.ts'
import { type CallSite, thrownAt } from './call-site.ts'
import { originalId } from './derived-id.ts'
import { pathTo } from './node-outputs.ts'

/** Explains an error. `node`: where it happened, when the error does not know. */
export type Explain = (error: unknown, node?: string) => MillraceError

/**
 * @param sites where the user called the verbs, by node
 * @param start where the user ran the plan: the place of what belongs to no node
 */
export function failures(plan: Plan, sites: ReadonlyMap<string, CallSite>, start?: CallSite): Explain {
  return (error, node) => {
    const at = node ?? nodeOf(error)
    const id = at === undefined ? undefined : originalId(at)
    const known = error instanceof MillraceError ? error : unforeseen(error, plan, id)
    if (id !== undefined && plan.nodes[id]) setOperatorPath(known, pathTo(plan, id))
    thrownAt(known, (id === undefined ? undefined : sites.get(id)) ?? start)
    return known
  }
}

/** What was thrown by code that is not Millrace's, or that Millrace did not foresee. */
function unforeseen(cause: unknown, plan: Plan, id: string | undefined): MillraceError {
  const message = textOfThrown(cause)
  const node = id === undefined ? undefined : plan.nodes[id]
  if (node?.kind === 'source') {
    return new ConnectorError('SOURCE_FAILED', `${(node as SourceNode).label} failed: ${message}`, { cause })
  }
  if (node?.kind === 'sink') {
    return new ConnectorError('SINK_FAILED', `${(node as SinkNode).label} failed: ${message}`, { cause })
  }
  return new JobError('INTERNAL', message, { cause })
}

/** Anything can be thrown, also what cannot be made a text of. */
function textOfThrown(cause: unknown): string {
  try {
    return cause instanceof Error ? `${cause.message}` : String(cause)
  } catch {
    return `a thrown ${typeof cause} without a text`
  }
}

/** A source whose errors are explained. */
export function explainedSource(source: Source, explain: (error: unknown) => unknown): Source {
  const gave = (method: string, what: string, fits: (value: any) => boolean) => (value: unknown) => {
    if (fits(value)) return value
    throw explain(new TypeError(`${method}() gave ${shown(value)}, not ${what}`))
  }
  const pushes = (test: Expr, schema: Schema) => {
    try {
      return gave('canFilter', 'true or false', is => typeof is === 'boolean')(source.canFilter(test, schema))
    } catch (error) {
      throw explain(error)
    }
  }
  const asked = explained(source, explain, {
    schema: gave('schema', 'a list of columns', isListOf(isField)),
    splits: gave('splits', 'a list of splits', isListOf(isSplit)),
    open: reader => {
      const { next, close } = (reader ?? {}) as Partial<SplitReader>
      if (typeof next !== 'function' || typeof close !== 'function') {
        throw explain(new TypeError('open() gave no reader with next() and close()'))
      }
      const checked = (read: unknown) => {
        if (isRead(read)) return read
        throw explain(
          new ConnectorError(
            'SOURCE_BATCH',
            `next() of ${source.label} gave ${shown(read)}, not a batch with rows`,
            {
              hint: 'it gives { batch, slabs } with at least one row, or undefined at the end',
            },
          ),
        )
      }
      return explained(reader as SplitReader, explain, { next: checked, close: value => value })
    },
  })
  // The one method that answers at once.
  return new Proxy(asked, {
    get: (target, name) => (name === 'canFilter' ? pushes : Reflect.get(target, name, target)),
  })
}

const isListOf = (fits: (item: any) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(fits)
const isField = (field: any): boolean => typeof field?.name === 'string' && typeof field.type === 'string'
const isSplit = (split: any): boolean => Number.isInteger(split?.id) && typeof split.label === 'string'

/** Whether a reader may have given this: a batch with rows, or nothing. */
function isRead(read: unknown): boolean {
  if (read === undefined) return true
  const { batch, slabs } = (read ?? {}) as Partial<SourceBatch>
  if (typeof batch !== 'object' || batch === null || !Array.isArray(slabs)) return false
  const { schema, columns, length, position, selection } = batch
  const whole =
    Array.isArray(schema) && columns?.length === schema.length && Number.isInteger(position?.offset)
  return whole && length > 0 && rowCount(batch) > 0 && !(selection && selection.at(-1)! >= length)
}

/** A sink whose errors are explained. */
export function explainedSink(sink: Sink, explain: (error: unknown) => unknown): Sink {
  const same = (value: unknown) => value
  return explained(sink, explain, {
    open: same,
    committed: same,
    begin: same,
    write: same,
    commit: same,
    abort: same,
    close: same,
  })
}

/** An object of which some methods, all of them asynchronous, throw explained errors. */
function explained<T extends object>(
  target: T,
  explain: (error: unknown) => unknown,
  methods: { readonly [K in keyof T]?: (value: unknown) => unknown },
): T {
  const made = new Map<string | symbol, unknown>()
  const methodOf = (name: string | symbol, method: Function) => {
    const result = methods[name as keyof T]
    if (!result) return method.bind(target)
    return (...args: unknown[]) => {
      const failed = (error: unknown) => {
        throw explain(error)
      }
      try {
        return Promise.resolve(method.apply(target, args)).then(result, failed)
      } catch (error) {
        return Promise.reject(explain(error))
      }
    }
  }
  return new Proxy(target, {
    get(_target, name) {
      const value = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      if (!made.has(name)) made.set(name, methodOf(name, value))
      return made.get(name)
    },
  })
}
